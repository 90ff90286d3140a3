import math

import numpy as np
import pytest

import numgrad
from numgrad.finite_differences.steps import STEP
from verification import FailureMode, diagnose_batch_gradient

X = np.array([[0.5, 1.0], [2.0, 0.25], [1.5, 3.0]])
A = np.array([[1.0, 2.0, 0.5]])


def rows(X):
    return (X**2).reshape(len(X), -1).sum(axis=1)


def global_softmax_loss(X):
    exponentials = np.exp(X - X.max())
    return -np.log(exponentials[:, 0] / exponentials.sum(axis=1))


SQUARE = np.array([[0.5, 1.0, -1.0], [2.0, 0.25, 0.75], [1.5, 3.0, 0.1]])
T = np.array([0, 1, 1])
STACKED = np.vstack([A, 2 * A, A + 1])

MODES = {
    None: {
        "rows": (rows, X),
        "rows with their own targets": (lambda X: numgrad.softmax(X)[np.arange(3), T], X),
        "rows of a rounding that the batch's maximum decides": (global_softmax_loss, 10 * SQUARE),
        "a single row": (lambda X: np.sum(X**2), X[:1]),
        "a single row, kept": (lambda X: np.sum(X**2, keepdims=True), X[:1]),
        "logarithms at 1.5 h": (lambda X: np.array([math.log(x) for x in X[:, 0]]), np.array([[1.5e-4], [1.0], [2.0]])),
        "logarithms at 3 h": (lambda X: np.array([math.log(x) for x in X[:, 0]]), np.array([[3e-4], [1.0], [2.0]])),
        "a root of a difference of 1.5 h": (
            lambda X: np.array([math.sqrt(x[0] - x[1]) for x in X]),
            np.array([[1.00015, 1.0], [3.0, 1.0]]),
        ),
        "a root of a difference of 1.01 h": (
            lambda X: np.array([math.sqrt(x[0] - x[1] - x[2]) for x in X]),
            np.array([[1.000101, 0.5, 0.5], [1.000101, 0.25, 0.75], [1.000101, 0.75, 0.25]]),
        ),
        "far from 0, but not too far": (rows, np.array([[2e8, 1.0], [1.0, 2.0]])),
        "ranks": (lambda X: X[:, 0] * np.argsort(np.argsort(X[:, 0])), X),
    },
    FailureMode.REDUCED_OUTPUT: {
        "total": (lambda X: (X**2).sum(), X),
        "mean": (lambda X: rows(X).mean(), X),
        "kept total": (lambda X: np.sum(X**2, keepdims=True), X),
        "total in an array": (lambda X: np.atleast_1d(rows(X).sum()), X),
        "total, one column": (lambda X: np.atleast_1d(rows(X).sum()), X[:, :1]),
        "with their own targets": (lambda X: numgrad.softmax_cross_entropy(X, T), SQUARE),
        "of coupled rows": (lambda X: rows(X - X.mean(axis=0)).mean(), X),
        "whose terms cancel": (lambda X: (X**3 - 1e4 * X).sum(), 100 * SQUARE),
    },
    FailureMode.COUPLED_ROWS: {
        "batch statistics": (lambda X: rows(X - X.mean(axis=0)), X),
        "batch statistics, square": (lambda X: rows(X - X.mean(axis=0)), SQUARE),
        "batch statistics, two by two": (lambda X: rows(X - X.mean(axis=0)), X[:2]),
        "with their own weights, two by two": (lambda X: [1.0, 2.0] * rows(X - X.mean(axis=0)), X[:2]),
        "batch statistics of one sample too": (lambda X: ((X - X.mean(0)) ** 2).sum(-1), SQUARE),
        "with their own targets": (lambda X: (X - X.mean(axis=0))[np.arange(3), T] ** 2, SQUARE),
        "difference of columns": (lambda X: (X[:, 0] - X[:, 1]) * X.mean(), X),
        "running sum": (lambda X: np.cumsum(X, axis=0).sum(axis=1), X),
        "distance to the first": (lambda X: ((X - X[0]) ** 2).sum(axis=1), X),
        "beside a huge row": (lambda X: rows(X - X.mean(axis=0)), np.array([[1e6, 1.0], [1.0, 2.0], [3.0, 0.5]])),
        "whose first value hides the rounding of the mean": (
            lambda X: ((X - X.mean(0)) ** 2).sum(-1),
            np.array([[-21.0], [-36.0], [-35.0], [0.0]]),
        ),
        "maximum": (lambda X: (X - X.max(axis=0)).sum(axis=1), np.zeros((3, 2))),
    },
    FailureMode.SHARED_PARAMETER: {
        "scalar loss": (lambda W: ((A @ W) ** 2).sum(), X),
        "as many losses as rows": (lambda W: ((STACKED @ W) ** 2).sum(axis=1), X),
        "of equal rows": (lambda W: ((A @ W) ** 2).sum(), np.ones((3, 2))),
        "of two rows": (lambda W: ((np.array([[1.0, 2.0], [1.0, 3.0], [2.0, 1.0]]) @ W) ** 2).sum(axis=1), X[:2]),
        "that is large": (lambda W: ((A @ W) ** 2).sum(), 1e4 * X),
        "more losses than rows": (lambda W: ((np.vstack([STACKED, A]) @ W) ** 2).sum(axis=1), X),
    },
    FailureMode.ONE_SAMPLE_FUNCTION: {
        "shapes that fit": (lambda x: x[0] ** 2 + x[1] ** 2, X[:2]),
        "shapes that do not": (lambda x: x[0] ** 2 + x[1] ** 2, X),
        "one coordinate": (lambda x: x[0] ** 2, X[:, :1]),
        "softmax": (lambda x: -np.log(numgrad.softmax(x)[0]), SQUARE),
        "softmax, two by two": (lambda x: -np.log(numgrad.softmax(x)[0]), X[:2]),
        "quadratic form": (lambda x: x @ (SQUARE @ x), SQUARE),
        "what raises on a batch": (lambda x: math.sin(x[0]) * x[1], X),
    },
    FailureMode.KEPT_DIMENSION: {"kept": (lambda X: rows(X)[:, None], X)},
    FailureMode.INTEGER_INPUT: {"integers": (rows, X.astype(int)), "list": (rows, [[1, 2], [3, 4]])},
    FailureMode.INPUT_NOT_RESTORED: {"one dimension": (lambda x: (x**2).sum(), X[0])},
    FailureMode.MORE_DIMENSIONS: {"three dimensions": (rows, X[None])},
    FailureMode.LOW_PRECISION: {
        "float32": (rows, X.astype(np.float32)),
        "float32 in f": (lambda X: rows(X.astype(np.float32)), X),
        "float32 in f, cast back": (lambda X: rows(X.astype(np.float32)).astype(float), X),
        "a step that is lost": (rows, 1e13 * X),
        "a step of few bits": (rows, np.array([[4e9, 1.0], [1.0, 2.0]])),
    },
    FailureMode.DOMAIN_EDGE: {
        "step": (lambda X: np.log(X).sum(axis=1), X * STEP / 10),
        "point": (lambda X: np.log(X).sum(axis=1), np.array([[0.0, 1.0], [1.0, 2.0]])),
        "raises": (lambda X: np.array([math.log(x) for x in X[:, 0]]), X * STEP / 10),
        "at the point alone": (lambda X: 1 / X[:, 0], np.array([[0.0], [1.0]])),
        "of a single column": (lambda X: np.sqrt(X[:, 0] - X[:, 1]), np.array([[1.00005, 1.0], [3.0, 1.0]])),
    },
}
CASES = [
    pytest.param(*case, mode, id=f"{mode and mode.title}: {name}")
    for mode in MODES
    for name, case in MODES[mode].items()
]


@pytest.mark.parametrize(("f", "x", "mode"), CASES)
def test_each_mode_is_told_apart(f, x, mode):
    before = np.array(x)
    assert diagnose_batch_gradient(f, x) is mode
    assert np.asarray(x).tobytes() == before.tobytes()


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (rows, 1.0, r"Expected X to have shape \(N, D\) but got a single number"),
        (rows, np.zeros((0, 2)), "Expected X to hold at least one sample"),
        (rows, X * np.nan, r"Expected X to be finite but got X\[0, 0\] = nan"),
        (rows, X * 1j, "Expected X to hold real numbers"),
        (lambda X: X, X, r"Expected f to return one number or one a row but got shape \(3, 2\)"),
        (lambda X: X[:0, 0], X, r"Expected f to return one number or one a row but got shape \(0,\)"),
        (lambda _: None, X, r"Expected f\(X\) to hold real numbers"),
        (np.linalg.inv, X, "square"),
        (lambda X: np.random.default_rng().normal(size=len(X)), X, "Expected f to return the same values twice"),
        (lambda X: (X**2).sum(-1) * np.random.default_rng().normal(), X, "Expected f to return the same values twice"),
        (lambda X: np.ma.array(rows(X), mask=True), X, r"Expected f\(X\) to hold no masked entries"),
        (rows, np.ma.masked_less(X, 1), "Expected X to hold no masked entries"),
        (rows, [[1.0, 2.0], [1.0]], "Expected X to have as many entries in each row"),
    ],
)
def test_what_cannot_be_diagnosed_is_refused(f, x, message):
    with pytest.raises((ValueError, TypeError), match=message):
        diagnose_batch_gradient(f, x)


def test_values_of_varying_length_are_refused():
    lengths = iter(range(2, 9))
    with pytest.raises(ValueError, match="Expected f to return the same values twice"):
        diagnose_batch_gradient(lambda _: np.ones(next(lengths)), X)


@pytest.mark.parametrize("mode", FailureMode)
def test_each_mode_explains_itself_and_names_a_remedy(mode):
    assert mode.explanation.endswith(".")
    assert mode.remedy.endswith(".")
    assert mode.title == mode.title.strip()


def test_each_mode_is_its_own():
    assert (
        len({mode.title for mode in FailureMode}) == len({mode.explanation for mode in FailureMode}) == len(FailureMode)
    )
