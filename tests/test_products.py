"""Products with the Jacobian: how they depend on their vector, and what small outputs show."""

import numpy as np
import pytest
from test_check_gradient import A, X

from verification import FailureMode, Verdict, check_gradient, check_jacobian, check_jvp, check_vjp

ROOT = np.sqrt(1e-5)


def test_a_product_with_the_jacobian_itself_is_named_transposed():
    W = np.random.default_rng(0).normal(size=(4, 4))
    check = check_vjp(lambda x: W @ x, lambda x, cotangent: W @ cotangent, X)
    assert check.diagnoses[0].mode is FailureMode.TRANSPOSED
    assert check_vjp(lambda x: W @ x, lambda x, cotangent: W.T @ cotangent, X)


NONLINEAR = {
    "absolute": lambda x, u: A.T @ np.abs(u),
    "clipped": lambda x, u: A.T @ np.clip(u, -2, 2),
    "of unit length": lambda x, u: A.T @ (u * min(1, 10 / np.linalg.norm(u))),
    "not for ones": lambda x, u: A.T @ np.where(u == 1, 0, u),
    "not for small ones": lambda x, u: A.T @ np.where(np.abs(u) < 0.3, 0, u),
}


@pytest.mark.parametrize("vjp", NONLINEAR.values(), ids=NONLINEAR)
def test_a_product_must_be_linear(vjp):
    check = check_vjp(lambda x: A @ x, vjp, X)
    assert check.verdict is Verdict.DISAGREES
    assert check.diagnoses[0].mode is FailureMode.NONLINEAR_PRODUCT


IGNORING = {
    "for its mean": lambda x, u: A.T @ np.full(5, u.mean()),
    "for ones": lambda x, u: A.T @ np.ones(5),
}


@pytest.mark.parametrize("vjp", IGNORING.values(), ids=IGNORING)
def test_a_product_must_see_its_vector(vjp):
    check = check_vjp(lambda x: A @ x, vjp, X)
    assert check.verdict is Verdict.DISAGREES
    assert check.diagnoses[0].mode is FailureMode.IGNORED_COTANGENT


def test_a_right_product_may_depend_on_the_mean_of_its_vector_alone():
    assert check_vjp(lambda x: np.full(2, np.sum(x**2)), lambda x, u: 2 * x * u.sum(), X).verdict is Verdict.AGREES
    assert check_jvp(np.sum, lambda x, tangent: tangent.sum(), X).verdict is Verdict.AGREES


def test_what_cancels_in_a_product_may_be_left_over_in_float32():
    a = np.random.default_rng(0).normal(size=500).astype(np.float32)

    def vjp(x, cotangent):
        u = cotangent.astype(np.float32)
        return np.array([u @ a, u @ a - u[::-1] @ a[::-1]], dtype=float)

    assert check_vjp(lambda x: a.astype(float) * x[0], vjp, np.array([0.3, 0.7])).verdict is Verdict.AGREES


def test_a_product_that_is_none_for_some_vectors_is_named():
    def vjp(x, cotangent):
        return None if np.ptp(cotangent) == 0 else 2 * x * cotangent

    found = check_vjp(lambda x: x**2, vjp, np.array([1.0, 2.0]))
    assert found.diagnoses[0].mode is FailureMode.WRONG_STRUCTURE


def test_a_product_by_differences_is_linear_but_for_their_noise():
    def jvp(x, tangent, h=1e-8):
        return (np.sum((x + h * tangent) ** 2) - np.sum((x - h * tangent) ** 2)) / (2 * h)

    found = check_jvp(lambda x: np.sum(x**2), jvp, X)
    assert FailureMode.NONLINEAR_PRODUCT not in [diagnosis.mode for diagnosis in found.diagnoses]


def test_an_empty_value_has_no_product():
    found = check_vjp(lambda x: x[:0], lambda x, u: 0 * x, X)
    assert found.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("factor", "mode"), [(2.0, FailureMode.CONSTANT_FACTOR), (-1.0, FailureMode.WRONG_SIGN)], ids=["factor", "sign"]
)
def test_a_fault_of_equal_outputs_has_its_own_name(factor, mode):
    x = np.array([0.3, 0.7, -1.2, 0.4])
    found = check_vjp(lambda x: np.full(5, np.sum(x**2)), lambda x, u: factor * 2 * x * u.sum(), x)
    assert found.diagnoses[0].mode is mode


def test_a_transposed_product_is_named_in_float32_too():
    M = np.random.default_rng(0).normal(size=(4, 4))

    def jvp(x, tangent):
        return (M.T @ tangent).astype(np.float32)

    assert check_jvp(lambda x: M @ x, jvp, X).diagnoses[0].mode is FailureMode.TRANSPOSED


def test_a_vector_that_is_written_into_is_named():
    def vjp(x, cotangent):
        cotangent *= np.exp(x)
        return cotangent

    def jvp(x, tangent):
        tangent *= np.exp(x)
        return tangent

    for found, name in ((check_vjp(np.exp, vjp, X), "the cotangent"), (check_jvp(np.exp, jvp, X), "the tangent")):
        assert found.verdict is Verdict.DISAGREES
        assert found.diagnoses[0].mode is FailureMode.GRADIENT_CHANGES_INPUT
        assert found.diagnoses[0].where == name


@pytest.mark.parametrize("outputs", [64, 100])
@pytest.mark.parametrize("size", [1e-8, 1e-12])
def test_a_small_output_among_many_is_seen(outputs, size):
    M, x = np.random.default_rng(0).normal(size=(outputs, 40)), np.linspace(-0.05, 0.05, 40)
    sizes = np.where(np.arange(outputs) == 1, size, 1.0)

    def f(x):
        return sizes * np.sin(M @ x)

    def jacobian(x):
        return (sizes * np.cos(M @ x))[:, None] * M

    def wrong(x):
        return np.where(np.arange(outputs) == 1, -1, 1)[:, None] * jacobian(x)

    assert check_jacobian(f, jacobian, x).verdict is Verdict.AGREES
    assert check_jacobian(f, wrong, x).verdict is Verdict.DISAGREES
    assert check_jvp(f, lambda x, t: jacobian(x) @ t, x).verdict is Verdict.AGREES
    assert check_jvp(f, lambda x, t: wrong(x) @ t, x).verdict is Verdict.DISAGREES


def test_a_product_that_is_all_rounding_is_not_called_nonlinear():
    def vjp(x, cotangent):  # of x / √x², by the quotient rule: both terms are the same
        n = np.abs(x)
        return cotangent / n - x * (cotangent * x) / n**3

    found = check_vjp(np.sign, vjp, np.array([0.3, -1.7, 2.3, 0.9, -0.37]))
    assert found.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("logit", [34.0, 35.0, 36.0, 36.5])
def test_an_entry_that_cancels_beside_large_ones_is_not_called_nonlinear(logit):
    def softmax(x):
        return np.exp(x - x.max()) / np.exp(x - x.max()).sum()

    def vjp(x, cotangent):  # of the saturated entry one rounding is left, or none
        p = softmax(x[1:])
        return np.append(cotangent.sum(), p * (cotangent - p @ cotangent))

    x = np.array([0.0, logit, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert check_vjp(lambda x: x[0] + softmax(x[1:]), vjp, x).verdict is Verdict.AGREES


def layer_norm_of_one(x, w):
    return w * (x - x) / ROOT


def test_what_is_claimed_of_a_constant_may_be_rounding():
    def vjp(arguments, cotangent):
        x, _ = arguments
        return 0 * x, cotangent * (x / ROOT - x * (1 / ROOT))

    arguments = np.array([-7.58]), np.array([-4.83])
    assert 0 < abs(vjp(arguments, np.ones(1))[1][0]) < 1e-12
    assert check_vjp(layer_norm_of_one, vjp, arguments).verdict is Verdict.INCONCLUSIVE
    small = check_vjp(layer_norm_of_one, lambda arguments, u: (0 * u, 1e-13 * u), arguments)
    assert small.verdict is Verdict.DISAGREES


def test_a_rounded_constant_is_no_transposition():
    sixth = float(np.float32(1 / 6))

    def f(x):
        return np.clip(x / 6 + 0.5, 0, 1)

    found = check_vjp(f, lambda x, u: np.where(np.abs(x) < 3, u * sixth, 0), np.array([0.3, -1.2, 2.0, 5.0, -4.0]))
    assert found.diagnoses[0].mode is FailureMode.CONSTANT_FACTOR
    assert (
        found.diagnoses[0].message == "x: constant factor (claimed = (1 + 3e-08) × true, as of a constant in float32)"
    )


REMAINDER = np.array([-4.827, -7.5824, -0.6047, -1.5412, -1.9719])


@pytest.mark.parametrize("factor", [1.001, 0.999])
def test_entries_whose_steps_lead_over_jumps_are_looked_at_close_to_x(factor):
    def f(x, y):
        return np.remainder(y, x)

    def vjp(arguments, cotangent):
        x, y = arguments
        return -factor * cotangent * np.floor(y / x), np.asarray(factor * cotangent.sum())

    found = check_vjp(f, vjp, (REMAINDER, np.array(-4.146)))
    assert found.diagnoses[0].mode is FailureMode.CONSTANT_FACTOR
    assert found.diagnoses[0].evidence["factor"] == pytest.approx(factor, rel=1e-6)


def test_zeros_on_a_step_are_not_called_wrong():
    x = np.random.default_rng(1).uniform(1, 9, (8, 8))
    found = check_gradient(lambda x: np.sum(np.round(x, 2)), np.zeros_like, x)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "f goes up in steps, and is constant close to x (x[" in found.reason


def single(x):  # of which no slope moves the last digit close to x
    return float(np.sum(np.float32(150) + np.float32(0.1) * x.astype(np.float32), dtype=np.float32))


@pytest.mark.parametrize("f", [single, lambda x: 1e12 + np.sum(x**2)], ids=["float32", "float64"])
def test_what_is_rounded_is_not_called_steps(f):
    verdicts = set()
    for seed in range(6):
        x = np.random.default_rng(seed).uniform(0.5, 9, 40)
        verdicts.add(check_gradient(f, np.zeros_like, x).reason.partition(",")[0])
    assert "f goes up in steps" not in verdicts


def test_zeros_of_what_is_rounded_to_float32_are_wrong():
    x = np.random.default_rng(1).uniform(1, 9, (8, 8))
    found = check_gradient(lambda x: np.sum(np.sin(x.astype(np.float32)), dtype=np.float32), np.zeros_like, x)
    assert found.diagnoses[0].mode is FailureMode.ZERO_BLOCK


@pytest.mark.parametrize("seed", range(6))
def test_the_slope_from_afar_is_no_fault_on_steps_and_another_is(seed):
    x = np.random.default_rng(seed).normal(size=6)

    def f(x):
        return np.sum(np.round(x, 2) ** 2)

    assert check_gradient(f, lambda x: 2 * x, x).verdict is not Verdict.DISAGREES
    assert check_gradient(f, lambda x: -2 * x, x).verdict is Verdict.DISAGREES


def test_a_kink_farther_off_is_no_step():
    for claimed in (-1.0, 1.0, 3.0):
        for f, x in ((lambda x: np.maximum(x - 1, 0).sum(), 0.95), (lambda x: np.clip(x, -1, 1).sum(), 1.1)):
            found = check_gradient(f, lambda x, c=claimed: np.full_like(x, c), np.full(3, x))
            assert found.verdict is Verdict.DISAGREES


def test_a_zero_that_is_drowned_is_told():
    found = check_gradient(lambda x: np.sum(x**3), lambda x: 3 * x**2 * (x > 1), np.array([0.1, 300.0, 300.0]))
    assert found.reason.endswith("1 of 3 entries of x is so small beside the rest that it is not seen.")


def test_an_entry_that_is_alone_in_its_magnitude_is_named():
    x = np.array([-0.012, 300.0, 300.0])
    found = check_gradient(lambda x: np.sum(x**3), lambda x: 3 * x**2 * np.array([1.5, 1, 1]), x)
    assert [entry.name for entry in found.entries] == ["x[0]"]
    assert found.diagnoses[0].mode is FailureMode.CONSTANT_FACTOR


def test_only_entries_on_steps_are_excused():
    x = np.random.default_rng(1).normal(size=13)

    def f(x):
        return float(np.sum(np.floor(30 * x[:9]) / 30) + np.sum(x[9:] ** 2))

    found = check_gradient(f, np.zeros_like, x)
    assert found.verdict is Verdict.DISAGREES
    assert {entry.name for entry in found.entries} == {f"x[{i}]" for i in range(9, 13)}


def test_a_large_claim_of_a_constant_is_no_rounding():
    found = check_gradient(lambda x: 3.0 + 0 * x.sum(), lambda x: 1e6 * np.sin(1e17 * x), np.linspace(1, 2, 5))
    assert found.verdict is Verdict.DISAGREES
