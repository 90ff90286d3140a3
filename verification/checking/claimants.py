"""The functions that claim a derivative, each in its form: gradient, vector-Jacobian product, Jacobian, jvp."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from numgrad._validation import expected
from verification._typing import Array, Shape
from verification.measurement import Claim, MatrixClaim, Primal, Realified, TangentClaim, granted, signed_uniform
from verification.pairs import conjugated, joined, paired, paired_map
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
    problem: Realified
    """f at x in its own precision."""
    names: Sequence[str]
    shape: Shape
    """That of f(x), with a last axis of pairs where f has complex values."""
    rng: np.random.Generator
    weights: Array | None = field(init=False)
    """What outputs of f are combined with, (outputs, size of f(x)); None where each is looked at."""
    changed: set[str] = field(init=False, default_factory=set)
    """The arrays of x that the function has written into."""
    takes_complex_values: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self.weights = self._choose(math.prod(self.shape))

    def _choose(self, size: int) -> Array | None:
        if size <= ALL_OUTPUTS:
            return None
        return signed_uniform(self.rng, COMBINATIONS * size).reshape(COMBINATIONS, size)

    @property
    def has_conjugates(self) -> bool:
        """Whether outputs come in twos, of a cotangent and its conjugate."""
        return False

    @property
    def shows_all_outputs(self) -> bool:
        """Whether each of several outputs is looked at by itself."""
        return self.weights is None and math.prod(self.shape) > 1

    def outputs(self, values: Array) -> Array:
        """Return what is compared of a value of f, (outputs,)."""
        flat = np.ravel(values)
        return flat if self.weights is None else np.asarray(self.weights @ flat).astype(flat.dtype)

    def refuse_values(self) -> None:
        """Refuse an f whose values have no derivative of this form."""

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
        tree = self.problem.arguments(copies)
        with np.errstate(all="ignore"):
            value = self.function(*tree) if spread and isinstance(tree, tuple) else self.function(tree, *others)
        for name, leaf, copy in zip(self.names, leaves, copies, strict=True):
            if leaf.tobytes() != copy.tobytes():
                self.changed.add(name)
        return value

    @property
    def passed_shape(self) -> Shape:
        """That of f(x) as f returns it."""
        return self.shape[:-1] if self.problem.has_complex_values else self.shape

    def _rows(self, value: Any, leading: Shape = (), *, has_complex_values: bool = False) -> Returned:
        """Return a result whose arrays have the shape ``leading`` + that of x's, each as (outputs, entries)."""
        shapes = [(*leading, *shape) for shape in self.problem.shapes]
        are_complex = [is_complex or has_complex_values for is_complex in self.problem.is_complex]
        found = inspect_returned(value, self.problem.tree, shapes, self.names, are_complex)
        rows, sizes = math.prod(leading), [math.prod(shape) for shape in self.problem.shapes]
        matrices = [array.reshape(rows, size) for array, size in zip(found.leaves, sizes, strict=False)]
        return Returned(matrices, found.faults)

    def _gradients(self, value: Any) -> Returned:
        """Return a result that is structured and shaped as x, each array as (1, leaf.size)."""
        found = self._rows(value)
        pairs = zip(found.leaves, self.problem.is_complex, strict=False)
        return Returned([paired(row).reshape(1, -1) if is_pair else row for row, is_pair in pairs], found.faults)


class GradientClaimant(Claimant):
    """The gradient of a scalar."""

    takes_complex_values = False

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the gradient at a point."""
        value, tree = self._call(leaves, spread=True), self.problem.tree
        if isinstance(tree, tuple) and len(tree) == 1 and not isinstance(value, list | tuple):
            value = (value,)
        return self._gradients(value)

    def refuse_values(self) -> None:
        """Refuse an f of several values."""
        if math.prod(self.shape) != 1:
            reason, remedy = "the gradient of a scalar was asked for", "Sum inside f, or call check_vjp."
            raise expected("f", "return one number", f"shape {self.shape}", reason, remedy)


class VjpClaimant(Claimant):
    """Products of random cotangents with the Jacobian."""

    @property
    def has_conjugates(self) -> bool:
        """Whether f has complex values."""
        return self.problem.has_complex_values

    def _choose(self, size: int) -> Array:
        """Return random cotangents; of complex values, each is followed by its conjugate."""
        cotangents = signed_uniform(self.rng, COTANGENTS * size).reshape(COTANGENTS, 1, size)
        if self.has_conjugates:
            pairs = cotangents.reshape(COTANGENTS, 1, -1, 2)
            cotangents = np.concatenate([pairs, conjugated(pairs)], axis=1)
        return cotangents.reshape(-1, size)

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
        passed = cotangent.reshape(self.shape).copy()
        passed = joined(passed) if self.problem.has_complex_values else passed
        return self._gradients(self._call(leaves, passed[()]))


class JacobianClaimant(Claimant):
    """The Jacobian."""

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the Jacobian at a point, or combinations of its rows."""
        has_complex_values = self.problem.has_complex_values
        found = self._rows(self._call(leaves, spread=True), self.passed_shape, has_complex_values=has_complex_values)
        pairs = zip(found.leaves, self.problem.is_complex, strict=False)
        matrices = [paired_map(matrix, inputs=inputs, outputs=has_complex_values) for matrix, inputs in pairs]
        if self.weights is not None:
            matrices = [self.weights.astype(matrix.dtype) @ matrix for matrix in matrices]
        return Returned(matrices, found.faults)

    def refuse_values(self) -> None:
        """Refuse an f of complex numbers whose values are real: no matrix of complex numbers is its Jacobian."""
        if any(self.problem.is_complex) and not self.problem.has_complex_values:
            reason, remedy = "its Jacobian is no matrix of complex numbers", "Call check_gradient or check_vjp."
            raise expected("f", "have complex values where x is complex", "real ones", reason, remedy, kind=TypeError)


class JvpClaimant(Claimant):
    """Products of the Jacobian with tangents."""

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the product with a tangent that is always the same, (outputs, 1)."""
        rng = np.random.default_rng(0)  # any fixed seed
        return self.product(leaves, [signed_uniform(rng, leaf.size).reshape(leaf.shape) for leaf in leaves])

    def product(self, leaves: Sequence[Array], tangent: Sequence[Array]) -> Returned:
        """Return the product with a tangent, an array a leaf, (outputs, 1)."""
        moving = [part.astype(leaf.dtype) for part, leaf in zip(tangent, leaves, strict=True)]
        value = self._call(leaves, self.problem.arguments(moving))
        is_complex = self.problem.has_complex_values
        found = inspect_returned(value, None, [self.passed_shape], ["the product"], [is_complex])
        if found.faults:
            return found
        product = paired(found.leaves[0]) if is_complex else found.leaves[0]
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
