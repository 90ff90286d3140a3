"""The two-layer net: the gradients of its four parameters and of its input, and what it makes of samples."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st

from numgrad import TwoLayerNet, numerical_gradient
from numgrad.finite_differences.steps import STEP
from verification import torch_oracle
from verification._typing import Array, Inputs, Params, Shape
from verification.cases.activations import softmax_round_off
from verification.cases.case import (
    METHODS,
    Case,
    Flaw,
    Function,
    compare_estimate,
    compare_gradient,
    compare_with_oracle,
)
from verification.cases.losses import TARGETS, softmax_cross_entropy_round_off
from verification.comparison import Comparison, compare
from verification.strategies import arrays, nets, pixels

__all__ = [
    "CASES",
    "PARAMETERS",
    "any_samples",
    "build_net",
    "compare_accuracy",
    "logits_noise",
    "loss_derivatives",
    "loss_round_off",
    "net_problems",
]


PARAMETERS = ("W1", "b1", "W2", "b2")
EPS = np.finfo(np.float64).eps


def _logits_round_off(W1: Any, b1: Any, W2: Any, b2: Any, x: Any) -> Any:
    """Bound the rounding of the scores: each layer's own, carried on by the slopes of the layers behind it."""
    scores = x @ W1 + b1
    scores_error = (W1.shape[0] / 2 + 1) * (x.abs() @ W1.abs() + b1.abs())
    hidden = torch_oracle.sigmoid(scores)
    hidden_error = hidden * (1 - hidden) * scores_error + 3 * hidden
    return hidden_error @ W2.abs() + (W2.shape[0] / 2 + 1) * (hidden @ W2.abs() + b2.abs())


def logits_noise(W1: Any, b1: Any, W2: Any, b2: Any, x: Any) -> Any:
    """Bound the absolute rounding error of the scores of float64."""
    return EPS * _logits_round_off(W1, b1, W2, b2, x)


def loss_round_off(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, t: Any) -> Any:
    """Bound the rounding of the loss: that of the scores, carried on by its slope, and its own."""
    logits = torch_oracle.two_layer_logits(W1, b1, W2, b2, x)
    targets = torch_oracle.one_hot(t, logits.shape[-1]) if t.ndim < logits.ndim else t
    slope = (targets.sum(-1, keepdim=True) * torch_oracle.softmax(logits) - targets).abs()
    carried_on = (slope * _logits_round_off(W1, b1, W2, b2, x)).sum() / (len(x) if x.ndim > 1 else 1)
    return softmax_cross_entropy_round_off(logits, t) + carried_on


@st.composite
def net_problems(
    draw: st.DrawFn,
    kind: str,
    *,
    samples: tuple[int, int] = (1, 3),
    shared: bool = False,
    largest_weight: int = 1,
    samples_of: Callable[[Shape], st.SearchStrategy[Array]] = pixels,
) -> Inputs:
    """Return a net, samples (N, D) and targets; ``shared`` are the targets of a single sample."""
    rows = draw(st.integers(*samples), label="samples")
    features, classes = draw(st.integers(1, 3), label="features"), draw(st.sampled_from([2, 3, 1, 5]), label="classes")
    net = draw(nets(features, classes, largest=largest_weight), label="net")
    x = draw(samples_of((rows, features)), label="x")
    t = draw(TARGETS[kind]((classes,) if shared else (rows, classes)), label="t")
    return {"x": x, "t": t, **net.params}


def build_net(drawn: Inputs) -> TwoLayerNet:
    """Return the net that has the drawn parameters."""
    (features, hidden), classes = drawn["W1"].shape, len(drawn["b2"])
    net = TwoLayerNet(features, hidden, classes, rng=0)
    net.params.update({name: drawn[name].copy() for name in PARAMETERS})
    return net


def loss_derivatives(params: Params, name: str, x: Array, t: Array, h: float = STEP) -> torch_oracle.Derivatives:
    """Return the oracle's derivatives of the net's loss by one parameter, within a step of ``h``."""
    tensors = {key: torch_oracle.tensor(value) for key, value in {**params, "x": x, "t": t}.items()}
    return torch_oracle.derivatives(
        lambda value: torch_oracle.two_layer_loss(**{**tensors, name: value}),
        lambda value: loss_round_off(**{**tensors, name: value}),
        params[name],
        h=h,
    )


def any_samples(shape: Shape) -> st.SearchStrategy[Array]:
    """Return samples with many zeros and repeated features, or dense ones of either sign."""
    return pixels(shape, largest=10.0) | arrays(shape, smallest=-2, largest=2)


def _by_the_net(net: TwoLayerNet, name: str, x: Array, t: Array) -> Array:
    return net.numerical_gradient(x, t, method="loop")[name]


def _in_place(net: TwoLayerNet, name: str, x: Array, t: Array) -> Array:
    """Return the gradient as the chapter takes it: the loss looks at the parameter itself, which is moved."""
    return numerical_gradient(lambda _: net.loss(x, t), net.params[name])


def _parameter_case(name: str, kind: str, differentiate: Callable[..., Array] = _by_the_net) -> Case:
    def check(drawn: Inputs) -> list[Comparison]:
        net, x, t = build_net(drawn), drawn["x"], drawn["t"]
        claimed = differentiate(net, name, x, t)
        exact = loss_derivatives(net.params, name, x, t)
        return compare_with_oracle(claimed, net.loss(x, t), exact, net.params[name], quantity=name)

    def estimate(drawn: Inputs) -> list[Comparison]:
        net, tensors = build_net(drawn), {key: torch_oracle.tensor(value) for key, value in drawn.items()}

        def ours(value: Array) -> Any:
            net.params[name] = value
            return net.loss(drawn["x"], drawn["t"])

        def twin(value: Any) -> Any:
            return torch_oracle.two_layer_loss(**{**tensors, name: value})

        return compare_estimate(ours, twin, METHODS["whole"], drawn[name], [])

    problems = net_problems(kind, samples_of=any_samples)
    return Case(f"TwoLayerNet by {name} {kind}", "net by loop", problems, check, estimate=estimate)


def _in_place_case(name: str) -> Case:
    case = _parameter_case(name, "labels", _in_place)
    return replace(case, function=f"TwoLayerNet by {name} in place", method="numerical_gradient", estimate=None)


def _input_case(kind: str, form: str, method: str) -> Case:
    def loss_of(drawn: Inputs) -> Function:
        params = {name: torch_oracle.tensor(drawn[name]) for name in PARAMETERS}
        return Function(
            "TwoLayerNet by x",
            build_net(drawn).loss,
            lambda x, t: torch_oracle.two_layer_loss(**params, x=x, t=t),
            lambda x, t: loss_round_off(**params, x=x, t=t),
        )

    def check(drawn: Inputs) -> list[Comparison]:
        return compare_gradient(loss_of(drawn), METHODS[method], drawn["x"], [drawn["t"]])

    def estimate(drawn: Inputs) -> list[Comparison]:
        loss = loss_of(drawn)
        return compare_estimate(loss.ours, loss.twin, METHODS[method], drawn["x"], [drawn["t"]])

    problems = net_problems(kind, shared=METHODS[method].shared, samples_of=any_samples)
    return Case(f"TwoLayerNet by x {form} {kind}", METHODS[method].name, problems, check, estimate=estimate)


def _output_case(kind: str) -> Case:
    """Return a case without a gradient: probabilities, and how many samples are classified rightly."""

    def check(drawn: Inputs) -> list[Comparison]:
        net, x, t = build_net(drawn), drawn["x"], drawn["t"]
        tensors = [torch_oracle.tensor(value) for value in (*(drawn[name] for name in PARAMETERS), x)]
        logits, noise = torch_oracle.two_layer_logits(*tensors), logits_noise(*tensors)
        p = torch_oracle.softmax(logits)
        carried_on = p * (noise + (p * noise).sum(-1, keepdim=True))
        bound = 2 * (carried_on + EPS * softmax_round_off(logits))
        return [
            compare("probabilities", net.predict(x), p, bound),
            compare("probabilities of one sample", net.predict(x[0]), p[0], bound[0]),
            compare_accuracy(net.accuracy(x, t), logits, torch_oracle.tensor(t), noise),
        ]

    return Case(f"TwoLayerNet output {kind}", "predict, accuracy", net_problems(kind, samples_of=any_samples), check)


def compare_accuracy(claimed: float, logits: Any, t: Any, noise: Any) -> Comparison:
    """Return the comparison of the share of samples classified rightly, where scores may be off by ``noise``."""
    right = logits.argmax(-1) == (t if t.ndim == 1 else t.argmax(-1))
    return compare("accuracy", claimed, right.double().mean(), _share_undecided(logits, noise))


def _share_undecided(logits: Any, noise: Any) -> Any:
    """Return the share of samples whose two best scores rounding may swap."""
    if logits.shape[-1] == 1:
        return 0.0
    best, second = logits.topk(2).values.unbind(-1)
    return (best - second <= 2 * noise.amax(-1)).double().mean()


def _wide_case(name: str) -> Case:
    """Return a case whose features are so large that a step of h in a weight moves a unit from end to end."""
    case = _parameter_case(name, "labels")
    problems = net_problems("labels", largest_weight=0, samples_of=partial(pixels, largest=1e9))
    open_units = problems.map(lambda drawn: {**drawn, name: drawn[name] / 1e9})
    flaw = Flaw("h times a feature is no small step for the unit behind it")
    return replace(case, function=f"TwoLayerNet by {name} features 1e9", inputs=open_units, flaw=flaw)


FORMS = (("mean", "whole"), ("rows", "row by row"), ("rows", "columns at once"))
CASES = (
    *(_parameter_case(name, kind) for name in PARAMETERS for kind in TARGETS),
    *(_input_case(kind, form, method) for kind in TARGETS for form, method in FORMS),
    *(_in_place_case(name) for name in PARAMETERS),
    _wide_case("W1"),
    *(_output_case(kind) for kind in TARGETS),
)
