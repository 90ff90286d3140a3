"""Derivatives along many lines at once: what is easy for all of them together, the rest line by line."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Indices
from numgrad.derivatives.fit import Fit, fit_pairs
from numgrad.derivatives.jumps import Request
from numgrad.derivatives.ladder import BOTH
from numgrad.derivatives.lines import Lines
from numgrad.derivatives.outcome import Limits, Outcome
from numgrad.derivatives.refine import Search, refine
from numgrad.derivatives.search import AFAR, CONVERGING, FIRST, NEXT, TINY, WIDE
from numgrad.derivatives.table import Table, sample

__all__ = ["solve"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class _Batch:
    """Some lines and the samples of all their outputs."""

    lines: Indices
    table: Table
    outputs: int

    def rows(self, some: Mask) -> Indices:
        """Return the rows of the table that belong to some of the lines."""
        return np.flatnonzero(np.repeat(some, self.outputs))

    def all(self, of_rows: Mask) -> Mask:
        """Return of which lines something is true for all outputs."""
        return np.asarray(of_rows.reshape(-1, self.outputs).all(axis=1))

    def of(self, some: Mask) -> "_Batch":
        """Return some of the lines."""
        return _Batch(self.lines[some], self.table.of(self.rows(some)), self.outputs)

    def joined(self, table: Table) -> "_Batch":
        """Return the lines with further samples."""
        return _Batch(self.lines, self.table.joined(table), self.outputs)

    def each(self) -> Iterator[tuple[int, Table]]:
        """Yield each line with its own samples."""
        for i, line in enumerate(self.lines.tolist()):
            yield line, self.table.of(np.arange(i * self.outputs, (i + 1) * self.outputs))


def solve(lines: Lines, limits: Limits) -> Outcome:
    """Return the derivatives of all outputs along all lines, (lines, outputs)."""
    outcome = Outcome.unknown((len(lines), lines.center.size))
    if lines.center.size == 0:
        return outcome
    with np.errstate(all="ignore"):
        searches: dict[int, Search] = {}
        sentinel = np.minimum(lines.finest, FIRST[-1])
        for last in sorted(set(sentinel.tolist())):
            which = np.flatnonzero(sentinel == last)
            for batch in _left_open(lines, limits, outcome, which, last):
                for line, table in batch.each():
                    searches[line] = refine(table, int(lines.finest[line]), limits, lines.sides)
        _run(lines, searches, outcome)
    return outcome


def _left_open(lines: Lines, limits: Limits, outcome: Outcome, which: Indices, last: int) -> list[_Batch]:
    """Enter the lines that the first rungs settle; return those that they do not."""
    if lines.sides != BOTH:
        return [_Batch(which, sample(lines, which, ()), lines.center.size)]
    rungs = tuple(sorted({*FIRST[:-1], last}))
    batch = _Batch(which, sample(lines, which, rungs), lines.center.size)
    fit, settled, near = _judge(batch, limits)
    constant = ~batch.all(batch.table.changes()) & settled
    _enter(outcome, batch, fit, settled)
    afford = limits.max_evaluations - 1 - 2 * len(rungs)
    left = [_changing_afar(lines, batch.of(constant))] if constant.any() and afford >= 2 else []
    if settled.all():
        return left
    left.append(batch.of(~settled & ~near))
    if near.any() and afford < 2 * len(NEXT):
        left.append(batch.of(near))
    elif near.any():
        batch = batch.of(near)
        batch = batch.joined(sample(lines, batch.lines, tuple(rung for rung in NEXT if rung < last)))
        fit, settled, _ = _judge(batch, limits)
        _enter(outcome, batch, fit, settled)
        left.append(batch.of(~settled))
    return left


def _changing_afar(lines: Lines, near: _Batch) -> _Batch:
    """Return those lines of a batch on which an output that is constant so far changes farther away."""
    afar = near.joined(sample(lines, near.lines, (AFAR,)))
    return afar.of(~near.all(near.table.changes() | ~afar.table.changes()))


def _judge(batch: _Batch, limits: Limits) -> tuple[Fit, Mask, Mask]:
    """Return the fit, and which lines it settles, and which it nearly does."""
    table, flat = batch.table, batch.table.is_flat()
    fit = fit_pairs(table, table.quantum() if table.is_still().any() else np.zeros_like(table.center))
    by_noise = (fit.top == table.rungs[0]) & (fit.terms == 1) & (fit.error > WIDE * np.abs(fit.value))
    by_noise &= (fit.error < np.abs(fit.value)) | (table.unit < TINY)
    settled = fit.settled(limits.accuracy) & ~(by_noise | flat)
    near = settled | (fit.error <= CONVERGING * np.abs(fit.value))
    done = batch.all(settled)
    return fit, done, batch.all(near) & ~done


def _enter(outcome: Outcome, batch: _Batch, fit: Fit, settled: Mask) -> None:
    """Enter the derivatives of settled lines."""
    if not settled.any():
        return
    arrays = (fit.value, fit.error, fit.noise, fit.step(batch.table.unit))
    value, error, noise, step = (array.reshape(-1, batch.outputs)[settled] for array in arrays)
    outcome.enter(batch.lines[settled], value, error, noise, step)


def _run(lines: Lines, searches: dict[int, Search], outcome: Outcome) -> None:
    """Let all searches go on together, that a vectorized f may see many points at a time."""
    answers: dict[int, Table | None] = dict.fromkeys(searches)
    while answers:
        requests = {}
        for line, answer in answers.items():
            try:
                requests[line] = searches[line].send(answer)  # type: ignore[arg-type] # None begins
            except ValueError as refusal:
                raise refusal from lines.raised
            except StopIteration as end:
                for field in fields(Outcome):
                    getattr(outcome, field.name)[line] = getattr(end.value, field.name)
        answers = _answer(lines, requests)


def _answer(lines: Lines, requests: dict[int, Request]) -> dict[int, Table | None]:
    """Return the samples that were asked for, taken together where the same were."""
    tables: dict[int, Table | None] = {}
    for request in set(requests.values()):
        which = np.array([line for line, asked in requests.items() if asked == request])
        tables.update(_Batch(which, sample(lines, which, *request), lines.center.size).each())
    return tables
