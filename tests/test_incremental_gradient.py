"""What the net's incremental gradient takes, holds in memory and gives back; test_perturbation says how exact it is."""

import tracemalloc

import numpy as np
import pytest
from made_up_nets import as_dtype, exact_differences, made_up

from numgrad import TwoLayerNet, perturbation


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
