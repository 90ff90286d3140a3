"""The numbers of the lesson on the step: functions at points, in three precisions, by four schemes."""

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import partial
from typing import Any

import numpy as np

from numgrad._typing import Array
from numgrad.error_curves import SCHEMES, ErrorCurve, SchemeCurve, error_curve, has_kink
from numgrad.lessons.subject import Subject

__all__ = ["BUILT_IN", "data"]

DIGITS = {"float64": 17, "float32": 9, "float16": 5}
"""So many digits tell every float of a precision from its neighbours."""

STOPS = np.array([1, 1.5, 2, 3, 5, 7])
"""Of the slider in each decade."""

BEND = 1.5
"""The graph shows so many times the length on which f bends, to either side."""

GRAPH = 121
"""Points of the graph."""

BUILT_IN = (
    Subject("sin x", np.sin, 1.0, np.cos),
    Subject("sin x", np.sin, 1000.0, np.cos),
    Subject("exp x", np.exp, 0.3, np.exp),
    Subject("exp x", np.exp, 10.0, np.exp),
    Subject("log x", np.log, 0.01, np.reciprocal),
    Subject("log x", np.log, 3.0, np.reciprocal),
    Subject("x³ − 2x", lambda x: x**3 - 2 * x, 0.7, lambda x: 3 * x**2 - 2),
)


def data(own: Sequence[Subject] = ()) -> dict[str, Any]:
    """Return what the page shows: of ``own`` functions first, then of the built-in ones."""
    return {
        "schemes": {name: scheme.formula for name, scheme in SCHEMES.items()},
        "subjects": [_of_subject(subject) for subject in (*own, *BUILT_IN)],
    }


def _of_subject(subject: Subject) -> dict[str, Any]:
    curves, refused = {"float64": _curve(subject, "float64")}, {}
    for dtype in list(DIGITS)[1:]:
        try:
            curves[dtype] = _curve(subject, dtype)
        except ValueError as error:  # x or f(x) overflows
            refused[dtype] = str(error)
    return {
        "name": subject.name,
        "x": subject.x,
        "graph": _graph(subject, curves["float64"]),
        "curves": {dtype: _of_curve(subject, curve) for dtype, curve in curves.items()},
        "refused": refused,
    }


def _curve(subject: Subject, dtype: str) -> ErrorCurve:
    return error_curve(subject.f, subject.x, exact=subject.exact, dtype=dtype, name=subject.name)


def _graph(subject: Subject, curve: ErrorCurve) -> list[list[float]]:
    """Return points of f about x: the distance from x, and f."""
    distances = BEND * curve.length * np.linspace(-1, 1, GRAPH)
    return [[_short(distance), subject.value(np.float64(subject.x + distance))] for distance in distances]


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _of_curve(subject: Subject, curve: ErrorCurve) -> dict[str, Any]:
    steps = _stops(curve.steps)
    at_stops = error_curve(subject.f, subject.x, exact=subject.exact, dtype=curve.dtype, steps=steps)
    digits = _digits(subject, np.dtype(curve.dtype).type(curve.x), steps)
    return {
        "x": curve.x,
        "slope": curve.reference.value,
        "relative": curve.has_slope,
        "bar": curve.reference.error if curve.reference.kind == "estimate" else None,
        "steps": steps.tolist(),
        **digits,
        "schemes": {
            line.scheme.name: _of_scheme(line, stops.values)
            for line, stops in zip(curve.schemes, at_stops.schemes, strict=True)
        },
        "kink": [curve.estimate.left, curve.estimate.right] if has_kink(curve.estimate) else None,
    }


def _stops(steps: Array) -> Array:
    """Return round numbers between the longest and the shortest step, falling."""
    decades = np.arange(np.floor(np.log10(steps[-1])), np.ceil(np.log10(steps[0])))
    stops = np.array([float(f"{stop}e{decade:.0f}") for decade in decades for stop in STOPS])
    return np.asarray(stops[(stops >= steps[-1]) & (stops <= steps[0])][::-1])


def _of_scheme(line: SchemeCurve, values: Array) -> dict[str, Any]:
    if line.unavailable:
        return {"unavailable": line.unavailable}
    found: dict[str, Any] = {"values": values}
    if line.prediction is not None:
        prediction = line.prediction
        found["truncation"] = [float(f"{prediction.truncation:.6g}"), prediction.order]
        found["roundOff"] = [float(f"{prediction.round_off:.6g}"), prediction.round_off_order]
        found["optimum"] = float(f"{prediction.optimum:.3g}")
        found["longest"] = float(f"{prediction.longest:.3g}")
    return found


def _digits(subject: Subject, x: Any, steps: Array) -> dict[str, Any]:
    """Return the digits of f(x + h), f(x) and f(x - h), and how many of them a difference leaves.

    All have the same number of decimals, and one power of ten multiplies them, so that they can be compared digit by
    digit; but where f(x) = 0, nothing cancels, and each has its own. None stands for no value.
    """
    kind = type(x)
    with np.errstate(all="ignore"):
        above, below = ([float(kind(subject.value(x + kind(h)))) for h in side] for side in (steps, -steps))
        center = float(kind(subject.value(x)))
    significant = DIGITS[np.dtype(kind).name]
    exponent = math.floor(math.log10(abs(center))) if center else 0
    power = 0 if -3 <= exponent <= 6 else exponent
    scaled = (
        partial(_decimal, power=power, decimals=significant - 1 - exponent + power)
        if center
        else partial(_alone, significant)
    )
    return {
        "exponent": power,
        "above": [scaled(value) for value in above],
        "center": scaled(center),
        "below": [scaled(value) for value in below],
        "left": {
            "forward": [_left(kind, value, center) for value in above],
            "central": [_left(kind, value, other) for value, other in zip(above, below, strict=True)],
        },
    }


def _decimal(value: float, power: int, decimals: int) -> str | None:
    """Return value / 10**power with so many decimals, exactly rounded; None where it is not finite."""
    if not np.isfinite(value):
        return None
    with localcontext(prec=400):  # more than any float of those shown has
        return f"{Decimal(value).scaleb(-power):.{decimals}f}"


def _alone(significant: int, value: float) -> str | None:
    return f"{value:.{significant - 1}e}" if np.isfinite(value) else None


def _left(kind: Any, a: float, b: float) -> int | None:
    """Return how many digits the difference of two floats has, counted in the spacing of floats of their size."""
    if not np.isfinite(a) or not np.isfinite(b):
        return None
    spacing = float(np.spacing(kind(max(abs(a), abs(b)))))
    return math.floor(math.log10(abs(a - b) / spacing) + 1e-9) + 1 if a != b else 0
