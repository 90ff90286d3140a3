"""Hypothesis strategies for points at, near and away from kinks, such as that of |x| at 0."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import DTypeLike, NDArray

from numgrad._validation import expected, require_positive
from verification._typing import Shape
from verification.strategies.magnitudes import filled, numbers

__all__ = ["away_from_kinks", "near_kinks"]

CLOSEST = 8
"""Distances from a kink are ``within`` divided by up to ten to this power, and ten."""


def near_kinks(
    shape: Shape, *, at: float | Sequence[float] = 0.0, within: float = 1e-3, dtype: DTypeLike = np.float64
) -> st.SearchStrategy[NDArray[Any]]:
    """Arrays each entry of which is at a kink, or beside one: that is where derivatives are one-sided.

    Parameters
    ----------
    shape: of the arrays.
    at: the kinks, one number or several.
    within: the farthest that an entry is from one; the nearest are a billion times nearer, or at it.
    dtype: of floats.

    Raises
    ------
    ValueError: there is no kink, one is not finite, or ``within`` is no length.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import near_kinks
    >>> find(near_kinks((2,), at=[0, 6]), lambda x: x[0] > x[1] > 0)
    array([6.e+00, 1.e-04])

    """
    require_positive("within", within, example=1e-3)
    offsets = st.builds(
        lambda digits, power: within * digits / 10 ** (power + 1), st.integers(-10, 10), st.integers(0, CLOSEST)
    )
    entries = st.builds(lambda kink, offset: kink + offset, st.sampled_from(_several(at)), offsets)
    return filled(shape, entries).map(lambda array: array.astype(dtype))


def away_from_kinks(
    shape: Shape, *, at: float | Sequence[float] = 0.0, gap: float = 0.1, dtype: DTypeLike = np.float64
) -> st.SearchStrategy[NDArray[Any]]:
    """Arrays no entry of which is close to a kink: there every derivative has one value.

    Parameters
    ----------
    shape: of the arrays.
    at: the kinks, one number or several.
    gap: the nearest that an entry is to one; some are 99 farther. Where kinks leave little room between
        them, most of what is drawn is filtered out.
    dtype: of floats.

    Raises
    ------
    ValueError: there is no kink, one is not finite, or ``gap`` is no length.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import away_from_kinks
    >>> find(away_from_kinks((2,)), lambda x: x[0] < 0)
    array([-0.1,  0.1])

    """
    kinks = _several(at)
    require_positive("gap", gap, example=0.1)
    sides = st.sampled_from([1.0, -1.0])
    sizes = numbers(smallest=-3, largest=2).map(abs)
    entries = st.builds(lambda kink, side, size: kink + side * (gap + size), st.sampled_from(kinks), sides, sizes)
    rounded = entries.map(lambda x: _rounded(x, dtype))  # to which a kink may be nearer
    seen = [*kinks, *(_rounded(kink, dtype) for kink in kinks)]  # a function may round them too
    far = rounded.filter(lambda x: np.isfinite(x) and all(abs(x - kink) >= gap * (1 - 1e-9) for kink in seen))
    return filled(shape, far).map(lambda array: array.astype(dtype))


def _rounded(x: float, dtype: DTypeLike) -> float:
    with np.errstate(over="ignore"):
        return float(np.asarray(x).astype(dtype))


def _several(at: float | Sequence[float]) -> list[float]:
    kinks = [float(kink) for kink in np.atleast_1d(at)]
    if not kinks or not np.isfinite(kinks).all():
        reason, remedy = "points are drawn by their distance from them", "Pass at=0.0 for that of |x|."
        raise expected("at", "hold finite numbers, one at least,", repr(at), reason, remedy)
    return kinks
