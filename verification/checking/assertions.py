"""The checks as assertions, for tests: what does not agree raises, with the text ready to read."""

from collections.abc import Callable
from typing import Any

from numgrad._validation import expected
from verification.checking.checks import check_gradient, check_jacobian, check_jvp, check_vjp
from verification.checking.gradient_check import GradientCheck

__all__ = ["GradientError", "assert_gradient", "assert_jacobian", "assert_jvp", "assert_vjp", "require_agreement"]


class GradientError(AssertionError):
    """A derivative that does not agree, or of which that cannot be told; ``check`` is what was found.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import GradientError, assert_gradient
    >>> try:
    ...     assert_gradient(lambda x: np.sum(x**2), lambda x: -2 * x, np.array([3.0, 4.0]))
    ... except GradientError as error:
    ...     print(error.check.diagnoses[0].mode.title)
    wrong sign

    """

    def __init__(self, check: GradientCheck) -> None:
        super().__init__(str(check))
        self.check = check

    def __reduce__(self) -> tuple[type["GradientError"], tuple[GradientCheck]]:
        """Return what makes it again in another process, such as a parallel test runner's."""
        return GradientError, (self.check,)


GradientError.__module__ = "verification"  # as it is imported, and pytest names it


def assert_gradient(
    f: Callable[..., Any], gradient: Callable[..., Any], x: Any, *, seed: int = 0, subgradient: str = "refuse"
) -> GradientCheck:
    """Raise unless :func:`verification.check_gradient` finds that the gradient agrees; return the check.

    Parameters
    ----------
    f, gradient, x, seed: as for :func:`verification.check_gradient`.
    subgradient: "accept" lets what is claimed at a kink pass if it lies within the slopes of f about it.

    Raises
    ------
    GradientError: the gradient disagrees, or it cannot be told whether it agrees; an AssertionError.
    ValueError: ``subgradient`` is none of those; and what :func:`verification.check_gradient` raises.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import assert_gradient
    >>> check = assert_gradient(lambda x: np.abs(x).sum(), np.sign, np.array([0.0, 2.0]), subgradient="accept")
    >>> check.is_subgradient
    True

    """
    __tracebackhide__ = True
    return require_agreement(check_gradient, f, gradient, x, seed=seed, subgradient=subgradient)


def assert_vjp(
    f: Callable[..., Any], vjp: Callable[..., Any], x: Any, *, seed: int = 0, subgradient: str = "refuse"
) -> GradientCheck:
    """Raise unless :func:`verification.check_vjp` finds that the product agrees; as :func:`assert_gradient`.

    Parameters
    ----------
    f, vjp, x, seed: as for :func:`verification.check_vjp`.
    subgradient: as for :func:`assert_gradient`.

    Raises
    ------
    GradientError, ValueError: as :func:`assert_gradient`; and what :func:`verification.check_vjp` raises.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import assert_vjp
    >>> bool(assert_vjp(lambda x: x**2, lambda x, cotangent: 2 * x * cotangent, np.array([1.0, 2.0])))
    True

    """
    __tracebackhide__ = True
    return require_agreement(check_vjp, f, vjp, x, seed=seed, subgradient=subgradient)


def assert_jvp(
    f: Callable[..., Any], jvp: Callable[..., Any], x: Any, *, seed: int = 0, subgradient: str = "refuse"
) -> GradientCheck:
    """Raise unless :func:`verification.check_jvp` finds that the product agrees; as :func:`assert_gradient`.

    Parameters
    ----------
    f, jvp, x, seed: as for :func:`verification.check_jvp`.
    subgradient: as for :func:`assert_gradient`.

    Raises
    ------
    GradientError, ValueError: as :func:`assert_gradient`; and what :func:`verification.check_jvp` raises.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import assert_jvp
    >>> bool(assert_jvp(lambda x: x**2, lambda x, tangent: 2 * x * tangent, np.array([1.0, 2.0])))
    True

    """
    __tracebackhide__ = True
    return require_agreement(check_jvp, f, jvp, x, seed=seed, subgradient=subgradient)


def assert_jacobian(
    f: Callable[..., Any], jacobian: Callable[..., Any], x: Any, *, seed: int = 0, subgradient: str = "refuse"
) -> GradientCheck:
    """Raise unless :func:`verification.check_jacobian` finds that it agrees; as :func:`assert_gradient`.

    Parameters
    ----------
    f, jacobian, x, seed: as for :func:`verification.check_jacobian`.
    subgradient: as for :func:`assert_gradient`.

    Raises
    ------
    GradientError, ValueError: as :func:`assert_gradient`; and what :func:`verification.check_jacobian` raises.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import assert_jacobian
    >>> bool(assert_jacobian(lambda x: x**2, lambda x: np.diag(2 * x), np.array([1.0, 2.0])))
    True

    """
    __tracebackhide__ = True
    return require_agreement(check_jacobian, f, jacobian, x, seed=seed, subgradient=subgradient)


def require_agreement(
    check: Callable[..., GradientCheck], /, *args: Any, subgradient: str = "refuse", **options: Any
) -> GradientCheck:
    """Return the check of some arguments if it agrees, or is that of a subgradient, and these are accepted."""
    __tracebackhide__ = True  # pytest shows the text alone
    if subgradient not in ("accept", "refuse"):
        reason, remedy = "it decides on a valid subgradient", 'Pass subgradient="accept" to let it pass.'
        raise expected("subgradient", 'be "accept" or "refuse"', repr(subgradient), reason, remedy)
    found = check(*args, **options)
    if not (found or (subgradient == "accept" and found.is_subgradient)):
        raise GradientError(found)
    return found
