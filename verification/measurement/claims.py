"""What a user claims the derivative to be: a linear map from directions to outputs, and how precisely it is stated."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from verification._typing import Array, Indices

__all__ = ["CANCELLED", "Claim", "MatrixClaim", "TangentClaim", "granted", "norm"]

CONDITION = 1 / 2
"""A claimed derivative of precision eps is granted this power of it as an error of its own, half of its digits: 1.5e-8
of itself in float64, 3e-4 in float32. How its computation is conditioned does not show in it; a system of equations
loses as many digits as its condition number has."""

AT_MOST, FEW = 4e-3, 4
"""No more than this: float16 has little more than three digits. But so many roundings, of which bfloat16 has two."""

CANCELLED = 2 / 3
"""And this power of the largest derivative by the same array, from which it may be left over."""


def granted(eps: Array | float, derivative: Array, largest: Array) -> Array:
    """Return how far claimed derivatives of precision ``eps`` may be off beside others of a size of ``largest``."""
    return np.asarray(_share(eps, CONDITION) * np.abs(derivative) + _share(eps, CANCELLED) * largest)


def _share(eps: Array | float, power: float) -> Array:
    return np.asarray(np.minimum(np.power(eps, power), np.maximum(AT_MOST, FEW * np.asarray(eps))))


def norm(values: Array) -> Array:
    """Return the Euclidean length of each row, (rows,), without overflow or underflow of the squares."""
    largest = np.abs(values).max(axis=1, initial=0.0)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    return np.asarray(scale * np.sqrt(np.square(values / scale[:, np.newaxis]).sum(axis=1)))


@dataclass(frozen=True)
class MatrixClaim:
    """A derivative by all entries at once: a gradient, some products with cotangents, a Jacobian."""

    matrix: Array
    """(outputs, size), in the units of outputs / scaled entries."""
    eps: Array
    """The precision that each entry is stated in, (size,)."""
    owner: Indices
    """The number of the array that each entry belongs to, (size,)."""

    @cached_property
    def _largest(self) -> Array:
        """The largest derivative of each output by each array, (outputs, arrays)."""
        count = int(self.owner.max(initial=-1)) + 1
        sizes = [np.abs(self.matrix[:, self.owner == number]).max(axis=1, initial=0.0) for number in range(count)]
        return np.stack(sizes, axis=1) if sizes else np.zeros((len(self.matrix), 0))

    def along(self, direction: Array) -> tuple[Array, Array]:
        """Return the derivatives along a direction (size,), and how far they may be rounded, (outputs,) each."""
        support = np.flatnonzero(direction)
        terms = self.matrix[:, support] * direction[support]
        return terms.sum(axis=1), norm(_share(self.eps[support], CONDITION) * terms)

    def by_entries(self, entries: Indices) -> tuple[Array, Array]:
        """Return the derivatives by some entries, and how far they may be rounded, (outputs, entries) each."""
        claimed = self.matrix[:, entries]
        return claimed, granted(self.eps[entries], claimed, self._largest[:, self.owner[entries]])

    def size(self, direction: Array) -> Array:
        """Return what the derivative along random directions of these lengths is about, (outputs,)."""
        support = np.flatnonzero(direction)
        return norm(self.matrix[:, support] * direction[support])


@dataclass(frozen=True)
class TangentClaim:
    """A derivative that is known only along directions: a Jacobian-vector product."""

    jvp: Callable[[Array], tuple[Array, Array]]
    """Maps a scaled direction (size,) to the derivatives of the outputs and how far these may be rounded."""
    entries: int
    """The number of entries of x."""
    precision: float
    """That which products are stated in."""

    def along(self, direction: Array) -> tuple[Array, Array]:
        """Return the derivatives along a direction, and how far they may be rounded, (outputs,) each."""
        return self.jvp(direction)

    def by_entries(self, entries: Indices) -> tuple[Array, Array]:
        """Return the derivatives by some entries, and how far they may be rounded, (outputs, entries) each."""
        columns = [self.jvp((np.arange(self.entries) == entry).astype(np.float64)) for entry in entries]
        claimed, rounding = zip(*columns, strict=True)
        return np.stack(claimed, axis=1), np.stack(rounding, axis=1)

    def size(self, direction: Array) -> Array:
        """Return what the derivative along this direction is, (outputs,)."""
        return np.abs(self.jvp(direction)[0])


Claim = MatrixClaim | TangentClaim
