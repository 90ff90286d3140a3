"""Examples of what is wrong with a batch gradient."""

from verification.diagnosis import FailureMode
from verification.examples.template import checked

__all__ = ["EXAMPLES"]

DIAGNOSED = """
import numpy as np
from verification import diagnose_batch_gradient

{}
# what would go wrong if f were differentiated by shifting whole columns, as v2 does
print(diagnose_batch_gradient(f, X).title)
"""


def _diagnosed(code: str) -> str:
    return DIAGNOSED.format(code.strip() + "\n")


def _checked(code: str) -> str:
    return checked(code, check="check_batch_gradient", at="X")


EXAMPLES = {
    FailureMode.REDUCED_OUTPUT: _diagnosed("""
def f(X):  # one number for the whole batch
    return np.sum(X**2)

X = np.array([[1.0, 2.0], [3.0, 4.0]])
"""),
    FailureMode.COUPLED_ROWS: _diagnosed("""
def f(X):  # a row is compared with the mean of all rows
    return np.sum((X - X.mean(axis=0)) ** 2, axis=1)

X = np.array([[1.0, 2.0], [3.0, 5.0]])
"""),
    FailureMode.SHARED_PARAMETER: _diagnosed("""
samples = np.array([[1.0, 2.0], [0.5, -1.0]])

def f(W):  # the rows of a weight are no samples
    return np.mean(np.tanh(samples @ W))

X = np.array([[0.1, 0.2], [0.3, -0.4]])
"""),
    FailureMode.ONE_SAMPLE_FUNCTION: _diagnosed("""
def f(x):  # written for one sample: x[0] of a batch is its first row
    return x[0] ** 2 + x[1] ** 2

X = np.array([[1.0, 2.0], [3.0, 4.0]])
"""),
    FailureMode.KEPT_DIMENSION: _diagnosed("""
def f(X):
    return np.sum(X**2, axis=1, keepdims=True)

X = np.array([[1.0, 2.0], [3.0, 4.0]])
"""),
    FailureMode.INTEGER_INPUT: _diagnosed("""
def f(X):
    return np.sum(X**2, axis=1)

X = np.array([[1, 2], [3, 4]])
"""),
    FailureMode.INPUT_NOT_RESTORED: _diagnosed("""
def f(x):  # one sample: v2 moves x itself, and leaves it moved
    return np.sum(x**3)

X = np.array([1.0, 2.0])
"""),
    FailureMode.MORE_DIMENSIONS: _diagnosed("""
def f(X):
    return np.sum(X**2, axis=(1, 2))

X = np.arange(8.0).reshape(2, 2, 2)
"""),
    FailureMode.LOW_PRECISION: _diagnosed("""
def f(X):
    return np.sum(X**2, axis=1)

X = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)
"""),
    FailureMode.DOMAIN_EDGE: _diagnosed("""
def f(X):
    return np.sum(np.log(X), axis=1)

X = np.array([[0.5, 1e-5]])  # x - 1e-4 has no logarithm
"""),
    FailureMode.COLUMN_AT_A_TIME: _checked("""
def f(X):
    return np.sum(X**2, axis=1)

def gradient(X):  # each row gets the sum over all rows
    return np.tile((2 * X).sum(axis=0), (len(X), 1))

X = np.array([[1.0, 2.0], [3.0, 5.0]])
"""),
    FailureMode.MIXED_ROWS: _checked("""
def f(X):
    return np.sum(X**2, axis=1)

def gradient(X):  # rows in another order
    return 2 * X[::-1]

X = np.array([[1.0, 2.0], [3.0, 5.0], [0.5, 1.0]])
"""),
}
