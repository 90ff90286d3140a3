"""Jumps of f beside x: on a staircase it is smooth only as far as the next one, and they are its noise."""

from collections.abc import Generator
from typing import NamedTuple

import numpy as np

from numgrad.derivatives.ladder import lengths
from numgrad.derivatives.search import CLEAR, View
from numgrad.derivatives.table import Table

__all__ = ["Request", "Sampling", "beside_a_constant", "is_staircase"]

NARROW, WITHIN = 2**-11, 2**-4
"""The place where f begins to change is narrowed down to so much of a rung; changes so near to it are compared."""

CONTINUOUS = 4
"""A change that shrinks by this factor meanwhile, while its place is narrowed 128 times, begins with a kink."""

COARSE = 0.25
"""So much of a rung is enough where f is not constant around x: a smooth f changes gradually on it."""

FULL = 1 / 30
"""Of the noise that longer steps show, a jump is at least this share."""


NEIGHBOURS = 4
"""Up to so many times a step the bend seen on it is made use of, even if it is no more than rounding."""

ABRUPT = 4
"""And so many times what rounding allows: a gradual departure is found where it is little more."""


class Request(NamedTuple):
    """Rungs that are to be sampled, beyond x, before it, or both."""

    rungs: tuple[float, ...]
    sides: tuple[int, ...]


Sampling = Generator[Request, Table, float]


def beside_a_constant(table: Table, output: int, most: int) -> Sampling:
    """Return the jump with which f begins to change beside x, around which it is constant; 0 if it does so smoothly.

    On a tread of a staircase the slope that matters is that of the whole staircase, and its noise are the jumps. Where
    a change begins with a kink, there are none, and f is truly flat at x. The place is narrowed down to tell.

    Parameters
    ----------
    table: of one output.
    output: its number, in the tables that answer.
    most: so many evaluations at most.

    """
    largest = 0.0
    for side, values in ((1, table.above[0]), (-1, table.below[0])):
        changed = np.flatnonzero(np.isfinite(values) & (values != table.center))
        if changed.size == 0:
            continue
        beyond, within = float(table.rungs[changed[-1]]), float(table.rungs[changed[-1] + 1])
        near = change = abs(float(values[changed[-1]] - table.center[0]))
        while within - beyond > NARROW and most > 0:
            most -= 1
            middle = (beyond + within) / 2
            now = abs(_value((yield Request((middle,), (side,))), side, output) - float(table.center[0]))
            beyond, within, change = (middle, within, now) if now > 0 else (beyond, middle, change)
            if within - beyond > WITHIN:
                near = change
        largest = max(largest, change if change > near / CONTINUOUS else 0.0)
    return largest


def is_staircase(view: View, output: int, noise: float, most: int) -> Sampling:
    """Return the jump that ends the smoothness of f around x, if it is as large as the noise on longer steps, or 0.

    f is continued from short steps as a parabola. A smooth f departs from it gradually, a staircase at once.
    NaN where the shortest steps do not show f to be smooth, or no longer ones show it not to be.
    """
    j = _end_of_parabola(view, FULL * noise)
    if j <= 0 or j == len(view.rungs) - 1:
        return np.nan
    if _allowed(view, j, view.steps[j - 1]) > FULL * noise:
        return 0.0
    beyond, within = float(view.rungs[j - 1]), float(view.rungs[j])
    values = {1: view.table.above[0], -1: view.table.below[0]}
    departures = {side: abs(values[side][j - 1] - _parabola(view, j, side, view.steps[j - 1])) for side in (1, -1)}
    side = max(departures, key=lambda side: departures[side])
    jump = departures[side]
    while within - beyond > COARSE and most > 0:
        most -= 1
        middle = (beyond + within) / 2
        step = float(lengths(view.table.unit, [middle])[0, 0])
        value = _value((yield Request((middle,), (side,))), side, output)
        now = abs(value - _parabola(view, j, side, step))
        beyond, within, jump = (middle, within, now) if now > _allowed(view, j, step) else (beyond, middle, jump)
    step = float(lengths(view.table.unit, [beyond])[0, 0])
    return float(jump) if jump > max(FULL * noise, ABRUPT * _allowed(view, j, step)) else 0.0


def _end_of_parabola(view: View, least: float) -> int:
    """Return the number of the longest step up to which f is a parabola, as far as rounding lets jumps be seen."""
    j = len(view.rungs) - 1
    while j > 0 and _allowed(view, j, view.steps[j - 1]) <= least:
        step = view.steps[j - 1]
        values = {1: view.table.above[0, j - 1], -1: view.table.below[0, j - 1]}
        if any(abs(values[side] - _parabola(view, j, side, step)) > _allowed(view, j, step) for side in values):
            break
        j -= 1
    return j


def _parabola(view: View, j: int, side: int, step: float) -> float:
    """Return the parabola through the values at step ``j``; a straight line far beyond it, if they show no bend."""
    ratio = step / view.steps[j]
    return float(view.center + side * view.odd[j] * ratio + _bends(view, j, ratio) * view.even[j] * ratio**2)


def _allowed(view: View, j: int, step: float) -> float:
    """Return how far rounding may move a value from that parabola."""
    ratio = step / view.steps[j]
    return float(CLEAR * view.floors[j] * (1 + ratio + _bends(view, j, ratio) * ratio**2))


def _bends(view: View, j: int, ratio: float) -> bool:
    return bool(ratio < NEIGHBOURS or abs(view.even[j]) > CLEAR * view.floors[j])


def _value(table: Table, side: int, output: int) -> float:
    return float((table.above if side > 0 else table.below)[output, 0])
