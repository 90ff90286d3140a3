"""The types that several modules speak of."""

from typing import Any

from numpy.typing import ArrayLike, NDArray

from numgrad._typing import Indices, Params

__all__ = ["Array", "ArrayLike", "Indices", "Inputs", "Params", "Shape"]

Array = NDArray[Any]
"""An array of floats, or of class numbers."""

Shape = tuple[int, ...]

Inputs = dict[str, Any]
"""What a case is evaluated at, by the names of the arguments."""
