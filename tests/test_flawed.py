import numpy as np
import pytest

import numgrad
from numgrad.flawed import numerical_gradient_batch_v2


def test_what_the_chapter_printed():
    X = np.array([[3.0, 4], [4, 5], [6, 7], [1, 4]])
    gradient = numerical_gradient_batch_v2(lambda X: X[:, 0] ** 2 + X[:, 1] ** 2, X)
    assert gradient == pytest.approx(np.array([[6, 8], [8, 10], [12, 14], [2, 8]]), abs=1e-8)


def test_it_never_puts_x_back():
    x = np.array([1.0, 2.0])
    gradient = numerical_gradient_batch_v2(lambda x: x[0] * x[1], x)
    assert x == pytest.approx(np.array([1 - 1e-4, 2 - 1e-4]), abs=1e-15)
    assert gradient == pytest.approx(np.array([2.0, 1 - 1e-4]), abs=1e-9)


def test_it_is_never_re_exported():
    assert not hasattr(numgrad, "numerical_gradient_batch_v2")
    assert "flawed" not in numgrad.__all__
