"""Hypothesis strategies for what classifiers take and give: probabilities, scores, targets, features."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from numgrad._validation import require_count
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
    """Rows (..., K) of probabilities that sum to 1, some near 1 and some near 0.

    Of up to six classes none is below 2e-4, twice the chapter's step.

    Parameters
    ----------
    shape: (..., K).
    targets: of that shape; where one is 0, the probability may also be 0 exactly.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import probabilities
    >>> find(probabilities((1, 2)), lambda p: True)
    array([[0.5, 0.5]])

    """
    weights = draw(filled(shape, st.builds(lambda d, e: float(d * 10**e), st.integers(1, 9), st.integers(0, 2))))
    if targets is not None and draw(st.booleans(), label="zeros where nothing is aimed at"):
        weights = np.where((targets != 0) | (targets.sum(axis=-1, keepdims=True) == 0), weights, 0.0)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


@st.composite
def tiny_probabilities(draw: st.DrawFn, shape: Shape) -> Array:
    """Probabilities (..., K) above 0 and below the chapter's step 1e-4, where x - h has no logarithm.

    >>> from hypothesis import find
    >>> from verification.strategies import tiny_probabilities
    >>> find(tiny_probabilities((2,)), lambda p: p[0] < p[1])
    array([1.e-05, 2.e-05])
    """
    return draw(filled(shape, st.integers(1, 9).map(lambda digit: digit * STEP / 10)), label="tiny")


@st.composite
def edge_probabilities(draw: st.DrawFn, shape: Shape) -> Array:
    """Probabilities (..., K) above the chapter's step h = 1e-4 and below 2 h, of which h is most of the way to 0.

    >>> from hypothesis import find
    >>> from verification.strategies import edge_probabilities
    >>> find(edge_probabilities((1,)), lambda p: True)
    array([0.00011])
    """
    return draw(filled(shape, st.integers(11, 18).map(lambda tenths: tenths * STEP / 10)), label="edge")


def logits(shape: Shape) -> st.SearchStrategy[Array]:
    """Scores (..., K): of any magnitude, or whole numbers of which many are tied, ±700 and ±1e6 among them.

    >>> from hypothesis import find
    >>> find(logits((2,)), lambda a: a[0] == a[1] == 700)
    array([700., 700.])
    """
    tied = st.sampled_from([0.0, 1.0, -1.0, 1e6, -1e6, 700.0, -700.0])
    return st.one_of(arrays(shape), filled(shape, tied))


@st.composite
def one_hot(draw: st.DrawFn, shape: Shape) -> Array:
    """Targets (..., K) with a single 1 a row.

    Raises
    ------
    ValueError: when it is drawn from, K is 0.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import one_hot
    >>> find(one_hot((1, 3)), lambda t: t[0, 2] == 1)
    array([[0., 0., 1.]])

    """
    return np.eye(shape[-1])[draw(labels(shape[:-1], shape[-1]), label="classes")]


def soft_targets(shape: Shape) -> st.SearchStrategy[Array]:
    """Targets (..., K) from 0 to 1; the rows need not sum to 1.

    >>> from hypothesis import find
    >>> from verification.strategies import soft_targets
    >>> find(soft_targets((2,)), lambda t: t[0] > 0.5)
    array([0.6, 0. ])
    """
    return filled(shape, st.integers(0, 10).map(lambda tenths: tenths / 10))


def labels(shape: Shape, classes: int) -> st.SearchStrategy[Array]:
    """Class numbers, int64, of any shape, from 0 to ``classes`` - 1.

    Raises
    ------
    ValueError: there is no class.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import labels
    >>> find(labels((2,), 3), lambda t: t[0] != t[1])
    array([0, 1])

    """
    require_count("classes", classes, reason="numbers are drawn from 0 to one less")
    return hnp.arrays(np.int64, shape, elements=st.integers(0, classes - 1), fill=st.nothing())


def pixels(shape: Shape, *, largest: float = 1.0) -> st.SearchStrategy[Array]:
    """Features from 0 to ``largest``, many of them 0, as in images.

    >>> from hypothesis import find
    >>> from verification.strategies import pixels
    >>> find(pixels((3,), largest=255), lambda x: x[1] > 0)
    array([ 0. , 25.5,  0. ])
    """
    return filled(shape, st.integers(0, 10).map(lambda tenths: tenths * largest / 10))
