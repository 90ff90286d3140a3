"""Examples of what keeps values from being compared."""

from verification.diagnosis import FailureMode
from verification.examples.template import checked

__all__ = ["EXAMPLES"]

EXAMPLES = {
    FailureMode.NOT_FINITE_INPUT: checked("""
def f(x):
    return np.nansum(x**2)

def gradient(x):
    return 2 * x

x = np.array([1.0, np.nan])
"""),
    FailureMode.ALIASED_INPUT: checked("""
def f(x, y):
    return np.sum(x * y)

def gradient(x, y):
    return y, x

weight = np.array([1.0, 2.0])
x = (weight, weight)  # one array twice
"""),
    FailureMode.UNUSED_ARGUMENT: checked("""
weight = np.array([1.0, 2.0])

def f(x):  # reads the weight, not its argument
    return np.sum(weight**2)

def gradient(x):
    return 2 * x

x = weight
"""),
    FailureMode.NOT_FINITE_VALUE: checked("""
def f(x):
    return np.sum(np.log(x))

def gradient(x):
    return 1 / x

x = np.array([1.0, -1.0])
"""),
    FailureMode.FUNCTION_CHANGES_INPUT: checked("""
def f(x):
    x -= x.max()  # in place
    return np.sum(np.exp(x))

def gradient(x):
    e = np.exp(x - x.max())
    return e - e.sum() * (x == x.max())

x = np.array([1.0, 2.0])
"""),
    FailureMode.CALLER_CHANGED: checked("""
x = np.array([1.0, 2.0])

def f(point):
    x[0] += 1  # the array of the caller, not the argument
    return np.sum(point**2)

def gradient(point):
    return 2 * point
"""),
    FailureMode.RANDOM_FUNCTION: checked("""
rng = np.random.default_rng(0)

def f(x):  # dropout
    return np.sum(x * (rng.random(x.shape) < 0.5))

def gradient(x):
    return 0.5 + 0 * x

x = np.array([1.0, 2.0, 3.0])
"""),
    FailureMode.STATEFUL_FUNCTION: checked("""
largest = 0.0

def f(x):  # normalises by the largest that it has ever seen
    global largest
    largest = max(largest, np.abs(x).max())
    return np.sum(x**2) / largest

def gradient(x):
    return 2 * x / 2.0

x = np.array([1.0, 2.0])
"""),
    FailureMode.GRADIENT_CHANGES_INPUT: checked("""
def f(x):
    return np.sum(x**2)

def gradient(x):
    x *= 2  # in place
    return x

x = np.array([1.0, 2.0])
"""),
    FailureMode.RANDOM_GRADIENT: checked("""
total = np.zeros(2)

def f(x):
    return np.sum(x**2)

def gradient(x):  # adds to what was there before
    global total
    total = total + 2 * x
    return total

x = np.array([1.0, 2.0])
"""),
    FailureMode.STATEFUL_GRADIENT: checked("""
kept = None

def f(x):
    global kept
    kept = x  # for the backward pass
    return np.sum(x**2)

def gradient(x):  # of whatever f was called with last
    return 2 * kept

x = np.array([1.0, 2.0])
"""),
    FailureMode.UNTOLD: """
import numpy as np
from verification import GradientError, find_counterexample
from verification.strategies import near_kinks

def f(x):
    return np.sum(np.sign(x - 1))  # flat, but where it jumps

def gradient(x):
    return np.zeros_like(x)

try:
    find_counterexample(f, gradient, near_kinks((2,), at=1), max_examples=10, seed=0)
except GradientError as error:
    print(error)
""",
}
