"""Smooth functions composed at random, with their exact derivatives."""

import math
from dataclasses import dataclass

import mpmath
import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from numgrad import derivative

__all__ = ["Composed", "composed", "points", "slope_and_estimate"]

DIGITS = 60
LARGEST = 1e30
"""Intermediate values beyond this leave no digit of what is made of them."""

SMOOTH = {
    "sin": (np.sin, mpmath.sin, mpmath.cos),
    "cos": (np.cos, mpmath.cos, lambda u: -mpmath.sin(u)),
    "exp": (np.exp, mpmath.exp, mpmath.exp),
    "tanh": (np.tanh, mpmath.tanh, lambda u: 1 / mpmath.cosh(u) ** 2),
    "arctan": (np.arctan, mpmath.atan, lambda u: 1 / (1 + u * u)),
    "log1p of square": (lambda u: np.log1p(u * u), lambda u: mpmath.log1p(u * u), lambda u: 2 * u / (1 + u * u)),
    "square": (lambda u: u * u, lambda u: u * u, lambda u: 2 * u),
    "cube": (lambda u: u**3, lambda u: u**3, lambda u: 3 * u * u),
    "gauss": (lambda u: np.exp(-u * u), lambda u: mpmath.exp(-u * u), lambda u: -2 * u * mpmath.exp(-u * u)),
    "1 +": (lambda u: 1 + u, lambda u: 1 + u, lambda u: mpmath.mpf(1)),
    "bell": (lambda u: 1 / (1 + u * u), lambda u: 1 / (1 + u * u), lambda u: -2 * u / (1 + u * u) ** 2),
    "hyperbola": (lambda u: np.sqrt(1 + u * u), lambda u: mpmath.sqrt(1 + u * u), lambda u: u / mpmath.sqrt(1 + u * u)),
    "sigmoid": (
        lambda u: 1 / (1 + np.exp(-u)),
        lambda u: 1 / (1 + mpmath.exp(-u)),
        lambda u: 1 / (2 + mpmath.exp(u) + mpmath.exp(-u)),
    ),
    "softplus": (
        lambda u: np.log1p(np.exp(u)),
        lambda u: mpmath.log1p(mpmath.exp(u)),
        lambda u: 1 / (1 + mpmath.exp(-u)),
    ),
    "log": (np.log, mpmath.log, lambda u: 1 / u),
    "sqrt": (np.sqrt, mpmath.sqrt, lambda u: 1 / (2 * mpmath.sqrt(u))),
}
FACTORS = (-2.0, 0.1, 0.5, 3.0, 10.0, 50.0)


@dataclass(frozen=True)
class Composed:
    """A function of x as a tree: "x", a factor times a tree, a smooth function of one, or two of them combined."""

    operation: str
    parts: tuple["Composed", ...] = ()
    factor: float = 1.0

    def __str__(self):
        if self.operation == "x":
            return "x"
        if self.operation == "times":
            return f"{self.factor:g} * ({self.parts[0]})"
        if self.operation in SMOOTH:
            return f"{self.operation}({self.parts[0]})"
        return f"({self.parts[0]} {self.operation} {self.parts[1]})"

    def __call__(self, x):
        """Return f(x) in float64."""
        values = [part(x) for part in self.parts]
        if self.operation == "x":
            return x
        if self.operation == "times":
            return self.factor * values[0]
        if self.operation in SMOOTH:
            return SMOOTH[self.operation][0](values[0])
        a, b = values
        return {"+": a + b, "-": a - b, "*": a * b}[self.operation]

    def exact(self, x):
        """Return f(x) and f′(x) by the chain rule, to many digits."""
        values = [part.exact(x) for part in self.parts]
        for value, slope in values:
            assume(mpmath.im(value) == 0 and abs(value) < LARGEST and abs(slope) < LARGEST)
        if self.operation == "x":
            return x, mpmath.mpf(1)
        if self.operation == "times":
            return self.factor * values[0][0], self.factor * values[0][1]
        if self.operation in SMOOTH:
            (u, du), (_, function, slope) = values[0], SMOOTH[self.operation]
            assume(u > 0 or self.operation not in {"log", "sqrt"})
            return function(u), slope(u) * du
        (a, da), (b, db) = values
        return {"+": (a + b, da + db), "-": (a - b, da - db), "*": (a * b, a * db + b * da)}[self.operation]

    def derivative(self, x):
        """Return f′(x) as exactly as floats can."""
        with mpmath.workdps(DIGITS):
            return self.exact(mpmath.mpf(x))[1]


X = Composed("x")


def composed():
    """Return a strategy for functions in which x stands up to six times."""
    return st.recursive(
        st.just(X),
        lambda inner: st.one_of(
            st.builds(Composed, st.sampled_from(sorted(SMOOTH)), st.tuples(inner)),
            st.builds(Composed, st.just("times"), st.tuples(inner), st.sampled_from(FACTORS)),
            st.builds(Composed, st.sampled_from("+-*"), st.tuples(inner, inner)),
        ),
        max_leaves=6,
    )


def points(smallest=1e-7):
    """Return a strategy for x: 0, simple numbers, and any from ``smallest`` to 100 of either sign.

    Beyond, floats are too far apart to see what a composed function does between them; below, 1 + x² is 1 all around x.
    """
    sizes = st.builds(
        lambda digits, power: digits * 10.0**power, st.floats(1, 10), st.integers(round(math.log10(smallest)), 1)
    )
    simple = st.sampled_from([0.0, 1.0, 0.5, 2.0, -1.0, 3.0])
    return simple | sizes | sizes.map(lambda x: -x)


def slope_and_estimate(f, x, **options):
    """Return f′(x) as exactly as floats can, and what numgrad makes of it."""
    with np.errstate(all="ignore"):
        assume(np.isfinite(f(np.float64(x))))
    slope = f.derivative(x)
    assume(abs(slope) < 1e300)
    return slope, derivative(f, x, **options)
