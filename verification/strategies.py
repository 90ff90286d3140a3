"""Hypothesis strategies for the inputs of losses, nets and numerical gradients.

Numbers are short decimals that a person can read, they shrink towards 0 and 1, and every draw is labelled.
"""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from numgrad import TwoLayerNet
from numgrad.finite_differences.steps import STEP
from verification._typing import Array, Shape

__all__ = [
    "STEP",
    "arrays",
    "edge_probabilities",
    "labels",
    "logits",
    "nets",
    "numbers",
    "one_hot",
    "pixels",
    "probabilities",
    "shapes",
    "soft_targets",
    "tiny_probabilities",
]


LARGEST_SIDE = 4
LONGEST_SIDE = 12


@st.composite
def shapes(draw: st.DrawFn, min_dims: int = 0, max_dims: int = 3) -> Shape:
    """Shapes of small arrays, single rows and single columns among them; one in five has a longer side."""
    sides = hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=1, max_side=LARGEST_SIDE)
    shape = list(draw(sides, label="sides"))
    if shape and draw(st.sampled_from([False] * 4 + [True]), label="one is longer"):
        axis = draw(st.integers(0, len(shape) - 1), label="axis")
        shape[axis] = draw(st.integers(LARGEST_SIDE + 1, LONGEST_SIDE), label="length")
    return tuple(shape)


@st.composite
def numbers(draw: st.DrawFn, *, smallest: int = -6, largest: int = 6) -> float:
    """0, or ± a decimal of up to two digits, of size 10**smallest to 10**largest."""
    digits = draw(st.integers(-99, 99), label="digits")
    exponent = draw(st.integers(smallest, largest - 2), label="exponent")
    return float(f"{digits}e{exponent}")


@st.composite
def arrays(draw: st.DrawFn, shape: Shape, *, smallest: int = -6, largest: int = 6) -> Array:
    """Arrays of readable numbers: all of one magnitude, or magnitudes mixed within the array."""
    if draw(st.booleans(), label="mixed magnitudes"):
        elements = numbers(smallest=smallest, largest=largest)
    else:
        exponent = draw(st.integers(smallest, largest - 2), label="magnitude")
        elements = numbers(smallest=exponent, largest=exponent + 2)
    return draw(_filled(shape, elements), label="entries")


@st.composite
def probabilities(draw: st.DrawFn, shape: Shape, *, targets: Array | None = None) -> Array:
    """Rows (..., K) of probabilities that sum to 1 and are at least 2 h, some near 1 and some near that edge.

    Where ``targets`` are given, entries whose target is 0 may also be 0 exactly.
    """
    weights = draw(_filled(shape, st.builds(lambda d, e: float(d * 10**e), st.integers(1, 9), st.integers(0, 2))))
    if targets is not None and draw(st.booleans(), label="zeros where nothing is aimed at"):
        weights = np.where((targets != 0) | (targets.sum(axis=-1, keepdims=True) == 0), weights, 0.0)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


@st.composite
def tiny_probabilities(draw: st.DrawFn, shape: Shape) -> Array:
    """Probabilities above 0 and below h, where x - h has no logarithm."""
    return draw(_filled(shape, st.integers(1, 9).map(lambda digit: digit * STEP / 10)), label="tiny")


@st.composite
def edge_probabilities(draw: st.DrawFn, shape: Shape) -> Array:
    """Probabilities above h and below 2 h: x - h has a logarithm, but h spans most of the way to its edge."""
    return draw(_filled(shape, st.integers(11, 18).map(lambda tenths: tenths * STEP / 10)), label="edge")


def logits(shape: Shape) -> st.SearchStrategy[Array]:
    """Scores (..., K): of any magnitude, or whole numbers of which many are tied, huge ones too."""
    tied = st.sampled_from([0.0, 1.0, -1.0, 1e6, -1e6, 700.0, -700.0])
    return st.one_of(arrays(shape), _filled(shape, tied))


@st.composite
def one_hot(draw: st.DrawFn, shape: Shape) -> Array:
    """Targets (..., K) with a single 1 a row."""
    return np.eye(shape[-1])[draw(labels(shape[:-1], shape[-1]), label="classes")]


def soft_targets(shape: Shape) -> st.SearchStrategy[Array]:
    """Targets from 0 to 1; the rows need not sum to 1."""
    return _filled(shape, st.integers(0, 10).map(lambda tenths: tenths / 10))


def labels(shape: Shape, classes: int) -> st.SearchStrategy[Array]:
    """Class numbers from 0 to ``classes`` - 1."""
    return hnp.arrays(np.int64, shape, elements=st.integers(0, classes - 1), fill=st.nothing())


def pixels(shape: Shape, *, largest: float = 1.0) -> st.SearchStrategy[Array]:
    """Features from 0 to ``largest``, many of them 0, as in images."""
    return _filled(shape, st.integers(0, 10).map(lambda tenths: tenths * largest / 10))


@st.composite
def nets(draw: st.DrawFn, features: int, classes: int, *, largest: int = 1) -> TwoLayerNet:
    """Return nets of up to five hidden units with weights up to 10**largest, zero and saturating ones among them."""
    hidden = draw(st.sampled_from([1, 2, 3, 5]), label="hidden units")
    net = TwoLayerNet(features, hidden, classes, rng=0)
    for name, param in net.params.items():
        net.params[name] = draw(arrays(param.shape, smallest=-3, largest=largest), label=name)
    return net


def _filled(shape: Shape, elements: st.SearchStrategy[float]) -> st.SearchStrategy[Array]:
    """Arrays (at least 0-dimensional, float64) each of whose entries is drawn for itself."""
    return hnp.arrays(np.float64, shape, elements=elements, fill=st.nothing())
