"""What the wrong entries of an array have in common: a slice, a side of a threshold, or nothing."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from verification._typing import Array, Mask
from verification.diagnosis.catalogue import explain
from verification.diagnosis.evidence import Evidence, Fit, Part
from verification.diagnosis.explanation import Explanation, Rank
from verification.diagnosis.failure_mode import FailureMode
from verification.pairs import component

__all__ = ["patterns"]

AXES = {1: ("entry",), 2: ("row", "column"), 3: ("slice", "row", "column"), 4: ("channel", "channel", "row", "column")}

MINORITY = 0.25
"""Wrong entries are some and not most if they are no more than this share of those that could be."""

CHANCE = 8
"""Of fewer entries some condition may part the wrong ones from the others by chance."""

NAMED = 3
"""So many entries are called by their names."""


def patterns(part: Part, evidence: Evidence) -> list[Explanation]:
    """Return what tells the wrong entries from those that are right and would show it if they were not."""
    wrong = np.asarray(part.wrong.any(axis=0))
    right = np.asarray(part.shown_right.any(axis=0)) & ~wrong
    if not right.any() and not part.others_agree:
        return []
    whole = [] if part.others_agree else explain(part, evidence)
    how = explain(part, evidence, part.wrong)
    if any(found.mode is FailureMode.CONJUGATE or (how and found.what == how[0].what) for found in whole):
        return []  # it explains the others as well, as far as they would show it
    is_supported = bool(how) and how[0].fit.explained > how[0].parameters
    there = how[0].what if is_supported else ""
    slices = list(_slices(part, wrong, right))
    is_half = part.is_complex and any(_halves(part, wrong, right))  # then a threshold parts them by chance
    found = [] if is_half else list(_branches(part, wrong, right, there))
    if how and how[0].mode is FailureMode.ZERO_BLOCK and wrong.sum() > 1:
        place = slices[0] if slices else _places(part, wrong)
        found.append(_explained(part, FailureMode.ZERO_BLOCK, place, "claimed = 0", Rank.PATTERN))
    found += [_explained(part, FailureMode.WRONG_SLICE, f"only {place}", there, Rank.PATTERN) for place in slices]
    if is_supported and wrong.sum() > 1:
        found.append(replace(how[0], what=f"{_places(part, wrong)}: {how[0].what}", rank=Rank.PART, partner=""))
    if part.others_agree or wrong.sum() == 1 or wrong.sum() <= MINORITY * (wrong | right).sum():
        found.append(_explained(part, FailureMode.WRONG_ENTRIES, _places(part, wrong), there, Rank.ENTRIES))
    return found


def _explained(part: Part, mode: FailureMode, where: str, there: str, rank: Rank) -> Explanation:
    count = int(part.wrong.sum())
    return Explanation(mode, f"{where}: {there}" if there else where, Fit(count, count, 0), rank)


def _branches(part: Part, wrong: Mask, right: Mask, there: str) -> Iterator[Explanation]:
    """Yield a condition on x that holds for all wrong entries and for none that is right."""
    if wrong.sum() < 2 or right.sum() < 2:
        return
    idle = np.asarray((np.abs(part.numerical) <= part.slack).all(axis=0))
    for name, condition in (("f does not depend on x", idle), *_conditions(part.x, wrong, right)):
        if condition[wrong].all() and not condition[right].any():
            rank = Rank.PATTERN if (wrong | right).sum() >= CHANCE else Rank.PART
            yield _explained(part, FailureMode.BRANCH, f"only where {name}", there, rank)
            return


def _conditions(x: Array, wrong: Mask, right: Mask) -> Iterator[tuple[str, Mask]]:
    """Yield conditions that a formula may have, and thresholds that part wrong from right."""
    yield "x = 0", np.asarray(x == 0)
    yield "x < 0", np.asarray(x < 0)
    yield "x > 0", np.asarray(x > 0)
    yield "x ≤ 0", np.asarray(x <= 0)
    yield "x ≥ 0", np.asarray(x >= 0)
    _, number, counts = np.unique(x, return_inverse=True, return_counts=True)
    yield "x equals another entry", np.asarray(counts[number].reshape(x.shape) > 1)
    for name, size in (("|x|", np.abs(x)), ("x", x)):
        low, high = size[wrong].min(), size[wrong].max()
        above, below = size[right].max(), size[right].min()
        if low > above:
            yield f"{name} > {above + (low - above) / 2:.3g}", np.asarray(size > above)
        if high < below:
            yield f"{name} < {high + (below - high) / 2:.3g}", np.asarray(size < below)


def _slices(part: Part, wrong: Mask, right: Mask) -> Iterator[str]:
    """Yield the names of slices that hold all wrong entries, and few that are right."""
    if part.is_complex:
        yield from _halves(part, wrong, right)
        wrong, right = np.asarray(wrong.any(axis=-1)), np.asarray(right.any(axis=-1) & ~wrong.any(axis=-1))
    if wrong.sum() < 2 or wrong.ndim < 2:
        return
    names = AXES.get(wrong.ndim, ("slice",) * wrong.ndim)
    for axis, length in enumerate(wrong.shape):
        indices = np.unique(np.nonzero(wrong)[axis])
        is_range = np.ptp(indices) + 1 == len(indices) <= length / 2
        is_few = len(indices) <= min(NAMED, length / 2)
        is_mixed = np.take(right, indices, axis).sum() > MINORITY * wrong.sum()
        if not (is_range or is_few) or wrong.size == length or is_mixed or wrong.sum() < 2 * len(indices):
            continue
        is_one = len(indices) == 1
        span = f"{indices[0]}:{indices[-1] + 1}" if is_range else f"{indices.tolist()}"
        span = f"{indices[0]}" if is_one else span
        index = ", ".join(span if a == axis else ":" for a in range(wrong.ndim))
        yield f"{names[axis]}{'' if is_one else 's'} {part.name}[{index}]"


def _halves(part: Part, wrong: Mask, right: Mask) -> Iterator[str]:
    """Yield the name of the real or the imaginary parts, if they hold all wrong entries, and few that are right."""
    for half in range(2):
        own = wrong[..., half].sum()
        if 1 < own == wrong.sum() and right[..., half].sum() <= MINORITY * own:
            yield component(part.name, (half,))


def _places(part: Part, wrong: Mask) -> str:
    """Name the entries, or how many they are."""
    indices = np.argwhere(wrong)
    if len(indices) > NAMED:
        halves = {int(index[-1]) for index in indices} if part.is_complex else set()
        name = component(part.name, (halves.pop(),)) if len(halves) == 1 else part.name
        return f"{len(indices)} entries of {name}"
    return ", ".join(part.entry(index) for index in indices)
