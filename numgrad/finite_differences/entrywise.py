"""Gradients of scalar functions, one entry after another."""

import numpy as np

from numgrad._typing import Array, ArrayLike, ScalarFunction
from numgrad._validation import (
    entry,
    expected,
    require_differentiable,
    require_finite_value,
    require_number,
    require_positive,
)
from numgrad.finite_differences.steps import neighbours, require_samples, step_taken

__all__ = ["numerical_gradient", "numerical_gradient_batch"]

Index = tuple[int, ...]


def numerical_gradient(f: ScalarFunction, x: ArrayLike, h: float = 1e-4) -> Array:
    """Return the gradient of a scalar function by central differences, one entry after another.

    The error of each partial is at most h² M₃ / 6 + ε_f / h (see the package's docstring).

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
    return _gradient(f, require_differentiable("x", x), require_positive("h", h, example=1e-4))


def _gradient(f: ScalarFunction, x: Array, h: float, *, row: int | None = None) -> Array:
    """Return the gradient at ``x``, which refusals call x, or row ``row`` of X."""
    point = x if x.flags.writeable and not _entries_share_memory(x) else x.copy()
    original = point.copy()
    gradient = np.empty(x.shape, x.dtype)
    try:
        for index in np.ndindex(point.shape):
            name = entry("x", index) if row is None else entry("X", (row, *index))
            gradient[index] = _partial(f, point, index, h, name)
        _require_unchanged(point, original)
    finally:
        point.flags.writeable = True  # whatever f has made of it
        point[...] = original
    return gradient


def numerical_gradient_batch(f: ScalarFunction, X: ArrayLike, h: float = 1e-4) -> Array:
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
        return numerical_gradient(f, X, h)
    h = require_positive("h", h, example=1e-4)
    return np.stack([_gradient(f, sample, h, row=row) for row, sample in enumerate(X)])


def _partial(f: ScalarFunction, x: Array, index: Index, h: float, name: str) -> Array:
    """Return the difference quotient along one entry of ``x``, which is moved and put back."""
    center = x[index]
    above, below = neighbours(x, index, h)
    x[index] = above
    f_above = _scalar_value(f, x, f"{name} + h")
    x[index] = below
    f_below = _scalar_value(f, x, f"{name} - h")
    x[index] = center
    with np.errstate(over="ignore"):
        slope = np.asarray((f_above - f_below) / step_taken(above, below)).astype(x.dtype)
    if not np.isfinite(slope):
        reason, remedy = f"f changes by more than {x.dtype} holds", "Divide f by a constant, or pass x in float64."
        raise expected(f"the slope of f at {name}", "be finite", f"{slope}", reason, remedy)
    return slope


def _scalar_value(f: ScalarFunction, x: Array, point: str) -> float:
    remedy = (
        "Sum or average the losses inside f; for the gradient of each row's own value call "
        "numerical_gradient_batch or per_sample_gradient."
    )
    value = require_number(f(x), remedy)
    require_finite_value(value, point)
    return value  # type: ignore[no-any-return]


def _require_unchanged(x: Array, original: Array) -> None:
    if not np.array_equal(x, original):
        raise expected(
            "f",
            "leave its argument as it is",
            "an x that f has changed",
            "later partials would be taken at another point",
            "Let f work on a copy, for example x.copy().",
        )


def _entries_share_memory(x: Array) -> bool:
    """Return whether entries of ``x`` may overlap: from the smallest stride on, each must step past all before."""
    reach = x.itemsize
    for stride, length in sorted((abs(s), n) for s, n in zip(x.strides, x.shape, strict=True) if n > 1):
        if stride < reach:
            return True
        reach += stride * (length - 1)
    return False
