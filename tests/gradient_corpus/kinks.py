"""Claims at kinks, inside and outside of the one-sided slopes, and claims of which f shows nothing."""

from copy import deepcopy

import numpy as np

from gradient_corpus.example import Example, Kind, quiet, sigmoid, softmax, total, unseen

__all__ = ["KINKS"]

W = np.array([3.0, -2.0, 0.5])
ZEROS = np.zeros(3)
P = np.abs(W)
TIE = np.array([1.0, 2.0, 2.0])


def at_kink(kind, name, f, x, claimed, source=""):
    """Return an example whose gradient is known at x alone."""
    return Example(name, quiet(f), lambda *_: deepcopy(claimed), x, kind, source)


def relu(x):
    return np.maximum(x, 0)


def leaky(x):
    return np.where(x > 0, x, 0.1 * x)


def hinge(w):
    """Three of four margins are met exactly at (1, 1)."""
    return np.sum(relu(1 - np.array([[1, 0], [0, 1], [0.5, 0.5], [3, 0]]) @ w))


def lasso(w):
    return np.sum((w - W) ** 2) + 0.3 * np.sum(np.abs(w))


def variation(x):
    return np.sum(np.abs(np.diff(x)))


def max_pool(x):
    return np.sum(P[:2] * x.reshape(2, 2).max(axis=1))


def net(p):
    return P @ relu(p["W"] @ np.array([1.0, 2.0]) + p["b"])


IN, OUT = Kind.KINK, Kind.OUTSIDE
FLAT = np.array([1.0, 1.0, 1.0, 0.0])
NET = {"W": np.zeros((3, 2)), "b": np.zeros(3)}

KINKS = (
    at_kink(IN, "|x| at 0: 0", lambda x: np.sum(np.abs(x)), ZEROS, ZEROS),
    at_kink(IN, "|x| at 0: ½", lambda x: np.sum(np.abs(x)), ZEROS, ZEROS + 0.5),
    at_kink(IN, "|x| at 0: 1", np.abs, np.array(0.0), np.array(1.0)),
    at_kink(
        IN, "|x| at 0, one of many", lambda x: np.sum(np.sin(x)) + np.abs(x[1]), W * (1, 0, 1), np.cos(W) * (1, 0, 1)
    ),
    at_kink(IN, "relu at 0: 0", lambda x: P @ relu(x), ZEROS, ZEROS),
    at_kink(IN, "relu at 0: 1", lambda x: P @ relu(x), ZEROS, P),
    at_kink(IN, "relu at 0: ½", lambda x: P @ relu(x), ZEROS, P / 2),
    at_kink(IN, "leaky relu at 0", total(leaky), ZEROS, ZEROS + 0.1),
    at_kink(IN, "relu of 6 at 6", lambda x: np.sum(np.clip(x, 0, 6)), np.array([6.0, 2.0]), np.array([0.0, 1.0])),
    at_kink(IN, "clip at its end: 1", lambda x: W @ np.clip(x, -1, 1), np.array([1.0, -1.0, 0.2]), W),
    at_kink(IN, "max, a tie: one of them", np.max, TIE, np.array([0.0, 1.0, 0.0])),
    at_kink(IN, "max, a tie: shared", np.max, TIE, np.array([0.0, 0.5, 0.5])),
    at_kink(IN, "min, a tie", lambda x: np.min(x) + np.sum(x), -TIE, np.array([1.0, 1.0, 2.0])),
    at_kink(IN, "max pool, ties", max_pool, np.array([2.0, 2, -1, -1]), np.array([3.0, 0, 0, 2])),
    at_kink(
        IN, "largest modulus, a tie", lambda x: np.max(np.abs(x)), np.array([2.0, -2, 1]), np.array([0.5, -0.5, 0])
    ),
    at_kink(IN, "hinge, three margins at 0", hinge, np.ones(2), np.zeros(2)),
    at_kink(IN, "hinge, three margins at 0: all count", hinge, np.ones(2), np.array([-1.5, -1.5])),
    at_kink(IN, "lasso", lasso, W * (1, 0, 0), -2 * W * (0, 1, 1) + (0.3, 0, 0)),
    at_kink(IN, "total variation, flat", variation, FLAT, np.array([0.0, 0, 1, -1])),
    at_kink(IN, "sorted, a tie", lambda x: W @ np.sort(x), np.array([2.0, 1, 2]), np.array([-2.0, 3, 0.5])),
    at_kink(IN, "median, a tie", np.median, np.array([2.0, 2, 1, 5, 0]), np.array([0.5, 0.5, 0, 0, 0])),
    at_kink(IN, "norm at 0", lambda x: np.sqrt(np.sum(x**2)), ZEROS, ZEROS),
    at_kink(
        IN, "nested: relu of |x| - 1", lambda x: np.sum(relu(np.abs(x) - 1)), np.array([1.0, -1]), np.array([1.0, 0])
    ),
    at_kink(
        IN,
        "nested: max of |x| and |y|",
        lambda x, y: np.maximum(np.abs(x), np.abs(y)),
        (np.array(0.0), np.array(0.0)),
        (np.array(0.3), np.array(-0.2)),
    ),
    at_kink(IN, "net of zeros", net, NET, NET),
    at_kink(
        IN,
        "spectral norm of the identity",
        lambda a: np.linalg.svd(a, compute_uv=False)[0],
        np.eye(2),
        np.diag([1.0, 0.0]),
    ),
    at_kink(OUT, "|x| at 0: 1.5", lambda x: np.sum(np.abs(x)), ZEROS, ZEROS + 1.5),
    at_kink(
        OUT,
        "|x| at 0, one of many: -1.1",
        lambda x: np.sum(np.sin(x)) + np.abs(x[1]),
        W * (1, 0, 1),
        np.cos(W * (1, 0, 1)) - (0, 1.1, 0),
    ),
    at_kink(OUT, "relu at 0: -½", total(relu), ZEROS, ZEROS - 0.5),
    at_kink(OUT, "leaky relu at 0: 0", total(leaky), ZEROS, ZEROS),
    at_kink(OUT, "clip at its end: 2", lambda x: W @ np.clip(x, -1, 1), np.array([1.0, -1.0, 0.2]), W * (2, 1, 1)),
    at_kink(OUT, "max, a tie: each the whole", np.max, TIE, np.array([0.0, 1, 1]), "Theano #4568"),
    at_kink(OUT, "max, a tie: none", lambda x, y: np.sum(np.maximum(x, y)), (TIE, TIE.copy()), (ZEROS, ZEROS)),
    at_kink(OUT, "min, a tie: minus sign", np.min, -TIE, np.array([0.0, -1, 0])),
    at_kink(
        OUT,
        "max pool, ties: each the whole",
        max_pool,
        np.array([2.0, 2, -1, -1]),
        np.array([3.0, 3, 2, 2]),
        "ONNX Runtime PR 7217",
    ),
    at_kink(OUT, "hinge, three margins at 0: minus sign", hinge, np.ones(2), np.array([1.5, 1.5])),
    at_kink(OUT, "lasso: penalty doubled", lasso, W * (1, 0, 0), -2 * W * (0, 1, 1) + (0.3, 0.6, 0)),
    at_kink(OUT, "total variation, flat: 3", variation, FLAT, np.array([0.0, 3, 1, -1])),
    at_kink(OUT, "norm at 0: ones", lambda x: np.sqrt(np.sum(x**2)), ZEROS, np.ones(3)),
    at_kink(
        OUT,
        "norm at 0: NaN",
        lambda x: np.sqrt(np.sum(x**2)),
        ZEROS,
        np.full(3, np.nan),
        "PyTorch #2421, autograd #151",
    ),
    unseen("fourth powers at 0", lambda x: np.sum(x**4), ZEROS, lambda x: 5 * x**3),
    unseen("bottom of a bowl, minus sign", lambda x: np.sum((x - 1) ** 2), np.ones(3), lambda x: -2 * (x - 1)),
    unseen("top of a cosine", total(np.cos), ZEROS, np.sin),
    unseen("saddle, swapped", lambda x, y: np.sum(x * y), (ZEROS, np.zeros(3)), lambda x, y: (1 * x, 1 * y)),
    unseen("variance of equal numbers", np.var, np.full(4, 2.5), lambda x: x - x.mean()),
    unseen("sigmoid at 800", lambda x: np.sum(sigmoid(x)), 800 + W, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    unseen(
        "softmax, saturated",
        lambda z: softmax(z)[0],
        np.array([3000.0, 0, -500]),
        lambda z: softmax(z) * (1 - softmax(z)),
    ),
    unseen("bell at 60", lambda x: np.sum(np.exp(-(x**2))), 60 + W, lambda x: x * np.exp(-(x**2))),
    unseen("drowned in 1e25", lambda x: 1e25 + np.sum(np.sin(x)), W, np.sin),
    unseen("step at its jump", lambda x: np.sum(np.heaviside(x, 1.0)), ZEROS, np.zeros_like),
    unseen("sign at 0", lambda x: np.sum(np.sign(x)), ZEROS, np.ones_like),
    unseen("floor at whole numbers", lambda x: np.sum(np.floor(x)), np.array([1.0, 2, 3]), np.ones_like),
    unseen("jump between slopes", lambda x: np.sum(np.where(x < 0, x, x + 1)), ZEROS, np.ones_like),
    unseen("constant", lambda x: 3 + 0 * np.sum(x), W, np.zeros_like),
)
