"""The numbers of the lesson on verdicts: a gradient that is broken in many ways, and what a check says of it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from numgrad._typing import Array
from numgrad.activations import sigmoid
from numgrad.derivatives import derivative
from numgrad.error_curves import error_curve
from numgrad.lessons.checker import Checker, load_checker
from numgrad.lessons.subject import Subject

__all__ = ["data"]

STEPS = 10.0 ** np.arange(0, -15.1, -0.25)
"""At which differences are compared with what is claimed, over the length on which f bends."""

SIZES = (1e-1, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11)
"""By how much a gradient is broken, relative to itself."""

SAMPLES = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7], [-1.2, 0.8, 0.4], [0.1, -0.6, 1.1], [2.0, 1.0, -0.5]])
SIGNS = np.array([1.0, -1.0, 1.0, 1.0, -1.0])
WEIGHTS = np.array([0.3, -0.7, 0.5])


class _Problem(NamedTuple):
    """A function with its right gradient, at a point."""

    name: str
    code: str
    f: Callable[[Array], Any]
    gradient: Callable[[Array], Array]
    x: Array
    scale: float = 1.0
    """The length on which f bends."""


class _Fault(NamedTuple):
    """A way to break a gradient by so much."""

    name: str
    code: str
    apply: Callable[[Callable[[Array], Array], Array, float], Array]
    sizes: Sequence[float] = SIZES
    of_numbers: bool = True
    """Whether a function of one number can have it."""


def _one_entry(gradient: Callable[[Array], Array], x: Array, size: float) -> Array:
    g = gradient(x)
    g[1] *= 1 + size
    return g


def _rounded(g: Array) -> Array:
    with np.errstate(all="ignore"):
        return g.astype(np.float16).astype(np.float64)


FAULTS = (
    _Fault("nothing: it is right", "g", lambda gradient, x, _: gradient(x), (0.0,)),
    _Fault("the sign", "-g", lambda gradient, x, _: -gradient(x), (2.0,)),
    _Fault("a factor", "(1 + s) * g", lambda gradient, x, s: (1 + s) * gradient(x)),
    _Fault("one entry", "g[1] *= 1 + s", _one_entry, of_numbers=False),
    _Fault("the point", "the gradient at (1 + s) * x", lambda gradient, x, s: gradient((1 + s) * x)),
    _Fault("the mean", "5 * g", lambda gradient, x, _: 5 * gradient(x), (4.0,), of_numbers=False),
    _Fault(
        "the precision",
        "g.astype(np.float16)",
        lambda gradient, x, _: _rounded(gradient(x)),
        (5e-4,),
    ),
)


def _logistic_loss(w: Array) -> Any:
    return np.mean(np.logaddexp(0, -SIGNS * (SAMPLES @ w)))


def _logistic_gradient(w: Array) -> Array:
    return np.asarray(-(SIGNS * sigmoid(-SIGNS * (SAMPLES @ w))) @ SAMPLES / len(SIGNS))


BUILT_IN = _Problem(
    "logistic loss of three weights",
    "np.mean(np.logaddexp(0, -y * (X @ w)))",
    _logistic_loss,
    _logistic_gradient,
    WEIGHTS,
)


def data(own: Sequence[Subject] = ()) -> dict[str, Any]:
    """Return what the page shows, of ``own`` functions first."""
    checker = load_checker()
    problems = [*map(_of_one_number, own), BUILT_IN]
    return {"problems": [_of_problem(problem, checker) for problem in problems]}


def _of_one_number(subject: Subject) -> _Problem:
    """Return a problem whose x has one entry; its gradient is numgrad's own."""

    def gradient(x: Array) -> Array:
        return np.array([derivative(subject.f, np.float64(x[0])).value])

    x = np.array([float(subject.x)])
    return _Problem(subject.name, subject.name, lambda x: subject.f(x[0]), gradient, x, subject.length)


def _of_problem(problem: _Problem, checker: Checker) -> dict[str, Any]:
    directions = _directions(len(problem.x))
    return {
        "name": problem.name,
        "code": problem.code,
        "steps": STEPS * problem.scale,
        "directions": [_along(problem, name, v) for name, v in directions.items()],
        "faults": [
            {
                "name": fault.name,
                "code": fault.code,
                "claims": [_claim(problem, fault, s, checker) for s in fault.sizes],
            }
            for fault in FAULTS
            if len(problem.x) > 1 or fault.of_numbers
        ],
    }


def _directions(size: int) -> dict[str, Array]:
    if size == 1:
        return {"x": np.ones(1)}
    entries = {f"w[{i}] alone": row for i, row in enumerate(np.eye(size))}
    return {"all, with signs + − +": np.resize([1.0, -1.0], size), **entries}


def _along(problem: _Problem, name: str, v: Array) -> dict[str, Any]:
    """Return difference quotients along a direction, and the lines that theory predicts for them."""
    slope = float(problem.gradient(problem.x) @ v)
    curve = error_curve(
        lambda t: problem.f(problem.x + t * v), 0.0, exact=slope, schemes=["central"], steps=STEPS * problem.scale
    )
    line = curve["central"]
    return {
        "name": name,
        "slope": slope,
        "quotients": line.values,
        "truncation": None if line.prediction is None else [line.prediction.truncation, line.prediction.order],
        "roundOff": None if line.prediction is None else [line.prediction.round_off, line.prediction.round_off_order],
    }


def _claim(problem: _Problem, fault: _Fault, size: float, checker: Checker) -> dict[str, Any]:
    def claimed(x: Array) -> Array:
        return fault.apply(problem.gradient, x, size)

    found = checker.verdict(problem.f, claimed, problem.x)
    gradient = claimed(problem.x)
    kept = ("verdict", "text", "entries", "detectable", "digits")
    return {
        "size": size,
        "along": [float(gradient @ v) for v in _directions(len(problem.x)).values()],
        **{name: found[name] for name in kept},
        "diagnoses": [one["mode"] for one in found["diagnoses"]],
    }
