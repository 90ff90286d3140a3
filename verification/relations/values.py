"""What a function makes of a batch, and when two such results are the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from numgrad._validation import as_floats
from verification._typing import Array
from verification.comparison import Verdict, compare
from verification.measurement import granted

__all__ = ["Value", "precision", "same"]


@dataclass(frozen=True)
class Value:
    """What a function has returned, as an array; or what it has raised, or what is wrong with what it returned."""

    array: Array | None
    error: Exception | None = None
    is_returned: bool = True

    @classmethod
    def of(cls, function: Callable[[Array], Any], X: Array) -> "Value":
        """Return what a function makes of a copy."""
        try:
            with np.errstate(all="ignore"):
                value = function(X.copy())
        except Exception as error:  # noqa: BLE001 - whatever it does to a batch that it was not written for
            return cls(None, error, is_returned=False)
        try:
            return cls(as_floats("the result", value).copy())
        except (TypeError, ValueError) as error:
            return cls(None, error)


def precision(array: Array) -> float:
    """Return the relative spacing of the numbers of an array, or of float16 if they are integers."""
    return float(np.finfo(np.result_type(array, np.float16)).eps)


def same(one: Array, other: Array, *, eps: float, floor: float = 0.0) -> bool:
    """Return whether two arrays are the same but for rounding in a precision of ``eps``, and but for a floor."""
    if one.shape != other.shape:
        return False
    finite = np.isfinite(one)
    if not finite.all():
        rest = (np.where(finite, values, 0) for values in (one, other))
        return np.array_equal(one[~finite], other[~finite], equal_nan=True) and same(*rest, eps=eps, floor=floor)
    bound = granted(eps, other, np.abs(other).max(initial=0.0)) + floor
    return compare("gradient", one, other, np.broadcast_to(bound, other.shape)).verdict is not Verdict.DISAGREES
