"""The functions that claim a derivative, each in its form: gradient, vector-Jacobian product, Jacobian, jvp."""

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import numpy as np

from numgrad._validation import expected
from verification._typing import Array, Shape
from verification.checking.rounding import shaken, stated_precision
from verification.measurement import Claim, MatrixClaim, Primal, Realified, TangentClaim, granted, signed_uniform
from verification.pairs import as_complex, conjugated, paired, paired_map
from verification.purity import Returned, Wanted, fit, inspect_returned

__all__ = [
    "Claimant",
    "GradientClaimant",
    "JacobianClaimant",
    "JvpClaimant",
    "VjpClaimant",
]

__tracebackhide__ = True  # what f or a gradient raises is shown by pytest without this module

COTANGENTS = 3
"""So many random cotangents a vector-Jacobian product is asked for."""

ALL_OUTPUTS = 64
"""Of up to so many outputs each is looked at by itself, of more some random combinations."""

EVENED = 60
"""Those whose derivatives are small are multiplied by up to two to this power before."""

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
    eps: Callable[[], float] = float
    """Returns the precision in which it was last computed, where that is less than that of what it returned."""
    weights: Array | None = field(init=False)
    """What outputs of f are combined with, (outputs, size of f(x)); None where each is looked at."""
    is_even: bool = field(init=False, default=False)
    """Whether outputs count as much whatever their size."""
    changed: set[str] = field(init=False, default_factory=set)
    """The arrays of x that the function has written into."""
    takes_complex_values: ClassVar[bool] = True
    called: ClassVar[str] = ""
    """How the function is called, to be told where it fails."""

    def __post_init__(self) -> None:
        self.weights = self._choose(math.prod(self.shape))

    def _choose(self, size: int) -> Array | None:
        return None if size <= ALL_OUTPUTS else self._random(COMBINATIONS, size)

    def _random(self, count: int, size: int) -> Array:
        """Return random combinations of outputs; of complex values, each is followed by its conjugate."""
        found = signed_uniform(self.rng, count * size).reshape(count, 1, size)
        if self.problem.has_complex_values:
            pairs = found.reshape(count, 1, size // 2, 2)
            found = np.concatenate([pairs, conjugated(pairs)], axis=1)
        return found.reshape(found.shape[0] * found.shape[1], size)

    @property
    def has_conjugates(self) -> bool:
        """Whether outputs come in twos, combined with some numbers and with their conjugates."""
        return self.weights is not None and self.problem.has_complex_values

    @property
    def shows_all_outputs(self) -> bool:
        """Whether each of several outputs is looked at by itself."""
        return self.weights is None and math.prod(self.shape) > 1

    def even(self, sizes: Array) -> None:
        """Have outputs whose derivatives are small count as much as others where they are combined.

        Parameters
        ----------
        sizes: those of the derivatives of each output, (size of f(x),).

        """
        if self.weights is None or self.is_even:
            return
        if self.problem.has_complex_values:
            sizes = np.repeat(sizes.reshape(-1, 2).max(axis=1), 2)
        _, exponent = np.frexp(np.where(np.isfinite(sizes) & (sizes > 0), sizes, sizes.max(initial=1.0)))
        self.weights = self.weights * np.ldexp(1.0, np.minimum(exponent.max() - exponent, EVENED))
        self.is_even = True

    def outputs(self, values: Array) -> Array:
        """Return what is compared of a value of f, (outputs,)."""
        flat = np.ravel(values)
        return flat if self.weights is None else np.asarray(self.weights @ flat).astype(flat.dtype)

    def refuse_values(self) -> None:
        """Refuse an f whose values have no derivative of this form."""

    def shaken(self, eps: float, rng: np.random.Generator) -> "Claimant":
        """Return one of which what else than x goes into derivatives is moved by a few roundings."""
        del eps, rng
        return self

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the derivatives at a point, each (outputs, leaf.size), or what is wrong with them."""
        raise NotImplementedError

    def claim(self, returned: Returned, primal: Primal, stated: Returned) -> Claim:
        """Return what was returned, by scaled entries, in the precision in which it was ``stated`` at x itself."""
        wide = [leaf.astype(np.result_type(leaf, np.float64)) for leaf in returned.leaves]
        with np.errstate(all="ignore"):
            matrix = np.concatenate(wide, axis=1) * primal.scale
        pairs = zip(stated.leaves, self.problem.leaves, strict=True)
        precision = [np.full(leaf.shape[1], stated_precision(leaf, of.dtype)) for leaf, of in pairs]
        eps = np.maximum(np.concatenate(precision), returned.eps)
        return MatrixClaim(matrix, eps, primal.problem.owner)

    def _call(self, leaves: Sequence[Array], *others: Any, spread: bool = False) -> Any:
        """Return what the function makes of copies of a point, and note those that it has written into."""
        copies = [leaf.copy() for leaf in leaves]
        tree = self.problem.arguments(copies)
        with np.errstate(all="ignore"):
            value = self.function(*tree) if spread and isinstance(tree, tuple) else self.function(tree, *others)
        for name, before, after in zip(self.names, leaves, copies, strict=True):
            if before.tobytes() != after.tobytes():
                self.changed.add(name)
        return value

    @property
    def passed_shape(self) -> Shape:
        """That of f(x) as f returns it."""
        return self.shape[:-1] if self.problem.has_complex_values else self.shape

    def _wanted(self, name: str, shape: Shape, is_complex: bool) -> Wanted:  # noqa: FBT001 - of a column of a table
        """Return what a result is to hold for an array of x."""
        return Wanted(name, shape, f"{name} of shape", is_complex)

    def _rows(self, value: Any) -> Returned:
        """Return a result that is structured as x, each array as (outputs, entries)."""
        if isinstance(self.problem.tree, tuple) and len(self.problem.tree) == 1 and not isinstance(value, list | tuple):
            value = (value,)
        wanted = zip(self.names, self.problem.shapes, self.problem.is_complex, strict=True)
        found = inspect_returned(value, self.problem.tree, [self._wanted(*of) for of in wanted])
        arrays = zip(found.leaves, self.problem.shapes, strict=False)
        matrices = [
            array.reshape(math.prod(array.shape[: array.ndim - len(of)]), math.prod(of)) for array, of in arrays
        ]
        return Returned(matrices, found.faults)

    def _gradients(self, value: Any) -> Returned:
        """Return a result that is structured and shaped as x, each array as (1, leaf.size)."""
        found = self._rows(value)
        pairs = zip(found.leaves, self.problem.is_complex, strict=False)
        return Returned([paired(row).reshape(1, -1) if is_pair else row for row, is_pair in pairs], found.faults)


class GradientClaimant(Claimant):
    """The gradient of a scalar."""

    takes_complex_values = False
    called = "It was called as gradient(x), or gradient(*x) where x is a tuple."

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the gradient at a point."""
        return self._gradients(self._call(leaves, spread=True))

    def refuse_values(self) -> None:
        """Refuse an f of several values."""
        if math.prod(self.shape) != 1:
            reason, remedy = "the gradient of a scalar was asked for", "Sum inside f, or call check_vjp."
            raise expected("f", "return one number", f"shape {self.shape}", reason, remedy)


class VjpClaimant(Claimant):
    """Products of random cotangents with the Jacobian."""

    called = "It was called as vjp(x, cotangent); a tuple x is passed as one argument."

    def shaken(self, eps: float, rng: np.random.Generator) -> "VjpClaimant":
        """Return one whose cotangents are moved by a few roundings."""
        other = copy(self)
        other.weights = shaken(self.cotangents, eps, rng)
        return other

    @property
    def cotangents(self) -> Array:
        """What the products are of, (outputs, size of f(x))."""
        return cast("Array", self.weights)  # always chosen

    def _choose(self, size: int) -> Array:
        return self._random(COTANGENTS, size)

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the products at a point, one a cotangent."""
        found: list[Returned] = []
        for cotangent in self.cotangents:
            found.append(self.product(leaves, cotangent))
            if found[-1].faults:
                return found[-1]
        leaves = [np.concatenate(rows) for rows in zip(*(part.leaves for part in found), strict=True)]
        return Returned(leaves, [], self.eps())

    def product(self, leaves: Sequence[Array], cotangent: Array) -> Returned:
        """Return the product with a cotangent (size of f(x),), (1, leaf.size) each."""
        passed = cotangent.reshape(self.shape).copy()
        value = self._call(leaves, (as_complex(passed) if self.problem.has_complex_values else passed)[()])
        if passed.tobytes() != cotangent.tobytes():
            self.changed.add("the cotangent")
        return self._gradients(value)


class JacobianClaimant(Claimant):
    """The Jacobian."""

    called = "It was called as jacobian(x), or jacobian(*x) where x is a tuple."

    def _wanted(self, name: str, shape: Shape, is_complex: bool) -> Wanted:  # noqa: FBT001 - of a column of a table
        """Return what a result is to hold for an array of x: a derivative of each output by each entry."""
        is_complex = is_complex or self.problem.has_complex_values
        own = "J" if len(self.names) == 1 else f"J[{name}]"
        return Wanted(own, (*self.passed_shape, *shape), f"f(x).shape + {name}.shape =", is_complex)

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the Jacobian at a point, or combinations of its rows; the first that is returned evens these."""
        found = self._rows(self._call(leaves, spread=True))
        pairs, outputs = zip(found.leaves, self.problem.is_complex, strict=False), self.problem.has_complex_values
        matrices = [paired_map(matrix, inputs=inputs, outputs=outputs) for matrix, inputs in pairs]
        if matrices:
            self.even(np.max([np.abs(matrix).max(axis=1, initial=0.0) for matrix in matrices], axis=0))
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

    called = "It was called as jvp(x, tangent); of a tuple x both are tuples, each one argument."

    def ask(self, leaves: Sequence[Array]) -> Returned:
        """Return the product with a tangent that is always the same, (outputs, 1)."""
        rng = np.random.default_rng(0)  # any fixed seed
        return self.product(leaves, [signed_uniform(rng, leaf.size).reshape(leaf.shape) for leaf in leaves])

    def product(self, leaves: Sequence[Array], tangent: Sequence[Array]) -> Returned:
        """Return the product with a tangent, an array a leaf, (outputs, 1); the first evens combinations of outputs."""
        moving = [part.astype(leaf.dtype) for part, leaf in zip(tangent, leaves, strict=True)]
        passed = [part.copy() for part in moving]
        value = self._call(leaves, self.problem.arguments(passed))
        if any(before.tobytes() != after.tobytes() for before, after in zip(moving, passed, strict=True)):
            self.changed.add("the tangent")
        is_complex = self.problem.has_complex_values
        wanted = Wanted("the product", self.passed_shape, "f(x) of shape", is_complex)
        found = inspect_returned(value, None, [wanted])
        if found.faults:
            return found
        product = paired(found.leaves[0]) if is_complex else found.leaves[0]
        self.even(np.abs(product.ravel().astype(np.result_type(product, np.float64))))
        outputs = self.outputs(product.astype(np.result_type(product, np.float64)))
        return Returned([outputs.astype(product.dtype)[:, np.newaxis]], [], self.eps())

    def claim(self, returned: Returned, primal: Primal, stated: Returned) -> Claim:
        """Return the products along scaled directions."""
        leaves, rng = primal.problem.leaves, np.random.default_rng(0)  # any fixed seed
        along = primal.problem.split(signed_uniform(rng, primal.size) * primal.scale)
        usual = np.abs(fit(self.product(leaves, along))[0][:, 0].astype(np.float64))
        eps = max(returned.eps, *(stated_precision(stated.leaves[0], leaf.dtype) for leaf in self.problem.leaves))

        def jvp(direction: Array) -> tuple[Array, Array]:
            (product,) = fit(self.product(leaves, primal.problem.split(direction * primal.scale)))
            outputs = product[:, 0].astype(np.float64)
            return outputs, granted(eps, outputs, np.maximum(usual, np.abs(outputs)))

        return TangentClaim(jvp, primal.size, eps)
