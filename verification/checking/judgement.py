"""The verdict on what was read: agreement as far as it is seen, a fault that is located and named, or why neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from verification._typing import Array
from verification.checking.accusation import accuse
from verification.checking.gradient_check import GradientCheck, first_found
from verification.checking.inspection import Subject
from verification.checking.kinks import at_kink
from verification.checking.spread import spread_thin
from verification.checking.subgradients import widened
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.measurement import (
    CLOSE,
    MISS,
    TELLING,
    Group,
    MatrixClaim,
    Trial,
    close_up,
    granted,
    norm,
    read_along,
    signed_uniform,
)
from verification.purity import fault

__all__ = ["judge"]

ALL_ROUNDING = 0.1
"""What varies by this share of itself, where x does by a few roundings, is rounding itself."""

ROUNDINGS = 16
"""So is what is smaller than so many roundings of all derivatives together."""

LEFT_OVER = 1e-6
"""What rounding leaves of a function that is constant is so small beside the entries of x and values of f. A guess."""

DROWNED = 1e-6
"""Nor need those entries be seen which all together make up so small a share of the derivatives by their array."""

EXACT = 1e-16
"""No more digits are proven than floats have."""

LOST, LOST_COARSELY = 0.1, 0.5
"""A gradient that loses more than this share in the precision of x is wrong there; in bfloat16, where some entries come
to lie on the other side of a kink, more than that."""

APART = 0.1
"""Two sides that may be apart by more than this share, after all, do not agree."""

COARSE = 3.0
"""Nor is it agreement if only errors of so many times the derivative are missed as seldom as ``MISS`` says."""

EXCUSED = 3
"""So many probes that disagree most are looked at again, close to x."""


def judge(subject: Subject, trials: Sequence[Trial]) -> GradientCheck:
    """Return the verdict on all that was read; what it rests on stays with the subject."""
    judgement = _Judgement(subject, list(trials))
    found = judgement.verdict()
    if found.verdict is not Verdict.DISAGREES:  # else it rests on what was read to accuse
        subject.trials = judgement.trials
    return found


@dataclass
class _Judgement:
    subject: Subject
    trials: list[Trial]

    def verdict(self) -> GradientCheck:
        """Return the first that holds: it disagrees, is at a kink, tells nothing, tells too little; else it agrees."""
        stages = (
            self._ignored_argument,
            self._disagreement,
            self._kink,
            self._imprecise,
            self._nothing,
            self._too_little,
        )
        found = first_found(*stages)
        return self._agreement() if found is None else found

    def _ignored_argument(self) -> GradientCheck | None:
        """Return the verdict on an f that never changed, if it does not look at what it is given."""
        varied = any(np.nan_to_num(trial.reading.slopes.value, nan=1.0).any() for trial in self.trials)
        return None if varied or not self.trials else self.subject.ignored_argument()

    def _flat(self) -> GradientCheck:
        reason = "f is flat at x: zeros are right there, and so they are of a gradient with a wrong sign or factor."
        return GradientCheck(Verdict.INCONCLUSIVE, reason, displaced=self.subject.displaced())

    def _disagreement(self) -> GradientCheck | None:
        found = self._accusation()
        is_accused = found is not None and found.verdict is Verdict.DISAGREES
        return self._flat() if is_accused and self._is_only_rounding() else found

    def _is_only_rounding(self) -> bool:
        """Return whether no slope is measured, and all that is claimed is what rounding left over."""
        claim = self.subject.claim
        if not isinstance(claim, MatrixClaim) or any(trial.shows_slope for trial in self.trials):
            return False
        variation = self.subject.variation
        if variation is None or not (variation >= ALL_ROUNDING * np.abs(claim.matrix)).all():
            return False
        primal = self.subject.primal
        sizes = np.abs(np.concatenate([primal.problem.flat, primal.at_center]))
        if np.abs(claim.matrix).max(initial=0.0) > LEFT_OVER * sizes.max(initial=0.0):
            return False
        # where entries are tied, f has a slope along several of them alone
        direction = signed_uniform(self.subject.rng, primal.size)
        together = Trial(Group("", np.arange(primal.size)), read_along(primal, claim, direction), (direction,))
        return not together.shows_slope

    def _accusation(self) -> GradientCheck | None:
        """Return the verdict where something disagrees, if it is not excused."""
        if any(trial.reading.disagrees.any() for trial in self.trials):
            self._doubt()
        wrong = [trial for trial in self.trials if trial.reading.disagrees.any() and not self._is_excused(trial)]
        accused = (partial(accuse, self.subject, self.trials, trial) for trial in wrong)
        smooth = (trial for trial in wrong if not trial.reading.is_kink.any())
        return first_found(*accused, *(partial(spread_thin, self.subject, trial) for trial in smooth))

    def _doubt(self) -> None:
        """Grant the claimed derivatives the rounding that they are seen to have."""
        doubted = (trial.doubted(self.subject.noise) for trial in self.trials)
        self.trials = [widened(self.subject.primal, trial, self.subject.rng) for trial in doubted]

    def _is_excused(self, trial: Trial) -> bool:
        """Return whether f sides with what is claimed otherwise: then it has a structure that was not seen through.

        What was read is not used.
        """
        share = np.where(trial.reading.disagrees, trial.reading.comparison.share, 0.0)
        for probe in np.argsort(-share.max(axis=0))[:EXCUSED].tolist():
            output = int(np.argmax(share[:, probe]))
            if share[output, probe] > 0 and not self._is_supported(trial, output, probe):
                return False
        self.trials = [other for other in self.trials if other is not trial]
        self.trials.append(close_up(self.subject.primal, self.subject.claim, trial.group, self.subject.rng))
        return True

    def _is_supported(self, trial: Trial, output: int, probe: int) -> bool:
        """Return whether f sides with what is claimed along a probe that disagrees, close to x."""
        if trial.directions:
            direction = trial.directions[probe]
        else:
            direction = (np.arange(self.subject.primal.size) == trial.group.entries[probe]).astype(np.float64)
        off = abs(float(trial.reading.off[output, probe]))
        return self._agrees_closely(trial, direction, output, off)

    def _agrees_closely(self, trial: Trial, direction: Array, output: int, off: float) -> bool:
        primal, claim = self.subject.primal, self.subject.claim
        reading = read_along(primal, claim, direction, reach=CLOSE)
        close = Trial(trial.group, reading, (direction,)).doubted(self.subject.noise)
        seen = close.reading.bar[output, 0] < off / 2
        return bool(seen and not close.reading.disagrees[output, 0])

    def _kink(self) -> GradientCheck | None:
        return at_kink(self.subject, self.trials)

    def _imprecise(self) -> GradientCheck | None:
        """Return the verdict on what is claimed in a low precision, if it is another in float64, or lost there."""
        lost = self.subject.lost_to_precision()
        if lost is None or lost <= self._granted:
            return None
        eps = float(np.finfo(self._lowest).eps)
        precision = str(self._lowest) if eps >= self.subject.returned.eps else "the precision of x"
        got = f"in {precision} it is off by {100 * lost:.3g} % of what it is in float64"
        found = fault(FailureMode.LOW_PRECISION, got=got)
        most = LOST if eps >= self.subject.returned.eps else LOST_COARSELY
        verdict = Verdict.DISAGREES if lost > most else Verdict.INCONCLUSIVE
        return GradientCheck(verdict, found.message, (found,))

    @property
    def _lowest(self) -> np.dtype[Any]:
        """The dtype of x that has fewest digits."""
        return min((leaf.dtype for leaf in self.subject.problem.leaves), key=lambda dtype: dtype.itemsize)

    @property
    def _granted(self) -> float:
        """The share of itself by which a derivative may be off in the precision of x."""
        eps = max(float(np.finfo(self._lowest).eps), self.subject.returned.eps)
        return float(granted(eps, np.ones(1), np.zeros(1))[0])

    def _nothing(self) -> GradientCheck | None:
        """Return the verdict at a point where all slopes are zero, as those of many a wrong gradient are."""
        if self.subject.primal.size and not all(trial.claims_zero for trial in self.trials):
            return None
        if not all(np.isfinite(trial.unseen) or trial.reading.bar.max(initial=0) < np.inf for trial in self.trials):
            return None
        return self._flat()

    def _too_little(self) -> GradientCheck | None:
        """Return the verdict where part of the derivative is not seen."""
        unseen = [trial for trial in self.trials if not self._is_seen(trial)]
        if unseen:
            unseen = [trial for trial in unseen if not self._is_rounding(trial)]
        if unseen:
            return GradientCheck(Verdict.INCONCLUSIVE, self._why_unseen(unseen[0]), displaced=self.subject.displaced())
        return None

    @property
    def _whole(self) -> float:
        """The size of all derivatives together."""
        sizes = [norm(trial.reading.size).max(initial=0.0) for trial in self.trials]
        return float(max(sizes, default=0.0))

    def _is_seen(self, trial: Trial) -> bool:
        """Return whether enough of a group is seen, by some trial; of zeros, that they are small beside all others."""
        same = [other for other in self.trials if other.group is trial.group]
        return any(other.is_telling for other in same) or (trial.claims_zero and self._is_small(trial))

    def _is_small(self, trial: Trial) -> bool:
        return bool(np.nan_to_num(trial.reading.bar, nan=np.inf).min(axis=1).max() <= TELLING * self._whole)

    def _is_rounding(self, trial: Trial) -> bool:
        """Return whether what is claimed of a group is the rounding of zeros, or drowned in the rest of its array."""
        claim, noise, entries = self.subject.claim, self.subject.noise, trial.group.entries
        if noise is None or not isinstance(claim, MatrixClaim):
            size = float(norm(trial.reading.size).max(initial=0.0))
            return size <= ROUNDINGS * float(np.finfo(np.float64).eps) * self._whole and self._is_small(trial)
        claimed = norm(claim.matrix[:, entries])
        if (norm(noise[:, entries]) >= ALL_ROUNDING * claimed).all():
            return self._is_small(trial)
        array = norm(claim.matrix[:, np.isin(claim.owner, claim.owner[entries])])
        bar = np.nan_to_num(trial.reading.bar, nan=np.inf).min(axis=1)
        return bool((np.maximum(claimed, bar) <= DROWNED * array).all())

    def _why_unseen(self, trial: Trial) -> str:
        name = trial.group.name
        share = trial.unseen
        if not np.isfinite(share):
            return f"{name}: no slope of f is seen at x: it jumps there, is too noisy, or has no values beside x."
        seen = f"is known to {100 * share:.2g} % of it only" if share < 1 else "is too uncertain to compare"
        return f"{name}: the slope of f {seen}: f is noisy, rounded, or bends sharply close to x."

    def _agreement(self) -> GradientCheck:
        told = [trial for trial in self.trials if trial.is_telling and not trial.claims_zero]
        share = max((trial.proven for trial in told), default=TELLING)
        share = max(share, self.subject.lost_to_precision() or 0.0)
        detectable = max((trial.detectable for trial in told), default=np.inf)
        if self.subject.lost_to_precision() is not None:  # an error in the precision of x alone shows no sooner
            detectable = max(detectable, self._granted)
        if share > APART:
            return GradientCheck(Verdict.INCONCLUSIVE, "what was measured on long steps and on short ones differs.")
        if told and detectable > COARSE:
            reason = f"no error below {detectable:.1g} of the derivative is seen for certain: f is noisy or bends."
            return GradientCheck(Verdict.INCONCLUSIVE, reason, displaced=self.subject.displaced())
        digits = float(-np.log10(max(share, EXACT)))
        return GradientCheck(
            Verdict.AGREES,
            f"the same to {digits:.1f} digits; an error is called one from {detectable:.1g} of the derivative on."
            + self._reserves(),
            digits=digits,
            detectable=detectable,
            miss_probability=MISS if any(trial.directions for trial in told) else 0.0,
        )

    def _reserves(self) -> str:
        """Return what a gradient that agrees may be wrong in all the same; mostly nothing."""
        found = ""
        if hidden := self._hidden():
            found += f" What is claimed of {hidden} is so small beside the rest that it is not seen."
        if flat := ", ".join(dict.fromkeys(trial.group.name for trial in self.trials if self._is_flat(trial))):
            found += f" In {flat} f is flat here: a wrong factor of it would not show."
        return found

    def _hidden(self) -> str:
        """Return the names of arrays that are claimed to have derivatives which are not seen, or how many entries."""
        hidden = [trial for trial in self.trials if not (trial.claims_zero or self._is_seen(trial))]
        entries_of = [*(trial.group.entries for trial in hidden), *(trial.drowned for trial in self.trials)]
        entries = np.unique(np.concatenate([np.empty(0, np.intp), *entries_of]))
        problem = self.subject.problem
        counts = np.bincount(problem.owner[entries], minlength=len(problem.leaves)).tolist()
        found = zip(self.subject.names, problem.leaves, counts, strict=True)
        return ", ".join(
            name if count == leaf.size else f"{count:,} of {leaf.size:,} entries of {name}"
            for name, leaf, count in found
            if count
        )

    def _is_flat(self, trial: Trial) -> bool:
        """Return whether the derivatives by a whole array are zero."""
        owner, entries = self.subject.problem.owner, trial.group.entries
        return trial.claims_zero and bool(np.isin(owner, owner[entries]).sum() == len(entries) > 0)
