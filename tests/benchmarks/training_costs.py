"""What one gradient of the chapter's net costs, for a process of its own to measure."""

import os
import time
import tracemalloc
from typing import NamedTuple

import numpy as np
import torch
from benchmarks.beside_autograd import digits

from numgrad import TwoLayerNet

__all__ = ["Cost", "cost"]

ROUNDS = 5


class Cost(NamedTuple):
    """Seconds of one gradient by each way, that of the loop scaled up, and the bytes that ours holds at most."""

    loop: float
    incremental: float
    autograd: float
    autograd_float32: float
    memory: int
    cores: int


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def two_losses(net, x, t):
    """Return a function that does what the chapter's loop does for one parameter, each time for another at random."""
    rng, params = np.random.default_rng(0), list(net.params.values())
    sizes = np.array([value.size for value in params])

    def of_one():
        value = params[rng.choice(len(params), p=sizes / sizes.sum())]
        place = rng.integers(value.size)
        before = value.flat[place]
        for h in (1e-4, -1e-4):
            value.flat[place] = before + h
            net.loss(x, t)
        value.flat[place] = before

    return of_one


def autograd(net, x, t, dtype):
    """Return a function that takes one step of autograd in PyTorch: the loss, and its gradient by all parameters."""
    params = [torch.tensor(value, dtype=getattr(torch, dtype), requires_grad=True) for value in net.params.values()]
    x, t = torch.tensor(x, dtype=params[0].dtype), torch.tensor(t)

    def step():
        W1, b1, W2, b2 = params
        logits = torch.sigmoid(x @ W1 + b1) @ W2 + b2
        return torch.autograd.grad(torch.nn.functional.cross_entropy(logits, t), params)

    return step


def peak_memory(function):
    """Return the bytes of the arrays that are held at most."""
    tracemalloc.start()
    function()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def cost(samples):
    """Return the costs of the gradient on so many samples: each way's median, as they take turns."""
    (x, t), _ = digits()
    net, chosen = TwoLayerNet(784, 100, 10, rng=0), np.random.default_rng(0).integers(len(x), size=samples)
    x, t = x[chosen], t[chosen]
    peak = peak_memory(lambda: net.numerical_gradient(x, t))
    doubles, singles = (autograd(net, x, t, dtype) for dtype in ("float64", "float32"))
    ways = [two_losses(net, x, t), lambda: net.numerical_gradient(x, t), doubles, singles]
    times = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, found in zip(ways, times, strict=True):
            way()  # warms up
            found += [seconds(way) for _ in range(max(2, 2000 // samples))]
    of_two_losses, *others = map(np.median, times)
    parameters = sum(value.size for value in net.params.values())
    return Cost(of_two_losses * parameters, *others, peak, os.cpu_count())
