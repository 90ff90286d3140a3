"""The two-layer net: the gradients of its four parameters and of its input."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from numpy.typing import NDArray

from numgrad import TwoLayerNet
from verification import torch_oracle
from verification.cases.case import METHODS, Case, Flaw, Function, compare_gradient, compare_with_oracle
from verification.cases.losses import TARGETS, softmax_cross_entropy_round_off
from verification.comparison import Comparison
from verification.strategies import STEP, Inputs, nets, pixels

__all__ = ["CASES", "PARAMETERS", "Params", "build_net", "loss_round_off", "net_problems"]

Array = NDArray[Any]

Params = dict[str, Array]
PARAMETERS = ("W1", "b1", "W2", "b2")


def loss_round_off(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, t: Any) -> Any:
    """Bound the rounding of the loss: each layer's own, carried on by the slopes of the layers behind it."""
    scores = x @ W1 + b1
    scores_error = (W1.shape[0] / 2 + 1) * (x.abs() @ W1.abs() + b1.abs())
    hidden = torch_oracle.sigmoid(scores)
    hidden_error = hidden * (1 - hidden) * scores_error + 3 * hidden
    logits = hidden @ W2 + b2
    logits_error = hidden_error @ W2.abs() + (W2.shape[0] / 2 + 1) * (hidden @ W2.abs() + b2.abs())
    targets = torch_oracle.one_hot(t, logits.shape[-1]) if t.ndim < logits.ndim else t
    slope = (targets.sum(-1, keepdim=True) * torch_oracle.softmax(logits) - targets).abs()
    rows = len(x) if x.ndim > 1 else 1
    return softmax_cross_entropy_round_off(logits, t) + (slope * logits_error).sum() / rows


@st.composite
def net_problems(
    draw: st.DrawFn,
    kind: str,
    *,
    samples: tuple[int, int] = (1, 3),
    shared: bool = False,
    largest_weight: int = 1,
    largest_pixel: float = 1.0,
) -> Inputs:
    """Return a net, samples (N, D) and targets; ``shared`` are the targets of a single sample."""
    rows = draw(st.integers(*samples), label="samples")
    features, classes = draw(st.integers(1, 3), label="features"), draw(st.integers(1, 3), label="classes")
    net = draw(nets(features, classes, largest=largest_weight), label="net")
    x = draw(pixels((rows, features), largest=largest_pixel), label="x")
    t = draw(TARGETS[kind]((classes,) if shared else (rows, classes)), label="t")
    return {"x": x, "t": t, **net.params}


def build_net(drawn: Inputs) -> TwoLayerNet:
    """Return the net that has the drawn parameters."""
    (features, hidden), classes = drawn["W1"].shape, len(drawn["b2"])
    net = TwoLayerNet(features, hidden, classes, rng=0)
    net.params.update({name: drawn[name].copy() for name in PARAMETERS})
    return net


def _loss_derivatives(params: Params, name: str, x: Array, t: Array) -> torch_oracle.Derivatives:
    """Return the oracle's derivatives of the net's loss by one parameter."""
    tensors = {key: torch_oracle.tensor(value) for key, value in {**params, "x": x, "t": t}.items()}
    return torch_oracle.derivatives(
        lambda value: torch_oracle.two_layer_loss(**{**tensors, name: value}),
        lambda value: loss_round_off(**{**tensors, name: value}),
        params[name],
        h=STEP,
    )


def _parameter_case(name: str, kind: str) -> Case:
    def check(drawn: Inputs) -> list[Comparison]:
        net, x, t = build_net(drawn), drawn["x"], drawn["t"]
        claimed = net.numerical_gradient(x, t, method="loop")[name]
        exact = _loss_derivatives(net.params, name, x, t)
        return compare_with_oracle(claimed, net.loss(x, t), exact, net.params[name], quantity=name)

    problems = net_problems(kind, largest_pixel=10.0)
    return Case(f"TwoLayerNet by {name} {kind}", "net.numerical_gradient", problems, check)


def _input_case(kind: str, form: str, method: str) -> Case:
    def check(drawn: Inputs) -> list[Comparison]:
        net = build_net(drawn)
        params = {name: torch_oracle.tensor(drawn[name]) for name in PARAMETERS}
        loss = Function(
            "TwoLayerNet by x",
            net.loss,
            lambda x, t: torch_oracle.two_layer_loss(**params, x=x, t=t),
            lambda x, t: loss_round_off(**params, x=x, t=t),
        )
        return compare_gradient(loss, METHODS[method], drawn["x"], [drawn["t"]])

    problems = net_problems(kind, shared=METHODS[method].shared, largest_pixel=10.0)
    return Case(f"TwoLayerNet by x {form} {kind}", METHODS[method].name, problems, check)


def _wide_case(name: str) -> Case:
    """Return a case whose features are so large that a step of h in a weight moves a unit from end to end."""
    case = _parameter_case(name, "labels")
    problems = net_problems("labels", largest_pixel=1e9)
    flaw = Flaw("h times a feature is no small step for the unit behind it")
    return replace(case, function=f"TwoLayerNet by {name} features 1e9", inputs=problems, flaw=flaw)


FORMS = (("mean", "whole"), ("rows", "row by row"), ("rows", "columns at once"))
CASES = (
    *(_parameter_case(name, kind) for name in PARAMETERS for kind in TARGETS),
    *(_input_case(kind, form, method) for kind in TARGETS for form, method in FORMS),
    _wide_case("W1"),
)
