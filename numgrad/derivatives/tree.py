"""Nested arguments as a flat list of arrays, and back."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from numgrad._typing import Array
from numgrad._validation import expected, require_differentiable

__all__ = ["flatten", "is_node", "leaves_of", "match", "unflatten"]


def flatten(name: str, tree: Any) -> list[tuple[str, Array]]:
    """Return the arrays of a nested dict, list or tuple of arrays, each with its place, copied.

    A list of numbers is an array; a list, tuple or dict of other things is a node.
    """
    leaves = [(place, np.array(require_differentiable(place, leaf))) for place, leaf in _walk(name, tree)]
    if not leaves:
        reason, remedy = "there is nothing to differentiate by", "Pass an array, or a nested dict or list of arrays."
        raise expected(name, "hold at least one array", repr(tree), reason, remedy)
    return leaves


def leaves_of(tree: Any) -> list[Any]:
    """Return the leaves of a tree as they were passed."""
    return [leaf for _, leaf in _walk("", tree)]


def match(name: str, other: Any, tree: Any, place: str = "x") -> list[Any]:
    """Return the leaves of ``other``, called ``name``, in the order of ``tree``, whose structure it must have."""
    if not is_node(tree):
        return [other]
    keys, others = _keys(tree), _keys(other)
    if isinstance(other, dict) != isinstance(tree, dict) or sorted(map(repr, others)) != sorted(map(repr, keys)):
        reason, remedy = "each entry of x has its own", f"Pass {name} in the structure of x."
        raise expected(
            name, f"have the keys of {place}", _difference(keys, others) or type(other).__name__, reason, remedy
        )
    return [leaf for key in keys for leaf in match(f"{name}[{key!r}]", other[key], tree[key], f"{place}[{key!r}]")]


def _difference(keys: list[Any], others: list[Any]) -> str:
    """Return which keys are missing, and which there are besides; nothing if there are no others at all."""
    missing = [repr(key) for key in keys if key not in others]
    besides = [repr(key) for key in others if key not in keys]
    found = f"no {', '.join(missing)}" if missing else "", f"{', '.join(besides)} besides" if besides else ""
    return ", and ".join(filter(None, found)) if others else ""


def _keys(tree: Any) -> list[Any]:
    """Return the keys of a dict, the numbers of a list or tuple, and none of anything else."""
    if isinstance(tree, dict):
        return list(tree)
    return list(range(len(tree))) if isinstance(tree, list | tuple) else []


def unflatten(tree: Any, leaves: Iterator[Any]) -> Any:
    """Return the next ``leaves`` in the structure of ``tree``."""
    if not is_node(tree):
        return next(leaves)
    if isinstance(tree, dict):
        return {key: unflatten(child, leaves) for key, child in tree.items()}
    children = [unflatten(child, leaves) for child in tree]
    if hasattr(tree, "_fields"):  # a named tuple
        return type(tree)(*children)
    return tuple(children) if isinstance(tree, tuple) else children


def _walk(name: str, tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a tree, each with its place."""
    if not is_node(tree):
        yield name, tree
        return
    children = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, child in children:
        yield from _walk(f"{name}[{key!r}]", child)


def is_node(tree: Any) -> bool:
    """Return whether ``tree`` is a dict, a tuple, or a list of anything but numbers and lists of numbers."""
    if isinstance(tree, list):
        return not _holds_numbers(tree)
    return isinstance(tree, dict | tuple)


def _holds_numbers(tree: list[Any]) -> bool:
    return bool(tree) and all(
        _holds_numbers(child) if isinstance(child, list) else np.isscalar(child) for child in tree
    )
