"""How a function of a batch answers when rows or columns of the batch are moved or swapped."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from numgrad._validation import as_floats
from numgrad.finite_differences.noise import BEYOND_NOISE, following, is_single_precision, rounding_noise
from verification._typing import Array

__all__ = ["BatchFunction", "Neighbourhood"]


class BatchFunction:
    """A function whose values are floats, taken from a copy of the point, whatever warnings the point is worth."""

    def __init__(self, f: Callable[[Array], Any]) -> None:
        self._f = f

    def __call__(self, X: Array) -> Array:
        """Return f(X)."""
        with np.errstate(all="ignore"):
            return as_floats("f(X)", self._f(X.copy())).copy()  # f may use one array for all its results

    def is_finite(self, X: Array) -> bool:
        """Return whether f has values at ``X``: they are finite and nothing is raised, as ``math.log`` does."""
        try:
            return bool(np.isfinite(self(X)).all())
        except (ValueError, ArithmeticError):
            return False

    def takes_one_sample(self, X: Array) -> bool:
        """Return whether f makes one number of a single row of ``X``."""
        try:
            return self(X[0]).ndim == 0
        except Exception:  # noqa: BLE001 - whatever f does to what it was not written for
            return False


class Neighbourhood:
    """The values of f about a point where no two rows are alike.

    In all its columns together a row is moved by less than h, and so stays among the points at which one column is
    shifted by h, where f has been seen to have values, and in what lies between them.
    """

    def __init__(self, f: BatchFunction, X: Array, h: float) -> None:
        irregular, unit = np.random.default_rng(0), h / (2 * X.shape[1])  # any fixed seed
        self.X = X + unit * irregular.uniform(-1, 1, X.shape)
        self._steps = unit * irregular.uniform(0.5, 1, X.shape)
        self._f = f
        self._h = h

    @cached_property
    def _values(self) -> Array:
        return self._vector(self.X)

    @cached_property
    def _noise(self) -> Array:
        return rounding_noise(self._vector, self.X)

    @property
    def _noise_of_any_order(self) -> Array:
        """The largest noise, for each value: rows in another order are added up with other roundings."""
        return np.full_like(self._noise, self._noise.max())

    def _vector(self, X: Array) -> Array:
        return self._f(X).ravel()

    def rows_moving(self, value: int) -> set[int]:
        """Return the rows of which one value depends."""
        return {row for row, moved in enumerate(self._moved_by_row) if value in moved}

    @cached_property
    def _moved_by_row(self) -> list[set[int]]:
        return [self._moved(np.arange(len(self.X)) == row) for row in range(len(self.X))]

    def values_follow_their_columns(self) -> bool:
        """Return whether value k moves when column k does, and only then: f takes rows for coordinates."""
        columns = np.arange(self.X.shape[1])
        return all(self._moved(np.ones((len(self.X), 1)) * (columns == k)) == {k} for k in columns)

    def _moved(self, mask: Array) -> set[int]:
        """Return the values that change when some rows (a mask (N,)) or entries (a mask (N, D)) take a step."""
        mask = mask[:, None] if mask.ndim == 1 else mask
        every = np.arange(len(self._values))
        return set(following(self._vector, self.X, mask * self._steps, self._values, every).tolist())

    def is_single_precision(self) -> bool:
        """Return whether the values, one a row, are float64 in name only: f computes them in float32."""
        above, below = self.X + self._h / 2, self.X - self._h / 2
        columns = np.arange(self.X.shape[1])
        f_above, f_below = (
            np.stack([self._vector(np.where(columns == k, shifted, self.X)) for k in columns], axis=1)
            for shifted in (above, below)
        )
        return is_single_precision(f_above, f_below, above, below)

    def rows_are_alike(self) -> bool:
        """Return whether values move with their rows, or each at least does not care which other row is which."""
        rolled = np.roll(self.X, 1, axis=0)
        if self._same(self._vector(rolled), np.roll(self._values, 1), self._noise_of_any_order).all():
            return True
        return len(self.X) > 2 and all(map(self._ignores_the_order_of_others, range(len(self.X))))

    def _ignores_the_order_of_others(self, row: int) -> bool:
        others = np.delete(np.arange(len(self.X)), row)
        swapped = self.X.copy()
        swapped[others] = self.X[np.roll(others, 1)]
        return bool(self._same(self._vector(swapped), self._values, self._noise_of_any_order)[row])

    def is_a_total(self) -> bool:
        """Return whether one number is a sum of what each row adds, or does not care about the order of the rows."""
        rolled = self._vector(np.roll(self.X, 1, axis=0))
        return bool(self._same(rolled, self._values, self._noise).all()) or self._rows_add_up()

    def _rows_add_up(self) -> bool:
        """Return whether moving two halves of the rows changes f by the sum of what each half does alone."""
        rows = np.arange(len(self.X))
        far = self._steps * np.maximum(1, np.abs(self.X))  # a mixed difference is of the second order in the step
        for bit in range((len(rows) - 1).bit_length()):
            half = (rows >> bit & 1)[:, None] * far
            both, first, second = (self._vector(self.X + steps) for steps in (far, half, far - half))
            if not self._same(both - first, second - self._values, self._noise).all():
                return False
        return True

    @staticmethod
    def _same(a: Array, b: Array, noise: Array) -> Array:
        return np.asarray(np.abs(a - b) <= BEYOND_NOISE * noise)
