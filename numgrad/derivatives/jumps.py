"""Jumps of f beside x: on a staircase it is smooth only as far as the next one, and they are its noise."""

from collections.abc import Generator
from typing import NamedTuple

import numpy as np

from numgrad.derivatives.fit import Fit
from numgrad.derivatives.ladder import length
from numgrad.derivatives.outcome import Budget
from numgrad.derivatives.search import CLEAR
from numgrad.derivatives.table import Table
from numgrad.derivatives.view import View

__all__ = ["Request", "Sampling", "jump_beside_a_constant", "jump_of_staircase", "paid"]

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

ABRUPT = 4
"""Where f departs by so much less than a jump, it is looked how it goes on: a smooth f departs by little more."""


class Request(NamedTuple):
    """Rungs that are to be sampled, beyond x, before it, or both."""

    rungs: tuple[float, ...]
    sides: tuple[int, ...]


Sampling = Generator[Request, Table, float]


def jump_beside_a_constant(table: Table, output: int, most: int) -> Sampling:
    """Return the jump with which f begins to change beside x, around which it is constant; 0 if it does so smoothly.

    On a tread of a staircase the slope that matters is that of the whole staircase, and its noise are the jumps. Where
    a change begins with a kink, there are none, and f is truly flat at x. A side without values, or on which f changes
    at the shortest step, is left out. The place is narrowed down to tell.

    Parameters
    ----------
    table: of one output.
    output: its number, in the tables that answer.
    most: so many evaluations at most.

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
        while within - beyond > NARROW and most > 0:
            most -= 1
            middle = (beyond + within) / 2
            now = abs(_value((yield Request((middle,), (side,))), side, output) - float(table.center[0]))
            beyond, within, change = (middle, within, now) if now > 0 else (beyond, middle, change)
            if within - beyond > WITHIN:
                near = change
        largest = max(largest, change if change > near / CONTINUOUS else 0.0)
    return largest


def paid(search: Sampling, budget: Budget) -> Sampling:
    """Pass on a search of single evaluations, and count them."""
    try:
        request = next(search)
        while True:
            budget.left -= 1
            request = search.send((yield request))
    except StopIteration as end:
        return float(end.value)


def jump_of_staircase(view: View, output: int, plateau: Fit, most: int) -> Sampling:
    """Return the jump that ends the smoothness of f around x, if it is as large as the noise on longer steps, or 0.

    f is continued from short steps as a parabola. A smooth f departs from it gradually, a staircase at once.
    NaN where the rungs do not tell: where the shortest do not show f to be smooth, or longer ones do not show it not
    to be, or rounding at the one hides what happens at the other.
    """
    least = FULL * float(plateau.noise)
    j = _end_of_parabola(view, least / ABRUPT)
    if j <= 0 or j == len(view.rungs) - 1:
        return np.nan
    if view.rungs[j] <= plateau.bottom:
        return 0.0  # f is smooth on steps as long as those with the plateau
    if _rounding(view, j, view.steps[j - 1]) > least / ABRUPT:
        return np.nan  # rounding hides it, on these rungs
    beyond, within = float(view.rungs[j - 1]), float(view.rungs[j])
    values = {1: view.table.above[0], -1: view.table.below[0]}
    departures = {side: _departure(view, j, side, view.steps[j - 1], values[side][j - 1]) for side in (1, -1)}
    side = max(departures, key=lambda side: departures[side])
    jump = departures[side]
    while most > 0 and within - beyond > (FINE if jump > least else COARSE):
        most -= 1
        middle = (beyond + within) / 2
        step = float(length(view.unit, middle))
        value = _value((yield Request((middle,), (side,))), side, output)
        now = _departure(view, j, side, step, value)
        beyond, within, jump = (middle, within, now) if now > least / ABRUPT else (beyond, middle, jump)
    return float(jump) if jump > least else 0.0


def _end_of_parabola(view: View, allowed: float) -> int:
    """Return the number of the longest step up to which f is a parabola, as far as rounding lets see."""
    j = len(view.rungs) - 1
    while j > 0 and _rounding(view, j, view.steps[j - 1]) <= allowed:
        step = view.steps[j - 1]
        values = {1: view.table.above[0, j - 1], -1: view.table.below[0, j - 1]}
        if any(_departure(view, j, side, step, values[side]) > allowed for side in values):
            break
        j -= 1
    return j


def _departure(view: View, j: int, side: int, step: float, value: float) -> float:
    """Return how far a value is from the parabola through those at step ``j``; far beyond, if unbent, from the line."""
    ratio = step / view.steps[j]
    bend = _bends(view, j, ratio) * view.even[j] * ratio**2
    return float(abs(value - view.center - side * view.odd[j] * ratio - bend))


def _rounding(view: View, j: int, step: float) -> float:
    """Return how far rounding may move that parabola."""
    ratio = step / view.steps[j]
    return float(CLEAR * view.floors[j] * (1 + ratio + _bends(view, j, ratio) * ratio**2))


def _bends(view: View, j: int, ratio: float) -> bool:
    return bool(ratio < NEIGHBOURS or abs(view.even[j]) > CLEAR * view.floors[j])


def _value(table: Table, side: int, output: int) -> float:
    return float((table.above if side > 0 else table.below)[output, 0])
