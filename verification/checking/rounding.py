"""How claimed derivatives are rounded: the precision that they are stated in, and what a few roundings move."""

from typing import Any

import numpy as np

from verification._typing import Array, Mask

__all__ = ["shaken", "stated_precision"]


def stated_precision(array: Array, dtype: np.dtype[Any]) -> float:
    """Return the precision that an array may be stated in: that of its dtype, if x has no more, or that of float32.

    Numbers of float64 that float32 holds too are taken for float32, if most of them need its last bits; integers and
    other short numbers do not. An array in float16 beside an x that is more precise is a fault, and gets no such grant.
    """
    double, single = float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps)
    own = float(np.finfo(array.dtype).eps)
    if own > single:
        return own if own <= float(np.finfo(dtype).eps) else double
    with np.errstate(all="ignore"):
        held = array.astype(np.float32)
    is_single = bool((held == array).all()) and 2 * _last_bits(held).sum() > np.count_nonzero(held)
    return max(own, single if is_single else double)


def _last_bits(array: Array) -> Mask:
    """Return where numbers of float32 need the last two of its bits, as three of four do that were rounded to it."""
    return np.asarray(np.ascontiguousarray(array).view(np.uint32) & 3 != 0)


def shaken(array: Array, eps: float, rng: np.random.Generator) -> Array:
    """Return an array each entry of which is moved by a few roundings; of 0 there are none."""
    eps = max(eps, float(np.finfo(array.dtype).eps))
    return np.asarray(array * (1 + 4 * eps * rng.choice([-1.0, 1.0], array.shape)), dtype=array.dtype)
