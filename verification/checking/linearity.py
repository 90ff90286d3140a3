"""How a product depends on the vector that it is taken with: linearly, as it must, and on more than its mean."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from verification._typing import Array
from verification.checking.claimants import JvpClaimant, VjpClaimant
from verification.checking.gradient_check import GradientCheck
from verification.checking.inspection import Subject
from verification.checking.rounding import stated_precision
from verification.comparison import Verdict
from verification.diagnosis import Diagnosis, FailureMode, Rank
from verification.measurement import signed_uniform
from verification.purity import fault, fit

__all__ = ["SAME", "averaged", "nonlinear"]

SAME = 1e-6
"""Two products are the same if they differ by a smaller share of what they are made of, or by SLACK times eps: in
bfloat16 that is most of it."""

SAME_AT_MOST = 0.01
"""But two vectors are never said to have the same product if these differ by a larger share."""

SLACK = 100
"""A sum of ten thousand terms is off by about so many roundings, where these are random."""

NOISY = 0.01
"""A product with a short vector may be off by this share: that of differences is noise more than anything."""

SHAKEN, HARDLY, NOISE = 4, 0.01, 8.0
"""A product is taken with so many vectors beside another, nearer than two products must be to be the same; what changes
is noise, so many times of it. Where terms cancel, as in the product of a function that is constant, that is all there
is."""

BESIDE = 0.03
"""So is what is not linear in steps of such a share of the vector: a precision lower than that of the product shows
there, while what is smooth or the same on both sides is linear in them."""

FAR = 1024.0
"""The vector is made so many times longer, and shorter; 8 times where that would overflow."""


def nonlinear(subject: Subject) -> GradientCheck | None:
    """Return the verdict on a product that does not depend on its cotangent or tangent as a product must, or None.

    It is asked for with one vector, another, their sum, ones, and with the first much longer and shorter.
    """
    dependence = _Dependence.of(subject)
    found = dependence.fault() if dependence else None
    return GradientCheck(Verdict.DISAGREES, found.message, (found,)) if found else None


def averaged(subject: Subject) -> list[Diagnosis]:
    """Return that a product, known to be wrong, is the same for the mean of its vector in all entries.

    A right one may be so too: that of an f whose outputs are all the same.
    """
    dependence = _Dependence.of(subject)
    if dependence is None or not dependence.is_averaged() or _is_of_mean(subject, dependence):
        return []
    got = f"the same product for the mean of the {dependence.name} in all its entries"
    return [fault(FailureMode.IGNORED_COTANGENT, got=got, rank=Rank.EXACT.name)]


def _is_of_mean(subject: Subject, dependence: "_Dependence") -> bool:
    """Return whether the true product too is the same for the mean of its vector: outputs, or entries, are alike."""
    primal, rng = replace(subject.primal, outputs=np.ravel), np.random.default_rng(2)  # any fixed seed
    vector = dependence.vector
    mean = np.full_like(vector, vector.mean())
    if isinstance(subject.claimant, VjpClaimant):
        slopes = primal.along(signed_uniform(rng, primal.size))
        found = [(u @ slopes.value[:, 0], np.abs(u) @ slopes.error[:, 0]) for u in (vector, mean)]
    else:
        each = [primal.along(v / primal.scale) for v in (vector, mean)]
        found = [(slopes.value[:, 0], slopes.error[:, 0]) for slopes in each]
    (one, doubt), (other, more) = found
    return bool(np.all(np.abs(one - other) <= doubt + more))


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
        claimant, problem = subject.claimant, subject.primal.problem
        if isinstance(claimant, VjpClaimant):
            size, name = int(np.prod(subject.center.shape)), "cotangent"
        elif isinstance(claimant, JvpClaimant):
            size, name = subject.problem.size, "tangent"
        else:
            return None

        def product(vector: Array) -> Array:
            of = vector if isinstance(claimant, VjpClaimant) else problem.split(vector)
            parts = fit(claimant.product(problem.leaves, of))  # type: ignore[arg-type] # each its own
            return np.concatenate([part.ravel() for part in parts]).astype(np.float64)

        low = min((leaf.dtype for leaf in subject.problem.leaves), key=lambda dtype: dtype.itemsize)
        stated = [stated_precision(leaf, low) for leaf in subject.returned.leaves]
        return cls(product, size, name, max(*stated, subject.returned_about.eps))

    def is_averaged(self) -> bool:
        """Return whether the product is the same for the mean of its vector in all entries."""
        at = self.product(self.vector)
        return (
            self.size > 1 and bool(at.any()) and self._is_same(at, self.product(np.full(self.size, self.vector.mean())))
        )

    def fault(self) -> Diagnosis | None:
        """Return how it depends other than it must; None if it is linear, as far as was tried."""
        at = self.product(self.vector)
        if at.any() and self._is_same(at, self.product(self.other)):
            return fault(FailureMode.IGNORED_COTANGENT, got=f"the same product for another {self.name}")
        seen = (got for part in (self._not_additive(), self._not_homogeneous()) for got in part)
        return next((fault(FailureMode.NONLINEAR_PRODUCT, got=got) for got in seen), None)

    def _not_additive(self) -> Iterator[str]:
        for other in (self.other, np.ones(self.size)):
            if not self._adds_up((1, self.vector + other), (-1, self.vector), (-1, other), tolerance=self.tolerance):
                yield f"a product with the sum of two {self.name}s that is not the sum of the products"

    def _not_homogeneous(self) -> Iterator[str]:
        for factor in (self.far, 1 / self.far, -1.0):
            tolerance = self.tolerance if abs(factor) >= 1 else max(self.tolerance, NOISY)
            if not self._adds_up((1, factor * self.vector), (-factor, self.vector), tolerance=tolerance):
                yield f"a product with {factor:g} times the {self.name} that is not so many times the product"

    def _is_same(self, one: Array, other: Array) -> bool:
        return bool((np.abs(one - other) <= min(self.tolerance, SAME_AT_MOST) * np.abs(one)).all())

    def _adds_up(self, *terms: tuple[float, Array], tolerance: float) -> bool:
        """Return whether products, each with its factor, add up to 0, but for rounding."""
        products = [factor * self.product(vector) for factor, vector in terms]
        total, made_of = np.sum(products, axis=0), np.sum(np.abs(products), axis=0)
        doubt = tolerance * made_of
        if (np.abs(total) <= doubt).all():
            return True
        length = sum(abs(factor) * float(np.abs(vector).max()) for factor, vector in terms)
        return bool((np.abs(total) <= doubt + length * self._noise).all())

    @cached_property
    def _noise(self) -> Array:
        """How much the product with a vector of length 1 varies where that hardly does, or is not linear about it."""
        rng = np.random.default_rng(3)  # any fixed seed
        shares = rng.uniform(-1, 1, (SHAKEN, self.size))
        changes = np.max([self._changes(v, shares) for v in (self.vector, self.other)], axis=0)
        return np.asarray(NOISE * np.maximum(changes, np.median(changes)))

    def _changes(self, vector: Array, shares: Array) -> Array:
        """Return how much products with vectors close by vary, or are off the line through those on both sides."""
        close = np.ptp([self.product(vector * (1 + HARDLY * self.tolerance * share)) for share in shares], axis=0)
        at = self.product(vector)
        both = ([self.product(vector * (1 + side * BESIDE * share)) for side in (-1, 1)] for share in shares)
        return np.asarray(np.maximum(close, np.max([np.abs(sum(pair) / 2 - at) for pair in both], axis=0)))
