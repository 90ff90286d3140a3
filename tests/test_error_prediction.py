"""How well the errors of difference quotients are predicted, on smooth functions of all kinds."""

import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from derivative_pairs import PAIRS

from numgrad import error_curve
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
"""Where short steps have no round-off at all, and why: x or x - 1 is exact, and f lands on floats."""

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
    assert compared >= 335


def test_the_slopes_are_within_a_tenth_of_theory(curves):
    wrong, compared = with_wrong_slope(curves)
    assert wrong <= {"1/(1 + 1e6*(x - 1)**2) at 1.0005"}
    assert compared >= 650


def test_the_line_of_truncation_lies_on_the_errors(curves):
    compared = 0
    for name, line in lines(curves):
        truncation, round_off = line.prediction.at(curves[name].steps)
        ruling = (truncation > 100 * round_off) & (curves[name].steps <= line.prediction.longest) & (truncation > 0)
        if ruling.sum() >= 12:
            compared += 1
            assert line.errors[ruling] == pytest.approx(truncation[ruling], rel=0.08), f"{name}, {line.scheme.name}"
    assert compared >= 280


def round_off_ratios(curves, scheme):
    """Return the root mean square of round-off errors over what was predicted, of each curve on which they are seen."""
    ratios = []
    for curve in curves.values():
        line = curve[scheme]
        if line.prediction is not None and line.prediction.round_off_order == -1:
            truncation, round_off = line.prediction.at(curve.steps)
            shortest, longest = line.prediction.white
            least = max(shortest, 1e3 * np.spacing(abs(curve.x)))
            with np.errstate(over="ignore"):
                ruling = (round_off > 10 * truncation) & (curve.steps >= least) & (curve.steps <= longest)
            ruling &= (curve.steps <= line.prediction.longest) | (line.prediction.order > 0)
            ruling &= np.isfinite(line.errors)
            if ruling.sum() >= 48:
                ratios.append(np.sqrt(np.mean((line.errors[ruling] / round_off[ruling]) ** 2)))
    return np.array(ratios)


@pytest.mark.parametrize("scheme", SUBTRACTING)
def test_the_line_of_round_off_is_the_size_of_the_errors(curves, scheme):
    curves = {name: curve for name, curve in curves.items() if name not in ROUND}
    ratios = round_off_ratios(curves, scheme)
    assert len(ratios) >= 90
    assert np.sqrt(np.mean(ratios**2)) == pytest.approx(1, abs=0.1)
    assert np.quantile(ratios, [0.05, 0.95]) == pytest.approx([1, 1], abs=0.5)


def fast_slope(x):
    with mpmath.workdps(50):
        return float(-mpmath.mpf(171.3) * mpmath.sin(mpmath.mpf(171.3) * mpmath.mpf(float(x))))


ENTIRE = {
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "square": (np.square, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "rounded inside": (lambda x: np.cos(171.3 * x), fast_slope),
}


@pytest.mark.parametrize("name", ENTIRE)
def test_the_complex_step_is_predicted(name):
    f, slope = ENTIRE[name]
    shares = []
    for x in np.linspace(1.21, 3.17, 40):  # the rounding of a slope is one and the same at all steps
        line = error_curve(f, x, exact=slope, schemes=["complex-step"])["complex-step"]
        shares.append(line.errors[-1] / line.prediction.round_off)
        assert np.isnan(line.truncation_slope) or line.truncation_slope == pytest.approx(2, abs=0.05)
    assert 0.3 <= np.sqrt(np.mean(np.square(shares))) <= 3


def test_the_lines_are_those_of_the_docstring():
    slope, bend, third, fifth = np.exp([0.3] * 4)
    curve = error_curve(np.exp, 0.3, exact=np.exp)
    expected = {
        "forward": (bend / 2, 1),
        "central": (third / 6, 2),
        "fourth-order": (fifth / 30, 4),
        "complex-step": (third / 6, 2),
    }
    for name, (truncation, order) in expected.items():
        prediction = curve[name].prediction
        assert prediction.truncation == pytest.approx(truncation, rel=1e-3)
        assert prediction.order == order
    factors = [curve[name].prediction.round_off for name in SUBTRACTING]
    assert np.array(factors) / factors[1] * 0.7071 == pytest.approx([1.41, 0.7071, 0.95], rel=0.2)
    assert (
        np.finfo(float).eps * slope / 10
        <= curve["complex-step"].prediction.round_off
        <= 2 * np.finfo(float).eps * slope
    )


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
