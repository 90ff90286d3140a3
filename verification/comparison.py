"""Whether two gradients agree, by an error bar and nothing else."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from numgrad._validation import as_floats, entry, expected, require_batch, require_differentiable, require_positive
from verification._typing import Array

__all__ = ["Comparison", "Verdict", "central_difference_bound", "compare"]


class Verdict(Enum):
    """What a check has found.

    Examples
    --------
    >>> from verification import compare
    >>> compare("gradient", [1.0], [1.5], bound=1.0).verdict is Verdict.AGREES
    True

    """

    AGREES = "AGREES"
    DISAGREES = "DISAGREES"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Comparison:
    """A claimed array beside its reference, and how much of the error bar the difference uses.

    Examples
    --------
    >>> from verification import compare
    >>> compare("gradient", [1.0, 2.0], [1.0, 2.5], bound=[1e-3, 1.0]).worst_share
    0.5

    """

    quantity: str
    """What is compared: "gradient", "value", "W1", ..."""
    claimed: Array
    reference: Array
    bound: Array

    @property
    def error(self) -> Array:
        """|claimed - reference|, entry by entry."""
        with np.errstate(invalid="ignore"):  # inf beside inf: NaN, which no bound covers
            return np.asarray(np.abs(self.claimed - self.reference))

    @property
    def share(self) -> Array:
        """The error as a share of its bound: up to 1 they agree; no error is 0 of any bound; NaN is inf."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = np.where(self.error == 0, 0.0, self.error / self.bound)
        return np.asarray(np.where(np.isnan(share), np.inf, share))

    @property
    def worst(self) -> tuple[int, ...]:
        """The index of the entry that uses most of its bound."""
        return tuple(int(i) for i in np.unravel_index(int(np.argmax(self.share)), self.share.shape))

    @property
    def worst_share(self) -> float:
        """The largest share of its bound that any entry uses."""
        return float(self.share[self.worst])

    def __str__(self) -> str:
        """Return the verdict and the numbers of the worst entry."""
        arrays = (self.claimed, self.reference, self.error, self.bound)
        claimed, reference, error, bound = (f"{array[self.worst]:.6g}" for array in arrays)
        place = entry(self.quantity, self.worst)
        return f"{self.verdict.value}: {place} is {claimed}, its reference {reference}, {error} apart within {bound}"

    @property
    def is_telling(self) -> bool:
        """Whether the bound leaves a digit of some entry."""
        return bool(np.isfinite(self.bound).all() and (self.bound < np.abs(self.reference)).any())

    @property
    def verdict(self) -> Verdict:
        """DISAGREES beyond the bound; AGREES within one that is telling, or where both are 0; else INCONCLUSIVE."""
        if self.worst_share > 1:
            return Verdict.DISAGREES
        both_zero = not (self.claimed.any() or self.reference.any())
        return Verdict.AGREES if self.is_telling or both_zero else Verdict.INCONCLUSIVE


def compare(quantity: str, claimed: Any, reference: Any, bound: Any) -> Comparison:
    """Return the comparison of two arrays of real numbers.

    Parameters
    ----------
    quantity: what a report calls them, such as "gradient" or "W1".
    claimed, reference: of one shape, at least one entry; compared in float64.
    bound: how far they may be apart; not negative, of their shape or one number. Where an entry of it is inf or NaN
        it cannot tell anything, and the verdict is INCONCLUSIVE at best.

    Returns
    -------
    :class:`Comparison`, whose ``verdict`` and ``str()`` say what came of it.

    Raises
    ------
    ValueError: the shapes differ (they are never broadcast to one another), there are no entries, or bound is
        negative or has another shape.
    TypeError: an array does not hold real numbers.

    Examples
    --------
    >>> print(compare("gradient", [6.0, 8.5], [6.0, 8.0], 1e-6))
    DISAGREES: gradient[1] is 8.5, its reference 8, 0.5 apart within 1e-06

    """
    claimed, reference, bound = (
        as_floats(name, value).astype(np.float64)
        for name, value in (("claimed", claimed), ("reference", reference), ("bound", bound))
    )
    if claimed.shape != reference.shape:
        rule, got = f"have the shape of the reference, {reference.shape},", f"shape {claimed.shape}"
        reason, remedy = "a broadcast would hide a missing sum", "Return the shape of x."
        raise expected(f"the claimed {quantity}", rule, got, reason, remedy)
    require_batch("claimed", claimed)
    if (bound < 0).any():
        reason, remedy = "it is a distance", "Pass its absolute value."
        raise expected("bound", "not be negative", f"{bound.min():g}", reason, remedy)
    if bound.shape not in ((), claimed.shape):
        rule, got = f"be one number or have the shape of the reference, {claimed.shape},", f"shape {bound.shape}"
        raise expected("bound", rule, got, "each entry has its own", "Pass a bound for each entry, or one for all.")
    return Comparison(quantity, claimed, reference, np.broadcast_to(bound, claimed.shape))


def central_difference_bound(x: Array, h: float, *, first: Array, second: Array, third: Array, noise: Array) -> Array:
    """Return how far a central difference at a fixed step may be from the derivative.

    With the steps really taken, h₊ = fl(x + h) - x and h₋ = x - fl(x - h), the error is at most

        M₃ (h₊³ + h₋³) / (6 (h₊ + h₋))    truncation, h² M₃ / 6 where h₊ = h₋
      + M₂ |h₊ - h₋| / 2                   the steps' own rounding
      + 2 ε_f / (h₊ + h₋)                  round-off of f
      + 8 eps |f′|                         round-off of the quotient and of the reference

    Parameters
    ----------
    x: the point, in the dtype in which the steps were taken.
    h: the nominal step, in the units of ``x``.
    first, second, third: the derivative at x and the largest |f″| and |f‴| within the step, along each entry.
    noise: ε_f, the largest absolute error of a value of f at x ± h.

    Returns
    -------
    Array of the shape of ``x``, in the units of f / x; inf or NaN where the step is lost.

    Raises
    ------
    TypeError: x does not hold floats. ValueError: x is not finite, or h is not positive.

    References
    ----------
    J. Nocedal, S. J. Wright (2006), Numerical Optimization, 2nd ed., section 8.1.

    Examples
    --------
    >>> one = np.array(1.0)
    >>> bound = central_difference_bound(one, 1e-4, first=3 * one, second=6 * one, third=6 * one, noise=2e-16 * one)
    >>> print(f"{bound:.1e}")  # of x³ at 1: truncation is h² = 1e-8
    1.0e-08

    """
    # Neither points nor step are numgrad's own: a bound that shared its mistakes would hide them.
    x, h = require_differentiable("x", x), require_positive("h", h, example=1e-4)
    wide = x.astype(np.float64)
    with np.errstate(over="ignore"):
        above = (x + h).astype(x.dtype).astype(np.float64) - wide
        below = wide - (x - h).astype(x.dtype).astype(np.float64)
        width = above + below
    with np.errstate(all="ignore"):  # a lost or endless step: no bound holds, inf or NaN says so
        truncation = third * (above**3 + below**3) / (6 * width)
        round_off = 2 * noise / width
    steps_rounding = second * np.abs(above - below) / 2
    return np.asarray(truncation + steps_rounding + round_off + 8 * np.finfo(x.dtype).eps * np.abs(first))
