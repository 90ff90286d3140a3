"""Derivatives measured beside the claimed ones: entry by entry where there are few, along random directions else."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from verification._typing import Array, Indices
from verification.measurement.claims import Claim, TangentClaim, norm
from verification.measurement.directions import Group, common_lengths, groups_of, own_lengths, random_direction
from verification.measurement.primal import MOST, Primal
from verification.measurement.readings import Reading

__all__ = ["FEW", "MISS", "TELLING", "Trial", "examine", "read_along", "read_entries"]

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

MISS = 1e-6
"""The probability, for which ``detectable`` is stated, that no direction shows an error."""


@dataclass(frozen=True)
class Trial:
    """A group of entries and what was read of it."""

    group: Group
    reading: Reading
    directions: tuple[Array, ...] = field(default=(), repr=False)
    """(size,) each; none where each entry was moved by itself."""

    def doubted(self, noise: Array) -> "Trial":
        """Return the trial of a claim whose entries are seen to vary by ``noise``, (outputs, size)."""
        if self.directions:
            moved = np.stack([norm(noise * v) for v in self.directions], axis=1)
        else:
            moved = noise[:, self.group.entries]
        return replace(self, reading=self.reading.doubted(moved))

    @property
    def claims_zero(self) -> bool:
        """Whether the derivative is claimed to be zero."""
        return not self.reading.claimed.any()

    def shares(self, *, apart: bool = False) -> Array:
        """Return what share of the derivative is not seen, by outputs and directions; by entries, of all together.

        ``apart`` asks for the share by which claimed and true derivatives may differ, whatever is granted to rounding.
        """
        reading = self.reading
        bar, size = reading.bar, reading.reference
        if apart:
            bar = reading.slopes.error + np.abs(reading.off)
        if not self.directions:
            bar, size = (norm(part)[:, np.newaxis] for part in (bar, size))
        claims = reading.claimed.any(axis=1, keepdims=True)
        size = np.where(claims, size, size.max(axis=0, initial=0.0))  # an output that x does not act on
        with np.errstate(all="ignore"):
            return np.nan_to_num(bar / size, nan=np.inf, posinf=np.inf)

    @property
    def unseen(self) -> float:
        """The share of the derivative that goes unseen: of the best direction, for the output that shows least."""
        return float(self.shares().min(axis=1, initial=np.inf).max(initial=0.0))

    @property
    def detectable(self) -> float:
        """The smallest relative error, of any shape, that would have been missed with a probability of MISS at most.

        An error e is missed along all directions with a probability of at most Π 2 √2 barₖ / |e|; entry by entry never
        if it is larger than twice the bars.
        """
        shares = np.sort(self.shares(), axis=1)
        if not self.directions:
            return float(2 * shares.max(initial=0.0))
        counts = np.arange(1, shares.shape[1] + 1)
        with np.errstate(all="ignore"):
            means = np.exp(np.cumsum(np.log(2 * np.sqrt(2) * shares), axis=1) / counts)
            return float((means * MISS ** (-1 / counts)).min(axis=1).max(initial=0.0))


def read_along(primal: Primal, claim: Claim, direction: Array, *, most: int = MOST) -> Reading:
    """Return what is read along one direction."""
    slopes = primal.along(direction, most=most)
    claimed, rounding = claim.along(direction)
    return Reading(claimed[:, np.newaxis], rounding[:, np.newaxis], slopes, claim.size(direction)[:, np.newaxis])


def read_entries(primal: Primal, claim: Claim, entries: Indices) -> Reading:
    """Return what is read of some entries, each by itself."""
    claimed, rounding = claim.by_entries(entries)
    return Reading(claimed, rounding, primal.by_entries(entries), np.abs(claimed))


def examine(primal: Primal, claim: Claim, rng: np.random.Generator) -> tuple[Trial, ...]:
    """Return what is read of all entries, group by group."""
    if primal.size <= FEW:
        return tuple(_entry_by_entry(primal, claim, rng))
    lengths = common_lengths(primal)
    counts = [FIRST] + [FURTHER] * primal.size
    groups = groups_of(primal, claim, lengths)
    return tuple(_try(primal, claim, group, lengths, count, rng) for group, count in zip(groups, counts, strict=False))


def _entry_by_entry(primal: Primal, claim: Claim, rng: np.random.Generator) -> Iterator[Trial]:
    """Yield trials of all groups by entries, and by directions too where entries by themselves show little."""
    every = read_entries(primal, claim, np.arange(primal.size))
    lengths = own_lengths(primal)
    for group in groups_of(primal, claim, lengths):
        trial = Trial(group, every.of(group.entries))
        is_known = trial.unseen <= TELLING or trial.reading.disagrees.any() or trial.reading.is_kink.any()
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
    primal: Primal, claim: Claim, group: Group, lengths: Array, count: int, most: int, rng: np.random.Generator
) -> Trial:
    directions = tuple(random_direction(group.entries, lengths, rng) for _ in range(count))
    return Trial(group, Reading.joined([read_along(primal, claim, v, most=most) for v in directions]), directions)
