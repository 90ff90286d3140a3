"""Wrong gradients of likelihoods by their parameters."""

import numpy as np

from gradient_corpus.example import faults, log_gamma, some, total, wrong

__all__ = ["WRONG_LIKELIHOODS"]

DATA, TARGET = some(6, 3, seed=1), some(6, seed=2)


def normal(mean, log_sd):
    return np.sum((TARGET - mean) ** 2 / (2 * np.exp(2 * log_sd)) + log_sd)


def normal_gradient(mean, log_sd, *, half=1.0, sum_of_logs=6, scaled=True):
    z = (TARGET - mean) / np.exp(log_sd)
    return -np.sum(z) / (np.exp(log_sd) if scaled else 1), sum_of_logs - half * np.sum(z**2)


def weibull(shape, scale):
    y = np.abs(TARGET) / scale
    return np.sum(np.log(shape / scale) + (shape - 1) * np.log(y) - y**shape)


def weibull_gradient(shape, scale, *, swapped=False):
    y = np.abs(TARGET) / scale
    found = np.sum(1 / shape + np.log(y) - y**shape * np.log(y)), np.sum(shape * (y**shape - 1) / scale)
    return found[::-1] if swapped else found


def two_normals(a, b):
    return np.sum(np.log(0.2 * np.exp(-((TARGET - a) ** 2) / 2) + 0.8 * np.exp(-((TARGET - b) ** 2) / 2)))


def two_normals_gradient(a, b, *, weights=(0.2, 0.8)):
    p, q = np.exp(-((TARGET - a) ** 2) / 2), np.exp(-((TARGET - b) ** 2) / 2)
    below = 0.2 * p + 0.8 * q
    return np.sum(weights[0] * p * (TARGET - a) / below), np.sum(weights[1] * q * (TARGET - b) / below)


def process(size, noise):
    """Minus the log of a Gaussian process's marginal likelihood."""
    gaps = np.sum((DATA[:, None] - DATA) ** 2, axis=2)
    k = np.exp(-gaps / (2 * size**2)) + noise * np.eye(6)
    return (TARGET @ np.linalg.solve(k, TARGET) + np.log(np.linalg.det(k))) / 2


def process_gradient(size, noise, *, power=3, of_det=1):
    gaps = np.sum((DATA[:, None] - DATA) ** 2, axis=2)
    smooth = np.exp(-gaps / (2 * size**2))
    inverse = np.linalg.inv(smooth + noise * np.eye(6))
    inner = of_det * inverse - np.outer(inverse @ TARGET, inverse @ TARGET)
    return np.sum(inner * smooth * gaps) / size**power / 2, np.trace(inner) / 2


def negative_binomial(log_mean, size):
    mean, counts = np.exp(log_mean), np.arange(4.0)
    logs = log_gamma(counts + size) - log_gamma(size) + size * np.log(size) + counts * log_mean
    return np.sum(logs - (counts + size) * np.log(mean + size))


def negative_binomial_gradient(log_mean, size, *, gammas=True):
    mean, counts = np.exp(log_mean), np.arange(4)
    steps = sum(np.sum(1 / (size + np.arange(n))) for n in counts) * gammas
    by_size = steps + np.sum(np.log(size / (mean + size)) + 1 - (counts + size) / (mean + size))
    return np.sum(counts - (counts + size) * mean / (mean + size)), by_size


def logit_normal(x):
    return np.sum(-(np.log(x / (1 - x)) ** 2) / 2 - np.log(x * (1 - x)))


def logit_normal_gradient(x, *, logit=lambda x: np.log(x / (1 - x))):
    return -logit(x) / (x * (1 - x)) - 1 / x + 1 / (1 - x)


ONE, TWO = np.array(0.7), np.array(1.6)
WRONG_LIKELIHOODS = (
    *faults(
        normal,
        (ONE, TWO),
        normal_gradient,
        ("normal: 1/2 too much", {"half": 0.5}),
        ("normal: log of the scale not summed", {"sum_of_logs": 1}),
        ("normal: not divided by the scale", {"scaled": False}),
    ),
    *faults(weibull, (TWO, ONE), weibull_gradient, ("Weibull: swapped", {"swapped": True}, "OpenTURNS #1556")),
    *faults(
        two_normals,
        (ONE, -TWO),
        two_normals_gradient,
        ("mixture: weights not used", {"weights": (1, 1)}, "OpenTURNS #1915"),
    ),
    *faults(
        process,
        (TWO, ONE),
        process_gradient,
        ("Gaussian process: by the log of the length", {"power": 2}, "scikit-learn #11113"),
        ("Gaussian process: determinant forgotten", {"of_det": 0}),
    ),
    *faults(
        negative_binomial,
        (ONE, TWO),
        negative_binomial_gradient,
        ("negative binomial: gamma functions forgotten", {"gammas": False}),
    ),
    *faults(
        logit_normal,
        some(4, seed=14, low=0.1, high=0.9),
        logit_normal_gradient,
        ("logit-normal: log instead of logit", {"logit": np.log}, "Distributions.jl #1221"),
    ),
    wrong(
        "geometric: another parameter's derivative",
        lambda p: -np.log(p),
        ONE,
        right=lambda p: -1 / p,
        claimed=lambda p: -1 / (p * (1 - p)),
        source="ExponentialFamily.jl #293",
    ),
    wrong(
        "Laplace: scale instead of location",
        lambda m, b: np.sum(np.sqrt((TARGET - m) ** 2) / np.exp(b) + b),
        (ONE, TWO),
        right=lambda m, b: (np.sum(np.sign(m - TARGET)) / np.exp(b), 6 - np.sum(np.abs(m - TARGET)) / np.exp(b)),
        claimed=lambda m, b: (np.sum(np.sign(b - TARGET)) / np.exp(b), 6 - np.sum(np.abs(b - TARGET)) / np.exp(b)),
        source="ngboost #177",
    ),
    wrong(
        "Poisson: by the rate instead of its log",
        total(lambda z: np.exp(z) - 3 * z),
        some(4, seed=16),
        right=lambda z: np.exp(z) - 3,
        claimed=lambda z: 1 - 3 / np.exp(z),
    ),
)
