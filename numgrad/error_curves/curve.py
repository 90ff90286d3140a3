"""An error curve: what was measured, what was predicted, and ways to show it."""

import textwrap
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from numgrad._json import plain
from numgrad._typing import Array
from numgrad.derivatives import Estimate
from numgrad.error_curves.markup import html_table
from numgrad.error_curves.measurement import SCATTERED, STRAIGHT, SchemeCurve
from numgrad.error_curves.text import chart, number, table
from numgrad.plotting import Line, plot_lines, svg_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ErrorCurve", "Reference", "has_kink"]

FOREIGN = "what f makes of complex numbers is not the continuation of what it makes of real ones"

KINK = 1e-6
"""One-sided slopes that differ by a smaller share are those of a smooth f close to the edge of its domain."""

COLUMNS = 80
"""Lines of text are no longer."""

OFF = 0.1
"""Decades that a step may be off a power of ten and still stand for it in a table."""

ANOTHER = 0.01
"""A complex step that is off by more than this share of the slope at all steps is no rounding."""


@dataclass(frozen=True)
class Reference:
    """The slope from which errors are measured."""

    value: float
    error: float
    """Its error bar: an error of a quotient that is smaller says nothing."""
    kind: str
    """"exact" or "estimate"."""


@dataclass(frozen=True, eq=False)
class ErrorCurve:
    """The error of difference quotients against their step.

    Attributes
    ----------
    name, x, dtype: the function, the point and the precision.
    steps: from the longest to the shortest.
    reference: what errors are measured from.
    estimate: what :func:`numgrad.derivative` finds in that precision, without a step.
    length: the step at which f bends as much as it slopes, but no less than the longest that its estimate needed.
    schemes: a :class:`SchemeCurve` each.

    Examples
    --------
    >>> import numpy as np
    >>> from numgrad import error_curve
    >>> curve = error_curve(np.exp, 0.0, exact=1.0, dtype=np.float32)
    >>> 1e-3 < curve["central"].best_step < 1e-2
    True
    >>> print(str(curve).splitlines()[0])
    exp at x = 0 in float32; the slope is 1 (exact)

    """

    name: str
    x: float
    dtype: str
    steps: Array
    reference: Reference
    estimate: Estimate
    length: float
    schemes: tuple[SchemeCurve, ...]

    def __getitem__(self, scheme: str) -> SchemeCurve:
        """Return the curve of one scheme, by its name."""
        for curve in self.schemes:
            if curve.scheme.name == scheme:
                return curve
        raise KeyError(f"{scheme!r} is none of {', '.join(curve.scheme.name for curve in self.schemes)}")

    def relative(self, errors: Any) -> Any:
        """Return errors in units of the slope; as they are where that cannot be told from 0."""
        with np.errstate(all="ignore"):
            return errors / (abs(self.reference.value) if self.has_slope else 1.0)

    @property
    def has_slope(self) -> bool:
        """Whether the slope is another than 0, beyond the error of the reference."""
        return abs(self.reference.value) > self.reference.error

    @property
    def title(self) -> str:
        """What was differentiated, and what the slope is."""
        slope = f"{self.reference.value:.15g}"
        if self.reference.kind == "estimate":
            slope = f"{slope} ± {self.reference.error:.0e}"
        return f"{self.name} at x = {self.x:.9g} in {self.dtype}; the slope is {slope} ({self.reference.kind})"

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in lists and dicts, as JSON has it: None stands for NaN and inf.

        >>> import numpy as np
        >>> from numgrad import error_curve
        >>> found = error_curve(np.exp, 0.0, schemes=["forward"], steps=[0.5, 0.25]).to_dict()
        >>> found["schemes"]["forward"]["values"]
        [1.2974425414002564, 1.1361016667509656]
        """
        found: dict[str, Any] = plain(
            {
                "name": self.name,
                "x": self.x,
                "dtype": self.dtype,
                "reference": asdict(self.reference),
                "derivative": {**asdict(self.estimate), "true_error": self._error_of_estimate},
                "steps": self.steps,
                "schemes": {curve.scheme.name: self._dict_of(curve) for curve in self.schemes},
            }
        )
        return found

    def _dict_of(self, curve: SchemeCurve) -> dict[str, Any]:
        kept = (
            "values",
            "errors",
            "typical",
            "truncation_slope",
            "round_off_slope",
            "best_step",
            "floor",
            "unavailable",
        )
        return {
            "formula": curve.scheme.formula,
            "evaluations": curve.scheme.evaluations,
            **{name: getattr(curve, name) for name in kept},
            "relative_errors": self.relative(curve.errors),
            "prediction": None if curve.prediction is None else asdict(curve.prediction),
        }

    @property
    def _error_of_estimate(self) -> float:
        """NaN where the estimate is itself the reference."""
        if self.reference.kind == "estimate" and self.dtype == "float64":
            return float("nan")
        return abs(float(self.estimate.value) - self.reference.value)

    def plot(self) -> "Figure":
        """Return a logarithmic plot by matplotlib: dots are measured, dashed lines and stars predicted.

        >>> import numpy as np
        >>> from numgrad import error_curve
        >>> figure = error_curve(np.exp, 0.0).plot()
        >>> figure.axes[0].get_xlabel()
        'step h'
        """
        label = "relative error" if self.has_slope else "error"
        return plot_lines([self._line(curve) for curve in self.schemes], self.title, "step h", label, self._bar)

    @property
    def _bar(self) -> tuple[str, float]:
        """The label and the height of the line for the derivative: its error, or if that is not known its bar."""
        error, evaluations = self._error_of_estimate, f"{self.estimate.evaluations} evaluations"
        if np.isnan(error):
            return f"derivative, error bar, {evaluations}", self.relative(float(self.estimate.error))
        return f"derivative, {evaluations}", self.relative(error)

    def _line(self, curve: SchemeCurve) -> Line:
        lines, star = (), (np.nan, np.nan)
        if curve.prediction is not None:
            lines = tuple(self.relative(line) for line in curve.prediction.at(self.steps))
            star = curve.prediction.optimum, self.relative(curve.prediction.error)
        return Line(curve.scheme.name, self.steps, self.relative(curve.errors), lines, star)

    def _repr_html_(self) -> str:
        """Return the plot, where matplotlib is installed, and the table, for a notebook."""
        return svg_of(self.plot) + html_table(self.title, self._headings, self._summary())

    def __str__(self) -> str:
        """Return tables and a chart of characters, 80 columns wide."""
        kind = "relative error" if self.has_slope else "error"
        marks = {curve.scheme.mark: self.relative(curve.errors) for curve in self.schemes}
        legend = ", ".join(f"{curve.scheme.mark} {curve.scheme.name}" for curve in self.schemes)
        return "\n".join(
            [
                *textwrap.wrap(self.title, COLUMNS),
                "",
                *table(self._headings, self._summary()),
                *self._remarks(),
                "",
                *table([kind, *(curve.scheme.name for curve in self.schemes)], self._by_decade()),
                "",
                f"{kind} by step: {legend}",
                *chart(self.steps, marks),
            ]
        )

    @property
    def _headings(self) -> list[str]:
        kind = "rel. errors" if self.has_slope else "errors"
        return [kind, "best step", "error", "predicted", "error", "slopes", "(theory)"]

    def _summary(self) -> list[list[str]]:
        bar = number(self.relative(float(self.estimate.error)))
        error = f"< {bar}" if np.isnan(self._error_of_estimate) else number(self.relative(self._error_of_estimate))
        derivative = ["derivative", number(float(self.estimate.step)), error, *[""] * 4]
        return [*(self._row(curve) for curve in self.schemes), derivative]

    def _row(self, curve: SchemeCurve) -> list[str]:
        if has_kink(self.estimate) or self._is_foreign(curve):
            return [curve.scheme.name, *["-"] * 6]
        floor = number(self.relative(max(curve.floor, self.reference.error)))
        measured = [number(curve.best_step), f"< {floor}" if curve.floor < self.reference.error else floor]
        return [curve.scheme.name, *measured, *self._predicted(curve)]

    def _predicted(self, curve: SchemeCurve) -> list[str]:
        prediction, slopes = curve.prediction, (curve.truncation_slope, curve.round_off_slope)
        if prediction is None:
            return ["-"] * 4
        order = f"{prediction.order:+d}" if prediction.order else " -"
        return [
            number(prediction.optimum) if prediction.order else f"to {number(prediction.longest)}",
            number(self.relative(prediction.error)),
            " ".join("    -" if np.isnan(slope) else f"{slope:+.2f}" for slope in slopes),
            f"({order} {prediction.round_off_order:+d})",
        ]

    def _remarks(self) -> list[str]:
        estimate = self.estimate
        bar, evaluations = number(self.relative(float(estimate.error))), estimate.evaluations
        remarks = [f"derivative: an error bar of {bar}, in {evaluations} evaluations and without a step"]
        if any(np.isnan([curve.truncation_slope, curve.round_off_slope]).any() for curve in self.schemes):
            remarks.append(f"slopes: - where the line rules over less than {STRAIGHT} or {SCATTERED} decades")
        remarks += [f"{curve.scheme.name}: {curve.unavailable}" for curve in self.schemes if curve.unavailable]
        remarks += [f"{curve.scheme.name}: {FOREIGN}" for curve in self.schemes if self._is_foreign(curve)]
        if has_kink(estimate):
            slopes = f"{estimate.left:.6g} below and {estimate.right:.6g} above"
            remarks.append(f"f has a kink at x: its slope is {slopes}, and no line is predicted")
        elif not np.isfinite(estimate.error):
            remarks.append("derivative sees no slope at x, as where f jumps, and no line is predicted")
        elif self.reference.kind == "exact" and self._error_of_estimate > estimate.error:
            remarks.append(
                f"exact is not what derivative finds, {estimate.value:.9g} ± {estimate.error:.0e}: is it right?"
            )
        return [line for remark in remarks for line in textwrap.wrap(remark, COLUMNS)]

    def _is_foreign(self, curve: SchemeCurve) -> bool:
        """Return whether f of complex numbers is not the f of which the slope was asked."""
        least = np.nanmin(self.relative(curve.errors), initial=np.inf)
        return not curve.scheme.subtracts and self.has_slope and ANOTHER < least < np.inf

    def _by_decade(self) -> list[list[str]]:
        """Return the steps nearest to each power of ten, and the errors there."""
        exponents = np.log10(self.steps)
        distances = [(abs(exponents - decade).min(), decade) for decade in np.unique(np.rint(exponents))[::-1]]
        nearest = [int(np.argmin(abs(exponents - decade))) for distance, decade in distances if distance < OFF]
        return [
            [f"h = {self.steps[i]:.0e}", *(number(self.relative(curve.errors[i])) for curve in self.schemes)]
            for i in nearest
        ]


def has_kink(estimate: Estimate) -> bool:
    """Return whether the slopes on the two sides of x differ by more than an error; NaN is a side without values."""
    left, right = float(estimate.left), float(estimate.right)
    return abs(left - right) > max(KINK * max(abs(left), abs(right)), float(estimate.error))
