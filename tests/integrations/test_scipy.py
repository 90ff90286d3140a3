"""Gradients as SciPy has them: check_grad's arguments, and the jac of minimize."""

import numpy as np
import pytest

from verification import GradientError, Verdict, check_grad, check_jacobian, checked_jac

optimize = pytest.importorskip(
    "scipy.optimize", reason="SciPy is not installed: gradients of it were NOT tested; tox run -e scipy does"
)

START = np.array([-1.2, 1.0, 0.7])


def drifting(x):
    """Return the gradient of the Rosenbrock function, which is wrong away from the start."""
    return optimize.rosen_der(x) * np.where(np.abs(x[0] - START[0]) > 0.1, 1.01, 1.0)


def test_the_snippet_of_the_readme_runs(snippet):
    snippet("SciPy")


def test_check_grad_takes_what_that_of_scipy_takes():
    assert check_grad(optimize.rosen, optimize.rosen_der, START)
    assert optimize.check_grad(optimize.rosen, lambda x: 1.00000001 * optimize.rosen_der(x), START) < 1e-4
    assert not check_grad(optimize.rosen, lambda x: 1.0000001 * optimize.rosen_der(x), START)


def test_a_minimization_is_as_it_was_and_its_gradient_is_checked_along_the_path():
    jac = checked_jac(optimize.rosen, optimize.rosen_der)
    found = optimize.minimize(optimize.rosen, START, jac=jac)
    plain = optimize.minimize(optimize.rosen, START, jac=optimize.rosen_der)
    assert np.array_equal(found.x, plain.x)
    assert jac.calls == plain.njev
    assert len(jac.checks) == jac.calls.bit_length() > 3
    assert jac.checks[0].verdict is Verdict.AGREES


def test_a_gradient_that_goes_wrong_on_the_way_is_found():
    with pytest.raises(GradientError, match=r"1\.01 × true") as raised:
        optimize.minimize(optimize.rosen, START, jac=checked_jac(optimize.rosen, drifting))
    assert "It was found at call " in raised.value.__notes__[0]


def test_pairs_and_extra_arguments_are_taken():
    def pair(x, scale):
        return scale * optimize.rosen(x), scale * optimize.rosen_der(x)

    fun = checked_jac(pair)
    found = optimize.minimize(fun, START, args=(2.0,), jac=True)
    assert found.success
    assert fun.checks[0].verdict is Verdict.AGREES
    with pytest.raises(GradientError):
        optimize.minimize(checked_jac(lambda x, s: (pair(x, s)[0], pair(x, 1.0)[1])), START, args=(2.0,), jac=True)


def test_a_least_squares_jacobian_agrees():
    def residuals(x):
        return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])

    def jacobian(x):
        return np.array([[-20 * x[0], 10.0], [-1.0, 0.0]])

    assert check_jacobian(residuals, jacobian, START[:2]).verdict is Verdict.AGREES
    assert optimize.least_squares(residuals, START[:2], jac=jacobian).success
