"""Wrong derivatives of activations."""

import math

import numpy as np

from gradient_corpus.example import erf, erf_series, faults, sigmoid, total, wrong

__all__ = ["WRONG_ACTIVATIONS"]

ROOT, HEIGHT = math.sqrt(2 / math.pi), 1 / math.sqrt(2 * math.pi)
X = np.array([-1.7, -0.6, 0.4, 1.2, 2.3])


def silu_gradient(x, *, bracket=True, gated=True, near=True):
    e = np.exp(-x)
    if not bracket:
        return 1 + e + x * e / (1 + e) ** 2
    return gated * sigmoid(x) + near * x * sigmoid(x) * (1 - sigmoid(x))


def gelu(x):
    return np.sum(x * (1 + erf(x / math.sqrt(2))) / 2)


def gelu_series(x):
    return np.sum(x * (1 + erf_series(x / math.sqrt(2))) / 2)


def gelu_gradient(x, *, height=HEIGHT, density=True):
    return (1 + erf(x / math.sqrt(2))) / 2 + density * x * np.exp(-(x**2) / 2) * height


def gelu_by_tanh(x):
    return np.sum(0.5 * x * (1 + np.tanh(ROOT * (x + 0.044715 * x**3))))


def gelu_by_tanh_gradient(x, *, root=ROOT, cubic=3, exact=False):
    t = np.tanh(root * (x + 0.044715 * x**3))
    slope = root * (1 + cubic * 0.044715 * x**2)
    return gelu_gradient(x) if exact else 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * slope


def mish(x):
    return np.sum(x * np.tanh(np.log1p(np.exp(x))))


def mish_gradient(x, *, whole=True):
    t = np.tanh(np.log1p(np.exp(x)))
    return t + whole * x * (1 - t**2) * sigmoid(x)


def clip(x):
    return np.sum(3 * np.sin(np.clip(x, -1, 1)))


def clip_gradient(x, *, power=1, inverted=False):
    g = 3 * np.cos(np.clip(x, -1, 1))
    return np.where((x < -1) & (x > 1) if inverted else np.abs(x) <= 1, g**power, 0)


def tanh_gradient(x, *, fit=1.0, tail=False):
    return fit * np.where(tail & (np.abs(x) > 2), 4 * np.exp(-2 * np.abs(x)), 1 - np.tanh(x) ** 2)


WRONG_ACTIVATIONS = (
    *faults(
        total(lambda x: x * sigmoid(x)),
        X,
        silu_gradient,
        ("SiLU: a bracket missing", {"bracket": False}, "dfdx PR 915"),
        ("SiLU: gate constant", {"near": False}),
        ("SiLU: only through the gate", {"gated": False}),
    ),
    *faults(
        gelu,
        X,
        gelu_gradient,
        ("GELU: density without x", {"density": False}),
        ("GELU: density without 1/√2", {"height": 1 / math.sqrt(math.pi)}),
        ("GELU: constant of three digits", {"height": 0.399}),
        analytic=gelu_series,
    ),
    *faults(
        gelu_by_tanh,
        X,
        gelu_by_tanh_gradient,
        ("GELU by tanh: gradient of the exact one", {"exact": True}),
        ("GELU by tanh: 3 forgotten", {"cubic": 1}),
        ("GELU by tanh: constant of five digits", {"root": 0.79788}),
    ),
    *faults(mish, X, mish_gradient, ("Mish: a term dropped", {"whole": False})),
    *faults(
        clip,
        X,
        clip_gradient,
        ("clip: cotangent squared", {"power": 2}, "Nx PR 1779"),
        ("clip: comparisons inverted", {"inverted": True}, "tt-metal #48201"),
    ),
    *faults(
        total(np.tanh),
        X,
        tanh_gradient,
        ("tanh: fitted to three digits", {"fit": 0.99919701}, "tt-metal #55349"),
        ("tanh: tail simplified", {"tail": True}, "tt-metal #55349"),
    ),
    wrong(
        "softplus: no β in the chain",
        total(lambda x: np.log1p(np.exp(3 * x))),
        X,
        right=lambda x: 3 * sigmoid(3 * x),
        claimed=lambda x: sigmoid(3 * x),
    ),
)
