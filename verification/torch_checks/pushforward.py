"""What forward-mode differentiation makes of functions of tensors."""

from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad

from verification._typing import Array
from verification.torch_checks.pullback import Point, Pullback
from verification.torch_checks.tensors import as_array, as_tensor, eps

__all__ = ["Pushforward"]

__tracebackhide__ = True  # what a function raises is shown by pytest without this module


class Pushforward(Pullback):
    """A function of tensors as one of a dict of arrays, and the Jacobian-vector product that torch computes."""

    def jvp(self, point: Point, tangent: Point) -> Array:
        """Return the derivatives of all outputs along a tangent, one after another."""
        with torch.inference_mode(mode=False), torch.enable_grad(), forward_ad.dual_level():
            moving = {name: as_tensor(own, self.function.tensors[name]) for name, own in tangent.items()}
            duals = {name: _dual(leaf, moving[name]) for name, leaf in self.tracked(point).items()}
            found = [(output, _tangent(output)) for output in self.function.outputs(duals)]
            self.eps = max(map(eps, (*duals.values(), *(output for output, _ in found))))
            products = [torch.zeros_like(output) if product is None else product for output, product in found]
            return np.concatenate([as_array(product).ravel() for product in products])


def _dual(leaf: Tensor, tangent: Tensor) -> Tensor:
    return cast("Tensor", forward_ad.make_dual(leaf, tangent))  # type: ignore[no-untyped-call] # torch leaves it so


def _tangent(output: Tensor) -> Tensor | None:
    return cast("Tensor | None", forward_ad.unpack_dual(output).tangent)  # type: ignore[no-untyped-call] # likewise
