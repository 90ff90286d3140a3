"""The steps that floats really take, and the points at which they are taken."""

from typing import Any

import numpy as np

from numgrad._typing import Array, ArrayLike
from numgrad._validation import (
    entry,
    expected,
    first_index,
    require_batch,
    require_differentiable,
    require_positive,
)

__all__ = ["STEP", "difference_quotient", "neighbours", "require_samples", "require_step"]

STEP = 1e-4
"""The chapter's h."""


def require_step(h: Any) -> float:
    """Return the step ``h`` if it is a finite number above zero."""
    return require_positive("h", h, example=STEP)


def neighbours(x: Array, h: float, *, name: str) -> tuple[Array, Array]:
    """Return the floats that ``x ± h`` are rounded to, in the precision of ``x``, which refusals call ``name``."""
    x = np.asarray(x)
    with np.errstate(over="ignore"):
        above, below = (x + h).astype(x.dtype), (x - h).astype(x.dtype)
        too_long = ~np.isfinite(above - below)
    if too_long.any():
        index = first_index(too_long)
        got = f"h={h:g} beside {x[index]:g} in {x.dtype}"
        raise expected("h", f"keep {entry(name, index)} finite", got, "the step overflows", "Pass a smaller h.")
    lost = (above == x) | (below == x)
    if lost.any():
        index = first_index(lost)
        name = entry(name, index)
        raise expected(
            "h",
            f"move {name}",
            f"h={h:g} beside {x[index]:g} in {x.dtype}",
            f"{name} + h rounds to {name} and the step is lost",
            f"Pass a larger h, or {name} in a higher precision or in other units.",
        )
    return above, below


def difference_quotient(f_above: Array, f_below: Array, above: Array, below: Array, *, name: str) -> Array:
    """Return the finite slopes of f between two points, in the precision of the points, which are ``name`` moved."""
    with np.errstate(over="ignore"):
        slopes = np.asarray((f_above - f_below) / _step_taken(above, below)).astype(above.dtype)
    for index in np.argwhere(~np.isfinite(slopes))[:1]:
        place, value = entry(name, tuple(index)), slopes[tuple(index)]
        reason = f"it is more than {slopes.dtype} holds"
        raise expected(f"the slope of f at {place}", "be finite", f"{value}", reason, "Divide f by a constant.")
    return slopes


def _step_taken(above: Array, below: Array) -> Array:
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
