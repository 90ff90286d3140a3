"""Gradients of JAX: of jax.grad, and of custom rules, in both of its precisions."""

import numpy as np
import pytest

from verification import FailureMode, Verdict, check_gradient, check_jacobian, check_jvp, check_vjp

jax = pytest.importorskip("jax", reason="JAX is not installed: gradients of it were NOT tested; tox run -e jax does")
jnp = jax.numpy

X = np.array([[0.3, -1.2], [2.0, 0.7]])


@pytest.fixture(params=[True, False], ids=["64 bits", "32 bits"], autouse=True)
def precision(request):
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", request.param)
    jax.clear_caches()  # what was compiled for the other precision does not fit
    yield request.param
    jax.config.update("jax_enable_x64", before)


def loss(params):
    return jnp.mean(jnp.tanh(X @ params["W"] + params["b"]) ** 2)


def params():
    return {"W": np.array([[0.5, -0.2], [0.1, 0.9]]), "b": np.array([0.1, -0.3])}


@jax.custom_vjp
def cube(x):
    return x**3


cube.defvjp(lambda x: (x**3, x), lambda x, cotangent: (2.9 * x**2 * cotangent,))


def test_the_snippet_of_the_readme_runs(snippet):
    snippet("JAX")


def test_what_jax_differentiates_agrees(precision):
    check = check_gradient(loss, jax.grad(loss), params())
    assert check.verdict is Verdict.AGREES, str(check)
    assert check.digits > (8 if precision else 2)


def test_arrays_of_jax_are_taken():
    check = check_gradient(loss, jax.grad(loss), jax.tree.map(jnp.asarray, params()))
    assert check.verdict is Verdict.AGREES, str(check)


def test_a_wrong_custom_rule_is_found():
    f = lambda x: jnp.sum(cube(x))  # noqa: E731
    check = check_gradient(f, jax.grad(f), X)
    assert check.diagnoses[0].mode is FailureMode.CONSTANT_FACTOR
    assert check.diagnoses[0].evidence["factor"] == pytest.approx(2.9 / 3, rel=1e-3)


def test_products_and_jacobians_of_jax_agree():
    def f(x):
        return jnp.sin(x) * x[::-1]

    def vjp(x, cotangent):
        value, pullback = jax.vjp(f, jnp.asarray(x))
        return pullback(jnp.asarray(cotangent, value.dtype))[0]

    def jvp(x, tangent):
        return jax.jvp(f, (jnp.asarray(x),), (jnp.asarray(tangent),))[1]

    x = np.array([0.3, 1.2, -0.7])
    for check in (check_vjp(f, vjp, x), check_jvp(f, jvp, x), check_jacobian(f, jax.jacobian(f), x)):
        assert check.verdict is Verdict.AGREES, str(check)


def test_the_convention_of_complex_gradients_is_named():
    def f(z):
        return jnp.sum(jnp.abs(z) ** 2)

    check = check_gradient(f, jax.grad(f), np.array([1 + 2j, 3 - 1j]))
    assert check.diagnoses[0].mode is FailureMode.CONJUGATE
    assert check_gradient(f, lambda z: jax.grad(f)(z).conj(), np.array([1 + 2j, 3 - 1j])).verdict is Verdict.AGREES


def test_a_compiled_gradient_agrees():
    assert check_gradient(jax.jit(loss), jax.jit(jax.grad(loss)), params()).verdict is Verdict.AGREES


def test_a_gradient_in_bfloat16_is_read_and_is_one_of_low_precision():
    def coarse(params):
        return jax.grad(loss)(jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.bfloat16), params))

    check = check_gradient(loss, coarse, params())
    assert check.verdict is Verdict.DISAGREES
    assert FailureMode.NOT_REAL not in {diagnosis.mode for diagnosis in check.diagnoses}
    assert check.entries[0].claimed == pytest.approx(check.entries[0].numerical, rel=0.05)
