"""The search for the derivatives along one line, rung by rung, from what is known to what is asked for."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from numgrad._typing import Array, Indices
from numgrad.derivatives.fit import Fit, fit_pairs
from numgrad.derivatives.jumps import Request, jump_of_staircase, jumps_beside_constants
from numgrad.derivatives.ladder import BOTH
from numgrad.derivatives.one_sided import from_sides
from numgrad.derivatives.outcome import Budget, Limits, Outcome, contradiction, diverges
from numgrad.derivatives.search import AFAR, CLEAR, ROUNDING, Finding, longer, look
from numgrad.derivatives.table import Table
from numgrad.derivatives.view import View

__all__ = ["Search", "refine"]

HIDDEN = 1e5
"""Changes of f by so many of its roundings may be lost in those of what it is computed from."""

GROWN = 3
"""Noise that is so many times larger on longer steps is structure of f, and these steps are too long."""

UNDERCUT = 10
"""Noise that much shorter steps show to be so many times less may have been the steps of a staircase."""

FROM_SIDES = {Finding.KINK, Finding.ONE_SIDED}
"""What is left to derivatives from one side."""

Search = Generator[Request, Table, Outcome]

Looks = list[tuple[int, View, tuple[int, ...] | Finding]]


def refine(table: Table, finest: int, limits: Limits, sides: tuple[int, ...]) -> Search:
    """Ask for samples of a line until the derivatives of all outputs are found, and return them.

    Parameters
    ----------
    table: what was sampled so far.
    finest: the last rung that floats can take.
    limits: when to end.
    sides: of x, that f is evaluated on.

    """
    outcome = Outcome.unknown((len(table.center),))
    budget = Budget(limits.max_evaluations - 1 - len(sides) * len(table.rungs))
    outputs = np.arange(len(table.center))
    if sides == BOTH:
        table, outputs = yield from _from_both(table, outcome, finest, budget, limits)
    if outputs.size:
        yield from from_sides(table, outputs, outcome, finest, budget, limits.accuracy, sides)
    return outcome


def _from_both(
    table: Table, outcome: Outcome, finest: int, budget: Budget, limits: Limits
) -> Generator[Request, Table, tuple[Table, Indices]]:
    """Write down all central derivatives; return what was sampled, and the outputs that have none."""
    outputs, broken = np.arange(len(table.center)), []
    jumps = np.full(len(table.center), np.nan)
    memories = {output: _Memory() for output in outputs.tolist()}
    while outputs.size:
        yield from jumps_beside_constants(table, outputs[table.is_flat()[outputs]], jumps, budget)
        looks: Looks = []
        for output, view in _views(table, outputs, jumps, finest, limits):
            looks.append((output, *(yield from _look(output, view, memories[output], budget))))
        rungs = budget.afford(_most_wanted(looks), 2)
        for output, view, found in looks:
            if found not in FROM_SIDES and (isinstance(found, Finding) or not rungs):
                _write(outcome, output, view, found, memories[output])
            if found in {*FROM_SIDES, Finding.UNSETTLED}:
                broken.append(output)
        if not rungs:
            break
        outputs = np.array([output for output, _, found in looks if not isinstance(found, Finding)], dtype=np.intp)
        table = table.joined((yield Request(rungs, BOTH)))
    return table, np.array(broken, dtype=np.intp)


@dataclass
class _Memory:
    """What was seen of an output on the way."""

    plateaus: list[View] = field(default_factory=list)
    """Where its coefficients showed noise, and the search went on."""
    fits: list[Fit] = field(default_factory=list)
    """What was known, time and again."""
    jump: float = np.nan
    """Of a staircase."""
    shorter: Fit | None = None
    """What was known when steps got longer than the first."""


def _look(
    output: int, view: View, memory: _Memory, budget: Budget
) -> Generator[Request, Table, tuple[View, tuple[int, ...] | Finding]]:
    """Return what to do about an output, and what is known of it: if it is a staircase, that its jumps are noise."""
    found = look(view)
    if memory.shorter and view.fit.noise > max(GROWN * memory.shorter.noise, view.fit.plain):
        return replace(view, fit=memory.shorter), Finding.NOISE
    if not memory.shorter and not isinstance(found, Finding) and AFAR < min(found) < 0:
        memory.shorter = view.fit
    memory.fits.append(view.fit)
    suspects = _suspects(view, found, memory.plateaus)
    if not isinstance(found, Finding) and view.fit.is_plateau:
        memory.plateaus.append(view)
    if suspects and not memory.jump > 0:
        memory.jump = yield from jump_of_staircase(view, output, suspects[-1].fit, budget)
        if memory.jump >= 0:
            memory.plateaus.clear()
    if memory.jump > 0:
        view = view.with_quantum(memory.jump / 2)
        return view, longer(view) or Finding.NOISE
    return view, found


def _suspects(view: View, found: tuple[int, ...] | Finding, plateaus: list[View]) -> list[View]:
    """Return views whose plateau may be that of a staircase.

    It may where a search ends on shorter steps with much less noise, where it does not come to an end, and where
    noise is small enough to be rounding.
    """
    if found is Finding.NOISE:
        return []
    is_end = isinstance(found, Finding)
    may_be_rounding = not is_end and view.fit.noise < ROUNDING * view.largest
    if view.fit.is_plateau and (found is Finding.UNSETTLED or may_be_rounding):
        return [view]
    return [plateau for plateau in plateaus if is_end and view.fit.noise < plateau.fit.noise / UNDERCUT]


def _most_wanted(looks: Looks) -> tuple[int, ...]:
    """Return the rungs that the output with the largest relative error asks for."""
    wanted = [(_relative_error(view), found) for _, view, found in looks if not isinstance(found, Finding)]
    return max(wanted, default=(0.0, ()))[1]


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


def _write(outcome: Outcome, output: int, view: View, found: object, memory: _Memory) -> None:
    """Write down the derivative of an output on which no more is to be found out."""
    value, error = float(view.fit.value), float(view.fit.error)
    clear = np.abs(view.odd) > CLEAR * view.floors
    if found is Finding.JUMP or (found is not Finding.SETTLED and view.fit.drowned):
        error = np.inf
    elif np.isfinite(error):
        error = max([error, *_doubts(view, memory)])
        if found is not Finding.NOISE:
            error = max(error, _contradiction(view, float(view.fit.noise) if found is Finding.SETTLED else 0.0))
    if not np.isfinite(value) and view.rungs:
        value = float(view.slopes[-1])
    if found not in {Finding.SETTLED, Finding.NOISE} and diverges(view.slopes, view.rungs, clear):
        error = np.inf
    outcome.enter(output, value, error, float(view.fit.noise), view.fit.step(view.unit))


def _contradiction(view: View, noise: float) -> float:
    """Return by how much slopes on steps shorter than those of the fit are other than it says, beyond noise."""
    bottom = view.rungs.index(view.fit.bottom)
    doubt = CLEAR * np.maximum(view.floors, noise) / view.steps
    return contradiction(view.slopes[bottom:], view.steps[bottom:], float(view.fit.value), 2, doubt[bottom:])


def _doubts(view: View, memory: _Memory) -> list[float]:
    """Return how far the derivative may be off: what fits on longer steps say, where rounding may mislead this one.

    Rounding that is noise on longer steps may look smooth on shorter ones: of 1 - x², near x = 1, it is a line. And
    changes of f that are seen on longer steps may be lost in it on shorter ones.
    """
    fit, lost = view.fit, HIDDEN * view.table.rounding(view.largest) / view.fit.step(view.unit)
    noisy = [plateau.fit for plateau in memory.plateaus if plateau.fit.noise < ROUNDING * plateau.largest]
    lost_beside = [other for other in memory.fits if other.bottom < fit.top]
    return [
        *(fit.off(other) for other in noisy if other.bottom < fit.bottom),
        *(fit.off(other) for other in lost_beside if fit.error + other.error < abs(fit.value - other.value) < lost),
    ]
