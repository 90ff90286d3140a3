"""How a product depends on the vector that it is taken with: linearly, as it must, and on more than its mean."""

from collections.abc import Callable, Sequence

import numpy as np

from verification._typing import Array
from verification.checking.claimants import JvpClaimant, VjpClaimant
from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.comparison import Verdict
from verification.diagnosis import Diagnosis, FailureMode, Rank
from verification.measurement import signed_uniform
from verification.purity import fault

__all__ = ["averaged", "nonlinear"]

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

    It is asked for with one vector, another, their sum, ones, and with the first much longer and shorter.
    """
    dependence = _Dependence.of(subject)
    got = dependence.wrong() if dependence else ""
    found = fault(FailureMode.IGNORED_COTANGENT, got=got)
    return GradientCheck(Verdict.DISAGREES, found.message, (found,)) if got else None


def averaged(subject: Subject) -> list[Diagnosis]:
    """Return that a product, known to be wrong, is the same for the mean of its vector in all entries.

    A right one may be so too: that of an f whose outputs are all the same.
    """
    dependence = _Dependence.of(subject)
    if dependence is None or not dependence.is_averaged():
        return []
    got = f"the same product for the mean of the {dependence.name} in all its entries"
    return [fault(FailureMode.IGNORED_COTANGENT, got=got, rank=Rank.EXACT.name)]


class _Dependence:
    """How a product depends on its vector."""

    def __init__(self, product: Callable[[Array], Array], size: int, name: str, eps: float) -> None:
        self.product, self.size, self.name = product, size, name
        self.tolerance = max(SAME, SLACK * eps)
        self.far = FAR if eps < SAME else 8.0
        self.vector, self.other = signed_uniform(np.random.default_rng(0), 2 * size).reshape(2, size)  # any fixed seed

    @classmethod
    def of(cls, subject: Subject) -> "_Dependence | None":
        """Return that of the product which a subject claims; None if it claims none."""
        claimant, leaves = subject.claimant, subject.problem.leaves
        if isinstance(claimant, VjpClaimant):
            size, name = int(np.prod(subject.center.shape)), "cotangent"
        elif isinstance(claimant, JvpClaimant):
            size, name = subject.problem.size, "tangent"
        else:
            return None

        def product(vector: Array) -> Array:
            of = vector if isinstance(claimant, VjpClaimant) else subject.problem.split(vector)
            parts: Sequence[Array] = claimant.product(leaves, of).leaves  # type: ignore[arg-type] # each its own
            return np.concatenate([part.ravel() for part in parts]).astype(np.float64)

        eps = max(float(np.finfo(leaf.dtype).eps) for leaf in (*subject.returned.leaves, *leaves))
        return cls(product, size, name, eps)

    def is_averaged(self) -> bool:
        """Return whether the product is the same for the mean of its vector in all entries."""
        at = self.product(self.vector)
        return (
            self.size > 1 and bool(at.any()) and self._is_same(at, self.product(np.full(self.size, self.vector.mean())))
        )

    def wrong(self) -> str:
        """Return how it depends other than it must; empty if it is linear, as far as was tried."""
        at, beside, ones = self.product(self.vector), self.product(self.other), np.ones(self.size)
        if at.any() and self._is_same(at, beside):
            return f"the same product for another {self.name}"
        for one, two, p_one, p_two in (
            (self.vector, self.other, at, beside),
            (ones, self.vector, self.product(ones), at),
        ):
            if not self._is_sum(self.product(one + two), p_one, p_two):
                return f"a product with the sum of two {self.name}s that is not the sum of the products"
        for factor in (self.far, 1 / self.far, -1.0):
            if not self._is_sum(self.product(factor * self.vector), factor * at, 0 * at):
                return f"a product with {factor:g} times the {self.name} that is not so many times the product"
        return ""

    def _is_same(self, one: Array, other: Array) -> bool:
        return bool((np.abs(one - other) <= self.tolerance * np.abs(one)).all())

    def _is_sum(self, total: Array, one: Array, other: Array) -> bool:
        made_of = np.abs(total) + np.abs(one) + np.abs(other)
        doubt = self.tolerance * np.maximum(made_of, LEFT_OVER / SAME * made_of.max(initial=0.0))
        return bool((np.abs(total - one - other) <= doubt).all())
