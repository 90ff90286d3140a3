"""Difference quotients at many steps, and what their errors show."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array
from numgrad.error_curves.prediction import Prediction
from numgrad.error_curves.schemes import Scheme

__all__ = ["PER_DECADE", "SCATTERED", "STRAIGHT", "SchemeCurve", "measure", "unavailable"]

PER_DECADE = 24
"""Steps a decade: round-off errors scatter, and only many of them show their size."""

NEAR = 0.25
"""Decades to either side within which errors are taken together."""

CLEAR = 10
"""A line is fitted where it is so many times the other one."""

COARSE = 30
"""Where a step moves x or f by fewer of their roundings, the quotient is a staircase, and no line is fitted."""

STRAIGHT, SCATTERED = 0.75, 2.25
"""Decades that a slope needs at least: of truncation, and of round-off, whose slope else has an error above 0.04."""


@dataclass(frozen=True, eq=False)
class SchemeCurve:
    """One scheme: what it gave at each step, how far off that was, and what theory says of it."""

    scheme: Scheme
    values: Array
    """D(h) at each step; NaN where the step is lost, leaves the domain of f, or overflows."""
    errors: Array
    """|D(h) - f′|, in the units of f / x."""
    typical: Array
    """The root mean square of the errors within a quarter of a decade; NaN where a value is missing, or is 0 because f
    has not changed."""
    prediction: Prediction | None
    """None where too little is known of f."""
    truncation_slope: float
    """Of the logarithm of the error by that of the step, where truncation rules; NaN on too few steps."""
    round_off_slope: float
    """The same of the typical error where round-off rules."""
    best_step: float
    """Where the typical error is smallest, or no larger than that of the slope it is measured from: the longest."""
    floor: float
    """The typical error there."""
    unavailable: str = ""
    """Why there are no values at all."""


def unavailable(scheme: Scheme, steps: Array, reason: str) -> SchemeCurve:
    """Return the curve of a scheme that f cannot be differentiated by."""
    none = np.full(len(steps), np.nan)
    return SchemeCurve(scheme, none, none, none, None, np.nan, np.nan, np.nan, np.nan, reason)


def measure(
    scheme: Scheme,
    f: Callable[[Any], Any],
    x: Any,
    steps: Array,
    slope: float,
    prediction: Prediction | None,
    *,
    uncertain: float,
) -> SchemeCurve:
    """Return what a scheme makes of f at all steps.

    Parameters
    ----------
    scheme: the difference quotient.
    f: maps a number of the dtype of x, or its complex counterpart, to another.
    x: a NumPy scalar.
    steps: the steps, falling.
    slope: f′(x), as exact as it is known.
    prediction: what theory expects.
    uncertain: the error of slope; smaller errors of a quotient say nothing.

    Raises
    ------
    TypeError, ComplexWarning: f takes no complex numbers.

    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", np.exceptions.ComplexWarning)  # f would drop the imaginary part
        values = np.array([_quotient(scheme, f, x, h) for h in steps], dtype=np.float64)
        values[~np.isfinite(values)] = np.nan
        errors = np.abs(values - slope)
        typical = _typical(np.where((values == 0) & (abs(slope) > uncertain), np.nan, errors), steps)
        slopes = _slopes(errors, typical, steps, prediction, _granularity(scheme, f, x, slope), uncertain)
    return SchemeCurve(scheme, values, errors, typical, prediction, *slopes, *_best(typical, steps, uncertain))


def _best(typical: Array, steps: Array, uncertain: float) -> tuple[float, float]:
    """Return the step with the smallest typical error, and that; of several that cannot be told apart the longest."""
    if np.isnan(typical).all():
        return np.nan, np.nan
    floor = float(np.nanmin(typical))
    return float(steps[np.argmax(typical <= max(floor, uncertain))]), floor


def _quotient(scheme: Scheme, f: Callable[[Any], Any], x: Any, step: float) -> Any:
    h = x.dtype.type(step)
    if scheme.subtracts:
        h = (x + h) - x  # so that x + h is a float
    if h == 0:
        return np.nan
    try:
        return scheme.quotient(f, x, h)
    except (ValueError, ArithmeticError):  # outside of the domain of f
        return np.nan


def _granularity(scheme: Scheme, f: Callable[[Any], Any], x: Any, slope: float) -> float:
    """Return the step below which the rounding of x or of f is seen as a staircase."""
    if not scheme.subtracts:
        return 0.0
    return COARSE * float(max(np.spacing(np.abs(x)), np.spacing(np.abs(f(x))) / abs(slope) if slope else 0.0))


def _typical(errors: Array, steps: Array) -> Array:
    decades = np.log10(steps)
    typical = np.empty(len(steps))
    for i, decade in enumerate(decades):
        near = errors[np.abs(decades - decade) <= NEAR]
        largest = near.max() or 1.0  # a square may overflow, or vanish
        typical[i] = np.sqrt(np.mean((near / largest) ** 2)) * largest
    return typical


def _slopes(
    errors: Array,
    typical: Array,
    steps: Array,
    prediction: Prediction | None,
    granularity: float,
    uncertain: float,
) -> tuple[float, float]:
    if prediction is None:
        return np.nan, np.nan
    truncation, round_off = prediction.at(steps)
    shortest, longest = prediction.white
    straight = (truncation > CLEAR * np.maximum(round_off, uncertain)) & (steps <= prediction.longest)
    window = 10**NEAR
    scattered = (steps >= window * max(shortest, granularity)) & (steps <= longest / window)
    scattered &= round_off > CLEAR * np.maximum(truncation, uncertain)
    return _slope(errors, steps, straight, STRAIGHT), _slope(typical, steps, scattered, SCATTERED)


def _slope(errors: Array, steps: Array, where: NDArray[np.bool_], decades: float) -> float:
    """Return the slope of the line through the logarithms; NaN where it would rest on too few steps."""
    where = where & (errors > 0)
    x, y = np.log10(steps[where]), np.log10(errors[where])
    if x.size < PER_DECADE // 2 or np.ptp(x) < decades:
        return float("nan")
    x = x - x.mean()
    return float(x @ y / (x @ x))
