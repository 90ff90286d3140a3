"""The grid that the values of f lie on, if they are coarser than floats: float32 inside, decimals, cancellation."""

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array

__all__ = ["quantum", "treads"]

FEW = 5
"""So many different changes of f must fit a grid before it is believed."""

LEVELS = 2000
"""Changes of so many steps of a grid are looked at: of larger ones, their rounding could hide the grid."""

DIVISORS = np.arange(1.0, 33.0)
"""The smallest change may be so many steps."""

FIT = 0.02
"""How near to whole numbers of steps they must be."""

LARGE = 0.1
"""Steps of this share of f may be many steps at once: no step of the grid is seen then."""


def quantum(values: Array, center: Array, on_treads: NDArray[np.bool_]) -> Array:
    """Return half the step of the grid that values of each function lie on, (N,); 0 where it is that of floats.

    Parameters
    ----------
    values: finite values of each function, (N, V).
    center: f(x), (N,).
    on_treads: where x was seen to lie on a tread of a staircase, (N,): the smallest change is then a step.

    """
    changes, smallest = _changes(values, center)
    steps = _common_step(changes, smallest)
    return np.asarray(np.where(on_treads & np.isfinite(smallest) & (steps == 0), smallest, steps) / 2)


def treads(above: Array, below: Array, center: Array) -> NDArray[np.bool_]:
    """Return where x lies on a tread: f is constant at the shortest steps and changes on both sides, by little.

    Parameters
    ----------
    above, below: values at the steps on either side, (N, S), from the longest step to the shortest.
    center: f(x), (N,).

    """
    (ahead, first), (behind, last) = _changes(above, center), _changes(below, center)
    flat = (ahead[:, -1] == 0) & (behind[:, -1] == 0)
    changed = ahead.any(axis=1) & behind.any(axis=1)
    smallest = np.minimum(first, last)
    largest = np.maximum(np.maximum(np.abs(above), np.abs(below)).max(axis=1), np.abs(center))
    return np.asarray(flat & changed & (smallest < LARGE * largest))


def _changes(values: Array, center: Array) -> tuple[Array, Array]:
    """Return by how much values differ from f(x), and the smallest difference that is none at all, or inf."""
    changes = np.abs(values - center[:, np.newaxis])
    return changes, np.where(changes > 0, changes, np.inf).min(axis=1)


def _common_step(changes: Array, smallest: Array) -> Array:
    """Return the longest step that all changes are multiples of, as far as they are few steps; 0 if there is none."""
    with np.errstate(all="ignore"):
        levels = (changes / smallest[:, np.newaxis])[:, np.newaxis, :] * DIVISORS[:, np.newaxis]
    few = (levels > DIVISORS[:, np.newaxis]) & (levels < LEVELS)
    on_grid = few & (np.abs(levels - np.rint(levels)) < FIT)
    distinct = (np.diff(np.sort(np.where(on_grid, np.rint(levels), 0), axis=2), axis=2) > 0).sum(axis=2)
    fits = (on_grid.sum(axis=2) == few.sum(axis=2)) & (distinct >= FEW)
    divisor = DIVISORS[fits.argmax(axis=1)]
    return np.asarray(np.where(fits.any(axis=1) & np.isfinite(smallest), smallest / divisor, 0.0))
