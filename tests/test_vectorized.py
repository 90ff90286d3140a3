"""Functions that take many points in one call, and those that only seem to."""

import math

import numpy as np
import pytest

from numgrad import derivative, gradient


def test_a_vectorized_f_is_given_stacks_of_limited_size():
    sizes = []

    def f(x):
        sizes.append(x.size)
        return np.sum(np.sin(x), axis=-1)

    gradient(f, np.linspace(0.1, 2, 700), vectorized=True)
    assert max(sizes) <= 2**14


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


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_one_side_is_vectorized_too(method):
    x = np.array([0.5, 1.0])
    found = gradient(lambda x: np.sum(np.exp(x), axis=1), x, method=method, vectorized=True)
    assert (np.abs(found.value - np.exp(x)) <= found.error).all()
    assert (found.error <= 1e-9).all()
