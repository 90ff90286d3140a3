"""Differences of the net's loss, beside what mpmath makes of the same steps, and the wrong lines that this finds."""

import tracemalloc
from functools import partial

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_bugs import Bug

from numgrad import TwoLayerNet, network, perturbation
from numgrad.perturbation import FARTHEST, interpolation_points, move_lengths
from verification.cases.incremental import gradient_round_off

EPS = np.finfo(float).eps


def loss(params, x, t):
    """Return the mean cross entropy in mpmath's numbers."""
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    total = mpmath.mpf(0)
    for sample, targets in zip(x, t, strict=True):
        hidden = [1 / (1 + mpmath.exp(-sum(sample * W1[:, j]) - b1[j])) for j in range(len(b1))]
        logits = [sum(hidden * W2[:, k]) + b2[k] for k in range(len(b2))]
        log_sum = mpmath.log(sum(mpmath.exp(logit) for logit in logits))
        total += sum(target * (log_sum - logit) for target, logit in zip(targets, logits, strict=True))
    return total / len(x)


def exact_differences(net, x, t, h):
    """Return (L(w + h) - L(w - h)) / 2h for each parameter, with two hundred digits."""
    precise = np.vectorize(mpmath.mpf, otypes=[object])
    with mpmath.workdps(200):
        params, step = {name: precise(value) for name, value in net.params.items()}, mpmath.mpf(h)
        x, t, found = precise(x), precise(t), {}
        for name, value in params.items():
            found[name] = np.empty(value.shape, np.longdouble)
            for index in np.ndindex(value.shape):
                ends = []
                for move in (step, -step):
                    moved = value.copy()
                    moved[index] += move
                    ends.append(loss({**params, name: moved}, x, t))
                found[name][index] = mpmath.nstr((ends[0] - ends[1]) / (2 * step), 40)
    return found


def made_up(seed, *, samples=2, features=3, hidden=2, classes=3, weights=1.0, inputs=1.0, outward=1.0, negative=False):
    """Return a net, samples and soft targets; ``weights`` and ``outward`` are the sizes of W1 and W2.

    To the first sample all classes are equally probable: where one is certain, nothing changes anything.
    """
    rng = np.random.default_rng(seed)
    net = TwoLayerNet(features, hidden, classes, rng=rng)
    for name, size in {"W1": weights, "b1": weights, "W2": outward, "b2": outward}.items():
        net.params[name] = size * rng.standard_normal(net.params[name].shape)
    x, t = inputs * rng.uniform(-1, 1, (samples, features)), rng.integers(0, 3, (samples, classes)) / 2
    x = -np.abs(x) if negative else x
    net.params["b2"] -= network._forward(net.params, x[0]).logits
    return net, x, t


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
    bounds = {key: 20 * EPS * t.sum() * logits / h for key in net.params}
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


def peak_memory(h=1e-4, **sizes):
    net, x, t = made_up(0, **sizes)
    tracemalloc.start()
    net.numerical_gradient(x, t, h=h)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_memory_of_a_sample_beyond_a_block_is_that_of_its_forward_pass(monkeypatch):
    monkeypatch.setattr(perturbation, "BLOCK", 2**16)
    few, many = (peak_memory(samples=samples, features=50, hidden=30, classes=5) for samples in (500, 2500))
    assert many - few < 2000 * 8 * 200  # and not the 600 floats of its exponentials


@pytest.mark.parametrize(
    ("h", "sizes", "all_at_once"),
    [
        (1e-4, {"samples": 200, "features": 2000}, 200 * 2 * 2000),
        (1e-4, {"samples": 1000, "hidden": 20, "classes": 10}, 1000 * 2 * 2 * 20 * 10),
        (100.0, {"samples": 1, "features": 5000, "hidden": 20, "classes": 10}, 5000 * 20 * 10),
        (0.2, {"samples": 1, "hidden": 200, "classes": 200}, 2 * 8 * 200 * 200),
        (2.0, {"samples": 1, "hidden": 20, "classes": 100}, 20 * 100 * 100),
    ],
    ids=["features", "units and classes", "far moves", "units and classes of one sample", "far logits"],
)
def test_memory_is_bounded_by_blocks(monkeypatch, h, sizes, all_at_once):
    monkeypatch.setattr(perturbation, "BLOCK", 2**12)
    assert peak_memory(h, **sizes) < 8 * all_at_once


MEANT = {
    "float32 params": lambda net, x, t: (as_dtype(net, np.float32), x, t),
    "float32 inputs": lambda net, x, t: (net, x.astype(np.float32), t),
    "wide": lambda net, x, t: (as_dtype(net, np.longdouble), x.astype(np.longdouble), t),
    "lists": lambda net, x, t: (net, x.tolist(), t.tolist()),
    "not contiguous": lambda net, x, t: (net, np.repeat(x, 2, axis=0)[::2], np.asfortranarray(t)),
    "backwards": lambda net, x, t: (net, x[::-1].copy()[::-1], t),
}


def as_dtype(net, dtype):
    net.params.update({name: value.astype(dtype) for name, value in net.params.items()})
    return net


@pytest.mark.parametrize("change", MEANT.values(), ids=MEANT)
def test_precision_and_layout_are_taken_as_they_come(change):
    net, x, t = change(*made_up(0))
    claimed = net.numerical_gradient(x, t, h=1e-3)
    assert {name: value.dtype for name, value in claimed.items()} == {k: v.dtype for k, v in net.params.items()}
    wide = as_dtype(TwoLayerNet(3, 2, 3), float)
    wide.params.update({name: value.astype(float) for name, value in net.params.items()})
    within = np.result_type(np.float64, *net.params.values())
    x, t = np.array(x, dtype=float), np.array(t)
    for name, value in exact_differences(wide, x, t, 1e-3).items():
        eps = max(np.finfo(dtype).eps for dtype in (within, claimed[name].dtype))
        assert np.abs(claimed[name] - value).max() <= 8 * eps * np.abs(value).max()


def test_what_is_passed_stays_as_it_is():
    net, x, t = made_up(0)
    for array in (x, t, *net.params.values()):
        array.flags.writeable = False
    before = [array.tobytes() for array in (x, t, *net.params.values())]
    gradient = net.numerical_gradient(x, t)
    assert [array.tobytes() for array in (x, t, *net.params.values())] == before
    assert not any(np.shares_memory(gradient[name], net.params[name]) for name in gradient)


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


def test_slopes_that_a_parameter_cannot_hold_are_refused():
    net, x, t = made_up(0)
    as_dtype(net, np.float16)
    with pytest.raises(ValueError, match=r"slopes of the loss by b1 to be finite but got .*float16 holds no more"):
        net.numerical_gradient(x, 1e6 * t, h=0.5)


def test_labels_of_many_classes_take_no_more_memory_than_their_targets():
    net, x, t = made_up(0, samples=1, classes=3000)
    tracemalloc.start()
    net.numerical_gradient(x, [7])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * t.nbytes


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
    together, alone = (
        net.numerical_gradient(x, t),
        [net.numerical_gradient(x[i : i + 1], t[i : i + 1]) for i in range(3)],
    )
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


def test_an_input_of_0_moves_nothing():
    net, x, t = made_up(0)
    x[:, 1] = 0
    assert (net.numerical_gradient(x, t)["W1"][1] == 0).all()
    assert (net.numerical_gradient(0 * x, t)["W1"] == 0).all()


def test_one_sample_is_a_batch_of_one():
    net, x, t = made_up(0, samples=1)
    alone, batch = net.numerical_gradient(x[0], t[0]), net.numerical_gradient(x, t)
    assert all((alone[name] == batch[name]).all() for name in batch)
    label = net.numerical_gradient(x[0], 2)
    assert all((label[name] == net.numerical_gradient(x, [2])[name]).all() for name in batch)


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
