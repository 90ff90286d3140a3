"""Complex numbers as pairs of real ones, their real and imaginary parts along a last axis."""

from typing import Any

import numpy as np

from numgrad._validation import entry
from verification._typing import Array

__all__ = ["as_complex", "component", "conjugated", "paired", "paired_map"]


def paired(values: Any) -> Array:
    """Return complex numbers (...) as pairs (..., 2), a copy in their precision; of real ones the second are 0.

    >>> paired([1 + 2j, 3])
    array([[1., 2.],
           [3., 0.]])
    """
    array = np.asarray(values)
    array = np.array(array, dtype=np.result_type(array, np.complex64), order="C")
    return array[..., np.newaxis].view(array.real.dtype)


def as_complex(pairs: Array) -> Array:
    """Return pairs (..., 2), which lie one beside the other in memory, as complex numbers (...) in the same memory.

    >>> as_complex(np.array([[1.0, 2.0], [3.0, 0.0]]))
    array([1.+2.j, 3.+0.j])
    """
    return pairs.view(np.result_type(pairs, np.complex64))[..., 0]


def conjugated(pairs: Array) -> Array:
    """Return the pairs (..., 2) of the conjugate numbers."""
    return np.asarray(pairs * np.array([1.0, -1.0], pairs.dtype))


def paired_map(matrix: Array, *, inputs: bool, outputs: bool) -> Array:
    """Return a matrix (m, n) as the real one of the same map, with pairs of what is complex: (m or 2m, n or 2n).

    >>> paired_map(np.array([[2 + 3j]]), inputs=True, outputs=True)
    array([[ 2., -3.],
           [ 3.,  2.]])
    """
    columns = np.stack([matrix, 1j * matrix], axis=-1) if inputs else matrix[..., np.newaxis]
    rows = np.stack([columns.real, columns.imag], axis=1) if outputs else columns.real
    return rows.reshape(len(matrix) * (1 + outputs), matrix.shape[1] * (1 + inputs))


def component(name: str, index: tuple[int, ...]) -> str:
    """Name a part of an entry of a complex array.

    >>> component("z", (3, 1))
    'z[3].imag'
    """
    return f"{entry(name, index[:-1])}.{('real', 'imag')[index[-1]]}"
