"""Hypothesis strategies for shapes, numbers and arrays, by magnitude and dtype."""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import DTypeLike, NDArray

from numgrad._validation import expected
from verification._typing import Array, Shape

__all__ = ["arrays", "batches", "broadcastable_arrays", "filled", "numbers", "shapes"]

MANY, POOL = 256, 32
"""Of more entries, which Hypothesis has no room for, each is one of so many numbers that are drawn."""

LARGEST_SIDE, LONGEST_SIDE = 4, 12
SMALLEST, LARGEST = -6, 6
"""Powers of ten, where no others are asked for and the dtype holds them."""


@st.composite
def shapes(draw: st.DrawFn, min_dims: int = 0, max_dims: int = 3) -> Shape:
    """Shapes of small arrays, single rows and single columns among them; one in five has a longer side.

    Parameters
    ----------
    min_dims, max_dims: how many axes they have; sides are 1 to 4, the longer one 5 to 12.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import shapes
    >>> find(shapes(), lambda shape: len(shape) == 2)
    (1, 1)

    """
    sides = hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=1, max_side=LARGEST_SIDE)
    shape = list(draw(sides, label="sides"))
    if shape and draw(st.sampled_from([False] * 4 + [True]), label="one is longer"):
        axis = draw(st.integers(0, len(shape) - 1), label="axis")
        shape[axis] = draw(st.integers(LARGEST_SIDE + 1, LONGEST_SIDE), label="length")
    return tuple(shape)


@st.composite
def numbers(draw: st.DrawFn, *, smallest: int = SMALLEST, largest: int = LARGEST) -> float:
    """0, or ± a decimal of up to two digits, of size 10**smallest to 10**largest.

    Parameters
    ----------
    smallest, largest: powers of ten, two apart at least.

    Raises
    ------
    ValueError: when it is drawn from, they are not two apart, or float64 does not hold them.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import numbers
    >>> find(numbers(), lambda x: x >= 1)
    1.0

    """
    _require_apart(smallest, largest, np.dtype(np.float64))
    digits = draw(st.integers(-99, 99), label="digits")
    exponent = draw(st.integers(smallest, largest - 2), label="exponent")
    return float(f"{digits}e{exponent}")


@st.composite
def arrays(
    draw: st.DrawFn,
    shape: Shape | st.SearchStrategy[Shape],
    *,
    dtype: DTypeLike = np.float64,
    smallest: int | None = None,
    largest: int | None = None,
) -> NDArray[Any]:
    """Arrays of readable numbers: all of one magnitude, or magnitudes mixed within the array.

    Parameters
    ----------
    shape: of the arrays, or a strategy for it; of more than 256 entries each is one of 32 numbers.
    dtype: of floats, real or complex; of complex numbers both parts are drawn.
    smallest, largest: powers of ten between which sizes are, two apart at least; -6 and 6, where the dtype has them.

    Raises
    ------
    ValueError: when it is drawn from, the dtype is none of floats, or does not hold such numbers.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import arrays
    >>> find(arrays((2,)), lambda x: x.any())
    array([0., 1.])
    >>> find(arrays((2,), dtype=np.float32, smallest=-3, largest=-1), lambda x: (x > 0).all())
    array([0.001, 0.001], dtype=float32)

    """
    low, high = _powers(np.dtype(dtype), smallest, largest)
    own = draw(shape, label="shape") if isinstance(shape, st.SearchStrategy) else shape
    is_mixed = draw(st.booleans(), label="mixed magnitudes")
    exponent = draw(st.integers(low, high - 2), label="magnitude")  # drawn in any case: what draws less shrinks less
    elements = numbers(smallest=low, largest=high) if is_mixed else numbers(smallest=exponent, largest=exponent + 2)
    array: NDArray[Any] = draw(filled(own, elements), label="entries")
    if np.dtype(dtype).kind == "c":
        array = array + 1j * draw(filled(own, elements), label="imaginary parts")
    return array.astype(dtype)


def _powers(dtype: np.dtype[Any], smallest: int | None, largest: int | None) -> tuple[int, int]:
    """Return the powers of ten between which sizes are to be; refuse those that the dtype does not hold."""
    if dtype.kind not in "fc":
        reason, remedy = "the numbers are no integers", "Pass dtype=np.float64, or call labels for class numbers."
        raise expected("dtype", "be one of floats", str(dtype), reason, remedy)
    least, most = _range(dtype)
    low = max(SMALLEST, least) if smallest is None else smallest
    high = min(LARGEST, most) if largest is None else largest
    _require_apart(low, high, dtype)
    return low, high


def _range(dtype: np.dtype[Any]) -> tuple[int, int]:
    """Return the smallest and the largest power of ten that a dtype holds with all its digits."""
    info = np.finfo(dtype)
    return math.ceil(np.log10(info.tiny)), math.floor(np.log10(info.max))


def _require_apart(low: int, high: int, dtype: np.dtype[Any]) -> None:
    """Refuse powers of ten between which there is no room for two digits, or that a dtype does not hold."""
    least, most = _range(dtype)
    if not least <= low <= high - 2 <= most - 2:
        got, reason = f"{low} and {high}", f"{dtype} holds powers from {least} to {most}, and two digits span two"
        raise expected("smallest and largest", "be powers of ten two apart", got, reason, "Pass -2 and 2, for example.")


@st.composite
def broadcastable_arrays(
    draw: st.DrawFn, /, count: int = 2, *, max_dims: int = 3, **magnitudes: Any
) -> tuple[NDArray[Any], ...]:
    """Several arrays whose shapes broadcast to one another: with axes missing, and of length 1.

    Parameters
    ----------
    count: how many.
    max_dims: axes that an array has at most.
    magnitudes: keywords of :func:`arrays`.

    Raises
    ------
    ValueError: as :func:`arrays`.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import broadcastable_arrays
    >>> x, y = find(broadcastable_arrays(), lambda xy: xy[0].shape != xy[1].shape)
    >>> sorted([x.shape, y.shape])
    [(), (1,)]

    """
    drawn = hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=max_dims, max_side=LARGEST_SIDE)
    found = draw(drawn, label="shapes").input_shapes
    return tuple(draw(arrays(shape, **magnitudes), label=f"array {i}") for i, shape in enumerate(found))


@st.composite
def batches(
    draw: st.DrawFn, /, sample: Shape | st.SearchStrategy[Shape] = (3,), *, max_samples: int = 5, **magnitudes: Any
) -> NDArray[Any]:
    """Batches (N, ...) of samples, one a row; a batch of one among them.

    Parameters
    ----------
    sample: the shape of a sample, or a strategy for it.
    max_samples: N at most.
    magnitudes: keywords of :func:`arrays`.

    Raises
    ------
    ValueError: as :func:`arrays`.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import batches
    >>> find(batches((2,)), lambda X: len(X) == 3).shape
    (3, 2)

    """
    own = draw(sample, label="sample") if isinstance(sample, st.SearchStrategy) else sample
    count = draw(st.integers(1, max_samples), label="samples")
    return draw(arrays((count, *own), **magnitudes), label="batch")


def filled(shape: Shape, elements: st.SearchStrategy[float]) -> st.SearchStrategy[Array]:
    """Arrays, float64, each of whose entries is drawn for itself; of many, among some."""
    if math.prod(shape) <= MANY:
        return hnp.arrays(np.float64, shape, elements=elements, fill=st.nothing())
    pool = hnp.arrays(np.float64, (POOL,), elements=elements, fill=st.nothing())
    return st.builds(lambda values, seed: _scattered(values, shape, seed), pool, st.integers(0, 2**16))


def _scattered(values: Array, shape: Shape, seed: int) -> Array:
    return np.asarray(np.random.default_rng(seed).choice(values, shape))
