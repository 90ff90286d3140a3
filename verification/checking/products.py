"""Whether a vector-Jacobian product is one with the Jacobian instead of its transpose."""

from dataclasses import replace

import numpy as np

from verification.checking.claimants import VjpClaimant
from verification.checking.inspection import Subject
from verification.checking.linearity import SAME
from verification.diagnosis import Diagnosis, Evidence, FailureMode, Rank
from verification.measurement import MatrixClaim
from verification.purity import fault

__all__ = ["transposed_product"]


def transposed_product(subject: Subject, evidence: Evidence) -> list[Diagnosis]:
    """Return that what is claimed of each cotangent u is J u, the derivative of f along u, where it is to be Jᵀ u."""
    claimant, claim, primal = subject.claimant, subject.claim, subject.primal
    if not isinstance(claimant, VjpClaimant) or not isinstance(claim, MatrixClaim):
        return []
    if primal.size != subject.center.size or primal.size == 1 or not _is_far_off(evidence):
        return []
    every = replace(primal, outputs=np.ravel)
    for cotangent, claimed in zip(claimant.cotangents, claim.matrix, strict=True):
        forward = every.along(cotangent / primal.scale).value[:, 0]
        if not np.abs(forward - claimed / primal.scale).max() <= SAME * np.abs(forward).max():
            return []
    got = "the Jacobian times the cotangent, where its transpose is to be multiplied with it"
    return [fault(FailureMode.TRANSPOSED, got=got, rank=Rank.EXACT.name)]


def _is_far_off(evidence: Evidence) -> bool:
    """Return whether what is claimed is off by more than the two products may be where the Jacobian is symmetric."""
    return any(
        bool((np.abs(part.claimed - part.numerical) > 2 * SAME * np.abs(part.numerical))[part.wrong].any())
        for part in evidence.wrong
    )
