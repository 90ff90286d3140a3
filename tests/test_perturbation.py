"""Differences of the net's loss, beside what mpmath makes of the same steps, and the wrong lines that this finds."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_nets import as_dtype, exact_differences, made_up
from planted_bugs import Bug

from numgrad import perturbation
from numgrad.perturbation import FARTHEST, interpolation_points, move_lengths
from verification.cases.incremental import gradient_round_off

EPS = np.finfo(float).eps


SMOOTH = {
    "chapter": ({}, 1e-4),
    "long step": ({"seed": 1}, 1e-2),
    "longest step": ({"seed": 2}, 0.25),
    "short step": ({"seed": 3}, 1e-7),
    "shortest step": ({"seed": 4}, 1e-12),
    "one of each": ({"samples": 1, "features": 1, "hidden": 1, "classes": 1}, 1e-3),
    "saturated": ({"weights": 40.0, "samples": 3}, 1e-2),
    "steep": ({"outward": 3000.0}, 1e-4),
    "wide": ({"inputs": 400.0, "weights": 1e-3, "samples": 4}, 1e-3),
    "wide and negative": ({"inputs": 400.0, "weights": 1e-3, "negative": True}, 1e-3),
    "many classes": ({"classes": 7}, 1e-3),
    "tiny inputs": ({"inputs": 1e-9}, 1e-2),
}
FAR = {
    "step beyond 1": ({"seed": 5}, 3.0),
    "inputs": ({"inputs": 1e5}, 1e-2),
    "inputs of raw pixels": ({"inputs": 255.0, "weights": 1e-2}, 1e-2),
    "weights": ({"outward": 1e5}, 1e-2),
    "all": ({"inputs": 1e3, "outward": 1e3, "samples": 3}, 30.0),
}


def is_near(x, W2, h):
    return (move_lengths(x, W2, h) <= FARTHEST).all()


def problem(name, cases):
    options, h = cases[name]
    return *made_up(**{"seed": 0, **options}), h


@pytest.mark.underflow
@pytest.mark.parametrize("name", SMOOTH)
def test_small_moves_are_right_to_the_rounding_of_the_gradient(name):
    net, x, t, h = problem(name, SMOOTH)
    assert is_near(x, net.params["W2"], h)
    assert_within(net.numerical_gradient(x, t, h=h), exact_differences(net, x, t, h), gradient_round_off(net, x, t))


@pytest.mark.underflow
@pytest.mark.parametrize("name", FAR)
def test_far_moves_are_right_to_the_rounding_of_the_loss(name):
    net, x, t, h = problem(name, FAR)
    logits = 1 + np.abs(net.params["W2"]).sum(axis=0).max() + np.abs(net.params["b2"]).max() + h
    # Two losses, each with some two roundings of logits of this size, over 2h.
    bounds = {key: 2 * EPS * t.sum() * logits / h for key in net.params}
    assert_within(net.numerical_gradient(x, t, h=h), exact_differences(net, x, t, h), bounds)


def assert_within(claimed, exact, bounds):
    for name, values in exact.items():
        worst = np.max(np.abs(claimed[name] - values) / (bounds[name] + 1e-180))  # mpmath rounds at 1e-200
        assert worst <= 1, f"{name} is off by {worst:.3g} times its bound"


@pytest.mark.underflow
@given(
    seed=st.integers(0, 2**32),
    samples=st.integers(1, 3),
    hidden=st.integers(1, 3),
    classes=st.integers(1, 4),
    weights=st.sampled_from([1.0, 0.01, 10.0, 50.0]),
    outward=st.sampled_from([1.0, 0.01, 10.0, 50.0]),
    inputs=st.sampled_from([1.0, 0.01, 10.0]),
    reach=st.floats(1e-6, 1.0),
)
def test_moves_of_any_length_that_are_interpolated(seed, reach, **sizes):
    net, x, t = made_up(seed, **sizes)
    longest = max(1.0, np.abs(x).max())
    h = float(reach * 0.99 * 0.75 / longest / max(1.0, 0.375 * np.ptp(net.params["W2"], axis=1).max()))
    assert is_near(x, net.params["W2"], h)
    assert_within(net.numerical_gradient(x, t, h=h), exact_differences(net, x, t, h), gradient_round_off(net, x, t))


@pytest.mark.parametrize(
    ("longest", "largest", "count"),
    [
        (1e-10, 1.0, 1),
        (1e-7, 1.0, 2),
        (1e-4, 1.0, 2),
        (1e-2, 1.0, 4),
        (0.1, 1.0, 7),
        (0.75, 1.0, 17),
        (1e-4, 1e3, 6),
    ],
)
def test_shorter_moves_and_flatter_curves_need_fewer_points(longest, largest, count):
    (reach,) = move_lengths(np.array([[0.0, -1e4]]), np.array([[largest, -largest], [0.0, 0.0]]), longest / 1e4)
    assert reach <= FARTHEST
    points = interpolation_points(reach, np.float64)
    assert len(points) == count
    assert ((points > 0) & (points < 1)).all()


@pytest.mark.parametrize("longest", [np.inf, np.nan, 1e308, 0.76])
def test_far_and_endless_moves_are_not_interpolated(longest):
    assert not is_near(np.ones((1, 1)), np.eye(2), longest)


def test_a_batch_in_blocks_has_the_gradient_of_the_whole(monkeypatch):
    net, x, t = made_up(0, samples=17)
    whole = net.numerical_gradient(x, t)
    sizes = []
    curves = perturbation._curves
    monkeypatch.setattr(
        perturbation, "_curves", lambda passed, *rest: sizes.append(len(passed.x)) or curves(passed, *rest)
    )
    monkeypatch.setattr(perturbation, "BLOCK", 100)
    parted = net.numerical_gradient(x, t)
    assert sizes == [3, 3, 4, 3, 4]
    for name, value in whole.items():
        assert parted[name] == pytest.approx(value, rel=1e-13, abs=1e-16)


def test_a_constant_in_a_row_of_the_second_weights_changes_nothing():
    net, x, t = made_up(0)
    net.params["W2"] = np.round(net.params["W2"] * 1024) / 1024  # to which 2**20 is added without rounding
    before = net.numerical_gradient(x, t)
    net.params["W2"] += 2.0**20
    after = net.numerical_gradient(x, t)
    assert all(after[name] == pytest.approx(before[name], rel=1e-7, abs=1e-8) for name in before)


def test_moves_that_vanish_or_overflow_raise_nothing():
    net, x, t = made_up(0, samples=1)
    net.params["b1"][:] = -705  # a slope of 1e-306, which a step turns into less than there is
    assert np.isfinite(net.numerical_gradient(x, t)["W1"]).all()
    net.params["W1"][:], net.params["b1"][:] = 0.5 * np.sign(x.T), 0
    x = np.sign(x) * 1.7e308 / 3
    assert (net.numerical_gradient(x, t, h=2.0)["b1"] == 0).all()


def test_classes_beyond_all_numbers_count_for_nothing():
    net, x, _ = made_up(0, samples=1, outward=1e5, classes=2)
    net.params["b2"][:] = 1.7e308, -1.7e308
    gradient = net.numerical_gradient(x, [[1.0, 0.0]], h=1e300)
    assert not any(value.any() for value in gradient.values())


def test_samples_of_different_sizes_are_interpolated_as_the_largest_needs():
    net, x, t = made_up(2, samples=3, weights=1e-2)
    x[1] *= 400
    assert is_near(x, net.params["W2"], 1e-3)
    assert_within(
        net.numerical_gradient(x, t, h=1e-3), exact_differences(net, x, t, 1e-3), gradient_round_off(net, x, t)
    )


def test_far_moves_of_long_doubles():
    net, x, t = made_up(0)
    wide = as_dtype(made_up(0)[0], np.longdouble).numerical_gradient(x, t, h=100.0)
    for name, value in net.numerical_gradient(x, t, h=100.0).items():
        assert np.abs(wide[name] - value).max() < 1e-14


def test_a_far_sample_does_not_blur_the_others():
    net, x, t = made_up(0, samples=3)
    x[1] *= 1e9
    together = net.numerical_gradient(x, t)
    alone = [net.numerical_gradient(x[i : i + 1], t[i : i + 1]) for i in range(3)]
    for name, value in together.items():
        assert value == pytest.approx(sum(gradient[name] for gradient in alone) / 3, rel=1e-13, abs=1e-16)
    near = made_up(0, samples=3)[0].numerical_gradient(x[[0, 2]], t[[0, 2]])
    exact = exact_differences(net, x[[0, 2]], t[[0, 2]], 1e-4)
    assert_within(near, exact, gradient_round_off(net, x[[0, 2]], t[[0, 2]]))


def test_a_constant_in_a_row_of_the_second_weights_does_not_drown_far_moves():
    net, x, t = made_up(0, samples=1, hidden=1, classes=2)
    net.params["W2"] = np.array([[2.0**28, 2.0**28 + 0.125]])
    exact = exact_differences(net, x, t, 30.0)["W1"]
    assert np.abs(net.numerical_gradient(x, t, h=30.0)["W1"] - exact).max() < 1e-11


def test_moves_are_not_lost_beside_what_all_logits_share():
    above, t = np.array([[0.1, 0.0], [0.0, 0.3]]), np.array([1.0, 0.5])
    alone, beside = (perturbation._far_difference(np.full(2, level), above, -above, t) for level in (0.0, 2.0**50))
    assert (alone == beside).all()
    assert alone.all()


def test_the_longest_steps_and_steepest_losses_raise_nothing():
    net, x, t = made_up(0)
    assert net.numerical_gradient(x, t, h=5e307)["b2"].any()
    net.params.update({name: 0 * value for name, value in net.params.items()})
    net.params["W2"][0, 0] = 1e-155
    assert (np.abs(net.numerical_gradient(1e-155 * x, t)["W1"]) < 1e-309).all()
    net.params["W2"][0, 0] = 1
    with pytest.raises(ValueError, match="slopes of the loss by W1 to be finite"):
        net.numerical_gradient(1e10 * x, 1e300 * t, h=1e-12)


shifted = test_a_constant_in_a_row_of_the_second_weights_changes_nothing
sizes = test_samples_of_different_sizes_are_interpolated_as_the_largest_needs
shared = test_moves_are_not_lost_beside_what_all_logits_share
offset = test_a_constant_in_a_row_of_the_second_weights_does_not_drown_far_moves
small = {name: partial(test_small_moves_are_right_to_the_rounding_of_the_gradient, name) for name in SMOOTH}
far = {name: partial(test_far_moves_are_right_to_the_rounding_of_the_loss, name) for name in FAR}
BUGS = [
    Bug(perturbation.move_lengths, "-x.min(axis=1)", "0.0", small["wide and negative"]),
    Bug(perturbation._curves, "softmax(forward.logits), _about_middle(W2)", "softmax(forward.logits), W2", shifted),
    Bug(perturbation.interpolation_points, "eps / 64", "eps * 1e10", small["longest step"]),
    Bug(perturbation.move_lengths, "longest / 1.5", "1e-5 * longest / 1.5", small["steep"]),
    Bug(perturbation._curves, "sigmoid(-forward.preactivations)", "(1 - forward.hidden)", small["saturated"]),
    Bug(
        perturbation._curves,
        "np.expm1(np.stack([u, -u], axis=1))",
        "(np.exp(np.stack([u, -u], axis=1)) - 1)",
        small["short step"],
    ),
    Bug(perturbation._logit_moves, "np.expm1(-h * hidden)", "(np.exp(-h * hidden) - 1)", small["short step"]),
    Bug(perturbation.loss_differences, "reach[near].max(initial=0.0)", "reach[near].min(initial=0.5)", sizes),
    Bug(perturbation._by_moves, "_with_ones(forward.x), _about_middle(W2)", "_with_ones(forward.x), W2", offset),
    Bug(perturbation._far_difference, "logits - logits.max()", "logits", shared),
    Bug(perturbation._by_moves, "- forward.hidden[n]", "- 0 * forward.hidden[n]", far["weights"]),
    Bug(perturbation._by_moves, "(moves, -moves)", "(moves, 0 * moves)", far["inputs of raw pixels"]),
    Bug(perturbation._far_difference, "log_softmax(logits + below)", "log_softmax(logits)", far["weights"]),
    Bug(perturbation._far_logit_moves, "h * outputs", "outputs", far["step beyond 1"]),
    Bug(perturbation._far_logit_moves, "-moves, targets", "0 * moves, targets", far["all"]),
    Bug(perturbation.loss_differences, "h <= 1", "True", far["all"]),
]


@pytest.mark.underflow
@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_is_found(bug, monkeypatch):
    bug.plant(monkeypatch)
    with np.errstate(all="ignore"), pytest.raises((AssertionError, ValueError)):
        bug.found_by()
