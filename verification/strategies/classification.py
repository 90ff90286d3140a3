"""Hypothesis strategies for what classifiers take and give: probabilities, scores, targets, features."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from numgrad.finite_differences.steps import STEP
from verification._typing import Array, Shape
from verification.strategies.magnitudes import arrays, filled

__all__ = [
    "edge_probabilities",
    "labels",
    "logits",
    "one_hot",
    "pixels",
    "probabilities",
    "soft_targets",
    "tiny_probabilities",
]


@st.composite
def probabilities(draw: st.DrawFn, shape: Shape, *, targets: Array | None = None) -> Array:
    """Rows (..., K) of probabilities that sum to 1 and are at least 2 h, some near 1 and some near that edge.

    Where ``targets`` are given, entries whose target is 0 may also be 0 exactly.
    """
    weights = draw(filled(shape, st.builds(lambda d, e: float(d * 10**e), st.integers(1, 9), st.integers(0, 2))))
    if targets is not None and draw(st.booleans(), label="zeros where nothing is aimed at"):
        weights = np.where((targets != 0) | (targets.sum(axis=-1, keepdims=True) == 0), weights, 0.0)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


@st.composite
def tiny_probabilities(draw: st.DrawFn, shape: Shape) -> Array:
    """Probabilities above 0 and below h, where x - h has no logarithm."""
    return draw(filled(shape, st.integers(1, 9).map(lambda digit: digit * STEP / 10)), label="tiny")


@st.composite
def edge_probabilities(draw: st.DrawFn, shape: Shape) -> Array:
    """Probabilities above h and below 2 h: x - h has a logarithm, but h spans most of the way to its edge."""
    return draw(filled(shape, st.integers(11, 18).map(lambda tenths: tenths * STEP / 10)), label="edge")


def logits(shape: Shape) -> st.SearchStrategy[Array]:
    """Scores (..., K): of any magnitude, or whole numbers of which many are tied, huge ones too."""
    tied = st.sampled_from([0.0, 1.0, -1.0, 1e6, -1e6, 700.0, -700.0])
    return st.one_of(arrays(shape), filled(shape, tied))


@st.composite
def one_hot(draw: st.DrawFn, shape: Shape) -> Array:
    """Targets (..., K) with a single 1 a row."""
    return np.eye(shape[-1])[draw(labels(shape[:-1], shape[-1]), label="classes")]


def soft_targets(shape: Shape) -> st.SearchStrategy[Array]:
    """Targets from 0 to 1; the rows need not sum to 1."""
    return filled(shape, st.integers(0, 10).map(lambda tenths: tenths / 10))


def labels(shape: Shape, classes: int) -> st.SearchStrategy[Array]:
    """Class numbers from 0 to ``classes`` - 1."""
    return hnp.arrays(np.int64, shape, elements=st.integers(0, classes - 1), fill=st.nothing())


def pixels(shape: Shape, *, largest: float = 1.0) -> st.SearchStrategy[Array]:
    """Features from 0 to ``largest``, many of them 0, as in images."""
    return filled(shape, st.integers(0, 10).map(lambda tenths: tenths * largest / 10))
