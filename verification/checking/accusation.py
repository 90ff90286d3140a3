"""Where and why a claimed derivative is wrong."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from verification._typing import Indices, Shape
from verification.checking.gradient_check import SHOWN, Entry, GradientCheck
from verification.checking.inspection import Subject
from verification.checking.linearity import averaged
from verification.checking.parts import parts_of
from verification.checking.products import transposed_product
from verification.checking.staleness import stale
from verification.checking.steps import on_steps, only_steps
from verification.checking.subgradients import widened
from verification.comparison import Verdict
from verification.diagnosis import Diagnosis, Evidence, FailureMode, Rank, diagnose, sample_sizes
from verification.localization import Location, locate
from verification.measurement import Group, Reading, Trial, read_entries

__all__ = ["accuse", "explained"]

ALL = 512
"""Up to so many entries all are measured where more than one is wrong; of more, a block of each array."""

BLOCK = 64
"""So many entries of an array are measured at most where there are more."""

VAGUE = {rank.name for rank in (Rank.FUNCTION, Rank.PART, Rank.ENTRIES, Rank.UNKNOWN)}
"""Ranks of explanations beside which another point is looked for that the gradient belongs to."""


def accuse(subject: Subject, trials: Sequence[Trial], wrong: Trial) -> GradientCheck | None:
    """Return the verdict with the entries that are wrong and what explains them; None if no entry is by itself."""
    if not wrong.directions:
        return explained(subject, [trial for trial in trials if not trial.directions])
    if wrong.group.entries.size == 1 and (alone := _alone(subject, wrong)).disagrees.any():
        return _check(subject, wrong.group.entries, alone)
    location = locate(subject.primal, subject.claim, wrong, subject.noise)
    if not len(location.wrong):
        return None
    excused = _at_joint_kink(subject, location)
    return _searched(subject, location) if excused is None else excused


def explained(subject: Subject, trials: Sequence[Trial]) -> GradientCheck:
    """Return the verdict on entries that were measured by themselves, some of which are wrong."""
    measured = np.concatenate([trial.group.entries for trial in trials])
    reading = Reading.joined([trial.reading for trial in trials])
    return _check(subject, measured, reading)


def _alone(subject: Subject, wrong: Trial) -> Reading:
    """Return what is read of the one entry of a group: it may be rounded as along a direction, by what it is itself."""
    length = np.abs(wrong.directions[0][wrong.group.entries])
    return replace(_read(subject, wrong.group.entries), rounding=wrong.reading.rounding[:, :1] / length)


def _searched(subject: Subject, location: Location) -> GradientCheck:
    """Return the verdict on entries that were found by bisection, and on others that show what they have in common."""
    measured, reading = location.measured, location.reading
    if location.is_dense or location.at_least > 1:
        more = np.setdiff1d(_of_interest(subject), measured)
        measured = np.concatenate([measured, more])
        reading = Reading.joined([reading, _read(subject, more)]) if len(more) else reading
    return _check(subject, measured, reading, at_least=location.at_least, agrees_elsewhere=location.is_complete)


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


def _read(subject: Subject, entries: Indices) -> Reading:
    noise = subject.noise
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


def _check(
    subject: Subject, measured: Indices, reading: Reading, *, at_least: int = 0, agrees_elsewhere: bool = False
) -> GradientCheck:
    """Return the verdict on measured entries; at least so many are wrong, and others may be known to agree."""
    excused = on_steps(subject, measured, reading)
    if excused.any():
        if not reading.disagrees[:, ~excused].any():
            return only_steps(subject, measured[excused])
        measured, reading, at_least = measured[~excused], reading.of(np.flatnonzero(~excused)), 0
    subject.trials = [Trial(Group("", measured), reading)]
    parts = parts_of(subject, measured, reading, agrees_elsewhere=agrees_elsewhere)
    evidence = Evidence(parts, sample_sizes(subject.f.f), subject.claimant.has_conjugates)
    if not evidence.wrong:
        reason = "what is claimed and what is measured differ by less than floats hold: rescale x or f."
        return GradientCheck(Verdict.INCONCLUSIVE, reason)
    diagnoses = _diagnoses(subject, evidence)
    is_known = len(measured) == subject.primal.size and bool(np.isfinite(reading.slopes.error).all())
    return GradientCheck(
        Verdict.DISAGREES,
        diagnoses[0].message,
        tuple(diagnoses),
        entries=_entries(evidence),
        at_least=max(at_least, sum(int(part.wrong.any(axis=0).sum()) for part in parts)),
        is_exact=is_known or agrees_elsewhere,
        size=sum(part.x.size for part in parts),
        is_product=subject.claimant.weights is not None,
    )


def _diagnoses(subject: Subject, evidence: Evidence) -> list[Diagnosis]:
    """Return what explains the evidence; where that is vague, also what other points and vectors say."""
    diagnoses = diagnose(evidence)
    if diagnoses[0].mode is not FailureMode.CONJUGATE:
        diagnoses = transposed_product(subject, evidence) or averaged(subject) or diagnoses
    rank = diagnoses[0].evidence["rank"]
    if not (_is_dense(evidence) and rank in {*VAGUE, Rank.FACTOR.name}):
        return diagnoses
    found = stale(subject, is_vague=rank in VAGUE)
    return diagnoses if found is None else _tied(diagnoses, found)


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
