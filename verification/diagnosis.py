"""What is wrong with a gradient: failure modes by name, and how to tell them apart."""

from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FailureMode", "diagnose_batch_gradient"]

Array = NDArray[Any]


class FailureMode(Enum):
    """A way in which a gradient goes wrong; each member is its name, why it happens, and the remedy."""

    REDUCED_OUTPUT = (
        "reduced output",
        "f returns one number for the whole batch, so every row receives the slope of the batch total.",
        "Return each row's value, or differentiate entry by entry with numerical_gradient.",
    )
    COUPLED_ROWS = (
        "coupled rows",
        "row i of f looks at other rows, and shifting all rows at once adds up what they do to one another.",
        "Differentiate entry by entry with numerical_gradient.",
    )
    SHARED_PARAMETER = (
        "shared parameter",
        "X is a weight whose rows are not samples: all of them act on one loss, and each receives their sum.",
        "Differentiate a parameter entry by entry with numerical_gradient.",
    )
    ONE_SAMPLE_FUNCTION = (
        "one-sample function",
        "f was written for one sample, so it reads rows of the batch as coordinates; the shapes fit by chance or not.",
        "Apply f row by row with numerical_gradient_batch.",
    )
    KEPT_DIMENSION = (
        "kept dimension",
        "f returns shape (N, 1), which does not fit a column of the gradient.",
        "Return f(X)[:, 0], or sum without keepdims.",
    )
    INTEGER_INPUT = (
        "integer input",
        "an integer array cannot hold x + h: the step is rounded away or refused.",
        "Pass X.astype(float).",
    )
    INPUT_NOT_RESTORED = (
        "1-D input not restored",
        "x[dim] is never put back: later partials are taken at a shifted point, and x comes back changed.",
        "Put x[dim] back after each difference.",
    )
    MORE_DIMENSIONS = (
        "more than two dimensions",
        "a whole slab of X is shifted at once, so its entries receive one sum or do not fit.",
        "Shift one entry of each sample at a time.",
    )
    LOW_PRECISION = (
        "low precision",
        "the rounding of float32 (or less), divided by h, leaves three digits or none.",
        "Take the differences in float64.",
    )
    DOMAIN_EDGE = (
        "edge of the domain",
        "x - h or x + h is outside the domain of f, where f is NaN or inf.",
        "Use a smaller h, or move x away from the edge.",
    )

    def __init__(self, title: str, explanation: str, remedy: str) -> None:
        self.title = title
        self.explanation = explanation
        self.remedy = remedy


def diagnose_batch_gradient(f: Callable[[Array], Any], X: Array, h: float = 1e-4) -> FailureMode | None:
    """Name what makes it wrong to differentiate ``f`` at ``X`` by shifting whole columns; None if nothing does.

    First the array is looked at, then the values beside it, then how they answer when rows are moved or
    swapped at a nearby point where no two rows are alike: a total of samples does not care about their
    order, a loss of a weight does; values of samples move with their rows, even when rows are coupled.

    Parameters
    ----------
    f: what was handed to the batch gradient.
    X: at what; is not changed.
    h: the step.

    """
    if X.dtype.kind in "biu":
        return FailureMode.INTEGER_INPUT
    if X.dtype.itemsize < np.dtype(np.float64).itemsize:
        return FailureMode.LOW_PRECISION
    if X.ndim == 1:
        return FailureMode.INPUT_NOT_RESTORED
    if X.ndim > 2:
        return FailureMode.MORE_DIMENSIONS
    return _diagnose_values(f, X, h)


def _diagnose_values(f: Callable[[Array], Any], X: Array, h: float) -> FailureMode | None:
    with np.errstate(all="ignore"):
        values, at_steps = np.asarray(f(X.copy())), (f(X + h), f(X - h))
    if np.isfinite(values).all() and not np.isfinite(at_steps).all():
        return FailureMode.DOMAIN_EDGE
    if values.shape == (len(X), 1):
        return FailureMode.KEPT_DIMENSION
    # Irregular, so that rows and columns differ; of about h, so that f is what it is at X.
    nearby = X + h * np.random.default_rng(0).uniform(-1, 1, X.shape)
    if values.shape == ():
        same_total = _alike(f(np.roll(nearby, 1, axis=0)), f(nearby))
        return FailureMode.REDUCED_OUTPUT if same_total else FailureMode.SHARED_PARAMETER
    if not _depends_on_other_rows(f, nearby):
        return None
    if values.shape == X.shape[1:] and _values_follow_columns(f, nearby):
        return FailureMode.ONE_SAMPLE_FUNCTION
    rolled = np.roll(f(nearby), 1, axis=0)
    return FailureMode.COUPLED_ROWS if _alike(f(np.roll(nearby, 1, axis=0)), rolled) else FailureMode.SHARED_PARAMETER


def _depends_on_other_rows(f: Callable[[Array], Any], X: Array) -> bool:
    values = np.asarray(f(X))
    if len(values) != len(X):
        return True
    step = np.linspace(0.5, 1.0, X.shape[1])  # another one in each column, so that no difference of two hides it
    for row in range(len(X)):
        moved = X.copy()
        moved[row] += step
        others = np.arange(len(X)) != row
        if not _alike(np.asarray(f(moved))[others], values[others]):
            return True
    return False


def _values_follow_columns(f: Callable[[Array], Any], X: Array) -> bool:
    """Return whether value k is computed from column k alone."""
    values = np.asarray(f(X))
    for column in range(X.shape[1]):
        moved = X.copy()
        moved[:, column] += 1
        others = np.arange(X.shape[1]) != column
        if not _alike(np.asarray(f(moved))[others], values[others]):
            return False
    return True


def _alike(a: Any, b: Any) -> bool:
    """Return whether two results differ by no more than a sum taken in another order rounds."""
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and bool(
        (np.abs(a - b) <= 64 * np.finfo(np.float64).eps * np.abs(b).max(initial=0)).all()
    )
