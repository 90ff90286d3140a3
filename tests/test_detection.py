"""What checks see of a gradient that is wrong in a way that is easy to miss, and what they say they do not see."""

import numpy as np
import pytest
from test_check_gradient import slope_of_waves, waves

from verification import FailureMode, Verdict, check_gradient


def test_a_block_in_the_middle_of_a_large_array_is_looked_at():
    W = np.random.default_rng(0).normal(size=(40, 40))
    check = check_gradient(waves, lambda W: slope_of_waves(W).T, W)
    assert check.diagnoses[0].mode is FailureMode.TRANSPOSED
    assert {check.diagnoses[0].where} == {"x"}


def test_a_gradient_that_does_not_change_with_x_is_named():
    x = np.random.default_rng(0).normal(size=8)
    elsewhere = slope_of_waves(x + 1)
    assert check_gradient(waves, lambda _: elsewhere, x).diagnoses[0].mode is FailureMode.UNCHANGING


def test_a_forgotten_factor_explains_why_nothing_changes():
    x = np.array([0.3, -0.4, 0.5, 0.1, -0.2, 0.6])
    modes = [found.mode for found in check_gradient(lambda x: np.sum(np.tanh(x)), np.ones_like, x).diagnoses]
    assert modes[:2] == [FailureMode.MISSING_CHAIN_FACTOR, FailureMode.UNCHANGING]
    assert FailureMode.TRUNCATED_DTYPE not in modes


def test_the_gradient_before_a_step_is_stale():
    before = np.random.default_rng(0).normal(size=8)
    x = before - 0.1 * slope_of_waves(before)
    cached = {x.tobytes(): slope_of_waves(before)}
    check = check_gradient(waves, lambda at: cached.get(at.tobytes(), slope_of_waves(at)), x)
    assert check.diagnoses[0].mode is FailureMode.STALE_POINT
    assert check.diagnoses[0].evidence["rate"] == pytest.approx(0.1)


def test_errors_that_cancel_where_all_move_alike_are_seen():
    x = np.random.default_rng(0).normal(size=1000)
    error = np.zeros(1000)
    error[[10, 500]] = 1e-3, -1e-3
    assert check_gradient(waves, lambda x: slope_of_waves(x) + error, x).verdict is Verdict.DISAGREES


def test_f_may_raise_anything_beside_x():
    table = np.linspace(0, 1, 9) ** 2

    def interpolated(x):
        if not 0 <= x[0] < 8:
            raise LookupError("outside of the table")
        k = int(x[0])
        return table[k] + (x[0] - k) * (table[k + 1] - table[k])

    assert check_gradient(interpolated, lambda x: np.array([table[8] - table[7]]), np.array([7.4]))


def test_a_fault_that_no_entry_shows_by_itself_is_confirmed_by_directions():
    x = np.random.default_rng(0).normal(size=4000)
    check = check_gradient(lambda x: 1e10 + waves(x), lambda x: (1 + 1e-4) * slope_of_waves(x), x)
    assert check.verdict is Verdict.DISAGREES
    assert not check.entries
    assert check_gradient(lambda x: 1e10 + waves(x), slope_of_waves, x)


def test_a_small_array_beside_large_ones_is_seen_or_said_not_to_be():
    x = np.random.default_rng(0).normal(size=40)
    params = {"w": x, "b": x[:6].copy()}

    def f(p):
        return np.float32(np.sum(np.float32(p["w"]) ** 2) + np.float32(0.01) * np.sum(np.sin(np.float32(p["b"]))))

    check = check_gradient(f, lambda p: {"w": 2 * p["w"], "b": 0.015 * np.cos(p["b"])}, params)
    assert check.verdict is not Verdict.AGREES
    hidden = check_gradient(
        lambda a, b: 1e12 * np.sum(a**2) + 1e-12 * np.sum(b**2), lambda a, b: (2e12 * a, 2e-12 * b), (x[:2], x[2:4])
    )
    assert hidden.verdict is Verdict.INCONCLUSIVE
    assert hidden.reason.startswith("b: the slope of f is too uncertain")


def test_single_entries_that_are_drowned_in_their_array_are_said_not_to_be_seen():
    z = np.array([0.3, -1.2, 14.0, 0.8])
    check = check_gradient(lambda z: np.sum(np.tanh(z)), lambda z: 1 / np.cosh(z) ** 2, z)
    assert check.verdict is Verdict.AGREES
    assert "1 of 4 entries of z is so small beside the rest that it is not seen" in check.reason


def test_where_f_is_flat_in_one_array_that_is_said():
    check = check_gradient(
        lambda a, b: np.sum(a**2) + np.sum(b**4), lambda a, b: (2 * a, 3 * b**3), (np.ones(3), np.zeros(2))
    )
    assert check.verdict is Verdict.AGREES
    assert "In b f is flat here" in check.reason


def test_a_cusp_has_no_finite_slope_to_compare():
    x = np.array([1.0, 0.0])
    check = check_gradient(lambda x: np.sum(np.sqrt(np.abs(x))), lambda x: np.sign(x) / (2 * np.sqrt(np.abs(x))), x)
    assert check.verdict is Verdict.INCONCLUSIVE


def test_arrays_of_one_name_are_told_apart():
    x = np.random.default_rng(0).normal(size=7)
    check = check_gradient(
        lambda p: np.sum(p["a"]["b"] ** 2) + np.sum(p["a.b"] ** 3),
        lambda p: {"a": {"b": -2 * p["a"]["b"]}, "a.b": 6 * p["a.b"] ** 2},
        {"a": {"b": x[:3]}, "a.b": x[3:]},
    )
    assert {FailureMode.WRONG_SIGN, FailureMode.CONSTANT_FACTOR} <= {found.mode for found in check.diagnoses}


def test_nine_wrong_entries_are_not_said_to_be_eight():
    x = np.random.default_rng(0).normal(size=1000)
    off = np.isin(np.arange(1000), np.linspace(0, 999, 9).astype(int))
    check = check_gradient(waves, lambda x: slope_of_waves(x) + 0.1 * off, x)
    assert check.at_least == 9 or not check.is_exact
