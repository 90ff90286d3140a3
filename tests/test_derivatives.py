"""How near derivatives are to the truth, how honest their error bars, and what they cost."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from derivative_pairs import PAIRS, true_error
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from smooth_functions import composed, points, slope_and_estimate

from numgrad import derivative

ROUNDED = ("saturated", "cancelling", "offset", "float32", "float16", "noise")
"""Groups whose values have too few digits, or whose changes have."""

WELL_CONDITIONED = ("plain", "magnitude", "scales", "composed")


@pytest.fixture(scope="module")
def estimates():
    return [(pair, derivative(pair, pair.x)) for pair in PAIRS]


def by_mpmath(pair):
    """Return the derivative of a pair by differences of 400 digits."""
    names = {"abs": abs, "max": max}
    names |= {name: getattr(mpmath, name) for name in ("acos", "acosh", "asin", "atan", "atanh", "cos", "cosh", "exp")}
    names |= {name: getattr(mpmath, name) for name in ("log", "sin", "sqrt", "tan", "tanh")}
    with mpmath.workdps(400):
        x = mpmath.mpf(pair.x)
        h = mpmath.mpf(10) ** -120 * (abs(x) or 1)
        above, below = (eval(pair.expression, names, {"x": point}) for point in (x + h, x - h))
        return float((above - below) / (2 * h))


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_the_stored_derivatives_are_exact(pair):
    assert by_mpmath(pair) == pair.exact


def test_there_are_many_pairs_of_all_kinds():
    assert len(PAIRS) == 180
    assert len({pair.group for pair in PAIRS}) >= 12


def test_no_pair_is_worse_than_it_says(estimates):
    silent = [str(pair) for pair, estimate in estimates if not true_error(estimate, pair) <= estimate.error]
    assert silent == []


def is_well_conditioned(pair):
    with np.errstate(all="ignore"):
        return abs(pair.x * pair.exact) > 1e-3 * abs(pair(pair.x))


def test_only_pairs_that_leave_no_more_are_worse_than_1e_6(estimates):
    worse = [pair for pair, found in estimates if true_error(found, pair) > 1e-6 * (abs(pair.exact) or 1)]
    assert len(worse) <= 20
    for pair in worse:
        assert pair.group in ROUNDED or not is_well_conditioned(pair), pair


def test_error_bars_are_not_bloated(estimates):
    errors = np.array([(found.error, true_error(found, pair)) for pair, found in estimates])
    bar, error = errors[errors[:, 1] > 0].T
    assert np.median(bar / error) <= 30


def test_error_bars_are_small_where_f_is_well_conditioned(estimates):
    for pair, found in estimates:
        if pair.group in WELL_CONDITIONED and is_well_conditioned(pair) and pair.exact:
            assert found.error <= 1e-8 * abs(pair.exact), pair


def test_derivatives_take_25_evaluations_on_average(estimates):
    evaluations = [found.evaluations for _, found in estimates]
    assert np.mean(evaluations) <= 25
    assert min(evaluations) == 13
    assert np.mean(np.array(evaluations) <= 35) >= 0.95
    assert max(evaluations) <= 62  # the last looks whether f repeats itself


@pytest.mark.parametrize("pair", PAIRS[::7], ids=str)
def test_all_evaluations_are_counted(pair):
    points = []
    found = derivative(lambda x: points.append(x) or pair(x), pair.x)
    assert found.evaluations == len(points)


@given(composed(), points())
def test_composed_functions_keep_within_their_error_bars(f, x):
    slope, estimate = slope_and_estimate(f, x)
    assert abs(mpmath.mpf(float(estimate.value)) - slope) <= float(estimate.error)


@pytest.mark.slow
@settings(max_examples=20_000)
@given(composed(), points())
def test_20_000_composed_functions_keep_within_their_error_bars(f, x):
    slope, estimate = slope_and_estimate(f, x)
    assert abs(mpmath.mpf(float(estimate.value)) - slope) <= float(estimate.error)


@given(composed(), points(), st.integers(-400, 400))
def test_the_scale_of_f_changes_no_digit(f, x, power):
    with np.errstate(all="ignore"):
        assume(1e-60 < abs(f(np.float64(x))) < 1e60)
    one = derivative(f, x)
    assume(0 < abs(one.value) < 1e60)
    assume(one.error < 1e60)
    other = derivative(lambda x: f(x) * 2.0**power, x)
    assert Fraction(float(other.value)) == Fraction(float(one.value)) * Fraction(2) ** power
    assert other.evaluations == one.evaluations
