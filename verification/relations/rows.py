"""What f makes of the rows of a batch: each has a value of its own, they add up to one, or they are coupled."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from verification._typing import Array, Indices
from verification.diagnosis import FailureMode, diagnose_batch_gradient
from verification.relations.values import Value, precision, same

__all__ = ["Rows"]


@dataclass(frozen=True)
class Rows:
    """f, and the batch whose rows it is given."""

    f: Callable[[Array], Any]
    X: Array
    """(N, ...), of floats."""

    @cached_property
    def together(self) -> Value:
        """What f makes of the batch."""
        return Value.of(self.f, self.X)

    @cached_property
    def of_one(self) -> Value:
        """What f makes of the first row, as one sample."""
        return Value.of(self.f, self.X[0])

    @cached_property
    def role(self) -> FailureMode | None:
        """What f makes of rows, as a gradient that shifts whole columns would meet it; None if each is its own."""
        try:
            return diagnose_batch_gradient(self.f, self.X.astype(np.float64))
        except Exception:  # noqa: BLE001 - of f nothing is known then
            return None

    @property
    def is_random(self) -> bool:
        """Whether f has another value of the same batch."""
        again = Value.of(self.f, self.X).array
        return self.together.array is not None and (again is None or not self._same(again, self.together.array))

    def weights(self) -> set[float]:
        """Return what the gradient of a row by itself may be multiplied with in a batch; none if rows are coupled.

        That is 1 for values a row and for their total, and 1 / N for their mean; either, if f takes one sample.
        """
        if self.role in (FailureMode.COUPLED_ROWS, FailureMode.SHARED_PARAMETER):
            return set()
        together = self.together.array
        takes_one = self.of_one.array is not None and self.of_one.array.ndim == 0
        if self.role is FailureMode.ONE_SAMPLE_FUNCTION or together is None:
            return {1.0}
        found = set()
        if together.size == 1 and self._singles:
            found = {weight for weight in (1.0, 1 / len(self.X)) if self._is_sum(together, weight)}
        elif together.shape[:1] == self.X.shape[:1] and self._singles:
            found = {1.0} if self._same(together, np.concatenate(self._singles)) else set()
        elif together.size > 1 and takes_one:
            found = {1.0}
        return found | ({1.0} if self.is_bound or (found and takes_one) else set())

    @cached_property
    def is_bound(self) -> bool:
        """Whether rows are separate, but have data of f's own, as labels are: no other batch of them is the same."""
        together = self.together.array
        if together is None or not self._are_separate(together):
            return False
        order = np.roll(np.arange(len(self.X)), 1)
        moved = Value.of(self.f, self.X[order]).array
        wanted = together if together.size == 1 else together[order]
        return moved is None or not self._same(moved, wanted)

    @property
    def has_value_each(self) -> bool:
        """Whether f has as many values as there are rows, each of its own row."""
        together = self.together.array
        return together is not None and together.shape == self.X.shape[:1] and self._are_separate(together)

    def exchanges(self) -> Iterator[Indices]:
        """Yield batches, by the numbers of their rows, in which some rows are others: each pair is parted by one."""
        every = np.arange(len(self.X))
        for bit in range((len(every) - 1).bit_length()):
            half = (every >> bit & 1).astype(bool)
            for some in (half, ~half):
                yield np.where(some, np.roll(every, 1), every)

    def _are_separate(self, together: Array) -> bool:
        """Return whether each row acts on its own value alone, or adds its own part to the one value."""
        changed = [(rows, Value.of(self.f, self.X[rows]).array) for rows in self.exchanges()]
        if any(value is None or value.shape != together.shape for _, value in changed):
            return False
        values = [(rows, value) for rows, value in changed if value is not None]
        if together.size > 1:
            kept = [(value, rows == np.arange(len(self.X))) for rows, value in values]
            return together.shape[:1] == self.X.shape[:1] and all(self._same(v[own], together[own]) for v, own in kept)
        every = Value.of(self.f, np.roll(self.X, 1, axis=0)).array
        halves = zip(values[::2], values[1::2], strict=True)
        return every is not None and all(self._same(one + other - together, every) for (_, one), (_, other) in halves)

    def _is_sum(self, together: Array, weight: float) -> bool:
        """Return whether the value of the batch is the weighted sum of those of its rows."""
        if any(value.size != 1 for value in self._singles):
            return False
        return self._same(together, weight * np.sum(self._singles).reshape(together.shape))

    @cached_property
    def _singles(self) -> list[Array]:
        """What f makes of each row as a batch; empty if it does not take all of them."""
        values = [Value.of(self.f, self.X[i : i + 1]).array for i in range(len(self.X))]
        singles = [np.atleast_1d(value) for value in values if value is not None]
        return singles if len(singles) == len(values) else []

    def _same(self, one: Array, other: Array) -> bool:
        return same(one, other, eps=precision(self.X))
