"""Test modules, as text, that pytest runs with the plugin."""

MODULE = """
import numpy as np
import pytest
from verification import assert_gradient, check_gradient

X = np.array([1.0, 2.0])

def square(x):
    return np.sum(x**2)

def right(x):
    return 2 * x

def wrong(x):
    return -2 * x

"""
RIGHT = """
def test_right(gradcheck):
    assert gradcheck(square, right, X)
"""
WRONG = """
def test_wrong(gradcheck):
    gradcheck(square, wrong, X)
"""
UNTOLD = """
def test_untold(gradcheck):
    gradcheck(square, right, 0 * X)
"""
PROPERTY = """
from hypothesis import Phase, example, given, settings
from verification.strategies import arrays

@settings(max_examples=10, phases=[phase for phase in Phase if phase is not Phase.explain])
@given(x=arrays((1,)))
@example(x=np.zeros(1))  # of which nothing can be told
def test_property(gradcheck, x):
    gradcheck(square, {}, x)
"""
