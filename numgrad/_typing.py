"""The types that several modules speak of."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Array", "ArrayLike", "Indices", "Params", "Rng", "RowFunction", "ScalarFunction"]

Array = NDArray[np.floating[Any]]
"""An array of floats, of any shape and precision."""

Indices = NDArray[np.intp]
"""Numbers of entries, rows or samples."""

Params = dict[str, Array]
"""The arrays of a net by name."""

ScalarFunction = Callable[[Array], Any]
"""A function of one array that returns one number."""

RowFunction = Callable[[Array], Any]
"""A function of a batch, shape (N, ...), that returns one number a row, shape (N,)."""

Rng = np.random.Generator | int | None
"""What ``numpy.random.default_rng`` takes: a generator, a seed, or None for fresh entropy."""
