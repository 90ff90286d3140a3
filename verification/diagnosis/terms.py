"""Terms that a derivative has too many or too few, and factors that are functions of x."""

from collections.abc import Callable, Iterator

import numpy as np

from verification._typing import Array, Mask
from verification.diagnosis.evidence import Evidence, Part, fit
from verification.diagnosis.explanation import Explanation, Rank
from verification.diagnosis.failure_mode import FailureMode

__all__ = ["chain_factors", "common_terms", "terms"]

TERMS: dict[str, Callable[[Array], Array]] = {
    "x": lambda x: x,
    "sign(x)": np.sign,
    "1": np.ones_like,
    "x²": lambda x: x**2,
    "x³": lambda x: x**3,
}
"""What penalties add to a gradient, such as weight decay, and what a forgotten power leaves."""

CHAIN: dict[str, Callable[[Array], Array]] = {
    "x": lambda x: x,
    "x²": lambda x: x**2,
    "2x": lambda x: 2 * x,
    "√x": np.sqrt,
    "exp(x)": np.exp,
    "σ(x)": lambda x: 1 / (1 + np.exp(-x)),
    "σ′(x)": lambda x: 1 / (2 + 2 * np.cosh(x)),
    "(1 - tanh²(x))": lambda x: 1 / np.cosh(x) ** 2,
    "cos(x)": np.cos,
    "sin(x)": np.sin,
    "(1 + x²)": lambda x: 1 + x**2,
}
"""Derivatives of inner functions that are forgotten, or multiplied by once too often."""


def terms(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield multiples of functions of x that are added to the true derivative or missing from it."""
    del evidence
    wrong = part.wrong if where is None else part.wrong & where
    for name, function in TERMS.items():
        with np.errstate(all="ignore"):
            term = part.spread(function(part.x))
            factors, doubts = part.error / term, part.slack / np.abs(term)
        chosen = wrong & np.isfinite(factors)
        if not chosen.any():
            continue
        best = int(np.argmin(doubts[chosen]))
        c, doubt = float(factors[chosen][best]), float(doubts[chosen][best])
        found = fit(part, part.numerical + c * term, 2 * part.slack + doubt * np.abs(term), where)
        mode, sign = (FailureMode.EXTRA_TERM, "+") if c > 0 else (FailureMode.DROPPED_TERM, "-")
        what = f"claimed = true {sign} {abs(c):.4g}" + (f" × {name}" if name != "1" else "")
        yield Explanation(mode, what, found, Rank.FUNCTION, 1, numbers={"coefficient": c})


def common_terms(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield terms that are the same along an axis, as that of a mean is."""
    del evidence
    if where is not None or not part.measured.all():
        return
    for axis in part.axes:
        count = part.error.size // part.error.shape[axis]
        if part.error.shape[axis] < 2 or count == len(part.error):
            continue
        term = part.error.mean(axis=axis, keepdims=True)
        found = fit(part, part.numerical + term, part.slack + part.spread(part.slack.mean(axis=axis, keepdims=True)))
        nothing = part.slack.sum(axis=axis)
        true, claimed = (bool((np.abs(a.sum(axis=axis)) <= nothing).all()) for a in (part.numerical, part.claimed))
        what = f"claimed - true is the same{part.along(axis)}"
        if true and axis == 1:
            yield Explanation(FailureMode.COUPLED_ROWS, f"{what}, where true adds up to 0", found, Rank.FUNCTION, count)
        mode = FailureMode.EXTRA_TERM if claimed and not true else FailureMode.DROPPED_TERM
        yield Explanation(mode, what, found, Rank.FUNCTION, count)


def chain_factors(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield functions of x that the true derivative is multiplied or divided by."""
    del evidence
    wrong = part.wrong if where is None else part.wrong & where
    somewhere = wrong.any(axis=(0, -1) if part.is_complex else 0)
    for name, function in CHAIN.items():
        with np.errstate(all="ignore"):
            factor = function(part.point)
            size = np.abs(factor[somewhere])
            if not np.isfinite(factor).all() or size.max(initial=0.0) == size.min(initial=np.inf):
                continue
            for what, given in ((f"claimed = true × {name}", factor), (f"claimed = true / {name}", 1 / factor)):
                found = fit(part, *part.times(given), where)
                yield Explanation(FailureMode.MISSING_CHAIN_FACTOR, what, found, Rank.FUNCTION)
