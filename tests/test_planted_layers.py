import copy

import numpy as np
import pytest
import torch
from each import each
from planted_layers import LAYERS, PLANTED, draws
from planted_layers.around import AROUND
from planted_layers.attention import Attention
from planted_layers.conv import Conv
from planted_layers.fault import MODES, Case, line
from planted_layers.layer_norm import INSIDE, LayerNorm
from planted_layers.lstm import LSTM
from planted_layers.net import Net
from planted_layers.spoils import SPOILS
from planted_layers.ties import differs, ties

F = torch.nn.functional


def torch_net(net, p):
    scores = torch.sigmoid(torch.tensor(net.X) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    return F.cross_entropy(scores, torch.tensor(net.T), reduction="none")


def torch_conv(conv, p):
    x = p.get("x", torch.tensor(conv.X))
    return F.softplus(F.conv2d(x, p["kernel"], p["bias"], stride=conv.stride, padding=conv.padding))


def torch_layer_norm(norm, p):
    return F.layer_norm(p["x"], p["gain"].shape, p["gain"], p["bias"], eps=INSIDE)


def torch_attention(layer, p):
    X = None if layer.X is None else torch.tensor(layer.X)
    qkv = [p[name] if X is None else X @ p[name] for name in layer.params]
    return F.scaled_dot_product_attention(*qkv, attn_mask=torch.tensor(layer.mask))


def torch_lstm(cell, p):
    state = p.get("h", torch.tensor(cell.h)), p.get("c", torch.tensor(cell.c))
    return torch.cat(torch.lstm_cell(torch.tensor(cell.X), state, p["Wx"].T, p["Wh"].T, p["b"]), dim=1)


TWINS = {Net: torch_net, Conv: torch_conv, LayerNorm: torch_layer_norm, Attention: torch_attention, LSTM: torch_lstm}


def by_complex_step(case):
    """Return the gradient of f, or of cotangent · f: with no difference taken, exact to rounding."""
    found = {name: np.empty(x.shape) for name, x in case.x.items()}
    for name, x in case.x.items():
        for where in np.ndindex(x.shape):
            moved = x.astype(complex)
            moved[where] += 1e-30j
            value = case.f(case.x | {name: moved})
            found[name][where] = np.sum(value if case.cotangent is None else case.cotangent * value).imag / 1e-30
    return found


def assert_close(found, exact, *, rtol=1e-11):
    """Rounding is measured by the largest entry of the whole gradient: a small one is a sum of large ones."""
    largest = max(abs(g).max() for g in exact.values())
    assert found.keys() == exact.keys()
    for name in exact:
        np.testing.assert_allclose(found[name], exact[name], rtol=0, atol=rtol * largest, err_msg=name)


def drawn(kind, count):
    return [kind.drawn(np.random.default_rng(seed)) for seed in range(count)]


@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_the_backward_pass_is_that_of_autograd(kind):
    for layer in drawn(kind, 20):
        leaves = {name: torch.tensor(x, requires_grad=True) for name, x in layer.params.items()}
        outputs = TWINS[kind](layer, leaves)
        np.testing.assert_allclose(layer.outputs(layer.params), outputs.detach().numpy(), rtol=1e-12, atol=1e-13)
        (torch.tensor(layer.weights) * outputs).sum().div(layer.batch).backward()
        assert_close(layer.gradient(layer.params), {name: leaf.grad.numpy() for name, leaf in leaves.items()})


@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_what_is_drawn_is_small_and_reaches_each_kind_of_case(kind):
    layers = drawn(kind, 200)
    assert max(sum(x.size for x in layer.params.values()) for layer in layers) <= 150
    assert {layer.batch for layer in layers} >= {1, 2, 3}
    assert max(layer.batch for layer in layers) <= 6
    if kind is not Net and kind is not LayerNorm:
        assert {layer.batch_is_hidden for layer in layers} == {True, False}
    if kind is Attention:
        assert {bool(layer.mask.all()) for layer in layers} == {True, False}
    if kind is Conv:
        assert {(layer.stride, layer.padding) for layer in layers} == {(1, 0), (1, 1), (2, 0), (2, 1)}


@each(PLANTED)
def test_a_planted_fault_is_one_of_an_else_right_gradient(planted):
    cases = list(draws(planted, 2))
    assert len(cases) == 2
    for case in cases:
        before = copy.deepcopy(case.x)
        right, wrong = case.gradients()
        exact = by_complex_step(case)
        assert_close(right, exact)
        with pytest.raises(AssertionError):
            assert_close(wrong, exact)
        assert list(right) == list(wrong) == list(case.x)
        assert all(right[name].shape == x.shape for name, x in case.x.items())
        assert all(np.array_equal(x, before[name]) for name, x in case.x.items())
        again = case.gradients()[1]
        assert all(np.array_equal(wrong[name], again[name], equal_nan=True) for name in wrong)
        assert case.expected[: len(planted.expected)] == planted.expected
        assert set(case.expected) <= set(MODES)
        assert len(set(case.expected)) == len(case.expected)


def test_draws_are_the_same_every_time():
    for planted in PLANTED[::40]:
        first, second = (list(draws(planted, 3)) for _ in range(2))
        for a, b in zip(first, second, strict=True):
            assert a.expected == b.expected
            assert all(np.array_equal(a.x[name], b.x[name]) for name in a.x)


@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_each_layer_has_twenty_faults_of_its_own_and_twenty_that_any_has(kind):
    assert len(LAYERS[kind]) >= 20
    here = [planted for planted in PLANTED if planted.layer is kind]
    assert len(here) >= len(LAYERS[kind]) + len(SPOILS) + len(AROUND) - 4
    assert len({str(planted) for planted in here}) == len(here)


def test_every_name_is_planted_somewhere():
    assert {planted.expected[0] for planted in PLANTED} == set(MODES)


# Which rows are coupled, a loss of one number does not tell for certain.
@pytest.mark.parametrize("mode", sorted(set(MODES) - {"UNKNOWN", "COUPLED_ROWS"}))
def test_every_name_has_a_case_with_no_other(mode):
    assert any(case.expected == (mode,) for p in PLANTED if p.expected == (mode,) for case in draws(p, 5))


@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_a_piece_that_is_not_there_once_is_refused(kind):
    layer = drawn(kind, 1)[0]
    for absent in ("no such piece", " "):
        with pytest.raises(LookupError, match="not once"):
            line("", ("UNKNOWN",), absent, "").plant(layer, None)


def planted_in(kind, name):
    return next(planted for planted in PLANTED if planted.layer is kind and planted.fault.name == name)


def each_draw(planted, count=60):
    """Yield what is drawn, with the layer that it was drawn from."""
    for seed in range(count):
        layer = planted.layer.drawn(np.random.default_rng(seed))
        yield layer, planted.draw(np.random.default_rng(seed))


def test_a_batch_of_one_lacks_no_mean_and_a_batch_of_two_ties_with_a_factor():
    for layer, case in each_draw(planted_in(LayerNorm, "not divided by the batch")):
        if layer.batch == 1:
            assert case is None
        else:
            assert case.expected == ("MISSING_BATCH_MEAN", "CONSTANT_FACTOR")[: 2 if layer.batch == 2 else 1]
    for layer, case in each_draw(planted_in(LayerNorm, "twice")):
        assert case.expected == ("CONSTANT_FACTOR", "MISSING_BATCH_MEAN")[: 2 if layer.batch == 2 else 1]
    for layer, case in each_draw(planted_in(LayerNorm, "half")):
        assert case.expected == ("CONSTANT_FACTOR", "EXTRA_BATCH_MEAN")[: 2 if layer.batch == 2 else 1]


def test_a_batch_that_x_does_not_show_ties_with_any_factor():
    cases = [case for _, case in each_draw(planted_in(Net, "not divided by the batch")) if case]
    assert {case.expected for case in cases} == {("MISSING_BATCH_MEAN", "CONSTANT_FACTOR")}


def test_what_is_not_square_is_not_transposed():
    for layer, case in each_draw(planted_in(Net, "transposed")):
        assert (case is None) == (not any(len(set(layer.params[name].shape)) == 1 for name in ("W1", "W2")))


R = {
    "three": np.array([1.0, 2.0, 4.0]),
    "two": np.array([3.0, -5.0]),
    "square": np.array([[1.0, 2.0], [3.0, 5.0]]),
    "signs": np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]]),
}
X = {
    "three": np.array([-1.0, 2.0, 0.5]),
    "two": np.array([1.0, -1.0]),
    "square": np.array([[1.0, 1.5], [-1.0, -0.8]]),
    "signs": np.array([[0.5, 0.25, 1.0], [2.0, 0.75, 0.1]]),
}


@pytest.mark.parametrize(
    ("planted", "name", "wrong", "also"),
    [
        ("SHIFTED_INDEX", "three", [4.0, 1.0, 2.0], {"SHIFTED_INDEX"}),
        ("WRONG_AXIS", "three", [4.0, 2.0, 1.0], {"WRONG_AXIS"}),
        ("WRONG_AXIS", "two", [-5.0, 3.0], {"WRONG_AXIS", "SHIFTED_INDEX"}),
        ("TRANSPOSED", "square", [[1.0, 3.0], [2.0, 5.0]], {"TRANSPOSED"}),
        ("ZERO_BLOCK", "square", [[0.0, 0.0], [0.0, 0.0]], {"ZERO_BLOCK"}),
        ("WRONG_SIGN", "signs", [[-1.0, 1.0, -1.0], [1.0, -1.0, 1.0]], {"WRONG_SIGN", "WRONG_AXIS", "SHIFTED_INDEX"}),
        ("CONSTANT_FACTOR", "three", [5.0, 10.0, 20.0], {"CONSTANT_FACTOR", "MISSING_BATCH_MEAN"}),
        ("CONSTANT_FACTOR", "three", [3.0, 6.0, 12.0], {"CONSTANT_FACTOR"}),
        ("WRONG_SLICE", "square", [[1.0, 9.0], [3.0, 7.0]], {"WRONG_SLICE", "WRONG_ENTRIES"}),
        ("WRONG_SLICE", "square", [[1.0, 2.0], [4.0, 7.0]], {"WRONG_SLICE", "WRONG_ENTRIES", "BRANCH"}),
        ("WRONG_ENTRIES", "three", [1.0, 9.0, 4.0], {"WRONG_ENTRIES", "BRANCH"}),
        ("WRONG_ENTRIES", "three", [1.0, 2.0, 9.0], {"WRONG_ENTRIES"}),
        ("BRANCH", "three", [0.0, 2.0, 4.0], {"WRONG_ENTRIES", "BRANCH"}),
        ("UNKNOWN", "three", [0.0, 2.0, 4.0], set()),
        ("OVERFLOW", "three", [np.nan, 2.0, 4.0], set()),
        ("MISSING_BROADCAST_SUM", "three", [[1.0, 1.0, 3.0], [0.0, 1.0, 1.0]], set()),
    ],
)
def test_what_ties(planted, name, wrong, also):
    case = Case(f=None, right=lambda x: R, wrong=lambda x: R | {name: np.array(wrong)}, x=X)
    assert set(ties(planted, case, 5, batch_is_hidden=True)) - {planted} == also - {planted}
    assert differs(R, R | {name: np.array(wrong)})


def test_swapped_arrays_tie():
    right = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 5.0]), "c": np.array([7.0])}
    case = Case(f=None, right=lambda x: right, wrong=lambda x: right | {"a": right["b"], "b": right["a"]}, x=right)
    assert ties("SWAPPED_ARGUMENTS", case, 2, batch_is_hidden=False) == ("SWAPPED_ARGUMENTS",)


def test_rounding_is_no_difference_and_a_kept_axis_is_none():
    rounded = {name: g * (1 + 1e-12) for name, g in R.items()}
    assert not differs(R, rounded)
    assert not differs(R, R | {"three": R["three"][None]})
    assert differs(R, R | {"three": R["three"] * (1 + 1e-5)})
