"""The types that several modules speak of."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numgrad._typing import Indices, Params

__all__ = ["Array", "ArrayLike", "Indices", "Inputs", "Mask", "Params", "Shape"]

Array = NDArray[Any]
"""An array of floats, or of class numbers."""

Mask = NDArray[np.bool_]

Shape = tuple[int, ...]

Inputs = dict[str, Any]
"""What a case is evaluated at, by the names of the arguments."""
