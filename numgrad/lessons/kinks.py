"""The numbers of the lesson on kinks and noise: one-sided slopes, and what a check says of claims between them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from numgrad._typing import Array
from numgrad.derivatives import derivative
from numgrad.lessons.checker import Checker, load_checker
from numgrad.lessons.subject import Subject

__all__ = ["data"]

STEPS = 10.0 ** np.arange(0, -14.1, -0.5)
"""Of the one-sided differences, over the reach of the graph."""

OFFSETS = (0.0, 1e-6, 1e-4, 1e-2, 0.1, -0.1)
"""How far from the interesting point the check is made, over the reach of the graph."""

CLAIMS = (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
"""Slopes that somebody may claim, beside the one that is measured."""

REACH, GRAPH = 1.0, 81
"""Half the width of the graph of the built-in functions, and the points of a graph."""


def relu(x: Any) -> Any:
    """Return what is positive of x."""
    return np.maximum(x, 0.0)


def larger(x: Any) -> Any:
    """Return the larger of x and 1 - x, which tie at ½."""
    return np.maximum(x, 1.0 - x)


def softplus(x: Any) -> Any:
    """Return the smooth relative of relu."""
    return np.logaddexp(x, 0.0)


def single(x: Any) -> Any:
    """Return sin x, computed in float32."""
    return np.float64(np.sin(np.float32(x)))


BUILT_IN = (
    Subject("relu(x) = max(x, 0)", relu, 0.0),
    Subject("|x|", np.abs, 0.0),
    Subject("max(x, 1 − x), a tie", larger, 0.5),
    Subject("log(1 + exp x), smooth", softplus, 0.0),
    Subject("sin x in float32, noisy", single, 0.3),
)

TIE = np.array([1.0, 1.0, 0.5])
"""Two entries share the maximum."""

SHARES = {
    "all to the first": [1.0, 0.0, 0.0],
    "all to the second": [0.0, 1.0, 0.0],
    "a half to each": [0.5, 0.5, 0.0],
    "all to both": [1.0, 1.0, 0.0],
    "some to the third": [0.5, 0.0, 0.5],
    "none": [0.0, 0.0, 0.0],
}


def data(own: Sequence[Subject] = ()) -> dict[str, Any]:
    """Return what the page shows, of ``own`` functions first."""
    checker = load_checker()
    built_in = [_of_subject(subject, REACH, checker) for subject in BUILT_IN]
    return {
        "subjects": [*(_of_subject(subject, subject.length, checker) for subject in own), *built_in],
        "tie": [_share(name, claimed, checker) for name, claimed in SHARES.items()],
    }


def _of_subject(subject: Subject, reach: float, checker: Checker) -> dict[str, Any]:
    grid = reach * np.linspace(-1, 1, GRAPH)
    within = [
        offset * reach for offset in OFFSETS if np.isfinite(subject.value(np.float64(subject.x + offset * reach)))
    ]
    return {
        "name": subject.name,
        "x": subject.x,
        "graph": [[float(f"{dx:.6g}"), subject.value(np.float64(subject.x + dx))] for dx in grid],
        "steps": reach * STEPS,
        "points": [{"offset": offset, **_of_point(subject, offset, reach, checker)} for offset in within],
    }


def _of_point(subject: Subject, offset: float, reach: float, checker: Checker) -> dict[str, Any]:
    x = subject.x + offset
    above, below = (_one_sided(subject, x, sign * reach * STEPS) for sign in (1, -1))
    estimate = derivative(subject.f, np.float64(x))
    claims = [*CLAIMS, float(estimate.value)]
    return {
        "f": subject.value(np.float64(x)),
        "above": above,
        "below": below,
        "estimate": {name: getattr(estimate, name) for name in ("value", "error", "left", "right", "noise")},
        "claims": [{"claimed": claim, **_judged(subject.f, x, claim, checker)} for claim in claims],
    }


def _one_sided(subject: Subject, x: float, steps: Array) -> Array:
    """Return (f(x + h) - f(x)) / h at all steps, divided by the step really taken; NaN where it is lost."""
    points = x + steps
    taken = points - x
    changes = np.array([subject.value(point) for point in points]) - subject.value(np.float64(x))
    with np.errstate(all="ignore"):
        return np.where(taken != 0, changes / taken, np.nan)


def _judged(f: Callable[[Any], Any], x: float, claim: float, checker: Checker) -> dict[str, Any]:
    found = checker.verdict(lambda x: f(x[0]), lambda _: np.array([claim]), np.array([x]))
    return {"verdict": found["verdict"], "text": found["text"]}


def _share(name: str, claimed: list[float], checker: Checker) -> dict[str, Any]:
    found = checker.verdict(np.max, lambda _: np.array(claimed), TIE)
    return {"name": name, "gradient": claimed, "verdict": found["verdict"], "text": found["text"]}
