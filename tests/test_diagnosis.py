import numpy as np
import pytest

from verification import FailureMode, diagnose_batch_gradient
from verification.strategies import STEP

X = np.array([[0.5, 1.0], [2.0, 0.25], [1.5, 3.0]])
A = np.array([[1.0, 2.0, 0.5]])


def rows(X):
    return (X**2).reshape(len(X), -1).sum(axis=1)


CASES = {
    "right": (rows, X, None),
    "total": (lambda X: (X**2).sum(), X, FailureMode.REDUCED_OUTPUT),
    "batch mean": (lambda X: rows(X).mean(), X, FailureMode.REDUCED_OUTPUT),
    "batch statistics": (lambda X: rows(X - X.mean(axis=0)), X, FailureMode.COUPLED_ROWS),
    "difference of columns": (lambda X: (X[:, 0] - X[:, 1]) * X.mean(), X, FailureMode.COUPLED_ROWS),
    "weight in a scalar loss": (lambda W: ((A @ W) ** 2).sum(), X, FailureMode.SHARED_PARAMETER),
    "weight in losses": (
        lambda W: ((np.vstack([A, 2 * A, A + 1]) @ W) ** 2).sum(axis=1),
        X,
        FailureMode.SHARED_PARAMETER,
    ),
    "one sample": (lambda x: x[0] ** 2 + x[1] ** 2, X[:2], FailureMode.ONE_SAMPLE_FUNCTION),
    "one sample, wide batch": (lambda x: x[0] ** 2 + x[1] ** 2, X, FailureMode.ONE_SAMPLE_FUNCTION),
    "kept dimension": (lambda X: rows(X)[:, None], X, FailureMode.KEPT_DIMENSION),
    "integers": (rows, X.astype(int), FailureMode.INTEGER_INPUT),
    "one dimension": (lambda x: (x**2).sum(), X[0], FailureMode.INPUT_NOT_RESTORED),
    "three dimensions": (rows, X[None], FailureMode.MORE_DIMENSIONS),
    "float32": (rows, X.astype(np.float32), FailureMode.LOW_PRECISION),
    "edge": (lambda X: np.log(X).sum(axis=1), X * STEP / 10, FailureMode.DOMAIN_EDGE),
}


@pytest.mark.parametrize(("f", "x", "mode"), CASES.values(), ids=CASES)
def test_each_mode_is_told_apart(f, x, mode):
    before = x.tobytes()
    assert diagnose_batch_gradient(f, x) is mode
    assert x.tobytes() == before


@pytest.mark.parametrize("mode", FailureMode)
def test_each_mode_explains_itself_and_names_a_remedy(mode):
    assert mode.explanation.endswith(".")
    assert mode.remedy.endswith(".")
    assert mode.title == mode.title.strip()


def test_there_are_ten_modes_of_their_own():
    assert len({mode.title for mode in FailureMode}) == len({mode.explanation for mode in FailureMode}) == 10
