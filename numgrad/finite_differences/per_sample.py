"""The gradient of each row's own value, by shifting a column of all rows at once where that is right."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from numgrad._typing import Array, ArrayLike, RowFunction
from numgrad._validation import as_floats, entry, expected, require_finite_value
from numgrad.finite_differences.entrywise import named_gradient
from numgrad.finite_differences.noise import following, is_single_precision, repeatable_values
from numgrad.finite_differences.steps import STEP, difference_quotient, neighbours, require_samples, require_step

__all__ = ["per_sample_gradient"]

OF_ONE_SAMPLE = "Let f make one number of the sample, or pass a batch of one, X[np.newaxis]."


def per_sample_gradient(f: RowFunction, X: ArrayLike, h: float = STEP) -> Array:
    """Return the gradient of each row's own loss by shifting one column of all rows at once.

    This is the chapter's second batch gradient repaired. It needs 2 D evaluations of f on the whole batch instead
    of 2 N D on single rows, and is right only where row i of f depends on row i of X alone. That is
    tested first, by 4 ⌈log2 N⌉ + 2 further evaluations that move one half of the rows up and down and look
    whether the values of the other half change, for halves that part every pair of rows. Where they change at
    all, up to ten more for each such move tell rounding from an answer.

    Parameters
    ----------
    f: maps a batch (N, D), or (N, ...), to one number a row, (N,).
    X: finite floats, shape (N, D) or (N, ...); one sample (D,) is taken to :func:`numerical_gradient`.
    h: step, in the units of ``X``.

    Returns
    -------
    Array of the shape of ``X``, in float64 (points and differences are, whatever the dtype of ``X``);
    its error is that of :func:`numerical_gradient`, and what rows do to one another within a few times the noise
    of f. ``X`` itself is never moved: f must use its argument.

    Raises
    ------
    TypeError: X does not hold floats; f returns less than float64, or, of a batch, float64 that all fits float32.
    ValueError: f returns one number, keeps a dimension, or otherwise not one value a row; a row of f depends
        on another row of X, is not finite, or, of a batch, is random; X is empty or not finite; the slope
        overflows; h is not positive or is lost.

    References
    ----------
    A. R. Curtis, M. J. D. Powell, J. K. Reid (1974), On the estimation of sparse Jacobian matrices, IMA Journal of
    Applied Mathematics 13(1): entries that no output shares may be shifted together.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[3.0, 4.0], [4.0, 5.0]])
    >>> print(per_sample_gradient(lambda X: np.sum(X**2, axis=1), X))
    [[ 6.  8.]
     [ 8. 10.]]

    """
    X, h = require_samples(X), require_step(h)
    X = X.astype(np.result_type(X.dtype, np.float64))
    if X.ndim == 1:
        return named_gradient(lambda x: _require_double_precision(f(x)), X, h, name="X", remedy=OF_ONE_SAMPLE)
    above, below = neighbours(X, h, name="X")
    _require_independent_rows(f, X, h)
    f_above, f_below = _values_of_shifted(f, X, above), _values_of_shifted(f, X, below)
    if is_single_precision(f_above, f_below, above, below):
        raise _low_precision("values that all fit float32")
    return difference_quotient(f_above, f_below, above, below, name="X")


def _values_of_shifted(f: RowFunction, X: Array, shifted: Array) -> Array:
    """Return for each entry of ``X`` the value of its row, where its column is shifted; all must be finite."""
    columns = []
    for column in np.ndindex(X.shape[1:]):
        entries = (slice(None), *column)
        point = X.copy()
        point[entries] = shifted[entries]
        values = _row_values(f, point)
        for row in np.flatnonzero(~np.isfinite(values))[:1]:
            require_finite_value(values[row], f"{entry('X', (int(row), *column))} = {shifted[(row, *column)]:g}")
        columns.append(values)
    return np.stack(columns, axis=1).reshape(X.shape)


def _row_values(f: RowFunction, X: Array) -> Array:
    """Return f(X), which must be one float64 a row."""
    values = as_floats("f(X)", f(X)).copy()  # f may use one array for all its results
    rows = (len(X),)
    if values.shape != rows:
        reason, remedy = _shape_advice(values.shape, rows)
        raise expected("f", f"return one value a row, shape {rows},", f"shape {values.shape}", reason, remedy)
    _require_double_precision(values)
    return values


def _require_double_precision(values: Any) -> Any:
    """Return ``values``, whatever they are, unless their dtype is a shorter float than float64."""
    dtype = getattr(values, "dtype", None)
    if dtype in (np.float16, np.float32):
        raise _low_precision(f"values of dtype={dtype}")
    return values


def _low_precision(got: str) -> Exception:
    reason = "their rounding, divided by h, leaves three digits or none"
    remedy = "Convert what f works with to float64; a step function, whose values are short too, has no slope here."
    return expected("f", "compute in float64", got, reason, remedy, kind=TypeError)


def _shape_advice(shape: tuple[int, ...], rows: tuple[int, ...]) -> tuple[str, str]:
    if shape == ():
        reason = "every row would receive the slope of the batch total"
        return reason, "Return each row's loss unreduced, or call numerical_gradient for a scalar loss."
    if shape == (*rows, 1):
        return "a dimension was kept", "Return f(X)[:, 0], or sum without keepdims."
    reason = "the rows of X are not samples to f, or f was written for one sample"
    return (
        reason,
        "Call numerical_gradient for parameters, numerical_gradient_batch for a one-sample function.",
    )


def _require_independent_rows(f: RowFunction, X: Array, h: float) -> None:
    """Refuse f if moving some rows of X changes the value of a row that stays.

    Two rows are parted by the first bit in which their numbers differ, so ⌈log2 N⌉ halvings, each taken both
    ways, put every row j into a moved half that leaves out row i. The moved rows take irregular steps of about
    h, so that what they do to another row does not cancel; all of one sign, so that it adds up in a mean; and
    then of the other, for a maximum is moved by one of the two alone.
    """
    values = repeatable_values(partial(_row_values, f), X)
    for row in np.flatnonzero(~np.isfinite(values))[:1]:
        require_finite_value(values[row], f"row {row} of X")
    step = h * np.random.default_rng(0).uniform(0.5, 1.0, X.shape)  # any fixed seed
    step = np.where((X + step == X) | (X - step == X), h, step)  # h itself is never lost
    for moved, signed in itertools.product(_halves(len(X)), (step, -step)):
        steps = np.expand_dims(moved, tuple(range(1, X.ndim))) * signed
        dependent = following(partial(_row_values, f), X, steps, values, np.flatnonzero(~moved))
        if dependent.size > 0:
            raise expected(
                "f",
                "compute each row from that row of X alone",
                f"a value of row {dependent[0]} that changes when other rows move",
                "shifting a column at once would add up what the rows do to one another",
                "Call numerical_gradient for a loss of the whole batch or of a parameter, "
                "numerical_gradient_batch for a one-sample function.",
            )


def _halves(rows: int) -> Iterator[np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    for bit in range((rows - 1).bit_length()):
        half = (np.arange(rows) >> bit & 1).astype(bool)
        yield half
        yield ~half
