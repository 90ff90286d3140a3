"""Derivatives with error bars, from polynomials fitted to samples on the rungs of a ladder.

The samples of a window of neighbouring rungs are expanded in polynomials that are orthonormal on it. Their coefficients
decay as fast as f is smooth, down to a plateau, which is the noise of f. The derivative is the slope of the terms
before the plateau; its error is the height of the plateau, times the slopes of those terms. Nothing is assumed of the
noise but that it is at least the rounding of the values, and nothing of the truncation: where no plateau is
reached, the coefficients left out are the larger, and the error with them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array, Indices
from numgrad.derivatives.ladder import RATIO, SHORTEST, Parity, basis, step_of, steps_of
from numgrad.derivatives.table import Table

__all__ = ["AT_FLOOR", "FAR_BELOW", "LONGEST", "SPARE", "Fit", "fit_above", "fit_pairs"]

CAUTION, FEW_SEEN = 8.0, 32.0
"""Error bars are ``CAUTION * (1 + FEW_SEEN / m²)`` standard errors, where m coefficients show the plateau: at least 4
from both sides, 2 from one. A guess: 5 was too small once in 10,000 derivatives of composed functions."""

LONGEST, LONGEST_ON_ONE_SIDE = 8, 11
"""Rungs of a window; on one side the powers go up by one and not by two."""

AT_FLOOR = 30.0
"""Noise of up to so many roundings is put down to f's own arithmetic."""

SPARE = 2
"""So many coefficients of a window are at least left to measure the noise by."""

DROWNING = 0.1
"""Noise of this share of f leaves nothing known: what oscillates faster than the steps looks the same."""

FAR_BELOW = 6
"""So many rungs below a window f is a parabola, if the window shows what it is: a cube has shrunk to 7e-6 there."""

APART = 4
"""One more rung belongs to a window if it is so much finer: it sees what the window does not."""

SQRT2 = np.sqrt(2.0)


@dataclass(frozen=True)
class Fit:
    """The best derivative that the samples give of each of N functions."""

    value: Array
    error: Array
    """Inf where no window has finite samples."""
    noise: Array
    """The plateau, in the units of f."""
    floor: Array
    """The least noise that was thinkable."""
    plain: Array
    """Noise that is no more than f's own: of a few roundings, or of the grid of its values."""
    drowned: NDArray[np.bool_]
    """Whether noise is of the size of f."""
    calm: NDArray[np.bool_]
    """Whether f is as the fit has it at far shorter steps too, but for plain noise."""
    top: Indices
    """The rung that the window begins with."""
    bottom: Indices
    """The rung that it ends with."""
    terms: Indices
    """How many coefficients stand before the plateau."""

    def settled(self, accuracy: float) -> NDArray[np.bool_]:
        """Return where the error is as small as asked for, relative to the value, or the noise of f leaves no less."""
        precise = (self.error <= accuracy * np.abs(self.value)) & self.calm
        return np.asarray((precise | (self.noise <= self.plain)) & np.isfinite(self.error))

    def step(self, unit: Any) -> Any:
        """Return the longest step of the window, where rung 0 is ``unit``; NaN where no window has finite samples."""
        return np.where(np.isfinite(self.error), step_of(unit, self.top), np.nan)[()]

    @property
    def is_plateau(self) -> NDArray[np.bool_]:
        """Where coefficients beyond those that are taken show noise that is more than plain."""
        spare = self.terms < self.bottom - self.top + 1 - SPARE
        return np.asarray(np.isfinite(self.error) & spare & (self.noise > self.plain))

    def off(self, other: "Fit") -> float:
        """Return how far one derivative may be off if another is right."""
        return float(abs(self.value - other.value) + other.error)

    def of(self, rows: Any) -> "Fit":
        """Return the fit of some of the functions."""
        return Fit(*(getattr(self, field.name)[rows] for field in fields(self)))

    def is_better_than(self, other: "Fit") -> NDArray[np.bool_]:
        """Return where the error is smaller; what is drowned in noise is worse than all that is not."""
        smaller = np.where(self.drowned == other.drowned, self.error < other.error, other.drowned)
        return np.asarray(smaller & np.isfinite(self.error))

    def replace(self, other: "Fit", where: Any) -> "Fit":
        """Return the fit that takes the values of ``other`` where a mask says so."""
        pairs = ((getattr(other, field.name), getattr(self, field.name)) for field in fields(self))
        return Fit(*(np.where(where, theirs, ours) for theirs, ours in pairs))


def fit_pairs(table: Table, quantum: Array) -> Fit:
    """Return for each function the derivative with the smallest error, from values on both sides of x.

    ``quantum`` is noise known beforehand, (N,): half the step of the grid that the values lie on.
    """
    return _best(table, quantum, _PAIRS)


def fit_above(table: Table, quantum: Array) -> Fit:
    """Return for each function the derivative from the right with the smallest error, from values above x."""
    return _best(table, quantum, _ABOVE)


def _best(table: Table, quantum: Array, samples: "_Samples") -> Fit:
    best = None
    for window in _windows(table.rungs, samples.longest):
        found = _fit_window(table, quantum, window, samples)
        best = found if best is None else best.replace(found, found.is_better_than(best))
    return best or _nothing(len(table.unit))


class _Window(NamedTuple):
    """Neighbouring rungs, by their columns, and perhaps one much finer."""

    columns: Indices
    length: int
    """How many of them are neighbours."""
    rungs: tuple[int, ...]
    shape: tuple[int, ...]
    """The rungs as if the first were 0."""


@lru_cache(maxsize=512)
def _windows(rungs: tuple[int, ...], longest: int) -> tuple[_Window, ...]:
    return tuple(_all_windows(rungs, longest))


def _all_windows(rungs: tuple[int, ...], longest: int) -> Iterator[_Window]:
    for start in range(len(rungs) - SHORTEST + 1):
        length = 1
        while length < longest and start + length < len(rungs) and rungs[start + length] == rungs[start] + length:
            length += 1
        if length < SHORTEST:
            continue
        columns = list(range(start, start + length))
        columns += [i for i in range(start + length, len(rungs)) if rungs[i] >= rungs[columns[-1]] + APART][:1]
        chosen = tuple(rungs[i] for i in columns)
        yield _Window(np.array(columns), length, chosen, tuple(rung - chosen[0] for rung in chosen))


def _nothing(count: int) -> Fit:
    nan, inf, none = np.full(count, np.nan), np.full(count, np.inf), np.full(count, -1)
    return Fit(nan, inf, nan, nan, nan, none < 0, none < 0, none, none, none)


class _Expansion(NamedTuple):
    """Samples of a window in terms of orthonormal polynomials."""

    coefficients: Array
    """Of the polynomials that have a slope at 0, (N, m)."""
    slopes: Array
    """Their slopes, in units of 1 / (longest step), (m,)."""
    amplification: Array
    """Of noise, in the slope of the first of them together, (m,)."""
    others: Array
    """Coefficients of those that have none, less the first of them, which is f(x)."""
    bend: Array
    """|f″| times the longest step, as seen on it, (N,)."""
    largest: Array
    """The largest |f|, (N,)."""


class _Samples(NamedTuple):
    """What is known of f: values on both sides of x, or above it alone."""

    longest: int
    """Rungs of a window."""
    expand: Callable[[Table, _Window], _Expansion]
    is_calm: Callable[[Table, _Window, Fit], NDArray[np.bool_]]
    """Return where f at far shorter steps is as a fit has it, up to noise that is no more than its own."""


def _fit_window(table: Table, quantum: Array, window: _Window, samples: _Samples) -> Fit:
    """Return the best fit on one window, over the number of terms."""
    step = steps_of(table.unit, window.rungs[:1])
    terms = np.arange(1, window.length - SPARE + 1)
    found = samples.expand(table, window)
    largest = np.where(found.largest > 0, found.largest, 1.0)  # of 0 alone no size is known
    rounding = table.rounding(largest) + np.finfo(np.float64).smallest_subnormal
    floor, plain = np.maximum(rounding, quantum), np.maximum(AT_FLOOR * rounding, 2 * quantum)
    rest = _left_after(found.coefficients, terms)
    freedom = window.length - terms
    if found.others.size:
        rest, freedom = np.maximum(rest, _left_after(found.others, terms)), 2 * freedom
    noise = np.maximum(rest, floor[:, np.newaxis])
    value = np.cumsum(found.coefficients[:, : len(terms)] * found.slopes[: len(terms)], axis=1) / step
    error = noise * (CAUTION * (1 + FEW_SEEN / freedom**2) * found.amplification[: len(terms)]) / step
    error += (table.blur / step[:, 0] * found.bend)[:, np.newaxis]
    error = np.where(np.isfinite(error) & np.isfinite(value), error, np.inf)
    rows, best = np.arange(len(error)), error.argmin(axis=1)
    top, bottom = (np.full(len(rows), window.rungs[i]) for i in (0, window.length - 1))
    value, error, noise = (array[rows, best] for array in (value, error, noise))
    drowned = noise > DROWNING * largest
    fit = Fit(value, error, noise, floor, plain, drowned, np.ones(len(rows), dtype=np.bool_), top, bottom, terms[best])
    if (noise > plain).any():  # else it makes no difference
        return replace(fit, calm=samples.is_calm(table, window, fit))
    return fit


def _is_calm_in_pairs(table: Table, window: _Window, fit: Fit) -> NDArray[np.bool_]:
    columns, steps = _far_below(table, window)
    above, below = (side[:, columns] - table.center[:, np.newaxis] for side in (table.above, table.below))
    value, error, noise, plain = (array[:, np.newaxis] for array in (fit.value, fit.error, fit.noise, fit.plain))
    ratios, sums, differences = steps / steps[:, :1], above + below, above - below - 2 * value * steps
    bend_agrees = np.abs(sums - sums[:, :1] * ratios**2) <= 2 * (plain + noise * ratios**2)
    slope_agrees = np.abs(differences - differences[:, :1] * ratios**3) <= 2 * (plain + error * steps)
    return np.asarray((bend_agrees & slope_agrees)[:, 1:].all(axis=1))


def _is_calm_above(table: Table, window: _Window, fit: Fit) -> NDArray[np.bool_]:
    columns, steps = _far_below(table, window)
    value, error, plain = (array[:, np.newaxis] for array in (fit.value, fit.error, fit.plain))
    rest = table.above[:, columns] - table.center[:, np.newaxis] - value * steps
    slope_agrees = np.abs(rest - rest[:, :1] * (steps / steps[:, :1]) ** 2) <= 2 * (plain + error * steps)
    return np.asarray(slope_agrees[:, 1:].all(axis=1))


def _far_below(table: Table, window: _Window) -> tuple[list[int], Array]:
    """Return the columns of the last rung of a window and of those far below it, and their steps."""
    last = window.length - 1
    columns = [window.columns[last]]
    columns += [i for i, rung in enumerate(table.rungs) if rung >= window.rungs[last] + FAR_BELOW]
    return columns, steps_of(table.unit, [table.rungs[i] for i in columns])


def _expand_pairs(table: Table, window: _Window) -> _Expansion:
    above, below = _changes(table.above, table, window), _changes(table.below, table, window)
    odd, even = (basis(window.shape, parity) for parity in (Parity.ODD, Parity.EVEN))
    step = step_of(table.unit, window.rungs[0])
    return _Expansion(
        _project((above - below) / SQRT2, odd.vectors),
        odd.slopes,
        odd.amplification,
        _project((above + below) / SQRT2, even.vectors[1:])[:, 1:],
        np.abs(above[:, 0] + below[:, 0]) / step,
        _largest(np.maximum(np.abs(table.above), np.abs(table.below)), table, window),
    )


def _expand_above(table: Table, window: _Window) -> _Expansion:
    above, polynomials = _changes(table.above, table, window), basis(window.shape, Parity.ALL)
    steps = steps_of(table.unit, window.rungs[:2])
    slopes = above[:, :2] / steps
    return _Expansion(
        _project(above, polynomials.vectors[1:])[:, 1:],
        polynomials.slopes[1:],
        polynomials.amplification[1:],
        np.empty((len(above), 0)),
        2 * np.abs(slopes[:, 0] - slopes[:, 1]) / (1 - 1 / RATIO),
        _largest(np.abs(table.above), table, window),
    )


_PAIRS = _Samples(LONGEST, _expand_pairs, _is_calm_in_pairs)
_ABOVE = _Samples(LONGEST_ON_ONE_SIDE, _expand_above, _is_calm_above)


def _changes(side: Array, table: Table, window: _Window) -> Array:
    """Return f less f(x), lest the digits of f(x) hide those of the differences: at x itself, that is 0."""
    return np.asarray(side[:, window.columns] - table.center[:, np.newaxis])


def _largest(sizes: Array, table: Table, window: _Window) -> Array:
    return np.asarray(np.maximum(np.abs(table.center), sizes[:, window.columns].max(axis=1)))


def _project(data: Array, vectors: Array) -> Array:
    """Return ``data @ vectors``, (N, m), summed term by term: the digits of a row must not depend on N."""
    products = np.multiply(data.T[:, :, np.newaxis], vectors[:, np.newaxis, :], order="C")
    return np.asarray(products.sum(axis=0))


def _left_after(coefficients: Array, terms: Indices) -> Array:
    """Return the largest coefficient that comes after so many terms, (N, terms)."""
    largest = np.maximum.accumulate(np.abs(coefficients)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(largest[:, terms[0] : terms[-1] + 1])
