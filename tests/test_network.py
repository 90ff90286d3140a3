import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numgrad import TwoLayerNet, softmax
from verification.strategies import nets, pixels

SHAPES = {"W1": (784, 100), "b1": (100,), "W2": (100, 10), "b2": (10,)}


def test_the_chapters_net():
    net = TwoLayerNet(784, 100, 10)
    assert {name: value.shape for name, value in net.params.items()} == SHAPES
    assert net.params["W1"].std() == pytest.approx(0.01, rel=0.05)
    assert not net.params["b1"].any()
    assert not net.params["b2"].any()


def test_gradients_have_the_shapes_of_the_parameters_for_soft_targets_too():
    net = TwoLayerNet(6, 4, 10, rng=0)
    rng = np.random.default_rng(0)
    gradient = net.numerical_gradient(rng.random((3, 6)), rng.random((3, 10)))
    assert {name: value.shape for name, value in gradient.items()} == {k: v.shape for k, v in net.params.items()}


def test_the_same_seed_gives_the_same_net():
    first, second = TwoLayerNet(3, 2, 2, rng=5), TwoLayerNet(3, 2, 2, rng=np.random.default_rng(5))
    assert all((first.params[name] == second.params[name]).all() for name in SHAPES)
    assert (TwoLayerNet(3, 2, 2, rng=6).params["W1"] != first.params["W1"]).any()


@given(data=st.data())
def test_a_batch_is_its_rows(data):
    net = data.draw(nets(3, 2), label="net")
    x = data.draw(pixels((4, 3)), label="x")
    t = np.array([0, 1, 0, 1])
    assert net.predict(x) == pytest.approx(np.stack([net.predict(row) for row in x]), rel=1e-12)
    losses = [net.loss(row, label) for row, label in zip(x, t, strict=True)]
    assert net.loss(x, t) == pytest.approx(np.mean(losses), rel=1e-12)


@pytest.mark.slow
def test_gradients_of_the_chapters_net_for_soft_targets():
    net, rng = TwoLayerNet(784, 100, 10, rng=0), np.random.default_rng(0)
    gradient = net.numerical_gradient(rng.random((3, 784)), rng.random((3, 10)))
    assert {name: value.shape for name, value in gradient.items()} == SHAPES


@given(data=st.data())
def test_differentiating_leaves_the_net_as_it_is(data):
    net = data.draw(nets(3, 2), label="net")
    before = {name: value.tobytes() for name, value in net.params.items()}
    net.numerical_gradient(data.draw(pixels((2, 3)), label="x"), [0, 1])
    assert {name: value.tobytes() for name, value in net.params.items()} == before


@pytest.mark.parametrize("method", ["incremental", "loop"])
def test_arrays_that_share_memory_are_differentiated_apart(method):
    net = TwoLayerNet(3, 3, 3, weight_init_std=1.0, rng=0)
    x = net.params["W1"] = np.eye(3)
    net.params["b2"] = net.params["b1"]
    together = net.numerical_gradient(x, [0, 1, 2], method=method)
    net.params.update({name: value.copy() for name, value in net.params.items()})
    apart = net.numerical_gradient(np.eye(3), [0, 1, 2], method=method)
    assert all((together[name] == apart[name]).all() for name in apart)


def test_read_only_parameters_are_differentiated_too():
    net = TwoLayerNet(3, 2, 2, weight_init_std=1.0, rng=0)
    free = net.numerical_gradient(np.ones((1, 3)), [0])
    for param in net.params.values():
        param.flags.writeable = False
    frozen = net.numerical_gradient(np.ones((1, 3)), [0])
    assert all((frozen[name] == free[name]).all() for name in SHAPES)


def test_prediction_is_a_softmax_and_accuracy_counts_its_maxima():
    net = TwoLayerNet(2, 2, 3, rng=0)
    net.params.update(W1=np.zeros((2, 2)), W2=np.zeros((2, 3)), b2=np.array([0.0, 1.0, 2.0]))
    assert net.predict([[0, 1]]) == pytest.approx(softmax([[0.0, 1.0, 2.0]]), rel=1e-15)
    x = np.zeros((4, 2))
    assert net.accuracy(x, [2, 2, 0, 2]) == 0.75
    assert net.accuracy(x, np.eye(3)[[2, 2, 0, 2]]) == 0.75
    assert net.accuracy(x[0], 2) == 1.0


def test_a_lost_net_still_has_a_finite_loss():
    net = TwoLayerNet(2, 2, 2, rng=0)
    net.params["b2"][:] = [0.0, -1e6]
    assert net.loss([[0, 0]], [1]) == pytest.approx(1e6)


def test_both_weights_are_as_wide_as_asked():
    wide, narrow = (TwoLayerNet(30, 20, 10, weight_init_std=std, rng=1).params for std in (1.0, 0.25))
    for name, value in narrow.items():
        assert (value == 0.25 * wide[name]).all()
        assert wide[name].any() == (name[0] == "W")


def test_the_accuracy_of_no_numbers_is_refused():
    net = TwoLayerNet(2, 3, 2, rng=0)
    net.params["W2"] = np.full((3, 2), np.nan)
    with pytest.raises(ValueError, match="Expected the output to be a number but got nan"):
        net.accuracy(np.ones((4, 2)), [0, 0, 1, 1])


def grown(net, method):
    net.params["W1"][1] = 1e13
    net.numerical_gradient([[1, 1]], [0], method=method)


def with_param(name, value):
    def differentiate(net):
        net.params[name] = value
        net.numerical_gradient([[1, 1]], [0])

    return differentiate


LOST = r"Expected h to move W1\[1, 0\] but got h=0.0001 beside 1e\+13"
REFUSED = {
    "features": (
        lambda net: net.predict(np.ones((2, 3))),
        r"x to have shape \(N, 2\) or \(2,\) but got shape \(2, 3\)",
    ),
    "images": (lambda net: net.predict(np.ones((2, 1, 2))), r"but got shape \(2, 1, 2\).*Flatten"),
    "empty": (lambda net: net.loss(np.ones((0, 2)), []), "at least one sample"),
    "labels": (lambda net: net.loss(np.ones((1, 2)), [5]), r"from 0 to 1 but got t\[0\] = 5"),
    "accuracy": (
        lambda net: net.accuracy(np.ones((2, 2)), [1]),
        r"Expected t to have shape \(2,\) but got shape \(1,\)",
    ),
    "accuracy of a column of labels": (
        lambda net: net.accuracy(np.ones((2, 2)), [[1], [0]]),
        r"t to have the shape of the output, \(2, 2\), but got shape \(2, 1\)",
    ),
    "accuracy of labels out of range": (
        lambda net: net.accuracy(np.ones((2, 2)), [1, 2]),
        r"from 0 to 1 but got t\[1\] = 2: the output has 2 classes",
    ),
    "accuracy of another number of classes": (
        lambda net: net.accuracy(np.ones((2, 2)), np.eye(3)[:2]),
        r"but got shape \(2, 3\)",
    ),
    "accuracy of nan": (lambda net: net.accuracy(np.ones((1, 2)), [[np.nan, 1]]), r"t to be finite"),
    "inf": (lambda net: net.numerical_gradient([[np.inf, 1]], [0]), r"Expected x to be finite but got x\[0, 0\] = inf"),
    "inf in the loop": (lambda net: net.numerical_gradient([[np.inf, 1]], [0], method="loop"), r"x\[0, 0\] = inf"),
    "bias of another shape": (
        with_param("b1", np.zeros(1)),
        r"Expected b1 to have shape \(3,\) but got",
    ),
    "bias without shape": (
        with_param("b2", np.array(0.1)),
        r"Expected b2 to have shape \(2,\) but got",
    ),
    "weights without an axis": (with_param("W2", np.zeros(3)), "Expected W2 to have two axes and entries but got"),
    "no units": (
        lambda net: [net.params.update(W1=np.zeros((2, 0))), net.numerical_gradient([[1, 1]], [0])],
        "Expected W1",
    ),
    "weights that do not fit": (
        with_param("W2", np.zeros((4, 2))),
        r"Expected W2 to have shape \(3, 2\)",
    ),
    "a parameter more": (
        with_param("W3", np.zeros(1)),
        "Expected params to be W1, b1, W2 and b2 but got",
    ),
    "unhashable method": (lambda net: net.numerical_gradient([[1, 1]], [0], method=["loop"]), "Expected method to be"),
    "method": (
        lambda net: net.numerical_gradient([[1, 1]], [0], method="magic"),
        'Expected method to be "incremental" or "loop" but got \'magic\'',
    ),
    "nan": (
        lambda net: net.numerical_gradient([[np.nan, 1]], [0]),
        r"Expected x to be finite but got x\[0, 0\] = nan: the loss has no slope there. Leave",
    ),
    "lost step": (lambda net: grown(net, "incremental"), LOST),
    "lost step of the loop": (lambda net: grown(net, "loop"), LOST),
    "step": (lambda net: net.numerical_gradient([[1, 1]], [0], h=0), "Expected h to be positive"),
    "lists": (lambda net: net.predict([[1.0, 2.0], [1.0]]), "Expected x to have as many entries in each row"),
    "size": (
        lambda _: TwoLayerNet(0, 1, 1),
        "Expected input_size to be a whole number of at least 1 but got 0",
    ),
    "float size": (lambda _: TwoLayerNet(2, 1.5, 1), "Expected hidden_size to be a whole number"),
    "deviation": (
        lambda _: TwoLayerNet(2, 1, 1, weight_init_std=-1),
        "Expected weight_init_std to be finite",
    ),
}


@pytest.mark.parametrize(("act", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(act, message):
    with pytest.raises(ValueError, match=message):
        act(TwoLayerNet(2, 3, 2, rng=0))


def test_parameters_may_be_lists():
    net = TwoLayerNet(2, 3, 2, rng=0)
    before = net.numerical_gradient([[1, 1]], [0])
    net.params.update({name: value.tolist() for name, value in net.params.items()})
    after = net.numerical_gradient([[1, 1]], [0])
    assert all((after[name] == value).all() for name, value in before.items())


def test_a_parameter_of_integers_is_named():
    net = TwoLayerNet(2, 3, 2, rng=0)
    net.params["b1"] = np.zeros(3, dtype=int)
    with pytest.raises(TypeError, match="Expected b1 to hold floats but got dtype=int64"):
        net.numerical_gradient([[1, 1]], [0])


def test_two_seeds_give_two_nets_whose_biases_start_at_0():
    first, second = TwoLayerNet(2, 3, 2, rng=0).params, TwoLayerNet(2, 3, 2, rng=1).params
    assert all((first[name] != second[name]).all() for name in ("W1", "W2"))
    assert not any(first[name].any() or second[name].any() for name in ("b1", "b2"))
