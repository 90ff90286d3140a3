"""Right gradients of hard computations: ill-conditioned, long, deep, iterated, solved, noisy, and nets."""

import numpy as np

from gradient_corpus.example import hard, sigmoid, softmax, some, total

__all__ = ["HARD_COMPUTATIONS"]

X = np.array([-0.7, 0.2, 1.1])
TURN = np.linalg.qr(some(6, 6, seed=1))[0]
BACK = np.linalg.qr(some(6, 6, seed=2))[0]
WEIGHTS = some(6, 6, seed=3)


def ill(digits):
    return TURN @ np.diag(10.0 ** -np.linspace(0, digits, 6)) @ BACK


def ill_conditioned(condition, a):
    return (
        hard(
            f"condition {condition}: log det",
            lambda a: np.log(np.abs(np.linalg.det(a))),
            a,
            lambda a: np.linalg.inv(a).T,
            lambda a: np.log(np.linalg.det(a) * np.sign(np.linalg.det(a.real))),
        ),
        hard(
            f"condition {condition}: inverse",
            lambda a: np.sum(WEIGHTS * np.linalg.inv(a)),
            a,
            lambda a: -np.linalg.inv(a).T @ WEIGHTS @ np.linalg.inv(a).T,
        ),
        hard(
            f"condition {condition}: least squares",
            lambda b: np.sum(np.linalg.solve(a, b) ** 2),
            a @ some(6, seed=6),
            lambda b: 2 * np.linalg.solve(a.T, np.linalg.solve(a, b)),
        ),
    )


def deep(x, depth=12):
    for _ in range(depth):
        x = np.sin(x) + 0.3
    return np.sum(x)


def deep_gradient(x, depth=12):
    slope = np.ones_like(x)
    for _ in range(depth):
        slope, x = slope * np.cos(x), np.sin(x) + 0.3
    return slope


def logistic_map(x):
    for _ in range(12):
        x = 3.8 * x * (1 - x)
    return np.sum(x)


def logistic_map_gradient(x):
    slope = np.ones_like(x)
    for _ in range(12):
        slope, x = slope * 3.8 * (1 - 2 * x), 3.8 * x * (1 - x)
    return slope


def kepler(e, m):
    """Return the eccentric anomaly E with E - e sin E = m, by Newton's method."""
    anomaly = m + 0 * e
    for _ in range(40):
        anomaly = anomaly - (anomaly - e * np.sin(anomaly) - m) / (1 - e * np.cos(anomaly))
    return anomaly


def kepler_gradient(e, m):
    anomaly = kepler(e, m)
    below = 1 - e * np.cos(anomaly)
    return np.cos(anomaly) * np.sin(anomaly) / below, np.cos(anomaly) / below


def layer(w, b):
    """Return the z with z = tanh(w @ z / 4 + b)."""
    z = 0 * b
    for _ in range(200):
        z = np.tanh(w @ z / 4 + b)
    return z


def layer_gradient(w, b):
    z = layer(w, b)
    slope = np.diag(1 - z**2)
    adjoint = np.linalg.solve((np.eye(len(z)) - slope @ w / 4).T, np.cos(z)) @ slope
    return np.outer(adjoint, z) / 4, adjoint


def root_by_newton(x):
    y = 1 + 0 * x
    for _ in range(30):
        y = (y + x / y) / 2
    return np.sum(y)


def exponential(a):
    """Return e to the power of a matrix, by its series."""
    term = whole = np.eye(len(a))
    for k in range(1, 40):
        term = term @ a / k
        whole = whole + term
    return whole


def exponential_gradient(a):
    """Go through the series of a block matrix, whose corner is the derivative."""
    n = len(a)
    block = np.block([[a.T, WEIGHTS[:n, :n]], [np.zeros((n, n)), a.T]])
    return exponential(block)[:n, n:]


def slopes(y, p):
    """Return those of hunters and hunted, and their derivatives by y and by p."""
    a, b = y
    by_y = np.array([[p[0] - p[1] * b, -p[1] * a], [p[3] * b, p[3] * a - p[2]]])
    by_p = np.array([[a, -a * b, 0 * a, 0 * a], [0 * a, 0 * a, -b, a * b]])
    return np.array([p[0] * a - p[1] * a * b, p[3] * a * b - p[2] * b]), by_y, by_p


def orbit(p, steps=100, h=0.05):
    """Return the populations at the end, by Runge and Kutta, and their derivative by p."""
    y, by_p = np.array([1.0, 0.5]), np.zeros((2, 4))
    for _ in range(steps):
        ks, tangents = [], []
        for share in (0, 0.5, 0.5, 1):
            at = y + (share * h * ks[-1] if ks else 0)
            tangent = by_p + (share * h * tangents[-1] if ks else 0)
            k, inner, outer = slopes(at, p)
            ks.append(k)
            tangents.append(inner @ tangent + outer)
        y = y + h * (ks[0] + 2 * ks[1] + 2 * ks[2] + ks[3]) / 6
        by_p = by_p + h * (tangents[0] + 2 * tangents[1] + 2 * tangents[2] + tangents[3]) / 6
    return y, by_p


ORDER = np.random.default_rng(0)
DATA, LABELS = some(8, 3, seed=4), np.arange(8) % 2


def net(p):
    return -np.mean(np.log(softmax(np.tanh(DATA @ p["W1"] + p["b1"]) @ p["W2"]))[np.arange(8), LABELS])


def net_gradient(p):
    h = np.tanh(DATA @ p["W1"] + p["b1"])
    g = (softmax(h @ p["W2"]) - np.eye(2)[LABELS]) / 8
    back = g @ p["W2"].T * (1 - h**2)
    return {"W1": DATA.T @ back, "b1": back.sum(0), "W2": h.T @ g}


HARD_COMPUTATIONS = (
    *ill_conditioned("1e4", ill(4)),
    *ill_conditioned("1e8", ill(8)),
    hard("long product", np.prod, 1 + some(50, seed=7) / 20, lambda x: np.prod(x) / x),
    hard(
        "geometric mean",
        lambda x: np.prod(x) ** (1 / len(x)),
        np.exp(some(30, seed=8)),
        lambda x: np.prod(x) ** (1 / len(x)) / (len(x) * x),
    ),
    hard("sine of sine, 12 deep", deep, X, deep_gradient),
    hard("iterated: chaotic map", logistic_map, np.array([0.3, 0.6]), logistic_map_gradient),
    hard("iterated: root by Newton", root_by_newton, np.array([2.0, 1e4]), lambda x: 0.5 / np.sqrt(x)),
    hard(
        "iterated: e to a matrix",
        lambda a: np.sum(WEIGHTS[:3, :3] * exponential(a)),
        some(3, 3, seed=9),
        exponential_gradient,
    ),
    hard(
        "iterated: hunters and hunted by Runge and Kutta",
        lambda p: orbit(p)[0] @ (1, 2),
        np.array([1.1, 0.4, 0.4, 0.1]),
        lambda p: (1, 2) @ orbit(p)[1],
    ),
    hard(
        "solved: Kepler's equation", lambda e, m: np.sin(kepler(e, m)), (np.array(0.9), np.array(0.3)), kepler_gradient
    ),
    hard(
        "solved: layer by its own output",
        lambda w, b: np.sum(np.sin(layer(w, b))),
        (some(4, 4, seed=10), some(4, seed=11)),
        layer_gradient,
    ),
    hard(
        "noisy: summed in any order",
        lambda x: np.sum(ORDER.permutation(np.exp(x))),
        some(50, seed=12),
        np.exp,
        total(np.exp),
    ),
    hard("noisy: 1e8 added and taken off", lambda x: np.sum((np.sin(x) + 1e8) - 1e8), X, np.cos),
    hard(
        "net of two layers",
        net,
        {"W1": some(3, 4, seed=13), "b1": some(4, seed=14), "W2": some(4, 2, seed=15)},
        net_gradient,
    ),
    hard(
        "logistic regression on separable data",
        lambda w: np.sum(np.log1p(np.exp(-(DATA[:, 0] * w)))),
        np.array([9.0]),
        lambda w: -np.sum(DATA[:, 0] * sigmoid(-DATA[:, 0] * w), keepdims=True),
    ),
)
