"""What a search along a line returns, and what ends it."""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array
from numgrad.derivatives.ladder import RATIO

__all__ = ["Budget", "Limits", "Outcome", "contradiction", "diverges"]

GROWTH = 0.05
"""Slopes that grow toward x faster than this power of 1 / step have no limit."""

ALIKE = 0.15
"""So near must the powers be on two stretches of rungs."""

STEADY = 0.7
"""Nor have slopes a limit that grow by about as much again on every rung, as logarithms do."""

SPREAD = 6
"""So many rungs lie at least between the slopes that are looked at."""


class Limits(NamedTuple):
    """What ends a search: a relative error that is enough, and the evaluations of a line."""

    accuracy: float
    max_evaluations: int


@dataclass
class Budget:
    """The evaluations that a line has left."""

    left: int

    def pay(self, evaluations: int) -> bool:
        """Return whether so many can be afforded, and count them as spent if so."""
        if self.left < evaluations:
            return False
        self.left -= evaluations
        return True

    def afford(self, rungs: tuple[int, ...], sides: int) -> tuple[int, ...]:
        """Return the first of some rungs that can be evaluated on so many sides, and count them as spent."""
        afforded = rungs[: max(self.left // max(sides, 1), 0)]
        self.left -= sides * len(afforded)
        return afforded


@dataclass(frozen=True)
class Outcome:
    """Derivatives of outputs of f, of any shape: filled in as they are found."""

    value: Array
    error: Array
    noise: Array
    step: Array
    left: Array
    right: Array

    @classmethod
    def unknown(cls, shape: tuple[int, ...]) -> "Outcome":
        """Return derivatives of which nothing is known yet."""
        return cls(*np.full((len(fields(cls)), *shape), np.nan))

    def enter(self, where: Any, value: Any, error: Any, noise: Any, step: Any, sides: tuple[Any, ...] = ()) -> None:
        """Fill in derivatives; ``sides`` are those from below and from above, which else are the same."""
        for array, found in zip(
            (self.value, self.error, self.noise, self.step, self.left, self.right),
            (value, error, noise, step, *(sides or (value, value))),
            strict=True,
        ):
            array[where] = found


def contradiction(slopes: Array, steps: Array, value: float, power: int, doubt: Array) -> float:
    """Return by how much slopes are other than a fit says, beyond doubt, and may still drift; 0 if by none.

    Parameters
    ----------
    slopes: at the shortest step of the fit, and at shorter ones.
    steps: theirs.
    value: the derivative that the fit gives.
    power: of the step, that slopes approach the derivative with.
    doubt: how far noise may move each.

    """
    bent = (slopes[0] - value) * (steps / steps[0]) ** power
    off = np.abs(slopes - value - bent)
    drift = abs(off[-1] - off[-2]) if len(off) > 1 and off[-1] > doubt[-1] else 0.0
    return float(np.where(off > doubt, off + doubt + drift, 0)[1:].max(initial=0.0))


def diverges(slopes: Array, rungs: tuple[int, ...], clear: NDArray[np.bool_]) -> bool:
    """Return whether slopes, as far as they are clear of noise, grow toward x without an end in sight."""
    apart: list[int] = []
    for i in np.flatnonzero(clear)[::-1]:
        if not apart or rungs[apart[-1]] - rungs[i] >= SPREAD:
            apart.append(int(i))
    if len(apart) < 3:
        return False
    finest, second, third = np.abs(slopes[apart[:3]])
    if not finest > second > third > 0:
        return False
    first, last = rungs[apart[0]] - rungs[apart[1]], rungs[apart[1]] - rungs[apart[2]]
    powers = np.log([finest / second, second / third]) / np.log(RATIO) / [first, last]
    if powers.min() > GROWTH and abs(powers[0] - powers[1]) < ALIKE:
        return True
    return bool(STEADY < (finest - second) / first / ((second - third) / last) < 1 / STEADY)
