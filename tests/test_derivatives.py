"""How near derivatives are to the truth, how honest their error bars, and what they cost."""

import math
import zlib
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from derivative_pairs import PAIRS
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from smooth_functions import composed, points

from numgrad import derivative, softmax

ROUNDED = ("saturated", "cancelling", "offset", "float32", "float16", "noise")
"""Groups whose values have too few digits, or whose changes have."""

WELL_CONDITIONED = ("plain", "magnitude", "scales", "composed")


def true_error(estimate, pair):
    return abs(float(estimate.value) - pair.exact)


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
    assert max(evaluations) <= 62  # the last looks whether f repeats itself


@pytest.mark.parametrize("pair", PAIRS[::7], ids=str)
def test_all_evaluations_are_counted(pair):
    points = []
    found = derivative(lambda x: points.append(x) or pair(x), pair.x)
    assert found.evaluations == len(points)


def slope_and_estimate(f, x, **options):
    with np.errstate(all="ignore"):
        assume(np.isfinite(f(np.float64(x))))
    slope = f.derivative(x)
    assume(abs(slope) < 1e300)
    return slope, derivative(f, x, **options)


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


@pytest.mark.parametrize("distance", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
@pytest.mark.parametrize("side", [1, -1])
def test_a_kink_beside_x_is_not_at_x(distance, side):
    found = derivative(lambda x: abs(x - 1) + math.sin(x), 1 + side * distance)
    assert abs(found.value - math.cos(1 + side * distance) - side) <= found.error < 1e-5
    assert found.left == found.right == found.value


@pytest.mark.parametrize("distance", [0.2, 0.1, 1e-2, 1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("size", [100.0, 1.0, 1e-3])
def test_a_jump_beside_x_is_not_at_x(distance, side, size):
    found = derivative(lambda x: size * (side * x > side * 1 + distance) + math.exp(x), 1.0)
    assert abs(found.value - math.e) <= found.error < 1e-6
    assert found.evaluations <= 50


def test_beside_a_jump_f_has_the_slope_it_has_there():
    found = derivative(lambda x: 0.1 * x if x < 1000 else 150 + 0.2 * (x - 1000), 900.0)
    assert abs(found.value - 0.1) <= found.error < 1e-12


TREADS = {
    "log(1 + exp x), f(x) = 0": (lambda x: math.log(1 + math.exp(x)), -39.3, 8.56e-18),
    "farther from where it changes": (lambda x: math.log(1 + math.exp(x)), -57.0, 1.76e-25),
    "f(x) is one jump": (lambda x: math.log(1 + math.exp(-36) + math.exp(x)), -38.0, 3.14e-17),
    "no change on the first steps": (lambda x: math.log(1 + math.exp(x - 41) + math.exp(-36)), 1.0, 4.25e-18),
    "underflow": (lambda x: math.exp(-1 / x**2), 0.03, 0.0),
}


@pytest.mark.parametrize(("f", "x", "exact"), TREADS.values(), ids=TREADS)
def test_where_rounding_makes_f_flat_the_error_bar_covers_what_it_hides(f, x, exact):
    found = derivative(f, x)
    assert abs(found.value - exact) <= found.error <= 1e-13


@pytest.mark.parametrize(("x", "slope"), [(1.0, 0.0), (1.00002, 1.0), (0.9, 0.0), (-1e-3, 0.0)])
def test_beside_a_kink_f_is_truly_flat(x, slope):
    found = derivative(lambda x: max(x, 1.00001), x)
    assert abs(found.value - slope) <= found.error <= 1e-8


def test_rounded_steps_are_made_good():
    found = derivative(math.sin, 1e4)
    assert abs(found.value - math.cos(1e4)) <= found.error <= 1e-12


def circle(x):
    return (1 - x) * (1 + x)


def circle_slope(x):
    return -x / math.sqrt(abs(circle(x)))


def far_from_its_terms(x):
    """Return a function that is computed from much larger terms, to their digits."""
    scores = np.array([[0, 0, 8.0], [0, 0, 4], [0, 26, 8 * x]])
    return float(np.sum(np.array([[0, 0, 49], [0, 0, 16], [0, -64, 1]]) * softmax(scores)))


SHARE = 1 / (math.exp(26) + 2)

HIDDEN = {
    "a ripple that long steps average out": (lambda x: x * x + math.sin(x), 1e5, 2e5 + math.cos(1e5), 1e-3),
    "the same in a cube": (lambda x: x**3 + math.sin(x), 3000.0, 27e6 + math.cos(3000), 1e-3),
    "the flank of a narrow bump": (
        lambda x: math.sin(x) + 1e-2 * math.exp(-(((x - 1) / 1e-5) ** 2)),
        1.00005,
        math.cos(1.00005) - 1e4 * math.exp(-25),
        100,
    ),
    "a pole": (lambda x: 1 / (x - 2) ** 2, 2.000008, -2 / (2.000008 - 2) ** 3, 1e7),
    "a simple pole": (lambda x: 1 / (x - 1), 0.9999856918949439, -1 / (0.9999856918949439 - 1) ** 2, 1.0),
    "a waving grid": (
        lambda x: round(math.sin(50 * x), 3),
        3.89080898903663,
        50 * math.cos(50 * 3.89080898903663),
        1.0,
    ),
    "stairs with sloped treads": (lambda x: (1 - math.cos(x)) / x**2, 1e-5, -1e-5 / 12, 1.0),
    "others": (lambda x: (x - math.sin(x)) / x**3, 1e-4, -1e-4 / 60, 0.01),
    "steep ones": (lambda x: (math.exp(x) - 1) / x, 1e-9, 0.5, 3000),
    "a tread of a millionth": (lambda x: 1 / (1 - x * x), 0.999999, 499999999971.1193, 1e5),
    "steeper ones": (lambda x: (math.exp(x) - 1) / x, 3.3e-12, 0.5, 1e9),
    "treads as large as f": (lambda x: (1 + x) ** 2 - 1 - 2 * x, 7e-11, 14e-11, 1e-3),
    "treads without an end": (lambda x: (1 + x) ** 2 - 1 - 2 * x, 9.68293808800954e-07, 1.936587617601908e-06, 1e-6),
    "the edge of a circle": (lambda x: math.sqrt(1 - x * x), 0.9999999, circle_slope(0.9999999), 1e-3),
    "the same closer": (lambda x: math.sqrt(1 - x * x), 0.99999994, circle_slope(0.99999994), 1e-3),
    "a hyperbola's": (lambda x: math.sqrt(x * x - 1), 1.0000001, -circle_slope(1.0000001), 1e-3),
    "a logarithm's": (lambda x: math.log(1 - x * x), 0.99999995, -2 * 0.99999995 / circle(0.99999995), 10),
    "a wave of a billionth": (lambda x: math.cos(x) - x, 563971013.9176514, -math.sin(563971013.9176514) - 1, 1.0),
    "a wave of a hundred-thousandth": (lambda x: x - math.cos(x), 1e5, 1 + math.sin(1e5), 1e-6),
    "a narrow peak in decimals": (
        lambda x: round(math.exp(-(((x - 144) / 1.5) ** 2)), 1),
        145.2,
        -2 * 1.2 / 2.25 * math.exp(-0.64),
        100,
    ),
    "treads as wide as x": (lambda x: (x - math.sin(x)) / x**3, 3e-8, -5e-10, np.inf),
    "a period of 6e-12 of x": (math.sin, 1e12, math.cos(1e12), 1e-3),
    "a hill in a valley, and noise": (
        lambda x: 7 * x * x + 10 / (1 + (x - 1) ** 2) + 0.6 * noise(x),
        2.0,
        23.0,
        30,
    ),
    "a ripple above noise": (
        lambda x: 2 * x * x + math.sin(3 * x) + 1e-2 * noise(x),
        150.0,
        600 + 3 * math.cos(450),
        np.inf,
    ),
    "large terms that cancel": (far_from_its_terms, 0.0, 8 * SHARE * (65 - 129 * SHARE), 1e-8),
    "waves and noise": (lambda x: math.sin(20 * x) + 1e-4 * noise(x), 1.3, 20 * math.cos(26), 0.1),
}


def noise(x):
    """Return a number from -1 to 1 made of the bits of x."""
    return zlib.crc32(np.float64(x).tobytes()) / 2**31 - 1


@pytest.mark.parametrize(("f", "x", "exact", "bar"), HIDDEN.values(), ids=HIDDEN)
def test_what_long_or_short_steps_alone_would_miss_is_in_the_error_bar(f, x, exact, bar):
    found = derivative(f, x)
    assert abs(found.value - exact) <= found.error <= bar


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


def hashed(seed):
    """Return noise of its own for each seed."""
    return lambda x: zlib.crc32(np.float64(x).tobytes(), seed) / 2**31 - 1


def test_error_bars_know_of_noise_of_any_size():
    rng, endless = np.random.default_rng(0), 0
    for seed in range(500):
        a, x, size, noise = rng.uniform(0.2, 5), rng.uniform(-3, 3), 10 ** rng.uniform(-8, -2.5), hashed(seed)
        found = derivative(lambda x, a=a, size=size, noise=noise: math.sin(a * x) + size * noise(x), x)
        assert abs(found.value - a * math.cos(a * x)) <= found.error
        endless += math.isinf(found.error)
    assert endless <= 1


def test_noise_alone_has_no_derivative():
    assert all(derivative(hashed(seed), 1.0).error == np.inf for seed in range(20))


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


def test_where_noise_is_all_that_is_seen_steps_get_longer():
    found = derivative(lambda x: 1e12 + x**2, 3.0)
    assert abs(found.value - 6) <= found.error <= 1e-2
    assert found.step > 10


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


def test_a_root_found_by_bisection_jumps():
    def root(a):
        low, high = 0.0, a + 1
        while high - low > 1e-6:
            middle = (low + high) / 2
            low, high = (low, middle) if middle**3 + middle > a else (middle, high)
        return (low + high) / 2

    found = derivative(root, 0.6625431186245341)
    assert abs(found.value - 1 / (3 * root(0.6625431186245341) ** 2 + 1)) <= found.error < 1e-3


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
