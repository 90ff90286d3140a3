"""What an example of a claimed gradient is, and the small functions that many of them are made of."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

import numpy as np

__all__ = [
    "Example",
    "Kind",
    "at",
    "digamma",
    "erf",
    "erf_series",
    "faults",
    "hard",
    "length",
    "log_gamma",
    "quadrature",
    "quiet",
    "sigmoid",
    "softmax",
    "some",
    "total",
    "unseen",
    "wrong",
]

quiet = np.errstate(all="ignore")
"""Steps may leave the domain of f, or overflow: that is inf or NaN, and no error."""


class Kind(Enum):
    """What is known of a claimed gradient, and so what a checker has to say of it."""

    WRONG = "wrong, and f shows it: disagrees"
    HARD = "right, where checkers tend to cry wolf: agrees"
    KINK = "between the one-sided slopes, at a kink: inconclusive"
    OUTSIDE = "beyond the one-sided slopes along some direction, at a kink: disagrees"
    UNSEEN = "nothing of it shows in f: inconclusive"


@dataclass(frozen=True)
class Example:
    """A function, a point, and the gradient that somebody claims."""

    name: str
    f: Callable[..., Any]
    """Scalar; a tuple x is spread over its arguments, a dict or list is one argument."""
    gradient: Callable[..., Any]
    """As claimed: takes what f takes, and returns the structure of x."""
    x: Any
    kind: Kind
    source: str = ""
    """Where such a bug was reported, if it was: the project, and the number of its issue or pull request (PR)."""
    right: Callable[..., Any] | None = None
    """The right gradient: of HARD the claimed one, of KINK, OUTSIDE and UNSEEN none."""
    analytic: Callable[..., Any] | None = None
    """The same f for complex x, where f itself takes no complex numbers or rounds."""

    def __str__(self):
        return self.name


def at(x, function):
    """Return function(x), a tuple x spread over its arguments."""
    return function(*x) if isinstance(x, tuple) else function(x)


def wrong(name, f, x, *, right, claimed, source="", analytic=None):
    return Example(name, quiet(f), quiet(claimed), x, Kind.WRONG, source, quiet(right), quiet(analytic or f))


def faults(f, x, gradient, *rows, analytic=None):
    """Return an example for each name, keywords that make ``gradient`` wrong, and source if there is one."""
    return [
        wrong(
            name, f, x, right=gradient, claimed=partial(gradient, **keywords), source="".join(source), analytic=analytic
        )
        for name, keywords, *source in rows
    ]


def hard(name, f, x, gradient, analytic=None):
    return Example(name, quiet(f), quiet(gradient), x, Kind.HARD, "", quiet(gradient), quiet(analytic or f))


def unseen(name, f, x, claimed):
    return Example(name, quiet(f), quiet(claimed), x, Kind.UNSEEN)


def some(*shape, seed=0, low=-2.0, high=2.0):
    """Return numbers of two decimals, drawn evenly."""
    return np.round(np.random.default_rng(seed).uniform(low, high, shape), 2)


def total(function):
    """Return the sum of what an elementwise function returns."""
    return lambda x: np.sum(function(x))


def sigmoid(x):
    return 0.5 + 0.5 * np.tanh(x / 2)


def softmax(x):
    powers = np.exp(x - x.real.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def length(x):
    """Return the Euclidean norm, of complex x too without taking a modulus."""
    return np.sqrt(np.sum(x * x))


erf = np.vectorize(math.erf, otypes=[float])


def erf_series(x):
    """Return erf of a complex x that is not far from 0."""
    return (
        2
        / math.sqrt(math.pi)
        * sum((-1) ** n * x ** (2 * n + 1) / (math.factorial(n) * (2 * n + 1)) for n in range(60))
    )


def log_gamma(x):
    """Return log Γ(x) by Stirling's series, after 12 steps to the right."""
    shift = sum(np.log(x + k) for k in range(12))
    x = x + 12
    series = 1 / (12 * x) - 1 / (360 * x**3) + 1 / (1260 * x**5) - 1 / (1680 * x**7) + 1 / (1188 * x**9)
    return (x - 0.5) * np.log(x) - x + 0.5 * math.log(2 * math.pi) + series - shift


def digamma(x, *, terms=5, shift=12):
    """Return the derivative of log Γ(x), or with fewer terms or a shorter shift something near it."""
    below = sum(1 / (x + k) for k in range(shift))
    x = x + shift
    parts = (1 / (2 * x), 1 / (12 * x**2), -1 / (120 * x**4), 1 / (252 * x**6), -1 / (240 * x**8))
    return np.log(x) - sum(parts[:terms]) - below


def quadrature(function, low, high):
    """Return the integral by Gauss and Legendre: smooth in the ends and in whatever function depends on."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    return (high - low) / 2 * np.sum(weights * function((high + low) / 2 + (high - low) / 2 * nodes))
