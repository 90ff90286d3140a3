"""How many samples a function may hold: what its closure shows."""

import dis
import functools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

__all__ = ["sample_sizes"]

DEPTH = 3
"""So deep containers, partial functions and closures are looked into."""


def sample_sizes(f: Callable[..., Any]) -> tuple[int, ...]:
    """Return the first dimensions of arrays that f closes over or names, has as defaults, or finds in its object.

    >>> X = np.ones((7, 2))
    >>> sample_sizes(lambda w: np.mean(X @ w))
    (7,)
    """
    return tuple(dict.fromkeys(_sizes(f, DEPTH)))


def _sizes(value: Any, depth: int) -> Iterator[int]:
    if isinstance(value, np.ndarray):
        yield from value.shape[:1]
    elif depth > 0 and not isinstance(value, ModuleType):
        for inner in _inside(value):
            yield from _sizes(inner, depth - 1)


def _inside(value: Any) -> Iterator[Any]:
    """Yield what a container or function holds."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value
    elif isinstance(value, functools.partial):
        yield from (value.func, value.args, value.keywords)
    elif callable(value):
        yield from _of_function(value)


def _of_function(function: Callable[..., Any]) -> Iterator[Any]:
    """Yield what a function finds around it: its closure, the globals that it names, its defaults, and its object."""
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled in yet
            continue
    code, around = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    if code is not None:
        named = (step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
        yield from (around[name] for name in named if name in around)
    yield from getattr(function, "__defaults__", None) or ()
    yield getattr(getattr(function, "__self__", function), "__dict__", {})
