"""Examples of results that are not shaped, structured or finite as they must be."""

from verification.diagnosis import FailureMode
from verification.examples.template import checked

__all__ = ["EXAMPLES"]

EXAMPLES = {
    FailureMode.WRONG_STRUCTURE: checked("""
def f(params):
    return np.sum(params["W"] ** 2) + np.sum(params["b"])

def gradient(params):  # b is missing
    return {"W": 2 * params["W"]}

x = {"W": np.ones((2, 2)), "b": np.zeros(2)}
"""),
    FailureMode.WRONG_SHAPE: checked("""
def f(x):
    return np.sum(x**2)

def gradient(x):
    return np.append(2 * x, 0.0)

x = np.array([1.0, 2.0])
"""),
    FailureMode.MISSING_BROADCAST_SUM: checked("""
samples = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

def f(b):  # b is added to each row
    return np.sum((samples + b) ** 2)

def gradient(b):  # and not summed over the rows
    return 2 * (samples + b)

x = np.array([0.1, 0.2])
"""),
    FailureMode.NOT_REAL: checked("""
def f(x):
    return np.sum(x**2)

def gradient(x):
    return 2 * x + 0j

x = np.array([1.0, 2.0])
"""),
    FailureMode.OVERFLOW: checked("""
def f(x):  # log(1 + exp(x)), safely
    return np.sum(np.logaddexp(0, x))

def gradient(x):  # exp overflows: inf / inf
    return np.exp(x) / (1 + np.exp(x))

x = np.array([1.0, 1000.0])
"""),
    FailureMode.TRANSPOSED: checked("""
samples, errors = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[0.5, -1.0], [2.0, 1.0]])

def f(W):
    return np.sum((samples @ W) * errors)

def gradient(W):  # samples.T @ errors
    return errors.T @ samples

x = np.zeros((2, 2))
"""),
    FailureMode.TRUNCATED_DTYPE: checked("""
def f(x):
    return np.sum(x**3)

def gradient(x):
    return (3 * x**2).astype(np.float16).astype(np.float64)

x = np.array([1.1, 2.3, 3.7])
"""),
}
