import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from numgrad.finite_differences.steps import STEP
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
        (our.batches((2,)), [[0, 0]]),
        (our.positive_definite(2), [[1, 0], [0, 1]]),
        (our.near_kinks((2,), at=3.0), [3, 3]),
        (our.away_from_kinks((2,), at=3.0, gap=0.5), [3.5, 3.5]),
        (our.tangents(np.zeros(2)), [1, 1]),
        (our.cotangents(np.zeros(2)), [1, -1]),
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
    "a batch of one": (our.batches((2,)), lambda X: X.shape == (1, 2)),
    "an axis that is missing": (our.broadcastable_arrays(), lambda xy: xy[0].ndim < xy[1].ndim),
    "an axis of length 1": (
        our.broadcastable_arrays(),
        lambda xy: xy[0].shape == (1,) != xy[1].shape and xy[1].ndim == 1,
    ),
    "a single precision": (our.arrays((2,), dtype=np.float32), lambda x: x.dtype == np.float32 and x.all()),
    "small ones in half precision": (our.arrays((2,), dtype=np.float16), lambda x: 0 < abs(x).max() < 1e-3),
    "complex": (our.arrays((2,), dtype=np.complex128), lambda z: (z.real != 0).all() and (z.imag < 0).all()),
    "a shape that is drawn": (our.arrays(our.shapes(2, 2)), lambda x: x.ndim == 2 and x.size > 1),
    "a covariance": (our.positive_definite(), lambda A: len(A) == 3 and (A[np.tril_indices(3, -1)] < 0).all()),
    "at a kink": (our.near_kinks((2,), at=[-1, 1]), lambda x: x[0] == 1 and x[1] == -1),
    "just beside a kink": (our.near_kinks((1,)), lambda x: 0 < abs(x[0]) < 1e-10),
    "on both sides of a kink": (our.near_kinks((2,), at=1), lambda x: x[0] < 1 < x[1]),
    "far from kinks": (our.away_from_kinks((1,), at=[-1, 1]), lambda x: abs(x[0]) > 10),
    "between kinks": (our.away_from_kinks((1,), at=[-1, 1]), lambda x: abs(x[0]) < 0.9),
    "tangents of both signs": (our.tangents({"W": np.zeros(2)}), lambda v: v["W"].min() < 0 < v["W"].max()),
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
    p = data.draw(our.probabilities((shape[0], min(shape[1], 6))), label="p")
    assert (p >= 2 * STEP).all()
    assert p.sum(axis=1) == pytest.approx(np.ones(len(p)))
    tiny = data.draw(our.tiny_probabilities(shape), label="tiny")
    assert ((tiny > 0) & (tiny < STEP)).all()
    edge = data.draw(our.edge_probabilities(shape), label="edge")
    assert ((edge > STEP) & (edge < 2 * STEP)).all()
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


@given(data=st.data())
def test_no_array_leaves_its_magnitudes_or_dtype(data):
    dtype = data.draw(st.sampled_from([np.float64, np.float32, np.float16]), label="dtype")
    x = data.draw(our.arrays(our.shapes(), dtype=dtype, smallest=-3, largest=2), label="x")
    sizes = abs(x[x != 0].astype(np.float64))
    assert x.dtype == dtype
    assert ((sizes >= 0.999e-3) & (sizes <= 100)).all()


@given(xs=our.broadcastable_arrays(3, dtype=np.float32))
def test_broadcastable_arrays_broadcast(xs):
    assert np.broadcast_shapes(*(x.shape for x in xs)) == np.broadcast_arrays(*xs)[0].shape
    assert all(x.dtype == np.float32 for x in xs)


@given(A=our.positive_definite())
def test_definite_matrices_are_symmetric_and_far_from_singular(A):
    assert (A == A.T).all()
    assert np.linalg.eigvalsh(A).min() > 0.01


@given(data=st.data())
def test_points_are_as_near_to_kinks_as_is_said(data):
    kinks = np.array([-2.0, 0.5])
    near = data.draw(our.near_kinks((3,), at=kinks, within=0.01), label="near")
    away = data.draw(our.away_from_kinks((3,), at=kinks, gap=0.25), label="away")
    assert (abs(near[:, np.newaxis] - kinks).min(axis=1) <= 0.010001).all()
    assert (abs(away[:, np.newaxis] - kinks).min(axis=1) >= 0.2499).all()


@given(data=st.data())
def test_vectors_are_structured_as_what_they_belong_to(data):
    x = {"W": np.zeros((2, 2), np.float32), "b": [np.zeros(3), np.zeros((), np.complex128)]}
    tangent = data.draw(our.tangents(x), label="tangent")
    assert tangent["W"].shape == (2, 2)
    assert tangent["W"].dtype == np.float32
    assert tangent["b"][1].dtype == np.complex128
    assert all(leaf.all() for leaf in (tangent["W"], *tangent["b"]))
    cotangent = data.draw(our.cotangents(np.zeros((2, 2))), label="cotangent")
    assert len(np.unique(cotangent)) > 1


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"dtype": np.int64}, "Expected dtype to be one of floats but got int64"),
        (
            {"dtype": np.float16, "largest": 6},
            "Expected smallest and largest to be powers of ten two apart but got -4 and",
        ),
        ({"smallest": 1, "largest": 2}, "two apart but got 1 and 2"),
    ],
)
def test_magnitudes_that_are_none_are_refused(keywords, message):
    with pytest.raises(ValueError, match=message):
        smallest(our.arrays((2,), **keywords))


def test_the_list_of_strategies_names_all():
    assert all(f"``{name}``" in our.__doc__ for name in our.__all__)


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        (lambda: our.numbers(smallest=0, largest=1), "two apart but got 0 and 1"),
        (lambda: our.near_kinks((2,), at=[]), "Expected at to hold finite numbers"),
        (lambda: our.near_kinks((2,), within=-1), "Expected within to be positive"),
        (lambda: our.away_from_kinks((2,), at=np.nan), "Expected at to hold finite numbers"),
        (lambda: our.away_from_kinks((2,), gap=0), "Expected gap to be positive"),
        (lambda: our.positive_definite(-1), "Expected side to be a whole number"),
    ],
)
def test_arguments_that_say_nothing_are_refused(strategy, message):
    with pytest.raises(ValueError, match=message):
        smallest(strategy())


def test_no_point_is_at_a_kink_after_both_are_rounded():
    strategy = our.away_from_kinks((1,), at=1 / 3, gap=1e-5, dtype=np.float16)
    nearest = find(strategy, lambda x: abs(x[0] - np.float16(1 / 3)) < 0.1, settings=FIND)
    assert nearest[0] != np.float16(1 / 3)
    with pytest.raises(NoSuchExample):
        find(strategy, lambda x: x[0] == np.float16(1 / 3), settings=QUICK)


@given(x=our.arrays((40, 40), largest=2))
def test_large_arrays_are_drawn_too(x):
    assert x.shape == (40, 40)
    assert (abs(x) <= 100).all()


@given(x=our.arrays((3,), dtype=np.longdouble))
def test_numbers_of_any_float_are_drawn(x):
    assert x.dtype == np.longdouble
