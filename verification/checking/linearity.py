"""Whether a product takes no notice of what it is to be multiplied with."""

from collections.abc import Callable, Sequence

import numpy as np

from verification._typing import Array
from verification.checking.claimants import JvpClaimant, VjpClaimant
from verification.checking.inspection import Subject
from verification.diagnosis import Diagnosis, FailureMode
from verification.measurement import norm, signed_uniform
from verification.purity import fault

__all__ = ["ignored"]

SAME = 1e-6
"""Two products are the same if they differ by less than this share: by rounding, not by what was multiplied."""


def ignored(subject: Subject) -> list[Diagnosis]:
    """Return that a product does not depend on its cotangent or tangent as a product must, or nothing.

    It is asked for with one vector, with another, with the mean of the first in all entries, and with their sum.
    """
    claimant = subject.claimant
    if isinstance(claimant, VjpClaimant):
        size, name = int(np.prod(subject.center.shape)), "cotangent"
    elif isinstance(claimant, JvpClaimant):
        size, name = subject.problem.size, "tangent"
    else:
        return []

    def product(vector: Array) -> Array:
        leaves = subject.problem.leaves
        of = vector if isinstance(claimant, VjpClaimant) else subject.problem.split(vector)
        parts: Sequence[Array] = claimant.product(leaves, of).leaves  # type: ignore[arg-type] # each its own
        return np.concatenate([part.ravel() for part in parts]).astype(np.float64)

    got = _dependence(product, size, name)
    return [fault(FailureMode.IGNORED_COTANGENT, got=got)] if got else []


def _dependence(product: Callable[[Array], Array], size: int, name: str) -> str:
    """Return how a product depends on its vector other than it must; empty if it is linear."""
    vector, other = signed_uniform(np.random.default_rng(0), 2 * size).reshape(2, size)  # any fixed seed
    at = product(vector)
    if not at.any():
        return ""
    if _same(at, product(other)):
        return f"the same product for another {name}"
    if size > 1 and _same(at, product(np.full(size, vector.mean()))):
        return f"the same product for the mean of the {name} in all its entries"
    if not _same(at + product(other), product(vector + other)):
        return f"a product with the sum of two {name}s that is not the sum of the products"
    return ""


def _same(one: Array, other: Array) -> bool:
    difference, size = norm((one - other)[np.newaxis]), norm(one[np.newaxis])
    return bool(difference[0] <= SAME * size[0])
