"""Evidence as text and as JSON; nothing here prints."""

import math
import platform
import textwrap
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import numpy as np

from verification.cases import ESTIMATED
from verification.replay import expression
from verification.results import CaseResult, ModeResult, Outcome, Result
from verification.specimens import Attempt, Evidence

__all__ = ["header", "lines", "percent", "summary", "to_dict"]

WIDTH = 80
LABEL_WIDTH = 9
FUNCTION_WIDTH, METHOD_WIDTH = 37, 24


def header() -> str:
    """Return the headings of the columns."""
    return _columns("function", "gradient", "runs", "used", "verdict")


def lines(result: Result) -> list[str]:
    """Return what a person reads of one result: a line, and of a flag or surprise what stands behind it."""
    if isinstance(result, ModeResult):
        return _mode_lines(result)
    worst = result.worst
    used = "" if worst is None else percent(worst.worst_share)
    outcome = result.outcome.value
    line = _columns(result.case.function, result.case.method, str(result.examples), used, outcome)
    if result.outcome is Outcome.FLAGGED:
        return [line, *_labelled("why", result.reason)]
    return [line, *(_surprise_lines(result) if result.outcome.surprising else [])]


def summary(results: Sequence[Result], *, seed: int, seconds: float, planned: int) -> list[str]:
    """Return the closing lines: what was run of what was planned, how it came out, and how to run it again."""
    gradients = [result for result in results if isinstance(result, CaseResult)]
    cases = [result for result in gradients if result.case.method != ESTIMATED]
    estimates = [result for result in gradients if result.case.method == ESTIMATED]
    modes = [result for result in results if isinstance(result, ModeResult)]
    surprises = [result for result in results if result.outcome.surprising]
    examples = sum(result.examples for result in results)

    def count(outcome: Outcome, of: Sequence[Result]) -> int:
        return sum(result.outcome is outcome for result in of)

    text = []
    if cases:
        text.append(f"{_number(cases, 'case')}: {count(Outcome.AGREES, cases)} within the theory's bound of autograd,")
        text.append(f"  {count(Outcome.FLAGGED, cases)} flagged as expected, where a fixed step cannot work.")
    if estimates:
        text.append(f"{_number(estimates, 'estimate')}: {count(Outcome.AGREES, estimates)} within their own error bar.")
    if modes:
        text.append(f"{_number(modes, 'failure mode')} of v2: {count(Outcome.FLAGGED, modes)} flagged.")
    text.append(f"{examples:,} examples in {seconds:.0f} s, seed {seed} (--seed {seed} replays this run).")
    if len(results) < planned:
        text.append(f"INTERRUPTED after {len(results)} of {planned}.")
    if surprises:
        text.append(f"{_number(surprises, 'SURPRISE')}:".upper())
        text.extend(f"  {result.outcome.value}: {result.name}" for result in surprises)
    else:
        text.append("No surprises.")
    return text


def to_dict(results: Sequence[Result], *, seed: int, max_examples: int, planned: int) -> dict[str, Any]:
    """Return the whole run for JSON; ``complete`` is false where it was interrupted."""
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("numpy", "torch", "hypothesis")},
        },
        "seed": seed,
        "max_examples": max_examples,
        "complete": len(results) == planned,
        "surprises": [result.name for result in results if result.outcome.surprising],
        "cases": [_case_dict(result) for result in results if isinstance(result, CaseResult)],
        "failure_modes": [_mode_dict(result) for result in results if isinstance(result, ModeResult)],
    }


def _columns(function: str, method: str, examples: str, used: str, verdict: str) -> str:
    return f"{function:<{FUNCTION_WIDTH}} {method:<{METHOD_WIDTH}} {examples:>4} {used:>4} {verdict}"


def _number(things: Sequence[Any], noun: str) -> str:
    return f"{len(things)} {noun}{'s' if len(things) != 1 else ''}"


def percent(share: float) -> str:
    """Return a share of a bound, rounded away from 100 % on either side, so that 101 % is always beyond."""
    if share > 9.99:
        return ">999%" if np.isfinite(share) else "inf"
    return f"{math.floor(100 * share) if share <= 1 else math.ceil(100 * share)}%"


def _surprise_lines(result: CaseResult) -> list[str]:
    found = _labelled("what", result.reason)
    worst = result.worst
    if worst is not None and result.outcome in (Outcome.DISAGREES, Outcome.NOT_FLAGGED):
        found += _labelled("numerical", _array(worst.claimed))
        found += _labelled("autograd", _array(worst.reference))
        found += _labelled("bound", _array(worst.bound))
    if result.inputs is not None:
        found += [
            "  The smallest counterexample, to paste into Python:",
            *_reproduction(result),
        ]
    return found


def _reproduction(result: CaseResult) -> list[str]:
    """Return code that shows the comparisons again, or what has become of the inputs."""
    inputs = ", ".join(f"{key!r}: {expression(value)}" for key, value in (result.inputs or {}).items())
    return [
        "    import numpy as np",
        "    from verification.cases import CASES",
        f"    case = next(case for case in CASES if case.name == {result.name!r})",
        f"    inputs = {{{inputs}}}",
        "    print(*case.check(inputs), sep='\\n')",
        *["    print('afterwards', inputs)"] * (result.outcome is Outcome.CHANGED),
    ]


def _mode_lines(result: ModeResult) -> list[str]:
    line = f"{result.name:<{FUNCTION_WIDTH + METHOD_WIDTH + 1}} {result.examples:>4}      {result.outcome.value}"
    evidence = result.evidence
    if evidence is None:
        return [line, *_labelled("what", result.reason)]
    return [
        line,
        *_labelled("f", evidence.problem.formula),
        *_labelled("X", expression(evidence.problem.X)),
        *_labelled("v2", _attempt(evidence.flawed)),
        *_labelled("autograd", _array(evidence.exact)),
        *_labelled("why", result.reason),
        *_labelled("repaired", _repair(evidence)),
    ]


def _attempt(attempt: Attempt) -> str:
    if attempt.refusal is not None:
        return f"raises {attempt.refusal}"
    changed = ", and X comes back changed" if attempt.input_changed else ""
    return f"{_array(attempt.gradient)}{changed}"


def _repair(evidence: Evidence) -> str:
    """Return what per_sample_gradient makes of it: the gradient, or the reason of its refusal without the remedy."""
    repaired = evidence.repaired
    if repaired.refusal is None:
        return _attempt(repaired)
    return "refuses: " + repaired.refusal.partition(": ")[2].partition(". ")[0]


def _case_dict(result: CaseResult) -> dict[str, Any]:
    worst = result.worst
    return {
        "name": result.case.function,
        "method": result.case.method,
        "examples": result.examples,
        "telling_examples": result.telling,
        "worst_error": None if worst is None else _finite(worst.error[worst.worst]),
        "bound": None if worst is None else _finite(worst.bound[worst.worst]),
        "share_of_bound": None if worst is None else _finite(worst.worst_share),
        "verdict": result.outcome.value,
        "reason": result.reason,
        "counterexample": None if result.inputs is None else {k: expression(v) for k, v in result.inputs.items()},
    }


def _mode_dict(result: ModeResult) -> dict[str, Any]:
    evidence = result.evidence
    return {
        "name": result.specimen.mode.title,
        "flagged": result.outcome is Outcome.FLAGGED,
        "counterexample": None
        if evidence is None
        else {"f": evidence.problem.formula, "X": expression(evidence.problem.X)},
        "explanation": result.reason,
        "remedy": result.specimen.mode.remedy,
        "v2": None if evidence is None else _attempt(evidence.flawed),
        "autograd": None if evidence is None else _array(evidence.exact),
        "per_sample_gradient": None if evidence is None else _repair(evidence),
        "examples": result.examples,
    }


def _finite(value: Any) -> float | None:
    """Return a number that JSON has: NaN and inf become None."""
    return float(value) if np.isfinite(value) else None


def _array(array: Any) -> str:
    return np.array2string(np.asarray(array), separator=", ", precision=6).replace("\n", "")


def _labelled(label: str, text: str) -> list[str]:
    """Return ``text`` wrapped to the width, behind its label."""
    indent = " " * (LABEL_WIDTH + 3)
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {label:<{LABEL_WIDTH}} ", subsequent_indent=indent)
