"""What floats can hold: float32, rounding inside f and of what is claimed, the smallest and the largest numbers."""

import numpy as np
import pytest
from test_check_gradient import slope_of_waves, waves

from verification import FailureMode, Verdict, check_gradient


def test_functions_of_float32_alone_are_evaluated_in_float32():
    def picky(x):
        if x.dtype != np.float32:
            raise TypeError("float32 only")
        return np.sum(np.sin(x))

    x = np.random.default_rng(0).normal(size=20).astype(np.float32)
    assert check_gradient(picky, np.cos, x)
    assert check_gradient(picky, lambda x: np.float32(1.01) * np.cos(x), x).verdict is Verdict.DISAGREES


@pytest.mark.parametrize("size", [5, 500])
def test_half_of_the_digits_are_the_claimed_sides_own(size):
    x = np.random.default_rng(0).normal(size=size)
    assert check_gradient(waves, lambda x: (1 + 2e-9) * slope_of_waves(x), x)
    assert check_gradient(waves, lambda x: (1 + 3e-7) * slope_of_waves(x), x).verdict is Verdict.DISAGREES


def test_what_is_wrong_in_the_precision_of_x_alone_is_seen():
    x = np.array([1.0, 100.0], dtype=np.float32)
    check = check_gradient(lambda x: np.sum(np.logaddexp(0, x)), lambda x: np.exp(x) / (1 + np.exp(x)), x)
    assert check.diagnoses[0].mode is FailureMode.OVERFLOW
    check = check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x if x.dtype == np.float64 else -2 * x, x)
    assert check.diagnoses[0].mode is FailureMode.LOW_PRECISION
    assert check.verdict is Verdict.DISAGREES


def test_a_system_of_equations_may_lose_digits():
    t = np.linspace(0, 1, 8)
    K = np.exp(-((t[:, np.newaxis] - t) ** 2) / 2) + 1e-6 * np.eye(8)
    y = np.random.default_rng(0).normal(size=8)
    assert check_gradient(lambda y: -0.5 * y @ np.linalg.solve(K, y), lambda y: -np.linalg.solve(K, y), y)


COUNTS = np.array([70001.0, 81235, 123457, 99999])


def test_integers_are_not_taken_for_float32():
    check = check_gradient(lambda x: COUNTS @ x, lambda x: COUNTS - 20, np.array([0.3, 0.2, 0.7, 0.1]))
    assert check.verdict is Verdict.DISAGREES


def test_what_is_lost_in_float32_is_no_agreement():
    x = np.random.default_rng(0).normal(size=20).astype(np.float32)

    def slope(x):
        return np.cos(x) * np.asarray(0.992 if x.dtype == np.float32 else 1, x.dtype)

    check = check_gradient(lambda x: np.sum(np.sin(x)), slope, x)
    assert check.verdict is Verdict.INCONCLUSIVE
    assert "in float32 it is off by 0.798 %" in check.reason


@pytest.mark.parametrize("scale", [1e-180, 1e-250, 1e-300])
def test_a_tiny_f_is_judged_as_any(scale):
    x = np.array([1.0, 2, 3, 4, 5])
    off = 1 + 0.05 * np.array([0.3, -1, 0.7, 0.2, -0.5])
    assert check_gradient(lambda x: scale * np.sum(np.sin(x)), lambda x: scale * np.cos(x) * off, x).verdict is (
        Verdict.DISAGREES
    )


def test_a_difference_that_no_float_holds_is_none():
    check = check_gradient(lambda x: 1e-30 * np.sum(x / 1e300), lambda x: 0 * x, np.array([1e300, 2e300]))
    assert check.verdict is Verdict.INCONCLUSIVE
    assert "less than floats hold" in check.reason


def test_float32_inside_is_no_kink():
    x = np.random.default_rng(0).normal(size=12)

    def f(x):
        return float(np.sum(np.float32(x) * np.sin(np.float32(x))))

    assert check_gradient(f, lambda x: 1.5 * slope_of_waves(x), x).verdict is Verdict.DISAGREES


def test_what_is_lost_of_zeros_is_rounding():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, 4)).astype(np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, 8)]

    def softmax(scores):
        found = np.exp(scores - scores.max(axis=1, keepdims=True))
        return found / found.sum(axis=1, keepdims=True)

    def f(p):
        return -np.sum(y * np.log(softmax(X @ p["W"] + p["b"])))

    def gradient(p):  # that of b is 0 but for rounding: it moves all scores alike
        error = softmax(X @ p["W"] + p["b"]) - y
        return {"W": X.T @ error, "b": error.sum()}

    params = {"W": rng.normal(size=(4, 3)).astype(np.float32), "b": np.float32(0.3)}
    assert check_gradient(f, gradient, params).verdict is Verdict.AGREES


def log_cosh(x):
    return float(np.log(np.cosh(x)).sum())


@pytest.mark.parametrize("seed", range(8))
def test_steps_of_rounding_inside_f_accuse_nobody(seed):
    x = 1e-5 * np.random.default_rng(1).normal(size=50)  # cosh(x) is 1 and a few hundred thousand roundings
    assert check_gradient(log_cosh, np.tanh, x, seed=seed).verdict is not Verdict.DISAGREES


@pytest.mark.parametrize("size", [1e-3, 1e-4])
@pytest.mark.parametrize("factor", [0.0, 0.5])
def test_steps_of_rounding_inside_f_are_hardly_ever_taken_for_a_kink(factor, size):
    points = [size * np.random.default_rng(seed).normal(size=2) for seed in range(30)]
    found = [check_gradient(log_cosh, lambda x: np.tanh(x) * [1, factor], x).verdict for x in points]
    assert found.count(Verdict.DISAGREES) >= 28
    assert Verdict.AGREES not in found


def test_a_small_length_is_no_kink():
    x = 1 + 1e-5 * np.random.default_rng(0).normal(size=8)

    def slope(x):
        return 1e5 * np.cos(1e5 * (x - 1))

    assert check_gradient(lambda x: np.sum(np.sin(1e5 * (x - 1))), slope, x).verdict is Verdict.AGREES
    wrong = check_gradient(lambda x: np.sum(np.sin(1e5 * (x - 1))), lambda x: 1.001 * slope(x), x)
    assert wrong.verdict is Verdict.DISAGREES
    assert wrong.diagnoses[0].mode is FailureMode.CONSTANT_FACTOR
