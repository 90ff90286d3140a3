"""The faults of a whole array: what each would make of the true derivative."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from verification._typing import Array
from verification.diagnosis.evidence import Evidence, Fit, Mask, Part, fit
from verification.diagnosis.failure_mode import FailureMode

__all__ = ["Explanation", "explain"]

NAMED = {0.5: "½", 2.0: "2", 1 / 3: "⅓", 3.0: "3", 0.25: "¼", 4.0: "4"}

CONSTANT = 1e-3
"""A factor is one if it is known to a smaller share of itself."""


@dataclass(frozen=True)
class Explanation:
    """A fault that fits an array."""

    mode: FailureMode
    what: str
    """What the claimed derivatives are, as in "claimed = -1 × true"."""
    fit: Fit
    rank: int
    """The simpler the smaller."""
    partner: str = ""
    """The other array that is concerned."""
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[FailureMode, str]:
        """What is the same if several arrays have the same fault."""
        return self.mode, self.what


def explain(part: Part, evidence: Evidence, where: Mask | None = None) -> list[Explanation]:
    """Return the faults that fit a whole array or part of it, simplest first."""
    found = [
        explanation
        for candidates in (_zero, _factor, _rearranged, _summed, _other, _truncated, _terms, _chain)
        for explanation in candidates(part, evidence, where)
        if explanation.fit.holds
    ]
    return sorted(found, key=lambda explanation: explanation.rank)


def _zero(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    del evidence
    chosen = part.wrong if where is None else part.wrong & where
    if chosen.any() and not part.claimed[chosen].any():
        zeros = np.zeros_like(part.claimed)
        yield Explanation(FailureMode.ZERO_BLOCK, "claimed = 0", fit(part, zeros, part.bar * 0, where), 0)


def _factor(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield the constant that the true derivative is multiplied by, under each of its names."""
    found = [ratio(other, where if other is part else None) for other in (part, *evidence.wrong)]
    known = [r for r in found if r is not None]
    if not known:
        return
    shared = min(known[1:], key=lambda r: r[1], default=known[0])
    c, doubt = shared if known[0] and abs(shared[0] - known[0][0]) <= shared[1] + known[0][1] else known[0]
    for value, mode, what, rank in _names(c, doubt, evidence):
        predicted, bar = value * part.numerical, abs(value) * part.bar + doubt * np.abs(part.numerical) + part.bar
        yield Explanation(mode, what, fit(part, predicted, bar, where), rank, evidence={"factor": value})


def ratio(part: Part, where: Mask | None = None) -> tuple[float, float] | None:
    """Return claimed / numerical, weighed by how well each entry shows it, and what is unsure about it."""
    chosen = part.measured & (part.bar < CONSTANT * np.abs(part.numerical))
    if where is not None:
        chosen &= where
    if not chosen.any():
        return None
    claimed, numerical, bar = (array[chosen] for array in (part.claimed, part.numerical, part.bar))
    with np.errstate(all="ignore"):
        ratios, doubts = claimed / numerical, bar / np.abs(numerical) * (1 + np.abs(claimed / numerical))
    best = int(np.argmin(doubts))
    return float(ratios[best]), float(doubts[best])


def _names(c: float, doubt: float, evidence: Evidence) -> Iterator[tuple[float, FailureMode, str, int]]:
    """Yield the names of a factor: its value, its mode, what it is, and its rank."""
    if abs(c + 1) <= doubt:
        yield -1.0, FailureMode.WRONG_SIGN, "claimed = -true", 0
        return
    if c == 0:
        return
    samples = [n for n in evidence.sizes if n > 1]
    for n in dict.fromkeys(samples):
        rank = 1 if n > 2 else 3  # 2 and ½ are forgotten more often than a mean over two
        if abs(c - n) <= doubt:
            yield float(n), FailureMode.MISSING_BATCH_MEAN, f"claimed = {n} × true, and f uses {n} samples", rank
        if abs(c - 1 / n) <= doubt:
            if len(evidence.wrong) < len(evidence.parts):
                what = f"claimed = true / {n}: a mean over what is to be summed"
                yield 1 / n, FailureMode.MISSING_BROADCAST_SUM, what, rank
            yield 1 / n, FailureMode.EXTRA_BATCH_MEAN, f"claimed = true / {n}, and f uses {n} samples", rank
    for value, name in NAMED.items():
        if abs(c - value) <= doubt:
            yield value, FailureMode.CONSTANT_FACTOR, f"claimed = {name} × true", 2
            break
    else:
        yield c, FailureMode.CONSTANT_FACTOR, f"claimed = {c:.7g} × true", 3
    for n, made, mode in (
        (round(c), f"{round(c)} × true", FailureMode.MISSING_BATCH_MEAN),
        (round(1 / c), f"true / {round(1 / c)}", FailureMode.EXTRA_BATCH_MEAN),
    ):
        value = float(n) if mode is FailureMode.MISSING_BATCH_MEAN else 1 / n if n else np.nan
        if n > 1 and n not in samples and abs(c - value) <= doubt:
            yield value, mode, f"claimed = {made}, as if for {n} samples", 1 if n > 4 and not samples else 4


def _rearranged(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield what makes the true derivative of the claimed one by moving entries about."""
    del evidence
    n, bar = part.numerical, part.bar
    for a, b in combinations(part.axes(), 2):
        if n.shape[a] == n.shape[b]:
            swapped, wide = np.swapaxes(n, a, b), np.swapaxes(bar, a, b) + bar
            what = "claimed = trueᵀ" if n.ndim == 3 else f"claimed = true with axes {a - 1} and {b - 1} swapped"
            yield Explanation(FailureMode.TRANSPOSED, what, fit(part, swapped, wide, where), 1)
    if n.ndim == 3 and 1 not in n.shape[1:]:
        refilled, wide = (np.swapaxes(a, 1, 2).reshape(a.shape) for a in (n, bar))
        found = fit(part, refilled, wide + bar, where)
        yield Explanation(FailureMode.TRANSPOSED, "claimed = true read column by column", found, 2)
    for axis in part.axes():
        if n.shape[axis] < 2:
            continue
        along = f" along axis {axis - 1}" if n.ndim > 2 else ""
        what = f"claimed = true flipped{along}"
        flipped = fit(part, np.flip(n, axis), np.flip(bar, axis) + bar, where)
        yield Explanation(FailureMode.WRONG_AXIS, what, flipped, 2)
        for step in (1, -1, 2, -2):
            if abs(step) >= n.shape[axis]:
                continue
            what = f"claimed = true moved by {step}{along}"
            rolled = fit(part, np.roll(n, step, axis), np.roll(bar, step, axis) + bar, where)
            cut = fit(part, _shifted(n, step, axis), _shifted(bar, step, axis) + bar, where)
            yield Explanation(FailureMode.SHIFTED_INDEX, what, rolled if rolled.holds else cut, 2)


def _shifted(values: Array, step: int, axis: int) -> Array:
    """Return values moved along an axis; what is moved in is not known."""
    moved = np.roll(values, step, axis).copy()
    edge = [slice(None)] * values.ndim
    edge[axis] = slice(0, step) if step > 0 else slice(step, None)
    moved[tuple(edge)] = np.nan
    return moved


def _summed(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield sums and means of the true derivative along an axis, spread over it again."""
    del evidence
    for axis in part.axes():
        length = part.numerical.shape[axis]
        if length < 2 or not part.measured.all():
            continue
        total = part.spread(part.numerical.sum(axis=axis, keepdims=True))
        bar = part.spread(part.bar.sum(axis=axis, keepdims=True)) + part.bar
        by_rows = axis == 1 and part.claimed.ndim > 2
        mode = FailureMode.COLUMN_AT_A_TIME if by_rows else FailureMode.WRONG_AXIS
        along = f"axis {axis - 1}" if part.claimed.ndim > 2 else "the array"
        yield Explanation(mode, f"claimed = true summed over {along}", fit(part, total, bar, where), 2)
        mean = fit(part, total / length, bar, where)
        yield Explanation(FailureMode.WRONG_AXIS, f"claimed = mean of true over {along}", mean, 3)


def _other(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield other arrays whose derivative this one has got."""
    for other in evidence.parts:
        if other is part or other.x.shape != part.x.shape:
            continue
        what = f"claimed = true of {other.name}"
        found = fit(part, other.numerical, other.bar + part.bar, where)
        yield Explanation(FailureMode.SWAPPED_ARGUMENTS, what, found, 1, partner=other.name)


def _truncated(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield the dtypes that the derivative was cast to on its way."""
    del evidence
    with np.errstate(all="ignore"):
        chosen = part.measured if where is None else part.measured & where
        for name, kept, unit in _casts(part.numerical):
            if not chosen.any() or not np.array_equal(kept(part.claimed[chosen]), part.claimed[chosen]):
                continue
            near = fit(part, part.numerical, part.bar + unit, where)
            yield Explanation(FailureMode.TRUNCATED_DTYPE, f"claimed = true {name}", near, 1)


def _casts(true: Array) -> Iterator[tuple[str, Callable[[Array], Array], Array]]:
    """Yield ways to lose precision: what is kept, and how far that may be from the true values."""
    one = np.ones_like(true)
    yield "cast to integers", np.trunc, one
    for name, dtype in (("float16", np.float16), ("float32", np.float32)):
        unit = np.spacing(np.abs(true).astype(dtype)).astype(np.float64)
        yield f"cast to {name}", lambda a, dtype=dtype: a.astype(dtype).astype(np.float64), unit
    for decimals in range(7):
        unit = one * 0.5001 * 10.0**-decimals
        yield f"rounded to {decimals} decimals", lambda a, d=decimals: np.round(a, d), unit


def _terms(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield terms that the claimed derivative has too many or too few."""
    del evidence
    x = part.spread(part.x)
    for name, shape_ in (("x", x), ("sign(x)", np.sign(x)), ("1", np.ones_like(x)), ("x²", x * x), ("x³", x**3)):
        chosen = part.measured & (np.abs(shape_) > 0)
        if where is not None:
            chosen &= where
        if chosen.sum() < 2 or np.ptp(np.abs(shape_[chosen])) == 0 and name not in ("1", "sign(x)"):
            continue
        with np.errstate(all="ignore"):
            factors, doubts = part.error[chosen] / shape_[chosen], part.bar[chosen] / np.abs(shape_[chosen])
        best = int(np.argmin(doubts))
        c, doubt = float(factors[best]), float(doubts[best])
        if not abs(c) > doubt:
            continue
        mode = FailureMode.EXTRA_TERM if c > 0 else FailureMode.DROPPED_TERM
        found = fit(part, part.numerical + c * shape_, 2 * part.bar + doubt * np.abs(shape_), where)
        what = f"claimed = true {'+' if c > 0 else '-'} {abs(c):.4g} × {name}"
        yield Explanation(mode, what, found, 4, evidence={"coefficient": c})
    yield from _common_terms(part, where)


def _common_terms(part: Part, where: Mask | None) -> Iterator[Explanation]:
    """Yield terms that are the same along an axis, such as that of a mean."""
    if where is not None or not part.measured.all():
        return
    for axis in part.axes():
        length = part.error.shape[axis]
        if length < 2 or part.error.size == length * part.error.shape[0]:
            continue
        term = part.error.mean(axis=axis, keepdims=True)
        bar = part.bar + part.spread(part.bar.mean(axis=axis, keepdims=True))
        found = fit(part, part.numerical + term, bar)
        true_sum, claimed_sum = (np.abs(a.sum(axis=axis)) for a in (part.numerical, part.claimed))
        vanishes = (true_sum <= part.bar.sum(axis=axis)).all()
        extra = (claimed_sum <= part.bar.sum(axis=axis)).all()
        mode = FailureMode.EXTRA_TERM if extra and not vanishes else FailureMode.DROPPED_TERM
        what = f"claimed - true is the same along axis {axis - 1}"
        if vanishes and axis == 1:
            yield Explanation(FailureMode.COUPLED_ROWS, what + ", where true sums to 0", found, 4)
        yield Explanation(mode, what, found, 5)


CHAIN = {
    "x": lambda x: x,
    "x²": lambda x: x * x,
    "2x": lambda x: 2 * x,
    "sign(x)": np.sign,
    "exp(x)": np.exp,
    "σ′(x)": lambda x: np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2,
    "σ(x)": lambda x: 1 / (1 + np.exp(-x)),
    "1 - tanh²(x)": lambda x: 1 / np.cosh(x) ** 2,
    "cos(x)": np.cos,
    "sin(x)": np.sin,
    "√x": np.sqrt,
    "1 + x²": lambda x: 1 + x * x,
    "|x|": np.abs,
    "x > 0": lambda x: (x > 0) * 1.0,
}


def _chain(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield functions of x by which the claimed derivative and the true one differ as factors."""
    del evidence
    wrong = part.wrong if where is None else part.wrong & where
    with np.errstate(all="ignore"):
        for name, phi in CHAIN.items():
            factor = part.spread(phi(part.x))
            if not np.isfinite(factor).all() or not factor.any() or np.ptp(np.abs(factor[wrong])) == 0:
                continue
            more = fit(part, part.numerical * factor, part.bar * (1 + np.abs(factor)), where)
            yield Explanation(FailureMode.MISSING_CHAIN_FACTOR, f"claimed = true × {name}", more, 4)
            less = fit(part, part.numerical / factor, part.bar * (1 + 1 / np.abs(factor)), where)
            yield Explanation(FailureMode.MISSING_CHAIN_FACTOR, f"claimed = true / {name}", less, 4)
