"""The functions that claim a derivative, each in its form: gradient, vector-Jacobian product, Jacobian, jvp."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numgrad.derivatives.problem import Problem
from numgrad.derivatives.tree import unflatten
from verification._typing import Array, Shape
from verification.measurement import Claim, MatrixClaim, Primal, TangentClaim, granted, signed_uniform
from verification.purity import Returned, inspect_returned

__all__ = ["Claimant", "GradientClaimant", "JacobianClaimant", "JvpClaimant", "VjpClaimant"]

COTANGENTS = 3
"""So many random cotangents a vector-Jacobian product is asked for."""

ALL_OUTPUTS = 64
"""Of up to so many outputs each is looked at by itself, of more some random combinations."""

COMBINATIONS = 8
"""So many; they cost no evaluation of f."""


@dataclass
class Claimant:
    """A function that claims derivatives of f at x, and which outputs of f they are of."""

    function: Callable[..., Any]
    problem: Problem
    """f at x as it is passed."""
    names: Sequence[str]
    shape: Shape
    """That of f(x)."""
    rng: np.random.Generator
    weights: Array | None = field(init=False)
    """What outputs of f are combined with, (outputs, size of f(x)); None where each is looked at."""
    changed: set[str] = field(init=False, default_factory=set)
    """The arrays of x that the function has written into."""

    def __post_init__(self) -> None:
        self.weights = self._choose(math.prod(self.shape))

    def _choose(self, size: int) -> Array | None:
        if size <= ALL_OUTPUTS:
            return None
        return signed_uniform(self.rng, COMBINATIONS * size).reshape(COMBINATIONS, size)

    @property
    def shows_all_outputs(self) -> bool:
        """Whether each of several outputs is looked at by itself."""
        return self.weights is None and math.prod(self.shape) > 1

    def outputs(self, values: Array) -> Array:
        """Return what is compared of a value of f, (outputs,)."""
        flat = np.ravel(values)
        return flat if self.weights is None else np.asarray(self.weights @ flat).astype(flat.dtype)

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the derivatives at a point, each (outputs, leaf.size), or what is wrong with them."""
        raise NotImplementedError

    def claim(self, returned: Returned, primal: Primal, stated: Returned) -> Claim:
        """Return what was returned, by scaled entries, in the precision in which it was ``stated`` at x itself."""
        wide = [leaf.astype(np.result_type(leaf, np.float64)) for leaf in returned.leaves]
        with np.errstate(all="ignore"):
            matrix = np.concatenate(wide, axis=1) * primal.scale
        pairs = zip(stated.leaves, self.problem.leaves, strict=True)
        precision = [np.full(leaf.shape[1], _precision(leaf, of.dtype)) for leaf, of in pairs]
        return MatrixClaim(matrix, np.concatenate(precision), primal.problem.owner)

    def _call(self, leaves: Sequence[Array], *others: Any, spread: bool = False) -> Any:
        """Return what the function makes of copies of a point, and note those that it has written into."""
        copies = [leaf.copy() for leaf in leaves]
        tree = unflatten(self.problem.tree, (copy[()] if copy.ndim == 0 else copy for copy in copies))
        with np.errstate(all="ignore"):
            value = self.function(*tree) if spread and isinstance(tree, tuple) else self.function(tree, *others)
        for name, leaf, copy in zip(self.names, leaves, copies, strict=True):
            if leaf.tobytes() != copy.tobytes():
                self.changed.add(name)
        return value

    def _rows(self, value: Any, leading: Shape) -> Returned:
        """Return a result whose arrays have the shape ``leading`` + leaf.shape, each as (outputs, leaf.size)."""
        shapes = [(*leading, *leaf.shape) for leaf in self.problem.leaves]
        found = inspect_returned(value, self.problem.tree, shapes, self.names)
        sizes = [leaf.size for leaf in self.problem.leaves]
        rows = math.prod(leading)
        return Returned(
            [array.reshape(rows, size) for array, size in zip(found.leaves, sizes, strict=False)], found.faults
        )


class GradientClaimant(Claimant):
    """The gradient of a scalar."""

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the gradient at a point."""
        value, tree = self._call(leaves, spread=True), self.problem.tree
        if isinstance(tree, tuple) and len(tree) == 1 and not isinstance(value, list | tuple):
            value = (value,)
        return self._rows(value, ())


class VjpClaimant(Claimant):
    """Products of random cotangents with the Jacobian."""

    def _choose(self, size: int) -> Array:
        return signed_uniform(self.rng, COTANGENTS * size).reshape(COTANGENTS, size)

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the products at a point, one a cotangent."""
        found: list[Returned] = []
        for cotangent in self.weights if self.weights is not None else ():
            found.append(self.product(leaves, cotangent))
            if found[-1].faults:
                return found[-1]
        return Returned([np.concatenate(rows) for rows in zip(*(part.leaves for part in found), strict=True)], [])

    def product(self, leaves: Sequence[Array], cotangent: Array) -> Returned:
        """Return the product with a cotangent (size of f(x),), (1, leaf.size) each."""
        return self._rows(self._call(leaves, cotangent.reshape(self.shape)[()].copy()), ())


class JacobianClaimant(Claimant):
    """The Jacobian."""

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the Jacobian at a point, or combinations of its rows."""
        found = self._rows(self._call(leaves, spread=True), self.shape)
        if self.weights is None or found.faults:
            return found
        return Returned([self.weights.astype(leaf.dtype) @ leaf for leaf in found.leaves], [])


class JvpClaimant(Claimant):
    """Products of the Jacobian with tangents."""

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the product with a tangent that is always the same, (outputs, 1)."""
        rng = np.random.default_rng(0)  # any fixed seed
        return self.product(leaves, [signed_uniform(rng, leaf.size).reshape(leaf.shape) for leaf in leaves])

    def product(self, leaves: Sequence[Array], tangent: Sequence[Array]) -> Returned:
        """Return the product with a tangent, an array a leaf, (outputs, 1)."""
        moving = (part.astype(leaf.dtype)[()] for part, leaf in zip(tangent, leaves, strict=True))
        value = self._call(leaves, unflatten(self.problem.tree, moving))
        found = inspect_returned(value, None, [self.shape], ["the product"])
        if found.faults:
            return found
        product = found.leaves[0]
        outputs = self.outputs(product.astype(np.result_type(product, np.float64)))
        return Returned([outputs.astype(product.dtype)[:, np.newaxis]], [])

    def claim(self, returned: Returned, primal: Primal, stated: Returned) -> Claim:
        """Return the products along scaled directions."""
        del returned
        leaves = primal.problem.leaves
        eps = max(_precision(stated.leaves[0], leaf.dtype) for leaf in self.problem.leaves)

        def jvp(direction: Array) -> tuple[Array, Array]:
            (product,) = self.product(leaves, primal.problem.split(direction * primal.scale)).leaves
            outputs = product[:, 0].astype(np.float64)
            return outputs, granted(eps, outputs, np.abs(outputs).max(initial=0.0))

        return TangentClaim(jvp, primal.size)


def _precision(array: Array, dtype: np.dtype[Any]) -> float:
    """Return the precision that an array may be stated in: that of its dtype, if x has no more, or that of float32.

    What float32 holds all of is taken for float32; float16 beside an x that is more precise is a fault.
    """
    double, single = float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps)
    own = float(np.finfo(array.dtype).eps)
    if own > single:
        return own if own <= float(np.finfo(dtype).eps) else double
    with np.errstate(all="ignore"):
        held, short = ((array.astype(kept) == array).all() for kept in (np.float32, np.float16))
    return max(own, single if array.size and held and not short else double)
