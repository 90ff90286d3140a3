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
    wrong = many(1000, kinks=100, wrong=50)
    assert not wrong
    assert not wrong.is_subgradient
