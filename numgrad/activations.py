"""The activations of the chapter, for any finite input."""

import numpy as np

from numgrad._typing import Array, ArrayLike
from numgrad._validation import as_floats, expected, require_batch

__all__ = ["log_softmax", "sigmoid", "softmax"]


def sigmoid(x: ArrayLike) -> Array:
    """Return the logistic function 1 / (1 + exp(-x)) of each entry.

    Only exp(-|x|) is taken, which cannot overflow: sigmoid(x) = z / (1 + z) with z = exp(x) where x < 0.
    The relative error is a few units in the last place on both sides.

    Parameters
    ----------
    x: array of any shape; integers are taken as float64, other dtypes are kept.

    Returns
    -------
    Array of the shape of ``x``, entries from 0 to 1.

    Raises
    ------
    TypeError: x holds something else than real numbers.

    Examples
    --------
    >>> print(sigmoid([-1000.0, 0.0, 1000.0]))
    [0.  0.5 1. ]

    """
    x = as_floats("x", x)
    with np.errstate(under="ignore"):  # exp(-1000) is 0 here, and rightly so
        z = np.exp(-np.abs(x))
        return np.asarray(np.where(x >= 0, 1, z) / (1 + z))


def softmax(x: ArrayLike) -> Array:
    """Return exp(x_k) / Σ_j exp(x_j) along the last axis.

    The largest entry of each row is subtracted first, so that no exponential overflows.

    Parameters
    ----------
    x: array (..., K) with K at least 1; integers are taken as float64, other dtypes are kept.

    Returns
    -------
    Array of the shape of ``x``; each row is from 0 to 1 and sums to 1 up to rounding.

    Raises
    ------
    TypeError: x holds something else than real numbers.
    ValueError: x is a single number or has no entries.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham (2021), Accurately computing the log-sum-exp and softmax functions,
    IMA Journal of Numerical Analysis 41(4).

    Examples
    --------
    >>> print(softmax([1000.0, 1000.0, -1e308]))
    [0.5 0.5 0. ]

    """
    exponentials = _exp(_below_maximum("x", x))
    with np.errstate(under="ignore"):
        return np.asarray(exponentials / _row_sums(exponentials), exponentials.dtype)


def log_softmax(x: ArrayLike, *, name: str = "x") -> Array:
    """Return x_k - log Σ_j exp(x_j) along the last axis (log-sum-exp), finite where softmax is 0.

    Parameters and errors are those of :func:`softmax`; ``name`` is what a refusal calls ``x``.

    Examples
    --------
    >>> print(log_softmax([0.0, -1000.0]))
    [    0. -1000.]

    """
    shifted = _below_maximum(name, x)
    with np.errstate(over="ignore"):  # two entries over 1.8e308 apart: the logarithm is -inf
        return np.asarray(shifted - np.log(_row_sums(_exp(shifted))), shifted.dtype)


def _below_maximum(name: str, x: ArrayLike) -> Array:
    x = require_batch(name, as_floats(name, x))
    if x.ndim == 0:
        reason, remedy = "softmax runs along the last axis", "Pass one score a class, such as [0.0, 1.0]."
        raise expected(name, "have shape (..., K)", "a single number", reason, remedy)
    with np.errstate(over="ignore"):  # 1e308 apart from -1e308 is -inf, whose exponential is 0
        return np.asarray(x - x.max(axis=-1, keepdims=True))


def _exp(shifted: Array) -> Array:
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(shifted))


def _row_sums(exponentials: Array) -> Array:
    """Return the sums along the last axis, (..., 1), in at least float32: float16 ends at 65504 ties."""
    dtype = np.result_type(exponentials.dtype, np.float32)
    return np.asarray(exponentials.sum(axis=-1, keepdims=True, dtype=dtype))
