"""The ten ways in which the chapter's second batch gradient fails, as problems that show each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from numgrad import per_sample_gradient
from numgrad.finite_differences.steps import STEP
from numgrad.flawed import numerical_gradient_batch_v2
from verification import torch_oracle
from verification._typing import Array
from verification.cases.smooth import SMOOTH, SmoothFunction
from verification.comparison import central_difference_bound, compare
from verification.diagnosis import FailureMode, diagnose_batch_gradient
from verification.relations import check_batch_gradient
from verification.strategies import arrays, shapes, tiny_probabilities

__all__ = ["SPECIMENS", "Attempt", "BatchProblem", "Evidence", "Specimen", "examine"]

Formula = Callable[[Any, Any], Any]
"""A function of (xp, X), spelled once for numpy and torch."""


@dataclass(frozen=True)
class BatchProblem:
    """A function handed to a batch gradient, at a point."""

    formula: str
    f: Formula
    X: Array
    meant: Formula
    """What the gradient is wanted of: one number, or one a row, each by its own row."""
    round_off: Callable[[Any], Any]

    def __call__(self, X: Array) -> Any:
        """Return f(X), as NumPy computes it."""
        return self.f(np, X)


@dataclass(frozen=True)
class Attempt:
    """What a batch gradient made of a problem."""

    gradient: Array | None
    refusal: str | None
    input_changed: bool
    right: bool
    """Whether the gradient is within the theory's bound of the oracle's."""


@dataclass(frozen=True)
class Evidence:
    """A problem, what both gradients and the oracle say of it, and what is wrong."""

    problem: BatchProblem
    exact: Array
    flawed: Attempt
    repaired: Attempt
    diagnosis: FailureMode | None


@dataclass(frozen=True)
class Specimen:
    """A failure mode beside the problems among which it is to be found."""

    mode: FailureMode
    problems: st.SearchStrategy[BatchProblem]
    """Where v2 is wrong on one of them, it is wrong in this mode and no other."""
    refusals: tuple[str, ...] = ()
    """Words of which one stands in what the repaired gradient refuses with; none where it must be right."""

    @property
    def name(self) -> str:
        """What ``--case`` selects by, and what the report calls the search."""
        return f"v2: {self.mode.title}"

    def repaired_by(self, attempt: Attempt) -> bool:
        """Return whether the repaired gradient is right or refuses for the reason that it should."""
        refused = attempt.refusal is not None and any(words in attempt.refusal for words in self.refusals)
        return (attempt.right or refused) and not attempt.input_changed


def examine(problem: BatchProblem) -> Evidence:
    """Let the flawed and the repaired gradient try, and compare both with the oracle."""
    X = problem.X.astype(np.float64)
    exact = torch_oracle.derivatives(lambda x: problem.meant(torch_oracle.namespace, x), problem.round_off, X, h=STEP)
    bound = central_difference_bound(
        X, STEP, first=exact.gradient, second=exact.second, third=exact.third, noise=exact.noise
    )
    # v2 divides by 2 h whatever step was taken. In float64 that is no failure to speak of, and none of the ten.
    nominal = np.abs(exact.gradient) * np.spacing(np.abs(X) + STEP) / (2 * STEP)
    return Evidence(
        problem,
        exact.gradient,
        _attempt(numerical_gradient_batch_v2, problem, exact.gradient, bound + nominal),
        _attempt(per_sample_gradient, problem, exact.gradient, bound),
        _diagnose(problem),
    )


def _diagnose(problem: BatchProblem) -> FailureMode | None:
    """Return what the relations of a batch say of v2; of a single sample, what f alone says."""
    check = check_batch_gradient(problem, partial(numerical_gradient_batch_v2, problem), problem.X)
    if check.diagnoses:
        return check.diagnoses[0].mode
    return None if check else diagnose_batch_gradient(problem, problem.X)


def _attempt(batch_gradient: Callable[..., Array], problem: BatchProblem, exact: Array, bound: Array) -> Attempt:
    X, gradient, refusal = problem.X.copy(), None, None
    try:
        with np.errstate(all="ignore"):
            gradient = batch_gradient(problem, X)
    except (ValueError, TypeError, IndexError) as error:
        refusal = f"{type(error).__name__}: {error}"
    changed = X.tobytes() != problem.X.tobytes()
    right = gradient is not None and compare("gradient", gradient, exact, bound).worst_share <= 1
    return Attempt(gradient, refusal, changed, right)


def _rows_of(smooth: SmoothFunction) -> Formula:
    return lambda xp, X: smooth.terms(xp, X).reshape(len(X), -1).sum(-1)


def _total(formula: Formula) -> Formula:
    return lambda xp, X: formula(xp, X).sum()


def _own_rounding(smooth: SmoothFunction) -> Callable[[Any], Any]:
    return torch_oracle.rowwise(smooth.round_off)


SMOOTH_FUNCTIONS = st.sampled_from([smooth for smooth in SMOOTH if smooth.largest > 2])


@st.composite
def _points(draw: st.DrawFn, dims: tuple[int, int] = (2, 2)) -> Array:
    shape = draw(shapes(*dims), label="shape")
    return draw(arrays(shape, smallest=-1, largest=2), label="X")


def _integers(dims: tuple[int, int]) -> st.SearchStrategy[Array]:
    return _points(dims).map(lambda X: X.astype(np.int64))


@st.composite
def _separable(draw: st.DrawFn, points: st.SearchStrategy[Array]) -> BatchProblem:
    """Rows that do not look at one another: what fails is the input."""
    smooth, X = draw(SMOOTH_FUNCTIONS, label="function"), draw(points, label="X")
    rows = _rows_of(smooth)
    return BatchProblem(f"{smooth.formula}, a row", rows, X, rows, _own_rounding(smooth))


@st.composite
def _single(draw: st.DrawFn, points: st.SearchStrategy[Array]) -> BatchProblem:
    smooth, X = draw(SMOOTH_FUNCTIONS, label="function"), draw(points, label="X")
    total = _total(smooth.terms)
    return BatchProblem(f"{smooth.formula} of one sample", total, X, total, smooth.round_off)


@st.composite
def _reduced(draw: st.DrawFn) -> BatchProblem:
    smooth, X = draw(SMOOTH_FUNCTIONS, label="function"), draw(_points(), label="X")
    total = _total(smooth.terms)
    return BatchProblem(f"{smooth.formula} over the batch", total, X, total, smooth.round_off)


@st.composite
def _coupled(draw: st.DrawFn) -> BatchProblem:
    smooth, X = draw(SMOOTH_FUNCTIONS, label="function"), draw(_points(), label="X")
    rows = _rows_of(smooth)

    def centred(xp: Any, X: Any) -> Any:
        return rows(xp, X - X.mean(0))

    def round_off(X: Any) -> Any:
        """Bound the mean's rounding, N / 2 eps of the largest entry, times the slope of the at most cubic terms."""
        size = 1 + X.abs().amax()
        return 8 * (1 + len(X)) * X.numel() * size**3 + X.sum(-1) * 0

    formula = f"{smooth.formula} of X - mean over the batch, a row"
    return BatchProblem(formula, centred, X, centred, round_off)


@st.composite
def _shared(draw: st.DrawFn) -> BatchProblem:
    """Return a loss of A @ W; the columns of A grow, or it would not see which row of W is which."""
    smooth, W = draw(SMOOTH_FUNCTIONS, label="function"), draw(_points(), label="W")
    digits = hnp.arrays(np.float64, (draw(st.integers(1, 3), label="samples"), len(W)), elements=st.integers(1, 3))
    A = np.cumsum(draw(digits, label="steps of A"), axis=1)

    def loss(xp: Any, W: Any) -> Any:
        return smooth.terms(xp, xp.asarray(A) @ W).sum()

    def round_off(W: Any) -> Any:
        size = 1 + (torch_oracle.tensor(A) @ W.abs()).amax()
        return 8 * A.size * W.numel() * size**3

    return BatchProblem(f"{smooth.formula} of A @ W, A = {A.tolist()}", loss, W, loss, round_off)


@st.composite
def _one_sample(draw: st.DrawFn) -> BatchProblem:
    """Return a sum over the coordinates x[0], x[1], ... of a sample, which in a batch are rows."""
    shape = draw(shapes(2, 2).filter(lambda shape: shape[0] >= shape[1]), label="shape")
    X = draw(arrays(shape, smallest=-1, largest=2), label="X")
    smooth, dimensions = draw(SMOOTH_FUNCTIONS, label="function"), X.shape[1]

    def one_sample(xp: Any, x: Any) -> Any:
        return sum(smooth.terms(xp, x[k, ..., None])[..., 0] for k in range(dimensions))

    def meant(xp: Any, X: Any) -> Any:
        return xp.stack([one_sample(xp, x) for x in X])

    formula = f"{smooth.formula} over " + ", ".join(f"x[{k}]" for k in range(dimensions))
    return BatchProblem(formula, one_sample, X, meant, _own_rounding(smooth))


@st.composite
def _kept(draw: st.DrawFn) -> BatchProblem:
    smooth, X = draw(SMOOTH_FUNCTIONS, label="function"), draw(_points(), label="X")
    rows = _rows_of(smooth)
    formula = f"{smooth.formula}, a row, keepdims=True"
    return BatchProblem(formula, lambda xp, X: rows(xp, X)[:, None], X, rows, _own_rounding(smooth))


@st.composite
def _logarithms(draw: st.DrawFn) -> BatchProblem:
    X = draw(tiny_probabilities(draw(shapes(2, 2), label="shape")), label="X")

    def rows(xp: Any, X: Any) -> Any:
        return -xp.log(X).sum(-1)

    return BatchProblem("-Σ log x, a row", rows, X, rows, lambda X: X.shape[1] * 8 * X.log().abs().sum(-1))


NOT_ROWS = "Expected f to return one value a row"
NOT_ALONE = "Expected f to compute each row from that row of X alone"

SPECIMENS = (
    Specimen(FailureMode.REDUCED_OUTPUT, _reduced(), (NOT_ROWS,)),
    Specimen(FailureMode.COUPLED_ROWS, _coupled(), (NOT_ALONE,)),
    Specimen(FailureMode.SHARED_PARAMETER, _shared(), (NOT_ROWS,)),
    Specimen(FailureMode.ONE_SAMPLE_FUNCTION, _one_sample(), (NOT_ROWS, NOT_ALONE)),
    Specimen(FailureMode.KEPT_DIMENSION, _kept(), ("a dimension was kept",)),
    Specimen(
        FailureMode.INTEGER_INPUT,
        _single(_integers((1, 1))) | _separable(_integers((2, 2))),
        ("Expected X to hold floats",),
    ),
    Specimen(FailureMode.INPUT_NOT_RESTORED, _single(_points((1, 1)))),
    Specimen(FailureMode.MORE_DIMENSIONS, _separable(_points((3, 4)))),
    Specimen(FailureMode.LOW_PRECISION, _separable(_points().map(lambda X: X.astype(np.float32)))),
    Specimen(FailureMode.DOMAIN_EDGE, _logarithms(), ("to be finite but got nan",)),
)
