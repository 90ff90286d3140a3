"""Whether a derivative that is claimed at a kink is one of those that f has about it."""

import numpy as np

from verification._typing import Array, Indices
from verification.measurement import Claim, Primal, signed_uniform

__all__ = ["is_outside"]

AWAY = 1e-5
"""So far from x, in units of its entries, f is differentiated: far beyond rounding, and before other kinks mostly."""

POINTS, DIRECTIONS = 6, 4
"""So many points beside x, and directions along each of which slopes there and at x are compared."""

MARGIN = 0.05
"""A share of the slopes' spread by which slopes beside x may miss those at x: a few points do not show them all."""

CURVED = 1e-3
"""Nor are they the same as at x: by a share of themselves they may differ, 100 times AWAY."""


def is_outside(primal: Primal, claim: Claim, entries: Indices, rng: np.random.Generator) -> bool:
    """Return whether along some direction the claimed derivative is beyond all slopes that f has at and about x.

    What a generalised gradient holds are limits of gradients at points beside x, and what lies between those.

    Parameters
    ----------
    entries: those of which the kink may be; only they are moved.

    References
    ----------
    F. H. Clarke (1983), Optimization and Nonsmooth Analysis, theorem 2.5.1. J. V. Burke, A. S. Lewis, M. L. Overton
    (2005), A robust gradient sampling algorithm for nonsmooth, nonconvex optimization, SIAM Journal on Optimization
    15(3).

    """
    points = [primal.z + AWAY * signed_uniform(rng, primal.size) for _ in range(POINTS)]
    for number in range(DIRECTIONS):
        direction = np.zeros(primal.size)
        lengths = rng.uniform(0.5, 1.5, len(entries))
        direction[entries] = lengths if number == 0 else lengths * rng.choice([-1.0, 1.0], len(entries))
        if _is_beyond(primal, claim, direction, points):
            return True
    return False


def _is_beyond(primal: Primal, claim: Claim, direction: Array, points: list[Array]) -> bool:
    slopes = [primal.along(direction), *(primal.along(direction, at=point) for point in points)]
    sides = [np.stack([s.left, s.right, np.where(s.left == s.right, s.value, np.nan)]) for s in slopes]
    doubt = np.nan_to_num([np.where(s.left == s.right, s.error, 0.0) for s in slopes], posinf=np.inf)
    with np.errstate(invalid="ignore"):
        low = np.nanmin([np.fmin.reduce(side) - d for side, d in zip(sides, doubt, strict=True)], axis=0)[:, 0]
        high = np.nanmax([np.fmax.reduce(side) + d for side, d in zip(sides, doubt, strict=True)], axis=0)[:, 0]
        claimed, rounding = claim.along(direction)
        margin = rounding + MARGIN * (high - low) + CURVED * np.maximum(np.abs(high), np.abs(low))
        return bool(((claimed > high + margin) | (claimed < low - margin)).any())
