"""What each fault is called, on derivatives that are known: one row a fault; ties; and what is not called anything."""

import numpy as np
import pytest

from verification import FailureMode, check_gradient
from verification.diagnosis import Evidence, Part, diagnose, sample_sizes

RNG = np.random.default_rng(3)
X = RNG.normal(size=(4, 3))
SQUARE = RNG.normal(size=(3, 3))
CUBE = RNG.normal(size=(2, 3, 3))
G, GS, GC = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=(2, 3, 3))
BAR = 1e-12


def part(true, claimed, x, name="W", bar=BAR):
    true, claimed = np.asarray(true, dtype=float)[np.newaxis], np.asarray(claimed, dtype=float)[np.newaxis]
    return Part(name, np.asarray(x), claimed, true, np.full(true.shape, bar))


def modes(*parts, sizes=()):
    return [diagnosis.mode for diagnosis in diagnose(Evidence(parts, sizes))]


def changed(gradient, index, value):
    gradient = gradient.copy()
    gradient[index] = value
    return gradient


FAULTS = {
    "sign": (FailureMode.WRONG_SIGN, G, -G, X),
    "twice": (FailureMode.CONSTANT_FACTOR, G, 2 * G, X),
    "half": (FailureMode.CONSTANT_FACTOR, G, G / 2, X),
    "any factor": (FailureMode.CONSTANT_FACTOR, G, 0.731 * G, X),
    "a whole factor": (FailureMode.MISSING_BATCH_MEAN, G, 32 * G, X),
    "a whole divisor": (FailureMode.EXTRA_BATCH_MEAN, G, G / 32, X),
    "a thousand": (FailureMode.CONSTANT_FACTOR, G, 1000 * G, X),
    "transposed": (FailureMode.TRANSPOSED, GS, GS.T, SQUARE),
    "two of three axes": (FailureMode.TRANSPOSED, GC, np.swapaxes(GC, 1, 2), CUBE),
    "column by column": (FailureMode.TRANSPOSED, G, G.ravel(order="F").reshape(4, 3), X),
    "rolled": (FailureMode.SHIFTED_INDEX, G, np.roll(G, 1, axis=0), X),
    "off by one": (FailureMode.SHIFTED_INDEX, G, np.concatenate([G[1:], RNG.normal(size=(1, 3))]), X),
    "flipped": (FailureMode.WRONG_AXIS, G, G[::-1], X),
    "a kernel flipped": (FailureMode.WRONG_AXIS, GC, GC[:, ::-1, ::-1], CUBE),
    "the columns' totals": (FailureMode.COLUMN_AT_A_TIME, G, np.broadcast_to(G.sum(axis=0), G.shape), X),
    "the rows' totals": (FailureMode.WRONG_AXIS, G, np.broadcast_to(G.sum(axis=1, keepdims=True), G.shape), X),
    "nothing": (FailureMode.ZERO_BLOCK, G, 0 * G, X),
    "a block of nothing": (FailureMode.ZERO_BLOCK, G, changed(G, np.s_[1:3, 1:3], 0), X),
    "one row": (FailureMode.WRONG_SLICE, G, changed(G, 2, RNG.normal(size=3)), X),
    "one column": (FailureMode.WRONG_SLICE, G, changed(G, np.s_[:, 1], 3 * G[:, 1]), X),
    "one channel": (FailureMode.WRONG_SLICE, GC, changed(GC, 1, RNG.normal(size=(3, 3))), CUBE),
    "one entry": (FailureMode.WRONG_ENTRIES, G, changed(G, (3, 0), 1.0), np.ones((4, 3))),
    "weight decay": (FailureMode.EXTRA_TERM, G, G + 0.01 * X, X),
    "no weight decay": (FailureMode.DROPPED_TERM, G, G - 0.01 * X, X),
    "a constant": (FailureMode.EXTRA_TERM, G, G + 0.3, X),
    "no mean over columns": (FailureMode.DROPPED_TERM, G - G.mean(axis=1, keepdims=True), G, X),
    "no mean over the batch": (FailureMode.COUPLED_ROWS, G - G.mean(axis=0), G, X),
    "σ′ forgotten": (FailureMode.MISSING_CHAIN_FACTOR, G, G * (2 + 2 * np.cosh(X)), X),
    "1/x forgotten": (FailureMode.MISSING_CHAIN_FACTOR, G, G * X, X),
    "x twice": (FailureMode.MISSING_CHAIN_FACTOR, G, G * X**2, X),
    "wrong below 0": (FailureMode.BRANCH, G, np.where(X < 0, -G, G), X),
    "nothing above 0": (FailureMode.BRANCH, G, np.where(X > 0, 0, G), X),
    "wrong where large": (FailureMode.BRANCH, G, np.where(np.abs(X) > 1, 0.5 * G + 1, G), X),
    "a mask forgotten": (FailureMode.BRANCH, np.where(X > 0.3, 0, G), G, X[:, ::-1]),
    "ties": (FailureMode.BRANCH, G, np.where(np.eye(4, 3) > 0, 3 * G, G), X * (np.eye(4, 3) == 0)),
    "float16": (FailureMode.TRUNCATED_DTYPE, G, G.astype(np.float16), X),
    "two decimals": (FailureMode.TRUNCATED_DTYPE, G, np.round(G, 2), X),
    "integers": (FailureMode.TRUNCATED_DTYPE, 9 * G, np.trunc(9 * G), X),
    "anything": (FailureMode.UNKNOWN, G, RNG.normal(size=G.shape), X),
}


@pytest.mark.parametrize(("mode", "true", "claimed", "x"), FAULTS.values(), ids=FAULTS)
def test_a_fault_gets_its_name(mode, true, claimed, x):
    (first, *_) = diagnose(Evidence((part(true, claimed, x),)))
    assert first.mode is mode
    assert first.where.startswith("W")
    assert first.remedy == mode.remedy


def test_what_is_right_gets_no_name():
    assert diagnose(Evidence((part(G, G, X), part(GS, GS + BAR / 2, SQUARE, "V")))) == []


def test_two_arrays_that_are_swapped():
    (found,) = diagnose(Evidence((part(G, -2 * X, X, "A"), part(-2 * X, G, X, "B"))))
    assert (found.mode, found.where) == (FailureMode.SWAPPED_ARGUMENTS, "A, B")


def test_the_same_fault_of_all_arrays_is_said_once():
    (found, *_) = diagnose(Evidence((part(G, -G, X, "A"), part(GS, -GS, SQUARE, "B"))))
    assert found.message == "all arrays: wrong sign (claimed = -true)"


def test_each_array_may_have_its_own_fault():
    found = diagnose(Evidence((part(G, -G, X, "A"), part(GS, GS.T, SQUARE, "B"), part(GC, GC, CUBE, "C"))))
    leading = [(d.mode, d.where) for d in found if not d.evidence["tie"]]
    assert leading == [(FailureMode.WRONG_SIGN, "A"), (FailureMode.TRANSPOSED, "B")]


TIES = {
    "a symmetric gradient cannot tell how it was moved": (
        [[1.0, 2.0], [2.0, 5.0]],
        [[2.0, 5.0], [1.0, 2.0]],
        {FailureMode.WRONG_AXIS, FailureMode.SHIFTED_INDEX, FailureMode.TRANSPOSED},
    ),
    "of two entries": ([1.0, 2.0], [2.0, 1.0], {FailureMode.WRONG_AXIS, FailureMode.SHIFTED_INDEX}),
    "two samples or a factor": ([1.0, 3.0], [2.0, 6.0], {FailureMode.CONSTANT_FACTOR, FailureMode.MISSING_BATCH_MEAN}),
}


@pytest.mark.parametrize(("true", "claimed", "possible"), TIES.values(), ids=TIES)
def test_what_cannot_be_told_apart_ties(true, claimed, possible):
    found = diagnose(Evidence((part(true, claimed, np.ones_like(true)),), (2,)))
    assert len({d.mode for d in found}) > 1
    assert {d.mode for d in found} <= possible
    assert [d.evidence["tie"] for d in found] == [False] + [True] * (len(found) - 1)


def test_the_number_of_samples_is_named_where_f_shows_it():
    true = G
    assert modes(part(true, 7 * true, X), sizes=(7,))[0] is FailureMode.MISSING_BATCH_MEAN
    assert modes(part(true, true / 7, X), sizes=(7,))[0] is FailureMode.EXTRA_BATCH_MEAN
    assert modes(part(true, 3 * true, X), sizes=(7,))[0] is FailureMode.CONSTANT_FACTOR
    bias = part(G[0], G[0] / 7, X[0], "b")
    assert modes(part(true, true, X), bias, sizes=(7,))[0] is FailureMode.MISSING_BROADCAST_SUM


def test_a_factor_of_a_single_number_among_others_proves_nothing():
    assert modes(part(G, G, X), part([2.0], [0.7], [1.0], "b")) == [FailureMode.UNKNOWN]
    assert modes(part(2.0, 0.7, 1.0))[0] is FailureMode.CONSTANT_FACTOR


def test_what_fits_within_a_bar_as_wide_as_the_error_is_no_explanation():
    assert FailureMode.TRANSPOSED not in modes(part(GS, GS + 0.05, SQUARE, bar=0.04))


def test_entries_that_were_not_measured_say_nothing():
    true = np.where(np.eye(3) > 0, np.nan, GS)
    assert modes(part(true, GS.T, SQUARE))[0] is FailureMode.TRANSPOSED


class Model:
    def __init__(self):
        self.X = np.ones((11, 2))

    def loss(self, w):
        return np.mean(self.X @ w)


def test_sizes_are_found_where_functions_keep_their_data():
    Y, labels = np.ones((5, 2)), np.ones(6)
    assert sample_sizes(lambda w, t=labels: (Y @ w, t)) == (5, 6)
    assert sample_sizes(Model().loss) == (11,)
    assert sample_sizes(np.sum) == ()


def test_one_entry_of_zero_is_no_shift_and_no_rounding():
    x = np.random.default_rng(3).normal(size=40) * 2
    inside = np.flatnonzero(np.abs(x) < 1)

    def variation(x):
        return np.sum(np.abs(np.diff(x)))

    def of_variation(x):
        return np.concatenate([[0], np.sign(np.diff(x))]) - np.concatenate([np.sign(np.diff(x)), [0]])

    for f, gradient in (
        (lambda x: np.sum(np.clip(x, -1, 1) ** 3), lambda x: 3 * x**2 * (np.abs(x) < 1)),
        (variation, of_variation),
    ):
        for i in (i for i in inside if gradient(x)[i] != 0):
            found = check_gradient(f, lambda x, i=i, g=gradient: g(x) * (np.arange(40) != i), x).diagnoses[0]
            assert found.mode is FailureMode.WRONG_ENTRIES
            assert found.message.endswith(f"wrong entries (x[{i}]: claimed = 0)")


def test_what_fits_where_it_can_be_seen_fits_everywhere():
    z = np.random.default_rng(0).normal(size=40) * 20

    def log_sum_exp(z):
        return np.log(np.sum(np.exp(z)))

    found = check_gradient(log_sum_exp, lambda z: 1.00001 * np.exp(z - log_sum_exp(z)), z).diagnoses
    assert [diagnosis.mode for diagnosis in found] == [FailureMode.CONSTANT_FACTOR]


def test_a_sign_is_one_where_both_sides_are_rounded():
    H = 1 / (np.arange(6)[:, None] + np.arange(6) + 1)
    b = np.random.default_rng(100).normal(size=6)
    found = check_gradient(
        lambda b: np.sum(np.linalg.solve(H, b)), lambda b: -np.linalg.solve(H.T, np.ones(6)), b
    ).diagnoses[0]
    assert found.mode is FailureMode.WRONG_SIGN


def test_ties_are_a_branch():
    x = np.array([[0.3, 0.7, 0.3], [1.1, 0.7, -0.2], [0.9, -1.3, 0.3]])
    tied = np.isin(x, [0.3, 0.7])
    G = np.arange(1.0, 10).reshape(3, 3) ** 1.5
    part = Part("x", x, np.where(tied, 2 * G, G)[None], G[None], np.full((1, 3, 3), 1e-9))
    first = diagnose(Evidence((part,)))[0]
    assert first.mode is FailureMode.BRANCH
    assert "only where x equals another entry" in first.message


def test_the_gradient_of_another_array_is_no_exchange():
    a, b = np.array([1.0, 2.0]), np.array([3.0, -5.0])
    found = check_gradient(lambda a, b: np.sum(a**3 * b), lambda a, b: (3 * a**2 * b, 3 * a**2 * b), (a, b)).diagnoses
    assert found[0].mode is FailureMode.OTHER_ARGUMENT
    assert found[0].where == "b"
