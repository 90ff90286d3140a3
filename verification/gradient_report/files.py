"""Reports as files: JSON, JUnit XML or HTML, by their ending, all of the same rows."""

import json
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from verification.gradient_report.junit import as_junit
from verification.gradient_report.page import as_html
from verification.gradient_report.rows import Row, summary

__all__ = ["ENDINGS", "as_json", "report_of", "write_report"]

SCHEMA = 1
"""The version of what a report holds; it changes when a reader of the last one would no longer understand it."""


def write_report(path: Path, rows: Sequence[Row], *, command: str, is_complete: bool = True) -> None:
    """Write what checks have found into a file, of the kind that its ending says: one of ENDINGS, or a KeyError."""
    text = ENDINGS[path.suffix](report_of(rows, command=command, is_complete=is_complete))
    path.write_text(text, encoding="utf-8", errors="replace")  # a name may hold half of a surrogate pair


def report_of(rows: Sequence[Row], *, command: str, is_complete: bool = True) -> dict[str, Any]:
    """Return all that a report holds, as JSON has it.

    Parameters
    ----------
    rows: what was found, gradient by gradient.
    command: what made the report.
    is_complete: whether the checks were not cut short.

    """
    verdicts = Counter(row["verdict"] for row in rows)
    return {
        "schema": SCHEMA,
        "command": command,
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("numpy", "numgrad-verify")},
        },
        "summary": {
            "text": summary(rows) + ("" if is_complete else "; INTERRUPTED, there were more to come"),
            "complete": is_complete,
            "gradients": len(rows),
            "checks": sum(row["checks"] for row in rows),
            **{verdict.lower(): verdicts[verdict] for verdict in ("AGREES", "DISAGREES", "INCONCLUSIVE")},
        },
        "gradients": list(rows),
    }


def as_json(report: dict[str, Any]) -> str:
    """Return the report as JSON, which holds no NaN and no infinity."""
    return json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


ENDINGS: dict[str, Callable[[dict[str, Any]], str]] = {".json": as_json, ".xml": as_junit, ".html": as_html}
"""What makes the text of a file, by its ending."""
