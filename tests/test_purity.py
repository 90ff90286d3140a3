"""What is found before values are compared, each under its own name; and what of it is harmless."""

import copy
from typing import NamedTuple

import numpy as np
import pytest

from verification import FailureMode, Verdict, check_gradient, check_jvp, check_vjp

X = np.array([1.0, -2.0, 0.5])


def f(x):
    return np.sum(x**2)


def gradient(x):
    return 2 * x


def changing(x):
    x += 1
    return np.sum((x - 1) ** 2)


def changing_gradient(x):
    x *= 2
    return x


def nan_below_0(x):
    return np.where(x < 0, np.nan, 2 * x)


class Random:
    """A function that is off by some rounding or more each time."""

    def __init__(self, function, size):
        self.function, self.size, self.rng = function, size, np.random.default_rng(0)

    def __call__(self, x):
        return self.function(x) * (1 + self.size * self.rng.normal())


class Accumulating:
    """A gradient that is added to the last one, as a buffer that is never cleared."""

    def __init__(self):
        self.total = 0.0

    def __call__(self, x):
        self.total = self.total + 2 * x
        return self.total


class Net:
    """A loss that keeps what its backward pass uses, as layers do."""

    def loss(self, x):
        self.x = x.copy()
        return np.sum(x**2)

    def backward(self, _):
        return 2 * self.x


class Averaging:
    """A function that remembers the largest point it has seen."""

    largest = 0.0

    def __call__(self, x):
        self.largest = max(self.largest, float(np.abs(x).max()))
        return np.sum(x**2) / self.largest


class Buffered:
    """A gradient that returns the same array each time."""

    buffer = np.empty(3)

    def __call__(self, x):
        self.buffer[:] = 2 * x
        return self.buffer


NET = Net()
NAN = np.array([1.0, np.nan, 2.0])
PAIR = np.array([1.0, 2.0, 3.0])

FAULTS = {
    "integers": (FailureMode.INTEGER_INPUT, Verdict.INCONCLUSIVE, f, gradient, np.arange(3)),
    "integers among floats": (
        FailureMode.INTEGER_INPUT,
        Verdict.INCONCLUSIVE,
        lambda p: f(p["x"]),
        lambda p: p,
        {"x": X, "labels": np.arange(3)},
    ),
    "NaN in x": (FailureMode.NOT_FINITE_INPUT, Verdict.INCONCLUSIVE, f, gradient, NAN),
    "one array twice": (
        FailureMode.ALIASED_INPUT,
        Verdict.AGREES,
        lambda a, b: np.sum(a * b),
        lambda a, b: (b, a),
        (PAIR, PAIR),
    ),
    "overlapping views": (
        FailureMode.ALIASED_INPUT,
        Verdict.AGREES,
        lambda a, b: np.sum(a * b),
        lambda a, b: (b, a),
        (PAIR[1:], PAIR[:2]),
    ),
    "f is NaN": (FailureMode.NOT_FINITE_VALUE, Verdict.INCONCLUSIVE, lambda x: np.sum(np.log(x)), lambda x: 1 / x, X),
    "f changes x": (FailureMode.FUNCTION_CHANGES_INPUT, Verdict.INCONCLUSIVE, changing, gradient, X),
    "f is random": (FailureMode.RANDOM_FUNCTION, Verdict.INCONCLUSIVE, Random(f, 1e-3), gradient, X),
    "f has a state": (FailureMode.STATEFUL_FUNCTION, Verdict.INCONCLUSIVE, Averaging(), lambda x: x, X),
    "the gradient changes x": (FailureMode.GRADIENT_CHANGES_INPUT, Verdict.DISAGREES, f, changing_gradient, X),
    "the gradient is random": (FailureMode.RANDOM_GRADIENT, Verdict.DISAGREES, f, Random(gradient, 1e-3), X),
    "the gradient adds up": (FailureMode.RANDOM_GRADIENT, Verdict.DISAGREES, f, Accumulating(), X),
    "the gradient is of the last forward pass": (
        FailureMode.STATEFUL_GRADIENT,
        Verdict.DISAGREES,
        NET.loss,
        NET.backward,
        X,
    ),
    "no gradient": (FailureMode.WRONG_STRUCTURE, Verdict.DISAGREES, f, lambda _: None, X),
    "another key": (
        FailureMode.WRONG_STRUCTURE,
        Verdict.DISAGREES,
        lambda p: f(p["W"]),
        lambda p: {"w": p["W"]},
        {"W": X},
    ),
    "one array of two": (
        FailureMode.WRONG_STRUCTURE,
        Verdict.DISAGREES,
        lambda a, b: f(a) + f(b),
        lambda a, b: (2 * a,),
        (X, X.copy()),
    ),
    "lists of different lengths": (FailureMode.WRONG_STRUCTURE, Verdict.DISAGREES, f, lambda _: [[1.0], [1.0, 2.0]], X),
    "another shape": (FailureMode.WRONG_SHAPE, Verdict.DISAGREES, f, lambda x: 2 * x[:2], X),
    "a row for a number": (
        FailureMode.WRONG_SHAPE,
        Verdict.DISAGREES,
        lambda x: x**2,
        lambda x: [2 * x],
        np.float64(2.0),
    ),
    "a transposed shape": (
        FailureMode.TRANSPOSED,
        Verdict.DISAGREES,
        f,
        lambda W: 2 * W.T,
        np.arange(6.0).reshape(2, 3),
    ),
    "a bias that is not summed": (
        FailureMode.MISSING_BROADCAST_SUM,
        Verdict.DISAGREES,
        lambda b: np.sum((np.ones((4, 3)) + b) ** 2),
        lambda b: 2 * (np.ones((4, 3)) + b),
        X,
    ),
    "a bias of channels": (
        FailureMode.MISSING_BROADCAST_SUM,
        Verdict.DISAGREES,
        lambda b: np.sum((np.ones((2, 3, 4, 4)) + b[:, None, None]) ** 2),
        lambda b: 2 * (np.ones((2, 3, 4, 4)) + b[:, None, None]),
        X,
    ),
    "complex": (FailureMode.NOT_REAL, Verdict.DISAGREES, f, lambda x: 2j * x, X),
    "NaN where f has a slope": (
        FailureMode.OVERFLOW,
        Verdict.DISAGREES,
        f,
        lambda x: np.where(x < 0, np.nan, 2 * x),
        X,
    ),
    "f ignores x": (FailureMode.UNUSED_ARGUMENT, Verdict.INCONCLUSIVE, lambda _: f(X), gradient, X),
}


@pytest.mark.parametrize(("mode", "verdict", "f", "gradient", "x"), FAULTS.values(), ids=FAULTS)
def test_each_fault_has_its_own_name(mode, verdict, f, gradient, x):
    f, gradient = copy.deepcopy((f, gradient))  # some have a state, which may be of both
    check = check_gradient(f, gradient, x)
    assert check.verdict is verdict, str(check)
    assert mode in [diagnosis.mode for diagnosis in check.diagnoses]
    assert check.diagnoses[0].remedy in " ".join(str(check).split())


HARMLESS = {
    "x itself": (lambda x: np.sum(x**2) / 2, lambda x: x, X),
    "a view of x": (lambda x: np.sum(x * x[::-1]) / 2, lambda x: x[::-1], X),
    "a buffer that is used again": (f, Buffered(), X),
    "a list": (f, lambda x: list(2 * x), X),
    "booleans": (lambda x: np.sum(np.maximum(x, 0)), lambda x: x > 0, X),
    "integers that are right": (np.sum, lambda x: np.ones(3, dtype=int), X),
    "a number": (lambda x: x**2, lambda x: 2 * float(x), 3.0),
    "rounding that is random": (Random(f, 1e-15), Random(gradient, 1e-13), X),
    "float32": (f, lambda x: (2 * x).astype(np.float32), X),
    "one argument, not in a tuple": (f, gradient, (X,)),
    "keys in another order": (
        lambda p: f(p["a"]) + 3 * f(p["b"]),
        lambda p: {"b": 6 * p["b"], "a": 2 * p["a"]},
        {"a": X, "b": X + 1},
    ),
    "an empty array": (lambda a, b: f(a) + f(b), lambda a, b: (2 * a, 2 * b), (X, np.empty((0, 3)))),
}


@pytest.mark.parametrize(("f", "gradient", "x"), HARMLESS.values(), ids=HARMLESS)
def test_what_is_harmless_agrees(f, gradient, x):
    check = check_gradient(f, gradient, x)
    assert check.verdict is Verdict.AGREES, str(check)


def test_a_function_that_changes_its_input_is_compared_all_the_same():
    assert check_gradient(changing, lambda x: -2 * x, X).verdict is Verdict.DISAGREES


def test_what_prevents_agreement_is_named_before_what_is_harmless():
    check = check_gradient(lambda a, b: changing(a) + f(b), lambda a, b: (2 * a, 2 * b), (x := X.copy(), x))
    assert check.verdict is Verdict.INCONCLUSIVE
    assert [note.mode for note in check.diagnoses] == [FailureMode.FUNCTION_CHANGES_INPUT, FailureMode.ALIASED_INPUT]
    assert check.reason == check.diagnoses[0].message


@pytest.mark.parametrize(
    ("check", "product", "mode"),
    [
        (check_vjp, lambda x, u: u, FailureMode.WRONG_SHAPE),
        (check_vjp, lambda x, u: np.full(3, np.inf), FailureMode.OVERFLOW),
        (check_jvp, lambda x, v: v, FailureMode.WRONG_SHAPE),
        (check_jvp, lambda x, v: np.array([np.nan, 1.0]), FailureMode.OVERFLOW),
        (check_jvp, lambda x, v: {"y": v}, FailureMode.WRONG_STRUCTURE),
        (check_jvp, Random(lambda x, v=None: np.ones(2), 1e-3), FailureMode.RANDOM_GRADIENT),
    ],
)
def test_products_are_inspected_too(check, product, mode):
    if isinstance(product, Random):
        inner = product
        product = lambda x, v: inner(x)  # noqa: E731
    found = check(lambda x: x[:2] ** 2, product, X)
    assert found.verdict is Verdict.DISAGREES
    assert found.diagnoses[0].mode is mode


def test_arrays_whose_operators_are_others_are_refused():
    class Matrix(np.ndarray):
        __mul__ = np.ndarray.__matmul__

    class Metres(np.ndarray):
        pass

    assert check_gradient(f, gradient, X.view(Metres)).verdict is Verdict.AGREES
    with pytest.raises(TypeError, match="hold plain arrays but got Matrix"):
        check_gradient(lambda m: np.trace(m * m), lambda m: 2 * m.T, np.ones((2, 2)).view(Matrix))


def test_named_tuples_are_passed_as_such():
    class Layer(NamedTuple):
        W: np.ndarray
        b: float

    check = check_gradient(
        lambda p: np.sum(p["layer"].W ** 2) * p["layer"].b,
        lambda p: {"layer": Layer(2 * p["layer"].W * p["layer"].b, np.sum(p["layer"].W ** 2))},
        {"layer": Layer(X, 2.0)},
    )
    assert check.verdict is Verdict.AGREES
