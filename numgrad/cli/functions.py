"""Functions that a command is given by name."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from numgrad._validation import expected

__all__ = ["load_function", "require_value"]


def load_function(text: str) -> Callable[..., Any]:
    """Return the function that ``text`` names, as "mymodule:f" or "math.sin".

    Modules are looked for where Python does, the current folder included.

    Raises
    ------
    ValueError: there is no such module or name, the module cannot be imported, or it is no function.

    >>> load_function("math.sin")(0.0)
    0.0

    """
    module, colon, attribute = text.partition(":")
    if not colon:
        module, _, attribute = text.rpartition(".")
    if not (module and attribute):
        reason = "it is not said which module the function is in"
        raise expected("the function", "be named as mymodule:f or math.sin", repr(text), reason, "Name its module.")
    try:
        found: Any = importlib.import_module(module)
        for name in attribute.split("."):
            found = getattr(found, name)
    except Exception as error:  # whatever the user's module does when it is imported
        rule, got = f"be {attribute!r} of {module!r}", f"{type(error).__name__}: {error}"
        remedy = f"Run in the folder of {module.partition('.')[0]}.py."
        raise expected("the function", rule, got, "it was not found there", remedy) from error
    if not callable(found):
        got = f"{text} of type {type(found).__name__}"
        raise expected("the function", "be callable", got, "it is called with numbers", "Name a function.")
    return found  # type: ignore[no-any-return]


def require_value(f: Callable[[Any], Any], name: str, x: float) -> None:
    """Make sure that f has a value at x: else raise the ValueError that says why not."""
    try:
        f(np.float64(x))
    except Exception as error:  # whatever the user's function does
        got, reason = f"{type(error).__name__}: {error}", "there is no slope without it"
        raise expected(name, f"have a value at {x:g}", got, reason, "Pass another --at.") from error
