"""The errors of difference quotients as measured and as predicted."""

import json
import math
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from derivative_pairs import PAIRS
from hypothesis import assume, given
from smooth_functions import composed, points

from numgrad import derivative, error_curve
from numgrad.error_curves.schemes import SCHEMES

SUBTRACTING = ("forward", "central", "fourth-order")
UNSEEN = {
    "saturated": "of f the last digits are left, or none: neither noise nor derivatives are seen",
    "cancelling": "what cancelling leaves of f is a staircase",
    "kink": "no power of the step",
}
ROUND = {
    "sin(x) at 1e-08": "sin(x) is x in floats, exactly",
    "sqrt(x - 1) at 1.0001": "the slope is 50",
    "log(1 - x) at 0.9999": "the slope is -10000",
    "1/(1 + 1e6*(x - 1)**2) at 1.0005": "the slope is -640",
}
"""Where short steps have no round-off at all, and why: x ± 1 is exact, and f lands on floats."""

SMOOTH = [pair for pair in PAIRS if pair.inside == "float64" and pair.group not in UNSEEN]


def name_of(pair):
    return f"{pair.expression} at {pair.x:g}"


@pytest.fixture(scope="module")
def curves():
    return curves_of(SMOOTH)


def curves_of(pairs):
    with np.errstate(all="ignore"):
        return {name_of(pair): error_curve(pair, pair.x, exact=pair.exact, schemes=SUBTRACTING) for pair in pairs}


def lines(curves):
    """Return each scheme's part of each curve, with the name of the curve."""
    return [(name, line) for name, curve in curves.items() for line in curve.schemes if line.prediction is not None]


def with_wrong_optimum(curves):
    """Return the names of curves of which a predicted optimum is none, and how many there are to compare."""
    balanced = [
        (name, line.prediction.optimum / line.best_step)
        for name, line in lines(curves)
        if math.isfinite(line.prediction.optimum) and line.prediction.round_off_order == -1
    ]
    return {name for name, ratio in balanced if not 1 / 3 <= ratio <= 3}, len(balanced)


def with_wrong_slope(curves):
    """Return the names of curves with a slope unlike that of theory, and how many slopes there are to compare."""
    pairs = [
        (name, slope, order)
        for name, line in lines(curves)
        for slope, order in (
            (line.truncation_slope, line.prediction.order),
            (line.round_off_slope, line.prediction.round_off_order),
        )
        if not math.isnan(slope)
    ]
    return {name for name, slope, order in pairs if abs(slope - order) > 0.1}, len(pairs)


def test_all_smooth_functions_are_predicted(curves):
    assert len(SMOOTH) == 130
    assert [name for name, curve in curves.items() if curve["central"].prediction is None] == []


def test_the_predicted_optimum_is_within_a_factor_of_3_of_the_best_step(curves):
    wrong, compared = with_wrong_optimum(curves)
    assert wrong == set(ROUND)
    assert compared >= 320


def test_the_slopes_are_within_a_tenth_of_theory(curves):
    wrong, compared = with_wrong_slope(curves)
    assert wrong <= set(ROUND)
    assert compared >= 550


def test_where_round_off_does_not_grow_the_error_at_the_predicted_optimum_is_the_floor(curves):
    flat = [(name, line) for name, line in lines(curves) if line.prediction.round_off_order == 0]
    assert len(flat) >= 9
    for name, line in flat:
        if math.isfinite(line.prediction.optimum):
            rounding = np.spacing(abs(curves[name].reference.value))
            assert line.prediction.error <= 3 * max(line.floor, rounding), name


def test_without_truncation_no_step_is_too_long(curves):
    straight = [(name, line) for name, line in lines(curves) if math.isinf(line.prediction.optimum)]
    assert len(straight) >= 30
    for name, line in straight:
        curve = curves[name]
        long = (curve.steps <= 0.1 * curve.estimate.step) & (curve.steps >= 1e-3 * curve.estimate.step)
        bound = 10 * line.prediction.at(curve.steps)[1] + 4 * np.spacing(abs(curve.reference.value))
        assert (line.errors <= bound)[long].all(), name


BUGS = {
    "truncation": lambda scheme: replace(scheme, weight=lambda k: 100 * scheme.weight(k)),
    "noise": lambda scheme: replace(scheme, noise=1000 * scheme.noise),
    "quotient": lambda scheme: replace(scheme, quotient=SCHEMES["forward"].quotient),
    "step": lambda scheme: replace(scheme, quotient=lambda f, x, h: scheme.quotient(f, x, h) * (1 + 1e-9)),
}


@pytest.mark.parametrize("bug", BUGS)
def test_wrong_theory_and_wrong_quotients_are_found(monkeypatch, bug):
    monkeypatch.setitem(SCHEMES, "central", BUGS[bug](SCHEMES["central"]))
    curves = curves_of([pair for pair in SMOOTH if pair.group == "plain"][:8])
    found = with_wrong_optimum(curves)[0] | with_wrong_slope(curves)[0]
    assert len(found - set(ROUND)) >= 4


@pytest.mark.parametrize(
    ("dtype", "expected"), [(np.float64, (1e-8, 5e-6)), (np.float32, (3e-4, 4e-3)), (np.float16, (3e-2, 0.09))]
)
def test_a_coarser_dtype_needs_longer_steps(dtype, expected):
    curve = error_curve(np.sin, 1.0, exact=np.cos, dtype=dtype, schemes=["forward", "central"])
    for line, step in zip(curve.schemes, expected, strict=True):
        assert step / 3 <= line.prediction.optimum <= 3 * step
        assert line.prediction.optimum / 3 <= line.best_step <= 3 * line.prediction.optimum
        assert line.floor / 3 <= line.prediction.error <= 3 * line.floor


def test_values_are_those_of_the_formula_in_the_dtype():
    steps = np.array([0.5, 0.25])
    curve = error_curve(np.exp, 0.3, dtype=np.float32, steps=steps)
    x, f = np.float32(0.3), np.exp
    for i, h in enumerate(np.float32(steps)):
        central = (f(x + h) - f(x - h)) / ((x + h) - (x - h))
        twice = (f(x + 2 * h) - f(x - 2 * h)) / ((x + 2 * h) - (x - 2 * h))
        assert curve["forward"].values[i] == (f(x + h) - f(x)) / ((x + h) - x)
        assert curve["central"].values[i] == central
        assert curve["fourth-order"].values[i] == (np.float32(4) * central - twice) / np.float32(3)
        assert curve["complex-step"].values[i] == np.imag(f(np.complex64(complex(x, h)))) / h


def test_the_complex_step_has_no_round_off():
    curve = error_curve(np.sin, 1.0, exact=np.cos)["complex-step"]
    assert curve.floor < 1e-15
    assert curve.truncation_slope == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize("f", [math.sin, lambda x: float(np.sin(x))], ids=["math", "float"])
def test_without_complex_numbers_there_is_no_complex_step(f):
    curve = error_curve(f, 1.0)
    line = curve["complex-step"]
    assert np.isnan(line.values).all()
    assert line.unavailable.startswith("f takes no complex numbers")
    assert line.unavailable.split("(")[0] in str(curve)


def test_what_f_raises_elsewhere_leaves_a_gap():
    curve = error_curve(math.log, 0.5, exact=2.0, schemes=["central"])
    with_value = np.isfinite(curve["central"].values)
    assert not with_value[curve.steps > 0.51].any()
    assert with_value[(curve.steps < 0.49) & (curve.steps > 1e-15)].all()


def test_lost_steps_have_no_value():
    curve = error_curve(np.sin, 1.0, steps=[1e-17, 1e-3])
    assert np.isnan(curve["central"].values[1])
    assert np.isfinite(curve["central"].values[0])


def test_steps_fall_and_are_the_caller_s():
    steps = np.array([1e-3, 1e-1, 1e-2])
    curve = error_curve(np.sin, 1.0, steps=steps)
    assert curve.steps.tolist() == [1e-1, 1e-2, 1e-3]
    assert steps.tolist() == [1e-3, 1e-1, 1e-2]


def test_without_an_exact_slope_the_estimate_is_the_reference_and_bounds_what_is_seen():
    curve = error_curve(np.sin, 1.0)
    assert curve.reference.kind == "estimate"
    assert abs(curve.reference.value - math.cos(1.0)) <= curve.reference.error
    assert "estimate" in str(curve).splitlines()[0]
    row = next(line for line in str(curve).splitlines() if line.startswith("complex-step"))
    assert "< " in row


def test_at_a_kink_both_slopes_are_told_and_nothing_is_predicted():
    curve = error_curve(abs, 0.0)
    assert all(line.prediction is None for line in curve.schemes)
    assert "f has a kink at x: its slope is -1 below and 1 above" in str(curve)


def test_a_zero_slope_is_measured_absolutely():
    curve = error_curve(np.cos, 0.0, exact=0.0)
    assert (curve.relative(curve["forward"].errors) == curve["forward"].errors)[
        np.isfinite(curve["forward"].errors)
    ].all()
    assert "relative" not in str(curve)


def test_it_all_goes_through_json():
    curve = error_curve(math.log, 0.5)
    found = json.loads(json.dumps(curve.to_dict(), allow_nan=False))
    assert found["name"] == "log"
    assert found["steps"] == curve.steps.tolist()
    central = found["schemes"]["central"]
    assert [np.nan if value is None else value for value in central["values"]] == pytest.approx(
        curve["central"].values.tolist(), abs=0, rel=0, nan_ok=True
    )
    assert central["prediction"]["optimum"] == curve["central"].prediction.optimum
    assert found["schemes"]["complex-step"]["prediction"] is None


def test_a_notebook_shows_a_plot_and_an_escaped_table():
    page = error_curve(np.sin, 1.0, name="<script>alert(1)</script>")._repr_html_()
    assert page.startswith("<svg")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_notebook_without_matplotlib_shows_the_table(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert error_curve(np.sin, 1.0)._repr_html_().startswith("<table>")


def test_the_text_is_80_columns_wide():
    for curve in (
        error_curve(math.sin, 1.0),
        error_curve(np.cos, 0.0, exact=0.0),
        error_curve(np.exp, 1.0, dtype=np.float16),
    ):
        assert max(len(line) for line in str(curve).splitlines()) <= 80


@given(composed(), points())
def test_whatever_is_smooth_gets_a_curve(f, x):
    with np.errstate(all="ignore"):
        assume(np.isfinite(f(np.float64(x))))
    with np.errstate(all="ignore"):
        assume(np.isfinite(derivative(f, x).error))
    curve = error_curve(f, x, steps=np.geomspace(1e-12, 1, 30))
    assert json.dumps(curve.to_dict(), allow_nan=False)
    assert str(curve)


@pytest.mark.parametrize(
    ("arguments", "options", "refusal"),
    [
        ((math.sin, 1), {}, "Expected x to hold floats"),
        ((math.sin, [1.0]), {}, "Expected x to be one number"),
        ((math.sin, np.inf), {}, "Expected x to be finite"),
        ((np.exp, 1e5), {"dtype": np.float16}, "Expected x to be finite in float16"),
        ((math.sin, 1.0), {"dtype": int}, "Expected dtype to be one of float64, float32, float16"),
        ((math.sin, 1.0), {"schemes": ["midpoint"]}, "Expected schemes to be among forward, central"),
        ((math.sin, 1.0), {"steps": [0.1, 0.0]}, "Expected steps to be positive and finite but got 0.0"),
        ((math.sin, 1.0), {"steps": []}, "Expected steps to be positive and finite but got none"),
        ((math.sin, 0.1), {"dtype": np.float32, "exact": 0.995}, "Expected x to be a float32 where exact is a number"),
        ((math.sin, 1.0), {"exact": [0.5, 0.6]}, "Expected exact to be one number"),
        ((math.sin, 1.0), {"exact": np.nan}, "Expected exact to be finite"),
        ((math.floor, 1.0), {}, "Expected f to have a slope at x"),
        ((lambda x: np.array([x, x]), 1.0), {}, "Expected f to return one number"),
    ],
)
def test_refusals(arguments, options, refusal):
    with pytest.raises((ValueError, TypeError), match=re.escape(refusal)):
        error_curve(*arguments, **options)


def test_an_unknown_scheme_is_no_key():
    with pytest.raises(KeyError):
        error_curve(np.sin, 1.0)["midpoint"]
