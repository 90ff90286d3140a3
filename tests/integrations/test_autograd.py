"""Gradients of autograd: of grad and of primitives with rules of their own."""

import numpy as np
import pytest

from verification import FailureMode, Verdict, check_gradient, check_jacobian, check_vjp

autograd = pytest.importorskip(
    "autograd", reason="autograd is not installed: gradients of it were NOT tested; tox run -e autograd does"
)
anp = pytest.importorskip("autograd.numpy")
extend = pytest.importorskip("autograd.extend")

X = np.array([0.3, 1.2, -0.7])


@extend.primitive
def cube(x):
    return x**3


extend.defvjp(cube, lambda _, x: lambda cotangent: 3 * x * cotangent)


def test_the_snippet_of_the_readme_runs(snippet):
    snippet("autograd")


def test_what_autograd_differentiates_agrees():
    def f(x):
        return anp.sum(anp.tanh(x) ** 2)

    check = check_gradient(f, autograd.grad(f), X)
    assert check.verdict is Verdict.AGREES, str(check)
    assert check.digits > 8


def test_structures_are_taken():
    def f(params):
        return anp.sum(anp.dot(params["W"], params["v"]) ** 2)

    assert check_gradient(f, autograd.grad(f), {"W": np.eye(2) + 1, "v": np.array([0.5, -1.0])})


def test_a_wrong_rule_is_found():
    def f(x):
        return anp.sum(cube(x))

    assert check_gradient(f, autograd.grad(f), X).diagnoses[0].mode is FailureMode.MISSING_CHAIN_FACTOR


def test_products_and_jacobians_agree():
    def f(x):
        return anp.sin(x) * x[::-1]

    assert check_vjp(f, lambda x, u: autograd.make_vjp(f)(x)[0](u), X).verdict is Verdict.AGREES
    assert check_jacobian(f, autograd.jacobian(f), X).verdict is Verdict.AGREES
