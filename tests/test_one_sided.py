"""Kinks and jumps at x, the edge of the domain, and derivatives from one side."""

import math

import mpmath
import numpy as np
import pytest
from derivative_pairs import PAIRS, true_error
from hypothesis import given
from hypothesis import strategies as st
from sample_functions import noise
from smooth_functions import composed, points, slope_and_estimate
from test_hidden_structure import HIDDEN

from numgrad import derivative

KINKS = {
    "|x| at 0": (abs, 0.0, -1, 1),
    "|x - 3| at 3": (lambda x: abs(x - 3), 3.0, -1, 1),
    "max(x, 0)": (lambda x: max(x, 0.0), 0.0, 0, 1),
    "sin x + |x - 1|": (lambda x: math.sin(x) + abs(x - 1), 1.0, math.cos(1) - 1, math.cos(1) + 1),
    "weak": (lambda x: math.exp(x) + 1e-3 * abs(x - 2), 2.0, math.exp(2) - 1e-3, math.exp(2) + 1e-3),
    "max of two": (lambda x: max(2 * x, x**2), 2.0, 2, 4),
    "huge": (lambda x: 1e150 * abs(x + 5), -5.0, -1e150, 1e150),
}


@pytest.mark.parametrize(("f", "x", "left", "right"), KINKS.values(), ids=KINKS)
def test_a_kink_is_reported_with_both_sides(f, x, left, right):
    found = derivative(f, x)
    assert found.left == pytest.approx(left, rel=1e-9, abs=1e-9)
    assert found.right == pytest.approx(right, rel=1e-9, abs=1e-9)
    assert found.value - found.error <= left <= right <= found.value + found.error
    assert found.error <= (right - left) / 2 * (1 + 1e-4)


@pytest.mark.parametrize("method", ["forward", "backward"])
@pytest.mark.parametrize(
    "f",
    [lambda x: float(np.exp(np.float32(x))), lambda x: round(math.exp(x), 6), lambda x: math.exp(x) + 1e-9 * noise(x)],
    ids=["float32 inside", "decimals", "noise"],
)
def test_one_sided_error_bars_know_of_noise(f, method):
    found = derivative(f, 1.0, method=method)
    assert abs(found.value - math.e) <= found.error <= 1e-3
    assert found.noise >= 1e-10
    assert found.step >= 0.1


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_one_sided_derivatives_keep_within_their_error_bars(method):
    for pair in PAIRS:
        found = derivative(pair, pair.x, method=method)
        assert true_error(found, pair) <= found.error < np.inf, pair


@given(composed(), points(smallest=1e-4), st.sampled_from(["forward", "backward"]))  # stairs near 0 are not looked for
def test_composed_functions_keep_within_three_error_bars_from_one_side(f, x, method):
    slope, estimate = slope_and_estimate(f, x, method=method)
    assert abs(mpmath.mpf(float(estimate.value)) - slope) <= 3 * float(estimate.error)  # of 80,000, one was 1.4 away


@pytest.mark.parametrize("method", ["central", "forward", "backward"])
@pytest.mark.parametrize("size", [1.0, 1e-2, 1e-4, 1e-6])
def test_a_jump_at_x_has_no_slope(size, method):
    found = derivative(lambda x: math.sin(x) + size * float(np.sign(x - 1)), 1.0, method=method)
    assert found.error == np.inf


def test_a_jump_as_small_as_half_a_billionth_has_no_slope():
    found = derivative(lambda x: math.sin(x) + 5e-10 * float(np.sign(x + 0.5235)), -0.5235)
    assert found.error == np.inf


@pytest.mark.parametrize("method", ["forward", "backward"])
@pytest.mark.parametrize("name", ["a ripple that long steps average out", "the flank of a narrow bump", "a pole"])
def test_what_long_steps_alone_would_miss_is_in_the_error_bar_of_one_side(name, method):
    f, x, exact, _ = HIDDEN[name]
    found = derivative(f, x, method=method)
    assert abs(found.value - exact) <= found.error < np.inf


SIDES = {
    "x |x|": (lambda x: x * abs(x), 0.0, 0.0, 1e-12),
    "the same beside a line": (lambda x: x * abs(x) + x, 0.0, 1.0, 1e-6),
    "half a parabola": (lambda x: max(x - 1, 0.0) ** 2 + math.exp(x), 1.0, math.e, 1e-6),
}


@pytest.mark.parametrize(("f", "x", "exact", "bar"), SIDES.values(), ids=SIDES)
def test_sides_that_bend_otherwise_agree_on_the_slope(f, x, exact, bar):
    found = derivative(f, x)
    assert abs(found.value - exact) <= found.error <= bar


def test_a_kink_is_seen_through_noise():
    found = derivative(lambda x: abs(x - 1) + math.sin(x) + 1e-9 * noise(x), 1.0)
    assert (found.left, found.right) == pytest.approx((math.cos(1) - 1, math.cos(1) + 1), abs=1e-6)
    assert abs(found.value - math.cos(1)) <= found.error < 1.001


@pytest.mark.parametrize("options", [{"method": "forward"}, {"domain": (1, np.inf)}])
def test_a_domain_that_begins_at_x_costs_no_digits(options):
    found = derivative(math.log, 1.0, **options)
    assert abs(found.value - 1) <= found.error <= 1e-9
    assert found.evaluations <= 25


def test_what_is_beside_a_kink_is_flat_from_one_side():
    found = derivative(lambda x: max(x, 1.00001), 1.0, method="forward")
    assert abs(found.value) <= found.error <= 1e-8


ON_ONE_SIDE = {
    "rounding that is smooth on short steps": (
        lambda x: 2 * x - (1 / (1 + x * x) - math.cos(x)),
        1e-7,
        2.0000001,
        1e-6,
    ),
    "a hill of some roundings": (lambda x: x + x + math.exp(-x * x), 5.6, 2 - 11.2 * math.exp(-31.36), 1e-11),
    "one jump, and no more": (lambda x: math.tanh(math.tanh(x)), 18.010623823061827, 3.8146409384104544e-16, 1e-14),
    "decimals that do not change at first": (lambda x: round(0.1 * x, 1), 1.02, 0.1, 10),
    "waves finer than floats": (lambda x: math.cos(x**9), 100.0, -9e16 * math.sin(1e18), np.inf),
}


@pytest.mark.parametrize(("f", "x", "exact", "bar"), ON_ONE_SIDE.values(), ids=ON_ONE_SIDE)
@pytest.mark.parametrize("method", ["forward", "backward"])
def test_error_bars_of_one_side_cover_what_rounding_hides(f, x, exact, bar, method):
    found = derivative(f, x, method=method)
    assert abs(found.value - exact) <= found.error <= bar


EDGES = {
    "log": (math.log, 1e-12, 1e12),
    "sqrt, not in math's domain below": (math.sqrt, 1e-8, 5000.0),
    "arcsin": (np.arcsin, 0.999, 22.36627204212921),
    "1 / x": (lambda x: 1 / x, 1e-6, -1e12),
    "x log x": (lambda x: x * math.log(x), 0.1, math.log(0.1) + 1),
}


@pytest.mark.parametrize(("f", "x", "exact"), EDGES.values(), ids=EDGES)
def test_steps_stay_within_the_domain(f, x, exact):
    found = derivative(f, x)
    assert abs(found.value - exact) <= found.error <= 1e-8 * abs(exact)


@pytest.mark.parametrize(
    ("f", "x", "left", "right"),
    [
        (lambda x: x**1.5 if x >= 0 else math.nan, 0.0, math.nan, 0.0),
        (lambda x: math.exp(x) if x <= 1 else math.nan, 1.0, math.e, math.nan),
    ],
    ids=["from above", "from below"],
)
def test_at_the_edge_of_the_domain_the_derivative_is_one_sided(f, x, left, right):
    found = derivative(f, x)
    exact = right if math.isnan(left) else left
    assert abs(found.value - exact) <= found.error <= 1e-6
    assert math.isnan(found.left) == math.isnan(left)
    assert math.isnan(found.right) == math.isnan(right)


@pytest.mark.parametrize(
    "f",
    [math.sqrt, np.cbrt, lambda x: math.copysign(1, x), lambda x: x * math.log(x) if x else 0.0],
    ids=["root", "cube root", "jump", "x log x"],
)
def test_slopes_without_an_end_have_an_endless_error(f):
    assert derivative(f, 0.0).error == np.inf


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_one_sided_methods_never_look_at_the_other_side(method):
    sign = {"forward": 1, "backward": -1}[method]
    seen = []
    found = derivative(lambda x: seen.append(x) or math.exp(x), 0.5, method=method)
    assert all(sign * (x - 0.5) >= 0 for x in seen)
    assert abs(found.value - math.exp(0.5)) <= found.error < 1e-8


def test_f_is_evaluated_only_within_a_given_domain():
    seen = []
    found = derivative(lambda x: seen.append(x) or math.cos(x), 0.1, domain=(0, 0.15))
    assert all(0 <= x <= 0.15 for x in seen)
    assert abs(found.value + math.sin(0.1)) <= found.error < 1e-9
