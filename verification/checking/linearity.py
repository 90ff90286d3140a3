"""Whether a product depends linearly on the vector that it is taken with."""

from collections.abc import Callable, Sequence

import numpy as np

from verification._typing import Array
from verification.checking.claimants import JvpClaimant, VjpClaimant
from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.measurement import signed_uniform
from verification.purity import fault

__all__ = ["nonlinear"]

SAME = 1e-6
"""Two products are the same if they differ by a smaller share of what they are made of, or by SLACK times eps."""

SLACK = 100
"""A sum of ten thousand terms is off by about so many roundings, where these are random."""

LEFT_OVER = 1e-9
"""Nor does what is a smaller share of the largest say anything: it may be left over from that."""

FAR = 1024.0
"""The vector is made so many times longer, and shorter; 8 times where that would overflow."""


def nonlinear(subject: Subject) -> GradientCheck | None:
    """Return the verdict on a product that does not depend on its cotangent or tangent as a product must, or None.

    It is asked for with one vector, another, their sum, ones, the mean of the first in all its entries, and with the
    first much longer and shorter.
    """
    claimant = subject.claimant
    if isinstance(claimant, VjpClaimant):
        size, name = int(np.prod(subject.center.shape)), "cotangent"
    elif isinstance(claimant, JvpClaimant):
        size, name = subject.problem.size, "tangent"
    else:
        return None
    eps = max(float(np.finfo(leaf.dtype).eps) for leaf in (*subject.returned.leaves, *subject.problem.leaves))

    def product(vector: Array) -> Array:
        leaves = subject.problem.leaves
        of = vector if isinstance(claimant, VjpClaimant) else subject.problem.split(vector)
        parts: Sequence[Array] = claimant.product(leaves, of).leaves  # type: ignore[arg-type] # each its own
        return np.concatenate([part.ravel() for part in parts]).astype(np.float64)

    got = _Dependence(product, size, name, eps).wrong()
    found = fault(FailureMode.IGNORED_COTANGENT, got=got)
    return GradientCheck(Verdict.DISAGREES, found.message, (found,)) if got else None


class _Dependence:
    """How a product depends on its vector."""

    def __init__(self, product: Callable[[Array], Array], size: int, name: str, eps: float) -> None:
        self.product, self.size, self.name = product, size, name
        self.tolerance = max(SAME, SLACK * eps)
        self.far = FAR if eps < SAME else 8.0

    def wrong(self) -> str:
        """Return how it depends other than it must; empty if it is linear, as far as was tried."""
        vector, other = signed_uniform(np.random.default_rng(0), 2 * self.size).reshape(2, self.size)  # any fixed seed
        at, beside = self.product(vector), self.product(other)
        if at.any() and self._is_same(at, beside):
            return f"the same product for another {self.name}"
        if at.any() and self.size > 1 and self._is_same(at, self.product(np.full(self.size, vector.mean()))):
            return f"the same product for the mean of the {self.name} in all its entries"
        ones = np.ones(self.size)
        for one, two, p_one, p_two in ((vector, other, at, beside), (ones, vector, self.product(ones), at)):
            if not self._is_sum(self.product(one + two), p_one, p_two):
                return f"a product with the sum of two {self.name}s that is not the sum of the products"
        for factor in (self.far, 1 / self.far, -1.0):
            if not self._is_sum(self.product(factor * vector), factor * at, 0 * at):
                return f"a product with {factor:g} times the {self.name} that is not so many times the product"
        return ""

    def _is_same(self, one: Array, other: Array) -> bool:
        return bool((np.abs(one - other) <= self.tolerance * np.abs(one)).all())

    def _is_sum(self, total: Array, one: Array, other: Array) -> bool:
        made_of = np.abs(total) + np.abs(one) + np.abs(other)
        doubt = self.tolerance * np.maximum(made_of, LEFT_OVER / SAME * made_of.max(initial=0.0))
        return bool((np.abs(total - one - other) <= doubt).all())
