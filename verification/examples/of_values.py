"""Examples of gradients that are wrong as a whole."""

from verification.diagnosis import FailureMode
from verification.examples.template import checked

__all__ = ["EXAMPLES"]

EXAMPLES = {
    FailureMode.WRONG_SIGN: checked("""
target = np.array([1.0, 0.0])

def f(y):
    return np.sum((y - target) ** 2) / 2

def gradient(y):
    return target - y

x = np.array([0.5, 2.0])
"""),
    FailureMode.CONSTANT_FACTOR: checked("""
target = np.array([1.0, 0.0])

def f(y):
    return np.sum((y - target) ** 2)

def gradient(y):  # the 2 is forgotten
    return y - target

x = np.array([0.5, 2.0])
"""),
    FailureMode.MISSING_BATCH_MEAN: checked("""
samples = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 1.0]])

def f(w):
    return np.mean((samples @ w) ** 2)

def gradient(w):  # sums over the samples
    return 2 * samples.T @ (samples @ w)

x = np.array([0.3, -0.7])
"""),
    FailureMode.EXTRA_BATCH_MEAN: checked("""
samples = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 1.0]])

def f(w):
    return np.sum((samples @ w) ** 2)

def gradient(w):  # divides by the number of samples, which f does not
    return 2 * samples.T @ (samples @ w) / len(samples)

x = np.array([0.3, -0.7])
"""),
    FailureMode.SWAPPED_ARGUMENTS: checked("""
def f(a, b):
    return np.sum(a**2 * b)

def gradient(a, b):
    return a**2, 2 * a * b

x = (np.array([1.0, 2.0]), np.array([3.0, 5.0]))
"""),
    FailureMode.OTHER_ARGUMENT: checked("""
def f(a, b):
    return np.sum(a**2 * b)

def gradient(a, b):
    return 2 * a * b, 2 * a * b

x = (np.array([1.0, 2.0]), np.array([3.0, 5.0]))
"""),
    FailureMode.DROPPED_TERM: checked("""
def f(x):
    return np.sum(np.sin(x)) + 0.1 * np.sum(x**2)

def gradient(x):  # without that of the penalty
    return np.cos(x)

x = np.array([0.3, 1.2, -0.7])
"""),
    FailureMode.EXTRA_TERM: checked("""
def f(x):
    return np.sum(np.sin(x))

def gradient(x):  # with that of a penalty, which f does not have
    return np.cos(x) + 0.2 * x

x = np.array([0.3, 1.2, -0.7])
"""),
    FailureMode.MISSING_CHAIN_FACTOR: checked("""
def f(x):
    return np.sum(np.tanh(x) ** 2)

def gradient(x):  # times 1 - tanh(x)**2
    return 2 * np.tanh(x)

x = np.array([0.3, 1.2, -0.7])
"""),
    FailureMode.STALE_POINT: checked("""
weights, learning_rate = np.array([1.0, 2.0, 4.0]), 0.05

def f(x):
    return np.sum(weights * x**2)

def gradient(x):  # of the point before the step that led to x
    before = x / (1 - 2 * learning_rate * weights)
    return 2 * weights * before

x = np.array([0.5, 1.5, -1.0])
"""),
    FailureMode.UNCHANGING: checked("""
def f(x):
    return np.sum(np.exp(x) * np.arange(1, 5))

cached = np.array([2.0, 1.0, 4.0, 3.0])

def gradient(x):
    return cached

x = np.array([0.3, 0.1, -0.2, 0.5])
"""),
    FailureMode.CONJUGATE: checked("""
def f(z):
    return np.sum(np.abs(z) ** 2)

def gradient(z):  # as JAX and autograd return it
    return 2 * z.conj()

x = np.array([1 + 2j, 3 - 1j])
"""),
    FailureMode.OUTSIDE_SUBGRADIENTS: checked("""
def f(x):
    return np.max(x)

def gradient(x):  # each of two largest entries gets a whole 1
    return (x == x.max()).astype(float)

x = np.array([2.0, 2.0, 1.0])
"""),
    FailureMode.UNKNOWN: checked("""
def f(x):
    return np.sum(np.sin(x) * np.arange(1, 5))

def gradient(x):
    return np.array([2.0, -1.5, 0.25, 7.0]) * x**2 + np.exp(x)

x = np.array([0.3, 1.2, -0.7, 2.0])
"""),
}
