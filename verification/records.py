"""Tells of each check that is made, whoever makes it, those who have asked to be told."""

import functools
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

__all__ = ["Record", "in_property", "listening", "name_of", "recorded", "tell", "unrecorded"]

__tracebackhide__ = True  # what a check raises is shown by pytest without this module

P = ParamSpec("P")
Check = TypeVar("Check")
"""A GradientCheck, which is made of modules above this one."""


@dataclass(frozen=True)
class Record:
    """A check that was made."""

    kind: str
    """The function that made it: "check_gradient"."""
    function: str
    """The name of what is differentiated."""
    gradient: str
    """The name of what claims to be its derivative; the same where autograd does."""
    check: Any
    """A :class:`verification.GradientCheck`."""


Listener = Callable[[Record], None]

_listeners: list[Listener] = []
_is_inside: ContextVar[bool] = ContextVar("is_inside", default=False)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have a function called with each check that is made meanwhile, in any thread."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextmanager
def unrecorded() -> Iterator[None]:
    """Tell nobody of the checks that are made meanwhile: they are part of another."""
    token = _is_inside.set(True)
    try:
        yield
    finally:
        _is_inside.reset(token)


def recorded(check: Callable[P, Check]) -> Callable[P, Check]:
    """Make a check one that is told of; its first argument is what is differentiated, the second may claim so."""

    @functools.wraps(check)
    def telling(*args: P.args, **kwargs: P.kwargs) -> Check:
        if _is_inside.get():
            return check(*args, **kwargs)
        with unrecorded():
            found = check(*args, **kwargs)
        if _listeners:
            arguments = inspect.signature(check).bind(*args, **kwargs).arguments.values()
            tell(check.__name__, [own for own in list(arguments)[:2] if callable(own)], found)
        return found

    return telling


def tell(kind: str, functions: Sequence[Callable[..., Any]], check: Any) -> None:
    """Tell of a check of a function: the first, whose derivative the last claims."""
    if _listeners and functions and not _is_inside.get():
        record = Record(kind, name_of(functions[0]), name_of(functions[-1]), check)
        for listener in tuple(_listeners):
            listener(record)


def in_property() -> bool:
    """Return whether Hypothesis calls what is running, again and again."""
    hypothesis = sys.modules.get("hypothesis")
    return hypothesis is not None and bool(hypothesis.currently_in_test_context())


def name_of(function: Any) -> str:
    """Return what a function is called where it was written; of a partial one, that which it is made of.

    >>> import functools
    >>> name_of(functools.partial(print, 1))
    'print'
    >>> name_of("".join)
    'str.join'
    """
    while isinstance(function, functools.partial):
        function = function.func
    owner = getattr(function, "__self__", None)
    if inspect.ismethod(function):
        owner = owner if isinstance(owner, type) else type(owner)
        return f"{owner.__qualname__}.{function.__name__}"
    own = str(getattr(function, "__qualname__", None) or getattr(function, "__name__", type(function).__name__))
    return re.sub(r"^_\w+\.", "", own) if inspect.isbuiltin(function) else own  # torch.sin is of a private class
