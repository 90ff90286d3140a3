"""The verdict where random directions disagree, and no entry does by itself."""

import numpy as np

from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.measurement import Trial, random_direction, read_along
from verification.purity import fault

__all__ = ["spread_thin"]

FRESH = 3
"""So many further directions are tried: most of them must disagree as well."""

CLEARLY = 2.0
"""By so many bars at least."""

PLAIN = 0.01
"""The step of a difference beside, in units of the entries: its own error is a ten-thousandth, however f is rounded."""

SIDES = 1 / 4
"""A difference sides with the claim if it is off it by less than this share of what was measured."""


def spread_thin(subject: Subject, trial: Trial) -> GradientCheck:
    """Return the verdict on a group along whose directions, which cross no kink, the two sides disagree."""
    if 2 * sum(_confirms(subject, trial) for _ in range(FRESH)) > FRESH:
        got = "random directions disagree, and no entry by itself"
        found = fault(FailureMode.UNKNOWN, trial.group.name, got)
        return GradientCheck(Verdict.DISAGREES, found.message, (found,))
    reason = "some directions disagree, which others do not confirm: f is noisy or rounded"
    return GradientCheck(Verdict.INCONCLUSIVE, f"{trial.group.name}: {reason}.", displaced=subject.displaced())


def _confirms(subject: Subject, trial: Trial) -> bool:
    """Return whether a further direction disagrees clearly, and a plain difference does not side with the claim."""
    primal = subject.primal
    direction = random_direction(trial.group.entries, np.ones(primal.size), subject.rng)
    fresh = Trial(trial.group, read_along(primal, subject.claim, direction), (direction,))
    reading = fresh.doubted(subject.noise).reading
    output = int(np.argmax(reading.comparison.share[:, 0]))
    above, below = (primal.at(primal.z + side * PLAIN * direction)[output] for side in (1, -1))
    apart = abs((above - below) / (2 * PLAIN) - reading.claimed[output, 0])
    sides_with_claim = apart < SIDES * abs(reading.off[output, 0])
    return bool(reading.comparison.share[output, 0] > CLEARLY and not sides_with_claim)
