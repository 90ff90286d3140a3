"""What the wrong entries of an array have in common: a slice, a side of a threshold, or nothing."""

from collections.abc import Iterator

import numpy as np

from numgrad._validation import entry
from verification._typing import Array
from verification.diagnosis.catalogue import Explanation, explain
from verification.diagnosis.evidence import Evidence, Fit, Mask, Part
from verification.diagnosis.failure_mode import FailureMode

__all__ = ["patterns"]

AXES = {1: ("entry",), 2: ("row", "column"), 3: ("slice", "row", "column"), 4: ("channel", "channel", "row", "column")}

FEW = 0.25
"""Wrong entries are some and not most if they are no more than this share."""


def patterns(part: Part, evidence: Evidence) -> list[Explanation]:
    """Return what tells the wrong entries from those that are right and would show it if they were not."""
    wrong = part.wrong.any(axis=0)
    shown = (part.measured & ~part.wrong & (np.abs(part.numerical) > part.bar)).any(axis=0)
    right = shown & ~wrong
    if not right.any() and not part.others_agree:
        return []
    how = explain(part, evidence, part.wrong)
    found = list(_branches(part, wrong, right, how))
    if how and how[0].mode is FailureMode.ZERO_BLOCK and wrong.sum() > 1:
        found.append(_explained(part, FailureMode.ZERO_BLOCK, _places(part, wrong), "claimed = 0", 3))
    found += _slices(part, wrong, right, how)
    if part.others_agree or wrong.sum() <= FEW * (wrong.sum() + right.sum()) or wrong.sum() == 1:
        found.append(_explained(part, FailureMode.WRONG_ENTRIES, _places(part, wrong), _there(how), 8))
    return found


def _explained(part: Part, mode: FailureMode, where: str, what: str, rank: int) -> Explanation:
    count = int(part.wrong.sum())
    return Explanation(mode, f"{where}{': ' if where and what else ''}{what}", Fit(count, count, 0, 0.0), rank)


def _there(how: list[Explanation]) -> str:
    return how[0].what if how else ""


def _branches(part: Part, wrong: Mask, right: Mask, how: list[Explanation]) -> Iterator[Explanation]:
    """Yield conditions on x that hold for all wrong entries and for none that is right."""
    if wrong.sum() < 2 or right.sum() < 2:
        return
    for name, condition in _conditions(part.x, wrong, right):
        if condition[wrong].all() and not condition[right].any():
            yield _explained(part, FailureMode.BRANCH, f"only where {name}", _there(how), 3)
            return


def _conditions(x: Array, wrong: Mask, right: Mask) -> Iterator[tuple[str, Mask]]:
    yield "x = 0", x == 0
    yield "x < 0", x < 0
    yield "x > 0", x > 0
    yield "x ≤ 0", x <= 0
    yield "x ≥ 0", x >= 0
    for name, size in (("|x|", np.abs(x)), ("x", x)):
        above, below = size[right].max(), size[right].min()
        if size[wrong].min() > above:
            yield f"{name} > {_between(above, size[wrong].min()):.3g}", size > above
        if size[wrong].max() < below:
            yield f"{name} < {_between(size[wrong].max(), below):.3g}", size < below


def _between(low: float, high: float) -> float:
    return float(low + (high - low) / 2)


def _slices(part: Part, wrong: Mask, right: Mask, how: list[Explanation]) -> Iterator[Explanation]:
    """Yield the slices that hold all wrong entries, and none or few that are right."""
    names = AXES.get(wrong.ndim, ("slice",) * wrong.ndim)
    for axis, length in enumerate(wrong.shape):
        indices = np.unique(np.nonzero(wrong)[axis])
        others = [a for a in range(wrong.ndim) if a != axis]
        inside_right = np.take(right, indices, axis).sum()
        if length < 2 or 2 * len(indices) > length or wrong.sum() < 2 or wrong.ndim < 2:
            continue
        if all(wrong.shape[a] < 2 for a in others) or inside_right > FEW * wrong.sum():
            continue
        if len(indices) > 1 and np.ptp(indices) + 1 != len(indices):
            continue
        span = str(indices[0]) if len(indices) == 1 else f"{indices[0]}:{indices[-1] + 1}"
        index = ", ".join(span if a == axis else ":" for a in range(wrong.ndim))
        plural = "s" if len(indices) > 1 else ""
        what = f"only {names[axis]}{plural} {part.name}[{index}]"
        yield _explained(part, FailureMode.WRONG_SLICE, what, _there(how), 3)


def _places(part: Part, wrong: Mask) -> str:
    """Name the entries, or how many they are."""
    indices = np.argwhere(wrong)
    if len(indices) > 3:
        return f"{len(indices)} entries of {part.name}"
    return ", ".join(entry(part.name, tuple(int(i) for i in index)) for index in indices)
