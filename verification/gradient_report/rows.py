"""Checks as rows of a report: one a gradient, of dicts and lists that JSON holds."""

import textwrap
from collections import Counter
from collections.abc import Iterable
from typing import Any

from numgrad._json import plain
from verification.checking import GradientCheck
from verification.checking.gradient_check import WIDTH
from verification.comparison import Verdict
from verification.records import Record, in_property

__all__ = ["Gathering", "Row", "as_row", "severity", "summary"]

Row = dict[str, Any]

TELLING = (Verdict.INCONCLUSIVE, Verdict.AGREES, Verdict.DISAGREES)
"""Of several checks of a gradient the last that tells most is shown: examples that tell nothing matter least."""

SEVERITY = ("AGREES", "INCONCLUSIVE", "DISAGREES")

VERBS = {Verdict.AGREES: "agree", Verdict.DISAGREES: "disagree", Verdict.INCONCLUSIVE: "inconclusive"}


class Gathering:
    """The checks of a test, gradient by gradient; those of a property, on all its examples, are one gradient each."""

    def __init__(self) -> None:
        self._found: dict[Any, _Gradient] = {}

    def add(self, record: Record) -> None:
        """Take a check that was made."""
        key = (record.kind, record.function, record.gradient) if in_property() else len(self._found)
        self._found.setdefault(key, _Gradient(record, is_property=in_property())).add(record.check)

    def fail(self) -> None:
        """Take note that the test has failed: a property none of whose examples disagrees, by its last."""
        for gradient in self._found.values():
            gradient.fail()

    def untold(self) -> str:
        """Return why no example of a property told anything, for each such property."""
        texts = [
            f"{one.first.gradient}: nothing is told by any of {one.verdicts.total()} examples: {one.shown.reason}"
            for one in self._found.values()
            if one.is_property and set(one.verdicts) == {Verdict.INCONCLUSIVE.value}
        ]
        return "\n".join(line for text in texts for line in textwrap.wrap(text, WIDTH, subsequent_indent="  "))

    def verdicts(self) -> list[Row]:
        """Return what is needed of each gradient to sum them up."""
        return [{"verdict": gradient.shown.verdict.value} for gradient in self._found.values()]

    def rows(self, test: str, *, code: str | None = None) -> list[Row]:
        """Return a row for each gradient, with difference quotients in that which agrees least."""
        gradients = list(self._found.values())
        by_severity = sorted(gradients, key=lambda one: severity(one.shown.verdict.value, one.shown.digits))
        worst = by_severity[-1] if gradients else None
        return [gradient.row(test, code=code, has_differences=gradient is worst) for gradient in gradients]


class _Gradient:
    """What the checks of one gradient have found, and the one of them that is shown."""

    def __init__(self, first: Record, *, is_property: bool) -> None:
        self.first, self.is_property = first, is_property
        self.shown = self.last = first.check
        self.verdicts: Counter[str] = Counter()

    def add(self, check: GradientCheck) -> None:
        self.verdicts[check.verdict.value] += 1
        self.last = check
        if _telling(check) >= _telling(self.shown):
            self.shown = check

    def fail(self) -> None:
        if self.shown and not self.last:
            self.shown = self.last

    def row(self, test: str, *, code: str | None, has_differences: bool) -> Row:
        record = Record(self.first.kind, self.first.function, self.first.gradient, self.shown)
        row = as_row(record, test=test, code=code, has_differences=has_differences)
        return {**row, "checks": self.verdicts.total(), "verdicts": dict(self.verdicts)}


def _telling(check: GradientCheck) -> tuple[int, float]:
    return TELLING.index(check.verdict), -check.digits


def severity(verdict: str, digits: float) -> tuple[int, float]:
    """Return what gradients are ordered by, the worst last: they disagree, are inconclusive, agree to few digits."""
    return SEVERITY.index(verdict), -digits


def as_row(record: Record, *, test: str = "", code: str | None = None, has_differences: bool = True) -> Row:
    """Return a check as a row.

    Parameters
    ----------
    record: the check, and what was checked.
    test: where.
    code: replays it, where it is known.
    has_differences: whether f is evaluated 86 times more, for the difference quotients at steps of all lengths.

    """
    check = record.check
    found = _differences(check) if has_differences else None
    row: Row = plain(
        {
            "test": test,
            "kind": record.kind,
            "function": record.function,
            "gradient": record.gradient,
            **check.to_dict(),
            "checks": 1,
            "verdicts": {check.verdict.value: 1},
            "text": str(check),
            "code": code,
            "differences": None if found is None else vars(found),
        }
    )
    return row


def _differences(check: GradientCheck) -> Any:
    """Return the difference quotients; None where f no longer has values, as after the test that it belongs to."""
    try:
        return check.differences()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - f may also fail or skip a test that is over
        return None


def summary(rows: Iterable[Row]) -> str:
    """Return how many gradients there are, and how they came out.

    >>> summary([{"verdict": "AGREES"}, {"verdict": "AGREES"}, {"verdict": "INCONCLUSIVE"}])
    '3 gradients: 2 agree, 1 inconclusive'
    >>> summary([{"verdict": "AGREES"}])
    '1 gradient: 1 agrees'
    """
    counts = Counter(Verdict(row["verdict"]) for row in rows)
    total = counts.total()
    parts = []
    for verdict, verb in VERBS.items():
        if counts[verdict]:
            is_verb = counts[verdict] == 1 and verdict is not Verdict.INCONCLUSIVE
            parts.append(f"{counts[verdict]:,} {verb}{'s' * is_verb}")
    return f"{total:,} gradient{'s' * (total != 1)}: {', '.join(parts) or 'none was checked'}"
