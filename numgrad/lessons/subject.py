"""A function at a point, to be differentiated in a lesson."""

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Subject"]


class Subject(NamedTuple):
    """A function of one number, where it is looked at, and what it is called."""

    name: str
    """Plain text."""
    f: Callable[[Any], Any]
    x: float
    exact: Callable[[Any], Any] | None = None
    """f′, if it is known."""
