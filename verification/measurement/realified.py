"""A function of complex arrays as one of real arrays, to be differentiated as any other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from numgrad._validation import as_array
from numgrad.derivatives.problem import Point, Problem, pose, sizes
from numgrad.derivatives.tree import leaves_of, unflatten
from verification._typing import Array, Shape
from verification.pairs import as_complex, paired

__all__ = ["Realified", "realify"]

__tracebackhide__ = True  # what f raises is shown by pytest without this module


@dataclass(frozen=True)
class Realified(Problem):
    """f at x with pairs of real numbers for what is complex of its arrays, and of its values.

    A gradient is then ∂f/∂Re x + i ∂f/∂Im x, along which f ascends most steeply, and a product with the Jacobian or its
    transpose is one of real numbers: the conventions of PyTorch and TensorFlow.
    """

    is_complex: tuple[bool, ...] = ()
    """Whether an array of x is, array by array."""
    has_complex_values: bool = False

    @cached_property
    def magnitude(self) -> Array:
        """The size of each entry, (size,); of both parts of a complex one that of their number."""
        pairs = zip(self.passed(self.leaves), self.is_complex, strict=True)
        return self.join([np.repeat(sizes(np.abs(leaf)), 1 + is_complex) for leaf, is_complex in pairs])

    @property
    def shapes(self) -> list[Shape]:
        """The shapes of the arrays as they are passed to f."""
        pairs = zip(self.leaves, self.is_complex, strict=True)
        return [leaf.shape[:-1] if is_complex else leaf.shape for leaf, is_complex in pairs]

    def passed(self, point: Sequence[Array]) -> list[Array]:
        """Return the arrays of a point as they are passed to f, in the same memory."""
        pairs = zip(point, self.is_complex, strict=True)
        return [as_complex(leaf) if is_complex else leaf for leaf, is_complex in pairs]

    def arguments(self, point: Sequence[Array]) -> Any:
        """Return a point as it is passed to f: structured as x, with numbers where it holds numbers."""
        return unflatten(self.tree, (leaf[()] if leaf.ndim == 0 else leaf for leaf in self.passed(point)))

    def call(self, point: Point) -> Any:
        """Return whatever f returns at a point, paired if f has complex values."""
        value = super().call(self.passed(point))
        return paired(value) if self.has_complex_values else value


def realify(f: Callable[..., Any], x: Any) -> Realified:
    """Return f at a copy of x, whose complex arrays are pairs of real ones."""
    leaves = leaves_of(x)
    is_complex = tuple(as_array("x", leaf).dtype.kind == "c" for leaf in leaves)
    real = unflatten(x, (paired(leaf) if is_pair else leaf for leaf, is_pair in zip(leaves, is_complex, strict=True)))
    problem = pose(f, real, domain=None, vectorized=False)
    return Realified(**{field.name: getattr(problem, field.name) for field in fields(problem)}, is_complex=is_complex)
