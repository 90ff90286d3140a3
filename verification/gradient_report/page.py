"""A report as a page, with the error against the step of the gradient that agrees least."""

import textwrap
from collections.abc import Sequence
from typing import Any

from verification.gradient_report.rows import severity
from verification.pages import Finding, Series, error_chart, render

__all__ = ["as_html"]

NOTE = 60
"""Characters of a reason that have room beside the name of a gradient."""


def as_html(report: dict[str, Any]) -> str:
    """Return a report as one HTML file."""
    rows = report["gradients"]
    worst = max(rows, key=_severity, default=None)
    shown = None if worst is None else _finding(worst)
    return render("Gradients", report["summary"]["text"], [_finding(row) for row in rows], shown, report["command"])


def _severity(row: dict[str, Any]) -> tuple[tuple[int, float], bool]:
    """Return what gradients are ordered by, the worst last; of two alike one that can be drawn."""
    return severity(row["verdict"], row["digits"]), row["differences"] is not None


def _finding(row: dict[str, Any]) -> Finding:
    checked = f", {row['checks']:,} checks" if row["checks"] > 1 else ""
    note = f"{row['digits']:.1f} digits" if row["digits"] else _in_short(row)
    name = f"{row['gradient']}" + (f" in {row['test']}" if row["test"] else "")
    text = row["text"] + (f"\n\n{row['code']}" if row["code"] else "")
    return Finding(row["verdict"], name, note + checked, text, _chart(row["differences"]))


def _in_short(row: dict[str, Any]) -> str:
    """Return why it does not agree: the name of what is wrong, or the reason, shortened."""
    return row["diagnoses"][0]["mode"] if row["diagnoses"] else textwrap.shorten(row["reason"], NOTE, placeholder=" …")


def _chart(found: dict[str, Any] | None) -> str:
    """Return by how much difference quotients are off what is claimed, and off what was measured, at each step."""
    if found is None:
        return ""
    series = [
        Series("a", f"off the claimed {_number(found['claimed'])}", found["steps"], _off(found, found["claimed"])),
        Series("b", f"off the measured {_number(found['numerical'])}", found["steps"], _off(found, found["numerical"])),
    ]
    return error_chart(series, x_label=f"step h along {found['name']}", y_label="|D(h) − derivative|")


def _off(found: dict[str, Any], derivative: float | None) -> Sequence[float | None]:
    return [None if value is None or derivative is None else abs(value - derivative) for value in found["values"]]


def _number(value: float | None) -> str:
    return "derivative, which is not known" if value is None else f"{value + 0.0:.7g}"
