"""The verdict at a kink of f: what is claimed is one of the derivatives that f has about x, or none of them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from verification._typing import Indices
from verification.checking.accusation import accuse
from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.checking.subgradients import about, is_outside
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.localization import locate_kinks
from verification.measurement import FEW, Group, Slopes, Trial, examine, read_entries, read_group
from verification.purity import fault

__all__ = ["at_kink", "widened"]

EACH = 256
"""Of up to so many entries each is looked at by itself where there is a kink; of more, it is searched for."""

LOOKED_AT = 3
"""So many entries that disagree most are looked at from points about x as well."""

BESIDE = 1e-3
"""So far from x, in units of its entries, the gradient is checked again where its kinks are too many to find."""


def widened(subject: Subject, trial: Trial) -> Trial:
    """Return a trial of entries by themselves with the slopes about x, where they disagree at a kink.

    Along one entry alone f may not have all slopes that it has about x: a sum of sorted entries, three of which are
    equal, has on both sides of x those of the first and of the last place alone. If what is claimed of those that
    disagree most is among the others, all are taken for unknown that disagree at a kink.
    """
    reading = trial.reading
    doubtful = np.asarray((reading.disagrees & reading.is_kink).any(axis=0))
    if trial.directions or not doubtful.any():
        return trial
    at = trial.group.entries[reading.is_kink.any(axis=0)]
    worst = np.argsort(-np.where(doubtful, reading.comparison.share.max(axis=0), 0.0))[:LOOKED_AT]
    worst = worst[doubtful[worst]]
    wider = {int(i): about(subject.primal, int(trial.group.entries[i]), at, subject.rng) for i in worst}
    of = [wider.get(i) or reading.of(np.array([i])).slopes for i in range(len(doubtful))]
    found = replace(reading, slopes=Slopes.joined(of))
    if not found.disagrees[:, worst].any():
        unknown = Slopes.unknown(len(reading.claimed))
        of = [unknown if doubtful[i] and i not in wider else slopes for i, slopes in enumerate(of)]
        found = replace(reading, slopes=Slopes.joined(of))
    return replace(trial, reading=found)


def at_kink(subject: Subject, trials: Sequence[Trial]) -> GradientCheck | None:
    """Return the verdict where slopes differ on both sides of x; None where they do not."""
    entries = _entries(trials)
    if entries.size == 0:
        return None
    if subject.primal.size > EACH:
        found = _searched(subject, trials)
        if not isinstance(found, np.ndarray):
            return found
        entries = found
    if subject.primal.size > FEW:
        alone = _alone(subject, entries)
        if alone.reading.disagrees.any():
            return accuse(subject, [alone], alone, None)
        at = alone.reading.is_kink.any(axis=0)
        entries = entries[at] if at.any() else entries
    if entries.size > 1 and is_outside(subject.primal, subject.claim, entries, subject.rng):
        outside = fault(FailureMode.OUTSIDE_SUBGRADIENTS, _named(subject, entries))
        return GradientCheck(Verdict.DISAGREES, outside.message, (outside,))
    where = f"x is at a kink of f ({_named(subject, entries)}), or too close to one to tell"
    reason = f"{where}, and what is claimed lies within the slopes about it: a valid subgradient."
    return GradientCheck(Verdict.INCONCLUSIVE, reason, is_subgradient=True, displaced=subject.displaced())


def _entries(trials: Sequence[Trial]) -> Indices:
    """Return the entries along which slopes differ, or those of the groups along whose directions they do."""
    found = [np.empty(0, dtype=np.intp)]
    for trial in (trial for trial in trials if not any(other.settles(trial) for other in trials)):
        at = trial.reading.is_kink.any(axis=0)
        if at.any():
            found.append(trial.group.entries if trial.directions else trial.group.entries[at])
    return np.unique(np.concatenate(found))


def _alone(subject: Subject, entries: Indices) -> Trial:
    group = Group(_named(subject, entries), entries)
    return widened(subject, Trial(group, read_entries(subject.primal, subject.claim, entries)))


def _named(subject: Subject, entries: Indices) -> str:
    names = [subject.primal.name(int(entry)) for entry in entries[:3]]
    return ", ".join(names) + (f" or others of {entries.size}" if entries.size > 3 else "")


def _searched(subject: Subject, trials: Sequence[Trial]) -> Indices | GradientCheck | None:
    """Return the entries at kinks, of many; or the verdict on the others, if it is not that they agree."""
    primal, claim = subject.primal, subject.claim
    found = np.empty(0, dtype=np.intp)
    for trial in (trial for trial in trials if trial.directions and trial.reading.is_kink.any()):
        others = trial
        while others.reading.is_kink.any():
            more = locate_kinks(primal, claim, others)
            if more is None:
                return _too_many(subject)
            found = np.union1d(found, more)
            rest = np.setdiff1d(trial.group.entries, found)
            others = read_group(primal, claim, Group(trial.group.name, rest), subject.rng)
        if others.reading.disagrees.any():
            wrong = accuse(subject, [others], others, None)
            if wrong is not None:
                return wrong
    return found if found.size else _too_many(subject)


def _too_many(subject: Subject) -> GradientCheck:
    """Return the verdict on a gradient at more kinks than can be looked at, by how it does beside them."""
    beside = subject.beside(BESIDE)
    trials = [] if beside is None else [trial for trial in examine(*beside, subject.rng) if not trial.claims_zero]
    is_right = bool(trials) and all(trial.is_telling and not trial.reading.disagrees.any() for trial in trials)
    where = "x is at kinks of f, or too close to some to tell, that are too many to look at one by one"
    how = "the gradient agrees" if is_right else "it is not seen that the gradient agrees"
    reason = f"{where}; beside them {how}."
    return GradientCheck(Verdict.INCONCLUSIVE, reason, is_subgradient=is_right, displaced=subject.displaced())
