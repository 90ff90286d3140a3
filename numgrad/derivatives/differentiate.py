"""Derivatives with an error bar: of functions of a number, along a direction, by all entries."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from numgrad._typing import Array, ArrayLike
from numgrad._validation import as_floats, expected, require_finite
from numgrad.derivatives.estimate import Estimate
from numgrad.derivatives.execution import ACCURACY, MAX_EVALUATIONS, execute, options
from numgrad.derivatives.outcome import Outcome
from numgrad.derivatives.problem import Problem, pose
from numgrad.derivatives.tree import is_node, match
from numgrad.parallel import MapLike

__all__ = ["derivative", "directional_derivative", "gradient", "jacobian"]


def derivative(
    f: Callable[..., Any],
    x: ArrayLike,
    *,
    vectorized: bool = False,
    method: str = "central",
    domain: tuple[Any, Any] | None = None,
    accuracy: float = ACCURACY,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Estimate:
    """Return the derivative of a function of one number, with an error bar and no step to choose.

    Central differences on a geometric ladder of steps are expanded in orthogonal polynomials; their coefficients fall
    off as fast as f is smooth, down to a plateau of height σ, the noise of f. With n terms before the plateau, slopes
    s₁ ... sₙ of the polynomials and the longest step h, the error is at most

        8 (1 + 32 / m²) σ √(s₁² + ... + sₙ²) / h + ½ spacing(x) |f″|

    where the plateau is seen on m coefficients, at least 4, or 2 from one side: it is the largest of them, and 8 is a
    caution of as many standard deviations. It is an estimate and no proof. Steps are made shorter where f is not seen
    through, or where they leave its domain, and longer where noise is all that is seen. Where shorter steps say
    otherwise, or longer ones on which rounding was seen to be noise, the error spans what they say.

    It is the derivative of f as it is computed, freed of noise: where f is the same line or staircase of rounding
    errors all around x, or stops an iteration at a tolerance, no sample shows what it should have been.

    Parameters
    ----------
    f: maps a number to a number or to an array of numbers of any shape.
    x: one float; of float32, steps and error bar are those of float32.
    vectorized: f maps many x, shape (P,), to (P,) or (P, ...).
    method: "central", from both sides if f has values on both; "forward" or "backward", from above or below alone.
    domain: (low, high), between which f may be evaluated, None where it has no end; where f has no value, it may also
        return NaN or raise ValueError or ArithmeticError.
    accuracy: relative error that is enough: more evaluations are not spent on less.
    max_evaluations: at most so many, 13 at least, besides one that looks whether f repeats itself, and if vectorized
        three that look whether it keeps points apart, and those repeated where it raised; steps that leave the domain
        count. Most functions take 13 to 35.

    Returns
    -------
    :class:`Estimate`, in the units of f / x, of the shape of f(x).

    Raises
    ------
    TypeError: x is no float; f returns something else than real numbers; the domain does not hold numbers.
    ValueError: x is not finite, no single number, or outside of the domain; f is not finite at x, or nowhere beside it,
        changes its argument or its shape, is random by more than ``accuracy`` leaves unseen, or if vectorized does not
        return a row a point or lets points depend on one another; an option is none of those above.
    Exception: what f raises at x, and elsewhere all but ValueError and ArithmeticError, as it is.

    Warns
    -----
    UserWarning: f has the same value at any x because it does not use its argument.

    References
    ----------
    The ladder of steps: C. J. F. Ridders (1982), Accurate computation of f′(x) and f′(x) f″(x), Advances in Engineering
    Software 4(2). Orthogonal polynomials fitted to samples: G. E. Forsythe (1957), Generation and use of orthogonal
    polynomials for data-fitting with a digital computer, Journal of SIAM 5(2). The plateau of coefficients: J. L.
    Aurentz, L. N. Trefethen (2017), Chopping a Chebyshev series, ACM Transactions on Mathematical Software 43(4). Noise
    from differences: J. J. Moré, S. M. Wild (2011), Estimating computational noise, SIAM Journal on Scientific
    Computing 33(3).

    Examples
    --------
    >>> import math
    >>> from numgrad import derivative
    >>> estimate = derivative(math.sin, 1.0)
    >>> bool(abs(estimate.value - math.cos(1.0)) <= estimate.error < 1e-13)
    True

    """
    chosen = options(method, accuracy, max_evaluations)
    problem = pose(f, x, domain=domain, vectorized=vectorized)
    if is_node(problem.tree) or problem.leaves[0].ndim != 0:
        reason = "f is a function of one number"
        raise expected("x", "be one number", f"{x!r}", reason, "Call gradient or jacobian for functions of arrays.")
    outcome, center, evaluations = execute(problem, chosen, 1)
    return _estimate(outcome, evaluations, lambda found: found[0].reshape(center.shape)[()])


def directional_derivative(
    f: Callable[..., Any],
    x: Any,
    direction: Any,
    *,
    vectorized: bool = False,
    method: str = "central",
    domain: tuple[Any, Any] | None = None,
    accuracy: float = ACCURACY,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Estimate:
    """Return the derivative of f at x + t · direction by t, at t = 0: its cost does not depend on the size of x.

    The error is that of :func:`derivative`.

    Parameters
    ----------
    f: maps x to a number or to an array of numbers of any shape.
    x: an array of floats, or a nested dict or list of arrays; a tuple is spread over the arguments of f.
    direction: numbers, structured and shaped as x; of any length.
    vectorized: f maps points stacked along a new first axis of each array, (P, ...), to (P,) or (P, ...).
    method, domain, accuracy, max_evaluations: as for :func:`derivative`; the sides of ``domain`` are numbers, or
        structured as x.

    Returns
    -------
    :class:`Estimate`, in the units of f, of the shape of f(x).

    Raises
    ------
    TypeError, ValueError: as :func:`derivative`; ValueError also where direction has another structure than x, is not
        finite, or zero.

    Examples
    --------
    >>> import numpy as np
    >>> from numgrad import directional_derivative
    >>> estimate = directional_derivative(lambda x: np.sum(x**2), np.array([3.0, 4.0]), [1.0, 0.5])
    >>> print(round(estimate.value, 10))
    10.0

    """
    chosen = options(method, accuracy, max_evaluations)
    problem = pose(f, x, domain=domain, vectorized=vectorized)
    outcome, center, evaluations = execute(problem, chosen, 1, direction=_along(problem, direction))
    return _estimate(outcome, evaluations, lambda found: found[0].reshape(center.shape)[()])


def gradient(
    f: Callable[..., Any],
    x: Any,
    *,
    vectorized: bool = False,
    workers: int | MapLike = 1,
    method: str = "central",
    domain: tuple[Any, Any] | None = None,
    accuracy: float = ACCURACY,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Estimate:
    """Return the gradient of a function that returns one number, each entry with its own step and error bar.

    The error of each entry is that of :func:`derivative`. x itself is never moved: f must use its argument.

    Parameters
    ----------
    f: maps x to one number.
    x: an array of floats of any shape, or a nested dict or list of arrays; a tuple is spread over the arguments of f.
    vectorized: f maps points stacked along a new first axis of each array, (P, ...), to (P,).
    workers: how many processes evaluate f, -1 for one a core: f is then a function of a module, and a script has its
        ``if __name__ == "__main__":``; or what does as ``map`` does: ``pool.map``, ``client.get_executor().map``. The
        numbers do not depend on it.
    method, domain, accuracy, max_evaluations: as for :func:`derivative`, the last for each entry; the sides of
        ``domain`` are numbers, or structured as x.

    Returns
    -------
    :class:`Estimate`, in the units of f / x, whose values are structured and shaped as x.

    Raises
    ------
    TypeError, ValueError: as :func:`derivative`; ValueError also where f returns an array, x holds none, ``workers`` is
        none of those above, or f cannot be sent to one.
    RuntimeError: a worker has died. What f raises in a worker is raised as it is, or, if it cannot be sent back, as a
        RuntimeError with its name and message.

    Examples
    --------
    >>> import numpy as np
    >>> from numgrad import gradient
    >>> estimate = gradient(lambda x: np.sum(x**2), np.array([3.0, 4.0]))
    >>> print(estimate.value.round(10))
    [6. 8.]
    >>> gradient(lambda W, b: np.sum(W * b), (np.ones((2, 2)), np.array([3.0, 4.0]))).value[1].round(10)
    array([2., 2.])

    """
    chosen = options(method, accuracy, max_evaluations)
    problem = pose(f, x, domain=domain, vectorized=vectorized)
    outcome, _, evaluations = execute(problem, chosen, problem.size, workers, scalar=True)
    return _estimate(outcome, evaluations, lambda found: problem.structured(found[:, 0]))


def jacobian(
    f: Callable[..., Any],
    x: Any,
    *,
    vectorized: bool = False,
    workers: int | MapLike = 1,
    method: str = "central",
    domain: tuple[Any, Any] | None = None,
    accuracy: float = ACCURACY,
    max_evaluations: int = MAX_EVALUATIONS,
) -> Estimate:
    """Return the derivative of each output of f by each entry of x, each with its own error bar.

    The error of each is that of :func:`derivative`.

    Parameters
    ----------
    f: maps x to an array of numbers of any shape, or to one number.
    x, vectorized, workers, method, domain, accuracy, max_evaluations: as for :func:`gradient`.

    Returns
    -------
    :class:`Estimate`, in the units of f / x, whose values have the shape f(x).shape + x.shape, for each array of x.

    Raises
    ------
    TypeError, ValueError, RuntimeError: as :func:`gradient`, but f may return an array.

    Examples
    --------
    >>> import numpy as np
    >>> from numgrad import jacobian
    >>> print(jacobian(lambda x: np.array([x[0] * x[1], x[0]]), np.array([3.0, 4.0])).value.round(10))
    [[4. 3.]
     [1. 0.]]

    """
    chosen = options(method, accuracy, max_evaluations)
    problem = pose(f, x, domain=domain, vectorized=vectorized)
    outcome, center, evaluations = execute(problem, chosen, problem.size, workers)
    return _estimate(
        outcome, evaluations, lambda found: problem.structured(found.T.reshape(*center.shape, problem.size))
    )


def _along(problem: Problem, direction: Any) -> Array:
    """Return a direction structured as x, flat."""
    parts = [as_floats("direction", part) for part in match("direction", direction, problem.tree)]
    if [part.shape for part in parts] != [leaf.shape for leaf in problem.leaves]:
        got = f"shapes {', '.join(str(part.shape) for part in parts)}"
        shapes = ", ".join(str(leaf.shape) for leaf in problem.leaves)
        reason, remedy = "each entry of x moves by its own", "Pass numbers in the structure of x."
        raise expected("direction", f"have the shapes of x, {shapes},", got, reason, remedy)
    flat = require_finite(
        "direction", problem.join(parts), reason="x would not stay finite", remedy="Remove the NaN and inf."
    )
    if not (np.abs(flat) >= np.finfo(np.float64).tiny).any():
        reason, remedy = "nothing moves along it", "Pass a longer direction; along zero the derivative is 0."
        got = f"no entry of {np.finfo(np.float64).tiny:.1g} or more"
        raise expected("direction", "not be zero", got, reason, remedy)
    return flat


def _estimate(outcome: Outcome, evaluations: int, arrange: Callable[[Array], Any]) -> Estimate:
    """Return what was found as the user's structure has it; ``arrange`` makes it of (lines, outputs)."""
    return Estimate(**{f.name: arrange(getattr(outcome, f.name)) for f in fields(Outcome)}, evaluations=evaluations)
