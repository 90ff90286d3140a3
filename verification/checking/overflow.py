"""Whether what is claimed is finite where f has a slope."""

import numpy as np

from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.measurement import MatrixClaim
from verification.purity import fault

__all__ = ["overflow"]

LOOKED_AT = 4
"""So many entries that are not finite are measured, to see whether f has a slope there."""


def overflow(subject: Subject) -> GradientCheck | None:
    """Return the verdict on a claim that is NaN or inf; None if it is finite."""
    claim, primal = subject.claim, subject.primal
    claimed = claim.matrix if isinstance(claim, MatrixClaim) else np.concatenate(subject.returned.leaves, axis=1)
    outputs, entries = np.nonzero(~np.isfinite(claimed))
    if not len(entries):
        return None
    if not isinstance(claim, MatrixClaim):
        found = fault(FailureMode.OVERFLOW, got="a product that is not finite")
        return GradientCheck(Verdict.DISAGREES, found.message, (found,))
    for output, entry in list(zip(outputs.tolist(), entries.tolist(), strict=True))[:LOOKED_AT]:
        slopes = primal.by_entries(np.array([entry]))
        if np.isfinite(slopes.error[output, 0]):
            slope = slopes.value[output, 0] / primal.scale[entry]
            got = f"{claimed[output, entry]}, where f has the slope {slope:.6g}"
            found = fault(FailureMode.OVERFLOW, primal.name(entry), got)
            return GradientCheck(Verdict.DISAGREES, found.message, (found,), at_least=len(set(entries.tolist())))
    reason = f"{primal.name(int(entries[0]))}: neither the gradient nor the slope of f is finite."
    return GradientCheck(Verdict.INCONCLUSIVE, reason)
