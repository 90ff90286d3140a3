"""Whether a derivative that is claimed at a kink is one of those that f has about it."""

import warnings

import numpy as np

from verification._typing import Array, Indices
from verification.measurement import Claim, Primal, Slopes, signed_uniform

__all__ = ["about", "is_outside"]

AWAY = 1e-5
"""So far from x, in units of its entries, f is differentiated: far beyond rounding, and before other kinks mostly."""

POINTS, DIRECTIONS = 6, 4
"""So many points beside x, and directions along each of which slopes there and at x are compared, at first."""

MORE_POINTS = 24
"""So many before a gradient is accused: of the six orders of three equal entries, each is then missed once in 80."""

MARGIN = 1.0
"""In units of the slopes' spread: so far beyond those at a few points others may lie, where many kinks add up.

Where f is convex or concave, no slope beside x is beyond those of both sides at x; then a twentieth is enough.
"""

CURVED = 1e-3
"""Slopes beside x also differ from those at x where f bends, by this share of themselves: 100 times AWAY."""


def is_outside(primal: Primal, claim: Claim, entries: Indices, rng: np.random.Generator) -> bool:
    """Return whether along some direction the claimed derivative is beyond all slopes that f has at and about x.

    What a generalised gradient holds are limits of gradients at points beside x, and what lies between those.

    Parameters
    ----------
    entries: those of which the kink may be; only they are moved, first all alike: of a maximum of equal entries the
        slope then is the same everywhere.

    References
    ----------
    F. H. Clarke (1983), Optimization and Nonsmooth Analysis, theorem 2.5.1. J. V. Burke, A. S. Lewis, M. L. Overton
    (2005), A robust gradient sampling algorithm for nonsmooth, nonconvex optimization, SIAM Journal on Optimization
    15(3).

    """
    few, many = (_points(primal, entries, count, rng) for count in (POINTS, MORE_POINTS))
    for number in range(DIRECTIONS):
        direction = np.zeros(primal.size)
        direction[entries] = 1.0 if number == 0 else signed_uniform(rng, len(entries))
        if all(_is_beyond(primal, claim, direction, points) for points in (few, many)):
            return True
    return False


def _is_beyond(primal: Primal, claim: Claim, direction: Array, points: list[Array]) -> bool:
    here, slopes = (slopes_about(primal, direction, at) for at in ([], points))
    claimed, rounding = claim.along(direction)
    low, high = slopes.left[:, 0], slopes.right[:, 0]
    curved = CURVED * np.maximum(np.abs(high), np.abs(low))
    is_regular = (low >= here.left[:, 0] - curved) & (high <= here.right[:, 0] + curved)
    margin = rounding + np.where(is_regular, MARGIN / 20, MARGIN) * (high - low) + curved
    with np.errstate(invalid="ignore"):
        return bool(((claimed > high + margin) | (claimed < low - margin)).any())


def about(primal: Primal, entry: int, entries: Indices, rng: np.random.Generator) -> Slopes:
    """Return the slopes by one entry at x and about it, where others that are at a kink with it are moved too."""
    direction = (np.arange(primal.size) == entry).astype(np.float64)
    return slopes_about(primal, direction, _points(primal, entries, MORE_POINTS, rng))


def _points(primal: Primal, entries: Indices, count: int, rng: np.random.Generator) -> list[Array]:
    """Return points of which some entries are a little beside those of x."""
    points = np.tile(primal.z, (count, 1))
    points[:, entries] += AWAY * signed_uniform(rng, count * len(entries)).reshape(count, -1)
    return list(points)


def slopes_about(primal: Primal, direction: Array, points: list[Array]) -> Slopes:
    """Return the slopes along a direction at x and at other points: the least of all as left, the largest as right."""
    found = [primal.along(direction), *(primal.along(direction, at=point) for point in points)]
    sides = [np.stack([s.left, s.right, np.where(s.left == s.right, s.value, np.nan)]) for s in found]
    doubt = np.nan_to_num([np.where(s.left == s.right, s.error, 0.0) for s in found], posinf=np.inf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where nothing is known
        low = np.nanmin([np.fmin.reduce(side) - d for side, d in zip(sides, doubt, strict=True)], axis=0)
        high = np.nanmax([np.fmax.reduce(side) + d for side, d in zip(sides, doubt, strict=True)], axis=0)
    return Slopes((low + high) / 2, (high - low) / 2, low, high)
