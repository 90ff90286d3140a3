"""The ladder of steps that a derivative is taken on, and the orthogonal polynomials on its rungs.

Rung k stands at the step ``unit · RATIO⁻ᵏ``: rung 0 is the first, negative ones are longer, high ones shorter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import Enum
from functools import lru_cache
from typing import Any

import numpy as np

from numgrad._typing import Array

__all__ = ["BOTH", "FINEST", "RATIO", "SHORTEST", "UNIT", "Basis", "Parity", "basis", "rung_of", "step_of", "steps_of"]

RATIO = 1.93
"""Of two neighbouring steps. No round number: a period, or a grid that f rounds to, would pass unseen."""

UNIT = 0.46
"""Rung 0 in units of |x|: below ½, for a logarithm has its singularity at 1; irregular for the reason above."""

FINEST = 48
"""The last rung: 1.93⁴⁸ = 5e13, so that steps stay 40 times longer than the spacing of floats beside x."""

BOTH = (1, -1)
"""The sides of x: beyond it, and before it."""

SHORTEST = 5
"""Rungs that a derivative takes at least."""

DIGITS = 80
"""Decimal digits that the polynomials are made with: their coefficients cancel, and rounded floats would show."""


class Parity(Enum):
    """Which powers of the step a polynomial is made of, and hence which samples it is fitted to."""

    ODD = "odd"
    """1, 3, 5, ...: for half differences (f(x + h) - f(x - h)) / 2."""
    EVEN = "even"
    """0, 2, 4, ...: for half sums (f(x + h) + f(x - h)) / 2, and f(x) itself."""
    ALL = "all"
    """0, 1, 2, ...: for the values on one side, and f(x) itself."""


@dataclass(frozen=True)
class Basis:
    """Polynomials that are orthonormal on rungs: white noise of the samples is white noise of the coefficients."""

    vectors: Array
    """Maps samples (N, nodes) to coefficients (N, nodes); samples are weighed by the number of values in each."""
    slopes: Array
    """The derivative of each polynomial at 0, in units of 1 / (step of the first rung), (nodes,)."""
    amplification: Array
    """What a coefficient's noise makes of the slope of the first polynomials together, (nodes,)."""


def step_of(unit: Any, rung: Any) -> Any:
    """Return the step of a rung; of arrays, entry by entry."""
    return unit * RATIO ** -np.asarray(rung, dtype=float)


def steps_of(unit: Array, rungs: Sequence[float]) -> Array:
    """Return the steps of rungs, (N, rungs), for units (N,)."""
    return np.asarray(step_of(unit[:, np.newaxis], rungs))


def rung_of(unit: float, step: float) -> int:
    """Return the first rung that is no longer than ``step``, however long that is."""
    rung = np.log(unit / step) / np.log(RATIO)
    return int(np.ceil(np.nan_to_num(rung, neginf=-FINEST, posinf=FINEST)))


@lru_cache(maxsize=512)
def basis(rungs: tuple[int, ...], parity: Parity) -> Basis:
    """Return the orthonormal polynomials on ``rungs``, the first of which has the step 1.

    A half sum or half difference is known √2 times better than one value: it is weighed with √2.
    """
    with localcontext() as context:
        context.prec = DIGITS
        steps = [Decimal(str(RATIO)) ** (rungs[0] - rung) for rung in rungs]
        nodes, weights = steps, [Decimal(2)] * len(steps)
        if parity is not Parity.ODD:
            nodes, weights = [Decimal(0), *nodes], [Decimal(1), *weights]
        if parity is Parity.ALL:
            weights = [Decimal(1)] * len(nodes)
        stride, first = (1, 0) if parity is Parity.ALL else (2, int(parity is Parity.ODD))
        powers = range(first, first + stride * len(nodes), stride)
        return _gram_schmidt(nodes, weights, powers)


def _gram_schmidt(nodes: list[Decimal], weights: list[Decimal], powers: Sequence[int]) -> Basis:
    found: list[tuple[list[Decimal], Decimal]] = []
    for power in powers:
        values = [node**power if power else Decimal(1) for node in nodes]
        slope = Decimal(power == 1)
        for others, slope_of_other in found:
            share = _dot(values, others, weights)
            values = [value - share * other for value, other in zip(values, others, strict=True)]
            slope -= share * slope_of_other
        norm = _dot(values, values, weights).sqrt()
        found.append(([value / norm for value in values], slope / norm))
    roots = [weight.sqrt() for weight in weights]
    vectors = [[value * root for value, root in zip(values, roots, strict=True)] for values, _ in found]
    slopes = _floats([slope for _, slope in found])
    return Basis(_floats(vectors).T, slopes, _frozen(np.sqrt(np.cumsum(slopes**2))))


def _dot(a: list[Decimal], b: list[Decimal], weights: list[Decimal]) -> Decimal:
    return sum((x * y * w for x, y, w in zip(a, b, weights, strict=True)), Decimal(0))


def _floats(numbers: Any) -> Array:
    return _frozen(np.array(numbers, dtype=np.float64))


def _frozen(array: Array) -> Array:
    """Return an array that the cache may hand out again."""
    array.flags.writeable = False
    return array
