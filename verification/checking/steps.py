"""Whether f goes up in steps, as floor and round do: it is constant close to x, and has a slope from afar."""

from collections.abc import Callable

import numpy as np

from verification._typing import Array, Indices, Mask
from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.comparison import Verdict
from verification.measurement import Reading

__all__ = ["on_steps", "only_steps"]

SHORT = 1e-8
"""So far from x, in units of an entry, f has the very same value on a step."""

LONG = tuple(SHORT * 4.0**power for power in range(1, 13))
"""And it is another at one of these distances, up to a sixth of the entry."""

ROUNDED = 64 * float(np.finfo(np.float32).eps)
"""A change of f that is a smaller share of it may be that of its last digits in float32, which is no step. A guess."""

JUMP, HALVED = 0.1, 12
"""At the edge of a step, which is looked for by so many bisections, f changes by this share of what it does farther
off; at a kink by next to nothing."""

FAR, JUMPS, CURVED = 2, 4.0, 0.1
"""From afar, over one of the longest distances, a slope is as claimed if f changes by it but for so many of its first
jump, output by output, and this share for its curvature."""

NAMED = 3
"""So many entries are named."""


def on_steps(subject: Subject, measured: Indices, reading: Reading) -> Mask:
    """Return which entries disagree and are on a step of f: claimed is the slope there, zero, or that from afar."""
    found = np.zeros(len(measured), dtype=bool)
    for place in np.flatnonzero(reading.disagrees.any(axis=0)).tolist():
        found[place] = _is_on_step(subject, int(measured[place]), reading.claimed[:, place])
    return found


def only_steps(subject: Subject, entries: Indices) -> GradientCheck:
    """Return the verdict where all that disagrees is on steps of f."""
    names = ", ".join(map(subject.primal.name, entries[:NAMED].tolist()))
    more = f" or others of {len(entries)}" if len(entries) > NAMED else ""
    reason = f"f goes up in steps, and is constant close to x ({names}{more}): its slopes there tell nothing."
    return GradientCheck(Verdict.INCONCLUSIVE, reason)


def _is_on_step(subject: Subject, entry: int, claimed: Array) -> bool:
    """Return whether f is the same, bit for bit, on both sides of x along an entry, and farther off jumps.

    And what is claimed must be the slope there, zero, or that from afar.
    """
    primal = subject.primal
    unit = (np.arange(primal.size) == entry).astype(np.float64)
    here = primal.at_center

    def changes(step: float) -> Array:
        return np.stack([side * (primal.at(primal.z + side * step * unit) - here) for side in (-1, 1)])

    def largest(found: Array) -> float:
        return float(np.nanmax(np.abs(found), initial=0.0))

    if largest(changes(SHORT)) > 0:
        return False
    seen = list(map(changes, LONG))
    place = next((i for i, found in enumerate(seen) if largest(found) > 0), 0)
    first = largest(seen[place])
    if first <= ROUNDED * max(float(np.abs(here).max()), *map(largest, seen)):
        return False
    if not claimed.any():
        return True
    edge = _edge(lambda step: largest(changes(step)) > 0, (SHORT, *LONG)[place], LONG[place])
    return largest(changes(edge)) >= JUMP * first and _is_seen_from_afar(claimed, np.stack(seen))


def _edge(is_beyond: Callable[[float], bool], low: float, high: float) -> float:
    """Return a distance just beyond the edge of a step, which lies between two others."""
    for _ in range(HALVED):
        middle = (low + high) / 2
        low, high = (low, middle) if is_beyond(middle) else (middle, high)
    return high


def _is_seen_from_afar(claimed: Array, changes: Array) -> bool:
    """Return whether f has the claimed slopes over a long distance: (steps, 2 sides, outputs) hold how it changes."""
    sizes = np.abs(changes).max(axis=1)
    first = sizes[np.argmax(sizes > 0, axis=0), np.arange(len(claimed))]
    slack = JUMPS * first

    def is_seen(step: float, found: Array) -> bool:
        change = 2 * step * claimed
        return bool((np.abs(found.sum(axis=0) - change) <= slack + CURVED * np.abs(change)).all())

    return any(map(is_seen, LONG[-FAR:], changes[-FAR:]))
