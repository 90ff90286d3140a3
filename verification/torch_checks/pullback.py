"""What autograd makes of functions of tensors, as functions of arrays: their values, and products with cotangents."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from verification._typing import Array
from verification.measurement import signed_uniform
from verification.torch_checks.called import Called, OfTensors
from verification.torch_checks.tensors import as_array, as_tensor, eps

__all__ = ["FirstDerivative", "Point", "Pullback", "pulled_back", "random_like"]

__tracebackhide__ = True  # what a function raises is shown by pytest without this module

Point = dict[str, Array]
T = TypeVar("T")


class Pullback:
    """A function of tensors as one of a dict of arrays, and the vector-Jacobian product that autograd returns."""

    def __init__(self, function: OfTensors) -> None:
        self.function = function
        self.eps = 0.0
        """The precision of the coarsest of the tensors that the last product was computed with."""
        self.differentiates = False
        """Whether the function takes derivatives itself, so that tensors must be tracked for its values too."""

    def point(self) -> Point:
        """Return the tensors as arrays."""
        return {name: as_array(tensor) for name, tensor in self.function.tensors.items()}

    def forward(self, point: Point) -> Array:
        """Return all outputs, one after another."""
        with torch.inference_mode(mode=False):
            if not self.differentiates:
                try:
                    with torch.no_grad():
                        return self._joined(self._leaves(point), point)
                except RuntimeError:  # the function may itself differentiate
                    self.differentiates = True
            with torch.enable_grad():
                return self._joined(self.tracked(point), point)

    def vjp(self, point: Point, cotangent: Array) -> Point:
        """Return what autograd makes of a cotangent; of a tensor that does not act on the outputs, zeros.

        A backward pass that writes into either is not to go unseen: it writes into the arrays too; and into the
        cotangent, if it writes into the outputs.
        """
        with torch.inference_mode(mode=False), torch.enable_grad():
            leaves = self.tracked(point)
            return self.function.holding(leaves, lambda: self._pulled_back(leaves, point, cotangent))

    def _pulled_back(self, leaves: Mapping[str, Tensor], point: Point, cotangent: Array) -> Point:
        with _written_back(leaves, point):
            outputs = self.function.outputs(leaves)
            self.eps = max(map(eps, (*outputs, *leaves.values())))
            given = _split(cotangent, outputs)
            kept = [tensor.detach().clone() for tensor in (*given, *outputs)]
            found = pulled_back(outputs, list(leaves.values()), given)
        if not all(map(_is_same, (*given, *outputs), kept)):
            cotangent += 1
        return dict(zip(leaves, map(as_array, found), strict=True))

    def _joined(self, leaves: Mapping[str, Tensor], point: Point) -> Array:
        with _written_back(leaves, point):
            return np.concatenate([as_array(output).ravel() for output in self.function.outputs(leaves)])

    def _leaves(self, point: Point) -> dict[str, Tensor]:
        """Return the tensors at a point, in its precision: float64 where the function takes that."""
        return {name: as_tensor(value, self.function.tensors[name]) for name, value in point.items()}

    def tracked(self, point: Point) -> dict[str, Tensor]:
        """Return the tensors at a point, such that derivatives are taken by them."""
        return {name: leaf.requires_grad_() for name, leaf in self._leaves(point).items()}


@contextlib.contextmanager
def _written_back(leaves: Mapping[str, Tensor], point: Point) -> Iterator[None]:
    """Have the arrays hold what the tensors made of them hold, should something write into these meanwhile."""
    before = {name: leaf.detach().clone() for name, leaf in leaves.items()}
    yield
    for name, leaf in leaves.items():
        if isinstance(point[name], np.ndarray) and not _is_same(leaf, before[name]):  # into a number none can write
            point[name][...] = as_array(leaf)


class FirstDerivative:
    """The product of a function's Jacobian with a cotangent, as a function of both: what is differentiated again."""

    def __init__(self, function: Called, rng: np.random.Generator, cotangents: Sequence[Tensor] | None = None) -> None:
        self.function = function
        if cotangents is None:
            with torch.enable_grad():
                cotangents = [random_like(output, rng) for output in function.outputs(function.copies())]
        count = len(cotangents)
        # No argument is called so.
        names = ["the cotangent"] if count == 1 else [f"cotangent {i}" for i in range(count)]
        self.cotangents = dict(zip(names, cotangents, strict=True))
        self.tensors = {**function.tensors, **self.cotangents}

    def outputs(self, leaves: Mapping[str, Tensor]) -> list[Tensor]:
        """Return the products by each tensor, through which can be differentiated again."""
        with torch.enable_grad():
            by = {name: _tracking(leaves[name]) for name in self.function.tensors}
            return self.function.holding(by, lambda: self._products(by, [leaves[name] for name in self.cotangents]))

    def _products(self, by: Mapping[str, Tensor], cotangents: Sequence[Tensor]) -> list[Tensor]:
        outputs = self.function.outputs(by)
        given = [cotangent.to(output.dtype) for cotangent, output in zip(cotangents, outputs, strict=True)]
        return pulled_back(outputs, list(by.values()), given, create_graph=True)

    def holding(self, leaves: Mapping[str, Tensor], run: Callable[[], T]) -> T:
        """Return what ``run`` does while the function holds those of the leaves that are its own."""
        return self.function.holding({name: leaves[name] for name in self.function.tensors}, run)


def pulled_back(
    outputs: Sequence[Tensor],
    leaves: Sequence[Tensor],
    cotangents: Sequence[Tensor],
    *,
    create_graph: bool = False,
    retain_graph: bool | None = None,
) -> list[Tensor]:
    """Return the product by each leaf, zeros where no output depends on it as autograd sees it."""
    used = [i for i, output in enumerate(outputs) if output.requires_grad]
    if not used:
        return [torch.zeros_like(leaf) for leaf in leaves]
    of, by = [outputs[i] for i in used], [cotangents[i] for i in used]
    return list(
        torch.autograd.grad(
            of, leaves, by, create_graph=create_graph, retain_graph=retain_graph, materialize_grads=True
        )
    )


def _split(cotangent: Array, outputs: Sequence[Tensor]) -> list[Tensor]:
    """Return a cotangent of all outputs, one after another, as one tensor for each."""
    parts = np.split(cotangent, np.cumsum([output.numel() for output in outputs])[:-1])
    return [
        torch.from_numpy(part if output.is_complex() else part.real.copy()).to(output).reshape(output.shape)
        for output, part in zip(outputs, parts, strict=True)
    ]


def random_like(output: Tensor, rng: np.random.Generator) -> Tensor:
    """Return a random cotangent of an output."""
    parts = signed_uniform(rng, 2 * output.numel()).reshape(2, *output.shape)
    return torch.as_tensor(parts[0] + 1j * parts[1] if output.is_complex() else parts[0]).to(output)


def _tracking(leaf: Tensor) -> Tensor:
    return leaf if leaf.requires_grad else leaf.detach().requires_grad_()


def _is_same(one: Tensor, other: Tensor) -> bool:
    one, other = one.detach(), other.detach()
    return bool(((one == other) | (one.isnan() & other.isnan())).all())
