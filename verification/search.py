"""Hunts an input that breaks a gradient, and shrinks it to the smallest."""

import copy
import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, reject, settings, target
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from numgrad._validation import expected, require_count
from verification.checking import GradientCheck, GradientError, check_gradient
from verification.comparison import Verdict
from verification.diagnosis import Diagnosis, FailureMode
from verification.records import name_of
from verification.replay import expression, importing

__all__ = ["Counterexample", "find_counterexample", "verify_gradient"]

TOLD = 0.1
"""The share of inputs that must tell something, or the search has not searched. A guess."""

REASONS = 3
"""So many reasons why inputs tell nothing are named."""

SETTINGS: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "phases": [Phase.generate, Phase.target, Phase.shrink],
    "print_blob": False,
    "verbosity": Verbosity.quiet,
    "report_multiple_bugs": False,
    "suppress_health_check": list(HealthCheck),  # what tells nothing is counted here
}

Check = Callable[..., GradientCheck]
Decorated = Callable[[], None]


@dataclass(frozen=True)
class Counterexample:
    """The smallest input found at which a gradient disagrees; ``str()`` says what is wrong, and replays it.

    Attributes
    ----------
    x: the input, with the arrays as they were drawn.
    check: what was found there.
    code: replays the check alone, when it is pasted.
    inputs: how many inputs were looked at, those on the way to the smallest included.
    first: what was found at the first input that disagreed: where more entries are wrong, the fault may be plainer.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import find_counterexample
    >>> from verification.strategies import arrays
    >>> found = find_counterexample(np.sum, lambda x: -np.ones_like(x), arrays((2,)))
    >>> print(found.code.splitlines()[-2])
    x = np.array([0.0, 0.0])

    """

    x: Any
    check: GradientCheck
    code: str
    inputs: int
    first: GradientCheck

    def __str__(self) -> str:
        """Return the text of the check, and the code."""
        return "\n".join([str(self.check), *_at_first(self), _replaying(self)])


def find_counterexample(
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    strategy: st.SearchStrategy[Any],
    *,
    check: Check = check_gradient,
    max_examples: int | None = None,
    seed: int | None = None,
) -> Counterexample | None:
    """Return the smallest input that Hypothesis finds at which a gradient disagrees; None if it finds none.

    Inputs are driven towards disagreement: Hypothesis goes on from those at which fewest digits agree.
    Where it cannot be told, as at kinks, an input does not count.

    Parameters
    ----------
    f, gradient: as for ``check``.
    strategy: draws x: see :mod:`verification.strategies`.
    check: :func:`verification.check_gradient`, ``check_vjp``, ``check_jvp`` or ``check_jacobian``.
    max_examples: about how many inputs are looked at, before one is found; Hypothesis's own setting if it is None.
    seed: repeats a search; without it each is another, unless Hypothesis is told otherwise.

    Raises
    ------
    GradientError: of more than nine inputs in ten it cannot be told whether the gradient is right: with the reasons; or
        no input was drawn.
    ValueError, TypeError: f or gradient is not a function, strategy not one of Hypothesis's, or ``check`` refuses them;
        what f or gradient raises at some input is passed on, with code that replays it.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import find_counterexample
    >>> from verification.strategies import arrays
    >>> def f(x):
    ...     return np.sum(x**3)
    >>> def gradient(x):  # its author tried it at positive x
    ...     return 3 * x * np.abs(x)
    >>> found = find_counterexample(f, gradient, arrays((2,)))
    >>> found.x
    array([ 0., -1.])
    >>> found.check.diagnoses[0].mode.title
    'wrong sign'

    """
    _require_strategy(strategy)
    if seed is not None:
        require_count("seed", seed, at_least=0, reason="it repeats a search")
    hunt = _Hunt(f, gradient, check)
    own: dict[str, Any] = {} if max_examples is None else {"max_examples": require_count("max_examples", max_examples)}
    return hunt.run(strategy, settings(**SETTINGS, **own), seed)


def verify_gradient(
    f: Callable[..., Any],
    strategy: st.SearchStrategy[Any],
    *,
    check: Check = check_gradient,
    max_examples: int | None = None,
    seed: int | None = None,
) -> Callable[[Callable[..., Any]], Decorated]:
    """Make a test of a gradient: called, it hunts a counterexample, and raises what it finds.

    The function that is decorated is the gradient; the test takes no arguments, and keeps it as ``gradient``. It is a
    function of a module, and no method.

    Parameters
    ----------
    f, strategy, check, max_examples, seed: as for :func:`find_counterexample`.

    Raises
    ------
    TypeError: strategy is not one of Hypothesis's.
    GradientError: when the test is called, and a counterexample is found, which its notes replay; or hardly any input
        tells anything.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import verify_gradient
    >>> from verification.strategies import arrays
    >>> @verify_gradient(lambda x: np.sum(np.sin(x)), arrays((3,), largest=1), max_examples=10)
    ... def test_gradient(x):
    ...     return np.cos(x)
    >>> test_gradient()

    """
    _require_strategy(strategy)

    def decorate(gradient: Callable[..., Any]) -> Decorated:
        def test() -> None:
            __tracebackhide__ = True
            found = find_counterexample(f, gradient, strategy, check=check, max_examples=max_examples, seed=seed)
            if found is not None:
                error = GradientError(found.check)
                error.add_note("\n".join([*_at_first(found), _replaying(found)]))
                raise error

        functools.update_wrapper(test, gradient)
        del test.__wrapped__  # type: ignore[attr-defined] # its parameter is no fixture
        test.gradient = gradient  # type: ignore[attr-defined] # of a function
        return test

    return decorate


def _require_strategy(strategy: Any) -> None:
    if not isinstance(strategy, st.SearchStrategy):
        reason, remedy = "inputs are drawn from it", "Pass for example verification.strategies.arrays((3,))."
        raise expected("strategy", "be a Hypothesis strategy", type(strategy).__name__, reason, remedy, kind=TypeError)


class _Found(Exception):  # noqa: N818 - nothing went wrong here
    """A disagreement, which Hypothesis shrinks."""


class _Hunt:
    """One search, and what it has seen."""

    def __init__(self, f: Callable[..., Any], gradient: Callable[..., Any], check: Check) -> None:
        self.f, self.gradient, self.check = f, gradient, check
        self.inputs = 0
        self.untold: Counter[str] = Counter()
        self.last: tuple[Any, GradientCheck] | None = None
        self.first: GradientCheck | None = None
        self.enough = 0
        """So many inputs are looked at, where nearly none tells anything."""

    def run(self, strategy: st.SearchStrategy[Any], own: settings, seed: int | None) -> Counterexample | None:
        """Return the smallest input that disagrees, or None; raise if hardly any tells."""
        self.enough = own.max_examples

        @own
        @given(strategy)
        def hunt(x: Any) -> None:
            self._look(x)

        try:
            (hunt if seed is None else seeded(seed)(hunt))()
        except _Found:
            return self._counterexample()
        except Unsatisfiable:
            pass  # no input told anything, as is said below
        self._require_told()
        return None

    def _look(self, x: Any) -> None:
        """Look at one input: raise if it disagrees, reject it if it cannot be told, else say how near that comes."""
        if self.first is None and self.inputs >= self.enough and self._tells_nothing:
            reject()
        self.inputs += 1
        point = copy.deepcopy(x)
        try:
            found = self.check(self.f, self.gradient, x)
        except Exception as error:
            error.add_note("\n".join(["What raises this, to paste into Python:", *_indented(self._code(point))]))
            raise
        if found.verdict is Verdict.DISAGREES:
            self.last = point, found
            self.first = found if self.first is None else self.first  # a check that disagrees is false
            raise _Found
        if not found:
            self.untold[found.reason] += 1
            reject()
        target(-found.digits, label="digits that agree, fewest first")

    @property
    def _tells_nothing(self) -> bool:
        return self.inputs - self.untold.total() < TOLD * self.inputs

    def _counterexample(self) -> Counterexample | None:
        """Return what was found last: the smallest."""
        if self.last is None or self.first is None:
            return None
        x, found = self.last
        return Counterexample(x, found, self._code(x), self.inputs, self.first)

    def _code(self, x: Any) -> str:
        """Return code that checks the gradient at x."""
        lines, names = importing(check=self.check, f=self.f, gradient=self.gradient)
        call = f"print({names['check']}({names['f']}, {names['gradient']}, x))"
        return "\n".join(["import numpy as np", *lines, f"x = {expression(x)}", call])

    def _require_told(self) -> None:
        """Raise if it could be told of hardly any input whether the gradient is right: nothing was verified."""
        if self.inputs and not self._tells_nothing:
            return
        reasons = "; ".join(f"{count} × {reason.rstrip('.')}" for reason, count in self.untold.most_common(REASONS))
        text = f"nothing is told by {self.untold.total()} of {self.inputs} inputs: {reasons}."
        if not self.inputs:
            text = "no input was looked at: the strategy draws none, or none that Hypothesis can hold."
        fault = Diagnosis(FailureMode.UNTOLD, "", text, FailureMode.UNTOLD.remedy)
        call = f"{name_of(self.check)} on inputs that Hypothesis draws"
        raise GradientError(GradientCheck(Verdict.INCONCLUSIVE, text, (fault,), call=call))


def _at_first(found: Counterexample) -> list[str]:
    """Return what was wrong before the input was shrunk, if that has another name."""
    same = {check.diagnoses[0].mode if check.diagnoses else None for check in (found.check, found.first)}
    return [] if len(same) == 1 else [f"Before it was shrunk: {found.first.reason}"]


def _replaying(found: Counterexample) -> str:
    title = f"The smallest input that shows it, of {found.inputs} looked at, to paste into Python:"
    return "\n".join([title, *_indented(found.code)])


def _indented(code: str) -> list[str]:
    return [f"  {line}" for line in code.splitlines()]
