"""What is checked, and whether it is fit to be: x, f and what is claimed, looked at before values are compared."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from numgrad._validation import as_array, expected
from numgrad.derivatives.problem import real
from numgrad.derivatives.tree import leaves_of, unflatten
from verification._typing import Array
from verification.checking.claimants import Claimant
from verification.checking.gradient_check import GradientCheck, first_found
from verification.checking.noise import claim_noise, claim_variation
from verification.comparison import Verdict
from verification.diagnosis import Diagnosis, FailureMode
from verification.measurement import (
    CANCELLED,
    Claim,
    Counted,
    MatrixClaim,
    Primal,
    Realified,
    Trial,
    beside,
    leaf_names,
    norm,
    realify,
)
from verification.pairs import paired
from verification.purity import Returned, fault, inspect_point, put_back, repeated, same, two_values

__all__ = ["Subject"]

__tracebackhide__ = True  # what f or a gradient raises is shown by pytest without this module

COARSELY = 1 / 4
"""What bfloat16 loses of a small array is measured by this share of all derivatives at least. A guess."""

DISPLACED = (0.1, 0.3, 1.0, 3.0)
"""So far from x, in units of its entries, points are tried at which more may be seen."""


@dataclass
class Subject:
    """f, a function that claims its derivative, and x; what is found out of them on the way."""

    f: Counted
    form: type[Claimant]
    function: Callable[..., Any]
    x: Any
    rng: np.random.Generator
    eps: Callable[[], float] = float
    """Returns the precision in which it was last computed, where that is less than that of what it returned."""
    notes: list[Diagnosis] = field(default_factory=list)
    """What is wrong with f, though its derivatives can be compared."""
    trials: Sequence[Trial] = ()
    """What was read, and the verdict rests on."""
    given: list[Any] = field(init=False)
    """The arrays of x themselves, whatever becomes of their places in it."""

    def __post_init__(self) -> None:
        self.given = leaves_of(self.x)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What a user calls the arrays of x."""
        return leaf_names(self.x, self.f.f)

    @cached_property
    def posed(self) -> Realified:
        """The function f at a copy of x, before it is called."""
        return realify(self.f, self.x)

    @cached_property
    def _problem_and_center(self) -> tuple[Realified, Array]:
        returned = self._call(self.posed)
        if isinstance(returned, tuple):
            reason = "one number or array is differentiated"
            remedy = "Pass lambda x: f(x)[0], or join several arrays: np.concatenate."
            raise expected(
                "f", "return a number or an array", f"a tuple of {len(returned)}", reason, remedy, kind=TypeError
            )
        if np.asarray(as_array("f(x)", returned)).dtype.kind == "c" and self.form.takes_complex_values:
            return replace(self.posed, has_complex_values=True), paired(returned)
        return self.posed, real(returned)

    @property
    def problem(self) -> Realified:
        """The function f at a copy of x."""
        return self._problem_and_center[0]

    @property
    def center(self) -> Array:
        """f(x), paired where it is complex."""
        return self._problem_and_center[1]

    @cached_property
    def claimant(self) -> Claimant:
        """The function that claims the derivative."""
        return self.form(self.function, self.problem, self.names, self.center.shape, self.rng, self.eps)

    @cached_property
    def returned(self) -> Returned:
        """What it claims at x."""
        try:
            return self.claimant.ask(self.problem.leaves)
        except Exception as error:
            error.add_note(self.claimant.called)
            raise

    @cached_property
    def primal(self) -> Primal:
        """The function f about x: in float64, if f and the claimed derivative take that."""
        return self._primal_and_returned[0]

    @cached_property
    def claim(self) -> Claim:
        """What is claimed there."""
        return self.claimant.claim(self.returned_about, self.primal, self.returned)

    @property
    def returned_about(self) -> Returned:
        """What is claimed at x in the precision of ``primal``, as it was returned."""
        return self._primal_and_returned[1]

    @cached_property
    def _primal_and_returned(self) -> tuple[Primal, Returned]:
        plain = Primal(self.problem, self.names, self.claimant.outputs, self.center), self.returned
        wide = [leaf.astype(np.result_type(leaf, np.float64)) for leaf in self.problem.leaves]
        if all(leaf.dtype == own.dtype for leaf, own in zip(wide, self.problem.leaves, strict=True)):
            return plain
        problem = replace(self.problem, leaves=wide)
        try:
            value, returned = self._value(problem), self.claimant.ask(wide)
        except Exception:  # noqa: BLE001 - whatever they do to a dtype that they were not written for
            return plain
        if returned.faults or value.shape != self.center.shape or not np.isfinite(value).all():
            return plain
        return Primal(problem, self.names, self.claimant.outputs, value), returned

    def _value(self, problem: Realified) -> Array:
        """Return f at x, paired where it is complex."""
        return real(self._call(problem))

    def _call(self, problem: Realified) -> Any:
        """Return f at x, of copies that should come back as they went in."""
        point = [leaf.copy() for leaf in problem.leaves]
        with np.errstate(all="ignore"):
            value = problem.call(point)
        for name, before, after in zip(self.names, problem.leaves, point, strict=True):
            if before.tobytes() != after.tobytes():
                self._note(fault(FailureMode.FUNCTION_CHANGES_INPUT, name))
        return value

    def _note(self, diagnosis: Diagnosis) -> None:
        if diagnosis not in self.notes:
            self.notes.append(diagnosis)

    def objection_to_point(self) -> GradientCheck | None:
        """Return why nothing is to be evaluated at x, or None."""
        found = inspect_point(self.x, self.names)
        harmless = [diagnosis for diagnosis in found if diagnosis.mode is FailureMode.ALIASED_INPUT]
        self.notes += harmless  # they are copied apart
        return _found(Verdict.INCONCLUSIVE, [diagnosis for diagnosis in found if diagnosis not in harmless])

    def objection(self) -> GradientCheck | None:
        """Return why values are not to be compared, or None."""
        return first_found(self._of_function, self._of_claim)

    def _refuse_subclasses(self) -> None:
        """Refuse arrays whose operators are others, as those of a matrix are: f gets plain copies."""
        kinds = {type(leaf).__name__ for leaf in self.given if isinstance(leaf, np.ndarray)} - {"ndarray", "memmap"}
        if not kinds:
            return
        own = unflatten(self.x, (leaf.copy() if isinstance(leaf, np.ndarray) else leaf for leaf in self.given))
        value = self.f(*own) if isinstance(own, tuple) else self.f(own)
        if not same([self.center], [real(paired(value) if self.problem.has_complex_values else value)]):
            reason, remedy = "f has another value of a plain copy", "Pass np.asarray(x)."
            raise expected("x", "hold plain arrays", ", ".join(sorted(kinds)), reason, remedy, kind=TypeError)

    def _of_function(self) -> GradientCheck | None:
        self.claimant.refuse_values()
        self._refuse_subclasses()
        found = []
        again = self._value(self.problem)
        if not np.isfinite(self.center).all():
            got = f"{self.center[~np.isfinite(self.center)].ravel()[0]}"
            found.append(fault(FailureMode.NOT_FINITE_VALUE, got=got))
        elif not same([self.center], [again]):
            found.append(fault(FailureMode.RANDOM_FUNCTION, got=two_values(self.center, again)))
        return _found(Verdict.INCONCLUSIVE, found)

    def _of_claim(self) -> GradientCheck | None:
        found = list(self.returned.faults)
        if not found and not repeated(self.returned.leaves, self.claimant.ask(self.problem.leaves).leaves):
            found.append(fault(FailureMode.RANDOM_GRADIENT))
        found += [fault(FailureMode.GRADIENT_CHANGES_INPUT, name) for name in sorted(self.claimant.changed)]
        return _found(Verdict.DISAGREES, found)

    def afterwards(self) -> GradientCheck | None:
        """Return whether f or the claimed derivative at x are others, now that they were called elsewhere."""
        again = self.claimant.ask(self.problem.leaves)  # before f is called at x, from which it may take values
        if not same([self.center], [self._value(self.problem)]):
            return _found(Verdict.INCONCLUSIVE, [fault(FailureMode.STATEFUL_FUNCTION)])
        if again.faults or not repeated(self.returned.leaves, again.leaves):
            return _found(Verdict.DISAGREES, [fault(FailureMode.STATEFUL_GRADIENT)])
        return None

    def ignored_argument(self) -> GradientCheck | None:
        """Return whether f has its value at x whatever it is given."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.problem.warn_if_unused(self.center)
        return _found(Verdict.INCONCLUSIVE, [fault(FailureMode.UNUSED_ARGUMENT)] if caught else [])

    def restore(self) -> None:
        """Give the caller's arrays the values back that they had, if f or the gradient has reached around its own."""
        kept = self.posed.passed(self.posed.leaves)
        for name, given, own in zip(self.names, self.given, kept, strict=True):
            if np.isscalar(given) or np.asarray(as_array(name, given)).tobytes() == own.tobytes():
                continue
            got = "it was put back" if put_back(given, own) else "it is read-only, and was not put back"
            self._note(fault(FailureMode.CALLER_CHANGED, name, got))

    @cached_property
    def noise(self) -> Array | None:
        """How much the claimed derivatives vary where x does by a few roundings, (outputs, size), or None."""
        return claim_noise(self)

    @cached_property
    def variation(self) -> Array | None:
        """How much they change at all where x hardly does, be it noise or a jump, (outputs, size), scaled; or None."""
        return claim_variation(self)

    def lost_to_precision(self) -> float | None:
        """Return by what share the claim at x itself is another than in float64, of the array that loses most.

        None where it is not known in float64, or x is in that anyway.
        """
        wide = self.returned_about
        if wide is self.returned:
            return None
        sizes = [norm(high.astype(np.float64)) for high in wide.leaves]
        whole = np.max(sizes, axis=0, initial=0.0)
        shares = [0.0]
        for low, high, size in zip(self.returned.leaves, wide.leaves, sizes, strict=True):
            left_over = np.finfo(low.dtype).eps ** CANCELLED * whole
            off = np.maximum(norm(low.astype(np.float64) - high) - left_over, 0.0)
            is_coarse = self.returned.eps > np.finfo(low.dtype).eps  # in so low a precision, more is left over
            least = COARSELY * whole if is_coarse else np.where(size > 0, 0.0, whole)
            shares.append(float(np.nan_to_num(off / np.maximum(size, least)).max(initial=0.0)))
        return max(shares)

    def beside(self, share: float) -> tuple[Primal, Claim] | None:
        """Return f and what is claimed about a point at a share of x's size from it; None if it has no values there."""
        problem = replace(self.primal.problem, leaves=beside(self.primal.problem, share, self.rng))
        try:
            value, returned = self._value(problem), self.claimant.ask(problem.leaves)
        except Exception:  # noqa: BLE001 - the point may be outside of the domain
            return None
        if returned.faults or value.shape != self.center.shape or not np.isfinite(value).all():
            return None
        primal = Primal(problem, self.names, self.claimant.outputs, value)
        return primal, self.claimant.claim(returned, primal, self.returned)

    def displaced(self) -> Any:
        """Return a point near x at which f and the claimed derivatives are finite and not all zero, or None."""
        for share in DISPLACED:
            found = self.beside(share)
            if found is None or not isinstance(found[1], MatrixClaim):
                continue
            problem, matrix = found[0].problem, found[1].matrix
            if np.isfinite(matrix).all() and matrix.any():
                return problem.arguments(problem.leaves)
        return None

    def claim_at(self, leaves: Sequence[Array], claimant: Claimant | None = None) -> Array | None:
        """Return the claimed derivatives at another point, (outputs, size); None if they cannot be had."""
        try:
            returned = (claimant or self.claimant).ask(leaves)
        except Exception:  # noqa: BLE001 - the point may be outside of the domain
            return None
        claim = None if returned.faults else self.claimant.claim(returned, self.primal, self.returned)
        return claim.matrix if isinstance(claim, MatrixClaim) else None


def _found(verdict: Verdict, diagnoses: Sequence[Diagnosis]) -> GradientCheck | None:
    return GradientCheck(verdict, diagnoses[0].message, tuple(diagnoses)) if diagnoses else None
