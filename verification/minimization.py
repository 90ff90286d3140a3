"""Gradients as SciPy and scikit-learn have them: beside extra arguments, in pairs with values, along a minimization."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from numgrad._validation import expected
from verification.checking import GradientCheck, GradientError, check_gradient, require_agreement, require_function
from verification.comparison import Verdict
from verification.records import recorded

__all__ = [
    "CheckedJac",
    "assert_value_and_gradient",
    "check_grad",
    "check_value_and_gradient",
    "checked_jac",
]

__tracebackhide__ = True  # what a function raises is shown by pytest without this module

NOT_NEEDED = {"epsilon", "direction", "rng"}


@recorded
def check_grad(
    func: Callable[..., Any], grad: Callable[..., Any], x0: Any, *args: Any, seed: int = 0, **not_needed: Any
) -> GradientCheck:
    """Say whether a gradient is right, called as ``scipy.optimize.check_grad`` is.

    That returns a distance, of which it is for the caller to say whether it is small; this is a verdict.

    Parameters
    ----------
    func: maps x and args to one number.
    grad: maps x and args to the gradient, of the shape of x.
    x0: where; integers are taken as floats.
    args: further arguments of both.
    seed: of the random directions.
    not_needed: SciPy's epsilon, direction and rng are taken, and warned of.

    Returns
    -------
    :class:`verification.GradientCheck`.

    Raises
    ------
    TypeError: another keyword is given; and what :func:`verification.check_gradient` raises.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_grad
    >>> def func(x, a):
    ...     return a * np.sum(x**2)
    >>> def grad(x, a):
    ...     return 2 * a * x
    >>> bool(check_grad(func, grad, np.array([1.0, 2.0]), 3.0))
    True

    """
    if unknown := ", ".join(sorted(not_needed.keys() - NOT_NEEDED)):
        reason, remedy = "SciPy's check_grad does not take it either", "Check the name."
        raise expected("keywords", "be those of check_grad", unknown, reason, remedy, kind=TypeError)
    if not_needed:
        text = f"check_grad does not need {', '.join(sorted(not_needed))} here: errors are measured. Leave it out."
        warnings.warn(text, UserWarning, stacklevel=3)
    for name, given in (("func", func), ("grad", grad)):
        require_function(name, given, "check_grad(func, grad, x0, *args)")
    found = check_gradient(lambda x: func(x, *args), lambda x: grad(x, *args), _floats(x0), seed=seed)
    return replace(found, call=f"check_grad(func, grad, x0, *args, seed={seed})")


@recorded
def check_value_and_gradient(fun: Callable[..., Any], x: Any, *args: Any, seed: int = 0) -> GradientCheck:
    """Say whether the gradient that a function returns beside its value is right, as scikit-learn's losses return it.

    Parameters
    ----------
    fun: maps x and args to a pair: one number, and its gradient, structured and shaped as x.
    x, seed: as for :func:`verification.check_gradient`.
    args: further arguments.

    Returns
    -------
    :class:`verification.GradientCheck`.

    Raises
    ------
    TypeError: fun does not return a pair; and what :func:`verification.check_gradient` raises.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_value_and_gradient
    >>> def loss_gradient(w, X, y):
    ...     error = X @ w - y
    ...     return error @ error / 2, X.T @ error
    >>> X, y = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([1.0, 0.0])
    >>> bool(check_value_and_gradient(loss_gradient, np.array([0.3, -0.7]), X, y))
    True

    """
    require_function("fun", fun, "check_value_and_gradient(fun, x, *args)")
    found = check_gradient(lambda x: _pair(fun, x, *args)[0], lambda x: _pair(fun, x, *args)[1], x, seed=seed)
    return replace(found, call=f"check_value_and_gradient(fun, x, *args, seed={seed})")


def assert_value_and_gradient(
    fun: Callable[..., Any], x: Any, *args: Any, seed: int = 0, subgradient: str = "refuse"
) -> GradientCheck:
    """Raise unless :func:`check_value_and_gradient` finds that the gradient agrees; return the check.

    Parameters
    ----------
    fun, x, args, seed: as for :func:`check_value_and_gradient`.
    subgradient: as for :func:`verification.assert_gradient`.

    Raises
    ------
    GradientError, ValueError: as :func:`verification.assert_gradient`.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import assert_value_and_gradient
    >>> bool(assert_value_and_gradient(lambda x: (np.sum(x**2), 2 * x), np.array([1.0, 2.0])))
    True

    """
    __tracebackhide__ = True
    return require_agreement(check_value_and_gradient, fun, x, *args, seed=seed, subgradient=subgradient)


def checked_jac(fun: Callable[..., Any], jac: Callable[..., Any] | bool = True) -> "CheckedJac":  # noqa: FBT001, FBT002 - SciPy's own
    """Return a gradient for ``scipy.optimize.minimize`` that is checked at the start, and now and then along the path.

    It is checked when it is asked for the first time, the second, the fourth, the eighth, and so on, and raises where
    it disagrees; where that cannot be told, as next to a minimum, where all is flat, the minimization goes on.

    Parameters
    ----------
    fun: what is minimized: maps x, and what ``args`` of minimize are, to one number.
    jac: its gradient, of the same arguments; True if ``fun`` returns a pair of both. Then pass what is returned as
        ``fun``, with ``jac=True``.

    Raises
    ------
    TypeError: fun or jac is no function, or fun is to return a pair and does not.
    GradientError: the gradient disagrees; its notes say at which of its calls.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import checked_jac
    >>> jac = checked_jac(lambda x: np.sum(x**4), lambda x: 4 * x**3)
    >>> for x in ([1.0, 2.0], [0.5, 1.0], [0.2, 0.4]):
    ...     _ = jac(np.array(x))
    >>> [check.verdict.value for check in jac.checks]  # at the first two calls; the next would be at the fourth
    ['AGREES', 'AGREES']

    """
    require_function("fun", fun, "checked_jac(fun, jac)")
    if jac is not True:
        require_function("jac", jac, "checked_jac(fun, jac)")
    return CheckedJac(fun, jac)


class CheckedJac:
    """A gradient, or a function that returns its value and its gradient, that is checked as it is used.

    Attributes
    ----------
    calls: how often it was called.
    checks: the checks that were made; they hold no difference quotients.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import checked_jac
    >>> fun = checked_jac(lambda x: (np.sum(x**2), 2 * x))
    >>> fun(np.array([3.0]))
    (np.float64(9.0), array([6.]))
    >>> fun.calls, len(fun.checks)
    (1, 1)

    """

    def __init__(self, fun: Callable[..., Any], jac: Callable[..., Any] | bool) -> None:  # noqa: FBT001 - SciPy's own
        self.fun, self.jac = fun, jac
        self.calls = 0
        self.checks: list[GradientCheck] = []

    def __call__(self, x: Any, *args: Any) -> Any:
        """Return the gradient at x, or the pair; raise if it is found to be wrong."""
        self.calls += 1
        if self.calls.bit_count() == 1:
            self._check(x, *args)
        return self.jac(x, *args) if callable(self.jac) else self.fun(x, *args)

    def _check(self, x: Any, *args: Any) -> None:
        if callable(self.jac):
            found = check_grad(self.fun, self.jac, x, *args)
        else:
            found = check_value_and_gradient(self.fun, x, *args)
        self.checks.append(replace(found, line=None))  # which holds on to f and x
        if found.verdict is Verdict.DISAGREES:
            error = GradientError(found)
            error.add_note(f"It was found at call {self.calls} of the gradient, at x = {x}.")
            raise error


def _floats(x0: Any) -> Any:
    """Return a list or an array of integers as floats, as SciPy does; anything else as it is."""
    is_list = isinstance(x0, list) and all(isinstance(value, int) for value in x0)
    is_array = isinstance(x0, np.ndarray) and x0.dtype.kind in "iu"
    return np.asarray(x0, np.float64) if is_list or is_array else x0


def _pair(fun: Callable[..., Any], x: Any, *args: Any) -> tuple[Any, Any]:
    """Return the value and the gradient; refuse what is no pair."""
    found = fun(x, *args)
    if not isinstance(found, list | tuple) or len(found) != 2:
        got = f"{type(found).__name__}" + (f" of {len(found)}" if isinstance(found, list | tuple) else "")
        reason, remedy = (
            "the second is checked as the gradient of the first",
            "Call check_gradient for a gradient alone.",
        )
        raise expected("fun", "return a pair, the value and the gradient,", got, reason, remedy, kind=TypeError)
    return found[0], found[1]
