"""The names of arrays and entries of x, as a user would write them: "W1[3, 17]", "encoder.weight[0]"."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from numgrad.derivatives.tree import is_node

__all__ = ["argument_names", "leaf_names"]


def leaf_names(tree: Any, f: Callable[..., Any] | None = None) -> tuple[str, ...]:
    """Return the name of each array of x: keys joined by dots; without keys, the arguments of ``f`` that they are.

    >>> leaf_names({"encoder": {"weight": 1.0, "bias": 2.0}, "scales": [{}, {"a": 3.0}]})
    ('encoder.weight', 'encoder.bias', 'scales[1].a')
    >>> leaf_names((1.0, 2.0), lambda W, b: W + b)
    ('W', 'b')
    >>> leaf_names([1.0, 2.0])
    ('x',)
    >>> leaf_names([1.0, 2.0], lambda weights: sum(weights))
    ('weights',)
    """
    if isinstance(tree, tuple):
        arguments = argument_names(f, len(tree))
        return tuple(name for key, child in zip(arguments, tree, strict=True) for name in _walk(key, child))
    if is_node(tree):
        return tuple(_walk("", tree))
    (name,) = argument_names(f, 1)
    is_own = name.isidentifier() and not name.startswith("_") and not str(f.__module__).startswith("numpy")
    return (name if is_own else "x",)


def _walk(name: str, tree: Any) -> Iterator[str]:
    if not is_node(tree):
        yield name
        return
    for key, child in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(key, str):
            yield from _walk(f"{name}.{key}" if name else key, child)
        else:
            yield from _walk(f"{name or 'x'}[{key!r}]", child)


def argument_names(f: Callable[..., Any] | None, count: int, unnamed: str = "x[{}]") -> Sequence[str]:
    """Return the names of the first ``count`` positional arguments of ``f``, or "x[0]", "x[1]", ...

    >>> argument_names(lambda q, k: q @ k, 2)
    ['q', 'k']
    >>> argument_names(print, 2, "input{}")
    ['input0', 'input1']
    """
    numbered = [unnamed.format(i) for i in range(count)]
    if f is None:
        return numbered
    try:
        parameters = list(inspect.signature(f).parameters.values())[:count]
    except (TypeError, ValueError):
        return numbered
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = len(parameters) == count and all(parameter.kind in positional for parameter in parameters)
    return [parameter.name for parameter in parameters] if named else numbered
