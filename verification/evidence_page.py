"""The evidence of a verification run as a page, with the error against the step of the worst case."""

from collections.abc import Sequence

import numpy as np

from numgrad._validation import entry
from numgrad.finite_differences.steps import STEP
from verification import report
from verification._typing import Inputs
from verification.checking import Line
from verification.pages import Finding, Series, error_chart, render
from verification.results import CaseResult, ModeResult, Result

__all__ = ["evidence_page"]


def evidence_page(results: Sequence[Result], summary: Sequence[str], command: str) -> str:
    """Return the run as one HTML file.

    Parameters
    ----------
    results: what was run.
    summary: the closing lines of the run.
    command: what repeats it.

    """
    shown_first = [result for result in results if result.outcome.surprising or _line(result) is not None]
    worst = max(shown_first, key=_badness, default=None)
    findings = [_finding(result, has_chart=result is worst) for result in results]
    shown = next((own for own, result in zip(findings, results, strict=True) if result is worst), None)
    return render("Verification", " ".join(" ".join(summary).split()), findings, shown, command)


def _badness(result: Result) -> tuple[bool, float]:
    """Return what results are ordered by, the worst last: surprises, then how much of its bound is used."""
    worst = result.worst if isinstance(result, CaseResult) else None
    return result.outcome.surprising, 0.0 if worst is None else worst.worst_share


def _finding(result: Result, *, has_chart: bool) -> Finding:
    lines = report.lines(result)
    if isinstance(result, ModeResult):
        note = "" if result.evidence is None else result.evidence.problem.formula
    else:
        share = "" if result.worst is None else f", {report.percent(result.worst.worst_share)} of the bound used"
        note = f"{result.examples} examples{share}"
    chart = _chart(result) if has_chart and isinstance(result, CaseResult) else ""
    return Finding(result.outcome.value, result.name, note, "\n".join([report.header(), *lines]), chart)


def _line(result: Result) -> Line | None:
    """Return the function along the entry that uses most of its bound, beside what was compared there; or None."""
    if isinstance(result, ModeResult):
        return None
    worst, inputs, along = result.worst, result.worst_inputs, result.case.along
    if worst is None or inputs is None or along is None:
        return None
    index = worst.worst
    f, x = along(inputs, index)
    unit = max(abs(x), 10 * _step(inputs))  # so that the longest step is no shorter than the one that was taken
    claimed, exact, bound = (float(np.asarray(array)[index]) for array in (worst.claimed, worst.reference, worst.bound))
    return Line(entry(next(iter(inputs)), index), lambda distance: f(x + distance * unit), unit, claimed, exact, bound)


def _step(inputs: Inputs) -> float:
    return float(inputs.get("h", STEP))


def _chart(result: CaseResult) -> str:
    """Return by how much difference quotients at each step are off autograd's derivative."""
    line = _line(result)
    if line is None:
        return ""
    found, step = line.differences(), _step(result.worst_inputs or {})
    off = np.abs(found.values - line.numerical)
    taken = abs(line.claimed - line.numerical)
    series = [
        Series("a", f"off autograd's {line.numerical:.7g}", found.steps.tolist(), off.tolist()),
        Series("c", f"the bound at h = {step:g}", [step], [line.error], size=6.5),
        Series("b", "what was compared with it", [step], [taken]),
    ]
    return error_chart(series, x_label=f"step h along {line.name}", y_label="|D(h) − derivative|")
