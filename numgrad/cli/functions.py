"""Functions that a command is given by name."""

import functools
import importlib
import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from numgrad._validation import expected

__all__ = ["FunctionError", "load_function", "load_object", "require_value"]


class FunctionError(Exception):
    """A function of the user's has raised what no function of numbers should."""


def load_function(text: str) -> Callable[..., Any]:
    """Return the function that ``text`` names, as "mymodule:f" or "math.sin".

    Raises
    ------
    ValueError: as :func:`load_object`; or it is no function.

    >>> load_function("math.sin")(0.0)
    0.0

    """
    found = load_object(text)
    if not callable(found):
        got = f"{text} of type {type(found).__name__}"
        raise expected("the function", "be callable", got, "it is called with numbers", "Name a function.")
    return _guarded(found, text)


def load_object(text: str, what: str = "the function") -> Any:
    """Return what ``text`` names in a module, as "mymodule:f" or "math.pi".

    Modules are looked for where Python does, the current folder included. Refusals call it ``what``.

    Raises
    ------
    ValueError: there is no such module or name, or the module cannot be imported.

    >>> load_object("math:inf")
    inf

    """
    module, colon, attribute = text.partition(":")
    if not colon:
        module, _, attribute = text.rpartition(".")
    if not all(part.isidentifier() for part in (*module.split("."), *attribute.split("."))):
        reason = "it is not said which module it is in"
        raise expected(what, "be named as mymodule:f or math.sin", repr(text), reason, "Name its module, not its file.")
    found = _imported(module, what)
    for name in attribute.split("."):
        if not hasattr(found, name):
            reason, remedy = f"{module} has no {attribute}", "Check the name."
            raise expected(what, f"be in {module}", repr(text), reason, remedy)
        found = getattr(found, name)
    return found


def _guarded(f: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Let f raise a FunctionError for what neither says that x is outside of its domain, nor that of another type."""

    @functools.wraps(f)
    def guarded(*args: Any) -> Any:
        try:
            return f(*args)
        except (ValueError, ArithmeticError, TypeError) as error:
            error.add_note(f"{name} raised this {type(error).__name__}{_place(error, f)}.")
            raise
        except (Exception, SystemExit) as error:
            at = ", ".join(map(str, args))
            raise FunctionError(f"{name} raised {type(error).__name__} at {at}: {error}") from error

    guarded.__qualname__ = getattr(f, "__qualname__", name)
    return guarded


def _place(error: BaseException, f: Callable[..., Any]) -> str:
    """Return which line of f's own file was running when an error was raised, if one was."""
    code = getattr(inspect.unwrap(f), "__code__", None)
    if code is None:
        return ""
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == code.co_filename]
    return f" in {Path(code.co_filename).name}, line {lines[-1]}" if lines else ""


def _imported(module: str, what: str) -> Any:
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:  # whatever the user's module does when it is imported
        got, reason = f"{type(error).__name__}: {error}", f"{what} is in it"
        first = module.partition(".")[0]
        is_missing = isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] == first
        remedy = (
            f"Check the name, or run in the folder of {first}.py."
            if is_missing
            else "Mend the module: importing it raises this."
        )
        raise expected(f"module {module}", "be importable", got, reason, remedy) from error


def require_value(f: Callable[[Any], Any], name: str, x: float) -> None:
    """Make sure that f has a value at x: else raise the ValueError that says why not."""
    try:
        with np.errstate(all="ignore"):
            f(np.float64(x))
    except Exception as error:  # whatever the user's function does
        got, reason = f"{type(error).__name__}: {error}", "there is no slope without it"
        remedy = "Pass another --at, or another function of one number."
        raise expected(name, f"have a value at {x:g}", got, reason, remedy) from error
