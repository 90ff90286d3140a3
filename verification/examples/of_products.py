"""Examples of products with a cotangent or tangent, and of Jacobians."""

from verification.diagnosis import FailureMode
from verification.examples.template import checked

__all__ = ["EXAMPLES"]


def _vjp(code: str) -> str:
    return checked(code, check="check_vjp", claim="vjp")


EXAMPLES = {
    FailureMode.IGNORED_COTANGENT: _vjp("""
def f(x):
    return np.tanh(x)

def vjp(x, cotangent):
    return 1 - np.tanh(x) ** 2

x = np.array([0.3, 1.2])
"""),
    FailureMode.NONLINEAR_PRODUCT: _vjp("""
def f(x):
    return np.tanh(x)

def vjp(x, cotangent):
    return np.abs(cotangent) * (1 - np.tanh(x) ** 2)

x = np.array([0.3, 1.2])
"""),
    FailureMode.NOT_HOLOMORPHIC: """
import numpy as np
from verification import check_jacobian

def f(z):
    return z * z.conj()

def jacobian(z):
    return np.diag(z.conj())

print(check_jacobian(f, jacobian, np.array([1 + 2j, 3 - 1j])))
""",
}
