"""What hides between the steps or in rounding and noise, and whether the error bar knows of it."""

import math

import numpy as np
import pytest
from sample_functions import hashed, noise

from numgrad import derivative, softmax


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


def test_rounding_that_is_the_same_all_around_x_leaves_no_trace():
    def f(x):
        return (1 - math.cos(x)) / x**2  # near 1.5e-8 the numerator is one rounding, and f is that over x²

    found = derivative(f, 1.5e-8)
    assert found.value == pytest.approx(-2 * f(1.5e-8) / 1.5e-8, rel=1e-6)


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


@pytest.mark.parametrize(("f", "x", "exact", "bar"), HIDDEN.values(), ids=HIDDEN)
def test_what_long_or_short_steps_alone_would_miss_is_in_the_error_bar(f, x, exact, bar):
    found = derivative(f, x)
    assert abs(found.value - exact) <= found.error <= bar


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


def test_where_noise_is_all_that_is_seen_steps_get_longer():
    found = derivative(lambda x: 1e12 + x**2, 3.0)
    assert abs(found.value - 6) <= found.error <= 1e-2
    assert found.step > 10


def test_a_root_found_by_bisection_jumps():
    def root(a):
        low, high = 0.0, a + 1
        while high - low > 1e-6:
            middle = (low + high) / 2
            low, high = (low, middle) if middle**3 + middle > a else (middle, high)
        return (low + high) / 2

    found = derivative(root, 0.6625431186245341)
    assert abs(found.value - 1 / (3 * root(0.6625431186245341) ** 2 + 1)) <= found.error < 1e-3
