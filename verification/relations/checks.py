"""Relations that the gradient of a batch must keep: they need no oracle, and no differences."""

from collections.abc import Callable
from typing import Any

import numpy as np

from numgrad._validation import as_array, as_floats, entry, expected, first_index, require_batch
from verification._typing import Array
from verification.checking import GradientCheck, first_found, require_agreement, require_function
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.purity import fault
from verification.records import recorded
from verification.relations.relation import Relation
from verification.relations.rows import Rows
from verification.relations.values import Value

__all__ = ["assert_batch_gradient", "check_batch_gradient"]

ROUNDINGS = 64
"""A gradient in low precision may be off by so many roundings of its largest entry."""

CALL = "check_batch_gradient(f, batch_gradient, X)"

BatchGradient = Callable[[Array], Any]


@recorded
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
    looked at: of one row, or where f couples the rows, or f or the gradient takes no other batch.

    Raises
    ------
    ValueError, TypeError: X is a single number or empty, or holds no real numbers; f or batch_gradient is no function.
        What f raises at X is passed on, if it takes no single row either.

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
    for name, given in (("f", f), ("batch_gradient", batch_gradient)):
        require_function(name, given, "check_batch_gradient(f, batch_gradient, X)")
    array = as_array("X", X)
    if array.ndim == 0:
        reason, remedy = "a batch is a stack of samples", "Pass X with a row a sample."
        raise expected("X", "have shape (N, ...)", "a single number", reason, remedy)
    as_floats("X", require_batch("X", array))
    return _Relations(f, batch_gradient, array).check()


def assert_batch_gradient(f: Callable[[Array], Any], batch_gradient: BatchGradient, X: Any) -> GradientCheck:
    """Raise unless :func:`check_batch_gradient` finds that all relations hold; return the check.

    Parameters
    ----------
    f, batch_gradient, X: as for :func:`check_batch_gradient`.

    Returns
    -------
    :class:`verification.GradientCheck`, which agrees.

    Raises
    ------
    GradientError: a relation does not hold, or none can be looked at; an AssertionError.
    ValueError, TypeError: as :func:`check_batch_gradient`, and what that passes on.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import assert_batch_gradient
    >>> X = np.array([[1.0, 2.0], [3.0, 5.0]])
    >>> bool(assert_batch_gradient(lambda X: np.sum(X**2, axis=1), lambda X: 2 * X, X))
    True

    """
    __tracebackhide__ = True
    return require_agreement(check_batch_gradient, f, batch_gradient, X)


class _Relations:
    """The gradient of a batch, and what it becomes of other batches made of the same rows."""

    def __init__(self, f: Callable[[Array], Any], batch_gradient: BatchGradient, X: Array) -> None:
        self.batch_gradient, self.given = batch_gradient, X
        self.X = X.astype(np.float64) if X.dtype.kind in "biu" else X.copy()
        self.rows = Rows(f, self.X)
        if self.rows.together.error is not None and self.rows.of_one.array is None:
            raise self.rows.together.error
        self.gradient = np.empty(0)

    @property
    def _relation(self) -> Relation:
        return Relation(self.batch_gradient, self.rows, self.gradient)

    def check(self) -> GradientCheck:
        """Return the verdict: on the gradient of the batch alone, then on its relations to others."""
        found = first_found(self._unfit, self._integers, self._changes, self._result, self._precision, self._related)
        if found is not None:
            return found
        reason = "every relation holds that can be looked at; a factor or sign of all rows is not seen by them."
        if self.rows.is_bound:
            reason = f"f has data for each row, as labels are, so that rows were not exchanged, but changed: {reason}"
        return GradientCheck(Verdict.AGREES, reason, call=CALL)

    def _ruled(self, verdict: Verdict, mode: FailureMode, got: str) -> GradientCheck:
        found = fault(mode, got=got)
        return GradientCheck(verdict, found.message, (found,), call=CALL)

    def _unfit(self) -> GradientCheck | None:
        """Return the verdict where nothing can be related: X is not finite, or f is random."""
        if not np.isfinite(self.X).all():
            index = first_index(~np.isfinite(self.X))
            return self._ruled(
                Verdict.INCONCLUSIVE, FailureMode.NOT_FINITE_INPUT, f"{entry('X', index)} is {self.X[index]}"
            )
        together = self.rows.together.array
        if together is not None and not np.isfinite(together).any():
            return self._ruled(Verdict.INCONCLUSIVE, FailureMode.NOT_FINITE_VALUE, f"{together.ravel()[0]}")
        if self.rows.is_random:
            return self._ruled(Verdict.INCONCLUSIVE, FailureMode.RANDOM_FUNCTION, "another value of the same batch")
        return None

    def _integers(self) -> GradientCheck | None:
        """Return the verdict on a batch of integers, of which the gradient is to be that of floats."""
        if self.given.dtype.kind not in "biu":
            return None
        of_integers, of_floats = (Value.of(self.batch_gradient, X).array for X in (self.given, self.X))
        if of_floats is None or (of_integers is not None and self._relation.same(of_integers, of_floats)):
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
        found = Value.of(self.batch_gradient, self.X)
        if found.array is None:
            return self._no_result(found)
        self.gradient = found.array
        if found.array.shape != self.X.shape:
            got = f"shape {found.array.shape} of a batch of shape {self.X.shape}"
            return self._ruled(Verdict.DISAGREES, FailureMode.WRONG_SHAPE, got)
        if not self._relation.same(Value.of(self.batch_gradient, self.X).array, found.array):
            return self._ruled(Verdict.DISAGREES, FailureMode.RANDOM_GRADIENT, "another gradient of the same batch")
        together = self.rows.together.array
        if not np.isfinite(found.array).all() and together is not None and np.isfinite(together).all():
            is_edge = self.rows.role is FailureMode.DOMAIN_EDGE
            mode = FailureMode.DOMAIN_EDGE if is_edge else FailureMode.OVERFLOW
            return self._ruled(Verdict.DISAGREES, mode, "NaN or inf where f is finite")
        return None

    def _alike(self) -> GradientCheck | None:
        """Return the verdict where neither exchanging rows nor changing some shows anything."""
        if self.X.any():
            return None
        reason = "X is zero, so that a gradient which mixes up its rows would not show: pass others."
        return GradientCheck(Verdict.INCONCLUSIVE, reason, call=CALL)

    def _no_result(self, found: Value) -> GradientCheck:
        if found.is_returned:
            return self._ruled(Verdict.DISAGREES, FailureMode.WRONG_STRUCTURE, f"{found.error}".rstrip("."))
        got = f"{type(found.error).__name__}: {found.error}"
        if self.rows.role is None:
            return GradientCheck(Verdict.INCONCLUSIVE, f"the batch gradient raises {got}", call=CALL)
        return self._ruled(Verdict.INCONCLUSIVE, self.rows.role, got)

    def _precision(self) -> GradientCheck | None:
        """Return the verdict on a batch of low precision, whose gradient is to be that of float64 but for rounding."""
        if self.X.dtype.itemsize >= np.dtype(np.float64).itemsize:
            return None
        wide = Value.of(self.batch_gradient, self.X.astype(np.float64)).array
        if wide is None or wide.shape != self.gradient.shape:
            return None
        is_finite = np.isfinite(wide) & np.isfinite(self.gradient)
        off, size = (np.where(is_finite, values, 0.0) for values in (self.gradient - wide, wide))
        if np.abs(off).max() <= ROUNDINGS * float(np.finfo(self.X.dtype).eps) * np.abs(size).max():
            return None
        got = f"another gradient in {self.X.dtype} than in float64"
        return self._ruled(Verdict.DISAGREES, FailureMode.LOW_PRECISION, got)

    def _related(self) -> GradientCheck | None:
        """Return the verdict on the first relation that does not hold, or that none can be looked at."""
        if len(self.X) == 1 or (self.X.ndim == 1 and not self.rows.has_value_each):
            return GradientCheck(Verdict.INCONCLUSIVE, "X is one sample: there are no rows to relate.", call=CALL)
        weights = self.rows.weights()
        if not weights:
            return self._unrelated()
        broken = {weight: self._relation.broken(weight) for weight in weights}
        weight = min(weights)
        if len(weights) > 1 and broken[weight] and not broken[1.0]:
            got = "rows by themselves as in the batch: right if f is of one sample, wrong if it is the batch's mean"
            return self._ruled(Verdict.INCONCLUSIVE, FailureMode.MISSING_BATCH_MEAN, got)
        if "" in broken.values():
            return first_found(self._fixed, self._alike)
        return self._ruled(Verdict.DISAGREES, self._relation.mode(weight), broken[weight])

    def _unrelated(self) -> GradientCheck:
        """Return the verdict where f couples rows."""
        if self.rows.role is FailureMode.SHARED_PARAMETER and self._rows_are_alike():
            got = "the same gradient in every row, though f changes when rows are exchanged"
            return self._ruled(Verdict.DISAGREES, FailureMode.SHARED_PARAMETER, got)
        is_shared = self.rows.role is FailureMode.SHARED_PARAMETER
        mode = FailureMode.SHARED_PARAMETER if is_shared else FailureMode.COUPLED_ROWS
        got = "values of f that are not those of its rows by themselves"
        return self._ruled(Verdict.INCONCLUSIVE, mode, got)

    def _fixed(self) -> GradientCheck | None:
        """Return the verdict on a gradient that takes so many rows and no others, but relates these as it must."""
        if self.rows.is_bound:
            return None
        alone = Value.of(self.batch_gradient, self.X[:1])
        if alone.array is not None and alone.array.shape == self.X[:1].shape:
            return None
        error = f"{type(alone.error).__name__}: {alone.error}"
        got = error if alone.array is None else f"shape {alone.array.shape} of a row by itself"
        reason = f"the batch gradient takes {len(self.X)} rows and no others; these it relates as it must. Seen: {got}"
        if self.rows.role is None:
            return GradientCheck(Verdict.INCONCLUSIVE, f"{reason}.", call=CALL)
        return self._ruled(Verdict.INCONCLUSIVE, self.rows.role, got)

    def _rows_are_alike(self) -> bool:
        """Return whether all rows of the gradient are the same, and not zero."""
        return len(self.X) > 1 and bool(self.gradient.any()) and bool((self.gradient == self.gradient[:1]).all())
