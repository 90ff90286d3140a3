"""Known-wrong specimens, kept as they were so that a check can be seen to catch them. Never use them."""

import numpy as np

from numgrad._typing import Array, RowFunction, ScalarFunction

__all__ = ["numerical_gradient_batch_v2"]


def numerical_gradient_batch_v2(f: RowFunction, X: Array, h: float = 1e-4) -> Array:
    """Return what the chapter's second batch gradient returned: wrong wherever rows are not samples of their own.

    It shifts a whole column at once and so adds up what all rows do to row i of f; of a scalar f each row
    receives the batch total. One sample (D,) is handed to a gradient that never puts x back.
    ``verification`` flags ten ways in which it fails; :func:`numgrad.per_sample_gradient` is the repair.

    Parameters
    ----------
    f: maps a batch (N, D) to one number a row, (N,); nothing of this is checked.
    X: a batch (N, D), or one sample (D,), which comes back changed.
    h: step; the divisor is 2 h, whatever step was really taken.

    Returns
    -------
    Array of the shape and dtype of ``X``; right only where row i of f depends on row i of X alone.

    Raises
    ------
    TypeError, ValueError: whatever NumPy makes of shapes and dtypes that do not fit.

    Examples
    --------
    >>> X = np.array([[3.0, 4.0], [4.0, 5.0], [6.0, 7.0], [1.0, 4.0]])
    >>> print(numerical_gradient_batch_v2(lambda X: np.sum(X**2, axis=1), X))
    [[ 6.  8.]
     [ 8. 10.]
     [12. 14.]
     [ 2.  8.]]
    >>> print(numerical_gradient_batch_v2(lambda X: np.sum(X**2), X))  # wrong: columns' totals in every row
    [[28. 40.]
     [28. 40.]
     [28. 40.]
     [28. 40.]]

    """
    if X.ndim == 1:
        return _numerical_grad(f, X, h)
    grad = np.zeros_like(X)
    for col in range(X.shape[1]):
        H = np.zeros_like(X)
        H[:, col] += h
        grad[:, col] = (f(X + H) - f(X - H)) / (2 * h)
    return grad


def _numerical_grad(f: ScalarFunction, x: Array, h: float) -> Array:
    grad = np.zeros_like(x)
    for dim in range(x.size):
        x_dim = x[dim]
        x[dim] = x_dim + h
        f_plus = f(x)
        x[dim] = x_dim - h
        f_minus = f(x)
        grad[dim] = (f_plus - f_minus) / (2 * h)
    return grad  # and x[dim] stays at x - h: the flaw
