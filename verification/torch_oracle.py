"""The oracle: values and derivatives from PyTorch's own operators, in float64.

Each function of numgrad has its twin here, under the same name, made of torch operators rather than of
numgrad's formulas written again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812: as torch's own documentation names it
from numpy.typing import NDArray
from torch import Tensor

__all__ = [
    "Derivatives",
    "cross_entropy_error",
    "cross_entropy_error_labels",
    "cross_entropy_error_one_hot",
    "derivatives",
    "loss_hessian",
    "mean_squared_error",
    "namespace",
    "one_hot",
    "sgd",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "tensor",
    "two_layer_loss",
]

namespace = torch
"""What a function written for any array library takes as ``xp``."""

TensorFunction = Callable[..., Tensor]
Params = dict[str, NDArray[Any]]


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


def derivatives(  # noqa: PLR0913: a function, where, and how it is rounded
    twin: TensorFunction,
    round_off: TensorFunction,
    x: NDArray[Any],
    fixed: Sequence[Any] = (),
    *,
    h: float,
    rows: bool = False,
) -> Derivatives:
    """Differentiate ``twin(x, *fixed)`` three times along each entry of ``x``.

    The largest derivatives over the step are taken at its ends and its middle. That bounds the truncation error
    of a central difference, the mean of f‴ under a weight (h - |s|)², to fourth order in h: where f‴ is convex,
    an end exceeds that mean, and where it is concave, the middle does.

    Parameters
    ----------
    twin: maps tensors to one number, or with ``rows`` one row of each to one number.
    round_off: maps the same to a bound of NumPy's rounding error, in units of the machine epsilon of ``x``.
    x: the point; ``fixed``: further arguments, with ``rows`` one row each a row of ``x``.
    h: the step of the difference, in the units of ``x``.

    """
    eps = float(np.finfo(x.dtype).eps)
    point, others = tensor(x), tuple(map(tensor, fixed))

    def values(function: TensorFunction, at: Tensor) -> Tensor:
        return torch.vmap(function)(at, *others) if rows else function(at, *others)

    along = _derivatives_along_entries(lambda at: values(twin, at).sum(), point, h)
    noise = torch.stack(
        [_per_entry(lambda at: values(round_off, at), point, step, rows=rows) for step in (-h, h)]
    ).amax(0)
    value, value_noise = values(twin, point), values(round_off, point)
    return Derivatives(
        value.numpy(),
        eps * value_noise.numpy(),
        along[0][1].reshape(x.shape).numpy(),
        along[1].abs().amax(0).reshape(x.shape).numpy(),
        along[2].abs().amax(0).reshape(x.shape).numpy(),
        eps * noise.reshape(x.shape).numpy(),
    )


def _derivatives_along_entries(f: TensorFunction, x: Tensor, h: float) -> list[Tensor]:
    """Return f′, f″ and f‴ along each entry at x - h, x and x + h: three tensors (3, x.numel())."""
    entries = _basis(x)
    steps = torch.tensor([-h, 0.0, h], dtype=torch.float64).repeat_interleave(len(entries)).requires_grad_()
    directions = entries.repeat(3, *[1] * x.ndim)
    derivative = torch.vmap(lambda step, direction: f(x + step * direction))(steps, directions)
    found = []
    for _ in range(3):
        derivative = _differentiate(derivative, steps)
        found.append(derivative.detach().reshape(3, -1))
    return found


def _differentiate(values: Tensor, steps: Tensor) -> Tensor:
    """Return the derivative of each value by its own step; 0 where values no longer depend on steps."""
    if not values.requires_grad:
        return torch.zeros_like(steps)
    (derivative,) = torch.autograd.grad(values.sum(), steps, create_graph=True, materialize_grads=True)
    return derivative


def _per_entry(f: TensorFunction, x: Tensor, step: float, *, rows: bool) -> Tensor:
    """Return f where entry i was moved by ``step``, for every i; of rows, the value of the entry's row."""
    values = torch.vmap(lambda direction: f(x + step * direction))(_basis(x))
    if not rows:
        return values
    row_of_entry = torch.arange(len(x)).repeat_interleave(x[0].numel())
    return values.gather(1, row_of_entry[:, None])[:, 0]


def _basis(x: Tensor) -> Tensor:
    return torch.eye(x.numel(), dtype=torch.float64).reshape(x.numel(), *x.shape)


def tensor(array: Any) -> Tensor:
    """Return an array as a tensor of float64, or of int64 if it holds integers."""
    array = np.asarray(array)
    return torch.tensor(array, dtype=torch.int64 if array.dtype.kind in "iu" else torch.float64)


def mean_squared_error(y: Tensor, t: Tensor) -> Tensor:
    """Half the sum of squares."""
    return 0.5 * F.mse_loss(y, t, reduction="sum")


def cross_entropy_error(y: Tensor, t: Tensor) -> Tensor:
    """Cross entropy of one sample, with the chapter's delta of 1e-7."""
    return -torch.special.xlogy(t, y + 1e-7).sum()


def cross_entropy_error_one_hot(y: Tensor, t: Tensor) -> Tensor:
    """Mean cross entropy of (N, K) or (K,); where t is 0, y has no influence (xlogy alone has 0 / 0 as its slope)."""
    return -torch.special.xlogy(t, torch.where(t == 0, 1.0, y)).sum(-1).mean()


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


def two_layer_loss(W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, x: Tensor, t: Tensor) -> Tensor:  # noqa: PLR0913
    """Loss of the two-layer net."""
    hidden = torch.sigmoid(F.linear(x, W1.T, b1))
    return F.cross_entropy(F.linear(hidden, W2.T, b2), t)


def sgd(params: Params, batches: Iterable[tuple[Any, Any]], learning_rate: float) -> Iterator[Params]:
    """Train the two-layer net by torch's SGD on ``batches`` of (x, t); yield the parameters after each step."""
    tensors = {name: tensor(value).requires_grad_() for name, value in params.items()}
    optimizer = torch.optim.SGD(tensors.values(), lr=learning_rate)
    for x, t in batches:
        optimizer.zero_grad()
        two_layer_loss(**tensors, x=tensor(x), t=tensor(t)).backward()
        optimizer.step()
        yield {name: value.detach().numpy().copy() for name, value in tensors.items()}


def loss_hessian(params: Params, x: Any, t: Any) -> NDArray[np.float64]:
    """Return the second derivatives of the net's loss by all parameters, flattened in their order: (P, P)."""
    tensors = [tensor(value) for value in params.values()]
    sizes = [value.numel() for value in tensors]
    x, t = tensor(x), tensor(t)

    def loss(flat: Tensor) -> Tensor:
        parts = zip(params, flat.split(sizes), tensors, strict=True)
        return two_layer_loss(**{name: part.reshape(like.shape) for name, part, like in parts}, x=x, t=t)

    flat = torch.cat([value.flatten() for value in tensors])
    return torch.func.jacrev(torch.func.jacrev(loss))(flat).numpy()
