"""Whether a derivative that is claimed at a kink is one of those that f has about it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from verification._typing import Array, Indices
from verification.measurement import Claim, Primal, Reading, Slopes, Trial, signed_uniform

__all__ = ["is_outside", "widened"]

AWAY = 1e-5
"""So far from x, in units of its entries, f is differentiated: far beyond rounding, and before other kinks mostly."""

CLOSER = 3e-9
"""And so far, where it is to be seen that x is at a kink itself, and not beside one."""

SHORT = 1 / 100
"""By differences so short, in units of that: few lie across a kink, and what does is between the slopes beside it."""

POINTS, MORE_POINTS = 16, 256
"""At so many points, and at so many before a gradient is accused: of four equal entries, one of which is the median,
each is missed once in a hundred times, or never."""

DIRECTIONS = 3
"""Along so many random directions slopes there and at x are compared."""

MOST, TURNS = 16, 200
"""Of up to so many entries gradients beside x are taken, and what lies between them is searched in so many turns."""

CURVED = 100 * AWAY
"""Slopes beside x also differ from those at x where f bends, by this share of themselves."""

ROUNDINGS = 16
"""So many roundings of f may be in a difference."""

REPEATED, NOISY = 9, 8
"""At so many points the difference is taken again, twice as long: what changes mostly is noise, so many times of it."""

CONVEX, OTHER = 0.05, 1.0
"""In units of the spread of the slopes that are seen: so far beyond them others may lie. A guess.

Where f is convex or concave along a direction, no slope beside x is beyond those of both sides at x. Elsewhere many
kinks may add up, of which a few points do not show the extremes. By one entry, half of that.
"""

HUGE = 8.0
"""Slopes that are so many times as large as those at x and the claimed ones are steps of rounding inside f."""

LOOKED_AT = 8
"""So many entries that disagree most are looked at from points about x."""


def is_outside(primal: Primal, claim: Claim, entries: Indices, rng: np.random.Generator) -> bool:
    """Return whether along some direction the claimed derivative is beyond all slopes that f has at and about x.

    What a generalised gradient holds are limits of gradients at points beside x, and what lies between those.

    Parameters
    ----------
    entries: those of which the kink may be; only they are moved, first all alike: of a maximum of equal entries the
        slope then is the same everywhere.

    References
    ----------
    F. H. Clarke (1983), Optimization and Nonsmooth Analysis, theorem 2.5.1. J. V. Burke, A. S. Lewis, M. L. Overton
    (2005), A robust gradient sampling algorithm for nonsmooth, nonconvex optimization, SIAM Journal on Optimization
    15(3).

    """
    for direction in _directions(primal, claim, entries, rng):
        claimed, rounding = claim.along(direction)
        for count in (POINTS, MORE_POINTS):
            slopes = _slopes_about(primal, direction, entries, count, rng)
            with np.errstate(invalid="ignore"):
                is_beyond = np.abs(claimed - slopes.value[:, 0]) > slopes.error[:, 0] + rounding
            if not is_beyond.any():
                break
        else:
            return True
    return False


def _directions(primal: Primal, claim: Claim, entries: Indices, rng: np.random.Generator) -> Iterator[Array]:
    """Yield directions that move some entries: all alike, from the claimed gradient to those beside x, and random."""
    lengths = [np.ones(len(entries)), *_separating(primal, claim, entries, rng)]
    for own in (*lengths, *(signed_uniform(rng, len(entries)) for _ in range(DIRECTIONS))):
        direction = np.zeros(primal.size)
        direction[entries] = own
        yield direction


def _separating(primal: Primal, claim: Claim, entries: Indices, rng: np.random.Generator) -> Iterator[Array]:
    """Yield, for each output, the way from what is claimed to the nearest point between gradients beside x."""
    if len(entries) > MOST:
        return
    points = list(_points(primal, entries, POINTS, AWAY, rng))
    units = [(np.arange(primal.size) == entry).astype(np.float64) for entry in entries]
    slopes = np.stack([_beside(primal, unit, points, AWAY)[0] for unit in units], axis=-1)  # (outputs, points, entries)
    for gradients, claimed in zip(slopes, claim.by_entries(entries)[0], strict=True):
        off = gradients[np.isfinite(gradients).all(axis=1)] - claimed
        way = _nearest(off) if len(off) else np.zeros(len(entries))
        if way.any():
            yield way / np.abs(way).max()


def _nearest(points: Array) -> Array:
    """Return the point nearest to 0 of all that lie between some points, nearly (M. Frank, P. Wolfe, 1956)."""
    found = points.mean(axis=0)
    for _ in range(TURNS):
        towards = points[np.argmin(points @ found)] - found
        length = towards @ towards
        share = np.clip(-(found @ towards) / length, 0.0, 1.0) if length > 0 else 0.0
        found = found + share * towards
    return np.asarray(found)


def widened(primal: Primal, trial: Trial, rng: np.random.Generator) -> Trial:
    """Return a trial of entries by themselves with all slopes that f has about x, where they disagree.

    Along one entry alone f may not have all of them: a sum of sorted entries, three of which are equal, has on both
    sides of x those of the first and of the last place alone, and a median of equal entries does not move at all. Of
    those that disagree, the worst are looked at, until one still does; what was not looked at then counts as unknown.
    """
    reading = trial.reading
    doubtful = np.flatnonzero(reading.disagrees.any(axis=0))
    if trial.directions or not doubtful.size:
        return trial
    worst = doubtful[np.argsort(-reading.comparison.share.max(axis=0)[doubtful])]
    slopes = {int(i): Slopes.unknown(len(reading.claimed)) for i in worst}
    for i in worst[:LOOKED_AT].tolist():
        alone = reading.of(np.array([i]))
        slopes[i] = _about(primal, int(trial.group.entries[i]), alone, rng)
        found = replace(alone, slopes=slopes[i])
        if found.disagrees.any():
            return trial
    every = range(reading.claimed.shape[1])
    joined = Slopes.joined([slopes[i] if i in slopes else reading.of(np.array([i])).slopes for i in every])
    return replace(trial, reading=replace(reading, slopes=joined))


def _about(primal: Primal, entry: int, here: Reading, rng: np.random.Generator) -> Slopes:
    """Return the slopes by one entry at x and about it; all others may be at a kink with it, and are moved too."""
    direction = (np.arange(primal.size) == entry).astype(np.float64)
    every = np.arange(primal.size)
    usual = np.nanmax(np.abs([here.claimed, here.slopes.left, here.slopes.right]), axis=(0, 2))
    if all(_is_broken(primal, direction, every, away, usual, rng) for away in (AWAY, CLOSER)):
        return _slopes_about(primal, direction, every, MORE_POINTS, rng, away=CLOSER, margins=(0.0, OTHER / 2))
    return here.slopes


def _is_broken(
    primal: Primal, direction: Array, moved: Indices, away: float, usual: Array, rng: np.random.Generator
) -> bool:
    """Return whether f has other slopes at some points than at others, so far from x; not if some are huge: by steps.

    Parameters
    ----------
    usual: how large slopes are at x, and claimed to be, (outputs,).

    """
    slopes, rounding = _beside(primal, direction, _points(primal, moved, POINTS, away, rng), away)
    largest = np.abs(slopes).max(axis=1)
    doubt = rounding.max(axis=1) + CURVED * largest
    return bool(((np.ptp(slopes, axis=1) > 2 * doubt) & (largest <= HUGE * usual)).any())


def _beside(primal: Primal, direction: Array, points: Iterable[Array], away: float) -> tuple[Array, Array]:
    """Return the slopes along a direction at points so far from x, and how far they are rounded, (outputs, points)."""
    slopes, rounding, changes = list[Array](), list[Array](), list[Array]()
    for point in points:
        short, doubt = _quotient(primal, direction, point, SHORT * away)
        slopes.append(short)
        rounding.append(doubt)
        if len(changes) < REPEATED:
            changes.append(np.abs(_quotient(primal, direction, point, 2 * SHORT * away)[0] - short))
    noise = np.nan_to_num(NOISY * np.median(changes, axis=0), nan=np.inf)
    return np.stack(slopes, axis=1), np.stack(rounding, axis=1) + noise[:, np.newaxis]


def _quotient(primal: Primal, direction: Array, point: Array, step: float) -> tuple[Array, Array]:
    """Return the central difference quotients of all outputs, and how far they are rounded, (outputs,) each."""
    above, below = primal.at(point + step * direction), primal.at(point - step * direction)
    size = np.maximum(np.abs(above), np.abs(below))
    return (above - below) / (2 * step), ROUNDINGS * primal.problem.eps(above) * size / step


def _points(primal: Primal, moved: Indices, count: int, away: float, rng: np.random.Generator) -> Iterator[Array]:
    """Yield points of which some entries are a little beside those of x."""
    for _ in range(count):
        point = primal.z.copy()
        point[moved] += away * signed_uniform(rng, len(moved))
        yield point


def _slopes_about(
    primal: Primal,
    direction: Array,
    moved: Indices,
    count: int,
    rng: np.random.Generator,
    *,
    away: float = AWAY,
    margins: tuple[float, float] = (CONVEX, OTHER),
) -> Slopes:
    """Return the slopes along a direction at x and at points beside it, and what may be beyond those that are seen.

    Parameters
    ----------
    margins: by so many spreads of them, where f is convex or concave, and elsewhere.

    """
    here = primal.along(direction)
    beside, rounding = _beside(primal, direction, _points(primal, moved, count, away, rng), away)
    low, high = np.fmin(here.left, here.right), np.fmax(here.left, here.right)
    least = np.fmin(low, _least(beside - rounding))
    most = np.fmax(high, -_least(-(beside + rounding)))
    curved = CURVED * np.maximum(np.abs(least), np.abs(most))
    doubt = 2 * rounding.max(axis=1, keepdims=True) + curved
    is_convex = (least >= low - doubt) & (most <= high + doubt)
    beyond = np.where(is_convex, *margins) * (most - least) + curved
    return Slopes((least + most) / 2, (most - least) / 2 + beyond, least - beyond, most + beyond)


def _least(slopes: Array) -> Array:
    """Return the least slope of each output that is known, (outputs, 1)."""
    return np.asarray(np.fmin.reduce(slopes, axis=1, keepdims=True))
