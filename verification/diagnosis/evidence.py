"""Claimed derivatives beside numerical ones, array by array, as the catalogue of faults is fitted to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from numgrad._validation import entry
from verification._typing import Array, Mask, Shape
from verification.pairs import as_complex, component, paired

__all__ = ["Evidence", "Fit", "Part", "fit"]

MAJORITY = 2 / 3
"""A fault explains an array if it explains this share of what is wrong; of the rest it must say nothing."""


@dataclass(frozen=True)
class Part:
    """The derivatives by one array of x, of one or several outputs; NaN where not measured."""

    name: str
    x: Array
    """The entries by which these are derivatives: of the shape of ``claimed`` without its first axis."""
    claimed: Array
    """(outputs, ...)."""
    numerical: Array
    bar: Array
    """How far the two may be apart: the numerical error bar, and the rounding of the claimed side."""
    others_agree: bool = False
    """Whether what was not measured is known to agree."""
    doubt: Array | None = None
    """How far the two may be apart if the claimed side was rounded and no more; the same as ``bar`` if it is None."""
    own_error: Array | None = None
    """How far off the numerical ones may be, by themselves; ``bar`` if it is None."""
    is_complex: bool = False
    """Whether the last axis is that of pairs, the real and the imaginary parts."""

    @property
    def numerical_error(self) -> Array:
        """How far off the numerical derivatives may be."""
        return self.bar if self.own_error is None else self.own_error

    @property
    def slack(self) -> Array:
        """How far claimed derivatives may be from what a fault makes of the numerical ones."""
        return self.bar if self.doubt is None else self.doubt

    @cached_property
    def measured(self) -> Mask:
        """Where both are known."""
        return np.asarray(np.isfinite(self.numerical) & np.isfinite(self.bar) & np.isfinite(self.claimed))

    @cached_property
    def wrong(self) -> Mask:
        """Where they disagree."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.measured & (np.abs(self.error) > self.bar))

    @cached_property
    def shown_right(self) -> Mask:
        """Where they agree, and the derivative is not so small that it would whatever it was multiplied by."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.measured & ~self.wrong & (np.abs(self.numerical) > self.bar))

    @cached_property
    def error(self) -> Array:
        """By how much the claimed ones are too large."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.claimed - self.numerical)

    @property
    def axes(self) -> range:
        """The axes of x, among those of the derivatives; not that of pairs."""
        return range(1, self.claimed.ndim - self.is_complex)

    def along(self, axis: int) -> str:
        """Return the words for an axis, where there are several."""
        return f" along axis {axis - 1}" if len(self.axes) > 1 else ""

    @property
    def shape(self) -> Shape:
        """That of x, whose entries may be complex."""
        return self.x.shape[:-1] if self.is_complex else self.x.shape

    @property
    def point(self) -> Array:
        """The entries of x, of the type that they have."""
        return as_complex(self.x) if self.is_complex else self.x

    def times(self, factor: Array) -> tuple[Array, Array]:
        """Return the numerical derivatives times factors, one an entry of x, and how far claimed ones may be off it."""
        size = np.abs(factor)
        if not self.is_complex:
            return self.numerical * factor, self.slack * (1 + size)
        product = paired(as_complex(np.ascontiguousarray(self.numerical)) * factor)
        return product, self.slack + size[..., np.newaxis] * self.slack.sum(axis=-1, keepdims=True)

    def entry(self, index: Iterable[int]) -> str:
        """Return what a user calls an entry of x."""
        return (component if self.is_complex else entry)(self.name, tuple(int(i) for i in index))

    def spread(self, values: Array) -> Array:
        """Return values broadcast to the shape of the derivatives."""
        return np.broadcast_to(values, self.claimed.shape)


@dataclass(frozen=True)
class Evidence:
    """All that was measured, and what else is known of f."""

    parts: tuple[Part, ...]
    sizes: tuple[int, ...] = ()
    """What may be the number of samples: first dimensions of arrays that f closes over."""
    has_conjugates: bool = False
    """Whether outputs are products with cotangents each of which is followed by its conjugate."""

    @cached_property
    def wrong(self) -> tuple[Part, ...]:
        """The arrays in which anything disagrees."""
        return tuple(part for part in self.parts if part.wrong.any())

    @property
    def all_wrong(self) -> bool:
        """Whether something disagrees in every array that has a derivative."""
        return all(part.wrong.any() or not part.shown_right.any() for part in self.parts)


@dataclass(frozen=True)
class Fit:
    """How well claimed derivatives are what a fault would make of the numerical ones."""

    explained: int
    """Wrong entries that are as predicted."""
    wrong: int
    """Wrong entries."""
    contradicted: int
    """Entries that are not as predicted."""

    @property
    def holds(self) -> bool:
        """Whether the fault explains what it speaks of, and most of what is wrong."""
        return self.contradicted == 0 and self.explained > 0 and self.explained >= MAJORITY * self.wrong


def fit(part: Part, predicted: Array, bar: Array, where: Mask | None = None) -> Fit:
    """Return how well a prediction fits; NaN where it says nothing, and only ``where`` it speaks at all.

    What fits within a bar that the truth is in as well is not explained.
    """
    spoken = part.measured & np.isfinite(predicted) & np.isfinite(bar)
    wrong = part.wrong
    if where is not None:
        spoken, wrong = spoken & where, wrong & where
    with np.errstate(all="ignore"):
        fits = np.abs(part.claimed - predicted) <= bar
        explained = wrong & spoken & fits & (np.abs(part.error) > bar)
    return Fit(int(explained.sum()), int(wrong.sum()), int((spoken & ~fits).sum()))
