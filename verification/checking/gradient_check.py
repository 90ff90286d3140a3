"""What a check has found, and how it says so."""

import shlex
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verification.checking.line import Differences, Line
from verification.comparison import Verdict
from verification.diagnosis import Diagnosis

__all__ = ["SHOWN", "WIDTH", "Entry", "GradientCheck", "first_found"]

__tracebackhide__ = True  # what f raises is shown by pytest without this module

WIDTH = 80
"""Columns of a terminal."""

LABEL = 8
"""Columns of a label, "replay" and two spaces."""

SHOWN = 8
"""So many wrong entries are shown."""


@dataclass(frozen=True)
class Entry:
    """One derivative: as claimed, and as measured within an error of the measurement alone.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_gradient
    >>> check = check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x + np.array([0, 1]), np.array([3.0, 4.0]))
    >>> check.entries[0].name, check.entries[0].claimed, round(check.entries[0].numerical, 6)
    ('x[1]', 9.0, 8.0)

    """

    name: str
    claimed: float
    numerical: float
    error: float


@dataclass(frozen=True, repr=False)
class GradientCheck:
    """The verdict on a claimed derivative, and what it rests on; ``bool(check)`` is whether it agrees.

    Attributes
    ----------
    verdict: AGREES, DISAGREES or INCONCLUSIVE.
    reason: why, in a few words.
    diagnoses: what is wrong, best explanation first; the others explain it as well, if each array does not have one of
        its own.
    digits: to so many digits agreement is proven, for the group of entries that shows least; 0 unless it agrees.
    detectable: the smallest relative error, in the norm of a group, that this check would have seen, or inf;
        relative to f′(x) x, entry by entry.
    miss_probability: with which an error of that size, of any shape, would have been missed.
    evaluations: how often f was evaluated.
    entries: entries that are wrong, up to 8, those that are most so first.
    at_least: so many entries are wrong at least.
    is_exact: whether there are no others.
    size: the number of entries of x, or of the Jacobian where each output is looked at; 0 if x is unfit.
    displaced: where x tells nothing, a point nearby that may, structured as x; else None.
    is_subgradient: whether x is at a kink, and what is claimed lies within the slopes about it.
    is_product: whether the entries are those of products with random cotangents.
    call: what repeats the check.
    line: what :meth:`differences` evaluates; None of a copy that was pickled, and where f was not differentiated.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_gradient
    >>> check = check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x, np.array([3.0, 4.0]))
    >>> bool(check), check.digits > 12
    (True, True)

    """

    verdict: Verdict
    reason: str
    diagnoses: tuple[Diagnosis, ...] = ()
    digits: float = 0.0
    detectable: float = np.inf
    miss_probability: float = 0.0
    evaluations: int = 0
    entries: tuple[Entry, ...] = ()
    at_least: int = 0
    is_exact: bool = False
    size: int = 0
    displaced: Any = field(default=None, repr=False, compare=False)
    is_subgradient: bool = False
    is_product: bool = False
    call: str = ""
    line: Line | None = field(default=None, repr=False, compare=False)

    def __bool__(self) -> bool:
        """Return whether the verdict is AGREES."""
        return self.verdict is Verdict.AGREES

    def __repr__(self) -> str:
        """Return the verdict and the reason."""
        return f"<{type(self).__name__} {self.verdict.value}: {self.reason}>"

    def __str__(self) -> str:
        """Return the verdict, what is wrong, where, and what to do."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield from textwrap.wrap(f"{self.verdict.value}: {self.reason}", WIDTH, subsequent_indent="  ")
        if self.entries:
            yield from _labelled("where", self._where())
            yield from _table(self.entries)
        if self.diagnoses and self.diagnoses[0].message != self.reason:
            yield from _labelled("note", self.diagnoses[0].message)
        if self.diagnoses:
            yield from _labelled("do", self.diagnoses[0].remedy)
        for other in self.diagnoses[1:]:
            yield from _labelled("or" if other.evidence.get("tie") else "and", other.message)
        if self.displaced is not None:
            yield from _labelled("try", "check.displaced, a point nearby at which more may be seen")
        counted = f"# {self.evaluations:,} evaluations of f" if self.evaluations else ""
        if self.call.startswith("python "):
            yield from _command(self.call, counted)
        else:
            yield from _labelled("replay", f"{self.call}  {counted}".rstrip())

    def _where(self) -> str:
        verb = "is" if self.at_least == 1 else "are"
        least = "" if self.is_exact else "at least "
        what = "products with a random cotangent, claimed" if self.is_product else "claimed"
        return f"{least}{self.at_least:,} of {self.size:,} entries {verb} seen to be wrong; {what}, measured:"

    def __getstate__(self) -> dict[str, Any]:
        """Return all but f, which may not be pickled."""
        return {**vars(self), "line": None}

    def differences(self) -> Differences | None:
        """Return difference quotients at steps of all lengths, along the line on which the verdict rests most.

        f is evaluated for it, 86 times; None where there is no such line.
        """
        return None if self.line is None else self.line.differences()

    def to_dict(self) -> dict[str, Any]:
        """Return all but the displaced point as JSON can hold it; what is not finite is None."""
        return {
            "verdict": self.verdict.value,
            "reason": self.reason,
            "diagnoses": [
                {
                    "mode": diagnosis.mode.title,
                    "where": diagnosis.where,
                    "message": diagnosis.message,
                    "remedy": diagnosis.remedy,
                    "evidence": {key: _finite(value) for key, value in diagnosis.evidence.items()},
                }
                for diagnosis in self.diagnoses
            ],
            "call": self.call,
            "digits": self.digits,
            "detectable": _finite(self.detectable),
            "miss_probability": self.miss_probability,
            "evaluations": self.evaluations,
            "entries": [{key: _finite(value) for key, value in vars(entry).items()} for entry in self.entries],
            "at_least": self.at_least,
            "is_exact": self.is_exact,
            "size": self.size,
            "is_subgradient": self.is_subgradient,
            "is_product": self.is_product,
        }


def first_found(*stages: Callable[[], GradientCheck | None]) -> GradientCheck | None:
    """Return what the first stage finds that finds anything: a check that disagrees is false, but it is found."""
    found = (stage() for stage in stages)
    return next((check for check in found if check is not None), None)


def _finite(value: Any) -> Any:
    """Return a value as JSON has it: NaN and inf become None."""
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _command(command: str, comment: str) -> list[str]:
    r"""Return a command in lines that a shell reads as one, broken between its words alone, and what is to say of it.

    >>> lines = _command(f"python -m verification check {'m' * 30}:f '--at=a folder/x.npy' --seed=0", "# 9 evaluations")
    >>> lines[0].endswith(" \\"), "'--at=a folder/x.npy'" in lines[1], lines[-1].strip()
    (True, True, '# 9 evaluations')
    """
    indent, lines = " " * (LABEL + 2), [f"  {'replay':<{LABEL}}"]
    for word in map(shlex.quote, shlex.split(command)):
        if len(lines[-1]) > len(indent) and len(lines[-1]) + len(word) + 3 > WIDTH:
            lines[-1] += " \\"
            lines.append(indent)
        lines[-1] += word if len(lines[-1]) == len(indent) else f" {word}"
    return [*lines, indent + comment] if comment else lines


def _labelled(label: str, text: str) -> list[str]:
    """Return ``text`` wrapped to the width, behind its label."""
    indent = " " * (LABEL + 2)
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {label:<{LABEL}}", subsequent_indent=indent)


def _apart(claimed: float, numerical: float) -> tuple[str, str]:
    """Return two numbers with as many digits as tell them apart, 7 at least."""
    for digits in (7, 10, 13):
        texts = f"{claimed:.{digits}g}", f"{numerical:.{digits}g}"
        if texts[0] != texts[1]:
            return texts
    return f"{claimed:.17g}", f"{numerical:.17g}"


def _table(entries: tuple[Entry, ...]) -> Iterator[str]:
    """Yield a line an entry, in columns."""
    rows = [(entry.name, *_apart(entry.claimed, entry.numerical), f"{entry.error:.1g}") for entry in entries]
    names, claimed, numerical = (max(len(row[column]) for row in rows) for column in range(3))
    for name, *numbers in rows:
        row = f"{numbers[0]:>{claimed}}  {numbers[1]:>{numerical}} ± {numbers[2]}"
        if names + claimed + numerical + 16 <= WIDTH:
            yield f"    {name:<{names}}  {row}"
        else:
            yield f"    {name}"
            yield f"      {row}"
