"""The steps that floats really take, and the points at which they are taken."""

import numpy as np

from numgrad._typing import Array, ArrayLike
from numgrad._validation import expected, require_batch, require_differentiable

__all__ = ["neighbours", "require_samples", "step_taken"]


def neighbours(x: Array, index: tuple[slice | int, ...], h: float) -> tuple[Array, Array]:
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


def step_taken(above: Array, below: Array) -> Array:
    """Return above - below in at least float64, the divisor of the difference."""
    wide = np.result_type(above.dtype, np.float64)
    return np.asarray(above.astype(wide) - below.astype(wide))


def require_samples(X: ArrayLike) -> Array:
    """Return ``X`` as a batch from which steps can be taken, (N, ...) or one sample (D,)."""
    X = require_differentiable("X", X)
    if X.ndim == 0:
        reason = "a batch is a stack of samples"
        raise expected("X", "have shape (N, D)", "a single number", reason, "Pass X with a row a sample.")
    return require_batch("X", X)
