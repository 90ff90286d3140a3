"""What checks take and give: forms, costs, and the proof that they state."""

import functools
import math

import numpy as np
import pytest

from verification import (
    FailureMode,
    GradientError,
    Verdict,
    assert_gradient,
    assert_jacobian,
    assert_jvp,
    assert_vjp,
    check_gradient,
    check_jacobian,
    check_jvp,
    check_vjp,
)

RNG = np.random.default_rng(5)
A = RNG.normal(size=(5, 4))
X = RNG.normal(size=4)


def waves(x):
    return np.sum(x * np.sin(x))


def slope_of_waves(x):
    return np.sin(x) + x * np.cos(x)


def layer(x):
    return np.tanh(A @ x)


def layer_vjp(x, cotangent):
    return A.T @ (cotangent * (1 - layer(x) ** 2))


def layer_jvp(x, tangent):
    return (A @ tangent) * (1 - layer(x) ** 2)


def layer_jacobian(x):
    return A * (1 - layer(x) ** 2)[:, np.newaxis]


FORMS = {
    "gradient": (check_gradient, assert_gradient, waves, slope_of_waves, lambda x: -slope_of_waves(x)),
    "vjp": (check_vjp, assert_vjp, layer, layer_vjp, lambda x, u: layer_vjp(x, np.ones_like(u))),
    "jvp": (check_jvp, assert_jvp, layer, layer_jvp, lambda x, v: layer_jvp(x, np.abs(v))),
    "jacobian": (check_jacobian, assert_jacobian, layer, layer_jacobian, lambda x: layer_jacobian(x)[::-1]),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_tells_right_from_wrong(form):
    check, assertion, f, right, wrong = FORMS[form]
    assert check(f, right, X).verdict is Verdict.AGREES
    assert check(f, wrong, X).verdict is Verdict.DISAGREES
    assert assertion(f, right, X)
    with pytest.raises(GradientError) as raised:
        assertion(f, wrong, X)
    assert str(raised.value) == str(raised.value.check)
    assert isinstance(raised.value, AssertionError)


def test_a_tuple_is_spread_and_named_by_the_arguments_of_f():
    W, b = np.random.default_rng(0).normal(size=(3, 4)), np.zeros(3)
    check = check_gradient(
        lambda W, b: np.sum(np.tanh(W @ X + b)),
        lambda W, b: (np.outer(s := 1 - np.tanh(W @ X + b) ** 2, X), -s),
        (W, b),
    )
    assert check.diagnoses[0].mode is FailureMode.WRONG_SIGN
    assert check.diagnoses[0].where == "b"
    assert {entry.name for entry in check.entries} == {"b[0]", "b[1]", "b[2]"}


def test_a_dict_is_passed_whole_and_named_by_its_keys():
    params = {"encoder": {"weight": RNG.normal(size=(2, 3))}, "scale": np.array(2.0)}
    check = check_gradient(
        lambda p: p["scale"] * np.sum(p["encoder"]["weight"] ** 3),
        lambda p: {
            "encoder": {"weight": p["scale"] * 3 * p["encoder"]["weight"] ** 2},
            "scale": 2 * np.sum(p["encoder"]["weight"] ** 3),
        },
        params,
    )
    assert check.entries[0].name == "scale"


@pytest.mark.parametrize(
    "x",
    [
        np.broadcast_to(np.float64(0.7), (3, 2)),
        np.asfortranarray(RNG.normal(size=(3, 2))),
        RNG.normal(size=(6, 4))[::2, ::2],
        RNG.normal(size=(3, 2)).astype(np.float32),
        [0.5, 1.5],
        np.float64(0.3),
        0.3,
    ],
)
def test_x_may_lie_in_memory_as_it_likes_and_stays_as_it_is(x):
    if isinstance(x, np.ndarray):
        x.flags.writeable = False
    before = np.array(x, copy=True)
    assert check_gradient(lambda x: waves(np.asarray(x)), lambda x: slope_of_waves(np.asarray(x)), x)
    assert np.asarray(x).tobytes() == before.tobytes()


@pytest.mark.parametrize("size", [100, 10_000, 1_000_000])
def test_agreement_costs_64_evaluations_at_most(size):
    x = np.random.default_rng(0).normal(size=size)
    check = check_gradient(waves, slope_of_waves, x)
    assert check
    assert check.evaluations <= 64


@pytest.mark.parametrize("size", [100, 10_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_one_wrong_entry_is_located_for_the_logarithm_of_their_number(size):
    x = np.random.default_rng(0).normal(size=size)

    def wrong(x):
        gradient = slope_of_waves(x)
        gradient[size // 3] += 1e-3 * np.sqrt(np.mean(gradient**2))
        return gradient

    check = check_gradient(waves, wrong, x)
    assert [entry.name for entry in check.entries] == [f"x[{size // 3}]"]
    assert check.at_least == 1
    assert check.diagnoses[0].mode is FailureMode.WRONG_ENTRIES
    assert check.evaluations <= 64 + 40 * math.log2(size)


def test_wrong_entries_are_counted_honestly():
    x = np.random.default_rng(0).normal(size=5000)

    def wrong(x):
        gradient = slope_of_waves(x)
        gradient[::250] += 1
        return gradient

    check = check_gradient(waves, wrong, x)
    assert 8 <= check.at_least <= 20
    assert all(int(entry.name[2:-1]) % 250 == 0 for entry in check.entries)


@pytest.mark.parametrize("size", [5, 500])
def test_what_is_detectable_is_detected_and_digits_are_proven(size):
    x = np.random.default_rng(1).choice([-1.0, 1.0], size)  # each entry moves by the same length
    check = check_gradient(waves, slope_of_waves, x)
    assert check.digits > 9
    assert check.detectable < 1e-5
    for seed in range(5):
        shape = np.random.default_rng(seed).normal(size=size)
        error = 1.5 * check.detectable * np.linalg.norm(slope_of_waves(x)) * shape / np.linalg.norm(shape)
        assert check_gradient(waves, lambda x, e=error: slope_of_waves(x) + e, x).verdict is Verdict.DISAGREES


def test_the_seed_decides_the_directions_and_nothing_else_does():
    x = np.random.default_rng(1).normal(size=50)
    one, same, other = (check_gradient(waves, slope_of_waves, x, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.digits != other.digits


def test_subgradients_are_accepted_on_request():
    f, x = (lambda x: np.abs(x).sum()), np.array([0.0, 1.0])
    with pytest.raises(GradientError, match="valid subgradient"):
        assert_gradient(f, np.sign, x)
    assert assert_gradient(f, np.sign, x, subgradient="accept").is_subgradient
    with pytest.raises(GradientError, match="DISAGREES"):
        assert_gradient(f, lambda x: np.sign(x) + 1.5 * (x == 0), x, subgradient="accept")
    with pytest.raises(ValueError, match="Expected subgradient to be"):
        assert_gradient(f, np.sign, x, subgradient="maybe")


def test_where_nothing_can_be_told_a_point_is_proposed_at_which_it_can():
    check = check_gradient(lambda x: np.sum(x**4), lambda x: 3 * x**3, np.zeros(3))
    assert check.verdict is Verdict.INCONCLUSIVE
    again = check_gradient(lambda x: np.sum(x**4), lambda x: 3 * x**3, check.displaced)
    assert again.diagnoses[0].mode is FailureMode.CONSTANT_FACTOR


def test_evaluations_are_counted():
    calls = []

    def counted(x):
        calls.append(x)
        return waves(x)

    assert check_gradient(counted, slope_of_waves, X).evaluations == len(calls)


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (lambda x: x, np.ones(2), "Expected f to return one number but got shape \\(2,\\)"),
        (lambda _: None, np.ones(2), "Expected f to return real numbers"),
        (waves, {}, "Expected x to hold at least one array"),
        (waves, "text", "Expected x to hold real numbers"),
    ],
)
def test_what_cannot_be_checked_is_refused(f, x, message):
    with pytest.raises((ValueError, TypeError), match=message):
        check_gradient(f, lambda x: x, x)


@pytest.mark.parametrize(
    ("check", "product"),
    [(check_vjp, "vjp"), (check_jvp, "jvp"), (check_gradient, "gradient"), (check_jacobian, "jacobian")],
)
def test_what_a_function_raises_says_how_it_was_called(check, product):
    def broken(*_):
        raise KeyError("missing")

    with pytest.raises(KeyError) as error:
        check(lambda x: np.sum(x**2), broken, X)
    assert error.value.__notes__[0].startswith(f"It was called as {product}(")


def test_a_gradient_that_raises_is_heard():
    def broken(x):
        raise RuntimeError("not written yet")

    with pytest.raises(RuntimeError, match="not written yet"):
        check_gradient(waves, broken, X)


def test_floating_point_errors_that_raise_elsewhere_do_not_here():
    with np.errstate(all="raise"):
        assert check_gradient(lambda x: np.sum(np.exp(x)), np.exp, np.array([1.0, 600.0]))


def test_partial_functions_and_methods_can_be_checked():
    class Model:
        def __init__(self):
            self.W = A

        def loss(self, x):
            return np.sum(np.tanh(self.W @ x))

    model = Model()
    assert check_gradient(model.loss, functools.partial(layer_vjp, cotangent=np.ones(5)), X)


class Foreign:
    """An array of a library that NumPy knows nothing of but DLPack."""

    def __init__(self, array):
        self._array = np.asarray(array)

    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


def test_arrays_of_other_libraries_cross_by_dlpack():
    x = np.array([1.0, -2.0, 0.5])
    check = check_gradient(lambda x: Foreign(np.sum(x**2)), lambda x: Foreign(2 * x), Foreign(x))
    assert check.verdict is Verdict.AGREES
    assert check_vjp(lambda x: Foreign(x**2), lambda x, u: Foreign(-2 * x * u), x).verdict is Verdict.DISAGREES
