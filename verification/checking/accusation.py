"""Where and why a claimed derivative is wrong."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from verification._typing import Array, Indices, Shape
from verification.checking.claimants import VjpClaimant
from verification.checking.gradient_check import SHOWN, Entry, GradientCheck
from verification.checking.inspection import Subject
from verification.checking.linearity import averaged
from verification.checking.parts import parts_of
from verification.checking.products import transposed_product
from verification.checking.staleness import stale
from verification.checking.subgradients import widened
from verification.comparison import Verdict
from verification.diagnosis import Diagnosis, Evidence, FailureMode, Rank, diagnose, sample_sizes
from verification.localization import Location, locate
from verification.measurement import Group, Reading, Trial, read_entries

__all__ = ["accuse"]

ALL = 512
"""Up to so many entries all are measured where more than one is wrong; of more, a block of each array."""

BLOCK = 64
"""So many entries of an array are measured at most where there are more."""

VAGUE = {rank.name for rank in (Rank.FUNCTION, Rank.PART, Rank.ENTRIES, Rank.UNKNOWN)}
"""Ranks of explanations beside which another point is looked for that the gradient belongs to."""


def accuse(subject: Subject, trials: Sequence[Trial], wrong: Trial, noise: Array | None) -> GradientCheck | None:
    """Return the verdict with the entries that are wrong and what explains them; None if no entry is by itself."""
    at_least = 0
    if wrong.directions:
        location = locate(subject.primal, subject.claim, wrong, noise)
        if not len(location.wrong):
            return None
        excused = _at_joint_kink(subject, location)
        if excused is not None:
            return excused
        measured, reading, at_least = location.measured, location.reading, location.at_least
        if location.is_dense or at_least > 1:
            more = np.setdiff1d(_of_interest(subject), measured)
            measured = np.concatenate([measured, more])
            reading = Reading.joined([reading, _read(subject, more, noise)]) if len(more) else reading
        agrees_elsewhere = location.is_complete
    else:
        by_entries = [trial for trial in trials if not trial.directions]
        measured = np.concatenate([trial.group.entries for trial in by_entries])
        reading = Reading.joined([trial.reading for trial in by_entries])
        agrees_elsewhere = False
    parts = parts_of(subject, measured, reading, agrees_elsewhere=agrees_elsewhere)
    is_known = len(measured) == subject.primal.size and bool(np.isfinite(reading.slopes.error).all())
    is_exact = is_known or agrees_elsewhere
    found = _check(subject, Evidence(parts, sample_sizes(subject.f.f), subject.claimant.has_conjugates), at_least)
    return replace(found, is_exact=is_exact)


def _at_joint_kink(subject: Subject, location: Location) -> GradientCheck | None:
    """Return the verdict if f has, at points about x, all the slopes that are claimed of the entries found."""
    is_wrong = np.isin(location.measured, location.wrong)
    alone = Trial(Group("", location.wrong), location.reading.of(np.flatnonzero(is_wrong)))
    found = widened(subject.primal, alone, subject.rng)
    if found.reading.disagrees.any():
        return None
    names = ", ".join(subject.primal.name(int(entry)) for entry in location.wrong[:3])
    reason = f"x is at a kink of several entries at once ({names}); what is claimed of them f has at points about x."
    is_known = location.is_complete and bool(np.isfinite(found.reading.bar).all())
    return GradientCheck(Verdict.INCONCLUSIVE, reason, is_subgradient=is_known, displaced=subject.displaced())


def _read(subject: Subject, entries: Indices, noise: Array | None) -> Reading:
    return read_entries(subject.primal, subject.claim, entries).doubted(None if noise is None else noise[:, entries])


def _of_interest(subject: Subject) -> Indices:
    """Return all entries, or a block of each array."""
    problem = subject.primal.problem
    if problem.size <= ALL:
        return np.arange(problem.size)
    blocks = [start + _block(leaf.shape) for start, leaf in zip(problem.offset, problem.leaves, strict=True)]
    return np.concatenate(blocks)


def _block(shape: Shape) -> Indices:
    """Return the entries about the middle of an array, along equal axes the same, that they may be transposed."""
    longest = max(n for n in range(1, BLOCK + 1) if math.prod(min(n, own) for own in shape) <= BLOCK)
    ranges = [np.arange((own - min(own, longest)) // 2, (own + min(own, longest)) // 2) for own in shape]
    if not shape:
        return np.zeros(1, dtype=np.intp)
    return np.ravel_multi_index(np.meshgrid(*ranges, indexing="ij"), shape).ravel()


def _check(subject: Subject, evidence: Evidence, at_least: int) -> GradientCheck:
    if not evidence.wrong:
        reason = "what is claimed and what is measured differ by less than floats hold: rescale x or f."
        return GradientCheck(Verdict.INCONCLUSIVE, reason)
    diagnoses = diagnose(evidence)
    if diagnoses[0].mode is not FailureMode.CONJUGATE:
        diagnoses = transposed_product(subject) or averaged(subject) or diagnoses
    rank = diagnoses[0].evidence["rank"]
    if _is_dense(evidence) and rank in {*VAGUE, Rank.FACTOR.name}:
        found = stale(subject, is_vague=rank in VAGUE)
        if found is not None:
            diagnoses = _tied(diagnoses, found)
    wrong = sum(int(part.wrong.any(axis=0).sum()) for part in evidence.parts)
    entries = _entries(evidence)
    return GradientCheck(
        Verdict.DISAGREES,
        diagnoses[0].message,
        tuple(diagnoses),
        entries=entries,
        at_least=max(at_least, wrong),
        size=sum(part.x.size for part in evidence.parts),
        is_product=subject.form is VjpClaimant,
    )


def _tied(diagnoses: Sequence[Diagnosis], found: Diagnosis) -> list[Diagnosis]:
    """Return the diagnoses with one that explains the same: behind a factor that explains why nothing changes."""
    is_factor = diagnoses[0].mode is FailureMode.MISSING_CHAIN_FACTOR and found.mode is FailureMode.UNCHANGING
    first, *others = [diagnoses[0], found, *diagnoses[1:]] if is_factor else [found, *diagnoses]
    return [first, *(replace(other, evidence={**other.evidence, "tie": True}) for other in others)]


def _is_dense(evidence: Evidence) -> bool:
    """Return whether most of what could be seen to be wrong is."""
    wrong, right = (sum(int(getattr(p, name).sum()) for p in evidence.parts) for name in ("wrong", "shown_right"))
    return wrong > right


def _entries(evidence: Evidence) -> tuple[Entry, ...]:
    """Return the wrong entries that are most wrong in proportion, the larger first, each once."""
    found: dict[str, tuple[float, float, Entry]] = {}
    for part in evidence.wrong:
        for index in map(tuple, np.argwhere(part.wrong)):
            name = part.entry(index[1:])
            claimed, numerical, error = (float(a[index]) for a in (part.claimed, part.numerical, part.numerical_error))
            off = abs(claimed - numerical)
            share = round(off / (abs(claimed) + abs(numerical)), 2)
            if name not in found or found[name][:2] < (share, off):
                found[name] = (share, off, Entry(name, claimed, numerical, error))
    ordered = sorted(found.values(), key=lambda found: (-found[0], -found[1]))
    return tuple(own for _, _, own in ordered[:SHOWN])
