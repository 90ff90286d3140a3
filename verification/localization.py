"""Which entries are wrong, or at kinks: by bisection of a direction along which derivatives disagree, or jump."""

import math
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from verification._typing import Array, Indices
from verification.measurement import CLOSE, Claim, Primal, Reading, Trial, norm, read_along, read_entries

__all__ = ["Location", "locate", "locate_kinks"]

SAMPLE = 8
"""So many entries are looked at first: where half of them are wrong, most are."""

ALONE = 2
"""Sets of so many entries are no longer halved but looked at one by one."""

LISTED = 8
"""The search ends with so many wrong entries."""

PER_HALVING = 40
"""Evaluations that a halving may cost, a guess: 13 are usual, and 61 the most. For each entry that may be listed,
log₂ n halvings are granted."""


@dataclass(frozen=True)
class Location:
    """Where the derivatives disagree, as far as was looked."""

    measured: Indices
    """The entries that were measured by themselves."""
    reading: Reading
    """What was read of those."""
    at_least: int
    """So many entries are wrong at least: those found, and one in each further set that disagrees."""
    is_dense: bool
    """Whether most of the entries are wrong."""
    is_searched: bool
    """Whether nothing was left to be looked into."""

    @property
    def is_complete(self) -> bool:
        """Whether all other entries of the group are known to agree."""
        return not self.is_dense and self.is_searched

    @property
    def wrong(self) -> Indices:
        """The entries that disagree by themselves."""
        return self.measured[self.reading.disagrees.any(axis=0)]


@dataclass(frozen=True)
class _Set:
    """Entries that, moved together, show that some of them are wrong."""

    support: Indices
    off: float
    bar: float

    @property
    def disagrees(self) -> bool:
        return abs(self.off) > self.bar

    def __lt__(self, other: "_Set") -> bool:
        """Return whether this is to be looked at first."""
        return abs(self.off) > abs(other.off)


class _Search:
    """Measures sets of entries, and entries by themselves."""

    def __init__(self, primal: Primal, claim: Claim, direction: Array, output: int, noise: Array | None) -> None:
        self.primal, self.claim, self.direction, self.output, self.noise = primal, claim, direction, output, noise
        self.found: dict[int, Reading] = {}

    def measure_set(self, support: Indices) -> _Set:
        """Return what a set shows."""
        direction = np.zeros_like(self.direction)
        direction[support] = self.direction[support]
        reading = read_along(self.primal, self.claim, direction)
        if self.noise is not None:
            reading = reading.doubted(norm(self.noise * direction)[:, np.newaxis])
        return _Set(support, float(reading.off[self.output, 0]), float(reading.bar[self.output, 0]))

    def measure_entries(self, entries: Indices) -> None:
        """Measure entries by themselves."""
        for entry in (entry for entry in entries.tolist() if entry not in self.found):
            reading = self._of_entry(entry)
            self.found[entry] = reading if self.noise is None else reading.doubted(self.noise[:, entry : entry + 1])

    def _of_entry(self, entry: int) -> Reading:
        """Return what is read of an entry; close to x, if f jumps where its own ladder leads."""
        reading = read_entries(self.primal, self.claim, np.array([entry]))
        if np.isfinite(reading.bar).all():
            return reading
        unit = (np.arange(self.primal.size) == entry).astype(np.float64)
        close = read_along(self.primal, self.claim, unit, reach=CLOSE)
        return close if np.isfinite(close.bar).all() else reading

    def wrong(self) -> list[int]:
        """Return the entries that are wrong by themselves."""
        return [entry for entry, reading in self.found.items() if reading.disagrees.any()]


def locate(primal: Primal, claim: Claim, trial: Trial, noise: Array | None) -> Location:
    """Return which entries are wrong of a group along whose directions the derivatives disagree.

    The direction and output that show it best are bisected: of a set that disagrees, the first half is measured, and
    what the second shows follows. The cost of an entry that is found grows with the logarithm of their number.

    Parameters
    ----------
    trial: one of whose directions disagrees.
    noise: by how much each entry of the claim is seen to vary, (outputs, size), or None.

    """
    reading = trial.reading
    share = np.where(reading.disagrees, reading.comparison.share, 0.0)
    output, probe = (int(i) for i in np.unravel_index(int(np.argmax(share)), share.shape))
    search = _Search(primal, claim, trial.directions[probe], output, noise)
    support = np.flatnonzero(trial.directions[probe])
    limit = primal.evaluations + PER_HALVING * LISTED * math.log2(max(len(support), 2))
    sample = support[np.unique(np.linspace(0, len(support) - 1, SAMPLE).astype(np.intp))]
    search.measure_entries(sample)
    is_dense = 2 * len(search.wrong()) >= len(sample)
    queue = [] if is_dense else [_Set(support, float(reading.off[output, probe]), float(reading.bar[output, probe]))]
    while queue and primal.evaluations < limit and len(search.wrong()) < LISTED:
        _look_into(search, heappop(queue), queue)
    measured = np.array(sorted(search.found), dtype=np.intp)
    found = Reading.joined([search.found[entry] for entry in measured.tolist()])
    wrong = search.wrong()
    others = sum(not np.isin(part.support, wrong).any() for part in queue)
    return Location(measured, found, len(wrong) + others, is_dense, not queue)


def locate_kinks(primal: Primal, claim: Claim, trial: Trial) -> Indices | None:
    """Return the entries at kinks of f that are seen along a direction, by bisection; None if they are many.

    Parameters
    ----------
    trial: along one of whose directions the slopes on both sides of x differ.

    """
    direction = trial.directions[int(np.argmax(trial.reading.is_kink.any(axis=0)))]
    halves, found = [np.flatnonzero(direction)], list[int]()
    limit = primal.evaluations + PER_HALVING * LISTED * math.log2(max(len(halves[0]), 2))
    while halves:
        if primal.evaluations > limit or len(found) > LISTED:
            return None
        support = halves.pop()
        part = np.zeros_like(direction)
        part[support] = direction[support]
        if not read_along(primal, claim, part).is_kink.any():
            continue
        if len(support) == 1:
            found.append(int(support[0]))
        else:
            halves += np.array_split(support, 2)
    return np.array(sorted(found), dtype=np.intp) if found else None


def _look_into(search: _Search, whole: _Set, queue: list[_Set]) -> None:
    """Measure a small set entry by entry, or put those halves of a larger one into the queue that disagree."""
    if len(whole.support) <= ALONE:
        search.measure_entries(whole.support)
        return
    middle = len(whole.support) // 2
    first = search.measure_set(whole.support[:middle])
    rest = _Set(whole.support[middle:], whole.off - first.off, whole.bar + first.bar)
    if not (first.disagrees or rest.disagrees):
        rest = search.measure_set(rest.support)
    for half in (first, rest):
        if half.disagrees:
            heappush(queue, half)
