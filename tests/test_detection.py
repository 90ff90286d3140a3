"""What checks see of a gradient that is wrong in a way that is easy to miss, and what they say they do not see."""

import numpy as np
import pytest
from test_check_gradient import A, X, slope_of_waves, waves

from verification import FailureMode, Verdict, check_gradient, check_jacobian, check_jvp, check_vjp


def test_functions_of_float32_alone_are_evaluated_in_float32():
    def picky(x):
        if x.dtype != np.float32:
            raise TypeError("float32 only")
        return np.sum(np.sin(x))

    x = np.random.default_rng(0).normal(size=20).astype(np.float32)
    assert check_gradient(picky, np.cos, x)
    assert check_gradient(picky, lambda x: np.float32(1.01) * np.cos(x), x).verdict is Verdict.DISAGREES


def test_a_block_in_the_middle_of_a_large_array_is_looked_at():
    W = np.random.default_rng(0).normal(size=(40, 40))
    check = check_gradient(waves, lambda W: slope_of_waves(W).T, W)
    assert check.diagnoses[0].mode is FailureMode.TRANSPOSED
    assert {check.diagnoses[0].where} == {"x"}


def test_a_gradient_that_does_not_change_with_x_is_named():
    x = np.random.default_rng(0).normal(size=8)
    elsewhere = slope_of_waves(x + 1)
    assert check_gradient(waves, lambda _: elsewhere, x).diagnoses[0].mode is FailureMode.UNCHANGING


def test_a_forgotten_factor_explains_why_nothing_changes():
    x = np.array([0.3, -0.4, 0.5, 0.1, -0.2, 0.6])
    modes = [found.mode for found in check_gradient(lambda x: np.sum(np.tanh(x)), np.ones_like, x).diagnoses]
    assert modes[:2] == [FailureMode.MISSING_CHAIN_FACTOR, FailureMode.UNCHANGING]
    assert FailureMode.TRUNCATED_DTYPE not in modes


def test_the_gradient_before_a_step_is_stale():
    before = np.random.default_rng(0).normal(size=8)
    x = before - 0.1 * slope_of_waves(before)
    cached = {x.tobytes(): slope_of_waves(before)}
    check = check_gradient(waves, lambda at: cached.get(at.tobytes(), slope_of_waves(at)), x)
    assert check.diagnoses[0].mode is FailureMode.STALE_POINT
    assert check.diagnoses[0].evidence["rate"] == pytest.approx(0.1)


def test_errors_that_cancel_where_all_move_alike_are_seen():
    x = np.random.default_rng(0).normal(size=1000)
    error = np.zeros(1000)
    error[[10, 500]] = 1e-3, -1e-3
    assert check_gradient(waves, lambda x: slope_of_waves(x) + error, x).verdict is Verdict.DISAGREES


def test_f_may_raise_anything_beside_x():
    table = np.linspace(0, 1, 9) ** 2

    def interpolated(x):
        if not 0 <= x[0] < 8:
            raise LookupError("outside of the table")
        k = int(x[0])
        return table[k] + (x[0] - k) * (table[k + 1] - table[k])

    assert check_gradient(interpolated, lambda x: np.array([table[8] - table[7]]), np.array([7.4]))


@pytest.mark.parametrize("size", [5, 500])
def test_half_of_the_digits_are_the_claimed_sides_own(size):
    x = np.random.default_rng(0).normal(size=size)
    assert check_gradient(waves, lambda x: (1 + 2e-9) * slope_of_waves(x), x)
    assert check_gradient(waves, lambda x: (1 + 3e-7) * slope_of_waves(x), x).verdict is Verdict.DISAGREES


def test_a_fault_that_no_entry_shows_by_itself_is_confirmed_by_directions():
    x = np.random.default_rng(0).normal(size=4000)
    check = check_gradient(lambda x: 1e10 + waves(x), lambda x: (1 + 1e-4) * slope_of_waves(x), x)
    assert check.verdict is Verdict.DISAGREES
    assert not check.entries
    assert check_gradient(lambda x: 1e10 + waves(x), slope_of_waves, x)


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


def test_what_is_wrong_in_the_precision_of_x_alone_is_seen():
    x = np.array([1.0, 100.0], dtype=np.float32)
    check = check_gradient(lambda x: np.sum(np.logaddexp(0, x)), lambda x: np.exp(x) / (1 + np.exp(x)), x)
    assert check.diagnoses[0].mode is FailureMode.OVERFLOW
    check = check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x if x.dtype == np.float64 else -2 * x, x)
    assert check.diagnoses[0].mode is FailureMode.LOW_PRECISION
    assert check.verdict is Verdict.DISAGREES


def test_a_small_array_beside_large_ones_is_seen_or_said_not_to_be():
    x = np.random.default_rng(0).normal(size=40)
    params = {"w": x, "b": x[:6].copy()}

    def f(p):
        return np.float32(np.sum(np.float32(p["w"]) ** 2) + np.float32(0.01) * np.sum(np.sin(np.float32(p["b"]))))

    check = check_gradient(f, lambda p: {"w": 2 * p["w"], "b": 0.015 * np.cos(p["b"])}, params)
    assert check.verdict is not Verdict.AGREES
    hidden = check_gradient(
        lambda a, b: 1e12 * np.sum(a**2) + 1e-12 * np.sum(b**2), lambda a, b: (2e12 * a, 2e-12 * b), (x[:2], x[2:4])
    )
    assert hidden.verdict is Verdict.INCONCLUSIVE
    assert hidden.reason.startswith("b: the slope of f is too uncertain")


def test_single_entries_that_are_drowned_in_their_array_are_said_not_to_be_seen():
    z = np.array([0.3, -1.2, 14.0, 0.8])
    check = check_gradient(lambda z: np.sum(np.tanh(z)), lambda z: 1 / np.cosh(z) ** 2, z)
    assert check.verdict is Verdict.AGREES
    assert "1 of 4 entries of z is so small beside the rest that it is not seen" in check.reason


def test_where_f_is_flat_in_one_array_that_is_said():
    check = check_gradient(
        lambda a, b: np.sum(a**2) + np.sum(b**4), lambda a, b: (2 * a, 3 * b**3), (np.ones(3), np.zeros(2))
    )
    assert check.verdict is Verdict.AGREES
    assert "In b f is flat here" in check.reason


def test_a_system_of_equations_may_lose_digits():
    t = np.linspace(0, 1, 8)
    K = np.exp(-((t[:, np.newaxis] - t) ** 2) / 2) + 1e-6 * np.eye(8)
    y = np.random.default_rng(0).normal(size=8)
    assert check_gradient(lambda y: -0.5 * y @ np.linalg.solve(K, y), lambda y: -np.linalg.solve(K, y), y)


def test_a_cusp_has_no_finite_slope_to_compare():
    x = np.array([1.0, 0.0])
    check = check_gradient(lambda x: np.sum(np.sqrt(np.abs(x))), lambda x: np.sign(x) / (2 * np.sqrt(np.abs(x))), x)
    assert check.verdict is Verdict.INCONCLUSIVE


COUNTS = np.array([70001.0, 81235, 123457, 99999])


def test_integers_are_not_taken_for_float32():
    check = check_gradient(lambda x: COUNTS @ x, lambda x: COUNTS - 20, np.array([0.3, 0.2, 0.7, 0.1]))
    assert check.verdict is Verdict.DISAGREES


def test_what_is_lost_in_float32_is_no_agreement():
    x = np.random.default_rng(0).normal(size=20).astype(np.float32)

    def slope(x):
        return np.cos(x) * np.asarray(0.992 if x.dtype == np.float32 else 1, x.dtype)

    check = check_gradient(lambda x: np.sum(np.sin(x)), slope, x)
    assert check.verdict is Verdict.INCONCLUSIVE
    assert "in float32 it is off by 0.798 %" in check.reason


@pytest.mark.parametrize("scale", [1e-180, 1e-250, 1e-300])
def test_a_tiny_f_is_judged_as_any(scale):
    x = np.array([1.0, 2, 3, 4, 5])
    off = 1 + 0.05 * np.array([0.3, -1, 0.7, 0.2, -0.5])
    assert check_gradient(lambda x: scale * np.sum(np.sin(x)), lambda x: scale * np.cos(x) * off, x).verdict is (
        Verdict.DISAGREES
    )


def test_a_difference_that_no_float_holds_is_none():
    check = check_gradient(lambda x: 1e-30 * np.sum(x / 1e300), lambda x: 0 * x, np.array([1e300, 2e300]))
    assert check.verdict is Verdict.INCONCLUSIVE
    assert "less than floats hold" in check.reason


def test_arrays_of_one_name_are_told_apart():
    x = np.random.default_rng(0).normal(size=7)
    check = check_gradient(
        lambda p: np.sum(p["a"]["b"] ** 2) + np.sum(p["a.b"] ** 3),
        lambda p: {"a": {"b": -2 * p["a"]["b"]}, "a.b": 6 * p["a.b"] ** 2},
        {"a": {"b": x[:3]}, "a.b": x[3:]},
    )
    assert {FailureMode.WRONG_SIGN, FailureMode.CONSTANT_FACTOR} <= {found.mode for found in check.diagnoses}


def test_a_product_that_is_none_for_some_vectors_is_named():
    def vjp(x, cotangent):
        return None if np.ptp(cotangent) == 0 else 2 * x * cotangent

    found = check_vjp(lambda x: x**2, vjp, np.array([1.0, 2.0]))
    assert found.diagnoses[0].mode is FailureMode.WRONG_STRUCTURE


def test_float32_inside_is_no_kink():
    x = np.random.default_rng(0).normal(size=12)

    def f(x):
        return float(np.sum(np.float32(x) * np.sin(np.float32(x))))

    assert check_gradient(f, lambda x: 1.5 * slope_of_waves(x), x).verdict is Verdict.DISAGREES


def test_what_is_lost_of_zeros_is_rounding():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, 4)).astype(np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, 8)]

    def softmax(scores):
        found = np.exp(scores - scores.max(axis=1, keepdims=True))
        return found / found.sum(axis=1, keepdims=True)

    def f(p):
        return -np.sum(y * np.log(softmax(X @ p["W"] + p["b"])))

    def gradient(p):  # that of b is 0 but for rounding: it moves all scores alike
        error = softmax(X @ p["W"] + p["b"]) - y
        return {"W": X.T @ error, "b": error.sum()}

    params = {"W": rng.normal(size=(4, 3)).astype(np.float32), "b": np.float32(0.3)}
    assert check_gradient(f, gradient, params).verdict is Verdict.AGREES


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
        assert found.diagnoses[0].mode is FailureMode.GRADIENT_CHANGES_INPUT
        assert found.diagnoses[0].where == name


def test_nine_wrong_entries_are_not_said_to_be_eight():
    x = np.random.default_rng(0).normal(size=1000)
    off = np.isin(np.arange(1000), np.linspace(0, 999, 9).astype(int))
    check = check_gradient(waves, lambda x: slope_of_waves(x) + 0.1 * off, x)
    assert check.at_least == 9 or not check.is_exact


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


def log_cosh(x):
    return float(np.log(np.cosh(x)).sum())


@pytest.mark.parametrize("seed", range(8))
def test_steps_of_rounding_inside_f_accuse_nobody(seed):
    x = 1e-5 * np.random.default_rng(1).normal(size=50)  # cosh(x) is 1 and a few hundred thousand roundings
    assert check_gradient(log_cosh, np.tanh, x, seed=seed).verdict is not Verdict.DISAGREES


@pytest.mark.parametrize("factor", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_steps_of_rounding_inside_f_are_no_kink(factor, seed):
    x = 1e-3 * np.random.default_rng(0).normal(size=2)
    check = check_gradient(log_cosh, lambda x: np.tanh(x) * [1, factor], x, seed=seed)
    assert check.verdict is Verdict.DISAGREES
