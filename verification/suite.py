"""The main job: each case of the catalogue on generated inputs, then the ten failure modes of v2."""

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisException, NoSuchExample

from verification import torch_oracle
from verification.cases import CASES, Case
from verification.comparison import Comparison, Verdict
from verification.results import CaseResult, ModeResult, Outcome, Result
from verification.specimens import SPECIMENS, BatchProblem, Evidence, Specimen, examine
from verification.strategies import Inputs

__all__ = ["names", "run_suite"]

CATALOGUE: tuple[Case | Specimen, ...] = (*CASES, *SPECIMENS)
ENOUGH_EXAMPLES = 50
"""From so many examples on, some must come near the bound."""
NEAR = 0.01
"""1 % is a guess: the widest bound of the catalogue is used to some 20 % within 50 examples."""
PHASES = (Phase.generate, Phase.shrink)
SEARCH = 500
"""Problems that a failure mode is searched among, at least; most are found within ten."""


def names() -> list[str]:
    """Return the names of all cases and failure modes, in the order of the run."""
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
    selected: some of :func:`names`.
    max_examples: inputs generated for each.
    seed: decides all inputs, of each case whether or not others are run.
    started: is called with the name of what comes next.

    """
    selected = set(selected)
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
        self.worst: Comparison | None = None
        self.inputs: Inputs | None = None

    def example(self, inputs: Inputs) -> None:
        """Check one input; raise what is not as expected."""
        self.examples += 1
        self.inputs = inputs
        before = {name: np.array(value) for name, value in inputs.items()}
        flaw = self.case.flaw
        if flaw is None:
            self._must_agree(inputs)
        elif flaw.refusal is None:
            self._must_leave_no_digit(inputs)
        else:
            self._must_be_refused(inputs, flaw.refusal)
        for name, value in before.items():
            if np.asarray(inputs[name]).tobytes() != value.tobytes():
                raise _SurpriseError(Outcome.DISAGREES, f"{name} came back changed")

    def _within_bounds(self, inputs: Inputs) -> list[Comparison]:
        """Return all comparisons at one input, values first, gradients after them; none may disagree."""
        comparisons = self.case.check(inputs)
        for comparison in comparisons:
            if comparison.verdict is Verdict.DISAGREES:
                self.worst = comparison
                raise _SurpriseError(Outcome.DISAGREES, f"the {comparison.quantity} is off by more than its bound")
        return comparisons

    def _must_agree(self, inputs: Inputs) -> None:
        for comparison in self._within_bounds(inputs):
            # A value may be exact to the last digit: how much of its bound it uses tells nothing of the gradient.
            if comparison.quantity != "value":
                self._remember(comparison)

    def _must_leave_no_digit(self, inputs: Inputs) -> None:
        gradient = self._within_bounds(inputs)[-1]
        if gradient.verdict is Verdict.AGREES:
            self.worst = gradient
            raise _SurpriseError(Outcome.NOT_FLAGGED, "the gradient agrees to some digit")

    def _must_be_refused(self, inputs: Inputs, refusal: str) -> None:
        try:
            self.worst = self.case.check(inputs)[-1]
        except ValueError as error:
            if refusal in str(error):
                return
            raise
        raise _SurpriseError(Outcome.NOT_FLAGGED, "the gradient is not refused")

    def _remember(self, comparison: Comparison) -> None:
        if self.worst is None or comparison.worst_share > self.worst.worst_share:
            self.worst = comparison


def _run_case(case: Case, max_examples: int, seed: int) -> CaseResult:
    record = _Record(case)

    @seeded(seed)
    @_settings(max_examples)
    @given(case.inputs)
    def run(inputs: Inputs) -> None:
        record.example(inputs)

    def result(outcome: Outcome, reason: str, inputs: Inputs | None = None) -> CaseResult:
        return CaseResult(case, outcome, record.examples, record.worst, inputs, reason)

    try:
        run()
    except _SurpriseError as surprise:
        return result(surprise.outcome, str(surprise), record.inputs)
    except HypothesisException as error:
        return result(Outcome.ERROR, _first_line(error))
    except Exception as error:  # noqa: BLE001 - whatever a broken gradient raises is a result
        return result(Outcome.ERROR, _first_line(error), record.inputs)
    if case.flaw is not None:
        return result(Outcome.FLAGGED, case.flaw.reason)
    if record.examples >= ENOUGH_EXAMPLES and (record.worst is None or record.worst.worst_share < NEAR):
        return result(Outcome.SLACK, f"no example uses {NEAR:.0%} of its bound, which is too wide to mean anything")
    return result(Outcome.AGREES, "")


def _run_specimen(specimen: Specimen, max_examples: int, seed: int) -> ModeResult:
    examples = 0
    unrepaired: list[Evidence] = []

    def shows_mode(problem: BatchProblem) -> bool:
        nonlocal examples
        examples += 1
        evidence = examine(problem)
        if not evidence.repair_holds:
            unrepaired.append(evidence)
        return not evidence.flawed.right and evidence.diagnosis is specimen.mode

    def result(outcome: Outcome, evidence: Evidence | None, reason: str) -> ModeResult:
        return ModeResult(specimen, outcome, examples, evidence, reason)

    try:
        problem: BatchProblem = find(
            specimen.problems,
            shows_mode,
            settings=_settings(max(max_examples, SEARCH)),
            random=random.Random(seed),  # noqa: S311 - nothing is secret
        )
    except NoSuchExample:
        return result(Outcome.NOT_FLAGGED, None, "v2 was never seen to fail in this way")
    except Exception as error:  # noqa: BLE001 - whatever a broken gradient raises is a result
        return result(Outcome.ERROR, None, _first_line(error))
    if unrepaired:
        return result(Outcome.ERROR, unrepaired[-1], "per_sample_gradient is wrong and does not refuse")
    return result(Outcome.FLAGGED, examine(problem), specimen.mode.explanation)


def _first_line(error: BaseException) -> str:
    text: Any = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"
