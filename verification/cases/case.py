"""What a case is, and how one is made from a function, its twin and a way to differentiate it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

import numgrad
from numgrad.finite_differences.steps import STEP
from verification import torch_oracle
from verification._typing import Array, Inputs
from verification.comparison import Comparison, Verdict, central_difference_bound, compare

__all__ = [
    "ESTIMATED",
    "METHODS",
    "Case",
    "Flaw",
    "Function",
    "Method",
    "compare_estimate",
    "compare_gradient",
    "compare_with_oracle",
    "estimated",
    "gradient_case",
]


ESTIMATED = "gradient"
"""The method of the cases whose bound is the error bar that comes with the gradient."""


@dataclass(frozen=True)
class Flaw:
    """Why a fixed step cannot work on the inputs of a case, and how each of them must be flagged."""

    reason: str
    refusal: str | None = None
    """Words of the refusal; None where it is the bound that leaves no digit."""


@dataclass(frozen=True)
class Case:
    """One line of the verification run."""

    function: str
    """What is differentiated, and in which form."""
    method: str
    """The numerical gradient that does it."""
    inputs: st.SearchStrategy[Inputs]
    check: Callable[[Inputs], list[Comparison]]
    """Compares all quantities at one input; raises what numgrad refuses."""
    flaw: Flaw | None = None
    """What is expected instead of agreement; None where the gradients must agree."""
    estimate: Callable[[Inputs], list[Comparison]] | None = None
    """Compares what :func:`numgrad.gradient` makes of the same function, within its own error bar."""
    along: Callable[[Inputs, tuple[int, ...]], tuple[Callable[[float], float], float]] | None = None
    """Returns the function of one entry of the point alone, and the entry."""

    @property
    def name(self) -> str:
        """What ``--case`` selects by, and what the report calls the case."""
        return f"{self.function}, {self.method}"


@dataclass(frozen=True)
class Function:
    """A function of numgrad, its twin in torch, and how NumPy rounds it."""

    name: str
    ours: Callable[..., Any]
    """Maps the point and fixed arguments to one number."""
    twin: Callable[..., Any]
    """The same for tensors."""
    round_off: Callable[..., Any]
    """A bound of the absolute rounding error of ``ours`` in units of eps, from tensors.

    An addition, product or quotient counts ½, a sum of n terms n / 2, an exponential or logarithm 2
    (NumPy's are within 1 ulp where they come from libm, and somewhat wider where they are vectorised).
    """


@dataclass(frozen=True)
class Method:
    """A way to differentiate a function numerically."""

    name: str
    differentiate: Callable[..., Array]
    """Maps the function, its point, its fixed arguments, and the step if it is not the default, to the gradient."""
    rows: bool
    """Whether each row of the point has its own value."""
    shared: bool = False
    """Whether all rows have the same fixed arguments."""


def _of_samples(gradient: Callable[..., Array]) -> Callable[..., Array]:
    """Return the way in which ``gradient`` takes a function of one sample."""
    return lambda function, x, fixed, *h: gradient(lambda sample: function.ours(sample, *fixed), x, *h)


def _columns_at_once(function: Function, X: Array, fixed: list[Any], *h: float) -> Array:
    return numgrad.per_sample_gradient(lambda points: _row_values(function, points, fixed), X, *h)


def _row_values(function: Function, X: Array, fixed: list[Any]) -> Array:
    return np.array([function.ours(*row) for row in zip(X, *fixed, strict=True)])


METHODS = {
    "whole": Method("numerical_gradient", _of_samples(numgrad.numerical_gradient), rows=False),
    "row by row": Method(
        "numerical_gradient_batch", _of_samples(numgrad.numerical_gradient_batch), rows=True, shared=True
    ),
    "columns at once": Method("per_sample_gradient", _columns_at_once, rows=True),
    "one row": Method("numerical_gradient_batch", _of_samples(numgrad.numerical_gradient_batch), rows=False),
    "columns of one row": Method("per_sample_gradient", _of_samples(numgrad.per_sample_gradient), rows=False),
}


def gradient_case(
    function: Function,
    form: str,
    method: Method,
    inputs: st.SearchStrategy[Inputs],
    *,
    flaw: Flaw | None = None,
) -> Case:
    """Return the case that compares values and a numerical gradient of ``function`` with the oracle's.

    The first of the inputs is the point, an ``h`` among them the step, the others are fixed: one row each for each
    row of the point, or with ``method.shared`` the same for all.
    """

    def check(drawn: Inputs) -> list[Comparison]:
        x, *fixed = (value for name, value in drawn.items() if name != "h")
        return compare_gradient(function, method, x, fixed, *([drawn["h"]] if "h" in drawn else []))

    def estimate(drawn: Inputs) -> list[Comparison]:
        x, *fixed = (value for name, value in drawn.items() if name != "h")
        return compare_estimate(function.ours, function.twin, method, x, fixed)

    def along(drawn: Inputs, index: tuple[int, ...]) -> tuple[Callable[[float], float], float]:
        x, *fixed = (value for name, value in drawn.items() if name != "h")
        if method.rows:
            x, *fixed = (value[index[0]] for value in (x, *_of_rows(method, x, fixed)))
        place = index[1:] if method.rows else index

        def f(value: float) -> float:
            moved = x.copy()
            moved[place] = value
            return float(function.ours(moved, *fixed))

        return f, float(x[place])

    return Case(f"{function.name} {form}", method.name, inputs, check, flaw, estimate, along)


def estimated(cases: Iterable[Case]) -> Iterator[Case]:
    """Yield, for each function among the cases, the one that compares :func:`numgrad.gradient` with the oracle."""
    seen: set[str] = set()
    for case in cases:
        if case.estimate is not None and case.function not in seen:
            seen.add(case.function)
            yield Case(case.function, ESTIMATED, case.inputs, case.estimate)


def compare_estimate(
    ours: Callable[..., Any], twin: Callable[..., Any], method: Method, x: Array, fixed: list[Any]
) -> list[Comparison]:
    """Return the comparison of :func:`numgrad.gradient` with the oracle's, within the error bar that comes with it.

    Only where that is exceeded, it is worked out how far rounding may have moved the oracle's, and added.
    """
    fixed = _of_rows(method, x, fixed)
    rows = list(zip(x, *fixed, strict=True)) if method.rows else [(x, *fixed)]
    estimates = [numgrad.gradient(lambda point, given=given: ours(point, *given), at) for at, *given in rows]
    exact = [torch_oracle.gradient(twin, at, given) for at, *given in rows]
    value, error = (np.stack([getattr(estimate, part) for estimate in estimates]) for part in ("value", "error"))
    comparison = compare("gradient", value, np.stack(exact), error)
    if comparison.verdict is Verdict.DISAGREES:
        round_off = [torch_oracle.gradient_round_off(twin, at, given) for at, *given in rows]
        comparison = compare("gradient", value, np.stack(exact), error + np.stack(round_off))
    return [comparison]


def _of_rows(method: Method, x: Array, fixed: list[Any]) -> list[Any]:
    """Return fixed arguments, one a row where rows share them."""
    return [np.broadcast_to(value, (len(x), *np.shape(value))) for value in fixed] if method.shared else fixed


def compare_gradient(function: Function, method: Method, x: Array, fixed: list[Any], *h: float) -> list[Comparison]:
    """Return the comparisons of the function's values and of its numerical gradient with the oracle's.

    ``h`` is a step, or nothing for the chapter's, which is then left to be the gradient's default.
    """
    claimed = method.differentiate(function, x, fixed, *h)
    fixed = _of_rows(method, x, fixed)
    values = _row_values(function, x, fixed) if method.rows else function.ours(x, *fixed)
    twin, round_off = function.twin, function.round_off
    if method.rows:
        twin, round_off = torch_oracle.rowwise(twin), torch_oracle.rowwise(round_off)
    (step,) = h or (STEP,)
    exact = torch_oracle.derivatives(twin, round_off, x, fixed, h=step)
    return compare_with_oracle(claimed, values, exact, x, h=step)


def compare_with_oracle(
    claimed: Array,
    values: Any,
    exact: torch_oracle.Derivatives,
    x: Array,
    *,
    h: float = STEP,
    quantity: str = "gradient",
) -> list[Comparison]:
    """Return the comparisons of values and of a numerical gradient with the oracle's."""
    bound = central_difference_bound(
        x, h, first=exact.gradient, second=exact.second, third=exact.third, noise=exact.noise
    )
    # The twin rounds as numgrad does, operation for operation at most, so the two may differ by twice that.
    value_bound = 2 * exact.value_noise + np.finfo(np.float64).tiny
    return [
        compare("value", values, exact.value, value_bound),
        compare(quantity, claimed, exact.gradient, bound),
    ]
