"""What of a change of f is its noise, and what is an answer to a step."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from numgrad._typing import Array, Indices
from numgrad._validation import expected

__all__ = ["BEYOND_NOISE", "following", "is_single_precision", "repeatable_values", "rounding_noise"]

BEYOND_NOISE = 16
"""A value that changes by so many times its noise answers to a step; a guess: rounding was seen to reach 4 times."""

FARTHER = 8
"""So much farther than a step of about h is looked, lest an answer of twice the noise at h be taken for noise."""

LARGE = 1000 * np.finfo(np.float64).eps
"""A change of more than this share of the largest value is no rounding of a sane f in float64; a guess again."""


def repeatable_values(f: Callable[[Array], Array], X: Array) -> Array:
    """Return f(X), which must come out the same when it is asked for again, up to rounding; NaN is for others."""
    values, again = f(X.copy()), f(X.copy())
    with np.errstate(invalid="ignore"):  # inf beside inf
        differ = again.shape != values.shape or (np.abs(again - values) > LARGE * np.abs(values).max(initial=0)).any()
    if differ:
        got, reason = "other values at the same X", "f is random or keeps a state, and has no derivative"
        raise expected(
            "f", "return the same values twice", got, reason, "Fix the seed inside f, or switch dropout off."
        )
    return values


def is_single_precision(f_above: Array, f_below: Array, above: Array, below: Array) -> bool:
    """Return whether f computes in float32, though it returns float64.

    All values that differ between the points are then ones that float32 holds, as only one in 2²⁹ does of values
    computed in float64. Proof is where nothing else makes them so: the points are neither short numbers nor coarse,
    the change is small beside the value (what has cancelled is short), and not all values are counts.
    """
    with np.errstate(over="ignore", under="ignore"):
        change = np.abs(f_above - f_below)
        cancelled = change * 2**10 > np.abs(f_above)
    differ = change > 0
    short = _fits_float32(above)
    coarse = np.spacing(np.abs(above)) * 2**36 > np.abs(above - below)  # 12 bits more than float32 has
    values = np.concatenate([f_above[differ], f_below[differ]])
    counts = (values == np.rint(values)).all()
    return bool((differ & ~short & ~coarse & ~cancelled).any() and _fits_float32(values).all() and not counts)


def _fits_float32(x: Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(x.astype(np.float32) == x)


def rounding_noise(f: Callable[[Array], Array], x: Array) -> Array:
    """Return the noise of each value of ``f`` near ``x``, from the differences of equispaced samples.

    Over a spacing so small that f is a polynomial of low degree, differences of the third order on hold nothing
    but noise: of noise σ their mean square is σ² (2k)! / k!². Needs nine evaluations; the shape is that of the
    values, and the least noise is half an eps of a value.

    References
    ----------
    J. J. Moré, S. M. Wild (2011), Estimating computational noise, SIAM Journal on Scientific Computing 33(3).

    """
    eps, irregular = np.finfo(x.dtype).eps, np.random.default_rng(1)  # any fixed seed
    spacing = (1e-8 + 64 * eps * np.abs(x)) * irregular.uniform(-1, 1, x.shape)
    exact = 2 * np.spacing(np.abs(x) + 1e-8)
    spacing = exact * np.rint(spacing / exact)  # else the rounding of x + spacing would pass for noise of f
    differences = np.stack([f(x + (i - 4) * spacing) for i in range(9)])
    noise = eps / 2 * np.abs(differences).max(axis=0)
    for order in range(1, 6):
        differences = np.diff(differences, axis=0)
        if order >= 3:
            noise = np.maximum(noise, np.abs(differences).max(axis=0) / math.sqrt(math.comb(2 * order, order)))
    return np.asarray(noise)


def following(f: Callable[[Array], Array], x: Array, steps: Array, values: Array, among: Indices) -> Indices:
    """Return which ``among`` the values of ``f`` answer to ``steps``, all in float64.

    Their change is no noise; and it grows with the steps or is large, which the single bit is not that a value
    of almost 0 may flip by. To become NaN is an answer. Where f raises at so far a point, the steps are taken shorter,
    so that those of a row add up to less than one of them: if the domain of f is convex, and f has values where one
    column is shifted, it has values there.

    Parameters
    ----------
    f: maps an array of the shape of ``x`` to (M,).
    x, steps: arrays of one shape, (N, ...).
    values: f(x), (M,).
    among: numbers of values, from 0 to M - 1.

    """
    try:
        return _following(f, x, steps, values, among)
    except (ValueError, ArithmeticError):
        return _following(f, x, steps / (FARTHER * x[0].size), values, among)


def _following(f: Callable[[Array], Array], x: Array, steps: Array, values: Array, among: Indices) -> Indices:
    def changes(steps: Array) -> Array:
        with np.errstate(all="ignore"):  # a step may leave the domain of f
            return np.asarray(np.abs(f(x + steps) - values)[among])

    once = changes(steps)
    if (once == 0).all():
        return among[:0]
    farther = changes(FARTHER * steps)
    is_noise = (once == 0) | (np.maximum(once, farther) <= BEYOND_NOISE * rounding_noise(f, x)[among])
    is_flip = (farther <= 3 * once) & (once <= LARGE * np.abs(values).max())
    return np.asarray(among[~is_noise & ~is_flip])
