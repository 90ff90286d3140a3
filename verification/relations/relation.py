"""What the gradient of a batch becomes of other batches that are made of the same rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from numgrad._validation import entry, first_index
from verification._typing import Array, Indices, Mask
from verification.diagnosis import FailureMode
from verification.relations.rows import Rows
from verification.relations.values import Value, precision, same

__all__ = ["Relation"]

QUOTIENT = 1e8
"""A gradient by differences with a step of 1e-8 or more holds so many roundings of f."""

LARGER = 1.125
"""Rows are changed by so small a factor that they stay where f has values, and by no rounding."""


@dataclass(frozen=True)
class _Batch:
    """Another batch: of rows of the first, or of changed ones, of which some are kept and must keep their gradient."""

    name: str
    X: Array
    rows: Indices
    """The numbers of the rows in the first batch."""
    kept: Mask
    scale: float
    """What the gradient is to be multiplied by, to be that of the first batch."""
    is_of_rows: bool = True


@dataclass(frozen=True)
class Relation:
    """A gradient of a batch, as it was returned, and the rows that it belongs to."""

    batch_gradient: Callable[[Array], Any]
    rows: Rows
    gradient: Array

    def broken(self, weight: float) -> str:
        """Return the first relation that does not hold if rows have such a weight; empty if all do."""
        N = len(self.rows.X)
        for batch in (*self._batches(weight), *self._changed()):
            found, wanted = Value.of(self.batch_gradient, batch.X).array, self.gradient[batch.rows]
            if found is None or found.shape != wanted.shape:
                if len(batch.rows) == N and batch.is_of_rows:
                    return f"{batch.name} have no gradient"
                continue  # it takes no other number of rows, or has none there
            if not self.same(found[batch.kept] * batch.scale, wanted[batch.kept]):
                return f"{batch.name} have another gradient than in the batch: {_worst(found, wanted, batch)}"
        return ""

    def _batches(self, weight: float) -> Iterator[_Batch]:
        """Yield other batches of the same rows, and by what their gradient is to be multiplied."""
        N = len(self.rows.X)

        def of(name: str, rows: Indices) -> _Batch:
            kept = rows == np.arange(N) if self.rows.is_bound else np.ones(len(rows), dtype=bool)
            return _Batch(name, self.rows.X[rows], rows, kept, len(rows) / N if weight != 1 else 1.0)

        if self.rows.is_bound:
            yield from (of("rows beside others", rows) for rows in self.rows.exchanges())
            return
        yield of("permuted rows", np.roll(np.arange(N), 1))
        yield of("rows of which one is another", np.maximum(np.arange(N), 1))
        for i in range(N):
            yield of("rows by themselves", np.array([i]))
        yield of("the rows, the first of which is repeated,", np.append(np.arange(N), 0))
        if N > 2:
            yield of("some of the rows", np.arange(N - 1))

    def _changed(self) -> Iterator[_Batch]:
        """Yield batches in which some rows are as they were, and others a little larger."""
        rows = np.arange(len(self.rows.X))
        for taken in self.rows.exchanges():
            kept = taken == rows
            shape = (-1, *[1] * (self.rows.X.ndim - 1))
            changed = np.where(kept.reshape(shape), self.rows.X, LARGER * self.rows.X).astype(self.rows.X.dtype)
            yield _Batch("rows beside changed ones", changed, rows, kept, 1.0, is_of_rows=False)

    def same(self, one: Array | None, other: Array) -> bool:
        """Return whether two gradients are the same but for rounding, theirs and, of differences, that of f."""
        together = self.rows.together.array
        values = 0.0 if together is None else np.abs(together).max(initial=0.0)
        floor = QUOTIENT * np.finfo(np.float64).eps * values
        return one is not None and same(one, other, eps=precision(self.rows.X), floor=floor)

    def mode(self, weight: float) -> FailureMode:
        """Return the name of what fails: a batch mean, or what f makes of rows."""
        N = len(self.rows.X)
        usual = FailureMode.MIXED_ROWS if self.rows.X.ndim == 1 else self.rows.role or FailureMode.MIXED_ROWS
        if self.rows.is_bound or not (self.rows.X[:1] != self.rows.X).any():  # of rows that are alike it is not told
            return usual
        alone = [Value.of(self.batch_gradient, self.rows.X[i : i + 1]).array for i in range(N)]
        if all(part is not None and part.shape == (1, *self.rows.X.shape[1:]) for part in alone):
            stacked = weight * np.concatenate([part for part in alone if part is not None])
            for factor, mode in ((N, FailureMode.MISSING_BATCH_MEAN), (1 / N, FailureMode.EXTRA_BATCH_MEAN)):
                if self.same(stacked * factor, self.gradient):
                    return mode
            if self.rows.role is None and self.same(np.broadcast_to(stacked.sum(axis=0), stacked.shape), self.gradient):
                return FailureMode.COLUMN_AT_A_TIME
        return usual


def _worst(found: Array, wanted: Array, batch: _Batch) -> str:
    """Return the entry in which two gradients differ most, and both."""
    off = np.nan_to_num(np.abs(found * batch.scale - wanted), nan=np.inf)
    off[~batch.kept] = -1
    worst = first_index(off == off.max())
    return f"by {entry('X', (int(batch.rows[worst[0]]), *worst[1:]))}, {found[worst]:.6g} and {wanted[worst]:.6g}"
