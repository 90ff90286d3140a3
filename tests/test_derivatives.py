"""How near derivatives are to the truth, how honest their error bars, what they cost, and what is refused."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from derivative_pairs import PAIRS
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from smooth_functions import composed, points

import numgrad
from numgrad import derivative, directional_derivative, gradient, jacobian

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
    assert len(PAIRS) >= 120
    assert len({pair.group for pair in PAIRS}) >= 12


def test_no_pair_is_worse_than_it_says(estimates):
    silent = [str(pair) for pair, estimate in estimates if not true_error(estimate, pair) <= estimate.error]
    assert silent == []


def test_few_pairs_are_worse_than_1e_6_at_all(estimates):
    worse = [str(pair) for pair, found in estimates if true_error(found, pair) > 1e-6 * (abs(pair.exact) or 1)]
    assert len(worse) <= 20, worse


def test_error_bars_are_not_bloated(estimates):
    errors = np.array([(found.error, true_error(found, pair)) for pair, found in estimates])
    bar, error = errors[errors[:, 1] > 0].T
    assert np.median(bar / error) <= 30


def test_error_bars_are_small_where_f_is_well_conditioned(estimates):
    for pair, found in estimates:
        with np.errstate(all="ignore"):
            conditioned = abs(pair.x * pair.exact) > 1e-3 * abs(pair(pair.x))
        if pair.group in WELL_CONDITIONED and conditioned and pair.exact:
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


def slope_and_estimate(f, x):
    with np.errstate(all="ignore"):
        assume(np.isfinite(f(np.float64(x))))
    slope = f.derivative(x)
    assume(abs(slope) < 1e300)
    return slope, derivative(f, x)


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


@pytest.mark.parametrize("f", [math.sqrt, np.cbrt, lambda x: math.copysign(1, x)], ids=range(3))
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


@pytest.mark.parametrize(("dtype", "digits"), [(np.float32, 1e-5), (np.float16, 0.05), (np.longdouble, 1e-13)])
def test_steps_and_error_bars_are_those_of_the_precision(dtype, digits):
    seen = []
    found = derivative(lambda x: seen.append(x.dtype) or np.sin(x), dtype(1))
    assert set(seen) == {np.dtype(dtype)}
    assert abs(found.value - math.cos(1)) <= found.error < digits
    array = gradient(lambda x: np.sum(np.sin(x)), np.full(2, 1, dtype))
    assert array.value == pytest.approx(found.value, abs=float(2 * found.error))


def test_a_gradient_has_the_structure_of_x():
    x = {"W": np.ones((2, 3)), "b": [np.zeros(3), np.full((), 2.0)]}
    found = gradient(lambda p: np.sum(p["W"] ** 2) + np.sum(p["b"][0]) * p["b"][1], x)
    assert found.value["W"] == pytest.approx(np.full((2, 3), 2.0))
    assert found.value["b"][0] == pytest.approx(np.full(3, 2.0))
    assert found.value["b"][1] == pytest.approx(0, abs=1e-12)
    assert found.error["W"].shape == (2, 3)


def test_a_tuple_is_spread_over_the_arguments():
    found = gradient(lambda a, b: np.sum(a * b), (np.arange(1.0, 4), np.ones(3)))
    assert found.value[0] == pytest.approx(np.ones(3))
    assert found.value[1] == pytest.approx(np.arange(1.0, 4))


@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (1, 3, 1)])
@pytest.mark.parametrize("outputs", [(), (2,), (2, 1, 3)])
def test_a_jacobian_has_the_shapes_of_f_and_x(shape, outputs):
    weights = np.arange(1.0, 1 + math.prod(outputs) * math.prod(shape)).reshape(outputs + shape)
    x = np.linspace(1, 2, math.prod(shape)).reshape(shape)
    axes = tuple(range(-len(shape), 0))
    found = jacobian(lambda x: np.sum(weights * np.sin(x), axis=axes), x)
    assert found.value.shape == found.error.shape == outputs + shape
    assert (np.abs(found.value - weights * np.cos(x)) <= found.error).all()


def test_outputs_need_different_steps():
    found = jacobian(lambda x: np.array([np.sin(1000 * x[0]), x[0] ** 2, np.abs(x[0] - 1)]), np.ones(1))
    assert (np.abs(found.value[:2, 0] - [1000 * math.cos(1000), 2]) <= found.error[:2, 0]).all()
    assert (found.left[2, 0], found.right[2, 0]) == pytest.approx((-1, 1))


@pytest.mark.parametrize("size", [1, 100, 10_000])
def test_a_directional_derivative_costs_the_same_for_any_size(size):
    x, direction = np.linspace(-1, 1, size), np.cos(np.arange(size))
    found = directional_derivative(lambda x: np.sum(x**3), x, direction)
    assert abs(found.value - np.sum(3 * x**2 * direction)) <= found.error
    assert found.evaluations <= 25


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3), st.floats(0.1, 3), st.floats(-2, 2))
def test_a_directional_derivative_is_the_gradient_times_the_direction(x, a, b):
    x, direction = np.array(x), np.array([1.0, a, b])

    def f(x):
        return np.sin(x[0]) * np.exp(x[1] / 3) + x[2] ** 2

    along, by_entry = directional_derivative(f, x, direction), gradient(f, x)
    slack = along.error + np.sum(np.abs(direction) * by_entry.error)
    assert abs(along.value - by_entry.value @ direction) <= slack


@pytest.mark.parametrize("x", [np.ones(4)[::-1], np.asfortranarray(np.ones((2, 2))), np.ones((4, 2))[:, 1]])
def test_x_is_never_changed_and_need_not_be_writable(x):
    x.flags.writeable = False
    before = x.tobytes()
    found = gradient(lambda x: np.sum(x**2), x)
    assert found.value == pytest.approx(2 * x)
    assert x.tobytes() == before


def test_a_vectorized_f_gives_the_same_numbers():
    x = np.array([0.0, 1e-8, 1.0, -300.0])

    def f(x):
        return np.sin(x[..., 0]) + np.exp(x[..., 1]) * x[..., 2] + np.abs(x[..., 3])

    one, many = gradient(f, x), gradient(f, x, vectorized=True)
    assert many.value.tobytes() == one.value.tobytes()
    assert many.error.tobytes() == one.error.tobytes()


def test_a_vectorized_f_that_raises_at_one_point_keeps_the_others():
    def roots(x):
        return np.array([math.sqrt(value) for value in x])

    found = derivative(roots, 0.01, vectorized=True, domain=(-1, 1))
    assert abs(found.value - 5) <= found.error < 1e-7


WRONG_VECTORIZED = {
    "sums all": (lambda x: np.sum(x**2), "Expected f to return one value a point along the first axis"),
    "couples points": (lambda x: np.sum((x - x.mean(axis=0)) ** 2, axis=1), "compute each point of a stack by itself"),
    "wrong axis": (lambda x: np.sum(x, axis=0), "Expected f to return one value a point along the first axis"),
}


@pytest.mark.parametrize(("f", "message"), WRONG_VECTORIZED.values(), ids=WRONG_VECTORIZED)
def test_a_wrong_vectorized_f_is_refused(f, message):
    with pytest.raises(ValueError, match=message):
        gradient(f, np.arange(1.0, 4), vectorized=True)


class Counter:
    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return float(np.sum(x)) + 1e-3 * self.calls


def changing(x):
    x += 1
    return np.sum(x)


REFUSED = {
    "integers": (lambda: gradient(np.sum, np.arange(3)), TypeError, "Expected x to hold floats"),
    "an integer": (lambda: derivative(math.sin, 3), TypeError, "Expected x to hold floats"),
    "NaN": (lambda: gradient(np.sum, np.array([1.0, np.nan])), ValueError, r"x\[1\] = nan"),
    "complex f": (lambda: derivative(lambda x: 1j * x, 1.0), TypeError, "Expected f to return real numbers"),
    "None": (lambda: derivative(lambda _: None, 1.0), TypeError, "got NoneType of dtype object"),
    "no value at x": (lambda: derivative(np.log, -1.0), ValueError, "Move x into the domain of f"),
    "an array": (lambda: gradient(np.sin, np.ones(2)), ValueError, "Sum inside f, or call jacobian"),
    "random": (lambda: derivative(lambda x: x + np.random.default_rng().normal(), 1.0), ValueError, "same value twice"),
    "state": (lambda: gradient(Counter(), np.ones(2)), ValueError, "f is random or keeps a state"),
    "changed": (lambda: gradient(changing, np.ones(2)), ValueError, "x changed by f"),
    "array x": (lambda: derivative(np.sum, np.ones(2)), ValueError, "Call gradient or jacobian"),
    "outside": (lambda: derivative(math.sin, 2.0, domain=(0, 1)), ValueError, "Expected x to lie in the domain"),
    "no domain": (lambda: derivative(math.sin, 2.0, domain=(3, 1)), ValueError, "have low < high"),
    "domain": (lambda: derivative(math.sin, 2.0, domain=3), ValueError, "be a pair"),
    "method": (lambda: derivative(math.sin, 2.0, method="complex"), ValueError, "Choose among 'central'"),
    "accuracy": (lambda: derivative(math.sin, 2.0, accuracy=-1), ValueError, "Expected accuracy"),
    "few": (lambda: derivative(math.sin, 2.0, max_evaluations=5), ValueError, "at least 13"),
    "direction": (lambda: directional_derivative(np.sum, np.ones(2), np.ones(3)), ValueError, "the shapes of x"),
    "zero": (lambda: directional_derivative(np.sum, np.ones(2), np.zeros(2)), ValueError, "not be zero"),
    "infinite": (lambda: directional_derivative(np.sum, np.ones(2), [1, np.inf]), ValueError, "be finite"),
    "nothing": (lambda: gradient(lambda _: 1.0, {}), ValueError, "hold at least one array"),
}


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_derivative_is_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_what_f_raises_at_x_is_raised():
    with pytest.raises(ZeroDivisionError):
        derivative(lambda x: 1 / float(x), 0.0)


def test_another_error_than_of_the_domain_is_raised():
    with pytest.raises(KeyError):
        derivative(lambda x: {1.0: 0.0}[x], 1.0)


def test_less_accuracy_costs_less():
    easy, fine = (derivative(lambda x: math.sin(x) * math.exp(x / 2), 1.0, accuracy=a) for a in (1e-3, 1e-13))
    assert easy.evaluations < fine.evaluations
    assert fine.error < easy.error


def test_an_estimate_says_what_it_is():
    assert str(derivative(lambda x: x**2, 3.0)) == "6.0 ± 1e-14 (13 evaluations)"


def test_an_empty_x_has_an_empty_gradient():
    assert gradient(lambda _: 1.0, np.ones((0, 2))).value.shape == (0, 2)


def test_numgrad_exports_them():
    assert {"Estimate", "derivative", "directional_derivative", "gradient", "jacobian"} <= set(numgrad.__all__)
