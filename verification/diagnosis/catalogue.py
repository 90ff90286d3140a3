"""The faults of a whole array: what each would make of the true derivative."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from verification._typing import Array, Mask
from verification.diagnosis.evidence import Evidence, Part, fit
from verification.diagnosis.explanation import Explanation, Rank
from verification.diagnosis.factors import factors
from verification.diagnosis.failure_mode import FailureMode
from verification.diagnosis.terms import chain_factors, common_terms, terms
from verification.pairs import conjugated

__all__ = ["explain"]

SHIFTS = (1, -1, 2, -2)
"""By so many places an index may be off."""

CONJUGATES = {
    1.0: "conj(true)",
    0.5: "½ conj(true), the Wirtinger derivative ∂f/∂x: conjugate and double it",
    2.0: "2 conj(true)",
    -1.0: "-conj(true)",
}
"""What conjugates are confused with the gradient."""

VALUES = 3
"""Of fewer values, where there are more entries, it is no wonder that they are rounded: they may be constants."""

DECIMALS = range(7)
"""Numbers of decimals that a derivative may have been rounded to."""


def explain(part: Part, evidence: Evidence, where: Mask | None = None) -> list[Explanation]:
    """Return the faults that fit an array, or its entries ``where`` it is wrong, plainest first."""
    candidates = (
        _zero,
        factors,
        _turned,
        _rearranged,
        _summed,
        _others,
        _truncated,
        terms,
        common_terms,
        chain_factors,
    )
    found = [explanation for made in candidates for explanation in made(part, evidence, where) if explanation.fit.holds]
    return sorted(found, key=lambda explanation: explanation.rank)


def _zero(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    del evidence
    wrong = part.wrong if where is None else part.wrong & where
    if wrong.any() and not part.claimed[wrong].any():
        found = fit(part, np.zeros_like(part.claimed), np.zeros_like(part.slack), where)
        yield Explanation(FailureMode.ZERO_BLOCK, "claimed = 0", found, Rank.SIMPLEST)


def _turned(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield the conjugates of a complex derivative, also of that with the conjugate cotangent, and i times it."""
    slack = part.slack
    if part.is_complex:
        conjugate = conjugated(part.numerical)
        for factor, what in CONJUGATES.items():
            found = fit(part, factor * conjugate, (1 + abs(factor)) * slack, where)
            yield Explanation(FailureMode.CONJUGATE, f"claimed = {what}", found, Rank.EXACT)
        for sign, what in ((1.0, "i"), (-1.0, "-i")):
            found = fit(part, sign * conjugate[..., ::-1], slack + slack[..., ::-1], where)
            yield Explanation(FailureMode.CONSTANT_FACTOR, f"claimed = {what} × true", found, Rank.EXACT)
    if evidence.has_conjugates:
        other = part.numerical.reshape(-1, 2, *part.numerical.shape[1:])[:, ::-1].reshape(part.numerical.shape)
        predicted, true = (conjugated(other), "conj(true)") if part.is_complex else (other, "true")
        found = fit(part, predicted, 2 * slack.max(axis=0), where)
        yield Explanation(FailureMode.CONJUGATE, f"claimed = {true} of the conjugate cotangent", found, Rank.EXACT)


def _rearranged(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield what moves the entries of the true derivative about."""
    del evidence

    def moved(mode: FailureMode, what: str, move: Callable[[Array], Array], rank: Rank) -> Explanation:
        return Explanation(mode, what, fit(part, move(part.numerical), move(part.slack) + part.slack, where), rank)

    shape = part.claimed.shape
    for a, b in combinations(part.axes, 2):
        axes = f"along axes {a - 1} and {b - 1}"
        yield moved(FailureMode.WRONG_AXIS, f"claimed = true flipped {axes}", partial(np.flip, axis=(a, b)), Rank.USUAL)
        if shape[a] == shape[b]:
            what = "claimed = trueᵀ" if len(part.axes) == 2 else f"claimed = true swapped {axes}"
            yield moved(FailureMode.TRANSPOSED, what, partial(np.swapaxes, axis1=a, axis2=b), Rank.EXACT)
    if len(part.axes) == 2 and 1 not in shape[1:3]:
        yield moved(FailureMode.TRANSPOSED, "claimed = true read column by column", _reread, Rank.USUAL)
    for axis in part.axes:
        what = f"claimed = true flipped{part.along(axis)}"
        yield moved(FailureMode.WRONG_AXIS, what, partial(np.flip, axis=axis), Rank.USUAL)
        for step in (step for step in SHIFTS if abs(step) < shape[axis]):
            what = f"claimed = true moved by {step}{part.along(axis)}"
            for move in (partial(np.roll, shift=step, axis=axis), partial(_shifted, step=step, axis=axis)):
                yield moved(FailureMode.SHIFTED_INDEX, what, move, Rank.USUAL)


def _reread(values: Array) -> Array:
    """Return matrices read column by column, and written row by row."""
    return np.swapaxes(values, 1, 2).reshape(values.shape)


def _shifted(values: Array, step: int, axis: int) -> Array:
    """Return values moved along an axis; what is moved in is not known."""
    moved = np.roll(values, step, axis)
    edge = [slice(None)] * values.ndim
    edge[axis] = slice(0, step) if step > 0 else slice(step, None)
    moved[tuple(edge)] = np.nan
    return moved


def _summed(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield sums and means of the true derivative along an axis, spread over it again."""
    del evidence
    for axis in part.axes:
        length = part.numerical.shape[axis]
        if length < 2 or not part.measured.all():
            continue
        total = part.spread(part.numerical.sum(axis=axis, keepdims=True))
        bar = part.spread(part.slack.sum(axis=axis, keepdims=True)) + part.slack
        mode = FailureMode.COLUMN_AT_A_TIME if axis == 1 and len(part.axes) > 1 else FailureMode.WRONG_AXIS
        over = part.along(axis) or " over the array"
        yield Explanation(mode, f"claimed = true summed{over}", fit(part, total, bar, where), Rank.USUAL)
        what = f"claimed = mean of true{over}"
        yield Explanation(
            FailureMode.WRONG_AXIS, what, fit(part, total / length, bar / length + part.slack, where), Rank.USUAL
        )


def _others(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield other arrays whose derivative this one has got."""
    for other in evidence.parts:
        if other is not part and (other.claimed.shape, other.is_complex) == (part.claimed.shape, part.is_complex):
            what, found = f"claimed = true of {other.name}", fit(part, other.numerical, other.slack + part.slack, where)
            if fit(other, part.numerical, other.slack + part.slack).holds:
                yield Explanation(FailureMode.SWAPPED_ARGUMENTS, what, found, Rank.EXACT, partner=other.name)
            else:
                yield Explanation(FailureMode.OTHER_ARGUMENT, what, found, Rank.EXACT)


def _truncated(part: Part, evidence: Evidence, where: Mask | None) -> Iterator[Explanation]:
    """Yield the casts that the derivative has gone through."""
    del evidence
    chosen = part.measured if where is None else part.measured & where
    if not part.claimed[chosen].any() or len(np.unique(part.claimed[chosen])) < min(VALUES, chosen.sum()):
        return
    for name, cast in _casts():
        with np.errstate(all="ignore"):
            if not np.array_equal(cast(part.claimed[chosen]), part.claimed[chosen]):
                continue
            predicted = cast(part.numerical)
            either = [cast(part.numerical + side * part.slack) for side in (-1, 1)]
        predicted = np.where(either[0] == either[1], predicted, np.nan)  # else it may be rounded either way
        found = fit(part, predicted, np.finfo(np.float64).eps * np.abs(predicted), where)
        yield Explanation(FailureMode.TRUNCATED_DTYPE, f"claimed = true {name}", found, Rank.EXACT)


def _casts() -> Iterator[tuple[str, Callable[[Array], Array]]]:
    """Yield ways to lose precision."""
    yield "cast to integers", np.trunc
    yield "cast to float16", partial(_cast, dtype=np.float16)
    yield "cast to float32", partial(_cast, dtype=np.float32)
    for decimals in DECIMALS:
        yield f"rounded to {decimals} decimals", partial(_rounded, decimals=decimals)


def _cast(values: Array, dtype: type[np.floating[Any]]) -> Array:
    return np.asarray(values.astype(dtype).astype(np.float64))


def _rounded(values: Array, decimals: int) -> Array:
    return np.asarray(np.round(values, decimals))
