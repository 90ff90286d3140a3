"""The polynomials on the rungs: orthonormal, and exact where f is a polynomial."""

import numpy as np
import pytest

from numgrad.derivatives.ladder import RATIO, Parity, basis, rung_of, steps_of

RUNGS = [(0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 20), (0, 1, 2, 3, 4, 5, 6, 7, 20), tuple(range(11))]


def samples(rungs, parity, powers):
    """Return the weighed values of powers of the step at the nodes of a basis, (nodes, powers)."""
    steps = RATIO ** -np.array(rungs, dtype=float)
    if parity is Parity.ODD:
        return np.sqrt(2) * steps[:, np.newaxis] ** powers
    weights = np.concatenate([[1.0], np.full(len(steps), 1.0 if parity is Parity.ALL else np.sqrt(2))])
    return weights[:, np.newaxis] * np.concatenate([[0.0], steps])[:, np.newaxis] ** powers


def powers_of(parity, count):
    return {Parity.ODD: 2 * np.arange(count) + 1, Parity.EVEN: 2 * np.arange(count), Parity.ALL: np.arange(count)}[
        parity
    ]


@pytest.mark.parametrize("rungs", RUNGS, ids=len)
@pytest.mark.parametrize("parity", Parity)
def test_the_polynomials_are_orthonormal(rungs, parity):
    vectors = basis(rungs, parity).vectors
    assert vectors.T @ vectors == pytest.approx(np.eye(len(vectors)), abs=1e-15)


@pytest.mark.underflow
@pytest.mark.parametrize("rungs", RUNGS, ids=len)
@pytest.mark.parametrize("parity", Parity)
def test_a_power_has_no_coefficient_after_its_own(rungs, parity):
    vectors = basis(rungs, parity).vectors
    values = samples(rungs, parity, powers_of(parity, 4))
    for own, column in enumerate(values.T):
        assert vectors.T[own + 1 :] @ column == pytest.approx(0, abs=1e-15)


@pytest.mark.underflow
@pytest.mark.parametrize("rungs", RUNGS, ids=len)
@pytest.mark.parametrize("parity", [Parity.ODD, Parity.ALL])
def test_the_slope_of_a_polynomial_is_that_of_its_first_power(rungs, parity):
    found = basis(rungs, parity)
    first = list(powers_of(parity, 4)).index(1)
    for own, column in enumerate(samples(rungs, parity, powers_of(parity, 4)).T):
        coefficients = found.vectors.T @ column
        slope = coefficients[: own + 1] @ found.slopes[: own + 1]
        assert slope == pytest.approx(float(own == first), abs=1e-13)


def test_half_sums_have_no_slope():
    assert not basis(RUNGS[1], Parity.EVEN).slopes.any()


def test_a_basis_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        basis(RUNGS[0], Parity.ODD).vectors[0] = 0


def test_rungs_and_steps_belong_together():
    (steps,) = steps_of(np.array([2.0]), (-3, 0, 7))
    assert steps == pytest.approx([2 * RATIO**3, 2, 2 * RATIO**-7])
    assert [rung_of(2.0, step * 1.001) for step in steps] == [-3, 0, 7]
