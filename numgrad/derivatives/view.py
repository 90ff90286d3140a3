"""One output on one line, as far as it is known."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from numgrad._typing import Array
from numgrad.derivatives.fit import Fit, fit_pairs
from numgrad.derivatives.ladder import steps_of
from numgrad.derivatives.table import Table

__all__ = ["View"]


@dataclass(frozen=True)
class View:
    """One output on one line as far as it has been sampled, and the fit to it."""

    table: Table
    """Of this output alone; from the longest step on from which all values are finite."""
    quantum: float
    """Half the step of the grid that its values lie on."""
    fit: Fit
    """Of this output alone, its numbers no arrays; without a window if none fits."""
    tried: frozenset[int]
    """All rungs that were sampled, with finite values or without."""
    finest: int
    """The last rung that floats can take."""
    accuracy: float
    """The relative error that is enough."""

    @property
    def rungs(self) -> tuple[int, ...]:
        """The rungs with finite values."""
        return self.table.rungs

    @property
    def unit(self) -> float:
        """The step of rung 0."""
        return float(self.table.unit[0])

    @property
    def center(self) -> float:
        """The value at x."""
        return float(self.table.center[0])

    @cached_property
    def steps(self) -> Array:
        """The steps of the rungs."""
        return np.asarray(steps_of(self.table.unit, self.rungs)[0])

    @cached_property
    def odd(self) -> Array:
        """Half differences."""
        return np.asarray(self.table.above[0] / 2 - self.table.below[0] / 2)

    @cached_property
    def even(self) -> Array:
        """Half sums less f(x)."""
        return np.asarray((self.table.above[0] / 2 - self.center / 2) + (self.table.below[0] / 2 - self.center / 2))

    @property
    def slopes(self) -> Array:
        """Central difference quotients."""
        return np.asarray(self.odd / self.steps)

    @cached_property
    def sizes(self) -> Array:
        """The largest |f| at each rung and at x."""
        at_rungs = np.maximum(np.abs(self.table.above[0]), np.abs(self.table.below[0]))
        return np.asarray(np.maximum(abs(self.center), at_rungs))

    @cached_property
    def floors(self) -> Array:
        """The least noise of the values at each rung."""
        return np.asarray(np.maximum(self.table.rounding(self.sizes), self.quantum))

    @property
    def largest(self) -> float:
        """The largest |f| that the fit has seen."""
        of_window = [size for rung, size in zip(self.rungs, self.sizes, strict=True) if rung in self._window]
        return float(max(of_window, default=abs(self.center)))

    @property
    def _window(self) -> range:
        return range(int(self.fit.top), int(self.fit.bottom) + 1)

    @property
    def change(self) -> float:
        """The largest change of f."""
        values = np.array([self.table.above[0], self.table.below[0]])
        return float(np.abs(values - self.center).max(initial=0.0))

    @property
    def settled(self) -> bool:
        """Whether the error is as small as asked for, or f's own noise leaves no less."""
        return bool(self.fit.settled(self.accuracy))

    def with_quantum(self, quantum: float) -> "View":
        """Return the view of values that are known to lie on a coarser grid."""
        quantum = max(self.quantum, quantum)
        return replace(self, quantum=quantum, fit=fit_pairs(self.table, np.array([quantum])).of(0))

    def missing(self, first: int, last: int) -> tuple[int, ...]:
        """Return the rungs from ``first`` to ``last`` that floats can take and that were not tried."""
        return tuple(rung for rung in range(first, min(last, self.finest) + 1) if rung not in self.tried)
