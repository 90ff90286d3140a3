"""What the checker says of every gradient in the corpus: wrong ones, right but hard ones, kinks, and the unseen."""

import pytest
from gradient_corpus import EXAMPLES, Kind

from verification import Verdict, check_gradient

WRONG, HARD, KINK, OUTSIDE, UNSEEN = (
    [pytest.param(example, id=example.name) for example in EXAMPLES if example.kind is kind]
    for kind in (Kind.WRONG, Kind.HARD, Kind.KINK, Kind.OUTSIDE, Kind.UNSEEN)
)


@pytest.mark.parametrize("example", WRONG)
def test_a_wrong_gradient_is_caught(example):
    check = check_gradient(example.f, example.gradient, example.x)
    assert check.verdict is Verdict.DISAGREES, str(check)
    assert check.diagnoses


@pytest.mark.parametrize("example", WRONG)
def test_its_right_twin_agrees(example):
    check = check_gradient(example.f, example.right, example.x)
    assert check.verdict is Verdict.AGREES, str(check)


@pytest.mark.parametrize("example", HARD)
def test_a_right_gradient_at_a_hard_point_is_not_accused(example):
    check = check_gradient(example.f, example.gradient, example.x)
    assert check.verdict is Verdict.AGREES, str(check)


@pytest.mark.parametrize("example", KINK)
def test_a_subgradient_is_named_as_such(example):
    check = check_gradient(example.f, example.gradient, example.x)
    assert check.verdict is Verdict.INCONCLUSIVE, str(check)
    assert check.is_subgradient
    assert "kink" in check.reason


@pytest.mark.parametrize("example", OUTSIDE)
def test_what_is_outside_of_all_slopes_at_a_kink_is_wrong(example):
    check = check_gradient(example.f, example.gradient, example.x)
    assert check.verdict is Verdict.DISAGREES, str(check)


@pytest.mark.parametrize("example", UNSEEN)
def test_where_nothing_is_seen_nothing_is_said(example):
    check = check_gradient(example.f, example.gradient, example.x)
    assert check.verdict is Verdict.INCONCLUSIVE, str(check)
    assert check.reason
