"""What derivatives take and give: structures, shapes, precisions, options."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import numgrad
from numgrad import derivative, directional_derivative, gradient, jacobian
from numgrad.derivatives import execution


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


def test_numbers_of_a_structure_have_numbers_as_derivatives():
    found = gradient(lambda p: p["a"] * p["b"][0], {"a": 3.0, "b": [2.0, np.ones(1)]})
    assert (type(found.value["a"]), type(found.error["a"])) == (np.float64, np.float64)


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


def test_outputs_may_have_other_sides():
    found = jacobian(lambda x: np.array([x[0] * abs(x[0]) ** 0.5, abs(x[0])]), np.zeros(1))
    assert abs(found.value[0, 0]) <= found.error[0, 0] <= 1e-3
    assert found.error[1, 0] == pytest.approx(1)
    assert (found.left[1, 0], found.right[1, 0]) == pytest.approx((-1, 1))


def test_f_without_outputs_has_a_jacobian_without_rows():
    assert jacobian(lambda x: x[:0], np.ones(3)).value.shape == (0, 3)


def test_dicts_are_matched_by_their_keys():
    x = {"a": np.ones(2), "b": 2.0}

    def f(p):
        return np.sum(p["a"]) + 10 * p["b"]

    assert directional_derivative(f, x, {"b": 1.0, "a": np.zeros(2)}).value == pytest.approx(10)
    bounded = gradient(f, x, domain=({"b": 1.5, "a": 0}, {"b": 4, "a": np.full(2, 1.5)}))
    assert gradient(f, x, domain=({"b": 1.5, "a": 0}, None)).value["b"] == pytest.approx(10)
    assert bounded.value["b"] == pytest.approx(10)


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


@pytest.mark.underflow
@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3), st.floats(0.1, 3), st.floats(-2, 2))
def test_a_directional_derivative_is_the_gradient_times_the_direction(x, a, b):
    x, direction = np.array(x), np.array([1.0, a, b])

    def f(x):
        return np.sin(x[0]) * np.exp(x[1] / 3) + x[2] ** 2

    along, by_entry = directional_derivative(f, x, direction), gradient(f, x)
    moved = direction != 0
    slack = along.error + np.sum(np.abs(direction[moved]) * by_entry.error[moved])
    assert abs(along.value - by_entry.value @ direction) <= slack


@pytest.mark.parametrize("power", [-60, -3, 40])
def test_the_length_of_a_direction_changes_no_digit(power):
    x, direction = np.array([0.3, 2.0, -1.0]), np.array([1.0, 0.0, -0.7])

    def f(x):
        return np.sin(x[0]) * np.exp(x[1]) + x[2] ** 3

    one, other = (directional_derivative(f, x, direction * scale) for scale in (1.0, 2.0**power))
    assert (other.value, other.error) == (one.value * 2.0**power, one.error * 2.0**power)
    assert (other.step, other.evaluations) == (one.step / 2.0**power, one.evaluations)


@pytest.mark.parametrize("x", [0.0, 1e-300, -5e-324])
def test_beside_0_steps_are_those_of_0(x):
    found = derivative(math.sin, x)
    assert abs(found.value - 1) <= found.error <= 1e-9


def test_an_entry_of_0_takes_the_steps_that_are_typical_of_its_array():
    found = gradient(lambda x: np.sum(np.sin(x[:3])) + 1e-9 * x[3], np.array([0.0, 1.0, 2.0, 1e9]))
    assert 0.5 <= found.step[0] <= 1
    assert found.error[0] <= 1e-9
    assert found.evaluations <= 64


@pytest.mark.parametrize("block", [1, 100])
def test_lines_worked_out_block_by_block_give_the_same_bits(block, monkeypatch):
    x = np.linspace(-2, 3, 11)
    whole = jacobian(np.sin, x)
    monkeypatch.setattr(execution, "BLOCK", block)
    parts = jacobian(np.sin, x)
    assert (parts.value.tobytes(), parts.error.tobytes()) == (whole.value.tobytes(), whole.error.tobytes())


@pytest.mark.parametrize("x", [np.ones(4)[::-1], np.asfortranarray(np.ones((2, 2))), np.ones((4, 2))[:, 1]])
def test_x_is_never_changed_and_need_not_be_writable(x):
    x.flags.writeable = False
    before = x.tobytes()
    found = gradient(lambda x: np.sum(x**2), x)
    assert found.value == pytest.approx(2 * x)
    assert x.tobytes() == before


OVERFLOWING = {
    "exp": (math.exp, 709.1, 9.082744919406658e307),
    "square": (lambda x: x * x, 1e154, 2e154),
    "the largest x": (lambda x: x, 1.3e308, 1.0),
    "the steepest": (lambda x: 1e308 * x, 1.0, 1e308),
}


@pytest.mark.parametrize(("f", "x", "exact"), OVERFLOWING.values(), ids=OVERFLOWING)
def test_beside_overflow_there_are_derivatives(f, x, exact):
    found = derivative(f, x)
    assert abs(found.value - exact) <= found.error <= 1e-10 * exact


def test_a_direction_as_long_as_floats_can_be():
    found = directional_derivative(lambda x: x[0], [3.0, 4.0], [1.7e308, 1e308])
    assert abs(found.value - 1.7e308) <= found.error <= 1e-13 * 1.7e308


@pytest.mark.parametrize("x", [np.float16(200), np.float16(0.5)])
def test_float16_keeps_to_the_size_of_x(x):
    found = derivative(lambda x: x / 3, x)
    assert abs(found.value - 1 / 3) <= found.error <= 0.02
    assert found.step <= x / 2


def test_of_too_few_values_no_step_or_noise_is_made_up():
    for options in ({"method": "forward", "domain": (1, 1 + 1e-9)}, {"domain": (1 - 1e-5, 1 + 1e-5)}):
        found = derivative(math.sin, 1.0, max_evaluations=13, **options)
        assert found.error == np.inf
        assert np.isnan([found.step, found.noise]).all()


@pytest.mark.parametrize("most", [*range(13, 22), 40])
@pytest.mark.parametrize(
    "f",
    [lambda x: max(x - 1.002, 0.0), lambda x: math.sin(1e5 * x), lambda x: round(x, 4), abs, math.exp, math.cos],
    ids=range(6),
)
def test_evaluations_are_limited(f, most):
    assert derivative(f, 1.0, max_evaluations=most).evaluations <= most + 1
    assert derivative(f, 0.0, max_evaluations=most).evaluations <= most + 1


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
