"""Whether a claimed gradient is that of another point, or of all points."""

from collections.abc import Callable

import numpy as np

from verification._typing import Array
from verification.checking.inspection import Subject
from verification.diagnosis import Diagnosis, FailureMode
from verification.measurement import MatrixClaim, beside, signed_uniform
from verification.purity import fault

__all__ = ["stale"]

AWAY = 0.1
"""So far from x, in units of its entries, the gradient is asked for again."""

RATES = 1e-5 * 4.0 ** np.arange(10)
"""Learning rates among which the step is looked for that led from another point to x."""

TURNS = 40
"""Evaluations of a slope until its zero is known to the error bar; each takes some of f."""

FEWEST = 3
"""Of fewer entries a rate that fits is no wonder."""

DOUBTED, UNSURE = 8, 0.01
"""Error bars that what is left may be large; and a share of the disagreement that these must be smaller than."""

EXPLAINED = 1e-5
"""What is left of the disagreement where another point explains it."""


def stale(subject: Subject, *, is_vague: bool) -> Diagnosis | None:
    """Return the diagnosis that the gradient does not change with x, or is that before a step of gradient descent.

    The second is looked for only where no other explanation is plain: some rate fits many a fault.
    """
    claim = subject.claim
    if not isinstance(claim, MatrixClaim) or not claim.matrix.any():
        return None
    found = _unchanging(subject, claim)
    return found or (_before_a_step(subject, claim) if is_vague else None)


def _unchanging(subject: Subject, claim: MatrixClaim) -> Diagnosis | None:
    primal, rng = subject.primal, np.random.default_rng(0)  # any fixed seed
    problem = primal.problem
    points = [beside(problem, AWAY, rng) for _ in range(2)]
    for point in points:
        other = subject.claim_at(point)
        if other is None or not np.array_equal(other, claim.matrix):
            return None
    away = problem.join(points[-1]) / primal.scale
    direction = signed_uniform(rng, primal.size)
    here, there = primal.along(direction), primal.along(direction, at=away)
    if not (np.abs(here.value - there.value) > here.error + there.error).any():
        return None
    return fault(FailureMode.UNCHANGING)


def _before_a_step(subject: Subject, claim: MatrixClaim) -> Diagnosis | None:
    """Look for a rate r such that the claimed gradient g is that at x + r g, from which a step of r g leads to x."""
    primal, rng = subject.primal, np.random.default_rng(1)  # any fixed seed
    if len(claim.matrix) > 1 or primal.size < FEWEST:
        return None
    back = claim.matrix[0] / primal.scale**2
    probes = [signed_uniform(rng, primal.size) for _ in range(3)]

    def off(probe: Array, rate: float) -> tuple[float, float]:
        with np.errstate(all="ignore"):
            slopes = primal.along(probe, at=primal.z + rate * back)
        return float(slopes.value[0, 0] - claim.matrix[0] @ probe), float(slopes.error[0, 0])

    rate = _root(lambda rate: off(probes[0], rate))
    if rate is None or rate < RATES[0]:
        return None
    for probe in probes[1:]:
        (left, error), here = off(probe, rate), abs(off(probe, 0.0)[0])
        if not (abs(left) <= DOUBTED * error + EXPLAINED * here and DOUBTED * error <= UNSURE * here):
            return None
    got = f"the gradient at x + {rate:.3g} times itself, from which a step with that learning rate leads to x"
    return fault(FailureMode.STALE_POINT, got=got, rate=rate)


def _root(off: Callable[[float], tuple[float, float]]) -> float | None:
    """Return where a function, given with its error, is zero, by regula falsi (the Illinois variant), or None."""
    low, at_low = 0.0, off(0.0)[0]
    smallest = 1e-9 * abs(at_low)
    for rate in RATES.tolist():
        at_rate = off(rate)[0]
        if not np.isfinite(at_rate):
            return None
        if at_low * at_rate <= 0:
            return _between(off, (low, at_low), (rate, at_rate), smallest)
        low, at_low = rate, at_rate
    return None


def _between(
    off: Callable[[float], tuple[float, float]], below: tuple[float, float], above: tuple[float, float], smallest: float
) -> float | None:
    """Return the zero between two points, each given with its value."""
    (low, at_low), (high, at_high) = below, above
    for _ in range(TURNS):
        if at_high == at_low:
            return None  # they are as small as floats are
        middle = low - at_low * (high - low) / (at_high - at_low)
        value, error = off(middle)
        if abs(value) <= max(error, smallest):
            return float(middle)
        if value * at_low > 0:
            low, at_low, at_high = middle, value, at_high / 2
        else:
            high, at_high, at_low = middle, value, at_low / 2
    return None
