"""Constant factors of a derivative, under each of the names that they may have."""

import math
from collections.abc import Iterator

import numpy as np

from verification._typing import Mask
from verification.diagnosis.evidence import Evidence, Part, fit
from verification.diagnosis.explanation import Explanation, Rank
from verification.diagnosis.failure_mode import FailureMode

__all__ = ["factors"]

COMMON = {2.0: "2", 0.5: "½", 3.0: "3", 1 / 3: "⅓", 4.0: "4", 0.25: "¼"}
"""Factors that are forgotten whatever the number of samples is."""

WIRTINGER = 0.5
"""So much of the gradient is the derivative by the conjugate of x."""

KNOWN = 0.1
"""A factor is taken from entries that are known to a smaller share of themselves."""

NEAR = 1e-7
"""A factor that is so near to one that has a name is that one: both sides may be rounded in a way that has no bar."""

CLOSE_TO_ONE = 1e-6
"""A factor that is so near to 1 has no other name."""

SINGLE = float(np.finfo(np.float32).eps) / 2
"""By such a share a constant is rounded to float32."""

LARGEST = 1e12
"""No factor above, nor one below its inverse, is a number of samples."""

MANY = 5
"""A whole factor of so many is taken for a number of samples that is not known; powers of ten are units."""


def factors(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield the constant that the true derivative is multiplied by, under each of its names."""
    found = _ratio(part, where)
    if found is None or found[0] == 0:
        return
    shared = [ratio for ratio in map(_ratio, evidence.wrong) if ratio is not None] if where is None else []
    for ratio in sorted(shared, key=lambda ratio: ratio[1])[:1]:
        if abs(ratio[0] - found[0]) <= ratio[1] + found[1]:
            found = ratio  # of another array, in which it is seen better
    c, doubt = found
    if abs(c - 1) > CLOSE_TO_ONE:
        doubt = max(doubt, NEAR * abs(c))
    for mode, value, what, rank in _named(c, doubt, part, evidence):
        bar = (1 + abs(value)) * part.slack + doubt * np.abs(part.numerical)
        fitted = fit(part, value * part.numerical, bar, where)
        parameters = int(rank is Rank.FACTOR)
        yield Explanation(mode, what, fitted, rank, parameters, numbers={"factor": value})


def _ratio(part: Part, where: Mask | None = None) -> tuple[float, float] | None:
    """Return claimed / numerical of the entry that shows it best, and what is unsure about it."""
    chosen = part.measured & (part.slack < KNOWN * np.abs(part.numerical))
    chosen &= part.wrong if where is None else where
    if not chosen.any():
        return None
    claimed, numerical, bar = (array[chosen] for array in (part.claimed, part.numerical, part.slack))
    ratios = claimed / numerical
    doubts = bar / np.abs(numerical) * (1 + np.abs(ratios))
    best = int(np.argmin(doubts))
    return float(ratios[best]), float(doubts[best])


Named = tuple[FailureMode, float, str, Rank]


def _named(c: float, doubt: float, part: Part, evidence: Evidence) -> Iterator[Named]:
    """Yield the names of a factor, each with its exact value, what it makes of the true derivative, and its rank."""
    if abs(c + 1) <= doubt:
        yield FailureMode.WRONG_SIGN, -1.0, "claimed = -true", Rank.SIMPLEST
        return
    if abs(c - 1) <= CLOSE_TO_ONE:
        rounded = ", as of a constant in float32" if abs(c - 1) <= SINGLE else ""
        what = f"claimed = (1 {'-+'[c > 1]} {abs(c - 1):.2g}) × true{rounded}"
        yield FailureMode.CONSTANT_FACTOR, c, what, Rank.FACTOR
        return
    if not 1 / LARGEST < abs(c) < LARGEST:
        yield FailureMode.CONSTANT_FACTOR, c, f"claimed = {c:.7g} × true", Rank.FACTOR
        return
    n, mode = (
        (round(c), FailureMode.MISSING_BATCH_MEAN) if abs(c) >= 1 else (round(1 / c), FailureMode.EXTRA_BATCH_MEAN)
    )
    value = float(n) if mode is FailureMode.MISSING_BATCH_MEAN else 1 / n
    if n > 1 and abs(c - value) <= doubt:
        yield from _by_samples(n, value, mode, part, evidence)
    common = next((number for number in COMMON if abs(c - number) <= doubt), None)
    if common is not None:
        half = ", the Wirtinger derivative by x̄: double it" if part.is_complex and common == WIRTINGER else ""
        yield FailureMode.CONSTANT_FACTOR, common, f"claimed = {COMMON[common]} × true{half}", Rank.USUAL
    else:
        yield FailureMode.CONSTANT_FACTOR, c, f"claimed = {c:.7g} × true", Rank.FACTOR


def _by_samples(n: int, value: float, mode: FailureMode, part: Part, evidence: Evidence) -> Iterator[Named]:
    """Yield what a factor of n or 1 / n is if it is the number of samples."""
    is_mean = mode is FailureMode.EXTRA_BATCH_MEAN
    made = f"claimed = true / {n}" if is_mean else f"claimed = {n} × true"
    own = {size for part in evidence.parts for size in (*part.shape[:1], math.prod(part.shape))}
    is_known, is_unit = n in evidence.sizes or (n >= MANY and n in own), np.log10(n) % 1 == 0
    if is_mean and not evidence.all_wrong and n > 2 and (is_known or (len(part.shape) < 2 and not is_unit)):
        yield FailureMode.MISSING_BROADCAST_SUM, value, f"{made}: a mean over what is to be summed", Rank.EXACT
    if is_known:
        yield mode, value, f"{made}, and f uses {n} samples", Rank.EXACT if n > 2 else Rank.PATTERN
    elif n >= MANY:
        is_likely = evidence.all_wrong and not is_unit
        yield mode, value, f"{made}, as if for {n} samples", Rank.USUAL if is_likely else Rank.FUNCTION
