"""The net's gradient by incremental differences, beside autograd's and beside that of the chapter's loop."""

from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from numgrad import TwoLayerNet, sigmoid, softmax
from numgrad.perturbation import FARTHEST, move_lengths
from verification import torch_oracle
from verification._typing import Array, Inputs, Params
from verification.cases.case import Case
from verification.cases.losses import TARGETS
from verification.cases.network import (
    PARAMETERS,
    any_samples,
    build_net,
    logits_noise,
    loss_derivatives,
    net_problems,
)
from verification.comparison import Comparison, central_difference_bound, compare

__all__ = ["CASES", "gradient_round_off"]

EPS, TINY = np.finfo(np.float64).eps, np.finfo(np.float64).tiny
SOME = 20
STEPS = (1e-4, 1e-7, 1e-6, 1e-5, 1e-3, 1e-2)


@st.composite
def _problems(draw: st.DrawFn, kind: str) -> Inputs:
    drawn = draw(net_problems(kind, samples_of=any_samples), label="net and data")
    return {**drawn, "h": draw(st.sampled_from(STEPS), label="step")}


def _check(drawn: Inputs) -> list[Comparison]:
    net, x, t, h = build_net(drawn), drawn["x"], drawn["t"], drawn["h"]
    claimed, by_loop = (net.numerical_gradient(x, t, method, h=h) for method in ("incremental", "loop"))
    round_off, of_autograd = gradient_round_off(net, x, t), gradient_round_off(net, x, t, subtracts=True)
    near = bool((move_lengths(x, net.params["W2"], h) <= FARTHEST).all())

    def compare_one(name: str) -> Iterator[Comparison]:
        """Both differences have the same truncation error; the incremental one takes steps that are not rounded."""
        param, exact = net.params[name], loss_derivatives(net.params, name, x, t, h)
        slopes, none = {"first": exact.gradient, "second": exact.second}, np.zeros_like(param)
        noise = none if near or name in {"W2", "b2"} else exact.noise  # else it is two losses that are taken
        bound = central_difference_bound(none, h, **slopes, third=exact.third, noise=noise)
        both = round_off[name] + of_autograd[name]
        yield compare(f"{name} beside autograd", claimed[name], exact.gradient, bound + both)
        of_loop = central_difference_bound(param, h, **slopes, third=none, noise=exact.noise + noise)
        yield compare(f"{name} beside the loop", claimed[name], by_loop[name], of_loop + round_off[name])

    return [comparison for name in PARAMETERS for comparison in compare_one(name)]


def gradient_round_off(net: TwoLayerNet, x: Array, t: Array, *, subtracts: bool = False) -> Params:
    """Bound the rounding of a gradient of the loss that is no difference of losses, by each parameter.

    A partial is a sum over samples and classes of products: of an input, the slope z (1 - z) of a unit, a weight, and
    an error p - t, as large as |p| + |t|. Each rounds by some eps of itself, and by what σ and softmax make of the
    rounding of preactivations and logits; 1 - z by eps of 1, if it ``subtracts``. ``SOME`` stands for the twenty
    operations or so that make a term, of ½ eps each, and as much again, as sums over points can double it.
    """
    W1, b1, W2, b2 = (net.params[name] for name in PARAMETERS)
    preactivations = x @ W1 + b1
    hidden = sigmoid(preactivations)
    targets = np.eye(len(b2))[t] if t.ndim == 1 else t
    errors = np.abs(targets) + np.abs(targets).sum(axis=1, keepdims=True) * softmax(hidden @ W2 + b2)
    preactivations_error = EPS * (len(W1) / 2 + 1) * (np.abs(x) @ np.abs(W1) + np.abs(b1))
    logits_error = logits_noise(*map(torch_oracle.tensor, (W1, b1, W2, b2, x))).numpy().max(axis=1, keepdims=True)
    own = 2 * logits_error + EPS * (len(x) + len(b2) + SOME)
    weights = np.abs(W2) + np.ptp(W2, axis=1, keepdims=True)
    slopes_error = hidden * sigmoid(-preactivations) * (preactivations_error + own) + EPS * hidden * subtracts
    behind = (errors @ weights.T) * slopes_error
    bounds = {
        "W1": np.abs(x).T @ behind,
        "b1": behind.sum(axis=0),
        "W2": (hidden * (preactivations_error + own)).T @ errors,
        "b2": (own.T @ errors)[0],
    }
    return {name: bound / len(x) + TINY for name, bound in bounds.items()}


CASES = tuple(Case(f"TwoLayerNet by all {kind}", "net incrementally", _problems(kind), _check) for kind in TARGETS)
