"""Whether f goes up in steps, as floor and round do: it is constant close to x, and has a slope from afar."""

import numpy as np

from verification._typing import Indices
from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.comparison import Verdict
from verification.measurement import Reading

__all__ = ["on_a_step"]

SHORT = (1e-5, 1e-6, 1e-7)
"""So far from x, in units of an entry, f has the very same value on a step. What is rounded to float32 has not."""

LOOKED_AT = 8
"""So many of the entries that disagree are moved."""

NAMED = 3
"""And so many are named."""


def on_a_step(subject: Subject, measured: Indices, reading: Reading) -> GradientCheck | None:
    """Return the verdict on zeros, if they are the slope of the step that x is on, though not of those about it."""
    disagrees = reading.disagrees.any(axis=0)
    if not disagrees.any() or reading.claimed[:, disagrees].any():
        return None
    entries = measured[disagrees].tolist()
    if not all(_is_constant(subject, entry) for entry in entries[:LOOKED_AT]):
        return None
    names = ", ".join(map(subject.primal.name, entries[:NAMED]))
    more = f" or others of {len(entries)}" if len(entries) > NAMED else ""
    reason = f"f goes up in steps, and is constant close to x ({names}{more}): zeros are right there, and tell nothing."
    return GradientCheck(Verdict.INCONCLUSIVE, reason)


def _is_constant(subject: Subject, entry: int) -> bool:
    """Return whether f is the same, bit for bit, on both sides of x along an entry."""
    primal = subject.primal
    unit = (np.arange(primal.size) == entry).astype(np.float64)
    points = (primal.z + side * step * unit for step in SHORT for side in (-1, 1))
    return all(np.array_equal(primal.at(point), primal.at_center) for point in points)
