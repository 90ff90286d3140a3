"""The chapter's numerical gradients: central differences at a fixed step.

The partial derivative along entry i is taken as

    (f(x + h e_i) - f(x - h e_i)) / (x₊ - x₋)

where x₊ and x₋ are the floats that x_i + h and x_i - h are rounded to: the divisor is the step really taken,
not 2 h. Its error is at most h² M₃ / 6 + ε_f / h, with M₃ the largest |f‴| along the entry within the step and
ε_f the absolute noise of f, at least eps · max |f|.
"""

from collections.abc import Iterator

import numpy as np

from numgrad._typing import Array, ArrayLike, RowFunction, ScalarFunction
from numgrad._validation import (
    entry,
    expected,
    first_index,
    require_batch,
    require_differentiable,
    require_finite_value,
    require_number,
    require_positive,
)

__all__ = ["numerical_gradient", "numerical_gradient_batch", "per_sample_gradient"]

Index = tuple[int, ...]


def numerical_gradient(f: ScalarFunction, x: ArrayLike, h: float = 1e-4) -> Array:
    """Return the gradient of a scalar function by central differences, one entry after another.

    The error of each partial is at most h² M₃ / 6 + ε_f / h (see the module's docstring).

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
    ValueError: f returns an array, is not finite at a shifted point, or changes x; x is not finite;
        h is not positive, or so small that x + h rounds to x.

    References
    ----------
    W. H. Press et al. (2007), Numerical Recipes, 3rd ed., section 5.7.

    Examples
    --------
    >>> import numpy as np
    >>> print(numerical_gradient(lambda x: x[0] ** 2 + x[1] ** 2, np.array([3.0, 4.0])))
    [6. 8.]

    """
    x = require_differentiable("x", x)
    h = require_positive("h", h)
    point = x if x.flags.writeable and not _entries_share_memory(x) else x.copy()
    original = point.copy()
    gradient = np.empty(x.shape, x.dtype)
    try:
        for index in np.ndindex(point.shape):
            gradient[index] = _partial(f, point, index, h)
        _require_unchanged(point, original)
    finally:
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
    X = _require_samples(X)
    if X.ndim == 1:
        return numerical_gradient(f, X, h)
    return np.stack([numerical_gradient(f, row, h) for row in X])


def per_sample_gradient(f: RowFunction, X: ArrayLike, h: float = 1e-4) -> Array:
    """Return the gradient of each row's own loss by shifting one column of all rows at once.

    This is the chapter's second batch gradient repaired. It needs 2 D evaluations of f on the whole batch instead
    of 2 N D on single rows, and is right only where row i of f depends on row i of X alone. That is
    proven first, by 2 ⌈log2 N⌉ + 1 further evaluations that move one half of the rows and look whether the
    values of the other half change, for halves that part every pair of rows.

    Parameters
    ----------
    f: maps a batch (N, D), or (N, ...), to one number a row, (N,).
    X: finite floats, shape (N, D) or (N, ...); one sample (D,) is taken to :func:`numerical_gradient`.
    h: step, in the units of ``X``.

    Returns
    -------
    Array of the shape of ``X``, in float64 (points and differences are, whatever the dtype of ``X``);
    its error is that of :func:`numerical_gradient`. ``X`` itself is never moved: f sees copies.

    Raises
    ------
    TypeError: X does not hold floats; f computes in less than float64.
    ValueError: f returns one number, keeps a dimension, or otherwise not one value a row; a row of f depends
        on another row of X; f is not finite; X is empty; h is not positive or is lost.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[3.0, 4.0], [4.0, 5.0]])
    >>> print(per_sample_gradient(lambda X: np.sum(X**2, axis=1), X))
    [[ 6.  8.]
     [ 8. 10.]]

    """
    X = _require_samples(X)
    h = require_positive("h", h)
    X = X.astype(np.result_type(X.dtype, np.float64))
    if X.ndim == 1:
        return numerical_gradient(f, X, h)
    _require_independent_rows(f, X, h)
    gradient = np.empty_like(X)
    for column in np.ndindex(X.shape[1:]):
        entries = (slice(None), *column)
        gradient[entries] = _column_partials(f, X, entries, h)
    return gradient


def _partial(f: ScalarFunction, x: Array, index: Index, h: float) -> Array:
    """Return the difference quotient along one entry of ``x``, which is moved and put back."""
    center = x[index]
    above, below = _neighbours(x, index, h)
    x[index] = above
    f_above = _scalar_value(f, x, index, "+")
    x[index] = below
    f_below = _scalar_value(f, x, index, "-")
    x[index] = center
    return (f_above - f_below) / _step_taken(above, below)


def _column_partials(f: RowFunction, X: Array, entries: tuple[slice | int, ...], h: float) -> Array:
    """Return the difference quotients along one column, a number a row."""
    above, below = _neighbours(X, entries, h)
    f_above, f_below = (_row_values_at(f, X, entries, shifted) for shifted in (above, below))
    return np.asarray((f_above - f_below) / _step_taken(above, below))


def _neighbours(x: Array, index: tuple[slice | int, ...], h: float) -> tuple[Array, Array]:
    """Return the floats that ``x[index] ± h`` are rounded to, in the precision of ``x``."""
    center = np.asarray(x[index])
    above, below = (center + h).astype(x.dtype), (center - h).astype(x.dtype)
    lost = (above == center) | (below == center)
    if lost.any():
        raise expected(
            "h",
            "move every entry of x",
            f"h={h:g} beside an entry of {center[lost].flat[0]:g} in {x.dtype}",
            "x + h rounds to x and the step is lost",
            "Pass a larger h, x in a higher precision, or x in other units.",
        )
    return above, below


def _step_taken(above: Array, below: Array) -> Array:
    wide = np.result_type(above.dtype, np.float64)
    return np.asarray(above.astype(wide) - below.astype(wide))


def _scalar_value(f: ScalarFunction, x: Array, index: Index, sign: str) -> float:
    remedy = (
        "Sum or average the losses inside f; for the gradient of each row's own value call "
        "numerical_gradient_batch or per_sample_gradient."
    )
    value = require_number(f(x), remedy)
    require_finite_value(value, f"{entry('x', index)} {sign} h")
    return value  # type: ignore[no-any-return]


def _row_values_at(f: RowFunction, X: Array, entries: tuple[slice | int, ...], shifted: Array) -> Array:
    """Return the values of f with one column of a copy of ``X`` replaced; they must be finite."""
    point = X.copy()
    point[entries] = shifted
    values = _row_values(f, point)
    for row in np.flatnonzero(~np.isfinite(values))[:1]:
        place = entry("X", (int(row), *(i for i in entries if isinstance(i, int))))
        require_finite_value(values[row], f"{place} = {point[row][entries[1:]]:g}")
    return values


def _row_values(f: RowFunction, X: Array) -> Array:
    """Return f(X), which must be one float64 a row."""
    values = np.asarray(f(X))
    rows = (len(X),)
    if values.shape != rows:
        reason, remedy = _shape_advice(values.shape, rows)
        raise expected("f", f"return one value a row, shape {rows},", f"shape {values.shape}", reason, remedy)
    if values.dtype.kind not in "biuf":
        raise expected(
            "f",
            "return real numbers",
            f"dtype={values.dtype}",
            "only they have this difference quotient",
            "Return floats.",
            kind=TypeError,
        )
    if values.dtype in (np.float16, np.float32):
        raise expected(
            "f",
            "compute in float64",
            f"values of dtype={values.dtype}",
            "their rounding, divided by h, leaves three digits or none",
            "Convert what f multiplies X with to float64, or return float64.",
            kind=TypeError,
        )
    return values


def _shape_advice(shape: tuple[int, ...], rows: tuple[int, ...]) -> tuple[str, str]:
    if shape == ():
        reason = "every row would receive the slope of the batch total"
        return reason, "Return each row's loss unreduced, or call numerical_gradient for a scalar loss."
    if shape == (*rows, 1):
        return "a dimension was kept", "Return f(X)[:, 0], or sum without keepdims."
    reason = "the rows of X are not samples to f, or f was written for one sample"
    return reason, "Call numerical_gradient for parameters, numerical_gradient_batch for a one-sample function."


def _require_independent_rows(f: RowFunction, X: Array, h: float) -> None:
    """Refuse f if moving some rows of X changes the value of a row that stays.

    Two rows are parted by the first bit in which their numbers differ, so ⌈log2 N⌉ halvings, each taken both
    ways, put every row j into a moved half that leaves out row i. The moved rows all take one irregular step
    of about h: alike, so that what they do to a batch mean adds up, and irregular over the columns, so that
    a difference of two columns does not hide it.
    """
    values = _row_values(f, X.copy())
    irregular = np.random.default_rng(0)  # any fixed seed: the steps only must not be alike
    step = h * irregular.uniform(0.5, 1.0, X.shape[1:]) * irregular.choice([-1.0, 1.0], X.shape[1:])
    for moved in _halves(len(X)):
        point = np.where(np.expand_dims(moved, tuple(range(1, X.ndim))), X + step, X)
        changes = np.abs(_row_values(f, point) - values)[~moved]
        # Below a few roundings of f a change is no more than the difference quotient's own noise.
        dependent = ~(changes <= 8 * np.finfo(X.dtype).eps * np.abs(values[~moved]))
        if dependent.any() and np.isfinite(values).all():
            row = np.flatnonzero(~moved)[first_index(dependent)]
            raise expected(
                "f",
                "compute each row from that row of X alone",
                f"a value of row {row} that changes when other rows move",
                "shifting a column at once would add up what the rows do to one another",
                "Call numerical_gradient for a loss of the whole batch or of a parameter, "
                "numerical_gradient_batch for a one-sample function.",
            )


def _halves(rows: int) -> Iterator[np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    for bit in range((rows - 1).bit_length()):
        half = (np.arange(rows) >> bit & 1).astype(bool)
        yield half
        yield ~half


def _require_samples(X: ArrayLike) -> Array:
    X = require_differentiable("X", X)
    if X.ndim == 0:
        reason = "a batch is a stack of samples"
        raise expected("X", "have shape (N, D)", "a single number", reason, "Pass X with a row a sample.")
    return require_batch("X", X)


def _require_unchanged(x: Array, original: Array) -> None:
    if x.tobytes() != original.tobytes():
        raise expected(
            "f",
            "leave its argument as it is",
            "an x that f has changed",
            "later partials would be taken at another point",
            "Let f work on a copy, for example x.copy().",
        )


def _entries_share_memory(x: Array) -> bool:
    """Return whether entries of ``x`` may overlap: from the innermost stride outwards, each must step past all before."""
    reach = x.itemsize
    for stride, length in sorted((abs(s), n) for s, n in zip(x.strides, x.shape, strict=True) if n > 1):
        if stride < reach:
            return True
        reach += stride * (length - 1)
    return False
