"""Relations that the gradient of a batch must keep: they need no oracle, and no differences."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from numgrad._validation import as_array, as_floats, expected, require_batch
from verification._typing import Array
from verification.checking import GradientCheck, first_found, require_agreement
from verification.comparison import Verdict, compare
from verification.diagnosis import FailureMode, diagnose_batch_gradient
from verification.measurement import granted
from verification.purity import fault

__all__ = ["assert_batch_gradient", "check_batch_gradient"]

QUOTIENT = 1e8
"""A gradient by differences with a step of 1e-8 or more holds so many roundings of f."""

ROUNDINGS = 64
"""A gradient in low precision may be off by so many roundings of its largest entry."""

CALL = "check_batch_gradient(f, batch_gradient, X)"

BatchGradient = Callable[[Array], Any]


def check_batch_gradient(f: Callable[[Array], Any], batch_gradient: BatchGradient, X: Any) -> GradientCheck:
    """Say whether the gradient of a batch keeps the relations that it must keep, whatever f is.

    It is that of the rows by themselves, stacked; rows that are permuted permute it; a row that is repeated, or another
    that is appended, leaves the others as they are. Where f takes the mean over the batch, all are divided by the
    number of rows. No derivative is looked at: a factor or sign that all rows have goes unseen, and needs
    :func:`verification.check_gradient`.

    Parameters
    ----------
    f: maps a batch (N, ...) to one value a row, or to their total or mean; or one sample to a number.
    batch_gradient: maps a batch to its gradient, of the shape of the batch.
    X: the batch, (N, ...).

    Returns
    -------
    :class:`verification.GradientCheck`: false if a relation does not hold, with the mode of failure, or if none can be
    looked at: of one row, or where f couples the rows or takes no other batch.

    Raises
    ------
    ValueError: X is a single number or empty. What f raises at X is passed on, if it takes no single row either.

    Examples
    --------
    >>> import numpy as np
    >>> from numgrad.flawed import numerical_gradient_batch_v2
    >>> from verification import check_batch_gradient
    >>> X = np.array([[1.0, 2.0], [3.0, 5.0]])
    >>> rows, total = lambda X: np.sum(X**2, axis=1), lambda X: np.sum(X**2)
    >>> bool(check_batch_gradient(rows, lambda X: numerical_gradient_batch_v2(rows, X), X))
    True
    >>> check_batch_gradient(total, lambda X: numerical_gradient_batch_v2(total, X), X).diagnoses[0].mode.title
    'reduced output'

    """
    array = as_array("X", X)
    if array.ndim == 0:
        reason, remedy = "a batch is a stack of samples", "Pass X with a row a sample."
        raise expected("X", "have shape (N, ...)", "a single number", reason, remedy)
    return _Relations(f, batch_gradient, require_batch("X", array)).check()


def assert_batch_gradient(f: Callable[[Array], Any], batch_gradient: BatchGradient, X: Any) -> GradientCheck:
    """Raise unless :func:`check_batch_gradient` finds that all relations hold; return the check.

    Raises
    ------
    GradientError: a relation does not hold, or none can be looked at; an AssertionError.
    ValueError: X is a single number or empty.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import assert_batch_gradient
    >>> X = np.array([[1.0, 2.0], [3.0, 5.0]])
    >>> bool(assert_batch_gradient(lambda X: np.sum(X**2, axis=1), lambda X: 2 * X, X))
    True

    """
    return require_agreement(check_batch_gradient, f, batch_gradient, X)


@dataclass(frozen=True)
class _Value:
    """What a function has returned, or what it has raised."""

    array: Array | None
    error: Exception | None = None

    @classmethod
    def of(cls, function: Callable[[Array], Any], X: Array) -> "_Value":
        """Return what a function makes of a copy."""
        try:
            with np.errstate(all="ignore"):
                return cls(as_floats("the result", function(X.copy())).copy())
        except Exception as error:  # noqa: BLE001 - whatever it does to a batch that it was not written for
            return cls(None, error)


class _Relations:
    """The gradient of a batch, and what it becomes of other batches made of the same rows."""

    def __init__(self, f: Callable[[Array], Any], batch_gradient: BatchGradient, X: Array) -> None:
        self.f, self.batch_gradient, self.given = f, batch_gradient, X
        self.X = X.astype(np.float64) if X.dtype.kind in "biu" else X.copy()
        self.value = _Value.of(f, self.X)
        if self.value.error is not None and _Value.of(f, self.X[0]).array is None:
            raise self.value.error
        self.gradient = np.empty(0)

    def check(self) -> GradientCheck:
        """Return the verdict: on the gradient of the batch alone, then on its relations to others."""
        found = first_found(self._integers, self._changes, self._result, self._precision, self._related)
        if found is not None:
            return found
        reason = "every relation holds that can be looked at; a factor or sign of all rows is not seen by them."
        return GradientCheck(Verdict.AGREES, reason, call=CALL)

    def _ruled(self, verdict: Verdict, mode: FailureMode, got: str) -> GradientCheck:
        found = fault(mode, got=got)
        return GradientCheck(verdict, found.message, (found,), call=CALL)

    def _integers(self) -> GradientCheck | None:
        """Return the verdict on a batch of integers, of which the gradient is to be that of floats."""
        if self.given.dtype.kind not in "biu":
            return None
        of_integers, of_floats = (_Value.of(self.batch_gradient, X).array for X in (self.given, self.X))
        if of_floats is None or (of_integers is not None and self._same(of_integers, of_floats)):
            return None
        if of_integers is None:
            return self._ruled(
                Verdict.INCONCLUSIVE, FailureMode.INTEGER_INPUT, "an exception, where floats have a gradient"
            )
        got = "another gradient than of the same numbers as floats"
        return self._ruled(Verdict.DISAGREES, FailureMode.INTEGER_INPUT, got)

    def _changes(self) -> GradientCheck | None:
        passed = self.X.copy()
        try:
            with np.errstate(all="ignore"):
                self.batch_gradient(passed)
        except Exception:  # noqa: BLE001 - is looked at next
            return None
        if passed.tobytes() == self.X.tobytes():
            return None
        is_row = self.X.ndim == 1
        mode = FailureMode.INPUT_NOT_RESTORED if is_row else FailureMode.GRADIENT_CHANGES_INPUT
        return self._ruled(Verdict.DISAGREES, mode, "X comes back changed")

    def _result(self) -> GradientCheck | None:
        """Return the verdict on a gradient that is none: raised, misshapen, or not finite where f is."""
        found = _Value.of(self.batch_gradient, self.X)
        if found.array is None:
            got = f"{type(found.error).__name__}: {found.error}"
            if self.role is None:
                return GradientCheck(Verdict.INCONCLUSIVE, f"the batch gradient raises {got}", call=CALL)
            return self._ruled(Verdict.INCONCLUSIVE, self.role, got)
        self.gradient = found.array
        if found.array.shape != self.X.shape:
            got = f"shape {found.array.shape} of a batch of shape {self.X.shape}"
            return self._ruled(Verdict.DISAGREES, FailureMode.WRONG_SHAPE, got)
        if not self._same(_Value.of(self.batch_gradient, self.X).array, found.array):
            return self._ruled(Verdict.DISAGREES, FailureMode.RANDOM_GRADIENT, "another gradient of the same batch")
        if not np.isfinite(found.array).all() and self.value.array is not None and np.isfinite(self.value.array).all():
            return self._ruled(Verdict.DISAGREES, FailureMode.DOMAIN_EDGE, "NaN or inf where f is finite")
        return None

    def _precision(self) -> GradientCheck | None:
        """Return the verdict on a batch of low precision, whose gradient is to be that of float64 but for rounding."""
        if self.X.dtype.itemsize >= np.dtype(np.float64).itemsize:
            return None
        wide = _Value.of(self.batch_gradient, self.X.astype(np.float64)).array
        eps = float(np.finfo(self.X.dtype).eps)
        if wide is None or np.abs(self.gradient - wide).max() <= ROUNDINGS * eps * np.abs(wide).max():
            return None
        got = f"another gradient in {self.X.dtype} than in float64"
        return self._ruled(Verdict.DISAGREES, FailureMode.LOW_PRECISION, got)

    def _related(self) -> GradientCheck | None:
        """Return the verdict on the first relation that does not hold, or that none can be looked at."""
        if self.X.ndim == 1 or len(self.X) == 1:
            return GradientCheck(Verdict.INCONCLUSIVE, "X is one sample: there are no rows to relate.", call=CALL)
        weights = self._weights()
        if not weights:
            if self.role is FailureMode.SHARED_PARAMETER and self._rows_are_alike():
                got = "the same gradient in every row, though f changes when rows are exchanged"
                return self._ruled(Verdict.DISAGREES, FailureMode.SHARED_PARAMETER, got)
            got = "values of f that are not those of its rows by themselves"
            return self._ruled(Verdict.INCONCLUSIVE, self.role or FailureMode.COUPLED_ROWS, got)
        broken = {weight: self._broken(weight) for weight in weights}
        weight = min(weights)
        if len(weights) > 1 and broken[weight] and not broken[1.0]:
            got = "rows by themselves as in the batch: right if f is of one sample, wrong if it is the batch's mean"
            return self._ruled(Verdict.INCONCLUSIVE, FailureMode.MISSING_BATCH_MEAN, got)
        if "" in broken.values():
            return None
        return self._ruled(Verdict.DISAGREES, self._mode(weight), broken[weight])

    @cached_property
    def role(self) -> FailureMode | None:
        """What f makes of rows, as a gradient that shifts whole columns would meet it; None if each is its own."""
        try:
            return diagnose_batch_gradient(self.f, self.X.astype(np.float64))
        except Exception:  # noqa: BLE001 - of f nothing is known then
            return FailureMode.ONE_SAMPLE_FUNCTION

    def _weights(self) -> set[float]:
        """Return what the gradient of a row by itself may be multiplied with in a batch; none if rows are coupled.

        That is 1 for values a row and for their total, and 1 / N for their mean; either, if f takes one sample.
        """
        if self.role in (FailureMode.COUPLED_ROWS, FailureMode.SHARED_PARAMETER):
            return set()
        together = self.value.array
        if self.role is FailureMode.ONE_SAMPLE_FUNCTION or together is None or together.size != 1:
            return {1.0}
        if any(value is None or value.size != 1 for value in self._singles):
            return set()
        total = np.sum([value for value in self._singles if value is not None])
        sums = {weight: np.reshape(weight * total, together.shape) for weight in (1.0, 1 / len(self.X))}
        of_one = _Value.of(self.f, self.X[0]).array
        found = {weight for weight, value in sums.items() if self._same(together, value, noise=0.0)}
        return found | ({1.0} if found and of_one is not None and of_one.ndim == 0 else set())

    @cached_property
    def _singles(self) -> list[Array | None]:
        """What f makes of each row as a batch."""
        return [_Value.of(self.f, self.X[i : i + 1]).array for i in range(len(self.X))]

    def _rows_are_alike(self) -> bool:
        """Return whether all rows of the gradient are the same, and not zero."""
        return len(self.X) > 1 and bool(self.gradient.any()) and bool((self.gradient == self.gradient[:1]).all())

    def _broken(self, weight: float) -> str:
        """Return the first relation that does not hold if rows have such a weight; empty if all do."""
        N = len(self.X)
        for name, rows, scale in self._batches(weight, N):
            found = _Value.of(self.batch_gradient, self.X[rows])
            if found.array is None:
                return f"{name} raises {type(found.error).__name__}: {found.error}"
            if found.array.shape != self.X[rows].shape or not self._same(found.array * scale, self.gradient[rows]):
                return f"{name} have another gradient than in the batch"
        return ""

    def _batches(self, weight: float, N: int) -> Iterator[tuple[str, Array, float]]:
        """Yield other batches of the same rows, and by what their gradient is to be multiplied."""

        def scale(count: int) -> float:
            return count / N if weight != 1 else 1.0

        for i in range(N):
            yield "rows by themselves", np.array([i]), scale(1)
        yield "permuted rows", np.roll(np.arange(N), 1), 1.0
        yield "the rows, the first of which is repeated,", np.append(np.arange(N), 0), scale(N + 1)
        if N > 2:
            yield "some of the rows", np.arange(N - 1), scale(N - 1)

    def _same(self, one: Array | None, other: Array, noise: float = QUOTIENT) -> bool:
        """Return whether two arrays are the same but for rounding, theirs and, of differences, that of f."""
        if one is None or one.shape != other.shape:
            return False
        if not np.isfinite(one).all():
            finite = np.isfinite(one)
            return np.array_equal(one[~finite], other[~finite], equal_nan=True) and self._same(
                np.where(finite, one, 0), np.where(finite, other, 0), noise
            )
        eps = float(np.finfo(np.result_type(self.X, np.float16)).eps)
        largest = np.abs(other).max(initial=0.0)
        values = 0.0 if self.value.array is None else np.abs(self.value.array).max(initial=0.0)
        bound = granted(eps, other, largest) + noise * np.finfo(np.float64).eps * values
        return compare("gradient", one, other, np.broadcast_to(bound, other.shape)).verdict is not Verdict.DISAGREES

    def _mode(self, weight: float) -> FailureMode:
        """Return the name of what fails: a batch mean, or what f makes of rows."""
        N = len(self.X)
        alone = [_Value.of(self.batch_gradient, self.X[i : i + 1]).array for i in range(N)]
        differ = bool((self.X[:1] != self.X).any())  # of rows that are alike it is not told
        if differ and all(part is not None and part.shape == (1, *self.X.shape[1:]) for part in alone):
            stacked = weight * np.concatenate([part for part in alone if part is not None])
            for factor, mode in ((N, FailureMode.MISSING_BATCH_MEAN), (1 / N, FailureMode.EXTRA_BATCH_MEAN)):
                if self._same(stacked * factor, self.gradient):
                    return mode
            if self.role is None and self._same(np.broadcast_to(stacked.sum(axis=0), stacked.shape), self.gradient):
                return FailureMode.COLUMN_AT_A_TIME
        return self.role or FailureMode.MIXED_ROWS
