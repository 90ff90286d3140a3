"""Claimed derivatives beside numerical ones, probe by probe, and what each says."""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from verification._typing import Array, Indices, Mask
from verification.comparison import Comparison
from verification.measurement.primal import Slopes

__all__ = ["Reading"]

BEYOND = 3.0
"""One-sided slopes that differ by so many times what is unsure about them are those of a kink."""


@dataclass(frozen=True)
class Reading:
    """Derivatives of outputs by probes: all arrays are (outputs, probes)."""

    claimed: Array
    rounding: Array
    """How far rounding may have moved the claimed ones."""
    slopes: Slopes
    size: Array
    """What derivatives along such probes are about, by what is claimed."""

    @classmethod
    def joined(cls, readings: "list[Reading]") -> "Reading":
        """Return probes one after another."""
        slopes = Slopes.joined([reading.slopes for reading in readings])
        claimed, rounding, size = (
            np.concatenate([getattr(reading, name) for reading in readings], axis=1)
            for name in ("claimed", "rounding", "size")
        )
        return cls(claimed, rounding, slopes, size)

    def of(self, probes: Indices) -> "Reading":
        """Return some of the probes."""
        slopes = Slopes(*(getattr(self.slopes, part.name)[:, probes] for part in fields(Slopes)))
        return Reading(self.claimed[:, probes], self.rounding[:, probes], slopes, self.size[:, probes])

    def doubted(self, noise: Array | None) -> "Reading":
        """Return the reading whose claimed side varies by ``noise``, (outputs, probes), if it is known."""
        return self if noise is None else replace(self, rounding=self.rounding + noise)

    @cached_property
    def comparison(self) -> Comparison:
        """The two sides within their error bar; what is not known is taken to be as claimed."""
        known = np.isfinite(self.slopes.value) & np.isfinite(self.slopes.error)
        reference = np.where(known, self.slopes.value, self.claimed)
        return Comparison("derivative", self.claimed, reference, self.bar)

    @cached_property
    def bar(self) -> Array:
        """How far the two may be apart."""
        return np.asarray(self.slopes.error + self.rounding)

    @cached_property
    def off(self) -> Array:
        """How much more is claimed than measured; 0 where nothing is known."""
        return np.asarray(self.claimed - self.comparison.reference)

    @cached_property
    def disagrees(self) -> Mask:
        """Where they are apart by more than the bar."""
        return np.asarray(self.comparison.share > 1)

    @cached_property
    def is_kink(self) -> Mask:
        """Where the slopes on both sides of x differ by more than is unsure about them."""
        gap = np.abs(self.slopes.right - self.slopes.left)
        gap = np.where(np.isfinite(gap), gap, 0.0)
        return np.asarray(gap > BEYOND * np.maximum(self.slopes.error - gap / 2, 0))

    @cached_property
    def reference(self) -> Array:
        """What relative errors refer to: the larger of the claimed and the measured size."""
        return np.asarray(np.fmax(self.size, np.abs(self.slopes.value)))
