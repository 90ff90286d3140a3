"""The numbers of the lesson on the flawed batch gradient: what it does step by step, and ten ways in which it fails."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from numgrad._typing import Array
from numgrad.derivatives import gradient
from numgrad.finite_differences import per_sample_gradient
from numgrad.flawed import numerical_gradient_batch_v2
from numgrad.lessons.batch_examples import BATCH, EXAMPLES, Example, source, squares_of_each_row, sum_of_all_squares
from numgrad.lessons.checker import Checker, load_checker

__all__ = ["data"]

STEP = 0.5
"""Of the walk through: so long that it is seen in the numbers, and of squares the central difference is exact."""

OFF = 1e-5
"""An entry that is off by more than this share of itself is marked as wrong."""

STEPS = (1e-2, 1e-4, 1e-6)
"""Of the examples; 1e-4 is the chapter's."""


def data() -> dict[str, Any]:
    """Return what the page shows."""
    checker = load_checker()
    walks = [
        _walk(title, f)
        for title, f in (("one value a row", squares_of_each_row), ("one value in all", sum_of_all_squares))
    ]
    return {
        "loop": _loop(),
        "step": STEP,
        "walks": walks,
        "steps": STEPS,
        "examples": [_of_example(example, checker) for example in EXAMPLES],
    }


def _walk(title: str, f: Callable[[Array], Any]) -> dict[str, Any]:
    """Return what the flawed gradient asks of f, call by call, and what it makes of the answers."""
    asked: list[dict[str, Any]] = []

    def recorded(X: Array) -> Any:
        value = f(X)
        asked.append({"X": X.copy(), "value": value})
        return value

    result = numerical_gradient_batch_v2(recorded, BATCH.copy(), STEP)
    right = gradient(sum_of_all_squares, BATCH).value
    return {
        "title": title,
        "code": source(f),
        "X": BATCH,
        "asked": asked,
        "result": result,
        "right": right,
        "wrong": _wrong(result, right),
    }


def _loop() -> str:
    """Return the lines of the flawed gradient that go through the columns."""
    lines = inspect.getsource(numerical_gradient_batch_v2).splitlines()
    first, last = lines.index("    for col in range(X.shape[1]):"), lines.index("    return grad")
    return textwrap.dedent("\n".join(lines[first:last]))


def _wrong(found: Array, wanted: Array) -> Any:
    """Return which entries are wrong, or all where the shapes differ."""
    if found.shape != wanted.shape:
        return np.ones(found.shape, dtype=bool)
    return ~(np.abs(found - wanted) <= OFF * np.abs(wanted))


def _of_example(example: Example, checker: Checker) -> dict[str, Any]:
    wanted = np.asarray(example.wanted(example.X.astype(np.float64)))
    return {
        **checker.failure_mode(example.mode),
        "code": source(example.f),
        "dtype": example.X.dtype.name,
        "X": example.X,
        "wish": example.wish,
        "wanted": wanted,
        "attempts": [_attempt(example, h, wanted, checker) for h in STEPS],
    }


def _attempt(example: Example, h: float, wanted: Array, checker: Checker) -> dict[str, Any]:
    X = example.X.copy()
    flawed = _outcome(lambda X: numerical_gradient_batch_v2(example.f, X, h), X, wanted)
    found = checker.batch_verdict(example.f, lambda X: numerical_gradient_batch_v2(example.f, X, h), example.X)
    return {
        "flawed": flawed,
        "after": None if np.array_equal(X, example.X) else X,
        "repaired": _outcome(lambda X: per_sample_gradient(example.f, X, h), example.X.copy(), wanted),
        "verdict": found["verdict"],
        "text": found["text"],
    }


def _outcome(differentiate: Callable[[Array], Array], X: Array, wanted: Array) -> dict[str, Any]:
    """Return the gradient, or what was raised instead."""
    with np.errstate(all="ignore"):
        try:
            found = differentiate(X)
        except (ValueError, TypeError, IndexError) as error:
            return {"raised": f"{type(error).__name__}: {error}"}
        return {"gradient": found, "wrong": _wrong(found, wanted)}
