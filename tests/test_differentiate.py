"""What derivatives take and give: structures, shapes, precisions, options, refusals."""

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


def test_a_vectorized_f_is_given_stacks_of_limited_size():
    sizes = []

    def f(x):
        sizes.append(x.size)
        return np.sum(np.sin(x), axis=-1)

    gradient(f, np.linspace(0.1, 2, 700), vectorized=True)
    assert max(sizes) <= 2**14


@pytest.mark.parametrize("block", [1, 100])
def test_lines_worked_out_block_by_block_give_the_same_bits(block, monkeypatch):
    x = np.linspace(-2, 3, 11)
    whole = jacobian(np.sin, x)
    monkeypatch.setattr(execution, "BLOCK", block)
    parts = jacobian(np.sin, x)
    assert (parts.value.tobytes(), parts.error.tobytes()) == (whole.value.tobytes(), whole.error.tobytes())


def test_f_that_changes_an_array_that_is_not_moved_is_refused():
    def f(p):
        if p["a"][0] != 1:
            p["b"] += 1
        return p["a"][0] + p["b"][0]

    with pytest.raises(ValueError, match=r"x\['b'\] changed by f"):
        gradient(f, {"a": np.ones(1), "b": np.ones(1)})


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


@pytest.mark.parametrize(("f", "x", "exact"), [(math.sqrt, 0.01, 5.0), (math.asin, 0.9, 2.294157338705618)])
def test_a_vectorized_f_that_raises_at_one_point_keeps_the_others(f, x, exact):
    found = derivative(lambda x: np.array([f(value) for value in x]), x, vectorized=True)
    assert abs(found.value - exact) <= found.error < 1e-7


WRONG_VECTORIZED = {
    "sums all": (lambda x: np.sum(x**2), "Expected f to return one value a point along the first axis"),
    "sorts points": (lambda x: np.sort(np.sum(x**2, axis=1)), "compute each point of a stack by itself"),
    "couples points": (lambda x: np.sum((x - x.mean(axis=0)) ** 2, axis=1), "compute each point of a stack by itself"),
    "wrong axis": (lambda x: np.sum(x, axis=0), "Expected f to return one value a point along the first axis"),
}


@pytest.mark.parametrize(("f", "message"), WRONG_VECTORIZED.values(), ids=WRONG_VECTORIZED)
def test_a_wrong_vectorized_f_is_refused(f, message):
    with pytest.raises(ValueError, match=message):
        gradient(f, np.arange(1.0, 4), vectorized=True)


def with_other_digits_in_a_stack(x):
    """Return the sum of each row, by thirds of a row alone, by quarters of one of two."""
    count = x.dtype.type(x.shape[0] + 2)
    return np.sum(x / count, axis=-1) * count


RIGHT_VECTORIZED = {
    "a root": (lambda x: with_other_digits_in_a_stack(x) - with_other_digits_in_a_stack(ROOT[np.newaxis]), "float64"),
    "float32": (lambda x: with_other_digits_in_a_stack(x + 100) - 300, "float32"),
}
ROOT = np.array([1.3, 0.2, 0.7])


@pytest.mark.parametrize(("f", "dtype"), RIGHT_VECTORIZED.values(), ids=RIGHT_VECTORIZED)
def test_a_right_vectorized_f_is_not_accused(f, dtype):
    x = ROOT.astype(dtype)
    assert f(x[np.newaxis])[0] != f(np.stack([x, x]))[0]
    found = gradient(f, x, vectorized=True)
    assert (np.abs(found.value - 1) <= found.error).all()


def test_retries_of_a_vectorized_f_are_counted():
    points = []

    def f(x):
        points.extend(x)
        return np.array([math.asin(value) for value in x])

    assert derivative(f, 0.9, vectorized=True).evaluations == len(points)


@pytest.mark.parametrize("x", [np.ones(2), (np.ones(2), np.ones(3)), {"W": np.ones(2)}], ids=["array", "tuple", "dict"])
def test_who_reads_x_from_elsewhere_is_told(x):
    outside = np.ones(2)
    with pytest.warns(UserWarning, match="f does not use its argument"):
        gradient(lambda *_: np.sum(outside**2), x)


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_one_side_is_vectorized_too(method):
    x = np.array([0.5, 1.0])
    found = gradient(lambda x: np.sum(np.exp(x), axis=1), x, method=method, vectorized=True)
    assert (np.abs(found.value - np.exp(x)) <= found.error).all()
    assert (found.error <= 1e-9).all()


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


def test_what_f_raised_is_not_lost():
    def f(x):
        if x != 1:
            raise ValueError("a mistake in f")
        return x

    with pytest.raises(ValueError, match="have values above and below x") as refusal:
        derivative(f, 1.0)
    assert str(refusal.value.__cause__) == "a mistake in f"


def test_stop_iteration_is_raised_as_it_is():
    values = iter([1.0, 1.0])
    with pytest.raises(StopIteration):
        derivative(lambda _: next(values), 1.0)


def test_of_too_few_values_no_step_or_noise_is_made_up():
    for options in ({"method": "forward", "domain": (1, 1 + 1e-9)}, {"domain": (1 - 1e-5, 1 + 1e-5)}):
        found = derivative(math.sin, 1.0, max_evaluations=13, **options)
        assert found.error == np.inf
        assert np.isnan([found.step, found.noise]).all()


def test_a_constant_that_looks_at_its_argument_is_no_one_to_warn():
    assert derivative(lambda x: 0 * x + 3, 2.0).value == 0
    assert derivative(lambda x: 3.0 if isinstance(x, float) else 4.0, 2.0).value == 0
    assert jacobian(lambda x: np.array([1.0, 0 * x[0]]), np.ones(2)).value.shape == (2, 2)


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
    "complex f": (lambda: derivative(lambda x: 1j * x, 1.0), TypeError, "Return the real or the imaginary part"),
    "None": (lambda: derivative(lambda _: None, 1.0), TypeError, "Let f return its value"),
    "no value at x": (lambda: derivative(np.log, -1.0), ValueError, "Move x into the domain of f"),
    "an array": (lambda: gradient(np.sin, np.ones(2)), ValueError, "Sum inside f, or call jacobian"),
    "random": (lambda: derivative(lambda x: x + np.random.default_rng().normal(), 1.0), ValueError, "same value twice"),
    "state": (lambda: gradient(Counter(), np.ones(2)), ValueError, "f is random or keeps a state"),
    "changed": (lambda: gradient(changing, np.ones(2)), ValueError, "x changed by f"),
    "array x": (lambda: derivative(np.sum, np.ones(2)), ValueError, "Call gradient or jacobian"),
    "outside": (lambda: derivative(math.sin, 2.0, domain=(0, 1)), ValueError, "Expected x to lie in the domain"),
    "no domain": (lambda: derivative(math.sin, 2.0, domain=(3, 1)), ValueError, "have low < high"),
    "domain": (lambda: derivative(math.sin, 2.0, domain=3), ValueError, "be a pair"),
    "method": (
        lambda: derivative(math.sin, 2.0, method="complex"),
        ValueError,
        "be one of 'central', 'forward', 'backward'",
    ),
    "an array as method": (lambda: derivative(math.sin, 2.0, method=np.ones(2)), ValueError, "be one of"),
    "a list of dicts": (lambda: derivative(lambda p: p[0]["a"], [{"a": 1.0}]), ValueError, "Call gradient or jacobian"),
    "denormals": (
        lambda: directional_derivative(np.sum, np.ones(2), np.full(2, 1e-310)),
        ValueError,
        "not be zero but got no entry of 2e-308 or more",
    ),
    "a short list": (
        lambda: gradient(lambda p: p[0] + p[1], [np.ones(()), np.ones(())], domain=([0.0, {}], 2)),
        TypeError,
        "domain's low",
    ),
    "accuracy": (lambda: derivative(math.sin, 2.0, accuracy=-1), ValueError, "Expected accuracy"),
    "few": (lambda: derivative(math.sin, 2.0, max_evaluations=5), ValueError, "at least 13"),
    "direction": (lambda: directional_derivative(np.sum, np.ones(2), np.ones(3)), ValueError, "the shapes of x"),
    "zero": (lambda: directional_derivative(np.sum, np.ones(2), np.zeros(2)), ValueError, "not be zero"),
    "infinite": (lambda: directional_derivative(np.sum, np.ones(2), [1, np.inf]), ValueError, "be finite"),
    "other keys": (
        lambda: gradient(lambda p: p["a"], {"a": 1.0}, domain=({"b": 0}, 2)),
        ValueError,
        "Expected domain's low to have the keys of x, 'a', but got 'b'",
    ),
    "other shapes": (lambda: gradient(np.sum, np.ones(2), domain=(np.zeros(3), 2)), ValueError, "the shape of x"),
    "words": (lambda: derivative(math.exp, 1.0, domain=("a", 2)), TypeError, "hold real numbers"),
    "alone": (
        lambda: derivative(lambda x: 1.0 if x == 3 else math.nan, 3.0),
        ValueError,
        "have values above and below",
    ),
    "one side": (lambda: derivative(math.asin, 1.0, method="forward"), ValueError, "have values above x"),
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
