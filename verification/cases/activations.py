"""Sigmoid and softmax: arrays in and out, made scalar by a cotangent that is not all ones."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st

import numgrad
from verification import torch_oracle
from verification._typing import Inputs
from verification.cases.case import METHODS, Case, Function, gradient_case
from verification.strategies import arrays, logits, shapes

__all__ = ["CASES", "softmax_round_off"]

LOST = np.finfo(np.float64).tiny / np.finfo(np.float64).eps
"""What underflow may take from an exponential, in units of eps: below the smallest normal number it may be 0."""


def _sigmoid(x: Any, cotangent: Any) -> Any:
    return np.sum(cotangent * numgrad.sigmoid(x))


def _softmax(x: Any, cotangent: Any) -> Any:
    return np.sum(cotangent * numgrad.softmax(x))


def _sigmoid_twin(x: Any, cotangent: Any) -> Any:
    return (cotangent * torch_oracle.sigmoid(x)).sum()


def _softmax_twin(x: Any, cotangent: Any) -> Any:
    return (cotangent * torch_oracle.softmax(x)).sum()


def _sigmoid_round_off(x: Any, cotangent: Any) -> Any:
    return (3 + (x.numel() + 1) / 2) * (cotangent.abs() * (torch_oracle.sigmoid(x) + LOST)).sum()


def softmax_round_off(x: Any) -> Any:
    """Bound the rounding of exp(d) / Σ exp(d), d = x - max: rounding d_k moves exp(d_k) by ½ eps |d_k| of itself."""
    shifted = x.amax(-1, keepdim=True) - x
    p = torch_oracle.softmax(x)
    sum_error = x.shape[-1] / 2 + 2 + (p * shifted).sum(-1, keepdim=True) / 2
    return p * (sum_error + 3 + shifted / 2) + LOST


def _softmax_round_off(x: Any, cotangent: Any) -> Any:
    products = softmax_round_off(x) + torch_oracle.softmax(x) * (x.numel() + 1) / 2
    return (cotangent.abs() * products).sum()


SIGMOID = Function("sigmoid", _sigmoid, _sigmoid_twin, _sigmoid_round_off)
SOFTMAX = Function("softmax", _softmax, _softmax_twin, _softmax_round_off)


@st.composite
def _problems(draw: st.DrawFn, dims: tuple[int, int], *, shared: bool) -> Inputs:
    """Return scores and a cotangent; a ``shared`` one is that of a single row."""
    shape = draw(shapes(*dims), label="shape")
    x = draw(logits(shape), label="x")
    cotangent = draw(arrays(shape[1:] if shared else shape, smallest=-2, largest=2), label="cotangent")
    return {"x": x, "cotangent": cotangent}


def _cases(function: Function, fewest_dims: int) -> Iterator[Case]:
    for form, method, dims in (
        ("any shape", "whole", (fewest_dims, 3)),
        ("rows", "row by row", (2, 3)),
        ("rows", "columns at once", (2, 3)),
    ):
        problems = _problems(dims, shared=METHODS[method].shared)
        yield gradient_case(function, form, METHODS[method], problems)


CASES = (*_cases(SIGMOID, 0), *_cases(SOFTMAX, 1))
