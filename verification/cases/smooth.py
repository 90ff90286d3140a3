"""Smooth test functions: separable over rows, coupled within a row, with large and with vanishing third derivatives.

Each is spelled once for both libraries: ``xp`` is numpy or torch, as in the array API.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from verification import torch_oracle
from verification._typing import Inputs
from verification.cases.case import METHODS, Case, Function, gradient_case
from verification.strategies import arrays, shapes

__all__ = ["CASES", "SMOOTH", "SmoothFunction"]


@dataclass(frozen=True)
class SmoothFunction:
    """A function of one sample, summed over its entries."""

    formula: str
    terms: Callable[[Any, Any], Any]
    """Maps (xp, x) to one term an entry, taken along the last axis."""
    term_round_off: Callable[[Any], Any]
    """A bound of the rounding error of each term, in units of eps, from a tensor."""
    largest: int
    """The exponent up to which the sizes of entries are drawn, lest the terms overflow."""

    def __call__(self, x: Any) -> Any:
        """Return the sum of the terms of a NumPy array."""
        return self.terms(np, x).sum()

    def twin(self, x: Any) -> Any:
        """Return the sum of the terms of a tensor."""
        return self.terms(torch_oracle.namespace, x).sum()

    def round_off(self, x: Any) -> Any:
        """Bound the rounding error of the sum."""
        terms = self.terms(torch_oracle.namespace, x).abs().sum()
        return self.term_round_off(x).sum() + x.numel() / 2 * terms


def _next(x: Any, xp: Any) -> Any:
    return xp.roll(x, 1, -1)


SMOOTH = (
    SmoothFunction("Σ x²", lambda _, x: x * x, lambda x: x * x / 2, 6),
    SmoothFunction("Σ x³ - x", lambda _, x: x * x * x - x, lambda x: 2 * (x * x * x).abs() + x.abs(), 4),
    SmoothFunction("Σ sin x", lambda xp, x: xp.sin(x), lambda x: 2 * x.sin().abs(), 6),
    SmoothFunction("Σ exp x", lambda xp, x: xp.exp(x), lambda x: 2 * x.exp(), 2),
    SmoothFunction("Σ x_k x_k-1", lambda xp, x: x * _next(x, xp), lambda x: (x * x.roll(1, -1)).abs() / 2, 6),
)


STEPS = st.sampled_from([1e-4, 1e-3, 1e-2, 1e-5, 1e-6])


@st.composite
def _problems(draw: st.DrawFn, largest: int, dims: tuple[int, int]) -> Inputs:
    shape = draw(shapes(*dims), label="shape")
    return {"x": draw(arrays(shape, largest=largest), label="x"), "h": draw(STEPS, label="h")}


def _cases(smooth: SmoothFunction) -> Iterator[Case]:
    function = Function(smooth.formula, smooth, smooth.twin, smooth.round_off)
    for form, method, dims in (
        ("any shape", "whole", (1, 3)),
        ("row", "one row", (1, 1)),
        ("row", "columns of one row", (1, 1)),
        ("rows", "row by row", (2, 3)),
        ("rows", "columns at once", (2, 3)),
    ):
        yield gradient_case(function, form, METHODS[method], _problems(smooth.largest, dims))


CASES = tuple(case for smooth in SMOOTH for case in _cases(smooth))
