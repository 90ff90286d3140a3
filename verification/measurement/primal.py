"""f at the primal point x and about it, in coordinates in which each entry of x is of size 1."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from numgrad import Estimate, derivative, jacobian
from numgrad._validation import entry, expected
from numgrad.derivatives.problem import Problem, real
from verification._typing import Array, Indices
from verification.measurement.realified import Realified
from verification.pairs import component

__all__ = ["MOST", "REACH", "Counted", "Primal", "Slopes", "beside", "signed_uniform"]

__tracebackhide__ = True  # what f raises is shown by pytest without this module

REACH = 0.15
"""A direction is followed as if its first step moved each entry by 0.07 of its size: f of many entries then is nearly a
polynomial, and 13 evaluations mostly are enough."""

MOST = 61
"""Evaluations of a direction, unless fewer are asked for."""


class Counted:
    """A function that counts how often it was called."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.calls = 0

    def __call__(self, *args: Any) -> Any:
        """Return f(*args)."""
        self.calls += 1
        return self.f(*args)


def signed_uniform(rng: np.random.Generator, size: int) -> Array:
    """Return random numbers between ½ and 3/2 of random sign: no entry is overlooked, and no two cancel exactly.

    An error e of the gradient shows as Σ eᵢ vᵢ, which is at most t with a probability of at most √2 t / |e|: each vᵢ
    has a density of at most ½, and so the sum one of at most 1/(√2 |e|).

    References
    ----------
    K. Ball (1986), Cube slicing in Rⁿ, Proceedings of the AMS 97(3). B. A. Rogozin (1987), The estimate of the maximum
    of the convolution of bounded densities, Theory of Probability and its Applications 32(1).

    """
    return np.asarray(rng.uniform(0.5, 1.5, size) * rng.choice([-1.0, 1.0], size))


def beside(problem: Problem, share: float, rng: np.random.Generator) -> list[Array]:
    """Return the arrays of a point each entry of which is about ``share`` of its size from x, in their precision."""
    parts = problem.split(problem.flat + share * problem.magnitude * signed_uniform(rng, problem.size))
    return [part.astype(leaf.dtype) for part, leaf in zip(parts, problem.leaves, strict=True)]


@dataclass(frozen=True)
class Slopes:
    """Numerical derivatives of outputs by probes, directions or entries: arrays of shape (outputs, probes)."""

    value: Array
    error: Array
    left: Array
    right: Array

    @classmethod
    def of(cls, estimate: Estimate, shape: tuple[int, int], unit: float = 1.0) -> "Slopes":
        """Return the arrays of an estimate whose steps were ``unit`` long."""
        with np.errstate(all="ignore"):
            return cls(*(np.asarray(getattr(estimate, f.name)).reshape(shape) / unit for f in fields(cls)))

    @classmethod
    def unknown(cls, outputs: int) -> "Slopes":
        """Return one probe along which nothing is known."""
        nan = np.full((outputs, 1), np.nan)
        return cls(nan, np.full((outputs, 1), np.inf), nan, nan)

    @classmethod
    def joined(cls, parts: "Sequence[Slopes]") -> "Slopes":
        """Return probes one after another."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts], axis=1) for f in fields(cls)))


@dataclass(frozen=True)
class Primal:
    """f about x.

    All arrays of entries, directions and gradients are flat, and scaled: entry i stands for ``scale[i]`` of it, a power
    of two, so that no step is rounded.
    """

    problem: Realified
    names: tuple[str, ...]
    outputs: Callable[[Array], Array]
    """Maps f(x) to what is differentiated, (outputs,): itself, or its products with cotangents."""
    center: Array
    """f(x), of any shape."""

    @property
    def evaluations(self) -> int:
        """How often f was evaluated."""
        return int(self.problem.f.calls)  # type: ignore[attr-defined] # f is Counted

    @property
    def size(self) -> int:
        """The number of entries of x."""
        return self.problem.size

    @cached_property
    def scale(self) -> Array:
        """The smallest power of two above the size of each entry, or above what is typical where it is 0, (size,)."""
        _, exponent = np.frexp(self.problem.magnitude)
        return np.asarray(np.ldexp(1.0, np.minimum(exponent, np.finfo(np.float64).maxexp - 1)))

    @cached_property
    def z(self) -> Array:
        """The point x in units of ``scale``: entries of ½ to 1 (2 next to the largest floats), or 0, (size,)."""
        return np.asarray(self.problem.flat / self.scale)

    @cached_property
    def at_center(self) -> Array:
        """The outputs at x, (outputs,)."""
        return self.outputs(self.center)

    def at(self, z: Array) -> Array:
        """Return the outputs at a point, (outputs,)."""
        try:
            value = self.problem.call(self._point(z))
        except Exception:  # noqa: BLE001 - it has a value at x: elsewhere any exception says that there is none
            return np.full(self.at_center.shape, np.nan)
        if np.iscomplexobj(value):  # as Python's x ** 0.5 is below 0
            return np.full(self.at_center.shape, np.nan)
        values = real(value)
        if values.shape != self.center.shape:
            got, reason = f"shape {values.shape} at another point", "each output has its own derivative"
            rule, remedy = f"keep its shape {self.center.shape}", "Return arrays of one shape."
            raise expected("f", rule, got, reason, remedy, kind=TypeError)
        return self.outputs(values)

    def _point(self, z: Array) -> list[Array]:
        """Return the arrays at a point, in their own precision."""
        with np.errstate(over="ignore"):
            parts = self.problem.split(z * self.scale)
            return [part.astype(leaf.dtype, copy=False) for part, leaf in zip(parts, self.problem.leaves, strict=True)]

    def placed(self, z: Array) -> Array:
        """Return a point as f gets it, rounded to the precision of x, scaled, (size,)."""
        return np.asarray(self.problem.join(self._point(z)) / self.scale)

    def along(self, direction: Array, *, at: Array | None = None, most: int = MOST, reach: float = REACH) -> Slopes:
        """Return the derivatives of the outputs along a direction (size,), at x or at another point.

        Parameters
        ----------
        direction: scaled; its entries are to be about 1.
        at: the point, scaled; x if it is None.
        most: the largest number of evaluations, f at the point included.
        reach: how far it is followed at first, in units of what the entries are to move by.

        """
        base = self.z if at is None else at
        known = [self.at_center] if at is None else []

        def outputs(t: float) -> Array:
            if t == 0 and known:
                return known[0]
            values = self.at(base + (reach * float(t)) * direction)
            if t == 0:
                known.append(values)
            return values

        try:
            estimate = derivative(outputs, 0.0, max_evaluations=most)
        except ValueError:  # f has no values beside the point
            return Slopes.unknown(self.at_center.size)
        return Slopes.of(estimate, (self.at_center.size, 1), reach)

    def by_entries(self, entries: Indices) -> Slopes:
        """Return the derivatives of the outputs by some entries, each with its own ladder of steps."""

        def outputs(moved: Array) -> Array:
            if np.array_equal(moved, self.z[entries]):
                return self.at_center
            z = self.z.copy()
            z[entries] = moved
            return self.at(z)

        try:
            estimate = jacobian(outputs, self.z[entries])
        except ValueError:  # f has no values beside one of them
            if len(entries) == 1:
                return Slopes.unknown(self.at_center.size)
            return Slopes.joined([self.by_entries(entries[i : i + 1]) for i in range(len(entries))])
        return Slopes.of(estimate, (self.at_center.size, len(entries)))

    def name(self, index: int) -> str:
        """Return what a user calls an entry."""
        leaf = int(self.problem.owner[index])
        within = int(index - self.problem.offset[leaf])
        place = tuple(int(i) for i in np.unravel_index(within, self.problem.leaves[leaf].shape))
        return (component if self.problem.is_complex[leaf] else entry)(self.names[leaf], place)
