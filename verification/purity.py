"""What must hold before values are compared: inputs left alone, results repeatable, structures and shapes right."""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from numgrad._validation import as_array, first_index
from numgrad._validation import entry as entry_name
from numgrad.derivatives.tree import leaves_of, match
from verification._typing import Array, Shape
from verification.diagnosis import Diagnosis, FailureMode

__all__ = [
    "Returned",
    "Unfit",
    "Wanted",
    "fault",
    "fit",
    "inspect_point",
    "inspect_returned",
    "put_back",
    "quiet",
    "repeated",
    "same",
    "two_values",
]

REPEATS = 64
"""Two results at one x may differ by so many roundings: sums of several threads end in other digits."""


@contextmanager
def quiet() -> Iterator[None]:
    """Let no warning out of functions at points that they were never meant for."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def fault(mode: FailureMode, where: str = "", got: str = "", **evidence: Any) -> Diagnosis:
    """Return a diagnosis in the words of its mode; ``got`` says what was seen."""
    place = f" ({where})" if where else ""
    seen = f" Seen: {got}." if got else ""
    return Diagnosis(mode, where, f"{mode.title}{place}: {mode.explanation}{seen}", mode.remedy, evidence)


def inspect_point(x: Any, names: Sequence[str]) -> list[Diagnosis]:
    """Return what is wrong with x itself: integers, NaN, arrays that share memory."""
    found = []
    arrays = [(name, np.asarray(as_array(name, leaf))) for name, leaf in zip(names, leaves_of(x), strict=True)]
    for name, array in arrays:
        if array.dtype.kind in "biu":
            found.append(fault(FailureMode.INTEGER_INPUT, name, f"dtype {array.dtype}"))
        elif array.dtype.kind in "fc" and not np.isfinite(array).all():
            index = first_index(~np.isfinite(array))
            found.append(fault(FailureMode.NOT_FINITE_INPUT, entry_name(name, index), f"{array[index]}"))
    for (first, one), (second, other) in combinations(arrays, 2):
        if np.may_share_memory(one, other) and np.shares_memory(one, other):
            found.append(fault(FailureMode.ALIASED_INPUT, f"{first}, {second}"))
    return found


@dataclass(frozen=True)
class Returned:
    """What a gradient function has returned: one array a leaf of x, or why there is none."""

    leaves: Sequence[Array]
    faults: list[Diagnosis]
    eps: float = 0.0
    """The precision in which they were computed, where it is less than that of the arrays."""


class Unfit(Exception):  # noqa: N818 - nothing went wrong here
    """A product that is none, though others were."""

    def __init__(self, faults: Sequence[Diagnosis]) -> None:
        super().__init__(faults[0].message)
        self.faults = faults


def fit(returned: Returned) -> Sequence[Array]:
    """Return the arrays of a result; raise Unfit if there are none."""
    if returned.faults:
        raise Unfit(returned.faults)
    return returned.leaves


@dataclass(frozen=True)
class Wanted:
    """An array that a result is to hold."""

    name: str
    shape: Shape
    of: str
    """What has that shape, in words."""
    is_complex: bool = False


def inspect_returned(value: Any, tree: Any, wanted: Sequence[Wanted]) -> Returned:
    """Return copies of the arrays of a result, which must be structured as ``tree``.

    Integers become float64, and what may be complex is.
    """
    try:
        parts = match("the gradient", value, tree)
    except (ValueError, TypeError) as error:
        got = str(error).partition(": ")[0].replace("Expected", "expected", 1)
        return Returned([], [fault(FailureMode.WRONG_STRUCTURE, got=got)])
    faults: list[Diagnosis] = []
    leaves = []
    for part, want in zip(parts, wanted, strict=True):
        array, wrong = _as_numbers(part, want.name, is_complex=want.is_complex)
        if array is not None and array.shape != want.shape:
            wrong = _shape_fault(array.shape, want)
        if wrong is not None:
            faults.append(wrong)
        elif array is not None:
            leaves.append(array)
    return Returned(leaves if not faults else [], faults)


def _as_numbers(part: Any, name: str, *, is_complex: bool) -> tuple[Array | None, Diagnosis | None]:
    if part is None or isinstance(part, dict | str):
        return None, fault(FailureMode.WRONG_STRUCTURE, name, f"{type(part).__name__} where an array belongs")
    if isinstance(part, tuple) and any(np.ndim(value) for value in part if value is not None):
        return None, fault(FailureMode.WRONG_STRUCTURE, name, f"a tuple of {len(part)} where an array belongs")
    try:
        array = np.array(as_array(name, part))
    except ValueError as error:
        return None, fault(FailureMode.WRONG_STRUCTURE, name, f"{error}".rstrip("."))
    if array.dtype.kind not in ("biufc" if is_complex else "biuf"):
        return None, fault(FailureMode.NOT_REAL, name, f"dtype {array.dtype}")
    if is_complex:
        return array.astype(np.result_type(array, np.complex64)), None
    return array if array.dtype.kind == "f" else array.astype(np.float64), None


def _shape_fault(got: Shape, want: Wanted) -> Diagnosis:
    """Name a shape that is not the one wanted: of other axes, one that x was broadcast to, or any other."""
    mode = FailureMode.WRONG_SHAPE
    if sorted(got) == sorted(want.shape):
        mode = FailureMode.TRANSPOSED
    elif _is_broadcast(got, want.shape):
        mode = FailureMode.MISSING_BROADCAST_SUM
    seen = f"shape {got} for {want.of} {want.shape}"
    return fault(mode, want.name, seen, shape=list(got), expected=list(want.shape))


def _is_broadcast(got: Shape, shape: Shape) -> bool:
    """Return whether ``got`` has the dimensions of ``shape`` in their order, 1 stretched to any, and others between."""
    remaining = iter(got)
    return math.prod(got) > math.prod(shape) and all(any(n in (1, m) for m in remaining) for n in shape)


def same(one: Sequence[Array], other: Sequence[Array]) -> bool:
    """Return whether two results are the same but for a few roundings, array by array."""
    return _alike(one, other, lambda eps: REPEATS * eps)


def put_back(given: Any, kept: Array) -> bool:
    """Give an array, or a list or tensor, the values back that it had; return whether it takes them."""
    if isinstance(given, list):
        given[:] = kept.tolist()
        return True
    array = np.asarray(as_array("x", given))
    if not array.flags.writeable:
        return False
    np.copyto(array, kept)
    return True


def repeated(one: Sequence[Array], other: Sequence[Array]) -> bool:
    """Return whether a derivative was returned again, but for a tenth of the error that is granted to it."""
    return _alike(one, other, lambda eps: np.sqrt(eps) / 10)


def _alike(one: Sequence[Array], other: Sequence[Array], share: Callable[[float], float]) -> bool:
    return len(one) == len(other) and all(_near(a, b, share) for a, b in zip(one, other, strict=True))


def _near(one: Array, other: Array, share: Callable[[float], float]) -> bool:
    if one.shape != other.shape:
        return False
    eps = float(np.finfo(np.result_type(one, np.float16)).eps)
    with np.errstate(all="ignore"):
        near = share(eps) * np.abs(one).max(initial=0, where=np.isfinite(one))
        return bool(((np.abs(one - other) <= near) | (one == other) | (np.isnan(one) & np.isnan(other))).all())


def two_values(one: Array, other: Array) -> str:
    """Return where two values differ most."""
    if one.shape != other.shape:
        return f"shapes {one.shape} and {other.shape}"
    worst = np.unravel_index(int(np.argmax(np.nan_to_num(np.abs(one - other), nan=np.inf))), one.shape)
    return f"{one[worst]} and {other[worst]}"
