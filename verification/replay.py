"""Code that makes a value or a check again, when it is pasted."""

import inspect
import operator
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["expression", "importing"]


def expression(value: Any) -> str:
    """Return an expression that gives a value back, digit for digit; numpy is np, and nan and inf are its.

    >>> expression({"W": np.array([[1.0, 0.1]]), "n": 3})
    "{'W': np.array([[1.0, 0.1]]), 'n': 3}"
    >>> expression((np.float32(0.5), np.array([1], dtype=np.int64)))
    '(np.float32(0.5), np.array([1], dtype=np.int64))'
    >>> expression([float("inf")])
    '[np.inf]'
    """
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {expression(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(expression, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(expression, value))}{',' * (len(value) == 1)})"
    if isinstance(value, np.ndarray):
        dtype = "" if value.dtype in (np.float64, np.complex128) else f", dtype=np.{value.dtype}"
        return f"np.array({expression(value.tolist())}{dtype})"
    if isinstance(value, float) and not np.isfinite(value):
        return f"{'-' * (value < 0)}np.{'nan' if np.isnan(value) else 'inf'}"
    return repr(value)


def importing(**functions: Callable[..., Any]) -> tuple[list[str], dict[str, str]]:
    """Return lines that import functions, and by what name each is called then.

    What the main program defines has its own name there; what cannot be had by name is called as its argument.

    >>> import math
    >>> importing(f=math.sin, gradient=math.cos)
    (['from math import cos, sin'], {'f': 'sin', 'gradient': 'cos'})
    >>> importing(f=lambda x: x)[1]
    {'f': 'f'}
    """
    modules: dict[str, set[str]] = {}
    names, elsewhere = {}, []
    for argument, function in functions.items():
        place = _place(function)
        names[argument] = place[1] if place else argument
        if place and place[0] != "__main__":
            modules.setdefault(place[0], set()).add(place[1].partition(".")[0])
        elif not place:
            elsewhere.append(f"# {argument} is {_described(function)}")
    lines = [f"from {module} import {', '.join(sorted(own))}" for module, own in sorted(modules.items())]
    return [*lines, *elsewhere], names


def _place(function: Callable[..., Any]) -> tuple[str, str] | None:
    """Return the module and the name that a function can be had by, or None; a test may hold it as its gradient."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if not module or not name or module not in sys.modules:
        return None
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
