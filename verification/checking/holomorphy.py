"""Whether a function of complex numbers has a Jacobian of complex numbers."""

from dataclasses import replace

import numpy as np

from verification._typing import Array
from verification.checking.claimants import JacobianClaimant
from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.measurement import Realified, signed_uniform
from verification.pairs import as_complex, paired
from verification.purity import fault

__all__ = ["not_holomorphic"]


def not_holomorphic(subject: Subject) -> GradientCheck | None:
    """Return the verdict on a Jacobian of an f that has none of complex numbers, or None.

    A step of i d must move f by i times what d does, for any d; a random d that does not show otherwise has a
    probability of zero.
    """
    if subject.form is not JacobianClaimant or not any(subject.problem.is_complex):
        return None
    every = replace(subject.primal, outputs=np.ravel)
    along, turned = (every.along(_direction(every.problem, turn) / every.scale) for turn in (1, 1j))
    predicted, doubt = paired(1j * as_complex(along.value.reshape(-1, 2))), along.error.reshape(-1, 2)[:, ::-1]
    if not (np.abs(turned.value.reshape(-1, 2) - predicted) > turned.error.reshape(-1, 2) + doubt).any():
        return None
    found = fault(FailureMode.NOT_HOLOMORPHIC)
    return GradientCheck(Verdict.DISAGREES, found.message, (found,))


def _direction(problem: Realified, turn: complex) -> Array:
    """Return a random step times a number, as long as the entries of each complex array are large, and no other."""
    rng = np.random.default_rng(0)  # any fixed seed
    steps = []
    for size, is_pair in zip(problem.split(problem.magnitude), problem.is_complex, strict=True):
        random = size * signed_uniform(rng, size.size).reshape(size.shape)
        steps.append(paired(turn * as_complex(random)) if is_pair else np.zeros(size.shape))
    return problem.join(steps)
