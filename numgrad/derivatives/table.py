"""Samples of f on some lines."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array, Indices
from numgrad.derivatives.grid import quantum, treads
from numgrad.derivatives.ladder import BOTH, steps_of
from numgrad.derivatives.lines import Lines

__all__ = ["Table", "sample"]


@dataclass(frozen=True)
class Table:
    """Values of f beside x, for N functions of a step: outputs of f on lines, output by output within a line."""

    rungs: tuple[Any, ...]
    """From the longest step to the shortest: whole numbers, where f is fitted."""
    unit: Array
    """The step of rung 0, (N,)."""
    blur: Array
    """Half the spacing of the floats beside x, (N,)."""
    center: Array
    """f(x), (N,)."""
    above: Array
    """(N, rungs)."""
    below: Array
    eps: float
    """The relative spacing of the values."""

    def rounding(self, sizes: Any) -> Any:
        """Return half the spacing of the floats beside values of given sizes."""
        return self.eps / 2 * sizes

    def of(self, rows: Indices) -> "Table":
        """Return the table of some functions."""
        return replace(
            self,
            unit=self.unit[rows],
            blur=self.blur[rows],
            center=self.center[rows],
            above=self.above[rows],
            below=self.below[rows],
        )

    def select(self, columns: Indices) -> "Table":
        """Return the table of some rungs."""
        rungs = tuple(self.rungs[column] for column in columns)
        return replace(self, rungs=rungs, above=self.above[:, columns], below=self.below[:, columns])

    def joined(self, other: "Table") -> "Table":
        """Return the table with the rungs of another besides."""
        rungs = (*self.rungs, *other.rungs)
        both = replace(
            self,
            rungs=rungs,
            above=np.concatenate([self.above, other.above], axis=1),
            below=np.concatenate([self.below, other.below], axis=1),
        )
        return both.select(np.argsort(rungs))

    def quantum(self) -> Array:
        """Return half the step of the grid that values of each function lie on, (N,)."""
        if not self.rungs:
            return np.zeros_like(self.center)
        above, below = self._finite()
        on_treads = treads(above, below, self.center)
        values = np.concatenate([above, below], axis=1)
        return quantum(values, self.center, on_treads)

    def quantum_above(self) -> Array:
        """Return half the step of the grid that the values above x lie on, (N,)."""
        above, _ = self._finite()
        return quantum(above, self.center, np.zeros(len(self.center), dtype=np.bool_))

    def is_flat_above(self) -> NDArray[np.bool_]:
        """Return where f does not change at the shortest step above x, but does at longer ones."""
        above, _ = self._finite()
        return np.asarray((above[:, -1] == self.center) & (above != self.center[:, np.newaxis]).any(axis=1))

    def changes(self) -> NDArray[np.bool_]:
        """Return where f takes another value than f(x) at all."""
        center = self.center[:, np.newaxis]
        return np.asarray(((self.above != center) | (self.below != center)).any(axis=1))

    def changes_on(self, sides: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return where f takes another value than f(x) on each of some sides where it has values."""
        values = [self.above if side > 0 else self.below for side in sides]
        changes = [np.isfinite(side) & (side != self.center[:, np.newaxis]) for side in values]
        return np.asarray(np.all([side.any(axis=1) for side in changes], axis=0))

    def is_still(self) -> NDArray[np.bool_]:
        """Return where f does not change at the shortest step."""
        return np.asarray((self.above[:, -1] == self.center) & (self.below[:, -1] == self.center))

    def is_flat(self) -> NDArray[np.bool_]:
        """Return where f is constant at the shortest step and changes at longer ones, but not as on a staircase."""
        still = self.is_still()
        if not still.any():
            return still
        above, below = self._finite()
        changed = replace(self, above=above, below=below).changes()
        return np.asarray(still & changed & ~treads(above, below, self.center))

    def _finite(self) -> list[Array]:
        """Return the values on both sides, f(x) where they are not finite."""
        return [np.where(np.isfinite(side), side, self.center[:, np.newaxis]) for side in (self.above, self.below)]

    def mirrored(self) -> "Table":
        """Return the table of f(-step)."""
        return replace(self, above=self.below, below=self.above)


def sample(lines: Lines, which: Indices, rungs: tuple[float, ...], sides: tuple[int, ...] = BOTH) -> Table:
    """Return the table of f at rungs of some lines."""
    outputs = lines.center.size
    steps = steps_of(lines.unit[which], rungs)
    pairs = lines.pairs(np.repeat(which, len(rungs)), steps.ravel(), sides)
    above, below = (
        np.swapaxes(side.reshape(len(which), len(rungs), outputs), 1, 2).reshape(len(which) * outputs, len(rungs))
        for side in (pairs.above, pairs.below)
    )
    unit, blur = (np.repeat(of_lines[which], outputs) for of_lines in (lines.unit, lines.blur))
    center = np.tile(lines.center.astype(lines.dtype).ravel(), len(which))
    return Table(rungs, unit, blur, center, above, below, lines.eps)
