"""What the lessons of numgrad ask of a verification; they find this module by the entry point ``numgrad.lessons``."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from verification._typing import Array
from verification.checking import check_gradient
from verification.diagnosis import FailureMode
from verification.relations import check_batch_gradient

__all__ = ["batch_verdict", "descend_by_autograd", "failure_mode", "verdict"]


def verdict(f: Callable[..., Any], gradient: Callable[..., Any], x: Any) -> dict[str, Any]:
    """Return what a check of a gradient says, as JSON has it, and its text.

    >>> import numpy as np
    >>> verdict(lambda x: np.sum(x**2), lambda x: 2 * x, np.array([1.0, 2.0]))["verdict"]
    'AGREES'
    """
    check = check_gradient(f, gradient, x)
    return {**check.to_dict(), "text": str(check)}


def batch_verdict(f: Callable[..., Any], batch_gradient: Callable[..., Any], X: Array) -> dict[str, Any]:
    """Return what a check of a batch gradient by relations alone says, likewise.

    >>> import numpy as np
    >>> batch_verdict(lambda X: np.sum(X**2, axis=1), lambda X: 2 * X, np.array([[1.0, 2.0], [3.0, 4.0]]))["verdict"]
    'AGREES'
    """
    check = check_batch_gradient(f, batch_gradient, X)
    return {**check.to_dict(), "text": str(check)}


def failure_mode(name: str) -> dict[str, str]:
    """Return the title and the explanation of a failure mode.

    >>> failure_mode("REDUCED_OUTPUT")["title"]
    'reduced output'
    """
    mode = FailureMode[name]
    return {"title": mode.title, "explanation": mode.explanation}


def descend_by_autograd(
    params: dict[str, Array], batches: Iterable[tuple[Array, Array]], learning_rate: float
) -> Iterator[dict[str, Array]]:
    """Yield the parameters of a two-layer net after each step of PyTorch's SGD.

    Raises
    ------
    ModuleNotFoundError: torch is not installed.

    """
    from verification.torch_oracle import sgd, single_thread  # noqa: PLC0415 - torch is an extra

    def steps() -> Iterator[dict[str, Array]]:
        with single_thread():  # its other threads would be in the way of whoever trains beside it
            yield from sgd(params, batches, learning_rate)

    return steps()
