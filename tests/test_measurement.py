"""What measures derivatives beside the claimed ones: lengths, directions, groups, names."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from verification.measurement import Counted, MatrixClaim, Primal, leaf_names, norm, realify, signed_uniform
from verification.measurement.directions import common_lengths, groups_of


def test_lengths_neither_vanish_nor_overflow():
    assert norm(np.array([[3e-200, 4e-200]])) == pytest.approx(5e-200, rel=1e-15)
    assert norm(np.array([[3e200, 4e200]])) == pytest.approx(5e200, rel=1e-15)
    assert norm(np.array([[0.0, 0.0], [0.0, -2.0]])).tolist() == [0.0, 2.0]
    assert norm(np.empty((2, 0))).tolist() == [0.0, 0.0]
    assert np.isinf(norm(np.array([[np.inf, 1.0]])))


@given(rows=hnp.arrays(float, (2, 3), elements=st.floats(-1e3, 1e3, allow_subnormal=False).map(lambda x: round(x, 3))))
def test_lengths_are_euclidean(rows):
    assert norm(rows) == pytest.approx(np.linalg.norm(rows, axis=1), rel=1e-14)


def test_directions_move_every_entry_both_ways():
    v = signed_uniform(np.random.default_rng(0), 10_000)
    assert 0.5 <= np.abs(v).min() <= np.abs(v).max() <= 1.5
    assert abs(np.sign(v).mean()) < 0.05
    assert abs(np.abs(v).mean() - 1) < 0.02


def test_an_error_is_missed_as_seldom_as_is_said():
    rng = np.random.default_rng(0)
    error = rng.normal(size=20)
    error /= np.linalg.norm(error)
    seen = np.abs([error @ signed_uniform(rng, 20) for _ in range(20_000)])
    for t in (0.01, 0.1, 0.3):
        assert (seen <= t).mean() <= np.sqrt(2) * t


def primal(tree):
    problem = realify(Counted(lambda *_: 0.0), tree)
    return Primal(problem, leaf_names(tree), np.ravel, np.array(0.0))


def groups(tree, gradient):
    at = primal(tree)
    claim = MatrixClaim(
        np.asarray(gradient, dtype=float)[np.newaxis] * at.scale, np.full(at.size, 1e-16), at.problem.owner
    )
    return [(group.name, sorted(group.entries.tolist())) for group in groups_of(at, claim, common_lengths(at))]


def test_arrays_of_one_magnitude_are_moved_together():
    assert groups({"a": np.ones(2), "b": np.ones(1)}, [1.0, 2.0, 3.0]) == [("a, b", [0, 1, 2])]


def test_an_array_that_would_be_drowned_is_moved_by_itself_too():
    assert groups({"a": np.ones(2), "b": np.ones(1)}, [1.0, 2.0, 1e-5]) == [("a", [0, 1]), ("b", [2])]
    assert groups({"a": np.ones(2), "b": np.ones(1)}, [1.0, 2.0, 0.0]) == [("a", [0, 1]), ("b", [2])]


def test_so_are_entries_that_a_gap_parts_from_others():
    assert groups(np.ones(4), [1.0, 1e-16, 2.0, 2e-16]) == [("x", [0, 2]), ("x", [1, 3])]
    assert groups(np.ones(3), [1.0, 0.0, 2.0]) == [("x", [0, 1, 2])], "zeros go with the others"
    assert groups(np.ones(3), [1.0, 0.0, 1e-9]) == [("x", [0]), ("x", [2]), ("x", [1])], "if those are alike"
    assert len(groups(np.ones(17), 10.0 ** -np.arange(17.0))) == 3, "no group is wider than eight decades"


def test_entries_of_one_kind_move_alike_and_others_by_a_share_of_themselves():
    alike = np.array([1.0, -2.0, 0.01, 1.5])
    at = primal(alike)
    assert np.ptp(common_lengths(at) * at.scale) == 0
    apart = primal(np.array([1e-8, 1.0, 1e8]))
    assert common_lengths(apart).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("x", [0.0, 1e-300, 1.0, -3.7, 1e300])
def test_scaled_coordinates_lose_no_digit(x):
    at = primal(np.array([x, 1.0]))
    assert (at.z * at.scale).tolist() == [x, 1.0]
    assert at.name(1) == "x[1]"


def test_names_are_those_of_keys_and_arguments():
    def f(weights, /, bias, *others):
        return weights, bias, others

    assert leaf_names(({"a": 1.0}, 2.0), f) == ("weights.a", "bias")
    assert leaf_names((1.0, 2.0, 3.0), f) == ("x[0]", "x[1]", "x[2]")
    assert leaf_names([{"a": 1.0}, {"a": 2.0}]) == ("x[0].a", "x[1].a")
    assert leaf_names((1.0, 2.0), print) == ("x[0]", "x[1]"), "it takes any number of them"
