"""Derivatives along many lines at once: what is easy for all of them together, the rest line by line."""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Indices
from numgrad.derivatives.fit import Fit, fit_pairs
from numgrad.derivatives.ladder import RATIO
from numgrad.derivatives.lines import Lines
from numgrad.derivatives.refine import BOTH, Limits, Outcome, Request, Search, refine
from numgrad.derivatives.search import CONVERGING, FIRST, NEXT, TINY, WIDE
from numgrad.derivatives.table import Table, sample

__all__ = ["solve"]

Mask = NDArray[np.bool_]


def solve(lines: Lines, limits: Limits) -> Outcome:
    """Return the derivatives of all outputs along all lines, (lines, outputs)."""
    outcome = Outcome(*(np.full((len(lines), lines.center.size), np.nan) for _ in fields(Outcome)))
    with np.errstate(all="ignore"):
        searches: dict[int, Search] = {}
        sentinel = np.minimum(lines.finest, FIRST[-1])
        for last in np.unique(sentinel).tolist():
            which = np.flatnonzero(sentinel == last)
            for some, table in _left_open(lines, limits, outcome, which, last):
                for i, line in enumerate(some.tolist()):
                    own = table.of(_rows(np.array([i]), lines.center.size))
                    searches[line] = refine(own, int(lines.finest[line]), limits, lines.sides)
        _run(lines, searches, outcome)
    return outcome


def _left_open(
    lines: Lines, limits: Limits, outcome: Outcome, which: Indices, last: int
) -> Iterator[tuple[Indices, Table]]:
    """Enter the lines that the first rungs settle; yield those that they do not, with their samples."""
    if lines.sides != BOTH:
        yield which, sample(lines, which, ())
        return
    rungs = tuple(sorted({*FIRST[:-1], last}))
    table = sample(lines, which, rungs)
    fit, settled, near = _judge(table, limits, lines.center.size)
    _enter(outcome, which[settled], table, fit, np.flatnonzero(settled))
    far = ~settled & ~near
    yield which[far], table.of(_rows(np.flatnonzero(far), lines.center.size))
    rungs = tuple(rung for rung in NEXT if rung < last)
    if not near.any():
        return
    which, table = which[near], table.of(_rows(np.flatnonzero(near), lines.center.size))
    table = table.joined(sample(lines, which, rungs))
    fit, settled, _ = _judge(table, limits, lines.center.size)
    _enter(outcome, which[settled], table, fit, np.flatnonzero(settled))
    yield which[~settled], table.of(_rows(np.flatnonzero(~settled), lines.center.size))


def _judge(table: Table, limits: Limits, outputs: int) -> tuple[Fit, Mask, Mask]:
    """Return the fit, and which lines it settles, and which it nearly does."""
    fit = fit_pairs(table, table.quantum())
    by_noise = (fit.top == table.rungs[0]) & (fit.terms == 1) & (fit.error > WIDE * np.abs(fit.value))
    by_noise &= (fit.error < np.abs(fit.value)) | (table.unit < TINY)
    settled = fit.settled(limits.accuracy) & ~(by_noise | table.is_flat())
    near = settled | (fit.error <= CONVERGING * np.abs(fit.value))
    done, nearly = (mask.reshape(-1, outputs).all(axis=1) for mask in (settled, near))
    return fit, done, nearly & ~done


def _enter(outcome: Outcome, lines: Indices, table: Table, fit: Fit, rows: Indices) -> None:
    """Enter the derivatives of settled lines, which are some lines of a table."""
    outputs = outcome.value.shape[1]
    own = fit.of(_rows(rows, outputs))
    unit = table.unit[_rows(rows, outputs)]
    shape = (len(lines), outputs)
    for array in (outcome.value, outcome.left, outcome.right):
        array[lines] = own.value.reshape(shape)
    outcome.error[lines], outcome.noise[lines] = own.error.reshape(shape), own.noise.reshape(shape)
    outcome.step[lines] = (unit * RATIO ** -own.top.astype(float)).reshape(shape)


def _run(lines: Lines, searches: dict[int, Search], outcome: Outcome) -> None:
    """Let all searches go on together, that a vectorized f may see many points at a time."""
    answers: dict[int, Table | None] = dict.fromkeys(searches)
    while answers:
        requests = {}
        for line, answer in answers.items():
            try:
                requests[line] = searches[line].send(answer)  # type: ignore[arg-type] # None begins
            except StopIteration as end:
                for field in fields(Outcome):
                    getattr(outcome, field.name)[line] = getattr(end.value, field.name)
        answers = _answer(lines, requests)


def _answer(lines: Lines, requests: dict[int, Request]) -> dict[int, Table | None]:
    """Return the samples that were asked for, taken together where the same were."""
    tables: dict[int, Table | None] = {}
    for request in set(requests.values()):
        which = np.array([line for line, asked in requests.items() if asked == request])
        table = sample(lines, which, *request)
        for i, line in enumerate(which.tolist()):
            tables[line] = table.of(_rows(np.array([i]), lines.center.size))
    return tables


def _rows(lines: Indices, outputs: int) -> Indices:
    """Return the rows of some lines in a table with so many outputs a line."""
    return np.asarray((lines[:, np.newaxis] * outputs + np.arange(outputs)).ravel())
