"""Derivatives from one side of x, at the edge of the domain and at a kink."""

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array, Indices
from numgrad._validation import expected
from numgrad.derivatives.fit import FAR_BELOW, Fit, fit_above
from numgrad.derivatives.jumps import Request, jumps_beside_constants
from numgrad.derivatives.ladder import steps_of
from numgrad.derivatives.outcome import Budget, Outcome, contradiction, diverges
from numgrad.derivatives.search import AFAR, CLEAR, GRADUAL, is_jump, persists
from numgrad.derivatives.table import Table

__all__ = ["from_sides"]

FIRST_ON_ONE_SIDE = (*range(9), 20, 32, 44)
"""The rungs that a derivative from one side is taken on at first; the last see what hides beside x, and noise."""

STAIRS = 1e-4
"""Noise of a smaller share of f may be a staircase's, on whose treads it would not show."""

SEEN = 2
"""Noise of so many times the least is more than rounding."""

A_FEW = 8
"""Changes of f by so many half jumps or less tell little."""

WINDOW = 9
"""So many rungs a window is given, where one is placed."""


def from_sides(
    table: Table,
    outputs: Indices,
    outcome: Outcome,
    finest: int,
    budget: Budget,
    accuracy: float,
    sides: tuple[int, ...],
) -> Generator[Request, Table, None]:
    """Ask for samples until derivatives from one side, or from each, are found, and write them down.

    Outputs that have values on one side only are taken from that side. What is known with a smaller error stays.
    """
    jumps = np.full(len(table.center), np.nan)
    plateaus: dict[int, list[list[Fit]]] = {side: [[] for _ in outputs] for side in sides}
    wanted = tuple(sorted({min(rung, finest) for rung in FIRST_ON_ONE_SIDE} - set(table.rungs)))
    while True:
        asked = _with_values(table, outputs, sides)
        wanted = budget.afford(wanted, len(asked))
        if wanted:
            table = table.joined((yield Request(wanted, asked)))
        unseen = AFAR not in table.rungs and not table.of(outputs).changes_on(asked).all()
        if unseen and budget.left >= len(asked):
            wanted = (AFAR, AFAR // 2)
            continue
        flat = table.is_flat_above() | table.mirrored().is_flat_above()
        yield from jumps_beside_constants(table, outputs[flat[outputs]], jumps, budget)
        halves = {side: _half(table.of(outputs), side, accuracy, jumps[outputs], plateaus[side]) for side in sides}
        open_ = [half for half in halves.values() if not half.settled.all()]
        if not wanted or not open_:
            break
        wanted = _next_rungs(table, min(half.start for half in open_), finest)
    _write(outcome, outputs, halves)


def _with_values(table: Table, outputs: Indices, sides: tuple[int, ...]) -> tuple[int, ...]:
    """Return the sides on which f was seen to have values, or all if none was."""
    values = {1: table.above, -1: table.below}
    return tuple(side for side in sides if np.isfinite(values[side][outputs]).any()) or sides


def _next_rungs(table: Table, start: int, finest: int) -> tuple[int, ...]:
    """Return rungs that were not sampled yet: of a window that begins with ``start`` or later, or the last ones."""
    missing = [rung for rung in range(finest + 1) if rung not in table.rungs]
    return tuple([rung for rung in missing if rung >= start][:WINDOW] or missing[-WINDOW:])


class _Half(NamedTuple):
    """Derivatives from one side, (outputs,)."""

    value: Array
    """NaN where f has no values on that side, as all arrays are there."""
    error: Array
    noise: Array
    step: Array
    settled: NDArray[np.bool_]
    start: int
    """The rung from which on all slopes change gradually."""


def _half(table: Table, side: int, accuracy: float, jumps: Array, plateaus: list[list[Fit]]) -> _Half:
    """Return the derivatives that the samples on one side give.

    ``jumps`` are those of staircases, 0 where there is none, NaN where that is not known; ``plateaus`` of each output
    are noted where rounding seems to be noise, and what shorter steps say against them is doubted.
    """
    table = table if side > 0 else table.mirrored()
    there = np.isfinite(table.above).any(axis=1)
    quantum = np.fmax(table.quantum_above(), jumps / 2)
    fit = fit_above(table, quantum)
    steps = steps_of(table.unit, table.rungs)
    sizes = np.fmax(np.abs(table.above), np.abs(table.center)[:, np.newaxis])
    floors = np.maximum(table.rounding(sizes), quantum[:, np.newaxis])
    value, error, settled, starts = fit.value.copy(), fit.error.copy(), fit.settled(accuracy) | ~there, []
    for row in np.flatnonzero(there):
        ray = _Ray(fit.of(row), table.rungs, steps[row], table.above[row] - table.center[row], sizes[row], floors[row])
        settled[row] |= ray.is_noisy
        longer = [plateau for plateau in plateaus[row] if plateau.bottom < ray.fit.bottom]
        error[row] = max([ray.error(settled=bool(settled[row])), *(ray.fit.off(plateau) for plateau in longer)])
        if ray.fit.is_plateau and ray.fit.noise < STAIRS * np.nanmax(ray.sizes) and jumps[row] != 0:
            plateaus[row].append(ray.fit)
        if not np.isfinite(value[row]):
            value[row] = ray.slopes[-1]
        if not settled[row]:
            starts.append(ray.start)
    step = fit.step(table.unit)
    value, error, noise, step = (np.where(there, array, np.nan) for array in (side * value, error, fit.noise, step))
    return _Half(value, error, noise, step, settled, min(starts, default=0))


class _Ray(NamedTuple):
    """One output on one side of x."""

    fit: Fit
    """Its numbers are no arrays; without a window if none fits."""
    rungs: tuple[int, ...]
    steps: Array
    changes: Array
    """f less f(x)."""
    sizes: Array
    """The larger of |f| and |f(x)|."""
    floors: Array
    """The least noise of the values."""

    @property
    def slopes(self) -> Array:
        """Difference quotients."""
        return np.asarray(self.changes / self.steps)

    @property
    def is_noisy(self) -> bool:
        """Whether what does not fit is the noise of f."""
        if not np.isfinite(self.fit.error):
            return False
        at = self.rungs.index(int(self.fit.bottom))
        bent = (self.changes[at] - self.fit.value * self.steps[at]) * (self.steps / self.steps[at]) ** 2
        rest = np.abs(self.changes - self.fit.value * self.steps - bent)
        beyond = np.array(self.rungs) >= self.fit.bottom + FAR_BELOW
        return bool(persists(rest[beyond], float(self.fit.noise))) and not is_jump(rest[beyond])

    def error(self, *, settled: bool) -> float:
        """Return the error of the fit, or what slopes on shorter steps say against it."""
        error = float(self.fit.error)
        if self.fit.drowned and (self.is_noisy or not settled):
            return np.inf
        if not settled and diverges(self.slopes, self.rungs, np.abs(self.changes) > CLEAR * self.floors):
            return np.inf
        if not np.isfinite(error):
            return error
        at = self.rungs.index(int(self.fit.bottom))
        doubt = CLEAR * np.maximum(self.floors, self.fit.noise if settled else 0) / self.steps
        off = contradiction(self.slopes[at:], self.steps[at:], float(self.fit.value), 1, doubt[at:])
        return max(error, off, self._beside(at)) + self._hidden()

    def _beside(self, at: int) -> float:
        """Return the slope of what is more than rounding and does not persist: f may be otherwise close to x alone."""
        is_seen = self.fit.noise > SEEN * self.fit.floor
        return float(self.fit.noise / self.steps[at]) if is_seen and not self.is_noisy else 0.0

    def _hidden(self) -> float:
        """Return the slope of the first jump, where no more than a few are seen: f may have leveled off behind it.

        A change by half as much again would have been rounded to it, too.
        """
        sizes, changed = np.abs(self.changes), np.abs(self.changes) > 0
        if not changed.any() or np.nanmax(sizes) > A_FEW * self.floors[-1]:
            return 0.0
        return float(2 * sizes[changed][-1] / self.steps[changed][-1])

    @property
    def start(self) -> int:
        """The rung of the longest step from which on, toward x, slopes change gradually."""
        doubt, slopes = CLEAR * self.floors / self.steps, self.slopes
        j = len(self.rungs) - 1
        while j > 0 and abs(slopes[j - 1] - slopes[j]) <= GRADUAL * abs(slopes[j]) + doubt[j]:
            j -= 1
        return max(int(self.rungs[j]), 0)


def _write(outcome: Outcome, outputs: Indices, halves: dict[int, _Half]) -> None:
    """Write down one-sided derivatives, where better than what is known: their error spans what lies between them."""
    value, error, noise, step = (
        np.array([getattr(half, name) for half in halves.values()]) for name in ("value", "error", "noise", "step")
    )
    if np.isnan(value).all(axis=0).any():
        sides = " and ".join("above" if side > 0 else "below" for side in halves)
        reason, remedy = "there is no slope at a point alone", "Move x into the domain of f, or widen the domain."
        raise expected("f", f"have values {sides} x", "NaN, inf or an exception at all of them", reason, remedy)
    error = (np.fmax.reduce(value) - np.fmin.reduce(value)) / 2 + np.fmax.reduce(error)
    noise, step = np.fmax.reduce(noise), np.fmax.reduce(step)
    below, above = (halves[side].value if side in halves else np.full(len(outputs), np.nan) for side in (-1, 1))
    better = ~(outcome.error[outputs] <= error)
    middle, error, noise, step, below, above = (
        array[better] for array in (np.nanmean(value, axis=0), error, noise, step, below, above)
    )
    outcome.enter(outputs[better], middle, error, noise, step, (below, above))
