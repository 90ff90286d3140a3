"""The difference schemes that an error curve compares."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from numgrad._typing import Array

__all__ = ["SCHEMES", "Scheme", "weights"]

Quotient = Callable[[Callable[[Any], Any], Any, Any], Any]
"""(f, x, h) to a derivative, all in one dtype; NaN or ZeroDivisionError where the step is lost."""


@dataclass(frozen=True)
class Scheme:
    """A difference quotient D(h), with what theory knows of its error.

    D(h) = f′ + Σ w_k h^(k - 1) f⁽ᵏ⁾ / k! + noise, where the noise of f, of standard deviation σ, gives one of
    ``noise`` · σ / h; of the complex step, which subtracts nothing, it is the noise of the quotient, at any step.
    """

    name: str
    mark: str
    """What stands for it in a chart of characters."""
    formula: str
    evaluations: int
    noise: float
    weight: Callable[[int], float]
    """w_k, of k ≥ 2."""
    quotient: Quotient
    subtracts: bool = True
    """Whether nearly equal values are subtracted, so that their rounding is divided by h."""

    @property
    def is_symmetric(self) -> bool:
        """Whether x - h counts as much as x + h: even terms then cancel."""
        return self.weight(2) == 0


def weights(scheme: Scheme, highest: int) -> Array:
    """Return w_k / k! for k from 0 to ``highest``: what f⁽ᵏ⁾ h^(k - 1) adds to the quotient, beyond f′."""
    return np.array([scheme.weight(k) / math.factorial(k) if k >= 2 else 0.0 for k in range(highest + 1)])


def _forward(f: Callable[[Any], Any], x: Any, h: Any) -> Any:
    above = x + h
    return (f(above) - f(x)) / (above - x)


def _central(f: Callable[[Any], Any], x: Any, h: Any) -> Any:
    above, below = x + h, x - h
    return (f(above) - f(below)) / (above - below)


def _fourth_order(f: Callable[[Any], Any], x: Any, h: Any) -> Any:
    three, four = x.dtype.type(3), x.dtype.type(4)
    return (four * _central(f, x, h) - _central(f, x, h + h)) / three


def _complex_step(f: Callable[[Any], Any], x: Any, h: Any) -> Any:
    to_complex = np.result_type(x.dtype, np.complex64).type
    return np.imag(f(to_complex(complex(x, h)))) / h


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        Scheme("forward", "f", "(f(x + h) - f(x)) / h", 2, math.sqrt(2), lambda _: 1.0, _forward),
        Scheme("central", "c", "(f(x + h) - f(x - h)) / 2h", 2, math.sqrt(0.5), lambda k: float(k % 2), _central),
        Scheme(
            "fourth-order",
            "4",
            "(4 D(h) - D(2h)) / 3, D central",
            4,
            math.sqrt((4 / 3) ** 2 / 2 + (1 / 3) ** 2 / 8),
            lambda k: k % 2 * (4 - 2.0 ** (k - 1)) / 3,
            _fourth_order,
        ),
        Scheme(
            "complex-step",
            "i",
            "Im f(x + ih) / h",
            1,
            1.0,
            lambda k: (0.0, 1.0, 0.0, -1.0)[k % 4],
            _complex_step,
            subtracts=False,
        ),
    )
}
"""By name, from the roughest to the finest."""
