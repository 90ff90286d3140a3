"""The search for the derivatives along one line, rung by rung, from what is known to what is asked for."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array, Indices
from numgrad.derivatives.fit import fit_above, fit_pairs
from numgrad.derivatives.ladder import RATIO, lengths
from numgrad.derivatives.search import CLEAR, Finding, View, look
from numgrad.derivatives.table import Table

__all__ = ["BOTH", "Limits", "Outcome", "Request", "Search", "refine"]

BOTH = (1, -1)

ONE_SIDE = tuple(range(11))
"""The rungs that a derivative from one side is taken on at first."""

NARROW, WITHIN = 2**-11, 2**-4
"""The place where f begins to change is narrowed down to so much of a rung; changes so near to it are compared."""

CONTINUOUS = 4
"""A change that shrinks by this factor meanwhile, while its place is narrowed 128 times, begins with a kink."""

MORE = 4
"""And so many at a time thereafter."""

OVERWHELMING = 0.1
"""Noise of this share of f: what oscillates faster than the finest rung looks the same."""

DIVERGING = 4.0
"""Slopes that grow by this factor toward x, and by it again, have no limit."""

SPREAD = 6
"""So many rungs lie between such slopes."""


class Request(NamedTuple):
    """Rungs that are to be sampled, beyond x, before it, or both."""

    rungs: tuple[int, ...]
    sides: tuple[int, ...]


class Limits(NamedTuple):
    """What ends a search: a relative error that is enough, and the evaluations of a line."""

    accuracy: float
    max_evaluations: int


@dataclass(frozen=True)
class Outcome:
    """The derivatives of a line's outputs, (outputs,): filled in as they are found."""

    value: Array
    error: Array
    noise: Array
    step: Array
    left: Array
    right: Array


Search = Generator[Request, Table, Outcome]


def refine(table: Table, finest: int, limits: Limits, sides: tuple[int, ...]) -> Search:
    """Ask for samples of a line until the derivatives of all outputs are found, and return them.

    Parameters
    ----------
    table: what was sampled so far.
    finest: the last rung that floats can take.
    limits: when to end.
    sides: of x, that f is evaluated on.

    """
    outcome = Outcome(*(np.full(len(table.center), np.nan) for _ in range(6)))
    outputs, broken = np.arange(len(table.center)), []
    jumps = np.full(len(table.center), np.nan)
    while sides == BOTH and outputs.size:
        for output in outputs[np.isnan(jumps[outputs]) & table.is_flat()[outputs]].tolist():
            jumps[output] = yield from _jump(table.of(np.array([output])), output)
        looks = [(output, view, look(view)) for output, view in _views(table, outputs, jumps, finest, limits)]
        going_on = [(_relative_error(view), found) for _, view, found in looks if not isinstance(found, Finding)]
        wanted = max(going_on, default=(0.0, ()))[1]
        rungs = wanted[: max((limits.max_evaluations - 1) // 2 - len(table.rungs), 0)]
        for output, view, found in looks:
            if isinstance(found, Finding) or not rungs:
                _write(outcome, output, view, found)
            if found in {Finding.KINK, Finding.ONE_SIDED}:
                broken.append(output)
        if not rungs:
            break
        outputs = np.array([output for output, _, found in looks if not isinstance(found, Finding)])
        table = table.joined((yield Request(rungs, BOTH)))
    if sides != BOTH:
        yield from _from_sides(table, outputs, outcome, finest, limits, sides)
    elif broken:
        rows = np.array(broken)
        yield from _from_sides(table, rows, outcome, finest, limits, _sides_of(table.of(rows)))
    return outcome


def _jump(table: Table, output: int) -> Generator[Request, Table, float]:
    """Return the jump with which f begins to change beside x, around which it is constant; 0 if it does so smoothly.

    On a tread of a staircase the slope that matters is that of the whole staircase, and its noise are the jumps. Where
    a change begins with a kink, there are none, and f is truly flat at x. The place is narrowed down to tell.
    """
    largest = 0.0
    for side, values in ((1, table.above[0]), (-1, table.below[0])):
        changed = np.flatnonzero(np.isfinite(values) & (values != table.center))
        if changed.size == 0:
            continue
        beyond, within = table.rungs[changed[-1]], table.rungs[changed[-1] + 1]
        near = change = abs(float(values[changed[-1]] - table.center[0]))
        while within - beyond > NARROW:
            middle = (beyond + within) / 2
            answer = yield Request((middle,), (side,))
            now = abs(float((answer.above if side > 0 else answer.below)[output, 0] - table.center[0]))
            beyond, within, change = (middle, within, now) if now > 0 else (beyond, middle, change)
            if within - beyond > WITHIN:
                near = change
        largest = max(largest, change if change > near / CONTINUOUS else 0.0)
    return largest


def _relative_error(view: View) -> float:
    return float(view.fit.error / (abs(view.fit.value) or 1.0)) if np.isfinite(view.fit.error) else np.inf


def _views(table: Table, outputs: Indices, jumps: Array, finest: int, limits: Limits) -> Iterator[tuple[int, View]]:
    """Yield outputs as far as they have been sampled, each from the step on from which all values are finite."""
    finite = (np.isfinite(table.above) & np.isfinite(table.below))[outputs]
    backward = np.logical_and.accumulate(finite[:, ::-1], axis=1).sum(axis=1)
    for count in np.unique(backward):
        rows = outputs[backward == count]
        valid = table.of(rows).select(np.arange(len(table.rungs) - count, len(table.rungs)))
        quantum = np.fmax(valid.quantum(), jumps[rows] / 2)
        fit = fit_pairs(valid, quantum)
        for i, output in enumerate(rows.tolist()):
            own = valid.of(np.array([i]))
            yield output, View(own, float(quantum[i]), fit.of(i), frozenset(table.rungs), finest, limits.accuracy)


def _write(outcome: Outcome, output: int, view: View, found: object) -> None:
    """Write down the derivative of an output on which no more is to be found out."""
    value, error = float(view.fit.value), float(view.fit.error)
    noise = float(view.fit.noise) if view.fit.noise < OVERWHELMING * view.largest else 0.0
    clear = np.abs(view.odd) > CLEAR * np.maximum(view.floors, noise)
    if found is Finding.NOISE:
        if view.fit.noise > OVERWHELMING * view.largest:
            error = max(error, view.fit.noise / view.steps[-1])
    elif np.isfinite(error):
        error = max(error, _contradiction(view, float(view.fit.noise) if found is Finding.SETTLED else 0.0))
    if not np.isfinite(value) and view.rungs:
        value = float(view.slopes[-1])
    if found is not Finding.SETTLED and _diverges(view.slopes, view.rungs, clear):
        error = np.inf
    for array in (outcome.value, outcome.left, outcome.right):
        array[output] = value
    outcome.error[output], outcome.noise[output] = error, view.fit.noise
    outcome.step[output] = lengths(view.table.unit, [int(view.fit.top)])[0, 0]


def _contradiction(view: View, noise: float) -> float:
    """Return by how much slopes on steps shorter than those of the fit are other than it says, beyond noise."""
    bottom = view.rungs.index(view.fit.bottom)
    bent = (view.slopes[bottom] - view.fit.value) * (view.steps / view.steps[bottom]) ** 2
    off = np.abs(view.slopes - view.fit.value - bent) - CLEAR * np.maximum(view.floors, noise) / view.steps
    return float(off[bottom + 1 :].max(initial=0.0))


def _diverges(slopes: Array, rungs: tuple[int, ...], clear: NDArray[np.bool_]) -> bool:
    """Return whether slopes, as far as they are clear of noise, grow toward x without an end in sight."""
    apart: list[int] = []
    for i in np.flatnonzero(clear)[::-1]:
        if not apart or rungs[apart[-1]] - rungs[i] >= SPREAD:
            apart.append(int(i))
    finest = np.abs(slopes[apart[:3]])
    return len(finest) == 3 and bool((finest[:-1] > DIVERGING * finest[1:]).all())


def _sides_of(table: Table) -> tuple[int, ...]:
    """Return the sides of x on which f has values at the shortest step."""
    ends = {1: table.above[:, -1:], -1: table.below[:, -1:]}
    return tuple(side for side in BOTH if np.isfinite(ends[side]).any())


def _from_sides(
    table: Table, outputs: Indices, outcome: Outcome, finest: int, limits: Limits, sides: tuple[int, ...]
) -> Generator[Request, Table, None]:
    """Ask for samples until derivatives from one side, or from each, are found, and write them down."""
    left = (limits.max_evaluations - 1 - 2 * len(table.rungs)) // max(len(sides), 1)
    wanted = tuple(rung for rung in ONE_SIDE if rung <= finest and rung not in table.rungs)
    while True:
        wanted = wanted[: max(left, 0)]
        if wanted:
            left -= len(wanted)
            table = table.joined((yield Request(wanted, sides)))
        halves = {side: _half(table.of(outputs), side, limits.accuracy) for side in sides}
        following = next(rung for rung in range(finest + 2) if rung not in table.rungs)
        if not wanted or following > finest or all(half.settled for half in halves.values()):
            break
        wanted = tuple(rung for rung in range(following, min(following + MORE, finest + 1)) if rung not in table.rungs)
    _write_halves(outcome, outputs, halves)


class _Half(NamedTuple):
    """Derivatives from one side."""

    value: Array
    error: Array
    noise: Array
    step: Array
    settled: bool


def _half(table: Table, side: int, accuracy: float) -> _Half:
    """Return the derivatives that the samples on one side give."""
    if side < 0:
        table = table.mirrored()
    fit = fit_above(table)
    steps = lengths(table.unit, table.rungs)
    changes = table.above - table.center[:, np.newaxis]
    clear = np.abs(changes) > CLEAR * table.eps / 2 * np.maximum(
        np.abs(table.above), np.abs(table.center)[:, np.newaxis]
    )
    endless = [_diverges(row / step, table.rungs, seen) for row, step, seen in zip(changes, steps, clear, strict=True)]
    settled = fit.settled(accuracy)
    error = np.where(endless, np.inf, fit.error)
    step = lengths(table.unit, [0])[:, 0] * RATIO ** -fit.top.astype(float)
    return _Half(side * fit.value, error, fit.noise, step, bool(settled.all()))


def _write_halves(outcome: Outcome, outputs: Indices, halves: dict[int, _Half]) -> None:
    """Write down one-sided derivatives: what lies between them is as good, so the error spans them."""
    for side, half in halves.items():
        (outcome.right if side > 0 else outcome.left)[outputs] = half.value
        outcome.noise[outputs], outcome.step[outputs] = half.noise, half.step
    values = np.array([half.value for half in halves.values()])
    errors = np.array([half.error for half in halves.values()])
    outcome.value[outputs] = values.mean(axis=0)
    outcome.error[outputs] = np.ptp(values, axis=0) / 2 + errors.max(axis=0)
    for side, array in ((1, outcome.right), (-1, outcome.left)):
        if side not in halves:
            array[outputs] = np.nan
