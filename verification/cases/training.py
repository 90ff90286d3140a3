"""Training by numerical gradients beside torch's SGD, from the same start on the same batches."""

import itertools
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from numgrad import TwoLayerNet, load_mnist
from numgrad.datasets import Dataset
from numgrad.finite_differences.steps import STEP
from numgrad.history import History
from numgrad.training import train
from numgrad.training_run import mini_batches
from verification import torch_oracle
from verification._typing import Array, Inputs, Params
from verification.cases.case import Case
from verification.cases.losses import TARGETS
from verification.cases.network import build_net, compare_accuracy, logits_noise, loss_round_off, net_problems
from verification.comparison import Comparison, central_difference_bound, compare
from verification.strategies import pixels

__all__ = ["CASES", "FAR_APART"]


STEPS, MANY = 5, 100
FAR_APART = 1e-6
"""How far a parameter may be from autograd's after many steps, over the largest of its array.

A bound from theory grows with each step until it says nothing. Within a thousand steps on MNIST, 3.4e-7 was the most
that was seen, in b2: the truncation error of h = 1e-4 at work.
"""


@st.composite
def _problems(draw: st.DrawFn, kind: str) -> Inputs:
    drawn = draw(net_problems(kind, samples=(1, 4)), label="net and data")
    tests, features, classes = draw(st.integers(1, 3), label="test samples"), len(drawn["W1"]), len(drawn["b2"])
    return {
        **drawn,
        "x_test": draw(pixels((tests, features)), label="x_test"),
        "t_test": draw(TARGETS[kind]((tests, classes)), label="t_test"),
        "evaluate_every": draw(st.integers(1, STEPS), label="iterations between evaluations"),
        "batch_size": draw(st.integers(1, 3), label="batch size"),
        "learning_rate": draw(st.sampled_from([0.1, 0.01, 0.5]), label="learning rate"),
        "seed": draw(st.integers(0, 99), label="seed"),
    }


def _check(drawn: Inputs) -> list[Comparison]:
    net, x, t = build_net(drawn), drawn["x"], drawn["t"]
    batch_size, learning_rate, seed = drawn["batch_size"], drawn["learning_rate"], drawn["seed"]
    start, every = dict(net.params), drawn["evaluate_every"]
    splits = (x, t), (drawn["x_test"], drawn["t_test"])
    options = {"batch_size": batch_size, "learning_rate": learning_rate, "evaluate_every": every, "rng": seed}
    history = train(net, splits, iterations=STEPS, **options)

    numbers = mini_batches(len(x), batch_size, seed)
    batches = [_Batch(x[chosen], t[chosen], start) for chosen in itertools.islice(numbers, STEPS)]
    trajectory = [start, *torch_oracle.sgd(start, [(batch.x, batch.t) for batch in batches], learning_rate)]
    apart = _accumulated_bound(trajectory, batches, learning_rate)
    reached = list(zip(trajectory, [np.zeros_like(apart[0]), *apart], strict=True))
    return [
        *_compare_evaluations(history, splits, every, reached),
        *(_compare_loss(*step) for step in zip(history.loss, trajectory[1:], batches, apart, strict=True)),
        *(
            compare(name, net.params[name], trajectory[-1][name], bound)
            for name, bound in _unflat(apart[-1], start).items()
        ),
    ]


class _Batch:
    """A batch, and the net's loss on it as a function of all parameters in a vector."""

    def __init__(self, x: Array, t: Array, like: Params) -> None:
        self.x, self.t = x, t
        self.loss = self._of_vector(torch_oracle.two_layer_loss, like)
        self.round_off = self._of_vector(loss_round_off, like)

    def _of_vector(self, function: Callable[..., Any], like: Params) -> Callable[[Any], Any]:
        batch = {"x": torch_oracle.tensor(self.x), "t": torch_oracle.tensor(self.t)}
        return lambda flat: function(**_unflat(flat, like), **batch)


def _accumulated_bound(trajectory: list[Params], batches: list[_Batch], learning_rate: float) -> list[Array]:
    """Return how far the parameters may be apart after each step, in a vector.

    A step W - η g(W) hands a difference e on as (I - η H) e, with the Hessian H, and adds η times the error of
    the numerical gradient, and rounding: |e| ← |I - η H| |e| + η bound + eps |W|, to first order in e.
    """
    apart, found = np.zeros_like(_flat(trajectory[0])), []
    for params, after, batch in zip(trajectory, trajectory[1:], batches, strict=False):
        point = _flat(params)
        exact = torch_oracle.derivatives(batch.loss, batch.round_off, point, h=STEP)
        bound = central_difference_bound(
            point, STEP, first=exact.gradient, second=exact.second, third=exact.third, noise=exact.noise
        )
        handed_on = np.abs(np.eye(len(point)) - learning_rate * torch_oracle.hessian(batch.loss, point)) @ apart
        apart = handed_on + learning_rate * bound + np.finfo(np.float64).eps * np.abs(_flat(after))
        found.append(apart)
    return found


def _compare_loss(claimed: float, params: Params, batch: _Batch, apart: Array) -> Comparison:
    """Return the comparison of a loss after a step: parameters apart by e move it by |∇L| |e|, to first order."""
    point = _flat(params)
    value, gradient = torch_oracle.value_and_gradient(batch.loss, point)
    noise = 2 * np.finfo(np.float64).eps * float(batch.round_off(torch_oracle.tensor(point)))
    return compare("value", claimed, value, np.abs(gradient) @ apart + noise)


def _compare_evaluations(
    history: History, splits: Dataset, every: int, reached: list[tuple[Params, Array]]
) -> Iterator[Comparison]:
    """Yield the comparisons of when the net was evaluated, and of its accuracies on both splits."""
    evaluated = [0, *(i for i in range(1, STEPS + 1) if i % every == 0 or i == STEPS)]
    yield compare("iterations", [evaluation.iteration for evaluation in history.evaluations], evaluated, 0)
    for claimed, split in zip((history.train_accuracy, history.test_accuracy), splits, strict=True):
        for accuracy, iteration in zip(claimed, evaluated, strict=True):
            yield _compare_accuracy(accuracy, split, *reached[iteration])


def _compare_accuracy(claimed: float, split: tuple[Array, Array], params: Params, apart: Array) -> Comparison:
    """Return the comparison of an accuracy: parameters apart by e move the scores by |J| |e|, to first order."""
    x, t = map(torch_oracle.tensor, split)
    tensors = {name: torch_oracle.tensor(value) for name, value in params.items()}
    slopes = torch_oracle.jacobian(
        lambda flat: torch_oracle.two_layer_logits(**_unflat(flat, params), x=x), _flat(params)
    )
    noise = torch_oracle.tensor(np.abs(slopes) @ apart) + logits_noise(**tensors, x=x)
    return compare_accuracy(claimed, torch_oracle.two_layer_logits(**tensors, x=x), t, noise)


def _flat(params: Params) -> Array:
    return np.concatenate([value.ravel() for value in params.values()])


def _unflat(flat: Any, like: Params) -> dict[str, Any]:
    """Return a vector, of NumPy or torch, as parameters again."""
    ends = np.cumsum([value.size for value in like.values()])
    return {
        name: flat[end - value.size : end].reshape(value.shape)
        for (name, value), end in zip(like.items(), ends, strict=True)
    }


@cache
def _digits() -> Dataset:
    (x, t), (x_test, t_test) = load_mnist(sample=True)
    return (x[:1000], t[:1000]), (x_test[:100], t_test[:100])


def _check_digits(drawn: Inputs) -> list[Comparison]:
    """Compare the parameters after many steps."""
    (x, t), _ = _digits()
    net = TwoLayerNet(x.shape[1], drawn["hidden units"], 10, rng=drawn["seed"])
    start, options = dict(net.params), {name: drawn[name] for name in ("batch_size", "learning_rate")}
    train(net, _digits(), iterations=MANY, evaluate_every=MANY, rng=drawn["seed"], **options)
    numbers = itertools.islice(mini_batches(len(x), drawn["batch_size"], drawn["seed"]), MANY)
    *_, reached = torch_oracle.sgd(start, ((x[chosen], t[chosen]) for chosen in numbers), drawn["learning_rate"])
    return [compare(name, net.params[name], value, FAR_APART * np.abs(value).max()) for name, value in reached.items()]


DIGITS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 99),
        "hidden units": st.sampled_from([10, 1, 20]),
        "batch_size": st.sampled_from([20, 50]),
        "learning_rate": st.sampled_from([0.1, 0.03]),
    }
)
CASES = (
    *(Case(f"TwoLayerNet after {STEPS} steps {kind}", "train", _problems(kind), _check) for kind in TARGETS),
    Case(f"TwoLayerNet after {MANY} steps digits", "train", DIGITS, _check_digits),
)
