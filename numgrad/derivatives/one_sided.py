"""Derivatives from one side of x, at the edge of the domain and at a kink."""

from collections.abc import Generator
from typing import NamedTuple

import numpy as np

from numgrad._typing import Array, Indices
from numgrad._validation import expected
from numgrad.derivatives.fit import fit_above
from numgrad.derivatives.jumps import Request
from numgrad.derivatives.ladder import RATIO, lengths
from numgrad.derivatives.outcome import BOTH, Budget, Outcome, diverges
from numgrad.derivatives.search import CLEAR, GRADUAL
from numgrad.derivatives.table import Table

__all__ = ["from_sides"]

FIRST_ON_ONE_SIDE = (*range(9), 20, 32)
"""The rungs that a derivative from one side is taken on at first; the last two see what hides beside x."""

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

    Outputs that have values on one side only are taken from that side.
    """
    wanted = tuple(rung for rung in FIRST_ON_ONE_SIDE if rung <= finest and rung not in table.rungs)
    while True:
        wanted = budget.afford(wanted, len(sides))
        if wanted:
            table = table.joined((yield Request(wanted, sides)))
        halves = {side: _half(table.of(outputs), side, accuracy) for side in sides}
        open_ = [half for half in halves.values() if not half.settled.all()]
        if not wanted or not open_:
            break
        wanted = _next_rungs(table, min(half.start for half in open_), finest)
    _write(outcome, outputs, halves)


class _Half(NamedTuple):
    """Derivatives from one side, (outputs,)."""

    value: Array
    """NaN where f has no values on that side."""
    error: Array
    noise: Array
    step: Array
    settled: Array
    start: int
    """The rung from which on all slopes change gradually."""


def _next_rungs(table: Table, start: int, finest: int) -> tuple[int, ...]:
    """Return the rungs of a window that begins with ``start``, or the last ones, that were not sampled yet."""
    missing = [rung for rung in range(finest + 1) if rung not in table.rungs]
    in_window = [rung for rung in missing if start <= rung < start + WINDOW]
    return tuple(in_window or missing[-WINDOW:])


def _half(table: Table, side: int, accuracy: float) -> _Half:
    """Return the derivatives that the samples on one side give."""
    table = table if side > 0 else table.mirrored()
    there = np.isfinite(table.above).any(axis=1) if table.rungs else np.zeros(len(table.center), dtype=bool)
    quantum = table.quantum_above()
    fit = fit_above(table, quantum)
    steps = lengths(table.unit, table.rungs)
    slopes = (table.above - table.center[:, np.newaxis]) / steps
    settled = fit.settled(accuracy) | ~there
    sizes = np.fmax(np.abs(table.above), np.abs(table.center)[:, np.newaxis])
    noise = np.maximum(table.eps / 2 * sizes, quantum[:, np.newaxis])
    seen = np.where(np.isfinite(fit.noise), fit.noise, 0)[:, np.newaxis]
    error, starts = fit.error.copy(), []
    for row in np.flatnonzero(there):
        doubt = CLEAR * np.maximum(noise, seen * settled[row])[row] / steps[row]
        off = _contradiction(slopes[row], doubt, table.rungs, int(fit.bottom[row]), float(fit.value[row]))
        error[row] = max(error[row], off)
        if not settled[row]:
            starts.append(_start(slopes[row], doubt, table.rungs))
            clear = np.abs(slopes[row]) > CLEAR * noise[row] / steps[row]
            error[row] = np.inf if diverges(slopes[row], table.rungs, clear) else error[row]
    value = np.where(np.isfinite(fit.value), fit.value, np.where(there, slopes[:, -1], np.nan))
    step = table.unit * RATIO ** -fit.top.astype(float)
    return _Half(side * value, np.where(there, error, np.nan), fit.noise, step, settled, min(starts, default=0))


def _contradiction(slopes: Array, doubt: Array, rungs: tuple[int, ...], bottom: int, value: float) -> float:
    """Return by how much slopes on steps shorter than those of the fit are other than it says, beyond noise."""
    if bottom not in rungs or not np.isfinite(value):
        return 0.0
    at = rungs.index(bottom)
    bent = (slopes[at] - value) * RATIO ** (bottom - np.array(rungs, dtype=float))
    off = np.abs(slopes - value - bent)
    return float(np.where(off > doubt, off + doubt, 0)[at + 1 :].max(initial=0.0))


def _start(slopes: Array, doubt: Array, rungs: tuple[int, ...]) -> int:
    """Return the longest step from which on, toward x, slopes change gradually."""
    j = len(rungs) - 1
    while j > 0 and abs(slopes[j - 1] - slopes[j]) <= GRADUAL * abs(slopes[j]) + doubt[j]:
        j -= 1
    return max(int(rungs[j]), 0)


def _write(outcome: Outcome, outputs: Indices, halves: dict[int, _Half]) -> None:
    """Write down one-sided derivatives: what lies between those of both sides is as good, so the error spans them."""
    values, errors = (np.array([getattr(half, name) for half in halves.values()]) for name in ("value", "error"))
    if np.isnan(values).all(axis=0).any():
        sides = " and ".join("above" if side > 0 else "below" for side in halves)
        reason, remedy = "there is no slope at a point alone", "Move x into the domain of f, or widen the domain."
        raise expected("f", f"have values {sides} x", "NaN, inf or an exception at all of them", reason, remedy)
    outcome.value[outputs] = np.nanmean(values, axis=0)
    outcome.error[outputs] = (np.nanmax(values, axis=0) - np.nanmin(values, axis=0)) / 2 + np.nanmax(errors, axis=0)
    for side in BOTH:
        into = outcome.right if side > 0 else outcome.left
        into[outputs] = halves[side].value if side in halves else np.nan
    first = next(iter(halves.values()))
    outcome.noise[outputs], outcome.step[outputs] = first.noise, first.step
