"""The verdict at a kink of f: what is claimed is one of the derivatives that f has about x, or none of them."""

from collections.abc import Sequence

import numpy as np

from verification._typing import Indices
from verification.checking.accusation import accuse, explained
from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.checking.spread import spread_thin
from verification.checking.subgradients import is_outside, widened
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.localization import locate_kinks
from verification.measurement import FEW, Group, Trial, examine, read_entries, read_group
from verification.purity import fault

__all__ = ["at_kink"]

EACH = 256
"""Of up to so many entries each is looked at by itself where there is a kink; of more, it is searched for."""

BESIDE = 1e-3
"""So far from x, in units of its entries, the gradient is checked again where its kinks are too many to find."""

SAMPLE = 32
"""So many entries are looked at by themselves all the same."""


def at_kink(subject: Subject, trials: Sequence[Trial]) -> GradientCheck | None:
    """Return the verdict where slopes differ on both sides of x; None where they do not."""
    entries = _entries(trials)
    if entries.size == 0:
        return None
    if subject.primal.size > EACH:
        found = _searched(subject, trials)
        if isinstance(found, GradientCheck):
            return found
        entries = found
    if subject.primal.size > FEW:
        alone = _alone(subject, entries)
        if alone.reading.disagrees.any():
            return explained(subject, [alone])
        at = alone.reading.is_kink.any(axis=0)
        entries, trials = (entries[at] if at.any() else entries), [alone]
    is_known = all(np.isfinite(trial.reading.bar).all() for trial in trials if not trial.directions)
    return _verdict(subject, entries, is_known=is_known)


def _verdict(subject: Subject, entries: Indices, *, is_known: bool) -> GradientCheck:
    """Return the verdict at a kink of some entries each claimed within its own slopes, if these are known."""
    if entries.size > 1 and is_outside(subject.primal, subject.claim, entries, subject.rng):
        outside = fault(FailureMode.OUTSIDE_SUBGRADIENTS, _named(subject, entries))
        return GradientCheck(Verdict.DISAGREES, outside.message, (outside,))
    where = f"x is at a kink of f ({_named(subject, entries)}), or too close to one to tell"
    how = "and what is claimed lies within the slopes about it: a valid subgradient"
    reason = f"{where}, {how}." if is_known else f"{where}, and some of its slopes are not known."
    return GradientCheck(Verdict.INCONCLUSIVE, reason, is_subgradient=is_known, displaced=subject.displaced())


def _entries(trials: Sequence[Trial]) -> Indices:
    """Return the entries along which slopes differ, or those of the groups along whose directions they do."""
    found = [np.empty(0, dtype=np.intp)]
    for trial in (trial for trial in trials if not any(other.settles(trial) for other in trials)):
        at = trial.reading.is_kink.any(axis=0)
        if at.any():
            found.append(trial.group.entries if trial.directions else trial.group.entries[at])
    return np.unique(np.concatenate(found))


def _alone(subject: Subject, entries: Indices) -> Trial:
    trial = Trial(Group(_named(subject, entries), entries), read_entries(subject.primal, subject.claim, entries))
    return widened(subject.primal, _doubted(subject, trial), subject.rng)


def _doubted(subject: Subject, trial: Trial) -> Trial:
    """Return a trial that grants the claimed derivatives the rounding that they are seen to have, if it disagrees."""
    return trial.doubted(subject.noise) if trial.reading.disagrees.any() else trial


def _named(subject: Subject, entries: Indices) -> str:
    names = [subject.primal.name(int(entry)) for entry in entries[:3]]
    return ", ".join(names) + (f" or others of {entries.size}" if entries.size > 3 else "")


def _searched(subject: Subject, trials: Sequence[Trial]) -> Indices | GradientCheck:
    """Return the entries at kinks, of many; or the verdict on the others, if it is not that they agree."""
    primal, claim = subject.primal, subject.claim
    found = np.empty(0, dtype=np.intp)
    for trial in (trial for trial in trials if trial.directions and trial.reading.is_kink.any()):
        others = trial
        while others.reading.is_kink.any():
            more = locate_kinks(primal, claim, others)
            if more is None:
                return _too_many(subject, trial.group.entries)
            found = np.union1d(found, more)
            rest = np.setdiff1d(trial.group.entries, found)
            others = _doubted(subject, read_group(primal, claim, Group(trial.group.name, rest), subject.rng))
        if others.reading.disagrees.any():
            wrong = accuse(subject, [others], others)
            return spread_thin(subject, others) if wrong is None else wrong
    return found if found.size else _too_many(subject, trials[0].group.entries)


def _too_many(subject: Subject, entries: Indices) -> GradientCheck:
    """Return the verdict on a gradient at more kinks than can be looked at: on some, and on how it does beside them."""
    some = _alone(subject, np.sort(subject.rng.permutation(entries)[:SAMPLE]))
    if some.reading.disagrees.any():
        return explained(subject, [some])
    beside = subject.beside(BESIDE)
    trials = [] if beside is None else [trial for trial in examine(*beside, subject.rng) if not trial.claims_zero]
    is_right = bool(trials) and all(trial.is_telling and not trial.reading.disagrees.any() for trial in trials)
    where = "x is at kinks of f, or too close to some to tell, that are too many to look at one by one"
    how = "the gradient agrees" if is_right else "it is not seen that the gradient agrees"
    reason = f"{where}; of {len(some.group.entries)} none is outside of its slopes, and beside them {how}."
    is_subgradient = is_right and bool(np.isfinite(some.reading.bar).all())
    return GradientCheck(Verdict.INCONCLUSIVE, reason, is_subgradient=is_subgradient, displaced=subject.displaced())
