"""Derivatives measured beside the claimed ones: entry by entry where there are few, along random directions else."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from verification._typing import Array, Indices
from verification.measurement.claims import Claim, TangentClaim, norm
from verification.measurement.directions import Group, common_lengths, groups_of, own_lengths, random_direction
from verification.measurement.primal import MOST, REACH, Primal
from verification.measurement.readings import Reading

__all__ = [
    "CLOSE",
    "FEW",
    "MISS",
    "TELLING",
    "Trial",
    "close_up",
    "examine",
    "read_along",
    "read_entries",
    "read_group",
]

FEW = 32
"""Up to so many entries are differentiated one by one."""

FIRST, FURTHER = 3, 2
"""Directions of the first group, and of each other."""

SPARING = 21
"""Evaluations of a direction, f(x) included: three of them, and what shows that f repeats itself, make 64 at most."""

POOR = 1e-4
"""Directions that would not show an error of this share are taken again with more evaluations, then with each entry
moved by a share of itself."""

TELLING = 1e-2
"""Of each group an error of this share must be seen for agreement."""

FINER = 0.1
"""A kink of which so small a share would be seen close to x, and is not, is beside x."""

ALIKE_GAPS = 0.1
"""The slopes on both sides of a kink differ by the same, but for this share, how closely one may look."""

ALIKE = 10.0
"""Directions whose bars are so many times the narrowest show the same."""

NOTHING = 16 * float(np.finfo(np.float64).eps)
"""What is a smaller share of the largest is rounding."""

CLOSE = 1e-10
"""So far a direction is followed at first where f may be otherwise on longer steps: what is left of the precision then
still shows an error of a hundredth."""

MISS = 1e-4
"""The probability, for which ``detectable`` is stated, that no direction shows an error."""


@dataclass(frozen=True)
class Trial:
    """A group of entries and what was read of it."""

    group: Group
    reading: Reading
    directions: tuple[Array, ...] = field(default=(), repr=False)
    """(size,) each; none where each entry was moved by itself."""
    is_close: bool = False
    """Whether f was looked at so close to x alone that what is beside it does not matter."""

    @property
    def is_clear(self) -> bool:
        """Whether it shows a slope, the same on both sides, that is as claimed."""
        reading = self.reading
        return self.is_telling and not (reading.disagrees.any() or reading.is_kink.any())

    @property
    def is_telling(self) -> bool:
        """Whether enough is seen."""
        return self.unseen <= TELLING

    def settles(self, other: "Trial") -> bool:
        """Return whether it shows close to x that what the other took for a kink there is beside it."""
        slopes, kink = other.reading.slopes, other.reading.is_kink
        gap = np.abs(slopes.right - slopes.left)[kink]
        is_finer = bool(gap.size) and float(self.reading.bar.max()) <= FINER * float(gap.min())
        return self.is_close and self.group is other.group and self.is_clear and is_finer

    def doubted(self, noise: Array | None) -> "Trial":
        """Return the trial of a claim whose entries vary by ``noise``, (outputs, size), if it is known."""
        if noise is None:
            return self
        if self.directions:
            moved = np.stack([norm(noise * v) for v in self.directions], axis=1)
        else:
            moved = noise[:, self.group.entries]
        return replace(self, reading=self.reading.doubted(moved))

    @property
    def claims_zero(self) -> bool:
        """Whether the derivative is claimed to be zero."""
        return not self.reading.claimed.any()

    @property
    def drowned(self) -> Indices:
        """The entries, measured by themselves, that are off by more than is unsure, if not than is granted."""
        reading = self.reading
        off, sizes = np.abs(reading.off), np.fmax(np.abs(reading.claimed), np.abs(reading.slopes.value))
        is_other = (off > reading.slopes.error) & (off > TELLING * sizes)
        return self.group.entries[np.zeros(0, np.intp) if self.directions else np.flatnonzero(is_other.any(axis=0))]

    @property
    def shows_slope(self) -> bool:
        """Whether some slope is measured that is not zero, or a kink."""
        slopes = self.reading.slopes
        return bool((self.reading.is_kink | ~(np.abs(slopes.value) <= slopes.error)).any())

    def shares(self, parts: Array) -> Array:
        """Return what share of the derivative differences are, (outputs, directions); of entries, all together."""
        size = self.reading.reference
        if not self.directions:
            parts, size = (norm(each)[:, np.newaxis] for each in (parts, size))
        largest = size.max(axis=0, initial=0.0)
        size = np.where(size > NOTHING * largest, size, largest)  # else x does not act on the output
        with np.errstate(all="ignore"):
            return np.nan_to_num(parts / size, nan=np.inf, posinf=np.inf)

    @property
    def proven(self) -> float:
        """The share by which claimed and true derivatives may differ: of the directions that show most."""
        bars = self.shares(self.reading.bar)
        best = bars.min(axis=1, keepdims=True, initial=np.inf)
        apart = self.shares(np.abs(self.reading.off)) + self.shares(self.reading.slopes.error)
        return float(np.where(bars <= ALIKE * best, apart, 0.0).max(initial=0.0))

    @property
    def unseen(self) -> float:
        """The share of the derivative that goes unseen: of the best direction, for the output that shows least."""
        return float(self.shares(self.reading.bar).min(axis=1, initial=np.inf).max(initial=0.0))

    @property
    def detectable(self) -> float:
        """The smallest relative error, of any shape, that would have been missed with a probability of MISS at most.

        An error e is missed along all directions with a probability of at most Π 2 √2 barₖ / |e|; entry by entry never
        if it is larger than twice the bars.
        """
        shares = np.sort(self.shares(self.reading.bar), axis=1)
        if not self.directions:
            return float(2 * shares.max(initial=0.0))
        counts = np.arange(1, shares.shape[1] + 1)
        with np.errstate(all="ignore"):
            means = np.exp(np.cumsum(np.log(2 * np.sqrt(2) * shares), axis=1) / counts)
            return float((means * MISS ** (-1 / counts)).min(axis=1).max(initial=0.0))


def read_along(primal: Primal, claim: Claim, direction: Array, *, most: int = MOST, reach: float = REACH) -> Reading:
    """Return what is read along one direction."""
    slopes = primal.along(direction, most=most, reach=reach)
    claimed, rounding = claim.along(direction)
    return Reading(claimed[:, np.newaxis], rounding[:, np.newaxis], slopes, claim.size(direction)[:, np.newaxis])


def read_entries(primal: Primal, claim: Claim, entries: Indices) -> Reading:
    """Return what is read of some entries, each by itself."""
    claimed, rounding = claim.by_entries(entries)
    return Reading(claimed, rounding, primal.by_entries(entries), np.abs(claimed))


def close_up(primal: Primal, claim: Claim, group: Group, rng: np.random.Generator) -> Trial:
    """Return the trial of a group close to x alone."""
    return _along_random(primal, claim, group, own_lengths(primal), FIRST, MOST, rng, reach=CLOSE)


def read_group(primal: Primal, claim: Claim, group: Group, rng: np.random.Generator) -> Trial:
    """Return the trial of a group along random directions."""
    return _try(primal, claim, group, common_lengths(primal), FIRST, rng)


def examine(primal: Primal, claim: Claim, rng: np.random.Generator) -> tuple[Trial, ...]:
    """Return what is read of all entries, group by group; close to x as well where only that is clear."""
    trials = list(_entry_by_entry(primal, claim, rng) if primal.size <= FEW else _by_directions(primal, claim, rng))
    clear = {id(trial.group) for trial in trials if trial.is_clear}
    doubtful = {id(t.group): t.group for t in trials if id(t.group) not in clear and not t.reading.disagrees.any()}
    closer = [close_up(primal, claim, group, rng) for group in doubtful.values()]
    return (*trials, *(trial for trial in closer if trial.is_clear))


def _joint_kink(primal: Primal, claim: Claim, rng: np.random.Generator) -> Iterator[Trial]:
    """Yield the trial of a direction along which f has a kink at x, though it has none by any entry."""
    group = Group("x", np.arange(primal.size))
    direction = random_direction(group.entries, own_lengths(primal), rng)
    reading = read_along(primal, claim, direction, most=SPARING)
    if not reading.is_kink.any():
        return
    close = read_along(primal, claim, direction, reach=CLOSE)
    gap, closer = (read.slopes.right - read.slopes.left for read in (reading, close))
    if (reading.is_kink & close.is_kink & (np.abs(closer - gap) <= ALIKE_GAPS * np.abs(gap))).any():
        yield Trial(group, reading, (direction,))


def _by_directions(primal: Primal, claim: Claim, rng: np.random.Generator) -> Iterator[Trial]:
    lengths = common_lengths(primal)
    for number, group in enumerate(groups_of(primal, claim, lengths)):
        trial = _try(primal, claim, group, lengths, FURTHER if number else FIRST, rng)
        yield trial
        for part, share in group.parts:
            if trial.unseen > TELLING * share and trial.is_telling:  # it is seen in all together, but not by itself
                yield _try(primal, claim, part, lengths, FURTHER, rng)


def _entry_by_entry(primal: Primal, claim: Claim, rng: np.random.Generator) -> Iterator[Trial]:
    """Yield trials of all groups by entries, and by directions too where entries by themselves show little."""
    every = read_entries(primal, claim, np.arange(primal.size))
    lengths = own_lengths(primal)
    if primal.size > 1 and not (every.is_kink.any() or every.disagrees.any()):
        yield from _joint_kink(primal, claim, rng)
    for group in groups_of(primal, claim, lengths):
        trial = Trial(group, every.of(group.entries))
        is_known = trial.is_telling or trial.reading.disagrees.any() or trial.reading.is_kink.any()
        if not group.is_joint:
            yield trial
        if isinstance(claim, TangentClaim) or not (is_known or trial.claims_zero or group.is_joint):
            yield _try(primal, claim, group, lengths, FIRST, rng)  # of tangents it is not known that they add up


def _try(primal: Primal, claim: Claim, group: Group, lengths: Array, count: int, rng: np.random.Generator) -> Trial:
    """Return the trial of a group along so many random directions; along more of them if these show little."""
    trial = _along_random(primal, claim, group, lengths, count, SPARING, rng)
    for other in (lengths, own_lengths(primal)):
        if trial.unseen <= POOR:
            break
        more = _along_random(primal, claim, group, other, FURTHER, MOST, rng)
        reading = Reading.joined([trial.reading, more.reading])
        trial = Trial(group, reading, trial.directions + more.directions)
    return trial


def _along_random(
    primal: Primal,
    claim: Claim,
    group: Group,
    lengths: Array,
    count: int,
    most: int,
    rng: np.random.Generator,
    *,
    reach: float = REACH,
) -> Trial:
    directions = tuple(random_direction(group.entries, lengths, rng) for _ in range(count))
    readings = [read_along(primal, claim, v, most=most, reach=reach) for v in directions]
    return Trial(group, Reading.joined(readings), directions, is_close=reach == CLOSE)
