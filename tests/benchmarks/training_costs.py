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

SAMPLED = 200
"""Parameters that the loop is timed on, of the 79,510."""


class Cost(NamedTuple):
    """Seconds of one gradient by each way, and the bytes that ours holds at most."""

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


def of_loop(net, x, t, sampled):
    """Return the seconds of the chapter's loop, scaled up from its two losses of parameters at random."""
    rng, params = np.random.default_rng(0), list(net.params.values())
    sizes = np.array([value.size for value in params])

    def move(value, place, h):
        value.flat[place] += h
        net.loss(x, t)

    taken = 0.0
    for _ in range(sampled):
        value = params[rng.choice(len(params), p=sizes / sizes.sum())]
        place = rng.integers(value.size)
        taken += seconds(lambda value=value, place=place: (move(value, place, 1e-4), move(value, place, -2e-4)))
        value.flat[place] += 1e-4
    return taken / sampled * sizes.sum()


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
    """Return the median costs of the gradient on so many samples; the ways take turns."""
    (x, t), _ = digits()
    net, chosen = TwoLayerNet(784, 100, 10, rng=0), np.random.default_rng(0).integers(len(x), size=samples)
    x, t = x[chosen], t[chosen]
    peak = peak_memory(lambda: net.numerical_gradient(x, t))
    rounds, steps = 5, max(1, 2000 // samples)
    doubles, singles = (autograd(net, x, t, dtype) for dtype in ("float64", "float32"))
    ways = [
        lambda: of_loop(net, x, t, max(2, SAMPLED * 100 // samples // rounds)),
        *(
            lambda step=step: min(seconds(step) for _ in range(steps))
            for step in (lambda: net.numerical_gradient(x, t), doubles, singles)
        ),
    ]
    found = [[way() for way in ways] for _ in range(rounds + 1)][1:]  # the first round warms up
    return Cost(*np.median(found, axis=0), peak, os.cpu_count())
