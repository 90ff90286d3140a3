"""The main job: each case of the catalogue on generated inputs, then the ten failure modes of v2."""

import copy
import hashlib
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisException, NoSuchExample

from numgrad._validation import expected, require_count
from verification import torch_oracle
from verification._typing import Inputs
from verification.cases import CASES, Case
from verification.comparison import Comparison, Verdict
from verification.results import CaseResult, ModeResult, Outcome, Result
from verification.specimens import SPECIMENS, BatchProblem, Evidence, Specimen, examine

__all__ = ["case_names", "run_suite"]

CATALOGUE: tuple[Case | Specimen, ...] = (*CASES, *SPECIMENS)
ENOUGH_EXAMPLES = 50
"""From so many examples on, some must come near the bound."""
NEAR = 0.01
"""1 % is a guess: the widest bound of the catalogue is used to some 20 % within 50 examples."""
TELLING = 0.1
"""The share of examples that must tell something. A guess: of the catalogue's cases a quarter or more do."""
EXACT = {"value", "accuracy", "iterations"}
"""Quantities that may be right to the last digit: how much of its bound one uses tells nothing of the gradient."""
PHASES = (Phase.generate, Phase.shrink)
SEARCH = 500
"""Problems that a failure mode is searched among, at least; most are found within ten. And inputs of a case that seems
slack, before it is called so."""


def case_names() -> list[str]:
    """Return the names of all cases and failure modes, in the order of the run.

    >>> case_names()[-1]
    'v2: edge of the domain'
    """
    return [item.name for item in CATALOGUE]


def run_suite(
    selected: Iterable[str],
    *,
    max_examples: int,
    seed: int,
    started: Callable[[str], None] = lambda _: None,
) -> Iterator[Result]:
    """Run the cases and failure modes that are selected by name; yield each result as it comes.

    Parameters
    ----------
    selected: some of :func:`case_names`.
    max_examples: inputs generated for each, at least 1.
    seed: a whole number that decides all inputs, of each case whether or not others are run.
    started: is called with the name of what comes next.

    Returns
    -------
    An iterator of results, :class:`CaseResult` and :class:`ModeResult`; the run goes on as they are taken.

    Raises
    ------
    ValueError: a name is not in the catalogue; max_examples or seed is not such a number.

    Examples
    --------
    >>> for result in run_suite(["v2: reduced output"], max_examples=5, seed=0):
    ...     print(result.name, "-", result.outcome.value)
    v2: reduced output - FLAGGED

    """
    selected = set(selected)
    for name in sorted(selected - set(case_names()))[:1]:
        remedy = "Choose among verification.case_names()."
        raise expected("selected", "hold names of the catalogue", repr(name), "there is no such case", remedy)
    max_examples, seed = require_count("max_examples", max_examples), require_count("seed", seed, at_least=0)
    return _results(selected, max_examples, seed, started)


def _results(selected: set[str], max_examples: int, seed: int, started: Callable[[str], None]) -> Iterator[Result]:
    for item in CATALOGUE:
        if item.name in selected:
            started(item.name)
            with torch_oracle.single_thread():
                result = _run(item, max_examples, _seed_of(item.name, seed))
            yield result


def _run(item: Case | Specimen, max_examples: int, seed: int) -> Result:
    if isinstance(item, Case):
        return _run_case(item, max_examples, seed)
    return _run_specimen(item, max_examples, seed)


def _seed_of(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:8], "big")


def _settings(max_examples: int) -> settings:
    return settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,  # one is enough, and the record then holds its smallest input
        phases=PHASES,
        suppress_health_check=[HealthCheck.too_slow],  # a slow machine is no fault of the inputs
    )


class _SurpriseError(AssertionError):
    """An input on which a case did not come out as expected."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


class _Record:
    """What the examples of a case leave behind; after a surprise the last is the smallest that shows it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.examples = 0
        self.telling = 0
        self.worst: Comparison | None = None
        self.worst_inputs: Inputs | None = None
        self.inputs: Inputs | None = None

    def example(self, inputs: Inputs) -> None:
        """Check one input; raise what is not as expected."""
        self.examples += 1
        self.inputs = copy.deepcopy(inputs)
        flaw = self.case.flaw
        if flaw is None:
            self._must_agree(inputs)
        elif flaw.refusal is None:
            self._must_leave_no_digit(inputs)
        else:
            self._must_be_refused(inputs, flaw.refusal)
        for name, value in self.inputs.items():
            if np.asarray(inputs[name]).tobytes() != np.asarray(value).tobytes():
                self.worst = None
                raise _SurpriseError(Outcome.CHANGED, f"{name} came back changed")

    def _within_bounds(self, inputs: Inputs) -> list[Comparison]:
        """Return the comparisons of all but exact quantities at one input; nothing may disagree."""
        comparisons = self.case.check(inputs)
        for comparison in comparisons:
            if comparison.verdict is Verdict.DISAGREES:
                self.worst, self.worst_inputs = comparison, self.inputs
                raise _SurpriseError(Outcome.DISAGREES, f"the {comparison.quantity} is off by more than its bound")
        return [comparison for comparison in comparisons if comparison.quantity not in EXACT]

    def _must_agree(self, inputs: Inputs) -> None:
        comparisons = self._within_bounds(inputs)
        self.telling += any(comparison.is_telling for comparison in comparisons)
        for comparison in comparisons:
            if self.worst is None or comparison.worst_share > self.worst.worst_share:
                self.worst, self.worst_inputs = comparison, self.inputs

    def _must_leave_no_digit(self, inputs: Inputs) -> None:
        for gradient in self._within_bounds(inputs):
            if gradient.is_telling:
                self.worst = gradient
                raise _SurpriseError(Outcome.NOT_FLAGGED, "the gradient agrees to some digit")
            self.telling += bool(gradient.reference.any())

    def _must_be_refused(self, inputs: Inputs, refusal: str) -> None:
        try:
            self.worst = self.case.check(inputs)[-1]
        except ValueError as error:
            if refusal not in str(error):
                raise
            self.telling += 1
        else:
            raise _SurpriseError(Outcome.NOT_FLAGGED, "the gradient is not refused")

    def slack(self) -> str | None:
        """Return what makes the case mean little, if anything does and there are examples enough to say so."""
        if self.examples < ENOUGH_EXAMPLES:
            return None
        if self.telling < TELLING * self.examples:
            return (
                f"only {self.telling} of {self.examples} examples have a gradient of which the bound could tell a digit"
            )
        if self.case.flaw is None and self.worst is not None and self.worst.worst_share < NEAR:
            return f"no example uses {NEAR:.0%} of its bound, which is too wide to mean anything"
        return None


def _run_case(case: Case, max_examples: int, seed: int) -> CaseResult:
    record = _Record(case)

    @seeded(seed)
    @_settings(max_examples)
    @given(case.inputs)
    def run(inputs: Inputs) -> None:
        record.example(inputs)

    def result(outcome: Outcome, reason: str, inputs: Inputs | None = None) -> CaseResult:
        seen = record.examples, record.telling, record.worst
        return CaseResult(case, outcome, *seen, inputs, reason, record.worst_inputs)

    try:
        run()
    except _SurpriseError as surprise:
        return result(surprise.outcome, str(surprise), record.inputs)
    except HypothesisException as error:
        return result(Outcome.ERROR, _first_line(error))
    except Exception as error:  # noqa: BLE001 - whatever a broken gradient raises is a result
        return result(Outcome.ERROR, _first_line(error), record.inputs)
    slack = record.slack()
    if slack is not None and max_examples < SEARCH:  # the inputs of a short run are at times much alike
        return _run_case(case, SEARCH, seed)
    if slack is not None:
        return result(Outcome.SLACK, slack)
    return result(Outcome.AGREES, "") if case.flaw is None else result(Outcome.FLAGGED, case.flaw.reason)


class _Search:
    """The search for a failure mode among the problems of its specimen, and what was surprising on the way."""

    def __init__(self, specimen: Specimen) -> None:
        self.specimen = specimen
        self.examples = 0
        self.surprises: dict[str, Evidence] = {}

    def shows_mode(self, problem: BatchProblem) -> bool:
        """Return whether v2 fails on the problem in the mode; keep the last problem on which else is wrong."""
        self.examples += 1
        evidence, mode = examine(problem), self.specimen.mode
        if not self.specimen.repaired_by(evidence.repaired):
            self.surprises["per_sample_gradient is neither right nor refuses for the right reason"] = evidence
        if evidence.flawed.right:
            return False
        if evidence.diagnosis is not mode:
            called = evidence.diagnosis.title if evidence.diagnosis else "nothing wrong"
            self.surprises[f"v2 fails in this way and it is called {called!r}"] = evidence
        return evidence.diagnosis is mode

    def result(self, found: BatchProblem | None) -> ModeResult:
        """Return what came of the search: a surprise first, else what was found."""
        for reason, evidence in self.surprises.items():
            return self._result(Outcome.ERROR, evidence, reason)
        if found is None:
            return self._result(Outcome.NOT_FLAGGED, None, "v2 was never seen to fail in this way")
        return self._result(Outcome.FLAGGED, examine(found), self.specimen.mode.explanation)

    def error(self, error: Exception) -> ModeResult:
        """Return what was raised as a result."""
        return self._result(Outcome.ERROR, None, _first_line(error))

    def _result(self, outcome: Outcome, evidence: Evidence | None, reason: str) -> ModeResult:
        return ModeResult(self.specimen, outcome, self.examples, evidence, reason)


def _run_specimen(specimen: Specimen, max_examples: int, seed: int) -> ModeResult:
    search = _Search(specimen)
    try:
        found: BatchProblem = find(
            specimen.problems,
            search.shows_mode,
            settings=_settings(max(max_examples, SEARCH)),
            random=random.Random(seed),  # noqa: S311 - nothing is secret
        )
    except NoSuchExample:
        return search.result(None)
    except Exception as error:  # noqa: BLE001 - whatever a broken gradient raises is a result
        return search.error(error)
    return search.result(found)


def _first_line(error: BaseException) -> str:
    text: Any = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"
