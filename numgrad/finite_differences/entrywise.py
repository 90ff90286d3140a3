"""Gradients of scalar functions, one entry after another."""

from collections.abc import Callable
from functools import partial

import numpy as np

from numgrad._typing import Array, ArrayLike, ScalarFunction
from numgrad._validation import entry, expected, require_differentiable, require_finite_value, require_number
from numgrad.finite_differences.steps import STEP, difference_quotient, neighbours, require_samples, require_step

__all__ = ["named_gradient", "numerical_gradient", "numerical_gradient_batch"]

Index = tuple[int, ...]

WHOLE = (
    "Sum or average the losses inside f; for the gradient of each row's own value call "
    "numerical_gradient_batch or per_sample_gradient."
)
ONE_SAMPLE = "Let f make one number of a single sample; of a function of the whole batch call per_sample_gradient."


def numerical_gradient(f: ScalarFunction, x: ArrayLike, h: float = STEP) -> Array:
    """Return the gradient of a scalar function by central differences, one entry after another.

    The error of each partial is about h² M₃ / 6 + ε_f / h at most; :mod:`numgrad.finite_differences` has all of it.

    As in the chapter, ``f`` may look at its argument or at ``x`` itself, for example when ``x`` is a weight of
    a net that ``f`` closes over: a writable array is moved in place and comes back bit for bit as it went
    in, also when ``f`` raises. A read-only array, a list, or a view whose entries share memory is copied:
    there ``f`` must use its argument.

    Parameters
    ----------
    f: maps an array of the shape of ``x`` to one number.
    x: finite floats, any shape.
    h: step, in the units of ``x``.

    Returns
    -------
    Array of the shape and dtype of ``x``. In float32 f's noise, about 6e-8 |f| / h, leaves three digits or none.

    Raises
    ------
    TypeError: x does not hold floats, or f returns something else than a real number.
    ValueError: f returns an array, is not finite at a shifted point, or changes x; x is not finite; the slope
        overflows; h is not positive, or so small that x + h rounds to x.

    References
    ----------
    W. H. Press et al. (2007), Numerical Recipes, 3rd ed., section 5.7.

    Examples
    --------
    >>> import numpy as np
    >>> print(numerical_gradient(lambda x: x[0] ** 2 + x[1] ** 2, np.array([3.0, 4.0])))
    [6. 8.]

    """
    return named_gradient(f, x, h, name="x")


def named_gradient(f: ScalarFunction, x: ArrayLike, h: float = STEP, *, name: str, remedy: str = WHOLE) -> Array:
    """Return :func:`numerical_gradient` at a point that refusals call ``name``; the remedy is for f's of arrays."""
    return _gradient(f, require_differentiable(name, x), require_step(h), name, remedy)


def _gradient(f: ScalarFunction, x: Array, h: float, name: str, remedy: str, *, row: Index = ()) -> Array:
    """Return the gradient at ``x``, which is ``name`` or a row of it; ``remedy`` is for an f that returns an array."""
    point = x if x.flags.writeable and not _entries_share_memory(x) else x.copy()
    original = point.copy()
    gradient = np.empty(x.shape, x.dtype)
    try:
        for index in np.ndindex(point.shape):
            place = entry(name, (*row, *index))
            gradient[index] = _partial(partial(_scalar_value, f, remedy), point, index, h, place)
        if not np.array_equal(point, original):
            raise _changed(entry(name, row))
    finally:
        point.flags.writeable = True  # whatever f has made of it
        point[...] = original
    return gradient


def numerical_gradient_batch(f: ScalarFunction, X: ArrayLike, h: float = STEP) -> Array:
    """Return the gradient of a one-sample function at each row of a batch, row by row.

    Parameters
    ----------
    f: maps one sample, shape (D,) (or X.shape[1:]), to one number.
    X: a batch of samples, shape (N, D) or (N, ...); one sample (D,) is taken as it is.
    h: step, in the units of ``X``.

    Returns
    -------
    Array of the shape and dtype of ``X``; row i is :func:`numerical_gradient` at ``X[i]``, with its error.

    Raises
    ------
    TypeError, ValueError: as :func:`numerical_gradient`; ValueError also where X is a single number or empty.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[3.0, 4.0], [4.0, 5.0]])
    >>> print(numerical_gradient_batch(lambda x: x[0] ** 2 + x[1] ** 2, X))
    [[ 6.  8.]
     [ 8. 10.]]

    """
    X = require_samples(X)
    if X.ndim == 1:
        return named_gradient(f, X, h, name="X", remedy=ONE_SAMPLE)
    h = require_step(h)
    return np.stack([_gradient(f, sample, h, "X", ONE_SAMPLE, row=(row,)) for row, sample in enumerate(X)])


def _partial(value: Callable[[Array, str], Array], x: Array, index: Index, h: float, name: str) -> Array:
    """Return the difference quotient along one entry of ``x``, which is moved and put back."""
    center = x[index]
    above, below = neighbours(center, h, name=name)

    def value_at(shifted: Array, place: str) -> Array:
        x[index] = shifted
        found = value(x, place)
        if x[index] != shifted:  # looked at now, for f may undo its change on the next call
            raise _changed(name)
        return found

    f_above, f_below = value_at(above, f"{name} + h"), value_at(below, f"{name} - h")
    x[index] = center
    return difference_quotient(f_above, f_below, above, below, name=name)


def _scalar_value(f: ScalarFunction, remedy: str, x: Array, point: str) -> Array:
    value = require_number(f(x), remedy)
    require_finite_value(value, point)
    return value  # type: ignore[no-any-return]


def _changed(name: str) -> Exception:
    return expected(
        "f",
        "leave its argument as it is",
        f"{name} changed by f",
        "later partials would be taken at another point",
        "Let f work on a copy of its argument.",
    )


def _entries_share_memory(x: Array) -> bool:
    """Return whether entries of ``x`` may overlap: from the smallest stride on, each must step past all before."""
    reach = x.itemsize
    for stride, length in sorted((abs(s), n) for s, n in zip(x.strides, x.shape, strict=True) if n > 1):
        if stride < reach:
            return True
        reach += stride * (length - 1)
    return False
