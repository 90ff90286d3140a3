"""Every loss, in every form, by every numerical gradient that applies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st

import numgrad
from verification import torch_oracle
from verification._typing import Array, Inputs, Shape
from verification.cases.case import METHODS, Case, Flaw, Function, gradient_case
from verification.strategies import (
    arrays,
    edge_probabilities,
    labels,
    logits,
    one_hot,
    probabilities,
    shapes,
    soft_targets,
    tiny_probabilities,
)

__all__ = ["CASES", "TARGETS", "softmax_cross_entropy_round_off"]

Points = Callable[[Shape, Array], st.SearchStrategy[Array]]
"""A strategy of predictions of a given shape, beside targets of that shape."""
Targets = Callable[[Shape], st.SearchStrategy[Array]]
"""A strategy of targets for predictions of a given shape."""

TARGETS: dict[str, Targets] = {
    "one-hot": one_hot,
    "soft": soft_targets,
    "labels": lambda shape: labels(shape[:-1], shape[-1]),
}


def _mean_squared_error_round_off(y: Any, t: Any) -> Any:
    return (y.numel() + 2) / 2 * torch_oracle.mean_squared_error(y, t)


def _cross_entropy_round_off(y: Any, t: Any, delta: Any = 0.0) -> Any:
    """Bound the rounding of Σ t log(y + δ): adding δ moves the logarithm by ½ eps, all else is relative."""
    log_size = (y + delta).log().abs().where(t != 0, 0.0)
    return (t.abs() * (log_size * (y.numel() / 2 + 4) + (delta > 0) / 2)).sum()


def _error_round_off(y: Any, t: Any, delta: Any = 1e-7) -> Any:
    return _cross_entropy_round_off(y, t, delta)


def _one_hot_round_off(y: Any, t: Any) -> Any:
    return _cross_entropy_round_off(y, t) / _rows(y)


def _labels_round_off(y: Any, t: Any) -> Any:
    return _one_hot_round_off(y, torch_oracle.one_hot(t, y.shape[-1]))


def softmax_cross_entropy_round_off(logits: Any, t: Any) -> Any:
    """Bound the rounding of log-sum-exp: of d = a - max, of Σ exp(d), of its logarithm, and of the mean.

    Rounding d_k moves exp(d_k) by ½ eps |d_k| of itself.
    """
    classes = logits.shape[-1]
    if t.ndim < logits.ndim:
        t = torch_oracle.one_hot(t, classes)
    shifted = logits.amax(-1, keepdim=True) - logits
    log_sum = (-shifted).logsumexp(-1, keepdim=True)
    sum_error = classes / 2 + 2 + ((-shifted - log_sum).exp() * shifted).sum(-1, keepdim=True) / 2
    log_error = sum_error + 2 * log_sum + shifted / 2
    products = t.abs() * (log_error + (logits.numel() / 2 + 2) * (shifted + log_sum))
    return products.sum() / _rows(logits)


def _rows(y: Any) -> int:
    return len(y) if y.ndim > 1 else 1


MEAN_SQUARED_ERROR = Function(
    "mean_squared_error",
    numgrad.mean_squared_error,
    torch_oracle.mean_squared_error,
    _mean_squared_error_round_off,
)
CROSS_ENTROPY_ERROR = Function(
    "cross_entropy_error", numgrad.cross_entropy_error, torch_oracle.cross_entropy_error, _error_round_off
)
ONE_HOT = Function(
    "cross_entropy_error_one_hot",
    numgrad.cross_entropy_error_one_hot,
    torch_oracle.cross_entropy_error_one_hot,
    _one_hot_round_off,
)
LABELS = Function(
    "cross_entropy_error_labels",
    numgrad.cross_entropy_error_labels,
    torch_oracle.cross_entropy_error_labels,
    _labels_round_off,
)
SOFTMAX = Function(
    "softmax_cross_entropy",
    numgrad.softmax_cross_entropy,
    torch_oracle.softmax_cross_entropy,
    softmax_cross_entropy_round_off,
)


@st.composite
def _problems(
    draw: st.DrawFn,
    name: str,
    points: Points,
    targets: Targets,
    dims: tuple[int, int],
    dtype: type[np.floating[Any]],
    *,
    shared: bool,
) -> Inputs:
    """Return a point and its targets; ``shared`` are those of a single row."""
    shape = draw(shapes(*dims), label="shape")
    t = draw(targets(shape[1:] if shared else shape), label="t")
    aims = np.eye(shape[-1])[t] if t.dtype.kind == "i" else t
    y = draw(points(shape, np.broadcast_to(aims, shape)), label=name)
    return {name: y.astype(dtype), "t": t if t.dtype.kind == "i" else t.astype(dtype)}


@dataclass(frozen=True)
class _Family:
    """The inputs on which one loss is verified."""

    function: Function
    points: Points
    targets: Targets
    kind: str = ""
    """Of targets or numbers, as the report says it."""
    name: str = "y"
    """Of the point."""
    fewest_dims: int | None = None
    """Of a loss that takes any shape; None for one that takes a sample or a batch."""
    dtype: type[np.floating[Any]] = np.float64
    flaw: Flaw | None = None

    def cases(self) -> Iterator[Case]:
        """Yield a case for each form of the loss and each gradient that applies to it."""
        if self.fewest_dims is None:
            yield self._case("row", "whole", (1, 1))
            yield self._case("mean", "whole", (2, 2))
        else:
            yield self._case("any shape", "whole", (self.fewest_dims, 3))
        most_dims = 2 if self.fewest_dims is None else 3
        yield self._case("rows", "row by row", (2, most_dims))
        if self.dtype is np.float64:  # per_sample_gradient refuses to compute in less
            yield self._case("rows", "columns at once", (2, most_dims))

    def _case(self, form: str, method: str, dims: tuple[int, int]) -> Case:
        differentiate = METHODS[method]
        problems = _problems(self.name, self.points, self.targets, dims, self.dtype, shared=differentiate.shared)
        form = f"{form} {self.kind}".rstrip()
        return gradient_case(self.function, form, differentiate, problems, flaw=self.flaw)


def _any_numbers(shape: Shape, _: Array) -> st.SearchStrategy[Array]:
    return arrays(shape)


def _small_numbers(shape: Shape, _: Array) -> st.SearchStrategy[Array]:
    return arrays(shape, largest=2)


def _huge_numbers(shape: Shape, _: Array) -> st.SearchStrategy[Array]:
    return arrays(shape, smallest=13, largest=15).map(lambda x: np.where(x == 0, 1e13, x))


def _any_logits(shape: Shape, _: Array) -> st.SearchStrategy[Array]:
    return logits(shape)


def _probabilities(shape: Shape, targets: Array) -> st.SearchStrategy[Array]:
    return probabilities(shape, targets=targets)


def _tiny_probabilities(shape: Shape, _: Array) -> st.SearchStrategy[Array]:
    return tiny_probabilities(shape)


def _edge_probabilities(shape: Shape, _: Array) -> st.SearchStrategy[Array]:
    return edge_probabilities(shape)


BELOW_STEP = Flaw("a probability is smaller than h, so that y - h has no logarithm", "to be finite but got nan")
WITHIN_TWO_STEPS = Flaw("a probability is between h and 2 h, where the truncation's bound leaves no digit")
STEP_LOST = Flaw("y is so large that y + h rounds to y", "the step is lost")

FAMILIES = (
    _Family(MEAN_SQUARED_ERROR, _any_numbers, arrays, fewest_dims=0),
    _Family(
        MEAN_SQUARED_ERROR,
        _small_numbers,
        partial(arrays, largest=2),
        "float32",
        fewest_dims=0,
        dtype=np.float32,
    ),
    _Family(CROSS_ENTROPY_ERROR, _probabilities, one_hot, "one-hot", fewest_dims=1),
    _Family(CROSS_ENTROPY_ERROR, _probabilities, soft_targets, "soft", fewest_dims=1),
    _Family(ONE_HOT, _probabilities, one_hot),
    _Family(ONE_HOT, _probabilities, soft_targets, "soft"),
    _Family(LABELS, _probabilities, TARGETS["labels"]),
    *(_Family(SOFTMAX, _any_logits, TARGETS[kind], kind, name="logits") for kind in TARGETS),
    _Family(MEAN_SQUARED_ERROR, _huge_numbers, arrays, "huge", fewest_dims=0, flaw=STEP_LOST),
    _Family(CROSS_ENTROPY_ERROR, _tiny_probabilities, one_hot, "tiny", fewest_dims=1, flaw=BELOW_STEP),
    _Family(ONE_HOT, _tiny_probabilities, one_hot, "tiny", flaw=BELOW_STEP),
    _Family(LABELS, _tiny_probabilities, TARGETS["labels"], "tiny", flaw=BELOW_STEP),
    _Family(CROSS_ENTROPY_ERROR, _edge_probabilities, one_hot, "edge", fewest_dims=1, flaw=WITHIN_TWO_STEPS),
    _Family(ONE_HOT, _edge_probabilities, one_hot, "edge", flaw=WITHIN_TWO_STEPS),
    _Family(LABELS, _edge_probabilities, TARGETS["labels"], "edge", flaw=WITHIN_TWO_STEPS),
)


@st.composite
def _any_delta(draw: st.DrawFn) -> Inputs:
    shape = draw(shapes(1, 3), label="shape")
    t = draw(soft_targets(shape), label="t")
    y = draw(probabilities(shape, targets=t), label="y")
    return {"y": y, "t": t, "delta": draw(st.sampled_from([1e-7, 0.0, 1e-3, 0.1]), label="delta")}


CASES = (
    *(case for family in FAMILIES for case in family.cases()),
    gradient_case(CROSS_ENTROPY_ERROR, "any delta soft", METHODS["whole"], _any_delta()),
)
