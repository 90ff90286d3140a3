"""A training by numerical gradients beside one by torch's autograd, from the same start on the same batches.

Run as a script it draws both: python tests/benchmarks/beside_autograd.py FILE.png
"""

import itertools
import os
import sys
from typing import NamedTuple

import numpy as np

from numgrad import TwoLayerNet, load_mnist, train
from numgrad.training_run import mini_batches
from verification import torch_oracle
from verification.cases.training import FAR_APART

__all__ = ["SHOWN", "beside_autograd", "digits"]

STEPS = 1000
SHOWN = (1, 10, 100, 1000)
BATCH_SIZE, LEARNING_RATE = 100, 0.1


class Beside(NamedTuple):
    """What came of both, step by step."""

    loss: list[float]
    """On the batch of the step, after it."""
    loss_by_autograd: list[float]
    apart: dict[str, list[float]]
    """The largest difference in each array of parameters, over its largest entry."""


def digits():
    """Return MNIST, the full files where NUMGRAD_MNIST_DIR says where they are, else the sample."""
    return load_mnist(sample=not os.environ.get("NUMGRAD_MNIST_DIR"))


def beside_autograd():
    """Train the chapter's net in both ways."""
    (x, t), test = digits()
    net = TwoLayerNet(784, 100, 10, rng=0)
    batches = [(x[chosen], t[chosen]) for chosen in itertools.islice(mini_batches(len(x), BATCH_SIZE, rng=0), STEPS)]
    by_autograd = torch_oracle.sgd(dict(net.params), batches, LEARNING_RATE)
    losses, apart = [], {name: [] for name in net.params}

    def compare(step):
        params = next(by_autograd)
        x, t = map(torch_oracle.tensor, batches[step.iteration - 1])
        tensors = {name: torch_oracle.tensor(value) for name, value in params.items()}
        losses.append(float(torch_oracle.two_layer_loss(**tensors, x=x, t=t)))
        for name, value in params.items():
            apart[name].append(float(np.abs(net.params[name] - value).max() / np.abs(value).max()))

    options = {"batch_size": BATCH_SIZE, "learning_rate": LEARNING_RATE, "rng": 0}
    history = train(net, ((x, t), test), iterations=STEPS, evaluate_every=STEPS, progress=compare, **options)
    return Beside(history.loss, losses, apart)


def draw(found, path):
    """Write a PNG of both losses, and of how far the parameters are apart."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - the benchmark itself draws nothing

    figure = Figure(figsize=(10, 4), layout="constrained")
    loss, apart = figure.subplots(1, 2)
    steps = np.arange(1, STEPS + 1)
    loss.plot(steps, found.loss, linewidth=3, color="tab:orange", alpha=0.5, label="by numerical gradients")
    loss.plot(steps, found.loss_by_autograd, linewidth=0.7, color="black", label="by PyTorch's autograd")
    loss.set(xlabel="steps", ylabel="loss", ylim=(0, None), title="The same training twice")
    loss.legend()
    for name, of_steps in found.apart.items():
        apart.loglog(steps, of_steps, label=name)
    apart.axhline(FAR_APART, color="black", linestyle="--", linewidth=0.7, label="promised")
    apart.set(xlabel="steps", ylim=(1e-13, 1e-5), title="Largest difference / largest parameter")
    apart.legend(loc="lower right")
    figure.savefig(path, format="png", dpi=100)


if __name__ == "__main__":
    draw(beside_autograd(), sys.argv[1])
