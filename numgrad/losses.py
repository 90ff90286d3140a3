"""The losses of the chapter.

In the cross entropies 0 · log 0 counts as 0, and a target on a zero probability gives inf. A negative
probability has no logarithm: where its target is not 0, the loss is NaN.
"""

from typing import Any

import numpy as np

from numgrad._typing import Array, ArrayLike
from numgrad._validation import (
    as_floats,
    expected,
    require_batch,
    require_labels,
    require_not_negative,
    require_targets,
)
from numgrad.activations import log_softmax

__all__ = [
    "cross_entropy_error",
    "cross_entropy_error_labels",
    "cross_entropy_error_one_hot",
    "mean_squared_error",
    "softmax_cross_entropy",
]


def mean_squared_error(y: ArrayLike, t: ArrayLike) -> Any:
    """Return half the sum of the squared errors, ½ Σ (y - t)².

    Parameters
    ----------
    y: predictions, any shape.
    t: targets, the shape of ``y``; nothing is broadcast.

    Returns
    -------
    One number, summed over all entries (the chapter's form: a sum in spite of its name).

    Raises
    ------
    ValueError: the shapes differ, there are no entries, or a target is not finite.
    TypeError: an array does not hold real numbers.

    Examples
    --------
    >>> float(mean_squared_error([0.1, 0.05, 0.6, 0.05, 0.2], [0, 0, 1, 0, 0]))
    0.10750000000000003

    """
    y = require_batch("y", as_floats("y", y))
    t = require_targets(t, y, remedy="Pass one target for each entry of y.")
    return 0.5 * np.sum((y - t) ** 2)


def cross_entropy_error(y: ArrayLike, t: ArrayLike, delta: float = 1e-7) -> Any:
    """Return the cross entropy of one sample, -Σ t log(y + delta); of a batch the sum, not the mean.

    ``delta`` keeps the logarithm of a zero probability finite, at the price of an error of up to
    delta · Σ t / y.

    Parameters
    ----------
    y: probabilities, any shape.
    t: one-hot or soft targets, the shape of ``y``.
    delta: what is added to each probability; 0 gives the exact form.

    Returns
    -------
    One number, summed over all entries. The mean of a batch is :func:`cross_entropy_error_one_hot`.

    Raises
    ------
    ValueError: the shapes differ, there are no entries, a target is not finite, or delta is negative.
    TypeError: an array does not hold real numbers.

    Examples
    --------
    >>> float(cross_entropy_error([0.1, 0.05, 0.6, 0, 0.1, 0.05, 0, 0.1], [0, 0, 1, 0, 0, 0, 0, 0]))
    0.510825457099338

    """
    y = require_batch("y", as_floats("y", y))
    t = require_targets(t, y, remedy="Pass one-hot targets; for class numbers call the labels form.")
    delta = require_not_negative("delta", delta, reason="it keeps the logarithm away from zero", example=1e-7)
    return -np.sum(_where_targeted(t, _log(y + delta)))


def cross_entropy_error_one_hot(y: ArrayLike, t: ArrayLike) -> Any:
    """Return the mean cross entropy of a batch, -1/N Σ_n Σ_k t_nk log y_nk.

    Parameters
    ----------
    y: probabilities (N, K), or (K,) for one sample.
    t: one-hot or soft targets, the shape of ``y``.

    Returns
    -------
    One number, the mean over the batch.

    Raises
    ------
    ValueError: the shapes differ or are not (N, K) or (K,), the batch is empty, a target is not finite.
    TypeError: an array does not hold real numbers.

    Examples
    --------
    >>> float(cross_entropy_error_one_hot([[0.5, 0.5], [1.0, 0.0]], [[1, 0], [1, 0]]))
    0.34657359027997264

    """
    y = _require_rows("y", as_floats("y", y))
    t = require_targets(t, y, remedy="For class numbers call cross_entropy_error_labels.")
    return -np.mean(_where_targeted(t, _log(y)))


def cross_entropy_error_labels(y: ArrayLike, t: ArrayLike) -> Any:
    """Return the mean cross entropy of a batch, -1/N Σ_n log y[n, t_n].

    Parameters
    ----------
    y: probabilities (N, K), or (K,) for one sample.
    t: class numbers (N,), or one class number for one sample; integers from 0 to K - 1.

    Returns
    -------
    One number, the mean over the batch.

    Raises
    ------
    ValueError: t is one-hot, out of range or not one a row; y is not (N, K) or (K,), or is empty.
    TypeError: t does not hold integers, or y does not hold real numbers.

    Examples
    --------
    >>> float(cross_entropy_error_labels([[0.5, 0.5], [1.0, 0.0]], [0, 0]))
    0.34657359027997264

    """
    y = _require_rows("y", as_floats("y", y))
    return -np.mean(_log(_of_class(y, require_labels(t, y))))


def softmax_cross_entropy(logits: ArrayLike, t: ArrayLike) -> Any:
    """Return the mean cross entropy of softmax(logits), from the logits by log-sum-exp.

    The loss of a row is Σ_k t_k (log Σ_j exp(a_j) - a_k): finite also where a probability underflows to 0.

    Parameters
    ----------
    logits: array (N, K), or (K,) for one sample.
    t: one-hot or soft targets, the shape of ``logits``; or class numbers, one a row.

    Returns
    -------
    One number, the mean over the batch.

    Raises
    ------
    ValueError: as :func:`cross_entropy_error_one_hot` or :func:`cross_entropy_error_labels`.
    TypeError: as these.

    Examples
    --------
    >>> float(softmax_cross_entropy([[0.0, 0.0], [0.0, -1000.0]], [0, 1]))
    500.34657359027995

    """
    logits = _require_rows("logits", as_floats("logits", logits))
    log_probabilities = log_softmax(logits)
    if np.ndim(t) < logits.ndim:
        return -np.mean(_of_class(log_probabilities, require_labels(t, logits, y_name="logits")))
    t = require_targets(t, logits, y_name="logits", remedy="Pass one-hot targets or one class number a row.")
    return -np.mean(_where_targeted(t, log_probabilities))


def _require_rows(name: str, y: Array) -> Array:
    if y.ndim not in (1, 2):
        reason = "the mean is taken over the rows of one batch"
        raise expected(name, "have shape (N, K) or (K,)", f"shape {y.shape}", reason, f"Reshape {name}.")
    return require_batch(name, y)


def _log(y: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):  # the module's docstring says what comes of it
        return np.asarray(np.log(y))


def _where_targeted(t: Array, log_y: Array) -> Array:
    """Return t · log y summed along the last axis, where t = 0 counts as 0 even beside -inf."""
    products = np.zeros(t.shape, np.result_type(t, log_y))
    np.multiply(t, log_y, out=products, where=t != 0)
    return np.asarray(products.sum(axis=-1))


def _of_class(y: Array, labels: Any) -> Array:
    """Return from each row of ``y`` the entry of its class."""
    return np.asarray(np.take_along_axis(y, np.expand_dims(labels, -1), axis=-1)[..., 0])
