"""One voice for refusals: name, rule, value, reason, remedy."""

import sys
from typing import Any

import numpy as np

from numgrad._typing import Array, ArrayLike

__all__ = [
    "as_array",
    "as_floats",
    "entry",
    "expected",
    "first_index",
    "missing",
    "require_batch",
    "require_count",
    "require_differentiable",
    "require_finite",
    "require_finite_value",
    "require_labels",
    "require_not_negative",
    "require_number",
    "require_positive",
    "require_targets",
]


def expected(
    name: str,
    rule: str,
    got: str,
    reason: str,
    remedy: str,
    *,
    kind: type[Exception] = ValueError,
) -> Exception:
    """Return the exception that says what was wrong with ``name`` and what to do.

    >>> print(expected("h", "be positive", "-1.0", "a step has a length", "Pass h=1e-4."))
    Expected h to be positive but got -1.0: a step has a length. Pass h=1e-4.
    """
    return kind(f"Expected {name} to {rule} but got {got}: {reason}. {remedy}")


def missing(package: str, extra: str) -> ModuleNotFoundError:
    """Return the exception that says how to get an optional package.

    >>> print(missing("pooch", "train"))  # doctest: +ELLIPSIS
    Expected pooch to be installed: it comes with the extra "train". ... pip install '.[train]'
    """
    return ModuleNotFoundError(
        f'Expected {package} to be installed: it comes with the extra "{extra}". '
        f"Run in the folder of pyproject.toml: pip install '.[{extra}]'",
        name=package,
    )


def as_array(name: str, x: ArrayLike) -> np.ndarray[Any, Any]:
    """Return ``x`` as an array of which no entry is masked; arrays of other libraries cross by DLPack if need be."""
    if type(x) is np.ndarray:
        return _known(x)
    if hasattr(x, "__dlpack__") and not hasattr(x, "__array__"):
        return np.from_dlpack(x)  # type: ignore[arg-type] # which ArrayLike says nothing of
    if np.ma.is_masked(x):
        got = f"{int(np.sum(np.ma.getmaskarray(np.ma.asarray(x))))} of them"
        reason, remedy = "what the mask hides would be used", f"Pass {name}.filled(...), or leave the entries out."
        raise expected(name, "hold no masked entries", got, reason, remedy)
    try:
        return _known(np.asarray(x))
    except ValueError as error:
        if not isinstance(x, list | tuple):
            raise
        got, reason = "lists of different lengths", "they make no array"
        raise expected(name, "have as many entries in each row", got, reason, f"Fill up the rows of {name}.") from error


def _known(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array in a dtype that NumPy computes with: floats of other libraries, as bfloat16, in float32."""
    is_foreign = array.dtype.kind == "V" and array.dtype.name.startswith(("bfloat", "float"))
    return array.astype(np.float32) if is_foreign else array


def as_floats(name: str, x: ArrayLike) -> Array:
    """Return ``x`` as an array of floats: integers become float64, floats keep their precision."""
    array = as_array(name, x)
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    if array.dtype.kind != "f":
        raise expected(
            name,
            "hold real numbers",
            f"dtype={array.dtype}",
            "there is no order or derivative to speak of",
            f"Pass {name} as an array of floats.",
            kind=TypeError,
        )
    return array


def require_differentiable(name: str, x: ArrayLike) -> Array:
    """Return ``x`` as an array in which a step can be taken: finite floats."""
    array = as_array(name, x)
    if array.dtype.kind in "biu":
        raise expected(
            name,
            "hold floats",
            f"dtype={array.dtype}",
            "an integer array would round the step away",
            f"Pass np.asarray({name}, dtype=float).",
            kind=TypeError,
        )
    reason, remedy = "there is no slope at a point that is not there", f"Remove the NaN and inf from {name}."
    return require_finite(name, as_floats(name, x), reason=reason, remedy=remedy)


def require_finite(name: str, array: Array, *, reason: str, remedy: str) -> Array:
    """Return ``array`` if all its entries are finite."""
    if not np.isfinite(array).all():
        index = first_index(~np.isfinite(array))
        raise expected(name, "be finite", f"{entry(name, index)} = {array[index]}", reason, remedy)
    return array


def require_batch(name: str, x: Array) -> Array:
    """Return ``x`` if it holds at least one sample and one value a sample."""
    if x.size == 0:
        raise expected(
            name,
            "hold at least one sample",
            f"shape {x.shape}",
            "nothing has no mean and no gradient",
            f"Leave the empty batch out, or pass more of {name}.",
        )
    return x


def require_positive(name: str, value: Any, *, example: float) -> float:
    """Return ``value``, a length of some step, if it is a finite number above zero."""
    if not 0 < _number(value) < np.inf:
        remedy = f"Pass for example {name}={example:g}."
        raise expected(name, "be positive and finite", repr(value), "a step has a length", remedy)
    return float(value)


def require_not_negative(name: str, value: Any, *, reason: str, example: float) -> float:
    """Return ``value`` if it is a finite number of at least zero."""
    if not 0 <= _number(value) < np.inf:
        raise expected(name, "be finite and not negative", repr(value), reason, f"Pass for example {name}={example:g}.")
    return float(value)


def require_count(name: str, value: Any, *, at_least: int = 1, reason: str = "it counts things") -> int:
    """Return ``value`` if it is a whole number of at least ``at_least``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < at_least:
        raise expected(
            name,
            f"be a whole number of at least {at_least}",
            repr(value),
            reason,
            f"Pass for example {name}={max(at_least, 10)}.",
        )
    return int(value)


def require_number(value: Any, remedy: str) -> Any:
    """Return ``value`` if it is one real number; ``remedy`` tells the caller of f what else to do."""
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        got, reason = f"an integer of {value.bit_length()} bits", "floats end at 1.8e308"
        raise expected("f", "return one number", got, reason, "Divide f by a constant.")
    array = as_array("f(x)", float(value) if isinstance(value, int) else value)  # Python's integers have no dtype
    if array.ndim != 0:
        reason = "the gradient of a scalar was asked for"
        raise expected("f", "return one number", f"shape {array.shape}", reason, remedy)
    if array.dtype.kind not in "biuf":
        got = f"{value!r} of {type(value).__name__}"
        raise expected("f", "return one number", got, "it has no real value", remedy, kind=TypeError)
    return as_floats("f(x)", array)[()]


def require_finite_value(value: Any, point: str) -> None:
    """Refuse a value of f that is not finite at ``point``, where a step has led."""
    if not np.isfinite(value):
        raise expected(
            f"f at {point}",
            "be finite",
            f"{value}",
            "the step leaves the domain of f or f overflows, and the difference would be NaN or inf",
            "Pass a smaller h, or move x away from the edge.",
        )


def require_targets(t: ArrayLike, y: Array, *, y_name: str = "y", remedy: str) -> Array:
    """Return one-hot or soft targets: the shape of ``y``, finite."""
    targets = as_floats("t", t)
    if targets.shape != y.shape:
        reason = "each prediction needs its target, and nothing is broadcast"
        raise expected("t", f"have the shape of {y_name}, {y.shape},", f"shape {targets.shape}", reason, remedy)
    reason, remedy = "the loss would not be a number", "Remove such samples before the loss."
    return require_finite("t", targets, reason=reason, remedy=remedy)


def require_labels(t: ArrayLike, y: Array, *, y_name: str = "y") -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return class numbers: one a row of ``y``, each from 0 to the number of classes - 1."""
    labels = as_array("t", t)
    rows, classes = y.shape[:-1], y.shape[-1]
    if labels.shape == y.shape:
        raise expected(
            "t",
            "hold one class number a row",
            f"shape {labels.shape}, as one-hot targets have",
            f"{y_name} has that shape too",
            "Pass np.argmax(t, axis=-1), or call the one-hot form of the loss.",
        )
    if labels.shape != rows:
        got = f"shape {labels.shape}"
        raise expected("t", f"have shape {rows}", got, f"{y_name} has shape {y.shape}", "Pass one class number a row.")
    if labels.dtype.kind not in "iu":
        raise expected(
            "t",
            "hold class numbers",
            f"dtype={labels.dtype}",
            "a class number is an integer",
            "Pass np.asarray(t, dtype=int) if these are class numbers.",
            kind=TypeError,
        )
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        index = first_index(outside)
        raise expected(
            "t",
            f"hold class numbers from 0 to {classes - 1}",
            f"{entry('t', index)} = {labels[index]}",
            f"{y_name} has {classes} classes",
            "Check how the classes are numbered.",
        )
    return labels.astype(np.intp)


def _number(value: Any) -> float:
    """Return ``value`` as a float; NaN where it is no number, inf where it is an integer beyond floats."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf


def first_index(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[int, ...]:
    """Return where ``mask`` is first true."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def entry(name: str, index: tuple[int, ...]) -> str:
    """Name one entry as a user would write it.

    >>> entry("W1", (3, 17))
    'W1[3, 17]'
    >>> entry("x", ())
    'x'
    """
    return f"{name}[{', '.join(map(str, index))}]" if index else name
