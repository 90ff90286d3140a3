"""What theory needs to know of f: its derivatives of higher order at x, and its noise."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from numgrad._typing import Array

__all__ = ["HIGHEST", "Expansion", "Noise", "expand", "noise_of"]

HIGHEST = 9
"""The highest derivative: of the fourth-order scheme, f⁽⁵⁾ is the first in the error, f⁽⁷⁾ and f⁽⁹⁾ come next."""

NODES, TAIL = 33, 8
"""f is interpolated at so many Chebyshev nodes to find derivatives, and the last coefficients are taken for noise."""

NOISE_NODES = (49, 32), (17, 8)
"""The same to find noise; the second where floats are too few for the first."""

RADII = 2.0 ** np.array([*range(-5, 3), *range(3, 35, 2)])
"""Of the interval about x, in units of the longest step that a derivative needed: its slope may be seen on a far
shorter one than its bends, as of sin at 1e-8."""

RESOLVED = 1e-6
"""Intervals get longer while the last coefficients are at most this share of the largest one: else f does more on them
than the nodes show."""

NOISE_RADII = 2.0 ** np.arange(27, -40, -6)
"""The same for noise: up to an eighth, as nothing else may be left in the last coefficients, of the step needed, or of
the length on which f bends if that is longer."""

BOUND = 3
"""A coefficient that is so many times the noise belongs to f; a bound on what is cut off takes as many."""


@dataclass(frozen=True, eq=False)
class Expansion:
    """Derivatives of f at x, each with a bound on its error."""

    derivatives: Array
    """f⁽ᵏ⁾(x) for k from 1 to ``HIGHEST``, and 0 for k = 0; NaN where f has too few values."""
    errors: Array
    reach: float
    """The longest radius about x on which f was seen through."""

    @property
    def seen(self) -> Array:
        """The derivatives, 0 where they cannot be told from it."""
        return np.where(np.abs(self.derivatives) > self.errors, self.derivatives, 0.0)

    @property
    def length(self) -> float:
        """The step at which the first of the terms f⁽ᵏ⁾ hᵏ / k! is as large as f′ h; inf where no term is seen."""
        return self._length(1)

    @property
    def span(self) -> float:
        """The same of f″ h² / 2, if that is longer: close to an extremum f′ tells nothing of the size of a step."""
        lengths = [length for length in (self._length(1), self._length(2)) if length < np.inf]
        return max(lengths, default=np.inf)

    def _length(self, base: int) -> float:
        powers = np.arange(HIGHEST + 1)
        terms = np.abs(self.seen) / [float(math.factorial(k)) for k in powers]
        with np.errstate(all="ignore"):
            lengths = (terms[base] / terms[base + 1 :]) ** (1 / (powers[base + 1 :] - base))
        return float(np.min(np.where(lengths > 0, lengths, np.inf)))


@dataclass(frozen=True, eq=False)
class Noise:
    """The noise of f within some radii of x, as standard deviations over radius ** ``power``."""

    radii: Array
    """From the longest to the shortest."""
    of_values: Array
    of_differences: Array
    """Of f(x + h) - f(x - h), over √2: rounding errors beside x may be alike, so that they cancel or add up."""
    power: int
    """0 in general; 1 where f(x) = 0 and what f adds up gets finer towards it as fast as f gets smaller."""


def expand(f: Callable[[Any], Any], x: Any, radius: float) -> Expansion:
    """Return the derivatives of f at x from Chebyshev interpolants, each from the interval that shows it best.

    On [x - r, x + r] the coefficients of an interpolant fall off until they are noise of size σ. With n terms before
    that, the k-th derivative has an error of about 3 σ (Σ T_j⁽ᵏ⁾(0)²)^½ / rᵏ, summed over j ≤ n + 1, and beyond k.

    References
    ----------
    J. L. Aurentz, L. N. Trefethen (2017), Chopping a Chebyshev series, ACM Transactions on Mathematical Software 43(4).

    """
    derivatives, errors, reach = np.full(HIGHEST + 1, np.nan), np.full(HIGHEST + 1, np.inf), 0.0
    for r in radius * RADII:
        coefficients = _interpolate(f, x, r, NODES)
        noise = _rms(coefficients[-TAIL:])
        if r > radius and not noise <= RESOLVED * np.abs(coefficients).max():
            break
        if not np.isfinite(noise):
            continue
        reach = float(r)
        terms = min(int(np.flatnonzero(np.abs(coefficients) > BOUND * noise).max(initial=0)) + 2, NODES - TAIL)
        of_polynomials = _derivatives_at_0()
        uncertain = of_polynomials[:, : max(terms, HIGHEST + 1) + 2]
        with np.errstate(all="ignore"):
            scale = r ** -np.arange(HIGHEST + 1.0)
            found = of_polynomials[:, :terms] @ coefficients[:terms] * scale
            error = BOUND * noise * np.sqrt((uncertain**2).sum(axis=1)) * scale
        better = (error < errors) & np.isfinite(found)
        derivatives, errors = np.where(better, found, derivatives), np.where(better, error, errors)
    return Expansion(derivatives, errors, reach)


def noise_of(f: Callable[[Any], Any], x: Any, radius: float, longest: float) -> Noise:
    """Return the noise of f about x, in the dtype of x, up to an eighth of the longest radius; 0 where all is exact."""
    radii = radius * NOISE_RADII
    radii = radii[radii <= longest / 8]
    tails = np.array([_tails(f, x, r) for r in radii]).reshape(-1, 2)
    there = np.isfinite(tails).all(axis=1)
    tails, radii = tails[there], radii[there]
    with np.errstate(all="ignore"):
        logs = np.log(np.where(tails > 0, tails, np.nan))
        shrinks = np.ptp(logs - np.log(radii[:, np.newaxis])) < np.ptp(logs) if len(radii) > 1 else True
    power = int(_value(f, x) == 0 and bool(shrinks))
    of_values, of_differences = (tails / radii[:, np.newaxis] ** power).T
    return Noise(radii, of_values, of_differences, power)


def _tails(f: Callable[[Any], Any], x: Any, radius: float) -> tuple[float, float]:
    """Return the standard deviation of f, and of its odd part, beside a polynomial; inf where f has no values.

    A Chebyshev coefficient of white noise of variance σ² has 2 σ² / n.
    """
    found = np.inf, np.inf
    for count, noisy in NOISE_NODES:
        tail = _interpolate(f, x, radius, count)[-noisy:] * np.sqrt(count / 2)
        found = _rms(tail), _rms(tail[(count - noisy + 1) % 2 :: 2])
        if np.isfinite(found).all():
            break
    return found


def _interpolate(f: Callable[[Any], Any], x: Any, radius: float, count: int) -> Array:
    """Return the Chebyshev coefficients of f less f(x) about x, whose digits would hide theirs; inf without values."""
    nodes = np.cos(np.pi * (np.arange(count) + 0.5) / count)
    with np.errstate(all="ignore"):
        points = (x + radius * nodes).astype(x.dtype)
        changes = np.array([_value(f, point) for point in points]) - _value(f, x)
        taken = (points.astype(np.float64) - float(x)) / radius  # the nodes, as x + r · node is rounded
    if not np.isfinite(changes).all() or np.unique(taken).size < count:
        return np.full(count, np.inf)
    scale = np.abs(changes).max() or 1.0
    return np.linalg.solve(chebyshev.chebvander(taken, count - 1), changes / scale) * scale


def _value(f: Callable[[Any], Any], point: Any) -> float:
    try:
        return float(f(point))
    except (ValueError, ArithmeticError):  # outside of the domain of f
        return np.nan


def _rms(numbers: Array) -> float:
    largest = float(np.abs(numbers).max())
    if largest == 0 or not np.isfinite(largest):
        return largest
    return float(np.sqrt(np.mean((numbers / largest) ** 2)) * largest)


@lru_cache(maxsize=1)
def _derivatives_at_0() -> Array:
    """Return the k-th derivative at 0 of each Chebyshev polynomial, (HIGHEST + 1, NODES)."""
    unit = np.eye(NODES)
    return np.array([[chebyshev.chebval(0.0, chebyshev.chebder(row, k)) for row in unit] for k in range(HIGHEST + 1)])
