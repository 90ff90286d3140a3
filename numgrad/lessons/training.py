"""The numbers of the lesson on training: one net, trained by differences and by autograd while the page is made."""

import copy
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from numgrad._typing import Array, Params
from numgrad._validation import missing
from numgrad.datasets import load_mnist
from numgrad.lessons.checker import load_checker
from numgrad.network import TwoLayerNet
from numgrad.training import CHAPTER_ITERATIONS, train
from numgrad.training_run import mini_batches

__all__ = ["data"]

HIDDEN, BATCH_SIZE, LEARNING_RATE, ITERATIONS, EVALUATE_EVERY = 100, 100, 0.1, 300, 15

TIMED = 25
"""So many losses and gradients are timed."""

Batches = list[tuple[Array, Array]]


def data() -> dict[str, Any]:
    """Train, and return what the page shows; the times are those of this machine."""
    (x, t), test = load_mnist(sample=True)
    net = TwoLayerNet(x.shape[1], HIDDEN, 10, rng=0)
    chosen = itertools.islice(mini_batches(len(x), BATCH_SIZE, rng=0), ITERATIONS)
    batches = [(x[rows], t[rows]) for rows in chosen]
    costs = _costs(net, batches[:TIMED])  # before both train at once, and are in each other's way
    twin = _Twin(net, batches)
    history = train(
        net,
        ((x, t), test),
        iterations=ITERATIONS,
        evaluate_every=EVALUATE_EVERY,
        progress=lambda _: twin.follow(net),
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        rng=0,
    )
    return {
        "net": [x.shape[1], HIDDEN, 10],
        "batch": BATCH_SIZE,
        "whole": CHAPTER_ITERATIONS,
        "loss": [float(f"{loss:.6g}") for loss in history.loss],
        "evaluations": [[e.iteration, e.train_accuracy, e.test_accuracy] for e in history.evaluations],
        "autograd": twin.found(),
        "parameters": _size(net.params),
        "costs": costs,
        "small": _loop_beside_incremental(*batches[0]),
    }


class _Twin:
    """The same net, trained by autograd on the same batches; without autograd, nothing."""

    def __init__(self, net: TwoLayerNet, batches: Batches) -> None:
        self.net = copy.deepcopy(net)
        self.batches = iter(batches)
        self.loss: list[float] = []
        self.apart: dict[str, list[float]] = {name: [] for name in net.params}
        self.params, self.missing = _by_autograd(net, batches)

    def follow(self, net: TwoLayerNet) -> None:
        """Take the step that ``net`` has taken."""
        for params in itertools.islice(self.params, 1):
            self.net.params.update(params)
            self.loss.append(float(f"{self.net.loss(*next(self.batches)):.6g}"))
            for name, value in params.items():
                apart = np.abs(net.params[name] - value).max() / np.abs(value).max()
                self.apart[name].append(float(f"{apart:.3g}"))

    def found(self) -> dict[str, Any]:
        """Return the losses, and how far the parameters are apart, over the largest of their array."""
        return {"missing": self.missing} if self.missing else {"loss": self.loss, "apart": self.apart}


def _by_autograd(net: TwoLayerNet, batches: Batches) -> tuple[Iterator[Params], str]:
    """Return the parameters after each step of autograd's, or none, and why."""
    try:
        return load_checker().descend_by_autograd(dict(net.params), batches, LEARNING_RATE), ""
    except ModuleNotFoundError as error:
        return iter(()), str(missing(error.name, "verify") if error.name else error)


def _costs(net: TwoLayerNet, batches: Batches) -> list[dict[str, Any]]:
    """Return the time of a step of gradient descent by each method; of the loop, that of a loss times their number."""
    twin = copy.deepcopy(net)

    def descend(x: Array, t: Array) -> None:
        for name, slope in twin.numerical_gradient(x, t).items():
            twin.params[name] = twin.params[name] - LEARNING_RATE * slope

    loss = _shortest([partial(net.loss, x, t) for x, t in batches])
    incremental = _shortest([partial(descend, x, t) for x, t in batches])
    steps, unavailable = _by_autograd(net, batches)
    found = [
        {"method": "the chapter's loop", "seconds": 2 * _size(net.params) * loss, "estimated": True},
        {"method": "incremental differences", "seconds": incremental, "estimated": False},
    ]
    if not unavailable:
        autograd = _shortest([partial(next, steps)] * len(batches))
        found.append({"method": "PyTorch's autograd", "seconds": autograd, "estimated": False})
    return found


def _shortest(works: Sequence[Callable[[], Any]]) -> float:
    """Return the shortest time of all, as other processes may slow the rest."""
    return min(map(_seconds, works))


def _size(params: Params) -> int:
    return sum(value.size for value in params.values())


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _loop_beside_incremental(x: Array, t: Array) -> dict[str, Any]:
    """Return what both make of a net that is small enough for the loop."""
    small = TwoLayerNet(x.shape[1], 1, 10, rng=0)
    loop, incremental = (small.numerical_gradient(x, t, method=method) for method in ("loop", "incremental"))
    apart = max(float(np.abs(loop[name] - incremental[name]).max()) for name in small.params)
    return {"parameters": _size(small.params), "apart": apart}
