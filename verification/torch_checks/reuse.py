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
    """Return what is wrong with later backward passes of a function whose first is right; None if nothing is."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        leaves, rng = back.tracked(back.point()), np.random.default_rng(seed)
        return back.function.holding(leaves, lambda: next(_Passes(back.function, leaves).faults(rng), None))


class _Passes:
    """Passes forward and backward through one function, at one point; None stands for what one that raises returns."""

    def __init__(self, function: OfTensors, leaves: Mapping[str, Tensor]) -> None:
        self.function, self.leaves = function, leaves

    def faults(self, rng: np.random.Generator) -> Iterator[Diagnosis]:
        outputs = self.function.outputs(self.leaves)
        cotangents = [random_like(output, rng) for output in outputs]
        if self._differs_later(outputs, cotangents):
            got = "another product from a later backward pass through the same graph"
            yield replace(fault(FailureMode.RANDOM_GRADIENT, got=got), remedy=NOT_USED_UP)
        for i in range(min(len(outputs), OUTPUTS) if len(outputs) > 1 else 0):
            if self._differs_alone(i, cotangents):
                got = f"another product for output {i} alone than with zeros for the others"
                yield replace(fault(FailureMode.NONLINEAR_PRODUCT, got=got), remedy=BY_ITSELF)

    def _differs_later(self, outputs: Sequence[Tensor], cotangents: Sequence[Tensor]) -> bool:
        """Go back through one graph with a cotangent, another, and the first again, after a forward pass elsewhere."""
        ones = [torch.ones_like(output) for output in outputs]
        first, other = self._product(outputs, cotangents), self._product(outputs, ones)
        alone = self._product(self._outputs(self.leaves), ones)
        self._outputs({name: (ELSEWHERE * own.detach()).requires_grad_() for name, own in self.leaves.items()})
        again = self._product(outputs, cotangents)
        return _differ(other, alone) or _differ(first, again)

    def _differs_alone(self, i: int, cotangents: Sequence[Tensor]) -> bool:
        """Go back from one output, and from all with a cotangent of zeros for the others: that is the same."""
        one, every = self._outputs(self.leaves), self._outputs(self.leaves)
        zeros = [own if i == j else torch.zeros_like(own) for j, own in enumerate(cotangents)]
        return _differ(self._product(one and one[i : i + 1], cotangents[i : i + 1]), self._product(every, zeros))

    def _outputs(self, leaves: Mapping[str, Tensor]) -> list[Tensor] | None:
        try:
            return self.function.outputs(leaves)
        except Exception:  # noqa: BLE001 - whatever a function raises elsewhere
            return None

    def _product(self, outputs: Sequence[Tensor] | None, cotangents: Sequence[Tensor]) -> list[Array] | None:
        """Return the product by each leaf; another backward pass through the outputs may follow."""
        if outputs is None:
            return None
        given = [own.clone() for own in cotangents]
        try:
            found = pulled_back(outputs, list(self.leaves.values()), given, retain_graph=True)
        except Exception:  # noqa: BLE001 - one that refuses, by whatever it raises, says so by itself
            return None
        return [as_array(own).copy() for own in found]


def _differ(one: Sequence[Array] | None, other: Sequence[Array] | None) -> bool:
    return one is not None and other is not None and not repeated(one, other)
