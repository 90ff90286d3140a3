"""Nets and samples at random, and the central differences of their loss to the last digit."""

import mpmath
import numpy as np

from numgrad import TwoLayerNet, network

__all__ = ["as_dtype", "exact_differences", "made_up"]


def loss(params, x, t):
    """Return the mean cross entropy in mpmath's numbers."""
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    total = mpmath.mpf(0)
    for sample, targets in zip(x, t, strict=True):
        hidden = [1 / (1 + mpmath.exp(-sum(sample * W1[:, j]) - b1[j])) for j in range(len(b1))]
        logits = [sum(hidden * W2[:, k]) + b2[k] for k in range(len(b2))]
        log_sum = mpmath.log(sum(mpmath.exp(logit) for logit in logits))
        total += sum(target * (log_sum - logit) for target, logit in zip(targets, logits, strict=True))
    return total / len(x)


def exact_differences(net, x, t, h):
    """Return (L(w + h) - L(w - h)) / 2h for each parameter, with two hundred digits."""
    precise = np.vectorize(mpmath.mpf, otypes=[object])
    with mpmath.workdps(200):
        params, step = {name: precise(value) for name, value in net.params.items()}, mpmath.mpf(h)
        x, t, found = precise(x), precise(t), {}
        for name, value in params.items():
            found[name] = np.empty(value.shape, np.longdouble)
            for index in np.ndindex(value.shape):
                ends = []
                for move in (step, -step):
                    moved = value.copy()
                    moved[index] += move
                    ends.append(loss({**params, name: moved}, x, t))
                found[name][index] = mpmath.nstr((ends[0] - ends[1]) / (2 * step), 40)
    return found


def made_up(seed, *, samples=2, features=3, hidden=2, classes=3, weights=1.0, inputs=1.0, outward=1.0, negative=False):
    """Return a net, samples and soft targets; ``weights`` and ``outward`` are the sizes of W1 and W2.

    To the first sample all classes are equally probable: where one is certain, nothing changes anything.
    """
    rng = np.random.default_rng(seed)
    net = TwoLayerNet(features, hidden, classes, rng=rng)
    for name, size in {"W1": weights, "b1": weights, "W2": outward, "b2": outward}.items():
        net.params[name] = size * rng.standard_normal(net.params[name].shape)
    x, t = inputs * rng.uniform(-1, 1, (samples, features)), rng.integers(0, 3, (samples, classes)) / 2
    x = -np.abs(x) if negative else x
    net.params["b2"] -= network._forward(net.params, x[0]).logits
    return net, x, t


def as_dtype(net, dtype):
    net.params.update({name: value.astype(dtype) for name, value in net.params.items()})
    return net
