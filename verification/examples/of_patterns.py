"""Examples of gradients in which entries are wrong that have something in common."""

from verification.diagnosis import FailureMode
from verification.examples.template import checked

__all__ = ["EXAMPLES"]

EXAMPLES = {
    FailureMode.SHIFTED_INDEX: checked("""
weights = np.array([1.0, 2.0, 4.0, 7.0])

def f(x):
    return np.sum(weights * x**2)

def gradient(x):  # off by one
    return np.roll(2 * weights * x, 1)

x = np.array([0.5, 1.5, -1.0, 2.0])
"""),
    FailureMode.WRONG_AXIS: checked("""
def f(x):  # each row times its number
    return np.sum(x**2 * np.arange(1, 4)[:, np.newaxis])

def gradient(x):  # rows from the last to the first
    return np.flip(2 * x * np.arange(1, 4)[:, np.newaxis], axis=0)

x = np.array([[0.5, 1.0], [2.0, -1.0], [3.0, 0.2]])
"""),
    FailureMode.ZERO_BLOCK: checked("""
def f(W, b):
    return np.sum(np.tanh(W) + b**2)

def gradient(W, b):  # b was detached
    return 1 - np.tanh(W) ** 2, np.zeros_like(b)

x = (np.array([0.3, 1.2]), np.array([1.0, 2.0]))
"""),
    FailureMode.WRONG_SLICE: checked("""
def f(x):
    return np.sum(np.sin(x))

def gradient(x):  # the loop starts at the second row
    found = np.cos(x)
    found[0] = 1.0
    return found

x = np.array([[0.3, 1.2, -0.7], [2.0, 0.1, 0.4], [1.0, 1.5, -2.0]])
"""),
    FailureMode.WRONG_ENTRIES: checked("""
def f(x):
    return np.sum(np.sin(x))

def gradient(x):
    found = np.cos(x)
    found[[2, 7]] = [0.3, -1.7]
    return found

x = np.linspace(0.1, 2.0, 10)
"""),
    FailureMode.BRANCH: checked("""
def f(x):  # leaky below 0
    return np.sum(np.where(x > 0, x**2, 0.1 * x**2))

def gradient(x):
    return np.where(x > 0, 2 * x, 0.1 * x)

x = np.array([0.5, -1.0, 2.0, -0.3, 1.5, -2.0])
"""),
}
