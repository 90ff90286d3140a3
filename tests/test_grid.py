"""Grids that values lie on, and treads of a staircase."""

import numpy as np
import pytest

from numgrad.derivatives.grid import quantum, treads
from numgrad.derivatives.ladder import RATIO

STEPS = 0.46 * RATIO ** -np.array([[0, 1, 2, 3, 4, 5, 6, 20]], dtype=float)


def sides(f):
    return f(1 + STEPS), f(1 - STEPS), np.array([f(np.array(1.0))])


def step_of(f):
    above, below, center = sides(f)
    return 2 * quantum(np.concatenate([above, below], axis=1), center, treads(above, below, center))[0]


@pytest.mark.parametrize(("decimals", "step"), [(2, 1e-2), (3, 1e-3)])
def test_decimals_are_found(decimals, step):
    assert step_of(lambda x: np.round(np.exp(x), decimals)) == pytest.approx(step)


def test_float16_is_found_to_its_size():
    assert 2**-13 <= step_of(lambda x: np.sin(x.astype(np.float16)).astype(float)) <= 2**-9


@pytest.mark.parametrize(
    "f",
    [
        np.sin,
        np.exp,
        lambda x: x,
        lambda x: x**2,
        lambda x: np.abs(x - 1.3),
        np.ones_like,
        lambda x: np.maximum(x, 1.1),
    ],
    ids=range(7),
)
def test_what_lies_on_no_grid_but_that_of_floats(f):
    assert step_of(f) == 0


def test_a_few_values_make_no_grid():
    assert step_of(lambda x: np.where(x > 1.2, 2.0, 1.0)) == 0


def test_a_tread_ends_on_both_sides():
    above, below, center = sides(lambda x: np.round(x, 4))
    assert treads(above, below, center).all()
    above, below, center = sides(lambda x: np.maximum(x, 1.0001))
    assert not treads(above, below, center).any()
