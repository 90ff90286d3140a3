"""Which of its ten ways to fail a column-at-a-time batch gradient takes on a function, told from f alone."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from numgrad._validation import as_array, as_floats, expected
from numgrad.finite_differences.noise import repeatable_values
from numgrad.finite_differences.steps import STEP, require_samples, require_step
from verification._typing import Array, ArrayLike
from verification.diagnosis.failure_mode import FailureMode
from verification.probes import BatchFunction, Neighbourhood

__all__ = ["diagnose_batch_gradient"]

FLOAT64 = np.dtype(np.float64).itemsize


def diagnose_batch_gradient(f: Callable[[Array], Any], X: ArrayLike, h: float = STEP) -> FailureMode | None:
    """Name what makes it wrong to differentiate ``f`` at ``X`` by shifting whole columns; None if nothing does.

    Shifting whole columns is what the chapter's v2 does, :func:`numgrad.flawed.numerical_gradient_batch_v2`.
    First the array is looked at, then the values beside it, then how they answer when rows are moved or swapped:
    in a total of samples each row adds its own, the rows of a weight act together; values of samples move with
    their rows, even when rows are coupled. Where a function could be either, the name is a guess: a weight with
    as many rows as there are losses may be called coupled rows. An array of one or of more than two dimensions is
    never v2's to take, though it may be right by luck where one entry is all that is shifted.

    Parameters
    ----------
    f: the function whose gradient is wanted; of an array of the shape of ``X``.
    X: the point, numbers of any shape and dtype; is not changed.
    h: the step, in the units of ``X``.

    Returns
    -------
    The first of the ten modes that applies, or None.

    Raises
    ------
    TypeError: X or what f returns does not hold real numbers.
    ValueError: X is a single number, empty or not finite; h is not positive; f returns a table, which has no one
        slope a row, or is random. What f raises at X is passed on.

    Examples
    --------
    >>> X = np.array([[3.0, 4.0], [4.0, 5.0]])
    >>> print(diagnose_batch_gradient(lambda X: np.sum(X**2, axis=1), X))
    None
    >>> diagnose_batch_gradient(lambda X: np.sum((X - X.mean(axis=0)) ** 2, axis=1), X).title
    'coupled rows'

    """
    X, h = as_array("X", X), require_step(h)
    point = require_samples(as_floats("X", X))
    if X.dtype.kind in "biu":
        return FailureMode.INTEGER_INPUT
    if X.dtype.itemsize < FLOAT64 or np.spacing(np.abs(point).max()) > h / 1000:
        return FailureMode.LOW_PRECISION
    if X.ndim == 1:
        return FailureMode.INPUT_NOT_RESTORED
    if X.ndim > 2:
        return FailureMode.MORE_DIMENSIONS
    return _diagnose_values(BatchFunction(f), point, h)


def _diagnose_values(f: BatchFunction, X: Array, h: float) -> FailureMode | None:
    """Name the mode by what f makes of a matrix of float64."""
    of_one_sample = f.takes_one_sample(X)
    try:
        f(X)
    except Exception:
        if of_one_sample:
            return FailureMode.ONE_SAMPLE_FUNCTION
        raise
    values = repeatable_values(f, X)
    if values.dtype.itemsize < FLOAT64:
        return FailureMode.LOW_PRECISION
    if not all(map(f.is_finite, _points_of_v2(X, h))):
        return FailureMode.DOMAIN_EDGE
    return _diagnose_shape(values.shape, Neighbourhood(f, X, h), of_one_sample=of_one_sample)


def _points_of_v2(X: Array, h: float) -> Iterator[Array]:
    """Yield X, and X with each column up and down a step."""
    yield X
    for column in np.eye(X.shape[1]):
        yield X + h * column
        yield X - h * column


def _diagnose_shape(shape: tuple[int, ...], nearby: Neighbourhood, *, of_one_sample: bool) -> FailureMode | None:
    """Name the mode by the shape of the values of f, and by what moves them."""
    (rows, _), size = nearby.X.shape, math.prod(shape)
    if rows == size == 1:
        return None
    if shape == (rows, 1):
        return FailureMode.KEPT_DIMENSION
    if size == 1:
        return _diagnose_number(shape, nearby)
    if len(shape) == 1 and size > 0:
        return _diagnose_vector(size, nearby, of_one_sample=of_one_sample)
    if of_one_sample:
        return FailureMode.ONE_SAMPLE_FUNCTION
    reason, remedy = "each row has one slope along a column", "Return one loss a row, or one number."
    raise expected("f", "return one number or one a row", f"shape {shape}", reason, remedy)


def _diagnose_number(shape: tuple[int, ...], nearby: Neighbourhood) -> FailureMode:
    """Name the mode by the rows that move the one number."""
    if shape == nearby.X.shape[1:] and nearby.rows_moving(0) <= {0}:
        return FailureMode.ONE_SAMPLE_FUNCTION  # of samples of one coordinate, for which it takes the first row
    return FailureMode.REDUCED_OUTPUT if nearby.is_a_total() else FailureMode.SHARED_PARAMETER


def _diagnose_vector(length: int, nearby: Neighbourhood, *, of_one_sample: bool) -> FailureMode | None:
    """Name the mode by which rows move which values."""
    rows = len(nearby.X)
    moving = [nearby.rows_moving(value) for value in range(length)]
    if length == rows and all(found <= {row} for row, found in enumerate(moving)):
        return FailureMode.LOW_PRECISION if nearby.is_single_precision() else None
    if nearby.values_follow_their_columns():
        return FailureMode.ONE_SAMPLE_FUNCTION
    if length == rows and nearby.rows_are_alike():
        return FailureMode.COUPLED_ROWS
    if of_one_sample:
        return FailureMode.ONE_SAMPLE_FUNCTION
    by_all = all(len(found) == rows for found in moving)
    return FailureMode.SHARED_PARAMETER if length != rows or (by_all and rows > 2) else FailureMode.COUPLED_ROWS
