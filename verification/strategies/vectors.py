"""Hypothesis strategies for tangents and cotangents: what products with a Jacobian are taken with."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from numgrad.derivatives.tree import leaves_of, unflatten
from verification.strategies.magnitudes import filled

__all__ = ["cotangents", "tangents"]


@st.composite
def tangents(draw: st.DrawFn, x: Any) -> Any:
    """Tangents at x: structured and shaped as x, and of whole numbers from 1 to 9, either sign.

    They are in the dtypes of x, or in float64 where that holds integers. No entry is 0, which would hide what is wrong
    with it.

    Parameters
    ----------
    x: an array, or a nested dict, list or tuple of arrays.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import tangents
    >>> find(tangents({"W": np.zeros((1, 2)), "b": np.zeros(1)}), lambda v: v["b"] < 0)
    {'W': array([[1., 1.]]), 'b': array([-1.])}

    """
    leaves = [np.asarray(leaf) for leaf in leaves_of(x)]
    return unflatten(x, iter([draw(_nonzero(leaf), label=f"tangent {i}") for i, leaf in enumerate(leaves)]))


def cotangents(value: Any) -> st.SearchStrategy[NDArray[Any]]:
    """Cotangents of a value f(x): of its shape and dtype, of whole numbers from 1 to 9, either sign, and not all alike.

    Behind equal ones a normalisation hides, whose outputs always add up to the same.

    Parameters
    ----------
    value: a number or an array.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import cotangents
    >>> find(cotangents(np.zeros(3)), lambda u: True)
    array([ 1.,  1., -1.])

    """
    array = np.asarray(value)
    return _nonzero(array).filter(lambda u: u.size < 2 or bool((u != u.flat[0]).any()))


def _nonzero(model: NDArray[Any]) -> st.SearchStrategy[NDArray[Any]]:
    """Arrays of the shape and dtype of another, of which no part of an entry is 0; integers become float64."""
    dtype = model.dtype if model.dtype.kind in "fc" else np.dtype(np.float64)
    parts = filled(model.shape, st.builds(lambda digit, sign: float(sign * digit), st.integers(1, 9), _SIGNS))
    if dtype.kind == "c":
        return st.builds(lambda real, imag: (real + 1j * imag).astype(dtype), parts, parts)
    return parts.map(lambda array: array.astype(dtype))


_SIGNS = st.sampled_from([1, -1])
