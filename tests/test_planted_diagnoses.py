"""The name that each fault gets that is planted into the backward passes of five layers."""

from collections import Counter

import pytest
from planted_layers import PLANTED, draws

from verification import Verdict, check_gradient, check_vjp

NAMED_WELL = 0.95
"""The share of faults that must get their own name, or one that nothing tells from it."""


def check(case, gradient):
    return (check_vjp if case.form == "vjp" else check_gradient)(case.f, gradient, case.x)


def names(case):
    found = check(case, case.wrong)
    assert found.verdict is Verdict.DISAGREES, str(found)
    return [diagnosis.mode.name for diagnosis in found.diagnoses]


def examine(faults, count):
    """Return how many faults were drawn, how many got a fitting name first, and how many among their names."""
    total = Counter()
    for planted in faults:
        for case in draws(planted, count):
            found = names(case)
            total["drawn"] += 1
            total["first"] += found[0] in case.expected
            total["named"] += not set(found).isdisjoint(case.expected)
            assert check(case, case.right).verdict is Verdict.AGREES, str(planted)
    return total


def test_an_eighth_of_the_faults_get_their_name():
    total = examine(PLANTED[::8], 1)
    assert total["first"] >= NAMED_WELL * total["drawn"]
    assert total["named"] >= NAMED_WELL * total["drawn"]


@pytest.mark.slow
def test_faults_get_their_name_whatever_the_shapes():
    total = examine(PLANTED, 50)
    assert total["first"] >= NAMED_WELL * total["drawn"]


def strict(mode):
    return [planted for planted in PLANTED if planted.expected == (mode,)]


@pytest.mark.parametrize("mode", sorted({planted.expected[0] for planted in PLANTED if len(planted.expected) == 1}))
@pytest.mark.parametrize("count", [3, pytest.param(len(PLANTED), marks=pytest.mark.slow)])
def test_no_name_is_given_for_another_alone(mode, count):
    """Of the faults that have one name only, each mode is found by that name."""
    faults = strict(mode)
    few = faults[:: max(1, len(faults) // count)]  # with faults of all layers among them
    found = [names(case)[0] in case.expected for planted in few for case in draws(planted, 1)]
    assert sum(found) >= NAMED_WELL * len(found)
