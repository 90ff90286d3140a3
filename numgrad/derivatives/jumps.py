"""Jumps of f beside x: on a staircase it is smooth only as far as the next one, and they are its noise."""

from collections.abc import Generator
from typing import NamedTuple

import numpy as np

from numgrad._typing import Array, Indices
from numgrad.derivatives.fit import Fit, fit_above
from numgrad.derivatives.ladder import BOTH, SHORTEST, step_of
from numgrad.derivatives.outcome import Budget
from numgrad.derivatives.search import CLEAR
from numgrad.derivatives.table import Table
from numgrad.derivatives.view import View

__all__ = ["Request", "jump_of_staircase", "jumps_beside_constants"]

NARROW, WITHIN = 2**-11, 2**-4
"""The place where f begins to change is narrowed down to so much of a rung; changes so near to it are compared."""

CONTINUOUS = 4
"""A change that shrinks by this factor meanwhile, while its place is narrowed 128 times, begins with a kink."""

COARSE, FINE = 2**-2, 2**-6
"""So much of a rung is enough where f is not constant around x: a smooth f changes little on it, and behind a kink
less and less."""

FULL = 1 / 30
"""Of the noise that longer steps show, a jump is at least this share."""

NEIGHBOURS = 4
"""Up to so many times a step the bend seen on it is made use of, even if it is no more than rounding."""

SMOOTH = 0.01
"""Noise of so small a share of a jump on the other side of x says that there are no jumps on that side."""

ABRUPT = 4
"""Where f departs by so much less than a jump, it is looked how it goes on: a smooth f departs by little more."""


class Request(NamedTuple):
    """Rungs that are to be sampled, beyond x, before it, or both."""

    rungs: tuple[float, ...]
    sides: tuple[int, ...]


Sampling = Generator[Request, Table, float]


def jumps_beside_constants(
    table: Table, outputs: Indices, jumps: Array, budget: Budget
) -> Generator[Request, Table, None]:
    """Look for the jumps beside x of some outputs that are constant around it, and note them where none is known."""
    for output in outputs[np.isnan(jumps[outputs])].tolist():
        jumps[output] = yield from jump_beside_a_constant(table.of(np.array([output])), output, budget)


def jump_beside_a_constant(table: Table, output: int, budget: Budget) -> Sampling:
    """Return the jump with which f begins to change beside x, around which it is constant; 0 if it does so smoothly.

    On a tread of a staircase the slope that matters is that of the whole staircase, and its noise are the jumps. Where
    a change begins with a kink, there are none, and f is truly flat at x. A side without values, or on which f changes
    at the shortest step, is left out. The place is narrowed down to tell.

    Parameters
    ----------
    table: of one output.
    output: its number, in the tables that answer.
    budget: pays for each sample.

    """
    largest = 0.0
    for side, values in ((1, table.above[0]), (-1, table.below[0])):
        there = np.isfinite(values)
        rungs, changes = np.array(table.rungs, dtype=float)[there], np.abs(values[there] - table.center)
        changed = np.flatnonzero(changes)
        if changed.size == 0 or changed[-1] == len(rungs) - 1:
            continue
        beyond, within = rungs[changed[-1] : changed[-1] + 2].tolist()
        near = change = float(changes[changed[-1]])
        while within - beyond > NARROW and budget.pay(1):
            middle = (beyond + within) / 2
            now = abs(_value((yield Request((middle,), (side,))), side, output) - float(table.center[0]))
            beyond, within, change = (middle, within, now) if now > 0 else (beyond, middle, change)
            if within - beyond > WITHIN:
                near = change
        largest = max(largest, change if change > near / CONTINUOUS else 0.0)
    return largest


class _Parabola(NamedTuple):
    """What f is beside x as far as it is smooth, seen at one step."""

    center: float
    """f(x)."""
    step: float
    odd: float
    """Half the difference of the values at the step."""
    even: float
    """Half their sum, less f(x)."""
    floor: float
    """The least noise of values."""

    def departure(self, step: float, side: int, value: float) -> float:
        """Return how far a value at another step is off; off the line, far beyond, if no bend is seen."""
        ratio = step / self.step
        return float(abs(value - self.center - side * self.odd * ratio - self._bends(ratio) * self.even * ratio**2))

    def rounding(self, step: float) -> float:
        """Return how far rounding may move it there."""
        ratio = step / self.step
        return float(CLEAR * self.floor * (1 + ratio + self._bends(ratio) * ratio**2))

    def _bends(self, ratio: float) -> bool:
        return bool(ratio < NEIGHBOURS or abs(self.even) > CLEAR * self.floor)


class _Stretch(NamedTuple):
    """Where f ceases to be a parabola: on steps between those of two rungs."""

    parabola: _Parabola
    within: float
    """The rung up to which f is that parabola."""
    beyond: float
    """A longer one, where it is not, on one side at least."""
    values: tuple[float, float]
    """Above and below x, there."""

    def departure(self, unit: float, side: int) -> float:
        """Return how far f is off the parabola there, on one side."""
        return self.parabola.departure(float(step_of(unit, self.beyond)), side, self.values[BOTH.index(side)])


def jump_of_staircase(view: View, output: int, plateau: Fit, budget: Budget) -> Sampling:
    """Return the jump that ends the smoothness of f around x, if it is as large as the noise on longer steps, or 0.

    f is continued from short steps as a parabola. A smooth f departs from it gradually, a staircase at once. Where the
    other side of x is smooth, the jump stands beside x, and is none of the noise.
    NaN where that does not tell: where f is not smooth on the shortest steps, or is on the longest.
    """
    least = FULL * float(plateau.noise)
    allowed = least / ABRUPT
    found = _end_of_parabola(view, plateau, allowed)
    if found is not None and found.within <= plateau.top:
        return 0.0  # f is smooth on steps as long as those with the plateau
    found = found and (yield from _past_rounding(view, output, found, allowed, budget))
    if found is None:
        return np.nan
    side = max(BOTH, key=lambda side: found.departure(view.unit, side))
    jump = yield from _narrowed(view, output, found, side, least, budget)
    if not jump > least:
        return jump if np.isnan(jump) else 0.0
    return 0.0 if _is_smooth(view, -side, plateau, SMOOTH * jump) else jump


def _is_smooth(view: View, side: int, plateau: Fit, most: float) -> bool:
    """Return whether on one side steps as long as those with the plateau show no more than so much noise."""
    table = view.table if side > 0 else view.table.mirrored()
    for last in range(len(view.rungs), SHORTEST, -1):
        fit = fit_above(table.select(np.arange(last)), np.zeros(1)).of(0)
        if fit.top <= plateau.top and fit.noise < most:
            return True
    return False


def _past_rounding(
    view: View, output: int, found: _Stretch, allowed: float, budget: Budget
) -> Generator[Request, Table, _Stretch | None]:
    """Return a stretch on whose longer step rounding no longer hides how f goes on, or None."""
    parabola, within, beyond, values = found
    while parabola.rounding(step_of(view.unit, beyond)) > allowed:
        if within - beyond < 1 or not budget.pay(2):
            return None
        middle = (beyond + within) / 2
        step = float(step_of(view.unit, middle))
        table = yield Request((middle,), BOTH)
        now = (float(table.above[output, 0]), float(table.below[output, 0]))
        if _departure(parabola, step, now) <= allowed + parabola.rounding(step):
            within, parabola = middle, _through(parabola, step, now)
        else:
            beyond, values = middle, now
    return _Stretch(parabola, within, beyond, values)


def _narrowed(view: View, output: int, found: _Stretch, side: int, least: float, budget: Budget) -> Sampling:
    """Return by how much f departs where it ceases to be a parabola on one side; NaN if the budget does not tell."""
    parabola, within, beyond, _ = found
    jump = found.departure(view.unit, side)
    while within - beyond > (FINE if jump > least else COARSE):
        if not budget.pay(1):
            return np.nan
        middle = (beyond + within) / 2
        value = _value((yield Request((middle,), (side,))), side, output)
        departs = parabola.departure(float(step_of(view.unit, middle)), side, value)
        beyond, within, jump = (middle, within, departs) if departs > least / ABRUPT else (beyond, middle, jump)
    return float(jump)


def _end_of_parabola(view: View, plateau: Fit, allowed: float) -> _Stretch | None:
    """Return between which rungs f ceases to be a parabola, as far as rounding lets see; None if it does not."""
    above, below = view.table.above[0], view.table.below[0]
    last = view.rungs.index(view.fit.bottom) if view.fit.bottom > plateau.bottom else len(view.rungs) - 1
    for j in range(last, 0, -1):
        parabola = _Parabola(view.center, view.steps[j], view.odd[j], view.even[j], view.floors[j])
        step, values = view.steps[j - 1], (float(above[j - 1]), float(below[j - 1]))
        if parabola.rounding(step) > allowed or _departure(parabola, step, values) > allowed:
            return _Stretch(parabola, view.rungs[j], view.rungs[j - 1], values) if j < last else None
    return None


def _departure(parabola: _Parabola, step: float, values: tuple[float, float]) -> float:
    return max(parabola.departure(step, side, value) for side, value in zip(BOTH, values, strict=True))


def _through(before: _Parabola, step: float, values: tuple[float, float]) -> _Parabola:
    """Return the parabola through values at a longer step."""
    above, below = values
    return _Parabola(before.center, step, (above - below) / 2, (above + below) / 2 - before.center, before.floor)


def _value(table: Table, side: int, output: int) -> float:
    return float((table.above if side > 0 else table.below)[output, 0])
