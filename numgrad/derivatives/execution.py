"""A problem, its options, and the derivatives that come of them, wherever they are worked out."""

from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array
from numgrad._validation import expected, require_count, require_finite, require_not_negative
from numgrad.derivatives.fit import AT_FLOOR
from numgrad.derivatives.ladder import BOTH
from numgrad.derivatives.lines import Lines
from numgrad.derivatives.outcome import Limits, Outcome
from numgrad.derivatives.problem import Problem
from numgrad.derivatives.search import FIRST
from numgrad.derivatives.solver import solve
from numgrad.parallel import MapLike, require_workers, spread

__all__ = ["ACCURACY", "MAX_EVALUATIONS", "Options", "execute", "options"]

ACCURACY = 1e-9
MAX_EVALUATIONS = 61
FEWEST = 2 * len(FIRST) + 1

METHODS = {"central": BOTH, "forward": (1,), "backward": (-1,)}

BLOCK = 1 << 17
"""So many values of f are looked at together: a few megabytes."""


@dataclass(frozen=True)
class Options:
    """What a user may choose about how a derivative is worked out."""

    sides: tuple[int, ...]
    limits: Limits


def options(method: Any, accuracy: float, max_evaluations: int) -> Options:
    """Return options that make sense."""
    if not isinstance(method, str) or method not in METHODS:
        reason, remedy = "it says on which sides of x f is evaluated", "Pass method='central', or leave it out."
        raise expected("method", f"be one of {', '.join(map(repr, METHODS))}", repr(method), reason, remedy)
    accuracy = require_not_negative("accuracy", accuracy, reason="it is a relative error", example=ACCURACY)
    return Options(
        METHODS[method], Limits(accuracy, require_count("max_evaluations", max_evaluations, at_least=FEWEST))
    )


def _center(problem: Problem) -> tuple[NDArray[Any], int]:
    """Return f(x), of a float dtype, all finite, and the number of evaluations."""
    center = problem.value()
    reason, remedy = "there is no slope where f has no value", "Move x into the domain of f."
    require_finite("f(x)", center, reason=reason, remedy=remedy)
    return center, 1 + (problem.require_pointwise(center) if problem.vectorized else 0)


def execute(
    problem: Problem,
    options: Options,
    count: int,
    workers: int | MapLike = 1,
    *,
    direction: Array | None = None,
    scalar: bool = False,
) -> tuple[Outcome, NDArray[Any], int]:
    """Return the derivatives along so many lines, f(x), and the number of evaluations."""
    require_workers(workers)
    center, evaluations = _center(problem)
    if scalar and center.shape != ():
        reason, remedy = "the gradient of a scalar was asked for", "Sum inside f, or call jacobian."
        raise expected("f", "return one number", f"shape {center.shape}", reason, remedy)
    parts = spread(partial(_solve_range, problem, center, options, direction), count, workers)
    outcome = _joined([part.outcome for part in parts])
    evaluations += sum(part.evaluations for part in parts)
    with np.errstate(all="ignore"):
        rounding = AT_FLOOR * np.finfo(center.dtype).eps / 2 * np.abs(center).ravel()
        precise = outcome.error <= options.limits.accuracy * np.abs(outcome.value)
    if not (precise | (outcome.noise <= rounding)).all():  # f is no worse than rounding, or may be random
        problem.require_repeatable(center)
        evaluations += 1
    if outcome.value.size and not any(part.varied for part in parts):
        problem.warn_if_unused(center)
    return outcome, center, evaluations


class _Part(NamedTuple):
    """What comes of a range of lines."""

    outcome: Outcome
    evaluations: int
    varied: bool
    """Whether f has other values than f(x)."""


def _solve_range(
    problem: Problem, center: NDArray[Any], options: Options, direction: Array | None, some: tuple[int, int]
) -> _Part:
    """Return the derivatives along a range of lines, worked out block by block."""
    length = max(1, BLOCK // (2 * len(FIRST) * max(center.size, 1)))
    blocks, outcomes = [], []
    for start in range(some[0], max(some[1], 1), length):
        lines = Lines(problem, center, np.arange(start, min(start + length, some[1])), direction, options.sides)
        blocks.append(lines)
        outcomes.append(solve(lines, options.limits))
        problem.require_unchanged(lines.base)
    evaluations, varied = sum(lines.evaluations for lines in blocks), any(lines.varied for lines in blocks)
    return _Part(_joined(outcomes), evaluations, varied)


def _joined(parts: list[Outcome]) -> Outcome:
    """Return the outcome of ranges, one after another."""
    if len(parts) == 1:
        return parts[0]
    return Outcome(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Outcome)))
