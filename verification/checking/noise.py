"""How much a claimed derivative varies where x is hardly moved: the noise of its computation."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from verification._typing import Array
from verification.checking.rounding import shaken
from verification.measurement import MatrixClaim

if TYPE_CHECKING:
    from verification.checking.inspection import Subject

__all__ = ["claim_noise", "claim_variation"]

SHAKEN = 4
"""The claimed derivative is asked for at so many points a few roundings from x, to see its own rounding; the largest
change that is seen counts so many times."""

BENT = 1e-9
"""And at so many pairs of points so far from x on both sides, in units of its entries: between them it is straight."""

TYPICAL = 3.0
"""So many times what is typical of its array each derivative is thought to vary: a few points may not show it."""

ROUNDING = 1e-3
"""What changes by more than this share of the largest derivative is no rounding: at a kink the derivative jumps."""


def claim_noise(subject: "Subject") -> Array | None:
    """Return how much the claimed derivatives vary by noise, (outputs, size), scaled; None of products with tangents.

    A cotangent varies with x: by itself, where the product depends on nothing else.
    """
    claim, scale = subject.claim, subject.primal.scale
    largest = subject.variation
    if largest is None or not isinstance(claim, MatrixClaim):
        return None
    is_rounding = largest <= ROUNDING * np.abs(claim.matrix).max(axis=1, keepdims=True, initial=0.0)
    noise = np.where(is_rounding, largest, 0.0) / scale
    for number in range(int(claim.owner.max(initial=-1)) + 1):
        own = claim.owner == number
        noise[:, own] = np.maximum(noise[:, own], TYPICAL * np.median(noise[:, own], axis=1, keepdims=True))
    return np.asarray(SHAKEN * noise * scale)


def claim_variation(subject: "Subject") -> Array | None:
    """Return by how much the claimed derivatives change, be it noise or a jump, (outputs, size), scaled; or None."""
    claim = subject.claim
    if not isinstance(claim, MatrixClaim):
        return None
    largest = np.zeros_like(claim.matrix)
    for change in chain(_of_roundings(subject, claim), _of_pairs(subject, claim)):
        if change is not None:
            np.fmax(largest, change, out=largest)
    return largest


def _of_roundings(subject: "Subject", claim: MatrixClaim) -> Iterator[Array | None]:
    """Yield the changes of the claim where x, and a cotangent, change by a few roundings, or to x's own precision.

    What the claim is rounded to in a precision that NumPy has no dtype for, where it was read in float64, is not meant.
    """
    eps = claim.eps.max(initial=0.0)
    is_coarse = subject.returned.eps > max(float(np.finfo(leaf.dtype).eps) for leaf in subject.problem.leaves)
    for seed in range(is_coarse, SHAKEN + 1):
        rng = np.random.default_rng(seed)
        point = [shaken(leaf, eps, rng) for leaf in subject.primal.problem.leaves] if seed else subject.problem.leaves
        other = subject.claim_at(point, subject.claimant.shaken(eps, rng) if seed else subject.claimant)
        yield None if other is None else np.abs(other - claim.matrix)


def _of_pairs(subject: "Subject", claim: MatrixClaim) -> Iterator[Array | None]:
    """Yield by how much the claim is off the mean of those at two points on both sides of x."""
    for seed in range(SHAKEN):
        rng = np.random.default_rng(seed)
        leaves = subject.primal.problem.leaves
        moves = [BENT * leaf * rng.choice([-1.0, 1.0], leaf.shape) for leaf in leaves]
        above, below = (
            subject.claim_at([np.asarray(x + side * move, x.dtype) for x, move in zip(leaves, moves, strict=True)])
            for side in (1, -1)
        )
        yield None if above is None or below is None else np.abs((above + below) / 2 - claim.matrix)
