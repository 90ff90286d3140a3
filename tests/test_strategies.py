import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from verification import strategies as our

FIND = settings(max_examples=2000, database=None)
QUICK = settings(FIND, phases=[Phase.generate])


def smallest(strategy, condition=lambda _: True):
    return find(strategy, condition, settings=FIND)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (our.numbers(), 0.0),
        (our.shapes(1), (1,)),
        (our.arrays((2, 2)), [[0, 0], [0, 0]]),
        (our.probabilities((1, 2)), [[0.5, 0.5]]),
        (our.tiny_probabilities((1, 2)), [[1e-5, 1e-5]]),
        (our.edge_probabilities((1, 2)), [[1.1e-4, 1.1e-4]]),
        (our.logits((2,)), [0, 0]),
        (our.one_hot((2, 2)), [[1, 0], [1, 0]]),
        (our.soft_targets((2,)), [0, 0]),
        (our.labels((2,), 3), [0, 0]),
        (our.pixels((2,)), [0, 0]),
    ],
    ids=str,
)
def test_the_smallest_value(strategy, expected):
    assert np.array(smallest(strategy)) == pytest.approx(np.array(expected))


REACHED = {
    "a single number": (our.shapes(), lambda shape: shape == ()),
    "a single row": (our.shapes(2), lambda shape: shape[0] == 1 < shape[1]),
    "a single column": (our.shapes(2), lambda shape: shape[1] == 1 < shape[0]),
    "a long row": (our.shapes(2, 2), lambda shape: shape[1] == 12 and shape[0] <= 4),
    "many rows": (our.shapes(2, 2), lambda shape: shape[0] == 12 and shape[1] <= 4),
    "three dimensions": (our.shapes(), lambda shape: len(shape) == 3),
    "large": (our.numbers(), lambda x: abs(x) >= 1e5),
    "small": (our.numbers(), lambda x: 0 < abs(x) <= 1e-5),
    "mixed magnitudes": (our.arrays((4,)), lambda x: (x != 0).all() and abs(x).max() > 1e6 * abs(x).min()),
    "one magnitude": (our.arrays((4,)), lambda x: (x != 0).all() and abs(x).max() < 100 * abs(x).min()),
    "near one": (our.probabilities((1, 3)), lambda p: 0.99 < p.max() < 1),
    "near the edge": (our.probabilities((1, 4)), lambda p: p.min() < 10e-4),
    "zero, not aimed at": (
        our.probabilities((1, 3), targets=np.eye(3)[:1]),
        lambda p: (p == [[1, 0, 0]]).all(),
    ),
    "huge logits": (our.logits((3,)), lambda a: abs(a).max() >= 1e6),
    "tied logits": (our.logits((3,)), lambda a: a[0] == a[1] == a[2] != 0),
    "no target": (our.soft_targets((1, 2)), lambda t: not t.any()),
    "saturated unit": (our.nets(2, 2), lambda net: abs(net.params["b1"]).max() >= 9),
    "five hidden units": (our.nets(2, 2), lambda net: net.params["b1"].shape == (5,)),
    "one hidden unit": (our.nets(2, 2), lambda net: net.params["b1"].shape == (1,)),
}


@pytest.mark.parametrize(("strategy", "condition"), REACHED.values(), ids=REACHED)
def test_each_hard_case_is_reached(strategy, condition):
    find(strategy, condition, settings=QUICK)


@given(data=st.data())
def test_no_strategy_leaves_its_domain(data):
    shape = data.draw(our.shapes(2, 2), label="shape")
    x = data.draw(our.arrays(shape), label="x")
    assert x.shape == shape
    assert ((x == 0) | ((abs(x) >= 1e-6) & (abs(x) <= 1e6))).all()
    p = data.draw(our.probabilities(shape), label="p")
    assert (p >= 2 * our.STEP).all()
    assert p.sum(axis=1) == pytest.approx(np.ones(len(p)))
    tiny = data.draw(our.tiny_probabilities(shape), label="tiny")
    assert ((tiny > 0) & (tiny < our.STEP)).all()
    edge = data.draw(our.edge_probabilities(shape), label="edge")
    assert ((edge > our.STEP) & (edge < 2 * our.STEP)).all()
    assert (data.draw(our.one_hot(shape), label="one-hot").sum(axis=1) == 1).all()
    labels = data.draw(our.labels(shape[:1], shape[1]), label="labels")
    assert ((labels >= 0) & (labels < shape[1])).all()
    assert np.isfinite(data.draw(our.logits(shape), label="logits")).all()


@given(data=st.data())
def test_a_zero_probability_is_never_aimed_at(data):
    targets = data.draw(our.soft_targets((3, 3)), label="targets")
    p = data.draw(our.probabilities((3, 3), targets=targets), label="p")
    assert (targets[p == 0] == 0).all()


@given(x=our.numbers())
def test_numbers_can_be_read(x):
    assert len(f"{x:.15g}".lstrip("-").replace(".", "").strip("0").partition("e")[0].rstrip("0")) <= 2
