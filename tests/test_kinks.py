"""Points at which f has several slopes: what is claimed there is one of them, or none."""

import numpy as np
import pytest

from verification import FailureMode, Verdict, check_gradient, check_vjp

SEEDS = range(5)
MIXED = np.array([3.0, -2.0, 1.0, -1.0])
RELU_OUTPUT = np.array([[0.0, 1.2, 0.0, 0.4], [0.7, 0.0, 0.0, 2.0]])
PLACES = np.array([1.0, 5.0, 2.0])


def relu(x):
    return np.maximum(x, 0)


def of_places(x):
    found = np.empty_like(x)
    found[np.argsort(x, kind="stable")] = PLACES
    return found


def first_of_largest(x):
    return np.arange(x.size) == np.argmax(x)


SUBGRADIENTS = {
    "ReLU at zeros, mixed weights": lambda seed: check_gradient(
        lambda x: MIXED @ relu(x), lambda x: MIXED * (x > 0), np.zeros(4), seed=seed
    ),
    "ReLU of a ReLU": lambda seed: check_vjp(relu, lambda x, u: u * (x > 0), RELU_OUTPUT, seed=seed),
    "clip at its ends": lambda seed: check_gradient(
        lambda x: MIXED @ np.clip(x, 0, 1), lambda x: MIXED * ((x > 0) & (x < 1)), np.array([0.0, 1, 0, 1]), seed=seed
    ),
    "sorted, all equal": lambda seed: check_gradient(lambda x: PLACES @ np.sort(x), of_places, np.zeros(3), seed=seed),
    "the first of largest": lambda seed: check_gradient(np.max, first_of_largest, np.array([2.0, 1, 2, 2]), seed=seed),
}


@pytest.mark.parametrize("check", SUBGRADIENTS.values(), ids=SUBGRADIENTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_usual_choice_at_a_joint_kink_is_a_subgradient(check, seed):
    found = check(seed)
    assert found.verdict is Verdict.INCONCLUSIVE, str(found)
    assert found.is_subgradient


OUTSIDE = {
    "each of the largest": (np.max, lambda x: x == x.max(), np.array([2.0, 1, 2, 2])),
    "half too much": (np.max, lambda x: (x == x.max()) / 2, np.array([2.0, 1, 2, 2])),
    "beyond all places": (lambda x: PLACES @ np.sort(x), lambda x: 1.5 * of_places(x), np.zeros(3)),
    "steeper than either side": (lambda x: MIXED @ np.abs(x), lambda x: 1.1 * MIXED + 0 * x, np.zeros(4)),
}


@pytest.mark.parametrize(("f", "gradient", "x"), OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_no_point_nearby_has_is_none(f, gradient, x, seed):
    assert check_gradient(f, lambda x: gradient(x) * 1.0, x, seed=seed).verdict is Verdict.DISAGREES


def many(count, kinks, wrong):
    """Return the check of ``count`` entries, some at kinks, of which some others have a wrong sign."""
    rng = np.random.default_rng(0)
    c, x = rng.normal(size=count), rng.normal(size=count)
    x[:kinks] = 0.0

    def gradient(x):
        found = c * np.cos(x)
        found[:kinks] += 100 * np.sign(x[:kinks])
        found[-wrong or count :] *= -1
        return found

    return check_gradient(lambda x: 100 * np.abs(x[:kinks]).sum() + c @ np.sin(x), gradient, x)


@pytest.mark.parametrize("count", [40, 300, 1000])
def test_a_kink_does_not_hide_others_and_is_named(count):
    right = many(count, kinks=1, wrong=0)
    assert right.is_subgradient
    assert "x is at a kink of f (x[0])," in right.reason
    wrong = many(count, kinks=1, wrong=5)
    assert wrong.verdict is Verdict.DISAGREES
    assert wrong.diagnoses[0].mode is FailureMode.WRONG_SIGN


def test_many_kinks_are_looked_at_from_beside():
    right = many(1000, kinks=100, wrong=0)
    assert right.is_subgradient
    assert "beside them the gradient agrees" in right.reason
    wrong = many(1000, kinks=100, wrong=3)
    assert not wrong
    assert not wrong.is_subgradient


def test_entries_that_are_excused_excuse_no_others():
    places = np.array([0.0, 1000, 2000, 3000, 1])

    def gradient(s, a, claimed):
        found = np.empty(5)
        found[np.argsort(s, kind="stable")] = places
        return found, np.full(2, claimed)

    for claimed, verdict in ((0.5, Verdict.INCONCLUSIVE), (3.0, Verdict.DISAGREES), (100.0, Verdict.DISAGREES)):
        check = check_gradient(
            lambda s, a: np.sort(s) @ places + np.abs(a).sum(),
            lambda s, a, claimed=claimed: gradient(s, a, claimed),
            (np.ones(5), np.zeros(2)),
        )
        assert check.verdict is verdict, str(check)


@pytest.mark.parametrize("claimed", [2.0, 5.0])
def test_many_kinks_hide_no_claim_that_is_outside(claimed):
    check = check_gradient(lambda x: np.sum(relu(x)), lambda x: np.where(x == 0, claimed, x > 0) * 1.0, np.zeros(1000))
    assert check.verdict is Verdict.DISAGREES


def test_a_fault_that_no_entry_shows_is_not_hidden_by_a_kink():
    x = np.random.default_rng(0).normal(size=4000)
    x[0] = 0

    def gradient(x):
        return 1.0003 * np.cos(x) * (x != 0) + (x == 0)

    check = check_gradient(lambda x: 1e10 + np.sum(np.sin(x)) + 1e3 * abs(x[0]), gradient, x)
    assert not check
    assert not check.is_subgradient


def test_the_rounding_of_what_is_claimed_is_granted_at_kinks_too():
    for n in (40, 300):
        x = np.random.default_rng(0).normal(size=n)
        x[0] = 0

        def f(x):
            return 1e3 + np.sum(np.sin(x)) + abs(x[0])

        def gradient(x, f=f):
            return np.array([(f(x + 1e-8 * e) - f(x - 1e-8 * e)) / 2e-8 for e in np.eye(len(x))])

        assert check_gradient(f, gradient, x).verdict is not Verdict.DISAGREES


def is_median(x):
    return (np.arange(x.size) == np.argsort(x, kind="stable")[x.size // 2]) * 1.0


@pytest.mark.parametrize("size", [5, 41])
def test_a_kink_that_no_entry_shows_alone_is_one(size):
    x = np.ones(size)
    x[-1], x[-2] = 2, 0
    assert check_gradient(np.median, is_median, x).is_subgradient
    assert check_gradient(np.median, lambda x: 3 * is_median(x), x).verdict is Verdict.DISAGREES


@pytest.mark.parametrize("count", [10, 40])
@pytest.mark.parametrize("seed", SEEDS)
def test_many_equal_entries_that_are_sorted(count, seed):
    weights = np.random.default_rng(seed).normal(size=count)

    def gradient(x):
        found = np.empty(count)
        found[np.argsort(x, kind="stable")] = weights
        return found

    check = check_gradient(lambda x: np.sort(x) @ weights, gradient, np.ones(count))
    assert check.verdict is not Verdict.DISAGREES, str(check)


def bent(x):
    return max(x[0] + x[1], 0) - max(x[0] - x[1], 0)


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_a_joint_kink_of_a_function_that_is_neither_convex_nor_concave(slope):
    assert check_gradient(bent, lambda _: np.array([0.0, slope]), np.zeros(2)).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("seed", SEEDS)
def test_a_direction_along_which_f_is_constant_is_found(seed):
    check = check_gradient(lambda x: abs(x.sum()), lambda _: np.array([0.5, -0.5, 0.0]), np.zeros(3), seed=seed)
    assert check.verdict is Verdict.DISAGREES


def hinge(z):
    return np.sum(relu(1 - z))


BESIDE = {
    "a ReLU 1e-6 above 0": (lambda x: MIXED @ relu(x), lambda x: MIXED * (x > 1e-5), np.array([1e-6, 1.0, -1, 2])),
    "two values 1e-7 apart": (np.max, lambda x: (np.arange(3) == 1) * 1.0, np.array([2.0 + 1e-7, 2.0, 1.0])),
    "a margin of 1e-5": (hinge, lambda z: -1.0 * (z < 1.1), np.array([1 + 1e-5, 0.3, 2.0])),
    "a median 1e-6 from the next": (
        np.median,
        lambda x: (np.arange(5) == 1) * 1.0,
        np.array([1.0, 1 + 1e-6, 3, 0, 2e-3]),
    ),
    "ranks 1e-5 apart": (lambda x: PLACES @ np.sort(x), lambda x: PLACES[[1, 0, 2]], np.array([1.0, 1 + 1e-5, 2])),
}


@pytest.mark.parametrize(("f", "gradient", "x"), BESIDE.values(), ids=BESIDE)
@pytest.mark.parametrize("seed", SEEDS)
def test_beside_a_kink_the_slopes_across_it_are_no_excuse(f, gradient, x, seed):
    assert check_gradient(f, gradient, x, seed=seed).verdict is Verdict.DISAGREES
