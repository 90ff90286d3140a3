"""Which faults a check at a point would find."""

import json

import numpy as np
import pytest

from verification import FailureMode, Verdict, check_the_check

X = np.array([[1.0, -2.0], [0.5, 3.0]])


def f(W):
    return np.sum(W**3)


def gradient(W):
    return 3 * W**2


def test_at_a_point_where_all_entries_differ_every_fault_is_found():
    found = check_the_check(f, gradient, X)
    assert found
    assert found.check
    assert {fault.mode for fault in found.faults} >= {
        FailureMode.WRONG_SIGN,
        FailureMode.CONSTANT_FACTOR,
        FailureMode.TRANSPOSED,
        FailureMode.SHIFTED_INDEX,
        FailureMode.ZERO_BLOCK,
        FailureMode.WRONG_SLICE,
        FailureMode.BRANCH,
        FailureMode.EXTRA_TERM,
        FailureMode.MISSING_CHAIN_FACTOR,
    }
    assert str(found) == f"{len(found.faults)} of {len(found.faults)} planted faults would be found at this x."


@pytest.mark.parametrize(
    ("x", "survivor"),
    [
        (np.array([[1.0, -2.0], [-2.0, 3.0]]), "W transposed"),
        (np.abs(X), "zero where x < 0"),
        (np.array([[1.0, 1.0], [2.0, -2.0]]), "W flipped"),
    ],
)
def test_at_a_symmetric_point_some_survive_and_a_better_one_is_proposed(x, survivor):
    found = check_the_check(f, gradient, x)
    assert not found
    assert survivor in [fault.name for fault in found.survivors]
    assert all(not fault.is_visible for fault in found.survivors)
    assert f"survives: {survivor}, which changes nothing here" in str(found)
    again = check_the_check(f, gradient, found.better)
    assert len(again.survivors) < len(found.survivors)


def test_at_a_point_of_zeros_none_is_found():
    found = check_the_check(f, gradient, np.zeros((2, 2)))
    assert found.check.verdict is Verdict.INCONCLUSIVE
    assert len(found.survivors) == len(found.faults)
    assert check_the_check(f, gradient, found.better).check


def test_arrays_of_one_shape_are_swapped():
    a, b = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    found = check_the_check(lambda a, b: np.sum(a * b), lambda a, b: (b, a), (a, b))
    assert "a and b swapped" in [fault.name for fault in found.faults if fault.is_caught]
    assert check_the_check(lambda a, b: np.sum(a * b), lambda a, b: (b, a), (a, a.copy())).survivors


def test_a_gradient_that_is_wrong_is_refused():
    with pytest.raises(ValueError, match="Expected gradient to agree with f but got W: wrong sign"):
        check_the_check(f, lambda W: -gradient(W), X)


def test_the_check_inside_can_be_written_down():
    assert json.loads(json.dumps(check_the_check(f, gradient, X).check.to_dict()))["verdict"] == "AGREES"
