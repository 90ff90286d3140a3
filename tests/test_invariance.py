"""A verdict does not depend on units, order, shape, or how x is parted into arguments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verification import Verdict, check_gradient

SCALES = st.integers(-12, 12).map(lambda exponent: 10.0**exponent)
SIZES = st.sampled_from([1, 2, 7, 40])
FUNCTIONS = {
    "sin": (lambda x: np.sum(np.sin(x)), np.cos),
    "log cosh": (lambda x: np.sum(np.log(np.cosh(x))), np.tanh),
    "coupled": (lambda x: np.sum(x**2) ** 2 / 4, lambda x: np.sum(x**2) * x),
    "product": (lambda x: np.sum(x * np.roll(x, 1)), lambda x: np.roll(x, 1) + np.roll(x, -1)),
}
WRONGS = {
    "right": lambda g: g,
    "factor": lambda g: (1 + 1e-5) * g,
    "sign": lambda g: -g,
    "last entry": lambda g: np.append(g[:-1], g[-1] * 1.01 + 1e-3),
}


@st.composite
def problems(draw):
    f, gradient = FUNCTIONS[draw(st.sampled_from(sorted(FUNCTIONS)), label="function")]
    spoil = draw(st.sampled_from(sorted(WRONGS)), label="gradient")
    size, seed = draw(SIZES, label="size"), draw(st.integers(0, 10), label="seed")
    x = np.random.default_rng(seed).uniform(0.5, 1.5, size) * np.random.default_rng(seed + 1).choice([-1, 1], size)
    return f, gradient, WRONGS[spoil], x


def verdict(f, gradient, x):
    return check_gradient(f, gradient, x).verdict


def expected_of(spoil):
    return Verdict.AGREES if spoil is WRONGS["right"] else Verdict.DISAGREES


@given(problem=problems())
def test_the_verdict_is_right(problem):
    f, gradient, spoil, x = problem
    assert verdict(f, lambda x: spoil(gradient(x)), x) is expected_of(spoil)


@pytest.mark.underflow
@given(problem=problems(), c=SCALES)
def test_the_units_of_f_do_not_matter(problem, c):
    f, gradient, spoil, x = problem
    assert verdict(lambda x: c * f(x), lambda x: c * spoil(gradient(x)), x) is expected_of(spoil)


@pytest.mark.underflow
@given(problem=problems(), s=SCALES)
def test_the_units_of_x_do_not_matter(problem, s):
    f, gradient, spoil, x = problem
    assert verdict(lambda x: f(x / s), lambda x: spoil(gradient(x / s)) / s, s * x) is expected_of(spoil)


@given(problem=problems(), data=st.data())
def test_the_order_of_entries_does_not_matter(problem, data):
    f, gradient, spoil, x = problem
    order = np.array(data.draw(st.permutations(range(x.size)), label="order"))
    back = np.argsort(order)
    found = verdict(lambda x: f(x[back]), lambda x: spoil(gradient(x[back]))[order], x[order])
    assert found is expected_of(spoil)


@given(problem=problems(), rows=st.sampled_from([1, 2, 4]))
def test_the_shape_of_x_does_not_matter(problem, rows):
    f, gradient, spoil, x = problem
    shape = (rows, -1) if x.size % rows == 0 else (1, 1, -1)
    found = verdict(lambda x: f(x.ravel()), lambda x: spoil(gradient(x.ravel())).reshape(x.shape), x.reshape(shape))
    assert found is expected_of(spoil)


@given(problem=problems(), cut=st.integers(0, 40), as_dict=st.booleans())
def test_how_x_is_parted_into_arguments_does_not_matter(problem, cut, as_dict):
    f, gradient, spoil, x = problem
    cut = min(cut, x.size)
    a, b = x[:cut], x[cut:]

    def parts(gradient):
        return gradient[:cut], gradient[cut:]

    if as_dict:
        found = verdict(
            lambda p: f(np.concatenate([p["a"], p["b"]])),
            lambda p: dict(zip("ab", parts(spoil(gradient(np.concatenate([p["a"], p["b"]])))), strict=True)),
            {"a": a, "b": b},
        )
    else:
        found = verdict(
            lambda a, b: f(np.concatenate([a, b])), lambda a, b: parts(spoil(gradient(np.concatenate([a, b])))), (a, b)
        )
    assert found is expected_of(spoil)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_no_seed_accuses_what_is_right(seed):
    x = np.random.default_rng(0).normal(size=60)
    for f, gradient in FUNCTIONS.values():
        assert check_gradient(f, gradient, x, seed=seed)
