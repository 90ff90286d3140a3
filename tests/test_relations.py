"""Batch gradients that keep their relations, and the chapter's, which does not."""

from functools import partial

import numpy as np
import pytest

from numgrad import numerical_gradient, numerical_gradient_batch, per_sample_gradient, softmax
from numgrad.flawed import numerical_gradient_batch_v2
from verification import (
    FailureMode,
    GradientError,
    Verdict,
    assert_batch_gradient,
    check_batch_gradient,
)

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [-2.0, 1.0, 0.75], [1.0, 3.0, -1.5]])
W = np.array([1.0, -2.0, 0.5])


def rows(X):
    return np.sum(X**3, axis=-1)


def rows_gradient(X):
    return 3 * X**2


def mean(X):
    return np.sum(X**3, axis=1).mean()


def in_half_precision(X):
    """Return a gradient that is computed in a lower precision than that of X, if X is no float64."""
    return rows_gradient(X if X.dtype == np.float64 else X.astype(np.float16))


RIGHT = {
    "values a row": (rows, rows_gradient, X),
    "values a row, kept": (lambda X: rows(X)[:, None], rows_gradient, X),
    "their total": (lambda X: rows(X).sum(), rows_gradient, X),
    "their mean": (mean, lambda X: rows_gradient(X) / len(X), X),
    "one sample": (
        lambda x: x[0] ** 2 * x[1] + x[2],
        partial(numerical_gradient_batch, lambda x: x[0] ** 2 * x[1] + x[2]),
        X,
    ),
    "differences per sample": (rows, partial(per_sample_gradient, rows), X),
    "differences of the total": (
        lambda X: rows(X).sum(),
        partial(numerical_gradient, lambda X: rows(X).sum()),
        X,
    ),
    "an offset of a million": (lambda X: rows(X) + 1e6, partial(per_sample_gradient, lambda X: rows(X) + 1e6), X),
    "float32": (rows, rows_gradient, X.astype(np.float32)),
    "integers": (rows, lambda X: 3.0 * X**2, np.arange(6).reshape(3, 2)),
    "equal rows": (rows, rows_gradient, np.ones((3, 2))),
    "images": (lambda X: np.sum(X**3, axis=(1, 2)), rows_gradient, np.arange(24.0).reshape(2, 3, 4)),
}


@pytest.mark.parametrize(("f", "gradient", "batch"), RIGHT.values(), ids=RIGHT)
def test_a_right_batch_gradient_agrees(f, gradient, batch):
    before = batch.copy()
    check = check_batch_gradient(f, gradient, batch)
    assert check.verdict is Verdict.AGREES, str(check)
    assert assert_batch_gradient(f, gradient, batch)
    assert batch.tobytes() == before.tobytes()


def normalized(X):
    return rows((X - X.mean(axis=0)) / X.std(axis=0))


WRONG = {
    "the total's slope in every row": (
        FailureMode.REDUCED_OUTPUT,
        lambda X: rows(X).sum(),
        partial(numerical_gradient_batch_v2, lambda X: rows(X).sum()),
        X,
    ),
    "no mean": (FailureMode.MISSING_BATCH_MEAN, mean, rows_gradient, X),
    "a mean too many": (FailureMode.EXTRA_BATCH_MEAN, rows, lambda X: rows_gradient(X) / len(X), X),
    "rows in another order": (FailureMode.MIXED_ROWS, rows, lambda X: rows_gradient(X)[::-1], X),
    "centred": (FailureMode.MIXED_ROWS, rows, lambda X: rows_gradient(X) - rows_gradient(X).mean(axis=0), X),
    "misshapen": (FailureMode.WRONG_SHAPE, rows, lambda X: rows_gradient(X).T, X),
    "NaN": (FailureMode.OVERFLOW, rows, lambda X: rows_gradient(X) * np.nan, X),
    "each row's sum of all": (
        FailureMode.COLUMN_AT_A_TIME,
        rows,
        lambda X: np.broadcast_to(rows_gradient(X).sum(axis=0), X.shape),
        X,
    ),
    "X changed": (FailureMode.GRADIENT_CHANGES_INPUT, rows, lambda X: np.multiply(X, X, out=X), X),
    "float16 inside": (FailureMode.LOW_PRECISION, rows, in_half_precision, X.astype(np.float32) / 3),
    "a weight": (
        FailureMode.SHARED_PARAMETER,
        lambda V: np.sum((X @ V) ** 2),
        partial(numerical_gradient_batch_v2, lambda V: np.sum((X @ V) ** 2)),
        np.ones((3, 2)) * W[:, None],
    ),
}


@pytest.mark.parametrize(("mode", "f", "gradient", "batch"), WRONG.values(), ids=WRONG)
def test_a_wrong_batch_gradient_is_named(mode, f, gradient, batch):
    check = check_batch_gradient(f, gradient, batch)
    assert check.verdict is Verdict.DISAGREES, str(check)
    assert check.diagnoses[0].mode is mode
    with pytest.raises(GradientError):
        assert_batch_gradient(f, gradient, batch)


UNRELATED = {
    "rows that f couples": (FailureMode.COUPLED_ROWS, normalized, lambda X: X, X),
    "a softmax over the batch": (FailureMode.COUPLED_ROWS, lambda X: softmax(X.T)[0], lambda X: X, X),
    "a weight, right": (
        FailureMode.SHARED_PARAMETER,
        lambda V: np.sum((X @ V) ** 2),
        lambda V: 2 * X.T @ (X @ V),
        np.ones((3, 2)) * W[:, None],
    ),
    "a gradient that refuses": (
        FailureMode.REDUCED_OUTPUT,
        lambda X: rows(X).sum(),
        partial(per_sample_gradient, lambda X: rows(X).sum()),
        X,
    ),
}


@pytest.mark.parametrize(("mode", "f", "gradient", "batch"), UNRELATED.values(), ids=UNRELATED)
def test_where_rows_have_no_relation_that_is_said(mode, f, gradient, batch):
    check = check_batch_gradient(f, gradient, batch)
    assert check.verdict is Verdict.INCONCLUSIVE, str(check)
    assert check.diagnoses[0].mode is mode


@pytest.mark.parametrize("batch", [W, X[:1]])
def test_one_sample_has_no_rows_to_relate(batch):
    assert check_batch_gradient(rows, rows_gradient, batch).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("batch", "message"), [(3.0, "have shape"), (np.empty((0, 2)), "at least one sample")])
def test_what_is_no_batch_is_refused(batch, message):
    with pytest.raises(ValueError, match=message):
        check_batch_gradient(rows, rows_gradient, batch)


def test_integers_that_lose_the_step_are_named():
    batch = np.arange(6).reshape(3, 2)
    check = check_batch_gradient(rows, partial(numerical_gradient_batch_v2, rows), batch)
    assert check.diagnoses[0].mode is FailureMode.INTEGER_INPUT
    check = check_batch_gradient(
        rows, lambda X: rows_gradient(X) // 4 if X.dtype.kind == "i" else rows_gradient(X) / 4, batch
    )
    assert check.verdict is Verdict.DISAGREES


def test_a_mean_that_takes_one_sample_too_is_not_told_from_a_function_of_one_sample():
    check = check_batch_gradient(lambda X: np.mean(X @ W), lambda X: np.broadcast_to(W, X.shape), X)
    assert check.verdict is Verdict.INCONCLUSIVE
    assert check.diagnoses[0].mode is FailureMode.MISSING_BATCH_MEAN


def test_what_f_raises_is_passed_on():
    with pytest.raises(ZeroDivisionError):
        check_batch_gradient(lambda _: 1 / 0, lambda X: X, X)


def test_a_batch_gradient_that_has_no_result_is_not_blamed_on_f():
    check = check_batch_gradient(rows, lambda _: 1 / 0, X)
    assert check.verdict is Verdict.INCONCLUSIVE
    assert "the batch gradient raises" in check.reason
    nothing = check_batch_gradient(rows, lambda _: None, X)
    assert nothing.verdict is Verdict.DISAGREES
    assert nothing.diagnoses[0].mode is FailureMode.WRONG_STRUCTURE


def test_a_right_gradient_that_takes_so_many_rows_and_no_others_is_not_accused():
    def into_place(X):
        out = np.empty_like(rows_gradient(np.ones((4, 3))))
        for i in range(4):
            out[i] = rows_gradient(X[i])
        return out

    for gradient in (into_place, lambda X: np.zeros((4, 3)) + rows_gradient(X)):
        check = check_batch_gradient(rows, gradient, X)
        assert check.verdict is Verdict.INCONCLUSIVE
        assert "takes 4 rows and no others" in check.reason
    mixed = check_batch_gradient(rows, lambda X: np.zeros((4, 3)) + rows_gradient(X)[::-1], X)
    assert mixed.diagnoses[0].mode is FailureMode.MIXED_ROWS


@pytest.mark.parametrize("batch", [X, np.stack([X, X**2], axis=2)], ids=["matrix", "more dimensions"])
def test_rows_that_f_couples_are_not_taken_for_separate(batch):
    def coupled(X):
        return np.sum((X - X.mean(axis=0)) ** 2, axis=tuple(range(1, X.ndim)))

    def with_places(X):
        return coupled(X) * np.arange(1, 5)

    totals = lambda X: coupled(X).sum(), lambda X: with_places(X).sum()
    for f in (coupled, with_places, *totals, lambda X: X - X.mean(axis=0)):
        check = check_batch_gradient(f, lambda X: 2 * X, batch)
        assert check.verdict is Verdict.INCONCLUSIVE
        assert check.diagnoses[0].mode in {FailureMode.COUPLED_ROWS, FailureMode.SHARED_PARAMETER}


LABELS = np.array([1.0, -2.0, 0.5, 3.0])


def with_labels(X):
    return (X @ W - LABELS) ** 2


def of_labels(X):
    return 2 * (X @ W - LABELS)[:, None] * W


CLASSES = np.array([2, 0, 1, 1])


def cross_entropy(X):
    return -np.mean(np.log(softmax(X)[np.arange(4), CLASSES]))


@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (with_labels, of_labels),
        (lambda X: with_labels(X).mean(), lambda X: of_labels(X) / 4),
        (cross_entropy, lambda X: (softmax(X) - np.eye(3)[CLASSES]) / 4),
    ],
    ids=["values a row", "their mean", "cross entropy"],
)
def test_rows_may_have_labels(f, gradient):
    check = check_batch_gradient(f, gradient, X)
    assert check.verdict is Verdict.AGREES, str(check)
    assert "as labels are" in check.reason
    mixed = check_batch_gradient(f, lambda X: gradient(X) - gradient(X).mean(axis=0), X)
    assert mixed.verdict is Verdict.DISAGREES
    flawed = check_batch_gradient(f, partial(numerical_gradient_batch_v2, f), X)
    assert flawed.verdict is (Verdict.AGREES if f is with_labels else Verdict.DISAGREES)


def test_where_nothing_can_be_related_that_is_said():
    alike = check_batch_gradient(rows, lambda X: rows_gradient(X)[::-1], np.ones((3, 2)))
    assert alike.diagnoses[0].mode is FailureMode.MIXED_ROWS
    zero = check_batch_gradient(rows, lambda X: rows_gradient(X)[::-1], np.zeros((3, 2)))
    assert zero.verdict is Verdict.INCONCLUSIVE
    assert "X is zero" in zero.reason
    rng = np.random.default_rng(0)
    noisy = check_batch_gradient(lambda X: rows(X) + rng.normal(), rows_gradient, X)
    assert noisy.diagnoses[0].mode is FailureMode.RANDOM_FUNCTION
    endless = check_batch_gradient(lambda X: np.full(len(X), np.nan), rows_gradient, X)
    assert endless.diagnoses[0].mode is FailureMode.NOT_FINITE_VALUE
    nowhere = check_batch_gradient(rows, rows_gradient, np.where(X == 2, np.nan, X))
    assert nowhere.diagnoses[0].mode is FailureMode.NOT_FINITE_INPUT
    assert "X[0, 2] is nan" in nowhere.reason
    with pytest.raises(TypeError, match="Expected X to hold real numbers"):
        check_batch_gradient(rows, rows_gradient, X + 1j)


def test_a_gradient_may_be_nan_where_f_is_in_low_precision_too():
    def gradient(X):
        return np.where(X < 0, np.nan, 1 / (2 * np.sqrt(np.abs(X))))

    def roots(X):
        return np.sum(np.where(X < 0, np.nan, np.sqrt(np.abs(X))), axis=1)

    batch = np.vstack([np.abs(X), X])
    verdicts = {check_batch_gradient(roots, gradient, batch.astype(dtype)).verdict for dtype in ("f4", "f8")}
    assert verdicts == {Verdict.AGREES}


def test_a_batch_of_numbers_has_rows_too():
    batch = np.array([1.0, 2.0, 4.0])
    assert check_batch_gradient(np.square, lambda X: 2 * X, batch).verdict is Verdict.AGREES
    wrong = check_batch_gradient(np.square, lambda X: np.full_like(X, 2 * X.mean()), batch)
    assert wrong.verdict is Verdict.DISAGREES
    assert wrong.diagnoses[0].mode is FailureMode.MIXED_ROWS


def test_a_gradient_of_other_rows_is_seen_though_these_are_alike():
    batch = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])

    def f(X):
        return np.sum(X**2, axis=(1, 2))

    check = check_batch_gradient(f, partial(numerical_gradient_batch_v2, f), batch)
    assert check.verdict is Verdict.DISAGREES
    assert check.diagnoses[0].mode is FailureMode.MORE_DIMENSIONS
    assert "rows beside changed ones" in check.reason
    assert check_batch_gradient(f, lambda X: 2 * X, batch).verdict is Verdict.AGREES
