"""Whether what is claimed is finite where f has a slope."""

from itertools import pairwise

import numpy as np

from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.measurement import MatrixClaim
from verification.purity import fault

__all__ = ["overflow"]

STEPS = (1e-3, 1e-6, 1e-9)
GROWTH = 4.0
"""A slope that grows so many times from one of these steps to the next has no end: a logarithm's does hardly less."""

LOOKED_AT = 4
"""So many entries that are not finite are measured, to see whether f has a slope there."""


def overflow(subject: Subject) -> GradientCheck | None:
    """Return the verdict on a claim that is NaN or inf; None if it is finite."""
    claim, primal = subject.claim, subject.primal
    claimed = np.concatenate(subject.returned.leaves, axis=1)
    outputs, entries = np.nonzero(~np.isfinite(claimed))
    if not len(entries):
        is_scalable = not isinstance(claim, MatrixClaim) or bool(np.isfinite(claim.matrix).all())
        reason = "the gradient times x overflows: f changes by more than floats hold. Rescale x or f."
        return None if is_scalable else GradientCheck(Verdict.INCONCLUSIVE, reason)
    if not isinstance(claim, MatrixClaim):
        found = fault(FailureMode.OVERFLOW, got="a product that is not finite")
        return GradientCheck(Verdict.DISAGREES, found.message, (found,))
    for output, entry in list(zip(outputs.tolist(), entries.tolist(), strict=True))[:LOOKED_AT]:
        slopes = primal.by_entries(np.array([entry]))
        if np.isfinite(slopes.error[output, 0]) and not _is_cusp(subject, entry, output):
            slope = slopes.value[output, 0] / primal.scale[entry]
            got = f"{claimed[output, entry]}, where f has the slope {slope:.6g}"
            found = fault(FailureMode.OVERFLOW, primal.name(entry), got)
            return GradientCheck(Verdict.DISAGREES, found.message, (found,), at_least=len(set(entries.tolist())))
    reason = f"{primal.name(int(entries[0]))}: neither the gradient nor the slope of f is finite."
    return GradientCheck(Verdict.INCONCLUSIVE, reason)


def _is_cusp(subject: Subject, entry: int, output: int) -> bool:
    """Return whether the slope from above grows without an end toward x, though that from both sides may be 0."""
    primal = subject.primal
    slopes = []
    for step in STEPS:
        z = primal.z.copy()
        z[entry] += step
        slopes.append(abs(float(primal.at(z)[output] - primal.at_center[output])) / step)
    return all(fine > GROWTH * coarse > 0 for coarse, fine in pairwise(slopes))
