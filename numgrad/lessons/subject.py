"""A function at a point, to be differentiated in a lesson."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from numgrad.error_curves import error_curve

__all__ = ["Subject"]


class Subject(NamedTuple):
    """A function of one number, where it is looked at, and what it is called."""

    name: str
    """Plain text."""
    f: Callable[[Any], Any]
    x: float
    exact: Callable[[Any], Any] | None = None
    """f′, if it is known."""

    @property
    def length(self) -> float:
        """The length on which f bends about x.

        >>> Subject("sin", np.sin, 1.0).length > 0.1
        True
        """
        return error_curve(self.f, self.x, schemes=["central"], steps=[1.0]).length

    def value(self, point: Any) -> float:
        """Return f at a NumPy scalar; NaN outside of its domain.

        >>> import math
        >>> Subject("log", math.log, 1.0).value(np.float64(-1.0))
        nan
        """
        with np.errstate(all="ignore"):
            try:
                return float(self.f(point))
            except (ValueError, ArithmeticError):
                return float("nan")
