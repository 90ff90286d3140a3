"""Hypothesis strategies for symmetric positive definite matrices."""

import numpy as np
from hypothesis import strategies as st

from numgrad._validation import require_count
from verification._typing import Array
from verification.strategies.magnitudes import filled

__all__ = ["positive_definite"]

LARGEST_SIDE = 4


@st.composite
def positive_definite(draw: st.DrawFn, side: int | None = None) -> Array:
    """Symmetric positive definite matrices (n, n), as covariances are: L D Lᵀ.

    L has ones on its diagonal and tenths of at most 1 below, D numbers of 1 to 90: up to a side of 4 none is nearly
    singular. The smallest is the unit matrix.

    Parameters
    ----------
    side: n; from 1 to 4 if it is None.

    Raises
    ------
    ValueError: side is no whole number of at least 1.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import positive_definite
    >>> find(positive_definite(2), lambda A: A[0, 1] > 0)
    array([[1.  , 0.1 ],
           [0.1 , 1.01]])

    """
    n = draw(st.integers(1, LARGEST_SIDE), label="side") if side is None else require_count("side", side)
    below = draw(filled((n, n), st.integers(-10, 10).map(lambda tenths: tenths / 10)), label="L")
    scales = st.builds(lambda digit, tens: float(digit * 10**tens), st.integers(1, 9), st.integers(0, 1))
    diagonal = draw(filled((n,), scales), label="D")
    lower = np.tril(below, -1) + np.eye(n)
    matrix = (lower * diagonal) @ lower.T
    return np.asarray((matrix + matrix.T) / 2)
