"""The oracle: values and derivatives from PyTorch's own operators, in float64.

Each function of numgrad has its twin here, under the same name, made of torch operators rather than of
numgrad's formulas written again.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as torch's own documentation names it
from numpy.typing import NDArray
from torch import Tensor
from torch._decomp import core_aten_decompositions
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from verification._typing import Params

__all__ = [
    "Derivatives",
    "cross_entropy_error",
    "cross_entropy_error_labels",
    "cross_entropy_error_one_hot",
    "derivatives",
    "gradient",
    "gradient_round_off",
    "hessian",
    "jacobian",
    "mean_squared_error",
    "namespace",
    "one_hot",
    "rowwise",
    "sgd",
    "sigmoid",
    "single_thread",
    "softmax",
    "softmax_cross_entropy",
    "tensor",
    "two_layer_logits",
    "two_layer_loss",
    "value_and_gradient",
]

namespace = torch
"""What a function written for any array library takes as ``xp``."""

TensorFunction = Callable[..., Tensor]

ELEMENTARY = core_aten_decompositions()
"""What fused operators, such as the backward pass of softmax, are made of."""

REPETITIONS, MARGIN = 8, 3
"""The largest of so many random roundings is exceeded one time in nine; three times as much, hardly: a guess."""


@dataclass(frozen=True)
class Derivatives:
    """A function at a point: value, gradient, and what its central difference at a fixed step can make of it."""

    value: NDArray[np.float64]
    """() or, for a function of rows, (N,)."""
    value_noise: NDArray[np.float64]
    """The absolute rounding error that NumPy's value may have, shaped like it."""
    gradient: NDArray[np.float64]
    """Of the value, or of each row's own value; the shape of x."""
    second: NDArray[np.float64]
    """The largest |f″| along each entry over [x - h, x + h]."""
    third: NDArray[np.float64]
    """The largest |f‴| along each entry over [x - h, x + h]."""
    noise: NDArray[np.float64]
    """The larger of NumPy's absolute rounding errors at x - h and x + h, for each entry."""


@contextlib.contextmanager
def single_thread() -> Iterator[None]:
    """Keep torch to one thread: for arrays this small, waking another costs more than it computes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def rowwise(function: TensorFunction) -> TensorFunction:
    """Return the function of batches, (N, ...) to (N,), that applies a function of one sample to each row."""
    return torch.vmap(function)


def derivatives(
    twin: TensorFunction,
    round_off: TensorFunction,
    x: NDArray[Any],
    fixed: Sequence[Any] = (),
    *,
    h: float,
) -> Derivatives:
    """Differentiate ``twin(x, *fixed)`` three times along each entry of ``x``.

    Where the twin returns one value a row, an entry's derivatives are those of its own row's value. The largest
    derivatives over the step are taken at its ends and its middle. That bounds the truncation error of a central
    difference, the mean of f‴ under a weight (h - |s|)², to fourth order in h: where f‴ is convex, an end
    exceeds that mean, and where it is concave, the middle does.

    Parameters
    ----------
    twin: maps tensors to one number, or to one number a row of the first.
    round_off: maps the same to a bound of NumPy's rounding error, in units of the machine epsilon of ``x``.
    x: the point; ``fixed``: further arguments.
    h: the step of the difference, in the units of ``x``.

    """
    eps = float(np.finfo(x.dtype).eps)
    point, others = tensor(x), tuple(map(tensor, fixed))
    value, value_noise = twin(point, *others), round_off(point, *others)
    steps, along = _along_entries(lambda at: twin(at, *others), point, h, rows=value.ndim == 1)
    first, second, third = _three_derivatives(along, steps)
    _, noise = _along_entries(lambda at: round_off(at, *others), point, h, rows=value.ndim == 1)

    def per_entry(of_steps: Tensor) -> NDArray[np.float64]:
        return np.asarray(of_steps.detach().reshape(x.shape).numpy())

    return Derivatives(
        value.numpy(),
        eps * value_noise.numpy(),
        per_entry(first[1]),
        per_entry(second.abs().amax(0)),
        per_entry(third.abs().amax(0)),
        eps * per_entry(noise.reshape(3, -1).amax(0)),
    )


def _along_entries(f: TensorFunction, x: Tensor, h: float, *, rows: bool) -> tuple[Tensor, Tensor]:
    """Return steps of -h, 0 and h along each entry, and f after each: two tensors (3 x.numel(),)."""
    entries = torch.eye(x.numel(), dtype=torch.float64).reshape(x.numel(), *x.shape)
    own_row = entries.reshape(x.numel(), len(x), -1).sum(-1) if rows else torch.ones(x.numel(), 1).double()
    steps = torch.tensor([-h, 0.0, h], dtype=torch.float64).repeat_interleave(x.numel()).requires_grad_()
    values = torch.vmap(lambda step, entry, row: (f(x + step * entry) * row).sum())(
        steps, entries.repeat(3, *[1] * x.ndim), own_row.repeat(3, 1)
    )
    return steps, values


def _three_derivatives(values: Tensor, steps: Tensor) -> list[Tensor]:
    """Return f′, f″ and f‴ by the steps, each (3, x.numel())."""
    found = []
    for _ in range(3):
        values = _differentiate(values, steps)
        found.append(values.detach().reshape(3, -1))
    return found


def _differentiate(values: Tensor, steps: Tensor) -> Tensor:
    """Return the derivative of each value by its own step; 0 where values no longer depend on steps."""
    if not values.requires_grad:
        return torch.zeros_like(steps)
    (derivative,) = torch.autograd.grad(values.sum(), steps, create_graph=True, materialize_grads=True)
    return derivative


def tensor(array: Any) -> Tensor:
    """Return an array as a tensor of float64, or of int64 if it holds integers."""
    array = np.asarray(array)
    return torch.tensor(array, dtype=torch.int64 if array.dtype.kind in "iu" else torch.float64)


def mean_squared_error(y: Tensor, t: Tensor) -> Tensor:
    """Half the sum of squares."""
    return F.mse_loss(y, t, reduction="sum") / 2


def cross_entropy_error(y: Tensor, t: Tensor, delta: float | Tensor = 1e-7) -> Tensor:
    """Cross entropy of one sample; the default delta is the chapter's. Where t is 0, y has no influence."""
    return torch.neg(torch.special.xlogy(t, torch.where(t == 0, 1.0, y + delta)).sum())


def cross_entropy_error_one_hot(y: Tensor, t: Tensor) -> Tensor:
    """Mean cross entropy of (N, K) or (K,); where t is 0, y has no influence (xlogy alone has 0 / 0 as its slope)."""
    return torch.neg(torch.special.xlogy(t, torch.where(t == 0, 1.0, y)).sum(-1).mean())


def cross_entropy_error_labels(y: Tensor, t: Tensor) -> Tensor:
    """Mean negative log likelihood; the classes that are not aimed at have no influence."""
    aimed_at = one_hot(t, y.shape[-1]) == 1
    return F.nll_loss(torch.log(torch.where(aimed_at, y, 1.0)), t)


def softmax_cross_entropy(logits: Tensor, t: Tensor) -> Tensor:
    """Mean cross entropy of logits; class numbers or probabilities."""
    return F.cross_entropy(logits, t)


def one_hot(t: Tensor, classes: int) -> Tensor:
    """Class numbers as targets."""
    return F.one_hot(t, classes).double()


def sigmoid(x: Tensor) -> Tensor:
    """Logistic function."""
    return torch.sigmoid(x)


def softmax(x: Tensor) -> Tensor:
    """Softmax along the last axis."""
    return torch.softmax(x, -1)


def two_layer_logits(W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, x: Tensor) -> Tensor:
    """Scores of the two-layer net."""
    return F.linear(torch.sigmoid(F.linear(x, W1.T, b1)), W2.T, b2)


def two_layer_loss(W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, x: Tensor, t: Tensor) -> Tensor:
    """Loss of the two-layer net."""
    return F.cross_entropy(two_layer_logits(W1, b1, W2, b2, x), t)


def sgd(params: Params, batches: Iterable[tuple[Any, Any]], learning_rate: float) -> Iterator[Params]:
    """Train the two-layer net by torch's SGD on ``batches`` of (x, t); yield the parameters after each step."""
    tensors = {name: tensor(value).requires_grad_() for name, value in params.items()}
    optimizer = torch.optim.SGD(tensors.values(), lr=learning_rate)
    for x, t in batches:
        optimizer.zero_grad()
        two_layer_loss(**tensors, x=tensor(x), t=tensor(t)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        yield {name: value.detach().numpy().copy() for name, value in tensors.items()}


def hessian(f: TensorFunction, x: NDArray[Any]) -> NDArray[np.float64]:
    """Return the second derivatives of ``f`` at a vector (P,): (P, P)."""
    return np.asarray(torch.func.jacrev(torch.func.jacrev(f))(tensor(x)))


def jacobian(f: TensorFunction, x: NDArray[Any]) -> NDArray[np.float64]:
    """Return the derivatives of ``f``, (...), at a vector (P,): (..., P)."""
    return np.asarray(torch.func.jacrev(f)(tensor(x)))


def gradient(f: TensorFunction, x: NDArray[Any], fixed: Sequence[Any] = ()) -> NDArray[np.float64]:
    """Return the gradient of ``f`` at ``x``, beside fixed arguments, of the shape of ``x``."""
    return _gradient(f, tensor(x), tuple(map(tensor, fixed)))


def gradient_round_off(f: TensorFunction, x: NDArray[Any], fixed: Sequence[Any] = ()) -> NDArray[np.float64]:
    """Return how far rounding may have moved the gradient of ``f``, by Monte Carlo arithmetic.

    Every result on the way, of the function and of its backward pass, is rounded at random in its last place, and what
    has underflowed is any number below the smallest normal one; the largest change of the gradient in some repetitions,
    three times over, is what its own rounding may have done.

    References
    ----------
    D. S. Parker (1997), Monte Carlo arithmetic: exploiting randomness in floating-point arithmetic, UCLA report 970002.

    """
    point, others = tensor(x), tuple(map(tensor, fixed))
    with _RandomRounding(torch.Generator().manual_seed(0)):
        repeated = [_gradient(f, point, others) for _ in range(REPETITIONS)]
    return np.asarray(MARGIN * np.abs(np.stack(repeated) - _gradient(f, point, others)).max(axis=0))


def _gradient(f: TensorFunction, point: Tensor, others: tuple[Tensor, ...]) -> NDArray[np.float64]:
    return np.asarray(torch.func.grad(lambda at: f(at, *others))(point))


class _RandomRounding(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch leaves it untyped
    """Rounds the results of elementary operators at random, up or down by one unit in the last place."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.generator = generator

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operator: by its elementary ones if it has any, as what it rounds within does not show."""
        if func in ELEMENTARY:
            with self:
                return ELEMENTARY[func](*args, **(kwargs or {}))
        result = func(*args, **(kwargs or {}))
        return result if func.is_view else tree_map_only(Tensor, self._rounded, result)

    def _rounded(self, result: Tensor) -> Tensor:
        if not result.is_floating_point():
            return result
        units = torch.randint(-1, 2, result.shape, generator=self.generator).to(result.dtype)
        info = torch.finfo(result.dtype)
        return torch.where(result.abs() < info.tiny, info.tiny * units, result * (1 + info.eps * units))


def value_and_gradient(f: TensorFunction, x: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the value of ``f`` at ``x``, (), and its gradient, of the shape of ``x``."""
    gradient, value = torch.func.grad_and_value(f)(tensor(x))
    return np.asarray(value), np.asarray(gradient)
