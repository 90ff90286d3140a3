"""Checks of a claimed derivative against the numerical one: gradients, products with the Jacobian, Jacobians."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from numgrad._validation import expected, require_count
from verification.checking.claimants import (
    Claimant,
    GradientClaimant,
    JacobianClaimant,
    JvpClaimant,
    VjpClaimant,
)
from verification.checking.gradient_check import GradientCheck, first_found
from verification.checking.holomorphy import not_holomorphic
from verification.checking.inspection import Subject
from verification.checking.judgement import judge
from verification.checking.line import worst_line
from verification.checking.linearity import nonlinear
from verification.checking.overflow import overflow
from verification.comparison import Verdict
from verification.diagnosis import Diagnosis, FailureMode
from verification.measurement import Counted, examine
from verification.purity import Unfit, quiet
from verification.records import recorded

__all__ = [
    "check_gradient",
    "check_jacobian",
    "check_jvp",
    "check_jvp_of_precision",
    "check_vjp",
    "check_vjp_of_precision",
    "require_function",
]

__tracebackhide__ = True  # what f or a gradient raises is shown by pytest without this module


@recorded
def check_gradient(f: Callable[..., Any], gradient: Callable[..., Any], x: Any, *, seed: int = 0) -> GradientCheck:
    """Say whether a gradient is right, without a tolerance.

    Derivatives of f are measured with an error bar, by each entry of x where there are up to 32, and along random
    directions where there are more: three of all entries together, and two more of each array or magnitude that would
    be drowned in them. What is claimed is granted half of its digits as an error of its own. It agrees if it is within
    the bars, and if these are narrow enough to show an error of a hundredth of each group. Where it is not within them,
    and f close to x alone does not side with it either, the wrong entries are located by bisection, and the faults are
    named that explain them.

    Parameters
    ----------
    f: maps x to one number.
    gradient: maps x to its gradient, structured and shaped as x.
    x: an array of floats of any shape, or a nested dict or list of arrays; a tuple is spread over the arguments of
        both. In float32 or float16 both are evaluated in float64, if they take it. Where x is complex, the gradient is
        ∂f/∂Re x + i ∂f/∂Im x, along which f ascends most steeply, as in PyTorch; JAX and autograd return its conjugate.
    seed: of the random directions.

    Returns
    -------
    :class:`GradientCheck`: true if the gradient agrees; its ``str()`` says what is wrong, where, and what to do.

    Raises
    ------
    ValueError, TypeError: f does not return one real number or has other shapes at other points; x holds no arrays of
        numbers; f or gradient is no function; seed is no whole number. What f or gradient raise at x is passed on.

    References
    ----------
    The probability of a miss: K. Ball (1986) and B. A. Rogozin (1987), see
    :func:`verification.measurement.signed_uniform`.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_gradient
    >>> x = np.array([1.0, 2.0, 3.0])
    >>> check_gradient(lambda x: np.sum(x**3), lambda x: 3 * x**2, x).verdict.value
    'AGREES'
    >>> print(check_gradient(lambda x: np.sum(x**3), lambda x: x**2, x).reason)
    x: constant factor (claimed = ⅓ × true)

    """
    return _check(GradientClaimant, f, gradient, x, seed)


@recorded
def check_vjp(f: Callable[..., Any], vjp: Callable[..., Any], x: Any, *, seed: int = 0) -> GradientCheck:
    """Say whether a vector-Jacobian product is right, as what a backward pass returns is.

    It is asked for with three random cotangents u, of complex values with their conjugates too, and each product is
    checked as the gradient of Σ uᵢ f(x)ᵢ. That it depends linearly on the cotangent is checked first.

    Parameters
    ----------
    f: maps x to a number or an array of numbers, real or complex; a tuple is spread over its arguments.
    vjp: maps x, a tuple as it is, and a cotangent of the shape of f(x) to the product, structured and shaped as x.
    x, seed: as for :func:`check_gradient`. Of complex values and a complex cotangent u, the product is the gradient of
        Re Σ conj(uᵢ) f(x)ᵢ, as in PyTorch.

    Returns
    -------
    :class:`GradientCheck`.

    Raises
    ------
    ValueError, TypeError: as :func:`check_gradient`, but f may return an array.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_vjp
    >>> x = np.array([1.0, 2.0])
    >>> check_vjp(lambda x: x**2, lambda x, cotangent: 2 * x * cotangent, x).verdict.value
    'AGREES'
    >>> check_vjp(lambda x: x**2, lambda x, cotangent: 2 * x, x).diagnoses[0].mode.title
    'ignored cotangent or tangent'

    """
    return _check(VjpClaimant, f, vjp, x, seed)


def check_jvp_of_precision(
    f: Callable[..., Any], jvp: Callable[..., Any], x: Any, *, seed: int, eps: Callable[[], float]
) -> GradientCheck:
    """Return what :func:`check_jvp` says, likewise."""
    return _check(JvpClaimant, f, jvp, x, seed, eps)


def check_vjp_of_precision(
    f: Callable[..., Any], vjp: Callable[..., Any], x: Any, *, seed: int, eps: Callable[[], float]
) -> GradientCheck:
    """Return what :func:`check_vjp` says of a product whose arrays do not show in which precision it was computed.

    Parameters
    ----------
    eps: returns the coarsest precision that the last product went through.

    """
    return _check(VjpClaimant, f, vjp, x, seed, eps)


@recorded
def check_jvp(f: Callable[..., Any], jvp: Callable[..., Any], x: Any, *, seed: int = 0) -> GradientCheck:
    """Say whether a Jacobian-vector product is right.

    It is asked for along each entry where there are up to 32, and along the random directions of
    :func:`check_gradient`. Each of up to 64 outputs is looked at by itself; of more outputs, eight random combinations
    are. That the product depends linearly on the tangent is checked first.

    Parameters
    ----------
    f: maps x to a number or an array of numbers, real or complex; a tuple is spread over its arguments.
    jvp: maps x, a tuple as it is, and a tangent structured and shaped as x to the product, of the shape of f(x).
    x, seed: as for :func:`check_gradient`.

    Returns
    -------
    :class:`GradientCheck`.

    Raises
    ------
    ValueError, TypeError: as :func:`check_gradient`, but f may return an array.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_jvp
    >>> check_jvp(lambda x: x**2, lambda x, tangent: 2 * x * tangent, np.array([1.0, 2.0])).verdict.value
    'AGREES'

    """
    return _check(JvpClaimant, f, jvp, x, seed)


@recorded
def check_jacobian(f: Callable[..., Any], jacobian: Callable[..., Any], x: Any, *, seed: int = 0) -> GradientCheck:
    """Say whether a Jacobian is right.

    Each of up to 64 outputs is looked at by itself; of more outputs, eight random combinations are.

    Parameters
    ----------
    f: maps x to a number or an array of numbers; a tuple is spread over its arguments, and over those of ``jacobian``.
        Where x is complex it must be holomorphic, and is seen to be: no other has a Jacobian of complex numbers.
    jacobian: maps x to an array of the shape f(x).shape + x.shape, for each array of x.
    x, seed: as for :func:`check_gradient`.

    Returns
    -------
    :class:`GradientCheck`, whose entries are those of the Jacobian, J; of more than 64 outputs, those of its products.

    Raises
    ------
    ValueError, TypeError: as :func:`check_gradient`, but f may return an array.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_jacobian
    >>> check = check_jacobian(lambda x: x**2, lambda x: np.diag(x), np.array([1.0, 2.0]))
    >>> print(check.reason)
    J: constant factor (claimed = ½ × true)

    """
    return _check(JacobianClaimant, f, jacobian, x, seed)


NAMES: dict[type[Claimant], tuple[str, str]] = {
    GradientClaimant: ("check_gradient", "gradient"),
    VjpClaimant: ("check_vjp", "vjp"),
    JvpClaimant: ("check_jvp", "jvp"),
    JacobianClaimant: ("check_jacobian", "jacobian"),
}


def _check(
    form: type[Claimant],
    f: Callable[..., Any],
    function: Callable[..., Any],
    x: Any,
    seed: int,
    eps: Callable[[], float] = float,
) -> GradientCheck:
    check, claimed = NAMES[form]
    _require_order(check, {"f": f, claimed: function}, x)
    rng = np.random.default_rng(require_count("seed", seed, at_least=0, reason="random directions are made of it"))
    subject = Subject(Counted(f), form, function, x, rng, eps)
    with quiet():
        found = _find(subject)
    return replace(found, evaluations=subject.f.calls, call=f"{check}(f, {claimed}, x, seed={seed})")


def _require_order(check: str, functions: dict[str, Any], x: Any) -> None:
    """Refuse arguments in another order: functions come first, and then x."""
    call = f"{check}({', '.join(functions)}, x)"
    for name, given in functions.items():
        require_function(name, given, call)
    if callable(x):
        raise expected(
            "x", "hold arrays", "a function", "x is where f is differentiated", f"Call {call}.", kind=TypeError
        )


def require_function(name: str, given: Any, call: str) -> None:
    """Refuse what is no function where one belongs; ``call`` shows the order of arguments."""
    if not callable(given):
        reason = "it is called at many points"
        raise expected(name, "be a function", type(given).__name__, reason, f"Call {call}.", kind=TypeError)


def _find(subject: Subject) -> GradientCheck:
    unfit = subject.objection_to_point()
    if unfit is not None:
        return unfit
    _ = subject.posed  # refuses an x that cannot be posed, while there is nothing to restore
    try:
        found = _look(subject)
        found = replace(found, size=found.size or subject.problem.size)
    except Unfit as product:
        found = GradientCheck(Verdict.DISAGREES, str(product), tuple(product.faults))
    finally:
        subject.restore()
    notes = sorted((note for note in subject.notes if note not in found.diagnoses), key=_is_harmless)
    if found and notes and not _is_harmless(notes[0]):
        found = GradientCheck(Verdict.INCONCLUSIVE, notes[0].message)
    return replace(found, diagnoses=(*found.diagnoses, *notes))


def _is_harmless(note: Diagnosis) -> bool:
    """Return whether a gradient may agree all the same."""
    return note.mode is FailureMode.ALIASED_INPUT


def _look(subject: Subject) -> GradientCheck:
    objection = subject.objection()
    if objection is not None:
        return objection
    if not (subject.problem.size and subject.center.size):
        return GradientCheck(Verdict.INCONCLUSIVE, "x or f(x) is empty: there is nothing to compare.")
    found = first_found(partial(overflow, subject), partial(nonlinear, subject), partial(not_holomorphic, subject))
    if found is not None:
        return found
    subject.trials = examine(subject.primal, subject.claim, subject.rng)
    state = subject.afterwards()
    found = judge(subject, subject.trials) if state is None else state
    return replace(found, line=worst_line(subject.primal, subject.trials))
