"""The error of a difference quotient as theory has it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from numgrad._typing import Array
from numgrad.error_curves.expansion import HIGHEST, Expansion, Noise
from numgrad.error_curves.schemes import Scheme, weights

__all__ = ["Prediction", "predict"]

RULING = 6
"""The highest power of the step whose term may rule; those of the terms after it tell only how far it does."""

ALIKE = 2
"""Noise is the same at two radii if it differs by no more than this factor: a dozen numbers do not tell it better."""

BEYOND = 8
"""So much farther than the longest radius on which it was seen, noise is taken to be as there."""

FAR = 4
"""An optimum may lie so much farther than a line holds; a guess: beyond, further terms are as large as the first."""

NEGLIGIBLE = 0.05
"""Truncation is one power of the step while the terms after the first are a smaller share of it."""


@dataclass(frozen=True)
class Prediction:
    """Truncation C hᵖ and round-off R h^q: the two lines that a logarithmic plot of the error is made of."""

    order: int
    """p; 0 where no truncation is seen."""
    truncation: float
    """C, in the units of f / x^(p + 1)."""
    round_off_order: int
    """q: -1 in general; 0 of the complex step, and where f(x) = 0 and its rounding vanishes with it."""
    round_off: float
    """R, a standard deviation, in the units of f / x^(q + 1)."""
    optimum: float
    """h*: where the sum is smallest, or, if q = 0, where both are equal; inf without truncation, and NaN where further
    terms would matter there."""
    error: float
    """The sum at h*; without truncation, at the longest step."""
    longest: float
    """The step up to which the later terms of the truncation are negligible beside the first; where no term is seen, up
    to which none can hide."""
    white: tuple[float, float]
    """The steps between which the noise of f is as it is at h*."""

    def at(self, steps: Array) -> tuple[Array, Array]:
        """Return the truncation and the round-off error at ``steps``."""
        with np.errstate(all="ignore"):
            return self.truncation * steps**self.order, self.round_off * steps ** float(self.round_off_order)


class _Truncation(NamedTuple):
    """What of the series of the truncation error rules up to the optimum."""

    order: int
    coefficient: float
    optimum: float


def predict(scheme: Scheme, expansion: Expansion, noise: Noise, rounding: float) -> Prediction | None:
    """Return the two lines and where their sum is lowest; None where f has too few values to tell.

    Forward: ½ h |f″| and √2 σ / h. Central: h² |f‴| / 6 and σ / (√2 h), so that h* = (3 σ / (√2 |f‴|))^(1/3). σ is the
    noise that f has about h*, the longest such step. Where the first derivative in the series is small or 0, a later
    one may be what rules: the line is that of the term which reaches the round-off at the smallest step.

    Parameters
    ----------
    scheme: the difference quotient.
    expansion: derivatives of f at x.
    noise: that of f about x; for the complex step, which subtracts nothing, that of the quotient at a tiny step.
    rounding: the standard deviation of rounding such a value, which is assumed of those that happen to be exact too.

    References
    ----------
    W. H. Press et al. (2007), Numerical Recipes, 3rd edition, §5.7. The complex step: W. Squire, G. Trapp (1998), Using
    complex variables to estimate derivatives of real functions, SIAM Review 40(1).

    """
    terms = (np.abs(weights(scheme, HIGHEST)) * np.abs(expansion.seen))[1 : RULING + 1]  # by their power of h
    if noise.radii.size == 0 or expansion.reach == 0:
        return None
    if not scheme.subtracts:
        rounded = scheme.noise * max(float(np.median(noise.of_values)), rounding)
        return _lines(scheme, expansion, _ruling(terms, 0, rounded), (rounded, 0), (0.0, np.inf))
    seen = noise.of_differences if scheme.is_symmetric else noise.of_values
    round_off, power = scheme.noise * np.maximum(seen, rounding), noise.power - 1
    reached = np.array([_ruling(terms, power, size).optimum for size in round_off]) >= noise.radii
    first, last = _run_of_alike(seen, int(np.argmax(reached)) if reached.any() else len(seen) - 1)
    longest = BEYOND * noise.radii[first] if first == 0 else noise.radii[first]
    size = float(np.median(round_off[first : last + 1]))
    white = float(noise.radii[last]), float(longest)
    return _lines(scheme, expansion, _ruling(terms, power, size), (size, power), white)


def _run_of_alike(sizes: Array, index: int) -> tuple[int, int]:
    """Return the first and the last of the neighbours of an entry that are about as large."""
    with np.errstate(all="ignore"):
        alike = np.abs(np.log(sizes / sizes[index])) <= np.log(ALIKE)
    first = last = index
    while first > 0 and alike[first - 1]:
        first -= 1
    while last < len(sizes) - 1 and alike[last + 1]:
        last += 1
    return first, last


def _lines(
    scheme: Scheme,
    expansion: Expansion,
    truncation: _Truncation,
    round_off: tuple[float, int],
    white: tuple[float, float],
) -> Prediction:
    order, coefficient, optimum = truncation
    size, power = round_off
    at_most = np.abs(expansion.derivatives) + expansion.errors
    if order == 0:
        hidden = (np.abs(weights(scheme, HIGHEST)) * np.where(np.isfinite(at_most), at_most, 0.0))[1:]
        longest = min(expansion.reach, _ruling(hidden, power, size).optimum)
        error = size if power == 0 else size / longest
        return Prediction(0, 0.0, power, size, np.inf, error, longest, white)
    later = np.arange(order + 2, HIGHEST + 1)
    later = later[weights(scheme, HIGHEST)[later] != 0]
    with np.errstate(all="ignore"):
        error = float(coefficient * optimum**order + size * np.float64(optimum) ** power)
        terms = np.abs(weights(scheme, HIGHEST)[later]) * at_most[later]
        reach = (NEGLIGIBLE * coefficient / terms) ** (1 / (later - 1 - order))
    longest = float(min(reach.min(initial=np.inf), expansion.reach))
    if optimum > FAR * longest or optimum == 0:  # without any round-off there is no best step
        optimum = error = float("nan")
    return Prediction(order, coefficient, power, size, optimum, error, longest, white)


def _ruling(terms: Array, power: int, round_off: float) -> _Truncation:
    """Return the term with the smallest optimum; order 0 where there is none.

    C hᵖ + R h^q is smallest where p C hᵖ = -q R h^q; if q = 0, the shortest step that is worth taking has C hᵖ = R.
    """
    ruling = _Truncation(0, 0.0, np.inf)
    for order in np.flatnonzero(terms).tolist():
        ratio = -power * round_off / order if power else round_off
        with np.errstate(all="ignore"):
            optimum = float((ratio / terms[order]) ** (1 / (order - power)))
        if optimum < ruling.optimum:
            ruling = _Truncation(order, float(terms[order]), optimum)
    return ruling
