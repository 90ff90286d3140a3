"""Nested arguments as a flat list of arrays, and back."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from numgrad._typing import Array
from numgrad._validation import expected, require_differentiable

__all__ = ["flatten", "unflatten", "walk"]


def flatten(name: str, tree: Any) -> list[tuple[str, Array]]:
    """Return the arrays of a nested dict, list or tuple of arrays, each with its place, copied.

    A list of numbers is an array; a list, tuple or dict of other things is a node.
    """
    leaves = [(place, np.array(require_differentiable(place, leaf))) for place, leaf in walk(name, tree)]
    if not leaves:
        reason, remedy = "there is nothing to differentiate by", "Pass an array, or a nested dict or list of arrays."
        raise expected(name, "hold at least one array", repr(tree), reason, remedy)
    return leaves


def unflatten(tree: Any, leaves: Iterator[Any]) -> Any:
    """Return the next ``leaves`` in the structure of ``tree``."""
    if not _is_node(tree):
        return next(leaves)
    if isinstance(tree, dict):
        return {key: unflatten(child, leaves) for key, child in tree.items()}
    make: Callable[[list[Any]], Any] = tuple if isinstance(tree, tuple) else list
    return make([unflatten(child, leaves) for child in tree])


def walk(name: str, tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a tree, each with its place."""
    if not _is_node(tree):
        yield name, tree
        return
    children = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, child in children:
        yield from walk(f"{name}[{key!r}]", child)


def _is_node(tree: Any) -> bool:
    """Return whether ``tree`` is a dict, a tuple, or a list of anything but numbers and lists of numbers."""
    if isinstance(tree, list):
        return not _holds_numbers(tree)
    return isinstance(tree, dict | tuple)


def _holds_numbers(tree: list[Any]) -> bool:
    return bool(tree) and all(
        _holds_numbers(child) if isinstance(child, list) else np.isscalar(child) for child in tree
    )
