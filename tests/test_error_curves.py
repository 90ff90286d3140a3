"""What an error curve takes, gives and shows."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import assume, example, given
from smooth_functions import Composed, composed, points

from numgrad import derivative, error_curve


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


def test_at_the_edge_of_a_domain_one_side_is_measured_and_nothing_predicted():
    curve = error_curve(lambda x: np.sqrt(x) if x >= 1 else np.nan, 1.0, exact=0.5, schemes=["forward", "central"])
    assert all(line.prediction is None for line in curve.schemes)
    assert np.isnan(curve["central"].values).all()
    assert curve["forward"].floor < 1e-7


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


@pytest.mark.parametrize(("sharpness", "kinked"), [(1e-3, True), (1e-9, False)])
def test_a_slight_kink_is_a_kink(sharpness, kinked):
    curve = error_curve(lambda x: np.sin(x) + sharpness * abs(x - 1), 1.0, schemes=["central"])
    assert (curve["central"].prediction is None) is kinked


def test_noise_is_no_kink():
    curve = error_curve(lambda x: np.sin(x) + 1e-6 * np.sin(1e9 * x), 1.0, schemes=["central"])
    assert "kink" not in str(curve)


def test_beside_a_kink_no_step_is_promised_beyond_it():
    for f in (lambda x: np.abs(x - 1.0001), lambda x: x + np.where(x > 1.001, 1.0, 0.0)):
        prediction = error_curve(f, 1.0, schemes=["central"])["central"].prediction
        assert prediction.order == 0
        assert prediction.longest <= 1e-3


def test_without_an_exact_slope_what_it_hides_is_not_fitted():
    for x in (0.3, 0.7, 1.3, 2.1):
        curve = error_curve(np.exp, x)
        for line in curve.schemes:
            for slope, order in (
                (line.truncation_slope, line.prediction.order),
                (line.round_off_slope, line.prediction.round_off_order),
            ):
                assert np.isnan(slope) or abs(slope - order) <= 0.1
    assert "derivative" in str(curve)
    assert curve.to_dict()["derivative"]["true_error"] is None
    row = next(line for line in str(curve).splitlines() if line.startswith("derivative "))
    assert "< " in row


def test_at_a_jump_nothing_is_predicted():
    curve = error_curve(np.floor, 1.0, exact=0.0)
    assert all(line.prediction is None for line in curve.schemes)
    assert "derivative sees no slope at x" in str(curve)


def test_a_complex_step_of_another_function_is_told():
    for f in (np.abs, lambda x: abs(x - 0.5) + np.sin(x)):
        assert "complex-step: what f makes of complex numbers is not" in str(error_curve(f, 1.0))
    assert "continuation" not in str(error_curve(np.sin, 1.0))


def test_a_zero_of_f_where_terms_cancel_is_as_noisy_as_any_point():
    line = error_curve(lambda x: np.exp(x) - 1, 0.0, exact=np.exp)["central"]
    assert line.prediction.round_off_order == -1
    assert line.prediction.optimum / 3 <= line.best_step <= 3 * line.prediction.optimum


def test_what_does_not_change_at_all_is_not_the_best_step():
    curve = error_curve(lambda x: x**4 - 8 * x**3 + 24 * x**2 - 32 * x + 16, 2.0001, exact=4e-12, schemes=["central"])
    assert curve["central"].values[curve.steps == curve["central"].best_step] != 0


def test_without_truncation_the_longest_step_is_said():
    curve = error_curve(np.square, 3.0, schemes=["central"])
    prediction = curve["central"].prediction
    truncation, round_off = prediction.at(np.array([prediction.longest]))
    assert prediction.error == pytest.approx(float(truncation[0] + round_off[0]))
    assert f"to {prediction.longest:.1e}" in str(curve)


def test_the_estimate_is_that_of_the_precision():
    curve = error_curve(np.sin, 1.0, exact=np.cos, dtype=np.float32)
    assert curve.estimate.error > 1e-6
    axes = curve.plot().axes[0]
    (bar,) = [drawn for drawn in axes.lines if str(drawn.get_label()).startswith("derivative")]
    error = abs(curve.estimate.value - math.cos(1)) / math.cos(1)
    assert bar.get_ydata()[0] == pytest.approx(max(error, axes.get_ylim()[0]))
    estimated = error_curve(np.sin, 1.0, dtype=np.float32)
    assert estimated.to_dict()["derivative"]["true_error"] == pytest.approx(error * math.cos(1), rel=1e-3)


def test_curves_are_told_apart_by_identity():
    curve = error_curve(np.sin, 1.0, steps=[0.1])
    assert curve == curve  # noqa: PLR0124 - which arrays inside would make ambiguous
    assert {curve: 1}[curve] == 1


def test_a_wrong_exact_slope_is_doubted():
    assert "exact is not what derivative finds, 0.540302306" in str(error_curve(np.sin, 1.0, exact=0.54))
    assert "exact is not" not in str(error_curve(np.sin, 1.0, exact=np.cos))


def test_a_zero_slope_is_measured_absolutely():
    curve = error_curve(np.cos, 0.0, exact=0.0)
    assert (curve.relative(curve["forward"].errors) == curve["forward"].errors)[
        np.isfinite(curve["forward"].errors)
    ].all()
    assert "relative" not in str(curve)


@given(composed(), points())
@example(Composed("gauss", (Composed("x"),)), 30.0)
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
        ((math.sin, "1"), {}, "Expected x to hold"),
        ((math.sin, [1.0]), {}, "Expected x to be one number"),
        ((math.sin, np.inf), {}, "Expected x to be finite"),
        ((np.exp, 1e5), {"dtype": np.float16}, "Expected x to be finite in float16"),
        ((math.sin, 1.0), {"dtype": int}, "Expected dtype to be one of float64, float32, float16"),
        (
            (math.sin, 1.0),
            {"dtype": "float23"},
            "Expected dtype to be one of float64, float32, float16 but got 'float23'",
        ),
        ((math.sin, 1.0), {"schemes": ["midpoint"]}, "Expected schemes to be among forward, central"),
        ((math.sin, 1.0), {"schemes": "central"}, "Expected schemes to be a list of names but got 'central'"),
        ((math.sin, 1.0), {"schemes": None}, "Expected schemes to be a list of names but got None"),
        ((math.sin, 1.0), {"schemes": []}, "Expected schemes to name some schemes, each once, but got none"),
        (
            (math.sin, 1.0),
            {"schemes": ["central"] * 2},
            "Expected schemes to name some schemes, each once, but got central, central",
        ),
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
