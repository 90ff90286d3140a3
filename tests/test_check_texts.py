"""The text of checks, frozen: change it only on purpose. What rounding decides of it is masked."""

import json
import pickle
import re
import textwrap

import numpy as np
import pytest

from verification import GradientCheck, GradientError, Verdict, check_batch_gradient, check_gradient, check_vjp

INPUTS = np.linspace(-1, 1, 12).reshape(4, 3) ** 3
TARGETS = np.array([1.0, 0.0, -1.0, 0.5])
PARAMS = {"W1": np.linspace(-0.9, 1.1, 6).reshape(3, 2), "b1": np.array([0.2, -0.1]), "W2": np.array([0.7, -1.2])}


def loss(p):
    return np.mean((np.tanh(INPUTS @ p["W1"] + p["b1"]) @ p["W2"] - TARGETS) ** 2)


def gradient(p):
    hidden = np.tanh(INPUTS @ p["W1"] + p["b1"])
    d = 2 * (hidden @ p["W2"] - TARGETS) / 4
    d_hidden = np.outer(d, p["W2"]) * (1 - hidden**2)
    return {"W1": INPUTS.T @ d_hidden, "b1": d_hidden.sum(axis=0), "W2": hidden.T @ d}


def wrong_entry(p):
    found = gradient(p)
    found["W1"][2, 1] += 0.01
    return found


def largest(x):
    return (x == x.max()) * 1.0


TEXTS = {
    "agrees": (
        lambda: check_gradient(loss, gradient, PARAMS),
        """\
        AGREES: the same to … digits; an error is called one from … of the
          derivative on.
          replay  check_gradient(f, gradient, x, seed=0)  # … evaluations of f""",
    ),
    "sign": (
        lambda: check_gradient(loss, lambda p: {**gradient(p), "b1": -gradient(p)["b1"]}, PARAMS),
        """\
        DISAGREES: b1: wrong sign (claimed = -true)
          where   2 of 10 entries are seen to be wrong; claimed, measured:
            b1[1]    0.360904  -0.360904 ± …
            b1[0]  -0.1470648  0.1470648 ± …
          do      Negate it; look for target - output instead of output - target.
          replay  check_gradient(f, gradient, x, seed=0)  # … evaluations of f""",
    ),
    "mean": (
        lambda: check_gradient(loss, lambda p: {**gradient(p), "b1": 4 * gradient(p)["b1"]}, PARAMS),
        """\
        DISAGREES: b1: missing batch mean (claimed = 4 × true, and f uses 4 samples)
          where   2 of 10 entries are seen to be wrong; claimed, measured:
            b1[1]  -1.443616  -0.360904 ± …
            b1[0]  0.5882592  0.1470648 ± …
          do      Divide by the number of samples.
          or      b1: constant factor (claimed = 4 × true)
          replay  check_gradient(f, gradient, x, seed=0)  # … evaluations of f""",
    ),
    "entry": (
        lambda: check_gradient(loss, wrong_entry, PARAMS),
        """\
        DISAGREES: W1: wrong entries (W1[2, 1])
          where   1 of 10 entries is seen to be wrong; claimed, measured:
            W1[2, 1]  0.130127  0.120127 ± …
          do      Check what is special about them: an index used twice, a clipped or
                  masked value.
          replay  check_gradient(f, gradient, x, seed=0)  # … evaluations of f""",
    ),
    "two faults": (
        lambda: check_gradient(
            loss, lambda p: {**gradient(p), "W1": np.zeros((3, 2)), "b1": -gradient(p)["b1"]}, PARAMS, seed=5
        ),
        """\
        DISAGREES: W1: zero block (claimed = 0)
          where   8 of 10 entries are seen to be wrong; claimed, measured:
            b1[1]       0.360904    -0.360904 ± …
            b1[0]     -0.1470648    0.1470648 ± …
            W1[2, 0]           0   -0.2052129 ± …
            W1[0, 1]           0   -0.1708465 ± …
            W1[2, 1]           0     0.120127 ± …
            W1[1, 0]           0   -0.1000922 ± …
            W1[1, 1]           0  -0.01073921 ± …
            W1[0, 0]           0  -0.01039455 ± …
          do      Look for a detached value, a mask, or an array that was never filled
                  in.
          and     b1: wrong sign (claimed = -true)
          replay  check_gradient(f, gradient, x, seed=5)  # … evaluations of f""",
    ),
    "shape": (
        lambda: check_gradient(loss, lambda p: {**gradient(p), "b1": np.ones((4, 2))}, PARAMS),
        """\
        DISAGREES: missing broadcast sum (b1): an array that was broadcast in f gets the
          gradient of the broadcast one: it is not summed over the new axes. Seen: shape
          (4, 2) for b1 of shape (2,).
          do      Sum the gradient over the axes along which the array was broadcast.
          replay  check_gradient(f, gradient, x, seed=0)  # … evaluations of f""",
    ),
    "kink": (
        lambda: check_gradient(lambda x: np.abs(x).sum(), np.sign, np.array([0.0, 2.0])),
        """\
        INCONCLUSIVE: x is at a kink of f (x[0]), or too close to one to tell, and what
          is claimed lies within the slopes about it: a valid subgradient.
          try     check.displaced, a point nearby at which more may be seen
          replay  check_gradient(f, gradient, x, seed=0)  # … evaluations of f""",
    ),
    "ties counted twice": (
        lambda: check_gradient(np.max, largest, np.array([1.0, 1.0, 0.5])),
        """\
        DISAGREES: no subgradient (x[0], x[1]): at a kink of f the gradient is beyond
          all slopes that f has about it, along some direction.
          do      Give each of several equal entries a share that adds up to 1, or
                  choose one of them.
          replay  check_gradient(f, gradient, x, seed=0)  # … evaluations of f""",
    ),
    "flat": (
        lambda: check_gradient(lambda x: np.sum(x**4), lambda x: 4 * x**3, np.zeros(3)),
        """\
        INCONCLUSIVE: f is flat at x: zeros are right there, and so they are of a
          gradient with a wrong sign or factor.
          try     check.displaced, a point nearby at which more may be seen
          replay  check_gradient(f, gradient, x, seed=0)  # … evaluations of f""",
    ),
    "jump": (
        lambda: check_gradient(lambda x: np.floor(x).sum(), np.ones_like, np.array([1.0, 2.5])),
        """\
        INCONCLUSIVE: x: no slope of f is seen at x: it jumps there, is too noisy, or
          has no values beside x.
          try     check.displaced, a point nearby at which more may be seen
          replay  check_gradient(f, gradient, x, seed=0)  # … evaluations of f""",
    ),
    "cotangent": (
        lambda: check_vjp(lambda x: x**2, lambda x, u: 2 * x, np.array([1.0, 2.5])),
        """\
        DISAGREES: ignored cotangent or tangent: the product sees nothing, or the mean
          alone, of the vector that it is taken with. Seen: the same product for another
          cotangent.
          do      Multiply by the incoming cotangent (or tangent), entry by entry,
                  before summing.
          replay  check_vjp(f, vjp, x, seed=0)  # … evaluations of f""",
    ),
    "integers": (
        lambda: check_gradient(loss, gradient, {"W": np.arange(3)}),
        """\
        INCONCLUSIVE: integer input (W): an integer array cannot hold x + h: the step is
          rounded away or refused. Seen: dtype int64.
          do      Pass it as floats, x.astype(float); bind labels and indices instead:
                  lambda W: f(W, labels).
          replay  check_gradient(f, gradient, x, seed=0)""",
    ),
    "relation": (
        lambda: check_batch_gradient(
            lambda X: np.sum(X**2), lambda X: np.broadcast_to(2 * X.sum(axis=0), X.shape), np.array([[1.0, 2], [3, 5]])
        ),
        """\
        DISAGREES: reduced output: f returns one number for the whole batch, so every
          row receives the slope of the batch total. Seen: rows of which one is another
          have another gradient than in the batch: by X[1, 1], 20 and 14.
          do      Return each row's value, or differentiate entry by entry with
                  numerical_gradient.
          replay  check_batch_gradient(f, batch_gradient, X)""",
    ),
}


def masked(text):
    """Return a text without the numbers that rounding decides."""
    text = re.sub(r"± \S+", "± …", text)
    text = re.sub(
        r"to \S+ digits; an error is called one from \S+ of", "to … digits; an error is called one from … of", text
    )
    return re.sub(r"# \S+ evaluations", "# … evaluations", text)


@pytest.mark.parametrize(("check", "text"), TEXTS.values(), ids=TEXTS)
def test_a_check_reads_as_it_always_did(check, text):
    assert masked(str(check())) == textwrap.dedent(text)


@pytest.mark.parametrize(("check", "text"), TEXTS.values(), ids=TEXTS)
def test_no_line_is_longer_than_a_terminal(check, text):
    assert max(map(len, str(check()).splitlines())) <= 80


@pytest.mark.parametrize(("check", "text"), TEXTS.values(), ids=TEXTS)
def test_a_check_can_be_written_as_json(check, text):
    found = check()
    written = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert written["verdict"] == found.verdict.value
    assert written["reason"] == found.reason
    assert len(written["entries"]) == len(found.entries)


def test_the_error_can_be_sent_to_another_process():
    error = GradientError(check_gradient(loss, wrong_entry, PARAMS))
    sent = pickle.loads(pickle.dumps(error))
    assert str(sent) == str(error)
    assert sent.check == error.check


def test_a_check_is_true_if_it_agrees():
    assert [bool(GradientCheck(verdict, "")) for verdict in Verdict] == [True, False, False]


def test_long_names_and_many_digits_stay_in_columns():
    params = {"a_rather_long_name_of_an_encoder_layer.weight": np.array([1e-300, 1e300])}
    check = check_gradient(
        lambda p: np.sum(p["a_rather_long_name_of_an_encoder_layer.weight"]),
        lambda p: {key: -np.ones_like(value) for key, value in p.items()},
        params,
    )
    rows = [line for line in str(check).splitlines() if "±" in line]
    assert len({line.index("±") for line in rows}) == 1
