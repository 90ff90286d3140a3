"""What derivatives refuse, warn of, and pass on."""

import math

import numpy as np
import pytest

from numgrad import derivative, directional_derivative, gradient, jacobian


def test_f_that_changes_an_array_that_is_not_moved_is_refused():
    def f(p):
        if p["a"][0] != 1:
            p["b"] += 1
        return p["a"][0] + p["b"][0]

    with pytest.raises(ValueError, match=r"x\['b'\] changed by f"):
        gradient(f, {"a": np.ones(1), "b": np.ones(1)})


@pytest.mark.parametrize("x", [np.ones(2), (np.ones(2), np.ones(3)), {"W": np.ones(2)}], ids=["array", "tuple", "dict"])
def test_who_reads_x_from_elsewhere_is_told(x):
    outside = np.ones(2)
    with pytest.warns(UserWarning, match="f does not use its argument"):
        gradient(lambda *_: np.sum(outside**2), x)


def test_what_f_raised_is_not_lost():
    def f(x):
        if x != 1:
            raise ValueError("a mistake in f")
        return x

    with pytest.raises(ValueError, match="have values above and below x") as refusal:
        derivative(f, 1.0)
    assert str(refusal.value.__cause__) == "a mistake in f"


def test_stop_iteration_is_raised_as_it_is():
    values = iter([1.0, 1.0])
    with pytest.raises(StopIteration):
        derivative(lambda _: next(values), 1.0)


def test_a_constant_that_looks_at_its_argument_is_no_one_to_warn():
    assert derivative(lambda x: 0 * x + 3, 2.0).value == 0
    assert derivative(lambda x: 3.0 if isinstance(x, float) else 4.0, 2.0).value == 0
    assert jacobian(lambda x: np.array([1.0, 0 * x[0]]), np.ones(2)).value.shape == (2, 2)


class Counter:
    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return float(np.sum(x)) + 1e-3 * self.calls


def changing(x):
    x += 1
    return np.sum(x)


REFUSED = {
    "integers": (lambda: gradient(np.sum, np.arange(3)), TypeError, "Expected x to hold floats"),
    "an integer": (lambda: derivative(math.sin, 3), TypeError, "Expected x to hold floats"),
    "NaN": (lambda: gradient(np.sum, np.array([1.0, np.nan])), ValueError, r"x\[1\] = nan"),
    "complex f": (lambda: derivative(lambda x: 1j * x, 1.0), TypeError, "Return the real or the imaginary part"),
    "None": (lambda: derivative(lambda _: None, 1.0), TypeError, "Let f return its value"),
    "no value at x": (lambda: derivative(np.log, -1.0), ValueError, "Move x into the domain of f"),
    "an array": (lambda: gradient(np.sin, np.ones(2)), ValueError, "Sum inside f, or call jacobian"),
    "random": (lambda: derivative(lambda x: x + np.random.default_rng().normal(), 1.0), ValueError, "same value twice"),
    "state": (lambda: gradient(Counter(), np.ones(2)), ValueError, "f is random or keeps a state"),
    "changed": (lambda: gradient(changing, np.ones(2)), ValueError, "x changed by f"),
    "array x": (lambda: derivative(np.sum, np.ones(2)), ValueError, "Call gradient or jacobian"),
    "outside": (lambda: derivative(math.sin, 2.0, domain=(0, 1)), ValueError, "Expected x to lie in the domain"),
    "no domain": (lambda: derivative(math.sin, 2.0, domain=(3, 1)), ValueError, "have low < high"),
    "domain": (lambda: derivative(math.sin, 2.0, domain=3), ValueError, "be a pair"),
    "method": (
        lambda: derivative(math.sin, 2.0, method="complex"),
        ValueError,
        "be one of 'central', 'forward', 'backward'",
    ),
    "an array as method": (lambda: derivative(math.sin, 2.0, method=np.ones(2)), ValueError, "be one of"),
    "a list of dicts": (lambda: derivative(lambda p: p[0]["a"], [{"a": 1.0}]), ValueError, "Call gradient or jacobian"),
    "denormals": (
        lambda: directional_derivative(np.sum, np.ones(2), np.full(2, 1e-310)),
        ValueError,
        "not be zero but got no entry of 2e-308 or more",
    ),
    "a short list": (
        lambda: gradient(lambda p: p[0] + p[1], [np.ones(()), np.ones(())], domain=([0.0, {}], 2)),
        TypeError,
        "domain's low",
    ),
    "accuracy": (lambda: derivative(math.sin, 2.0, accuracy=-1), ValueError, "Expected accuracy"),
    "few": (lambda: derivative(math.sin, 2.0, max_evaluations=5), ValueError, "at least 13"),
    "direction": (lambda: directional_derivative(np.sum, np.ones(2), np.ones(3)), ValueError, "the shapes of x"),
    "zero": (lambda: directional_derivative(np.sum, np.ones(2), np.zeros(2)), ValueError, "not be zero"),
    "infinite": (lambda: directional_derivative(np.sum, np.ones(2), [1, np.inf]), ValueError, "be finite"),
    "other keys": (
        lambda: gradient(lambda p: p["a"], {"a": 1.0}, domain=({"b": 0}, 2)),
        ValueError,
        "Expected domain's low to have the keys of x but got no 'a', and 'b' besides",
    ),
    "other shapes": (lambda: gradient(np.sum, np.ones(2), domain=(np.zeros(3), 2)), ValueError, "the shape of x"),
    "words": (lambda: derivative(math.exp, 1.0, domain=("a", 2)), TypeError, "hold real numbers"),
    "alone": (
        lambda: derivative(lambda x: 1.0 if x == 3 else math.nan, 3.0),
        ValueError,
        "have values above and below",
    ),
    "one side": (lambda: derivative(math.asin, 1.0, method="forward"), ValueError, "have values above x"),
    "nothing": (lambda: gradient(lambda _: 1.0, {}), ValueError, "hold at least one array"),
}


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_derivative_is_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_what_f_raises_at_x_is_raised():
    with pytest.raises(ZeroDivisionError):
        derivative(lambda x: 1 / float(x), 0.0)


def test_another_error_than_of_the_domain_is_raised():
    with pytest.raises(KeyError):
        derivative(lambda x: {1.0: 0.0}[x], 1.0)
