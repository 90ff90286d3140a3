"""Whether a backward pass that is right once is so again, and for each output by itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from verification._typing import Array
from verification.diagnosis import Diagnosis, FailureMode
from verification.purity import fault, repeated
from verification.torch_checks.called import OfTensors
from verification.torch_checks.pullback import Pullback, pulled_back, random_like
from verification.torch_checks.tensors import as_array

__all__ = ["reuse_fault"]

__tracebackhide__ = True  # what a function raises is shown by pytest without this module

NOT_USED_UP = "Let the backward pass leave what the forward pass has saved as it is, and keep it in ctx alone."
BY_ITSELF = "Let the backward pass take None for the cotangent of an output that is not used, and count the others."

ELSEWHERE = 0.9
"""Another forward pass is made where each tensor is so many times itself."""

OUTPUTS = 4
"""So many outputs are looked at by themselves."""


def reuse_fault(back: Pullback, seed: int) -> Diagnosis | None:
    """Return what is wrong with a function's backward passes after the first; None if nothing is, or they refuse."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        leaves = back.tracked(back.point())
        found = _Passes(back.function, leaves, np.random.default_rng(seed))
        try:
            return back.function.holding(leaves, lambda: next(found.faults(), None))
        except Exception:  # noqa: BLE001 - one that refuses, by whatever it raises, says so by itself
            return None


class _Passes:
    """Backward passes through graphs of one function at one point."""

    def __init__(self, function: OfTensors, leaves: Mapping[str, Tensor], rng: np.random.Generator) -> None:
        self.function, self.leaves = function, leaves
        self.outputs = function.outputs(leaves)
        self.cotangents = [random_like(output, rng) for output in self.outputs]

    def faults(self) -> Iterator[Diagnosis]:
        yield from self._of_later_passes()
        if len(self.outputs) > 1:
            yield from self._of_single_outputs()

    def _of_later_passes(self) -> Iterator[Diagnosis]:
        """Go back through one graph with a cotangent, another, and the first again, after a forward pass elsewhere."""
        ones = [torch.ones_like(output) for output in self.outputs]
        first = self._product(self.outputs, self.cotangents)
        other = self._product(self.outputs, ones)
        alone = self._product(self.function.outputs(self.leaves), ones)
        self.function.outputs({name: (ELSEWHERE * own.detach()).requires_grad_() for name, own in self.leaves.items()})
        again = self._product(self.outputs, self.cotangents)
        if not (repeated(other, alone) and repeated(first, again)):
            got = "another product from a later backward pass through the same graph"
            yield replace(fault(FailureMode.RANDOM_GRADIENT, got=got), remedy=NOT_USED_UP)

    def _of_single_outputs(self) -> Iterator[Diagnosis]:
        """Go back from one output, and from all with a cotangent of zeros for the others: that is the same."""
        for i, cotangent in enumerate(self.cotangents[:OUTPUTS]):
            one, all_of_them = self.function.outputs(self.leaves)[i], self.function.outputs(self.leaves)
            zeros = [own if i == j else torch.zeros_like(own) for j, own in enumerate(self.cotangents)]
            if not repeated(self._product([one], [cotangent]), self._product(all_of_them, zeros)):
                got = f"another product for output {i} alone than with zeros for the others"
                yield replace(fault(FailureMode.NONLINEAR_PRODUCT, got=got), remedy=BY_ITSELF)

    def _product(self, outputs: Sequence[Tensor], cotangents: Sequence[Tensor]) -> list[Array]:
        """Return the product by each leaf; another backward pass through the outputs may follow."""
        found = pulled_back(outputs, list(self.leaves.values()), [own.clone() for own in cotangents], retain_graph=True)
        return [as_array(own).copy() for own in found]
