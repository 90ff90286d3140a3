"""Gradients beside extra arguments, in pairs with values, and along a minimization; without SciPy."""

import numpy as np
import pytest

from verification import (
    FailureMode,
    GradientError,
    Verdict,
    assert_value_and_gradient,
    check_grad,
    check_value_and_gradient,
    checked_jac,
)

X = np.array([1.0, -2.0])


def func(x, a=1.0, b=0.0):
    return a * np.sum(x**2) + b


def grad(x, a=1.0, b=0.0):
    return 2 * a * x


def test_further_arguments_are_those_of_both():
    assert check_grad(func, grad, X, 3.0, 1.0).verdict is Verdict.AGREES
    assert check_grad(func, lambda x, a: grad(x), X, 3.0).diagnoses[0].evidence["factor"] == pytest.approx(1 / 3)


def test_what_check_grad_does_not_need_is_told():
    with pytest.warns(UserWarning, match=r"^check_grad does not need direction, epsilon here"):
        assert check_grad(func, grad, X, epsilon=1e-6, direction="all")
    with pytest.raises(TypeError, match="but got tolerance: SciPy's check_grad does not take it either"):
        check_grad(func, grad, X, tolerance=1e-6)


def test_pairs_are_taken_apart():
    assert check_value_and_gradient(lambda x, a: (func(x, a), grad(x, a)), X, 3.0).verdict is Verdict.AGREES
    wrong = check_value_and_gradient(lambda x: [func(x), -grad(x)], X)
    assert wrong.diagnoses[0].mode is FailureMode.WRONG_SIGN
    with pytest.raises(GradientError, match="wrong sign"):
        assert_value_and_gradient(lambda x: (func(x), -grad(x)), X)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (func, "Expected fun to return a pair, the value and the gradient, but got float64"),
        (lambda x: (1, 2, 3), "but got tuple of 3: the second is checked as the gradient of the first"),
    ],
)
def test_what_is_no_pair_is_refused(found, message):
    with pytest.raises(TypeError, match=message):
        check_value_and_gradient(found, X)


def test_a_gradient_is_checked_at_its_first_second_and_fourth_call():
    jac = checked_jac(func, grad)
    for number in range(1, 9):
        assert np.array_equal(jac(X * number, 3.0, 1.0), grad(X * number, 3.0))
        assert len(jac.checks) == number.bit_length()
    assert jac.calls == 8


def test_a_gradient_that_goes_wrong_later_is_found_at_its_next_check():
    jac = checked_jac(func, lambda x: grad(x) * (1 if x[0] < 3 else 2))
    jac(X)
    jac(X)
    jac(4 * X)
    with pytest.raises(GradientError, match="2 × true") as raised:
        jac(4 * X)
    assert raised.value.__notes__ == ["It was found at call 4 of the gradient, at x = [ 4. -8.]."]


def test_a_flat_point_does_not_end_a_minimization():
    jac = checked_jac(func, grad)
    assert not jac(0 * X).any()
    assert jac.checks[0].verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "call", [lambda: checked_jac(3.0), lambda: checked_jac(func, 3.0), lambda: check_grad(func, X, grad)]
)
def test_what_is_no_function_is_refused(call):
    with pytest.raises(TypeError, match="to be a function but got"):
        call()
