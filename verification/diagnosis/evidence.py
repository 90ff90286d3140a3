"""Claimed derivatives beside numerical ones, array by array, as the catalogue of faults is fitted to them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from verification._typing import Array

__all__ = ["Evidence", "Fit", "Part"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """The derivatives by one array of x; all but ``x`` have the shape (outputs, *x.shape), NaN where not measured."""

    name: str
    x: Array
    claimed: Array
    numerical: Array
    bar: Array
    """How far the two may be apart: the numerical error bar, and the rounding of the claimed side."""
    others_agree: bool = False
    """Whether what was not measured is known to agree."""

    @cached_property
    def measured(self) -> Mask:
        """Where both are known."""
        return np.asarray(np.isfinite(self.numerical) & np.isfinite(self.bar) & np.isfinite(self.claimed))

    @cached_property
    def wrong(self) -> Mask:
        """Where they disagree."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.measured & (np.abs(self.claimed - self.numerical) > self.bar))

    @cached_property
    def error(self) -> Array:
        """By how much the claimed ones are too large."""
        return np.asarray(self.claimed - self.numerical)

    @property
    def is_wrong(self) -> bool:
        """Whether any entry is."""
        return bool(self.wrong.any())

    def axes(self) -> range:
        """Return the axes of x, as axes of the arrays of derivatives."""
        return range(1, self.claimed.ndim)

    def spread(self, values: Array) -> Array:
        """Return values of the shape of x for all outputs."""
        return np.broadcast_to(values, self.claimed.shape)


@dataclass(frozen=True)
class Evidence:
    """All that was measured, and what else is known of f."""

    parts: tuple[Part, ...]
    sizes: tuple[int, ...] = ()
    """Sizes that may be the number of samples: first dimensions of arrays that f closes over."""

    @property
    def wrong(self) -> tuple[Part, ...]:
        """The arrays in which anything disagrees."""
        return tuple(part for part in self.parts if part.is_wrong)


@dataclass(frozen=True)
class Fit:
    """How well claimed derivatives are what a fault would make of the numerical ones."""

    explained: int
    """Wrong entries that are as predicted."""
    wrong: int
    """Wrong entries."""
    contradicted: int
    """Entries that are not as predicted."""
    distance: float
    """The median distance from what was predicted, in error bars."""

    @property
    def holds(self) -> bool:
        """Whether the fault explains what it speaks of, and most of what is wrong."""
        return self.contradicted == 0 and self.explained > 0 and 3 * self.explained >= 2 * self.wrong


def fit(part: Part, predicted: Array, bar: Array, where: Mask | None = None) -> Fit:
    """Return how well a prediction fits; NaN where it says nothing, and ``where`` it speaks at all."""
    spoken = part.measured & np.isfinite(predicted) & np.isfinite(bar)
    if where is not None:
        spoken &= where
    with np.errstate(all="ignore"):
        off = np.abs(part.claimed - predicted)
        fits = off <= bar
        distance = np.where(off == 0, 0.0, off / bar)[spoken]
    wrong = part.wrong if where is None else part.wrong & where
    return Fit(
        int((wrong & spoken & fits).sum()),
        int(part.wrong.sum()),
        int((spoken & ~fits).sum()),
        float(np.median(distance)) if spoken.any() else np.inf,
    )
