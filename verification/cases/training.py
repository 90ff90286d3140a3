"""Training by numerical gradients beside torch's SGD, from the same start on the same batches."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from numgrad.training import mini_batches, train
from verification import torch_oracle
from verification.cases.case import Case
from verification.cases.losses import TARGETS
from verification.cases.network import PARAMETERS, Params, build_net, loss_round_off, net_problems
from verification.comparison import Comparison, central_difference_bound, compare
from verification.strategies import STEP, Inputs

__all__ = ["CASES"]

Array = NDArray[Any]

STEPS = 5


@st.composite
def _problems(draw: st.DrawFn, kind: str) -> Inputs:
    drawn = draw(net_problems(kind, samples=(1, 4)), label="net and data")
    return {
        **drawn,
        "batch_size": draw(st.integers(1, 3), label="batch size"),
        "learning_rate": draw(st.sampled_from([0.1, 0.01, 0.5]), label="learning rate"),
        "seed": draw(st.integers(0, 99), label="seed"),
    }


def _check(drawn: Inputs) -> list[Comparison]:
    net, x, t = build_net(drawn), drawn["x"], drawn["t"]
    batch_size, learning_rate, seed = drawn["batch_size"], drawn["learning_rate"], drawn["seed"]
    start = dict(net.params)
    data = (x, t), (x, t)
    train(net, data, iterations=STEPS, batch_size=batch_size, learning_rate=learning_rate, rng=seed)

    numbers = mini_batches(len(x), batch_size, seed)
    batches = [(x[chosen], t[chosen]) for chosen in itertools.islice(numbers, STEPS)]
    trajectory = [start, *torch_oracle.sgd(start, batches, learning_rate)]
    bounds = _accumulated_bound(trajectory, batches, learning_rate)
    return [compare(name, net.params[name], trajectory[-1][name], bounds[name]) for name in PARAMETERS]


def _accumulated_bound(trajectory: list[Params], batches: list[tuple[Array, Array]], learning_rate: float) -> Params:
    """Return how far the parameters may be apart in the end.

    A step W - η g(W) hands a difference e on as (I - η H) e, with the Hessian H, and adds η times the error of
    the numerical gradient, and rounding: |e| ← |I - η H| |e| + η bound + eps |W|, to first order in e.
    """
    start = trajectory[0]
    apart = np.zeros_like(_flat(start))
    for params, after, (x, t) in zip(trajectory, trajectory[1:], batches, strict=False):
        point = _flat(params)
        loss = _of_flat(torch_oracle.two_layer_loss, params, x, t)
        exact = torch_oracle.derivatives(loss, _of_flat(loss_round_off, params, x, t), point, h=STEP)
        bound = central_difference_bound(
            point, STEP, first=exact.gradient, second=exact.second, third=exact.third, noise=exact.noise
        )
        handed_on = np.abs(np.eye(len(point)) - learning_rate * torch_oracle.hessian(loss, point)) @ apart
        apart = handed_on + learning_rate * bound + np.finfo(np.float64).eps * np.abs(_flat(after))
    return _unflat(apart, start)


def _flat(params: Params) -> Array:
    return np.concatenate([value.ravel() for value in params.values()])


def _unflat(flat: Any, like: Params) -> dict[str, Any]:
    """Return a vector, of NumPy or torch, as parameters again."""
    ends = np.cumsum([value.size for value in like.values()])
    return {
        name: flat[end - value.size : end].reshape(value.shape)
        for (name, value), end in zip(like.items(), ends, strict=True)
    }


def _of_flat(function: Callable[..., Any], like: Params, x: Array, t: Array) -> Callable[[Any], Any]:
    """Return a function of the net's parameters and a batch as one of all parameters in a vector."""
    batch = {"x": torch_oracle.tensor(x), "t": torch_oracle.tensor(t)}
    return lambda flat: function(**_unflat(flat, like), **batch)


CASES = tuple(Case(f"TwoLayerNet after {STEPS} steps {kind}", "train", _problems(kind), _check) for kind in TARGETS)
