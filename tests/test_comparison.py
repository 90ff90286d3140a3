import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numgrad import numerical_gradient
from verification import Verdict, central_difference_bound, compare

CUBE = {"first": 3.0, "second": 6.0, "third": 6.0}


def bound(x, h=1e-4, noise=2e-16, **derivatives):
    terms = {name: np.array(value) for name, value in {**CUBE, **derivatives, "noise": noise}.items()}
    return float(central_difference_bound(np.asarray(x), h, **terms))


@pytest.mark.parametrize(
    ("claimed", "verdict", "share"),
    [
        ([1.0, 2.0], Verdict.AGREES, 0.0),
        ([1.0, 2.0625], Verdict.AGREES, 0.5),
        ([1.125, 2.0], Verdict.AGREES, 1.0),
        ([1.0, 2.25], Verdict.DISAGREES, 2.0),
        ([1.0, np.nan], Verdict.DISAGREES, np.inf),
        ([1.0, np.inf], Verdict.DISAGREES, np.inf),
    ],
)
def test_the_verdict_is_the_worst_entrys(claimed, verdict, share):
    comparison = compare("gradient", claimed, [1.0, 2.0], 0.125)
    assert comparison.verdict is verdict
    assert comparison.worst_share == pytest.approx(share)


def test_the_worst_entry_is_the_one_that_uses_most_of_its_own_bound():
    comparison = compare("gradient", [[1.5, 0.0], [0.0, 0.1]], np.zeros((2, 2)), [[10.0, 1.0], [1.0, 0.2]])
    assert comparison.worst == (1, 1)


def test_a_bound_as_wide_as_the_gradient_tells_nothing():
    assert compare("gradient", [1.0, 0.5], [1.0, 0.5], 1.0).verdict is Verdict.INCONCLUSIVE
    assert compare("gradient", [1.0, 0.0], [1.0, 0.0], [1.0, 1e-9]).verdict is Verdict.INCONCLUSIVE
    assert compare("gradient", [1.0, 0.5], [1.0, 0.5], [1.0, 0.4]).verdict is Verdict.AGREES
    assert compare("gradient", [1e-9, 0.0], [0.0, 0.0], 1e-8).verdict is Verdict.INCONCLUSIVE


def test_two_gradients_of_zero_agree():
    assert compare("gradient", [0.0, -0.0], [0.0, 0.0], [1.0, 0.0]).verdict is Verdict.AGREES


@pytest.mark.parametrize("bound", [np.nan, np.inf])
def test_an_entry_without_a_bound_leaves_the_whole_inconclusive(bound):
    assert compare("gradient", [1.0, 2.0], [1.0, 2.0], [bound, 1e-9]).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("bound", "of_equals"), [(0.0, Verdict.AGREES), (np.nan, Verdict.INCONCLUSIVE)])
def test_without_a_bound_whatever_differs_disagrees(bound, of_equals):
    assert compare("gradient", [1.0], [1.0], bound).verdict is of_equals
    assert compare("gradient", [1.0], [1.1], bound).verdict is Verdict.DISAGREES


@pytest.mark.parametrize("claimed", [1.0, [1.0], [[1.0, 2.0]]])
def test_shapes_are_never_broadcast(claimed):
    with pytest.raises(ValueError, match=r"shape of the reference, \(2,\), but got shape"):
        compare("gradient", claimed, [1.0, 2.0], 1.0)


@pytest.mark.parametrize(
    ("claimed", "bound", "message"),
    [
        ([], 1.0, "Expected claimed to hold at least one sample"),
        ([1.0], -1.0, "Expected bound to not be negative but got -1"),
        ([1.0], [1.0, 2.0], r"Expected bound to be one number or have the shape of the reference, \(1,\), but got"),
        ([1j], 1.0, "Expected claimed to hold real numbers"),
    ],
)
def test_what_cannot_be_compared_is_refused(claimed, bound, message):
    with pytest.raises((ValueError, TypeError), match=message):
        compare("gradient", claimed, np.zeros_like(claimed).real, bound)


def test_a_comparison_says_its_verdict_and_its_worst_entry():
    comparison = compare("W1", [[1.0, 2.5]], [[1.0, 2.0]], 0.125)
    assert str(comparison) == "DISAGREES: W1[0, 1] is 2.5, its reference 2, 0.5 apart within 0.125"
    assert str(compare("loss", 1.0, 1.0, 0.125)) == "AGREES: loss is 1, its reference 1, 0 apart within 0.125"


@given(x=st.floats(0.1, 10), h=st.sampled_from([1e-2, 1e-3, 1e-4, 1e-5, 1e-6]))
def test_the_bound_holds_for_the_cube_at_every_step(x, h):
    error = abs(float(numerical_gradient(lambda x: x * x * x, x, h)) - 3 * x * x)
    largest = (x + h) ** 3
    assert error <= bound(x, h, first=3 * x * x, second=6 * (x + h), third=6, noise=1.5 * 2**-52 * largest)


def test_the_terms_of_the_bound():
    assert bound(1.0, 1e-2, noise=0) == pytest.approx(1e-4, rel=1e-3), "truncation is h² f‴ / 6"
    assert bound(1.0, 1e-4, third=0, second=0, first=0, noise=1e-10) == pytest.approx(1e-6, rel=1e-3), "ε / h"
    assert bound(2.0**20, 1e-4, third=0, first=0, noise=0) > 1e-11, "the steps' own rounding"
    assert bound(1.0, third=0, second=0, first=1.0, noise=0) == 8 * 2**-52
    assert bound(np.float32(1.0), third=0, second=0, first=1.0, noise=0) == 8 * 2**-23, "the precision is that of x"


@pytest.mark.parametrize(
    ("x", "h", "message"),
    [
        (np.ones(2, dtype=int), 1e-4, "Expected x to hold floats"),
        ([np.nan], 1e-4, "Expected x to be finite"),
        ([1.0], 0.0, "Expected h to be positive"),
    ],
)
def test_there_is_no_bound_for_what_is_no_step(x, h, message):
    with pytest.raises((ValueError, TypeError), match=message):
        central_difference_bound(x, h, first=1.0, second=1.0, third=1.0, noise=0.0)


@pytest.mark.parametrize(("x", "h"), [(1e20, 1e-4), (1.7e308, 1e308)])
def test_a_lost_or_endless_step_has_no_bound(x, h):
    assert not np.isfinite(bound(x, h))
