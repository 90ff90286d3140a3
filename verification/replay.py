"""Code that makes a value or a check again, when it is pasted."""

import inspect
import operator
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["expression", "importing"]

OWN = "verification"

LARGE, MOSTLY = 100, 0.1
"""An array of more entries, no larger a share of which is not 0, is written by these alone."""

TAKEN = {"np", "print", "x"}
"""Names that the code has for something else."""


def expression(value: Any) -> str:
    """Return an expression that gives back a number, an array, or a dict, list or tuple of those, digit for digit.

    >>> expression({"W": np.array([[1.0, 0.1]]), "n": 3})
    "{'W': np.array([[1.0, 0.1]]), 'n': 3}"
    >>> expression((np.float32(0.5), np.zeros((0, 3), dtype=np.float32)))
    '(np.float32(0.5), np.zeros((0, 3), dtype=np.float32))'
    >>> expression([float("inf"), complex("nan-infj")])
    '[np.inf, complex(np.nan, -np.inf)]'
    >>> expression(np.where(np.arange(144) == 17, 0.1, 0.0).reshape(12, 12))
    'np.bincount([17], [0.1], minlength=144).reshape(12, 12)'
    """
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {expression(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        items = ", ".join(map(expression, value))
        return f"[{items}]" if isinstance(value, list) else f"({items}{',' * (len(value) == 1)})"
    return _array(value) if isinstance(value, np.ndarray) else _number(value)


def _number(value: Any) -> str:
    if isinstance(value, np.longdouble | np.clongdouble):
        return repr(value)  # whose digits no float of Python's holds
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({_number(value.item())})"
    if isinstance(value, complex) and not all(map(_is_plain, (value.real, value.imag))):
        return f"complex({_number(value.real)}, {_number(value.imag)})"
    if isinstance(value, float) and not np.isfinite(value):
        return f"{'-' * (value < 0)}np.{'nan' if np.isnan(value) else 'inf'}"
    return repr(value)


def _is_plain(part: float) -> bool:
    """Return whether a part of a complex number is finite, and no -0, whose sign is lost in -0 + 1j."""
    return bool(np.isfinite(part)) and not (part == 0 and np.signbit(part))


def _array(value: np.ndarray[Any, Any]) -> str:
    if _is_sparse(value):
        places = np.flatnonzero(value)
        if not len(places):
            return f"np.zeros({value.shape})"
        weights = f"{places.tolist()}, {value.ravel()[places].tolist()}"
        return f"np.bincount({weights}, minlength={value.size}).reshape{value.shape}"
    is_default = value.dtype in (np.float64, np.complex128)
    dtype = "" if is_default else f", dtype=np.{value.dtype.name}"
    entries = value.astype(object) if value.dtype in (np.longdouble, np.clongdouble) else value
    return f"np.array({expression(entries.tolist())}{dtype})" if value.size else _empty(value)


def _empty(value: np.ndarray[Any, Any]) -> str:
    return f"np.zeros({value.shape}{'' if value.dtype == np.float64 else f', dtype=np.{value.dtype.name}'})"


def _is_sparse(value: np.ndarray[Any, Any]) -> bool:
    """Return whether an array is large, of finite floats, and nearly all of them are 0, as in what was shrunk."""
    if value.dtype != np.float64 or value.size <= LARGE or not np.isfinite(value).all():
        return False
    return bool(np.count_nonzero(value) <= MOSTLY * value.size and not np.signbit(value[value == 0]).any())


def importing(**functions: Callable[..., Any]) -> tuple[list[str], dict[str, str]]:
    """Return lines that import functions, and by what name each is called then.

    What the main program defines has its own name there; what cannot be had by name is called as its argument, and so
    are those of one name, and one that is called as the input is.

    >>> import cmath, math
    >>> importing(f=math.sin, gradient=math.cos)
    (['from math import sin', 'from math import cos'], {'f': 'sin', 'gradient': 'cos'})
    >>> importing(f=math.sin, gradient=cmath.sin)[0]
    ['from math import sin as f', 'from cmath import sin as gradient']
    >>> importing(f=lambda x: x)[1]
    {'f': 'f'}
    """
    places = {argument: _place(function) for argument, function in functions.items()}
    counts = Counter(name for _, name in {place for place in places.values() if place})
    lines, names = dict[str, None](), {}
    for argument, place in places.items():
        if place is None:
            names[argument] = argument
            lines[f"# {argument} is {_described(functions[argument])}"] = None
            continue
        module, name = place
        others = TAKEN | functions.keys() - {argument}
        is_clash = "." not in name and (counts[name] > 1 or name in others)
        names[argument] = argument if is_clash else name
        if module != "__main__":
            lines[f"from {module} import {name.partition('.')[0]}{f' as {argument}' if is_clash else ''}"] = None
    return list(lines), names


def _place(function: Callable[..., Any]) -> tuple[str, str] | None:
    """Return the module and the name that a function can be had by, or None; a test may hold it as its gradient."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not module or not name or module not in sys.modules:
        return None
    if module.partition(".")[0] == OWN and getattr(sys.modules[OWN], name, None) is function:
        return OWN, name
    try:
        found = operator.attrgetter(name)(sys.modules[module])
    except AttributeError:
        return None
    if found in (function, inspect.unwrap(function)):
        return module, name
    return (module, f"{name}.gradient") if getattr(found, "gradient", None) is function else None


def _described(function: Callable[..., Any]) -> str:
    """Return what a function is and where it was written."""
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", type(function).__name__)
    return f"{name}, {code.co_filename}:{code.co_firstlineno}" if code else name
