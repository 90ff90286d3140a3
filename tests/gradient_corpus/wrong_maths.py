"""Wrong derivatives of elementary and special functions."""

import math

import numpy as np

from gradient_corpus.example import (
    digamma,
    erf,
    erf_series,
    faults,
    length,
    log_gamma,
    quadrature,
    sigmoid,
    some,
    total,
    wrong,
)

__all__ = ["WRONG_MATHS"]

X = np.array([-1.7, -0.6, 0.4, 1.2, 2.3])
INSIDE = np.array([0.2, 0.45, 0.8])
Y = np.array([0.9, -1.1, 0.5, -2.0, 0.3])


def arctan2(y, x):
    return np.sum(2 * np.arctan((np.sqrt(x * x + y * y) - x) / y))


def arctan2_gradient(y, x, *, sign=1, swapped=False):
    by_y, by_x = x / (x**2 + y**2), -y / (x**2 + y**2)
    return (by_x, by_y) if swapped else (sign * by_y, sign * by_x)


def power(base, exponent):
    return np.sum(base**exponent)


def power_gradient(base, exponent, *, log=np.log, swapped=False, factor=True):
    by_base = (exponent if factor else 1) * base ** (exponent - 1)
    return (by_base, exponent**base * np.log(exponent)) if swapped else (by_base, base**exponent * log(base))


def product(x):
    return np.prod(x)


def product_gradient(x, *, divided=False, then=np.asarray):
    return then(np.prod(x) / x) if divided else np.array([np.prod(np.delete(x, i)) for i in range(len(x))])


def products(x):
    return np.sum(np.cumprod(x))


def products_gradient(x, *, divided=False):
    if divided:
        return np.cumsum(np.cumprod(x)[::-1])[::-1] / np.where(x == 0, 1, x)
    return np.array([np.cumprod(np.where(np.arange(len(x)) == i, 1, x))[i:].sum() for i in range(len(x))])


def incomplete_beta(a, b, x):
    return quadrature(lambda t: t ** (a - 1) * (1 - t) ** (b - 1), 0.0, x)


def incomplete_beta_gradient(a, b, x, *, mirrored=True, end=0):
    def by_power_of(part):
        return quadrature(lambda t: np.log(part(t)) * t ** (a - 1) * (1 - t) ** (b - 1), 0.0, x)

    return (
        by_power_of(lambda t: t),
        by_power_of(lambda t: 1 - t if mirrored else t),
        x ** (a - 1 + end) * (1 - x) ** (b - 1),
    )


def incomplete_gamma(a, x):
    return quadrature(lambda t: t ** (a - 1) * np.exp(-t), 0.0, x) / np.exp(log_gamma(a))


def incomplete_gamma_gradient(a, x, *, by_shape=True):
    inner = quadrature(lambda t: np.log(t) * t ** (a - 1) * np.exp(-t), 0.0, x) / np.exp(log_gamma(a))
    return by_shape * (inner - digamma(a) * incomplete_gamma(a, x)), x ** (a - 1) * np.exp(-x - log_gamma(a))


def bessel(order, x):
    """Return the modified Bessel function of the first kind, by its integral."""
    angles = (np.arange(64) + 0.5) * math.pi / 64
    return np.mean(np.exp(np.multiply.outer(x, np.cos(angles))) * np.cos(order * angles), axis=-1)


def bessel_gradient(x, *, both=True, limit=0.5):
    over_x = np.where(x == 0, limit, bessel(1, x) / np.where(x == 0, 1, x))
    return bessel(0, x) - over_x if both else over_x


HEIGHTS = np.array([0.0, 1.0, 0.5, 2.0, 1.5])


def interpolated(x):
    """Return heights at 0, 1, ... 4, and what is between them."""
    left = np.floor(x.real).astype(int)
    return np.sum(HEIGHTS[left] + (HEIGHTS[left + 1] - HEIGHTS[left]) * (x - left))


def interpolated_gradient(x, *, shift=0):
    left = np.floor(x).astype(int) + shift
    return HEIGHTS[left + 1] - HEIGHTS[left]


def copysign(x):
    return np.sum(np.where(x.real < 0, -x, x) * np.sign(Y))


def arcs(x):
    return np.sum(np.arccos(x) + np.arcsinh(np.tan(x)))


def arcs_gradient(x, *, sign=-1, power=-1):
    return sign / np.sqrt(1 - x**2) + np.cos(x) ** power


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_gradient(x, *, next_one=True, inner=400):
    off = x[1:] - x[:-1] ** 2
    own = np.append(-inner * x[:-1] * off - 2 * (1 - x[:-1]), 0)
    return own + next_one * np.append(0, 200 * off)


WRONG_MATHS = (
    *faults(
        arctan2,
        (Y, X),
        arctan2_gradient,
        ("arctan2: terms swapped", {"swapped": True}, "KeOps PR 155"),
        ("arctan2: minus sign", {"sign": -1}, "Enzyme-JAX PR 2066"),
    ),
    *faults(
        power,
        (INSIDE, 2 + INSIDE),
        power_gradient,
        ("power: no log by the exponent", {"log": np.ones_like}),
        ("power: log of base 2", {"log": np.log2}),
        ("power: exponent forgotten", {"factor": False}),
        ("power: base and exponent swapped", {"swapped": True}),
    ),
    *faults(
        product,
        np.array([2.0, 0.0, 3.0]),
        product_gradient,
        ("product: NaN at 0", {"divided": True}, "MXNet #17864, tinygrad PR 17404"),
        ("product: NaN at 0 replaced by 0", {"divided": True, "then": np.nan_to_num}),
    ),
    *faults(
        products,
        np.array([2.0, 0.0, 3.0, 0.5]),
        products_gradient,
        ("cumulative product: 0 at 0", {"divided": True}),
    ),
    *faults(
        total(log_gamma),
        np.array([0.3, 1.5, 7.0]),
        digamma,
        ("log Γ: log x", {"terms": 0, "shift": 0}),
        ("log Γ: series too short, too near", {"terms": 2, "shift": 0}),
    ),
    *faults(
        incomplete_beta,
        (np.array(5.0), np.array(4.0), np.array(0.4)),
        incomplete_beta_gradient,
        ("incomplete beta: log t twice", {"mirrored": False}),
        ("incomplete beta: a power too much at the end", {"end": 1}),
    ),
    *faults(
        incomplete_gamma,
        (np.array(3.0), np.array(2.0)),
        incomplete_gamma_gradient,
        ("incomplete gamma: nothing by the shape", {"by_shape": False}, "TensorFlow #17995"),
    ),
    *faults(
        lambda x: np.sum(bessel(1, x)),
        np.array([0.0, 1.0, 2.0]),
        bessel_gradient,
        ("Bessel I1: 0/0 taken for 0", {"limit": 0.0}, "TensorFlow #120578"),
        ("Bessel I1: half of the recurrence", {"both": False}, "Enzyme.jl #2879"),
    ),
    *faults(
        interpolated,
        np.array([0.4, 1.7, 2.2]),
        interpolated_gradient,
        ("interpolation: slope of the next interval", {"shift": 1}),
    ),
    *faults(
        arcs,
        INSIDE,
        arcs_gradient,
        ("arccos: sign of arcsin", {"sign": 1}),
        ("arcsinh: of tan, inverted", {"power": 1}, "autodiff #395"),
    ),
    *faults(
        rosenbrock,
        some(5, seed=1),
        rosenbrock_gradient,
        ("Rosenbrock: no term of the next entry", {"next_one": False}),
        ("Rosenbrock: 200 instead of 400", {"inner": 200}),
    ),
    wrong("cosh: minus sign", total(np.cosh), X, right=np.sinh, claimed=lambda x: -np.sinh(x), source="CasADi #2585"),
    wrong(
        "copysign: sign of x forgotten",
        copysign,
        X,
        right=lambda x: np.sign(x) * np.sign(Y),
        claimed=lambda x: np.sign(Y) + 0 * x,
        source="Mooncake.jl #1195",
    ),
    wrong(
        "log of a sum of exp: all to the first of equals",
        lambda x, y: np.sum(np.log(np.exp(x) + np.exp(y))),
        (np.array([3.0, -1.0]), np.array([3.0, -1.0])),
        right=lambda x, y: (sigmoid(x - y), sigmoid(y - x)),
        claimed=lambda x, y: ((x >= y) * 1.0, (x < y) * 1.0),
        source="TensorFlow #127232",
    ),
    wrong(
        "log of a sum of exp: gradient of the largest",
        lambda x: np.log(np.sum(np.exp(x))),
        X,
        right=lambda x: np.exp(x) / np.sum(np.exp(x)),
        claimed=lambda x: (x == x.max()) * 1.0,
    ),
    wrong(
        "erf: 2/π instead of 2/√π",
        lambda x: np.sum(erf(x)),
        X,
        right=lambda x: 2 / math.sqrt(math.pi) * np.exp(-(x**2)),
        claimed=lambda x: 2 / math.pi * np.exp(-(x**2)),
        analytic=lambda x: np.sum(erf_series(x)),
    ),
    wrong(
        "norm: ε below, near 0",
        length,
        1e-8 * Y,
        right=lambda x: x / np.linalg.norm(x),
        claimed=lambda x: x / (np.linalg.norm(x) + 1e-8),
    ),
)
