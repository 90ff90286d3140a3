"""What of a change of f is its noise, and what is an answer to a step."""

import math
from collections.abc import Callable

import numpy as np

from numgrad._typing import Array, Indices

__all__ = ["BEYOND_NOISE", "LARGE", "following", "rounding_noise"]

BEYOND_NOISE = 64
"""A value that changes by so many times its noise answers to a step; less would not show in a difference quotient.
A guess: rounding was seen to reach 4 times the noise, and an answer to begin at 1e6 times."""

LARGE = 1000 * np.finfo(np.float64).eps
"""A change of more than this share of the largest value is no rounding of a sane f in float64; a guess again."""


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
    of almost 0 may flip by.

    Parameters
    ----------
    f: maps an array of the shape of ``x`` to (M,).
    x, steps: arrays of one shape.
    values: f(x), (M,).
    among: numbers of values, from 0 to M - 1.

    """

    def changes(steps: Array) -> Array:
        with np.errstate(all="ignore"):  # a step may leave the domain of f: NaN, of which no comparison below holds
            return np.asarray(np.abs(f(x + steps) - values)[among])

    once = changes(steps)
    if (once == 0).all():
        return among[:0]
    is_noise = once <= BEYOND_NOISE * rounding_noise(f, x)[among]
    is_flip = (changes(8 * steps) <= 3 * once) & (once <= LARGE * np.abs(values).max())
    return np.asarray(among[~is_noise & ~is_flip])
