"""The straight lines through x that f is differentiated along, and its values on them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array, Indices
from numgrad._validation import expected
from numgrad.derivatives.ladder import BOTH, FINEST, RATIO, SHORTEST, UNIT
from numgrad.derivatives.problem import Point, Problem, real, stacked

__all__ = ["Lines", "Pairs"]

CHUNK = 1 << 14
"""So many numbers of x are handed to a vectorized f at a time: 128 kilobytes stay in the cache."""

SPACINGS = 8
"""The shortest step in spacings of the floats beside x, which it is rounded to."""


@dataclass(frozen=True)
class Pairs:
    """Values of f on both sides of x, NaN where there is none, in float64 at least."""

    above: Array
    """(pairs, outputs)."""
    below: Array


@dataclass
class Lines:
    """Lines along one entry of x each, or one along a direction; f has M outputs."""

    problem: Problem
    center: NDArray[Any]
    """f(x), of any shape."""
    entries: Indices
    """The entry that each line moves; along a direction there is one line, and this counts it."""
    direction: Array | None = None
    """(size,), or None for lines along entries."""
    sides: tuple[int, ...] = BOTH
    """Where f is evaluated: beyond x, before it, or both."""
    evaluations: int = 0
    varied: bool = False
    """Whether f was seen to have another value than f(x)."""
    raised: Exception | None = None
    """What f raised last, outside of its domain as it seems."""

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.entries) if self.direction is None else 1

    @cached_property
    def base(self) -> Point:
        """Copies of the leaves of x, which f sees where they are not moved."""
        return [leaf.copy() for leaf in self.problem.leaves]

    @cached_property
    def unit(self) -> Array:
        """The step of rung 0 on each line, (lines,)."""
        magnitude = self.problem.magnitude
        if self.direction is None:
            return UNIT * magnitude[self.entries]
        return np.array([UNIT * _relative_norm(np.where(self.direction == 0, 0, magnitude), self.direction)])

    @cached_property
    def blur(self) -> Array:
        """Half the spacing of the floats beside x on each line, (lines,)."""
        spacing = self.problem.spacing
        if self.direction is None:
            return spacing[self.entries] / 2
        return np.array([_relative_norm(np.where(self.direction == 0, 0, spacing), self.direction) / 2])

    @cached_property
    def finest(self) -> Indices:
        """The last rung of each line whose step floats can take, (lines,)."""
        shortest = np.maximum(2 * SPACINGS * self.blur, self.unit * 1e-300)  # of x = 0 there is no spacing to speak of
        rungs = np.floor(np.log(self.unit / shortest) / np.log(RATIO)).astype(np.intp)
        return np.asarray(np.minimum(np.maximum(rungs, SHORTEST - 1), FINEST))

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The precision that differences are taken in."""
        return np.result_type(np.float64, self.center.dtype, self.problem.flat.dtype)

    @cached_property
    def _center(self) -> Array:
        return self.center.astype(self.dtype).ravel()

    @cached_property
    def eps(self) -> float:
        """The coarser relative spacing of x and of f(x)."""
        return self.problem.eps(self.center)

    def pairs(self, which: Indices, steps: Array, sides: tuple[int, ...]) -> Pairs:
        """Return f at x ± steps on some lines; of both sides, as if the steps were not rounded.

        Where a step has become one of length t instead of h, f is taken to change in proportion between the two.
        """
        if len(sides) == 1:
            found, _ = self._values(which, sides[0] * steps)
            nothing = np.full_like(found, np.nan)
            return Pairs(found, nothing) if sides[0] > 0 else Pairs(nothing, found)
        found, taken = self._values(np.concatenate([which, which]), np.concatenate([steps, -steps]))
        found -= (found - self._center) * ((taken - np.concatenate([steps, steps])) / taken)[:, np.newaxis]
        return Pairs(*found.reshape(2, len(steps), self.center.size))

    def _values(self, which: Indices, steps: Array) -> tuple[Array, Array]:
        """Return f after signed steps, (steps, outputs), and the lengths of the steps as they were rounded."""
        moved, taken = self._move(which, steps)
        inside = self._is_inside(which, moved)
        if len(steps) and inside.all():
            return self._at(which, moved), taken
        values = np.full((len(steps), self.center.size), np.nan, self.dtype)
        if inside.any():
            values[inside] = self._at(which[inside], moved[inside])
        return values, taken

    def _at(self, which: Indices, moved: Array) -> Array:
        """Return f at points of the domain, (points, outputs)."""
        self.evaluations += len(moved)
        if self.problem.vectorized:
            size = max(1, CHUNK // self.problem.size)
            chunks = [slice(start, start + size) for start in range(0, len(moved), size)]
            found = np.concatenate([self._stacked_values(which[some], moved[some]) for some in chunks])
        else:
            found = np.empty((len(moved), self.center.size), self.dtype)
            for k in range(len(moved)):
                found[k] = self._value(self._point(which[k], moved[k]))
        self.varied = self.varied or bool((found != self._center).any())
        return found

    def _move(self, which: Indices, steps: Array) -> tuple[Array, Array]:
        """Return the entries moved, (steps,) or for a direction (steps, size), and the lengths really taken."""
        flat = self.problem.flat
        if self.direction is not None:
            moved = self._rounded(flat + steps[:, np.newaxis] * self.direction, self.problem.owner)
            return moved, np.abs(steps)
        entries = self.entries[which]
        start = flat[entries]
        moved = self._rounded(start + steps, self.problem.owner[entries])
        return moved, np.abs(moved - start)

    def _rounded(self, moved: Array, owner: Indices) -> Array:
        """Return entries as they are in the precision of the leaf that owns them."""
        for number, leaf in enumerate(self.problem.leaves):
            if leaf.dtype != moved.dtype:
                of_leaf = owner == number
                moved[..., of_leaf] = moved[..., of_leaf].astype(leaf.dtype)
        return moved

    def _is_inside(self, which: Indices, moved: Array) -> NDArray[np.bool_]:
        """Return which points lie in the domain."""
        inside = np.isfinite(moved)
        if self.problem.is_bounded:
            entries = slice(None) if self.direction is not None else self.entries[which]
            inside &= (self.problem.low[entries] <= moved) & (moved <= self.problem.high[entries])
        return np.asarray(inside if self.direction is None else inside.all(axis=1))

    def _point(self, line: int, moved: Array) -> Point:
        """Return x with one entry moved, or all of them."""
        problem = self.problem
        point = list(self.base)
        if self.direction is None:
            leaf, index = self._home[line]
            point[leaf] = point[leaf].copy()
            point[leaf].reshape(-1)[index] = moved
            return point
        return [part.astype(leaf.dtype) for part, leaf in zip(problem.split(moved), point, strict=True)]

    @cached_property
    def _home(self) -> list[tuple[int, int]]:
        """The leaf of each line's entry, and its number there."""
        owner = self.problem.owner[self.entries]
        return list(zip(owner.tolist(), (self.entries - self.problem.offset[owner]).tolist(), strict=True))

    def _value(self, point: Point) -> Any:
        """Return f at a point, (outputs,); NaN where f raises what functions raise outside of their domain."""
        try:
            value = self.problem.call(point)
        except (ValueError, ArithmeticError) as error:
            self.raised = error
            return np.nan
        if type(value) is float and self.center.ndim == 0:
            return value
        if isinstance(value, complex | np.complexfloating):  # as Python's x ** 0.5 is below 0
            return np.nan
        return self._flat(real(value)[np.newaxis])[0]

    def _flat(self, values: NDArray[Any]) -> Array:
        """Return values of points, (points, outputs), which must have the shape of f(x)."""
        if values.shape[1:] != self.center.shape:
            got, reason = f"shape {values.shape[1:]} at another point", "each output has its own derivative"
            raise expected("f", f"keep its shape {self.center.shape}", got, reason, "Return arrays of one shape.")
        return values.reshape(len(values), self.center.size)

    def _stacked_values(self, which: Indices, moved: Array) -> Array:
        """Return a vectorized f at points, (points, outputs); where it raises, of each by itself, or NaN."""
        stack = self._stack(which, moved)
        try:
            found = self.problem.call(stack)
        except (ValueError, ArithmeticError) as error:
            self.raised = error
            if len(moved) == 1:
                return np.full((1, self.center.size), np.nan, self.dtype)
            self.evaluations += len(moved)
            alone = [slice(k, k + 1) for k in range(len(moved))]
            return np.concatenate([self._stacked_values(which[own], moved[own]) for own in alone])
        return self._flat(stacked(found, len(moved)))

    def _stack(self, which: Indices, moved: Array) -> Point:
        """Return points along a new first axis of each leaf."""
        if self.direction is not None:
            return self.problem.stack(moved.copy())
        rows = np.repeat(self.problem.flat[np.newaxis], len(moved), axis=0)
        rows[np.arange(len(moved)), self.entries[which]] = moved
        return self.problem.stack(rows)


def _relative_norm(values: Array, direction: Array) -> float:
    """Return the Euclidean length of one array in terms of that of another, neither of which overflows."""
    largest, scale = float(np.abs(values).max(initial=0)), float(np.abs(direction).max())
    if largest == 0:
        return 0.0
    ratio = float(np.sqrt(np.sum(np.square(values / largest)) / np.sum(np.square(direction / scale))))
    return largest / scale * ratio
