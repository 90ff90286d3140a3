"""The error of difference quotients against their step."""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from numgrad._typing import Array, ArrayLike
from numgrad._validation import as_floats, expected, require_differentiable, require_finite, require_number
from numgrad.derivatives import Estimate, derivative
from numgrad.error_curves.curve import ErrorCurve, Reference, has_kink
from numgrad.error_curves.expansion import Expansion, Noise, expand, noise_of
from numgrad.error_curves.measurement import PER_DECADE, SchemeCurve, measure, unavailable
from numgrad.error_curves.prediction import Prediction, predict
from numgrad.error_curves.schemes import SCHEMES, Scheme

__all__ = ["error_curve"]

Function = Callable[[Any], Any]

WIDE = 1000
"""A ladder goes up to so many times the spacing of floats at least, for f may be smooth on a few of them only."""

DTYPES = ("float64", "float32", "float16")


def error_curve(
    f: Function,
    x: float,
    *,
    exact: Function | float | None = None,
    dtype: DTypeLike = np.float64,
    schemes: Iterable[str] = tuple(SCHEMES),
    steps: ArrayLike | None = None,
    name: str | None = None,
) -> ErrorCurve:
    """Return the error of difference quotients at steps over many decades, as it is measured and as theory has it.

    The truncation of a scheme of order p is C hᵖ, and its round-off a multiple of σ / h, where σ is the noise of f:

        forward        (f(x + h) - f(x)) / h           h |f″| / 2           √2 σ / h
        central        (f(x + h) - f(x - h)) / 2h      h² |f‴| / 6          0.71 σ / h
        fourth-order   (4 D(h) - D(2h)) / 3            h⁴ |f⁽⁵⁾| / 30        0.95 σ / h
        complex-step   Im f(x + ih) / h                h² |f‴| / 6          none that grows

    C is taken from a polynomial through f, and σ from what such a polynomial leaves over close to x, so that neither
    has seen the errors that they predict. Where f⁽ᵏ⁾(x) = 0, the next term that is not is taken. Quotients are worked
    out in ``dtype``, and divided by the step really taken.

    Parameters
    ----------
    f: maps a number to a number, and for the complex step a complex number to a complex one. It is called with NumPy
        scalars of ``dtype``, whose values are rounded to that, and with float64 for the estimate and the prediction:
        5,000 times or so.
    x: where; it is rounded to ``dtype``.
    exact: f′, as a function or as its value at x. Without it the reference is :func:`numgrad.derivative`, in float64,
        and errors below its error bar say nothing.
    dtype: float64, float32 or float16.
    schemes: any of those above.
    steps: positive numbers, in the units of x; without them 24 a decade, from ten times the length on which f bends
        down to where x + h = x, or to a tenth of eps in units of the longest step that the estimate needed.
    name: what to call f; else its ``__name__``.

    Returns
    -------
    :class:`ErrorCurve`, which prints as a table and plots itself.

    Raises
    ------
    TypeError: x is no float, f no function of one number, or dtype another than those above; whatever f raises.
    ValueError: x or f(x) is not finite; f has no derivative at x, and ``exact`` is not given; ``exact`` is a number but
        x is none of ``dtype``, where f′ would be another; an option is none of those above.

    References
    ----------
    W. H. Press et al. (2007), Numerical Recipes, 3rd edition, §5.7. W. Squire, G. Trapp (1998), Using complex variables
    to estimate derivatives of real functions, SIAM Review 40(1).

    Examples
    --------
    >>> import numpy as np
    >>> from numgrad import error_curve
    >>> curve = error_curve(np.sin, 1.0, exact=np.cos)
    >>> central = curve["central"]
    >>> print(f"{central.prediction.optimum:.0e} {central.truncation_slope:.1f} {central.round_off_slope:.1f}")
    5e-06 2.0 -1.0
    >>> curve["complex-step"].floor < 1e-15
    True

    """
    chosen, kind = _require_schemes(schemes), _require_dtype(dtype)
    point = _require_point(x, kind)
    with np.errstate(all="ignore"):
        require_number(f(np.float64(point)), "Pass a function of one number, and fix all entries but one inside it.")
        subject = _subject(f, point)
        reference = _reference(exact, x, subject)
        ladder = _ladder(subject) if steps is None else _require_steps(steps)
        return ErrorCurve(
            name or str(getattr(f, "__name__", "f")),
            float(point),
            kind.name,
            ladder,
            reference,
            subject.estimate if kind == np.float64 else derivative(subject.rounded, point),
            subject.length,
            tuple(_curves(chosen, subject, ladder, reference)),
        )


class _Subject(NamedTuple):
    """What is differentiated, and what is known of its slope."""

    f: Function
    rounded: Function
    """f with its values in the dtype of x."""
    x: Any
    estimate: Estimate
    """In float64."""

    radius: float
    """The longest step that the estimate needed."""
    expansion: Expansion

    @property
    def length(self) -> float:
        """The length on which f bends, or the radius if that is longer or f does not bend."""
        return max(self.expansion.length, self.radius) if self.expansion.length < np.inf else self.radius


def _subject(f: Function, x: Any) -> _Subject:
    estimate = derivative(f, np.float64(x))
    radius = float(estimate.step) if estimate.step > 0 else abs(float(x)) or 1.0
    return _Subject(f, lambda u: x.dtype.type(f(u)), x, estimate, radius, expand(f, np.float64(x), radius))


def _curves(schemes: list[Scheme], subject: _Subject, steps: Array, reference: Reference) -> Iterator[SchemeCurve]:
    """Yield the curve of each scheme; where there is none, the reason."""
    noise = _noise(subject, subject.rounded)
    for scheme in schemes:
        along = partial(measure, scheme, x=subject.x, steps=steps, slope=reference.value, uncertain=reference.error)
        if scheme.subtracts:
            yield along(subject.rounded, prediction=_prediction(subject, scheme, noise))
        elif subject.x.dtype == np.float16:
            yield unavailable(scheme, steps, "there are no complex numbers of two halves")
        else:
            try:
                yield along(
                    subject.f, prediction=_prediction(subject, scheme, _noise(subject, _slope_of(scheme, subject)))
                )
            except Exception as error:  # noqa: BLE001 - whatever a function does that was not written for them
                yield unavailable(scheme, steps, f"f takes no complex numbers ({error})")


def _noise(subject: _Subject, f: Function) -> Noise:
    return noise_of(f, subject.x, subject.radius, min(subject.length, subject.expansion.reach))


def _slope_of(scheme: Scheme, subject: _Subject) -> Function:
    """Return the quotient as a function of x, at a step so tiny that all of its error is round-off."""
    h = subject.x.dtype.type(float(np.finfo(subject.x.dtype).eps) * subject.length)
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)  # f would drop the imaginary part
        scheme.quotient(subject.f, subject.x, h)
    return lambda u: scheme.quotient(subject.f, u, h)


def _prediction(subject: _Subject, scheme: Scheme, noise: Noise) -> Prediction | None:
    if has_kink(subject.estimate) or not np.isfinite(subject.estimate.error):
        return None
    value = subject.rounded(subject.x) if scheme.subtracts else subject.x.dtype.type(subject.expansion.derivatives[1])
    return predict(scheme, subject.expansion, noise, float(np.spacing(np.abs(value))) / math.sqrt(12))


def _ladder(subject: _Subject) -> Array:
    """Return steps from where truncation is all there is to see down to where nothing is."""
    eps = float(np.finfo(subject.x.dtype).eps)
    spacing = eps * abs(float(subject.x))
    span = subject.expansion.span
    longest = max(10 * subject.length, span if span < np.inf else 0.0, WIDE * spacing)
    shortest = max(eps / 10 * subject.radius, spacing / 4)
    steps = longest * 10.0 ** -np.arange(0, np.log10(longest / shortest), 1 / PER_DECADE)
    return np.asarray(steps[(steps > 0) & np.isfinite(steps)])


def _reference(exact: Function | float | None, x: float, subject: _Subject) -> Reference:
    estimate, point = subject.estimate, subject.x
    if exact is None:
        if not np.isfinite(estimate.error):
            reason = "its derivative there is not known at all"
            raise expected("f", "have a slope at x", f"{estimate}", reason, "Pass another x, or the exact slope.")
        return Reference(float(estimate.value), float(estimate.error), "estimate")
    if not callable(exact) and float(point) != float(x):
        rule, reason = f"be a {point.dtype.name} where exact is a number", f"f is differentiated at {float(point)!r}"
        raise expected("x", rule, f"{x!r}", reason, "Pass exact= as a function.")
    value = as_floats("exact", exact(np.float64(point)) if callable(exact) else exact)
    require_finite("exact", value, reason="errors are measured from it", remedy="Leave exact out.")
    if value.ndim:
        raise expected("exact", "be one number", f"shape {value.shape}", "f has one slope at x", "Pass f′(x).")
    return Reference(float(value), 0.0, "exact")


def _require_point(x: Any, kind: np.dtype[Any]) -> Any:
    """Return x as a scalar of a dtype."""
    array = require_differentiable("x", float(x) if isinstance(x, int) else x)
    if array.ndim:
        remedy = "Fix all entries but one inside f."
        raise expected("x", "be one number", f"shape {array.shape}", "f is a function of one number", remedy)
    with np.errstate(all="ignore"):
        point = kind.type(array[()])
    if not np.isfinite(point):
        raise expected("x", f"be finite in {kind.name}", f"{x!r}", "it overflows", "Pass a wider dtype.")
    return point


def _require_schemes(names: Iterable[str]) -> list[Scheme]:
    remedy = f"Pass some of {', '.join(SCHEMES)}."
    if isinstance(names, str) or not isinstance(names, Iterable):
        reason = "several may be compared"
        raise expected("schemes", "be a list of names", repr(names), reason, remedy, kind=TypeError)
    chosen = list(names)
    if not chosen or any(chosen.count(name) > 1 for name in chosen):
        got = "none" if not chosen else f"{', '.join(map(str, chosen))}"
        raise expected("schemes", "name some schemes, each once,", got, "each has one curve", remedy)
    for name in chosen:
        if name not in list(SCHEMES):
            raise expected("schemes", f"be among {', '.join(SCHEMES)}", repr(name), "no other is known", remedy)
    return [SCHEMES[name] for name in chosen]


def _require_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        kind = np.dtype(dtype)
    except TypeError:
        kind = None
    if kind is None or kind.name not in DTYPES:
        reason, remedy = "errors are measured in float64", "Pass dtype=np.float32."
        got = repr(dtype) if kind is None else kind.name
        raise expected("dtype", f"be one of {', '.join(DTYPES)}", got, reason, remedy, kind=TypeError)
    return kind


def _require_steps(steps: ArrayLike) -> Array:
    """Return the steps as they are, falling."""
    array = np.unique(as_floats("steps", steps).astype(np.float64).ravel())[::-1]
    if array.size == 0 or not (np.isfinite(array) & (array > 0)).all():
        got = "none" if array.size == 0 else f"{array[~(np.isfinite(array) & (array > 0))][0]}"
        raise expected(
            "steps", "be positive and finite", got, "a step has a length", "Pass np.geomspace(1e-12, 1, 100)."
        )
    return array
