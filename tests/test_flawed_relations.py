"""The chapter's flawed batch gradient and the right one, on batches that Hypothesis makes up, by relations alone."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from numgrad.flawed import numerical_gradient_batch_v2
from verification import FailureMode, Verdict, check_batch_gradient, diagnose_batch_gradient, torch_oracle
from verification.specimens import SPECIMENS, examine


def is_wrong(evidence):
    """Return whether v2 is wrong by more than its step is."""
    flawed = evidence.flawed
    if flawed.right and not flawed.input_changed:
        return False
    if flawed.gradient is not None and flawed.gradient.shape == evidence.exact.shape and not flawed.input_changed:
        off = np.abs(flawed.gradient - evidence.exact).max()
        if off < 1e-6 * np.abs(evidence.exact).max():
            return False
    return True


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda specimen: specimen.mode.name)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_v2_is_flagged_by_name(specimen, data):
    problem = data.draw(specimen.problems)
    evidence = examine(problem)
    assume(is_wrong(evidence))
    check = check_batch_gradient(problem, partial(numerical_gradient_batch_v2, problem), problem.X)
    assert not check
    if problem.X.ndim > 1 and (len(problem.X) == 1 or not problem.X.any()):
        return  # there are no rows to relate, and so it may have no name
    by_hand = diagnose_batch_gradient(problem, problem.X)
    assert check.diagnoses[0].mode in {by_hand, FailureMode.MISSING_BATCH_MEAN}


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda specimen: specimen.mode.name)
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_right_gradient_of_the_same_batch_is_never_accused(specimen, data):
    problem = data.draw(specimen.problems)

    def right(X):
        x = torch.tensor(X, dtype=torch.float64, requires_grad=True)
        problem.meant(torch_oracle.namespace, x).sum().backward()
        return x.grad.numpy()

    assert check_batch_gradient(problem, right, problem.X).verdict is not Verdict.DISAGREES
