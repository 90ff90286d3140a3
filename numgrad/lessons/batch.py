"""The numbers of the lesson on the flawed batch gradient: what it does step by step, and ten ways in which it fails."""

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
    return {
        "title": title,
        "code": source(f),
        "X": BATCH,
        "asked": asked,
        "result": result,
        "right": gradient(sum_of_all_squares, BATCH).value,
    }


def _of_example(example: Example, checker: Checker) -> dict[str, Any]:
    return {
        **checker.failure_mode(example.mode),
        "code": source(example.f),
        "dtype": example.X.dtype.name,
        "X": example.X,
        "wish": example.wish,
        "wanted": np.asarray(example.wanted(example.X.astype(np.float64))),
        "attempts": [_attempt(example, h, checker) for h in STEPS],
    }


def _attempt(example: Example, h: float, checker: Checker) -> dict[str, Any]:
    X = example.X.copy()
    flawed = _outcome(lambda X: numerical_gradient_batch_v2(example.f, X, h), X)
    found = checker.batch_verdict(example.f, lambda X: numerical_gradient_batch_v2(example.f, X, h), example.X)
    return {
        "flawed": flawed,
        "after": None if np.array_equal(X, example.X) else X,
        "repaired": _outcome(lambda X: per_sample_gradient(example.f, X, h), example.X.copy()),
        "verdict": found["verdict"],
        "text": found["text"],
    }


def _outcome(differentiate: Callable[[Array], Array], X: Array) -> dict[str, Any]:
    """Return the gradient, or what was raised instead."""
    with np.errstate(all="ignore"):
        try:
            return {"gradient": differentiate(X)}
        except (ValueError, TypeError, IndexError) as error:
            return {"raised": f"{type(error).__name__}: {error}"}
