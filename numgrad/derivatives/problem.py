"""What is to be differentiated and where: f, the arrays of x, their domain and magnitudes."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array, Indices
from numgrad._validation import as_array, as_floats, expected
from numgrad.derivatives.tree import flatten, match, unflatten

__all__ = ["Point", "Problem", "pose", "real", "sizes", "stacked"]

__tracebackhide__ = True  # what f raises is shown by pytest without this module

Point = list[Array]
"""An array for each leaf of x."""

REPEATS = 64
"""Two values of f at one x may differ by so many roundings: sums of several threads end in other digits."""

POINTWISE = 1e-6
"""A vectorized f may be so far from itself at one point, or by half the digits of its precision: rounding moves it
less, a dependence on other points more."""


@dataclass(frozen=True)
class Problem:
    """f at x; it can be sent to another process."""

    f: Callable[..., Any]
    tree: Any
    """The structure of x, whatever its leaves."""
    leaves: Point
    places: tuple[str, ...]
    """The name of each leaf in refusals."""
    low: Array
    high: Array
    """The domain, for each entry of x."""
    vectorized: bool

    @cached_property
    def is_bounded(self) -> bool:
        """Whether the domain ends anywhere."""
        return bool(np.isfinite(self.low).any() or np.isfinite(self.high).any())

    @property
    def size(self) -> int:
        """The number of entries of x."""
        return sum(leaf.size for leaf in self.leaves)

    @cached_property
    def flat(self) -> Array:
        """All entries of x, (size,), in the widest precision."""
        return self.join(self.leaves)

    @cached_property
    def spacing(self) -> Array:
        """The spacing of floats beside each entry, in the precision of its leaf, (size,)."""
        return self.join([np.spacing(np.abs(leaf)) for leaf in self.leaves])

    @cached_property
    def magnitude(self) -> Array:
        """The size of each entry, (size,), see :func:`sizes`."""
        return self.join([sizes(leaf) for leaf in self.leaves])

    @cached_property
    def owner(self) -> Indices:
        """The number of the leaf that each entry belongs to, (size,)."""
        return np.repeat(np.arange(len(self.leaves)), [leaf.size for leaf in self.leaves])

    @cached_property
    def offset(self) -> Indices:
        """The number of the first entry of each leaf, (leaves,)."""
        return np.concatenate([[0], np.cumsum([leaf.size for leaf in self.leaves])[:-1]]).astype(np.intp)

    def eps(self, values: NDArray[Any]) -> float:
        """Return the coarser relative spacing of x and of values of f."""
        return max(float(np.finfo(array.dtype).eps) for array in (values, *self.leaves))

    def join(self, arrays: Iterable[Array]) -> Array:
        """Return the entries of one array a leaf, (size,)."""
        wide = np.result_type(np.float64, *self.leaves)
        return np.concatenate([np.ravel(array).astype(wide) for array in arrays])

    @cached_property
    def _ranges(self) -> list[slice]:
        """The entries of each leaf among all."""
        return [slice(start, start + leaf.size) for start, leaf in zip(self.offset.tolist(), self.leaves, strict=True)]

    def split(self, entries: Array) -> list[Array]:
        """Return entries (..., size) leaf by leaf, (..., leaf.shape)."""
        leading = entries.shape[:-1]
        return [
            entries[..., own].reshape(leading + leaf.shape) for own, leaf in zip(self._ranges, self.leaves, strict=True)
        ]

    def stack(self, rows: Array) -> Point:
        """Return points whose entries are rows (P, size), leaf by leaf along a new first axis."""
        return [
            np.ascontiguousarray(part, leaf.dtype) for part, leaf in zip(self.split(rows), self.leaves, strict=True)
        ]

    def structured(self, entries: Array) -> Any:
        """Return entries (..., size) as x is structured."""
        return unflatten(self.tree, (part[()] for part in self.split(entries)))

    def call(self, point: Point) -> Any:
        """Return whatever f returns at a point; what was a number in x is a number again."""
        leaves = (leaf[()] if leaf.ndim == 0 else leaf for leaf in point)
        if isinstance(self.tree, tuple):
            return self.f(*unflatten(self.tree, leaves))
        return self.f(unflatten(self.tree, leaves))

    def value(self) -> NDArray[Any]:
        """Return f(x), an array of real floats, of a copy of x that must come back as it went in."""
        point = [leaf.copy() for leaf in self.leaves]
        with np.errstate(all="ignore"):  # what is not finite is refused later
            value = self.call([leaf[np.newaxis] for leaf in point] if self.vectorized else point)
        self.require_unchanged(point)
        return stacked(value, 1)[0] if self.vectorized else real(value)

    def require_pointwise(self, center: NDArray[Any]) -> int:
        """Refuse a vectorized f if f(x) is another before or behind another point; return the evaluations."""
        rows = np.repeat(self.flat[np.newaxis], 3, axis=0)
        # Another point: farther than rounding reaches, be x 0 or huge.
        rows[1] = np.minimum(np.maximum(self.flat + (np.abs(self.flat) + 1) / 8, self.low), self.high)
        with np.errstate(all="ignore"):
            try:
                value, calls = self.call(self.stack(rows)), 1
            except (ValueError, ArithmeticError):  # the other point is outside of the domain of f
                rows[1] = self.flat
                value, calls = self.call(self.stack(rows)), 2
        first, other, last = stacked(value, 3)
        for beside in (first, last):
            if not (np.array_equal(beside, center) or self._agree(beside, center, other)):
                got = f"{beside} at x beside another point, {center} at x alone"
                reason, remedy = "points must not depend on one another", "Let f reduce along later axes only."
                raise expected("f", "compute each point of a stack by itself", got, reason, remedy)
        return 3 * calls

    def _agree(self, beside: NDArray[Any], center: NDArray[Any], other: NDArray[Any]) -> bool:
        """Return whether two values at x are the same but for rounding, of what values there and elsewhere are made."""
        largest = max(np.abs(values).max(initial=0, where=np.isfinite(values)) for values in (center, other))
        near = max(POINTWISE, np.sqrt(self.eps(center))) * largest
        return beside.shape == center.shape and bool((np.abs(beside - center) <= near).all())

    def warn_if_unused(self, center: NDArray[Any]) -> None:
        """Warn if f has its value at x whatever it is given: then it reads x, if at all, from elsewhere."""
        nothing = object()  # whatever f does with it raises an exception
        try:
            value = self.f(*(nothing for _ in self.tree)) if isinstance(self.tree, tuple) else self.f(nothing)
            is_unused = np.array_equal(real(value), center)
        except Exception:  # noqa: BLE001 - any says that f looks at its argument
            return
        if is_unused:
            message = (
                "f does not use its argument, so that its derivative is 0: x itself is never moved, and a function "
                "that reads it from elsewhere does not see the steps. Let f compute with what it is given."
            )
            warnings.warn(message, UserWarning, stacklevel=4)

    def require_unchanged(self, point: Point) -> None:
        """Refuse f if a point it was given is no longer x, bit for bit."""
        for place, before, after in zip(self.places, self.leaves, point, strict=True):
            if before.tobytes() != after.tobytes():
                reason, remedy = "further values would belong to another point", "Let f work on a copy of its argument."
                raise expected("f", "leave its argument as it is", f"{place} changed by f", reason, remedy)

    def require_repeatable(self, center: NDArray[Any]) -> None:
        """Refuse f if it no longer has its value at x."""
        again = self.value()
        with np.errstate(all="ignore"):
            near = REPEATS * np.finfo(again.dtype).eps * np.abs(center)
            same = again.shape == center.shape and bool((np.abs(again - center) <= near).all())
        if not same:
            got, reason = "another value at the same x", "f is random or keeps a state, and has no derivative"
            remedy = "Fix the seed inside f, or switch dropout off."
            raise expected("f", "return the same value twice", got, reason, remedy)


def sizes(leaf: Array) -> Array:
    """Return the size of each entry of a leaf; where it is 0, what is typical of the others; where all are 0, 1.

    What is so small that floats beside it are no longer spaced in proportion counts as 0.
    """
    size = np.abs(leaf).astype(np.result_type(leaf, np.float64))
    none = size < np.finfo(leaf.dtype).tiny / np.finfo(leaf.dtype).eps
    return np.where(none, 1.0 if none.all() else np.median(size[~none]), size) if none.any() else size


def pose(f: Callable[..., Any], x: Any, *, domain: Any, vectorized: bool) -> Problem:
    """Return the problem of differentiating ``f`` at ``x``, which is copied."""
    named = flatten("x", x)
    leaves = [leaf for _, leaf in named]
    places = tuple(place for place, _ in named)
    low, high = _bounds(x, leaves, domain)
    problem = Problem(f, x, leaves, places, low, high, vectorized)
    if problem.is_bounded and (outside := (problem.flat < low) | (problem.flat > high)).any():
        i = int(np.argmax(outside))
        got = f"an entry {problem.flat[i]:g} outside [{low[i]:g}, {high[i]:g}]"
        raise expected("x", "lie in the domain", got, "f has no value there", "Move x, or pass a wider domain.")
    return problem


def real(value: Any) -> NDArray[Any]:
    """Return a copy of what f has returned as an array of real floats."""
    array = as_array("f(x)", value)
    if array.dtype.kind not in "biuf":
        got = f"{type(value).__name__} of dtype {array.dtype}"
        reason, remedy = "only real numbers have a derivative here", "Return a float or an array of floats."
        if array.dtype.kind == "c":
            remedy = "Return the real or the imaginary part."
        if value is None:
            reason, remedy = "nothing was returned", "Let f return its value."
        raise expected("f", "return real numbers", got, reason, remedy, kind=TypeError)
    return np.array(array, dtype=array.dtype if array.dtype.kind == "f" else np.float64)


def stacked(value: Any, count: int) -> NDArray[Any]:
    """Return a copy of what a vectorized f has returned of so many points, (count, ...)."""
    array = real(value)
    if array.shape[:1] != (count,):
        got = f"shape {array.shape} of {count} point{'s' if count > 1 else ''}"
        reason = "vectorized=True passes points stacked along a first axis"
        remedy = "Return a row a point, or pass vectorized=False."
        raise expected("f", "return one value a point along the first axis", got, reason, remedy)
    return array


def _bounds(tree: Any, leaves: Point, domain: Any) -> tuple[Array, Array]:
    """Return the lowest and the highest value of each entry."""
    size = sum(leaf.size for leaf in leaves)
    if domain is None:
        return np.full(size, -np.inf), np.full(size, np.inf)
    try:
        low, high = domain
    except (TypeError, ValueError) as error:
        reason, remedy = "it bounds the steps on both sides", "Pass for example domain=(0, np.inf)."
        raise expected("domain", "be a pair (low, high)", repr(domain), reason, remedy) from error
    low, high = (-np.inf if low is None else low), (np.inf if high is None else high)
    bounds = [_bound(f"domain's {name}", side, tree, leaves) for name, side in (("low", low), ("high", high))]
    if np.isnan(bounds).any() or (bounds[0] >= bounds[1]).any():
        reason, remedy = "there is no room for a step between them", "Pass for example domain=(0, np.inf)."
        raise expected("domain", "have low < high", repr(domain), reason, remedy)
    return bounds[0], bounds[1]


def _bound(name: str, side: Any, tree: Any, leaves: Point) -> Array:
    """Return one side of the domain for each entry: from one number, or from the structure of x."""
    parts = [side] * len(leaves) if np.isscalar(side) else match(name, side, tree)
    bounds = []
    for part, leaf in zip(parts, leaves, strict=True):
        numbers = as_floats(name, part).astype(np.float64)
        if numbers.shape not in ((), leaf.shape):
            rule, got = f"be one number or have the shape of x, {leaf.shape},", f"shape {numbers.shape}"
            raise expected(name, rule, got, "each entry of x has its own", "Pass numbers or such arrays.")
        bounds.append(np.broadcast_to(numbers, leaf.shape).ravel())
    return np.concatenate(bounds)
