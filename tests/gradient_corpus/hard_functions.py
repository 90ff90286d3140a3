"""Right gradients of hard functions: steep, waving, special, cancelling."""

import math

import numpy as np

from gradient_corpus.example import digamma, erf, erf_series, hard, log_gamma, softmax, some, total

__all__ = ["HARD_FUNCTIONS"]

X = np.array([-0.7, 0.2, 1.1])
STEEP = {
    "sin 1000 x": (lambda x: np.sin(1000 * x), lambda x: 1000 * np.cos(1000 * x)),
    "cos 1e5 x": (lambda x: np.cos(1e5 * x), lambda x: -1e5 * np.sin(1e5 * x)),
    "narrow peak": (
        lambda x: np.exp(-((1e4 * (x - 0.2)) ** 2) - 1e4 * (x - 0.2)),
        lambda x: -1e4 * (2e4 * (x - 0.2) + 1) * np.exp(-((1e4 * (x - 0.2)) ** 2) - 1e4 * (x - 0.2)),
    ),
}


def polynomial(name, coefficients, x):
    p = np.polynomial.Polynomial(coefficients)
    return hard(name, lambda x: np.sum(p(x)), x, p.deriv())


def series(name, kind, degree, x):
    p = kind.basis(degree)
    return hard(name, lambda x: np.sum(p(x)), x, p.deriv())


ROOTS = np.arange(1.0, 21)


def wilkinson_gradient(x):
    gaps = x[:, None] - ROOTS
    return np.prod(gaps, axis=1) * np.sum(1 / gaps, axis=1)


HILBERT = 1 / (np.arange(10)[:, None] + np.arange(10) + 1)


def weierstrass(x):
    return sum(np.sum(0.5**k * np.cos(3**k * math.pi * x)) for k in range(12))


def weierstrass_gradient(x):
    return sum(-math.pi * 1.5**k * np.sin(3**k * math.pi * x) for k in range(12))


def log_sum_exp(x):
    top = x.real.max()
    return top + np.log(np.sum(np.exp(x - top)))


def bessel(x):
    """Return J₀ by its integral."""
    angles = (np.arange(64) + 0.5) * math.pi / 64
    return np.sum(np.cos(np.multiply.outer(x, np.sin(angles)))) / 64


def bessel_gradient(x):
    angles = (np.arange(64) + 0.5) * math.pi / 64
    return -np.mean(np.sin(np.multiply.outer(x, np.sin(angles))) * np.sin(angles), axis=-1)


def beale(x):
    return sum((c - x[0] * (1 - x[1] ** k)) ** 2 for k, c in enumerate((1.5, 2.25, 2.625), 1))


def beale_gradient(x):
    a, b = x
    parts = [(2 * (c - a * (1 - b**k)), k) for k, c in enumerate((1.5, 2.25, 2.625), 1)]
    return np.array([sum(-r * (1 - b**k) for r, k in parts), sum(r * a * k * b ** (k - 1) for r, k in parts)])


HARD_FUNCTIONS = (
    hard("steep: exp 50 x", total(lambda x: np.exp(50 * x)), 1.4 + X / 50, lambda x: 50 * np.exp(50 * x)),
    *(hard(f"steep: {name}", total(f), X, gradient) for name, (f, gradient) in STEEP.items()),
    hard(
        "steep: Rosenbrock in its valley",
        lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2,
        np.array([1.2, 1.4401]),
        lambda x: np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)]),
    ),
    hard(
        "steep: Brown's badly scaled",
        lambda x: (x[0] - 1e6) ** 2 + (x[1] - 2e-6) ** 2 + (x[0] * x[1] - 2) ** 2,
        np.array([1e6, 1.0]),
        lambda x: 2 * np.array([x[0] - 1e6 + (x[0] * x[1] - 2) * x[1], x[1] - 2e-6 + (x[0] * x[1] - 2) * x[0]]),
    ),
    hard("steep: Beale", beale, np.array([3.1, 0.45]), beale_gradient),
    hard("steep: Weierstrass, twelve terms", weierstrass, X, weierstrass_gradient),
    hard(
        "steep: Rastrigin",
        total(lambda x: x**2 - 10 * np.cos(2 * math.pi * x)),
        3 + X,
        lambda x: 2 * x + 20 * math.pi * np.sin(2 * math.pi * x),
    ),
    hard(
        "steep: repulsion at half the distance",
        total(lambda r: r**-12 - r**-6),
        np.array([0.5, 1.0]),
        lambda r: -12 * r**-13 + 6 * r**-7,
    ),
    polynomial("linear", [1.0, 3.0], X),
    polynomial("polynomial of degree 20", np.ones(21), 1 + X / 10),
    polynomial("polynomial with alternating signs", (-1.0) ** np.arange(21) * 3, 1 + X / 10),
    series("Legendre of degree 20", np.polynomial.Legendre, 20, X / 1.2),
    series("Chebyshev of degree 50", np.polynomial.Chebyshev, 50, np.array([0.99, -0.3])),
    series("Hermite of degree 15", np.polynomial.Hermite, 15, X),
    hard(
        "Wilkinson's product",
        lambda x: np.sum(np.prod(x[:, None] - ROOTS, axis=1)),
        np.array([10.3, 19.6]),
        wilkinson_gradient,
    ),
    hard("Hilbert quadratic", lambda x: x @ HILBERT @ x / 2, some(10, seed=5), lambda x: HILBERT @ x),
    hard("Γ", total(lambda x: np.exp(log_gamma(x))), 2 + X, lambda x: np.exp(log_gamma(x)) * digamma(x)),
    hard("log Γ", total(log_gamma), np.array([0.01, 2.5, 150.0]), digamma),
    hard("erf", lambda x: np.sum(erf(x)), 2 * X, lambda x: 2 / math.sqrt(math.pi) * np.exp(-(x**2)), total(erf_series)),
    hard("Bessel J0", bessel, np.array([20.0, 3.3]), bessel_gradient),
    hard(
        "cross-entropy with logits of 1000",
        lambda z: log_sum_exp(z) - z[1],
        1000 + np.array([1.0, -2, 3]),
        lambda z: softmax(z) - (0, 1, 0),
    ),
    hard("log of a sum of exp of 10,000", log_sum_exp, 1e4 * np.array([1.0, 1 - 1e-4, 0.5]), softmax),
    hard(
        "softmax, nearly saturated",
        lambda z: softmax(z)[0],
        np.array([20.0, 0.0, 1.0]),
        lambda z: softmax(z)[0] * np.array([softmax(z)[1:].sum(), *-softmax(z)[1:]]),
        lambda z: 1 / (1 + np.exp(z[1] - z[0]) + np.exp(z[2] - z[0])),
    ),
    hard("log(1 + x) at 1e-12", lambda x: np.sum(np.log1p(x)), 1e-12 * X, lambda x: 1 / (1 + x)),
    hard("exp(x) - 1 at 1e-12", lambda x: np.sum(np.expm1(x)), 1e-12 * X, np.exp),
    hard("cancelling: 1 - cos x", total(lambda x: 1 - np.cos(x)), 1e-2 * X, np.sin),
    hard("cancelling: √(1 + x) - 1", total(lambda x: np.sqrt(1 + x) - 1), 1e-8 * X, lambda x: 0.5 / np.sqrt(1 + x)),
    hard(
        "cancelling: variance about 1e6",
        lambda x: np.mean(x**2) - np.mean(x) ** 2,
        1e6 + 1e3 * np.array([-0.7, 0.4, 1.1]),
        lambda x: 2 * (x - x.mean()) / 3,
    ),
    hard(
        "cancelling: sin x / x",
        total(lambda x: np.sin(x) / x),
        1e-3 + X / 10,
        lambda x: np.cos(x) / x - np.sin(x) / x**2,
    ),
    hard(
        "exp of -exp of -exp",
        total(lambda x: np.exp(-np.exp(-np.exp(x)))),
        X,
        lambda x: np.exp(x - np.exp(x) - np.exp(-np.exp(x))),
    ),
    hard(
        "Cauchy's tails",
        lambda m: np.sum(np.log1p((m - 1e4 * X) ** 2)),
        np.array(0.5),
        lambda m: np.sum(2 * (m - 1e4 * X) / (1 + (m - 1e4 * X) ** 2)),
    ),
)
