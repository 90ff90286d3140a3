"""The lesson on the step shows the numbers that Python finds."""

import itertools
import math

import numpy as np
import pytest
from browser.charts import dots, line
from browser.shown import read, shown

from numgrad import error_curve

pytest.importorskip("playwright", reason="the pages were NOT tried in a browser: run tox run -e browser")

FUNCTIONS = {
    "sin x": (np.sin, np.cos),
    "exp x": (np.exp, np.exp),
    "log x": (np.log, np.reciprocal),
    "x³ − 2x": (lambda x: x**3 - 2 * x, lambda x: 3 * x**2 - 2),
    "<script>alert('own')</script>": (np.tanh, None),
}
SCHEMES = ("forward", "central", "fourth-order", "complex-step")
DTYPES = ("float64", "float32", "float16")
DIGITS = {"float64": 17, "float32": 9, "float16": 5}


def choose(page, **values):
    for name, value in values.items():
        page.locator(f"#{name}").select_option(value)


def options(page, name):
    return page.locator(f"#{name}").evaluate("e => [...e.options].map((option) => [option.value, option.textContent])")


def steps_of(page):
    return page.evaluate("state.curve.steps")


def go_to(page, steps, i):
    page.locator("#step").fill(str(len(steps) - 1 - i))


@pytest.fixture
def page(opened):
    return opened("step")


def test_the_functions_are_those_that_are_said(page):
    assert [text for _, text in options(page, "function")] == [list(FUNCTIONS)[-1], *list(FUNCTIONS)[:-1]]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_numbers_are_python_s(page, name, dtype):
    f, slope = FUNCTIONS[name]
    choose(page, function=name, dtype=dtype)
    for point, text in options(page, "point"):
        choose(page, point=point)
        x = float(text)
        for scheme in SCHEMES:
            choose(page, scheme=scheme)
            steps = steps_of(page)
            with np.errstate(all="ignore"):
                lines = error_curve(f, x, exact=slope, dtype=dtype)
                curve = error_curve(f, x, exact=slope, dtype=dtype, steps=steps)
            for i in {0, len(steps) // 3, len(steps) // 2, len(steps) - 5}:
                go_to(page, steps, i)
                compare(page, lines, curve, scheme, i)


def compare(page, lines, curve, scheme, i):
    line, prediction = curve[scheme], lines[scheme].prediction
    step = curve.steps[i]
    assert read(page, "h") == shown(step)
    assert read(page, "quotient") == f"D(h) = {line.scheme.formula}"
    if line.unavailable:
        assert read(page, "value") == line.unavailable
        return
    assert read(page, "value") == shown(line.values[i], 17)
    assert read(page, "error") == shown(line.errors[i])
    assert read(page, "relative") == shown(curve.relative(line.errors[i]))
    bar = "" if curve.reference.kind == "exact" else f" ± {shown(curve.reference.error, 1)}"
    assert read(page, "slope") == shown(curve.reference.value, 17) + bar
    if prediction is None:
        assert [read(page, name) for name in ("truncation", "roundoff", "optimum")] == ["not known"] * 3
        return
    truncation, round_off = (float(f"{value:.6g}") for value in (prediction.truncation, prediction.round_off))
    assert read(page, "truncation") == shown(truncation * step**prediction.order)
    assert read(page, "roundoff") == shown(round_off * step ** float(prediction.round_off_order))
    assert read(page, "optimum") == best(scheme, prediction)
    assert read(page, "status") == f"error {shown(line.errors[i])}"
    shortest_wins = prediction.order == 0 and prediction.round_off_order == 0
    none = shortest_wins or np.isnan(prediction.optimum)
    assert page.locator("#best").is_disabled() is bool(none)


def best(scheme, prediction):
    optimum, longest = (shown(float(f"{value:.3g}")) for value in (prediction.optimum, prediction.longest))
    if prediction.order == 0:
        return f"{'the longest' if prediction.round_off_order < 0 else 'any'}, up to {longest}"
    if np.isnan(prediction.optimum):
        return "not known"
    return f"any, up to {optimum}" if scheme == "complex-step" else optimum


@pytest.mark.parametrize("bug", ["values[{i}] *= 1 + 1e-15", "truncation[0] *= 2", "optimum *= 2", "roundOff[1] += 1"])
def test_a_wrong_number_is_found(page, bug):
    choose(page, function="sin x", scheme="central", dtype="float64")
    steps = steps_of(page)
    i = len(steps) // 2
    page.evaluate(f"state.scheme.{bug.format(i=i)}")
    go_to(page, steps, i)
    lines, curve = (error_curve(np.sin, 1.0, exact=np.cos, steps=at) for at in (None, steps))
    with pytest.raises(AssertionError):
        compare(page, lines, curve, "central", i)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_digits_are_those_of_the_values(page, dtype):
    choose(page, function="sin x", dtype=dtype)
    kind, steps = np.dtype(dtype).type, steps_of(page)
    for i, scheme in itertools.product((10, 20, len(steps) - 8), ("central", "forward")):
        choose(page, scheme=scheme)
        go_to(page, steps, i)
        h = kind(steps[i])
        ends = kind(1) + h, kind(1) if scheme == "forward" else kind(1) - h
        rows = [f"{np.sin(u):.{DIGITS[dtype]}f}" for u in ends]
        shown_rows = [row.split("= ")[1] for row in read(page, "digits").splitlines()]
        assert shown_rows == rows
        gone = page.locator("#digits .gone").first.inner_text()
        assert gone == common_start(*rows)
        difference, spacing = abs(float(np.sin(ends[0])) - float(np.sin(ends[1]))), float(np.spacing(np.sin(max(ends))))
        count = int(np.log10(difference / spacing)) + 1 if difference else 0
        expected = f"The difference has {count} digit" if count else "No digit is left for the slope."
        assert read(page, "kept").startswith(expected)


def common_start(a, b):
    return "".join(x for x, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=True)))


def test_the_best_step_is_gone_to(page):
    choose(page, function="sin x", scheme="central", dtype="float64")
    page.locator("#best").click()
    optimum = error_curve(np.sin, 1.0, exact=np.cos)["central"].prediction.optimum
    steps = np.array(steps_of(page))
    assert read(page, "h") == shown(steps[np.argmin(abs(np.log(steps / optimum)))])


def test_the_table_has_all_errors(page):
    choose(page, function="exp x", dtype="float32")
    page.locator("summary").click()
    steps = steps_of(page)
    curve = error_curve(np.exp, 0.3, exact=np.exp, dtype=np.float32, steps=steps)
    rows = page.locator("#table").evaluate(
        "table => [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText))"
    )
    assert rows[0] == ["step h", *SCHEMES]
    for i, row in enumerate(rows[1:]):
        assert row == [shown(steps[i]), *(shown(curve.relative(curve[scheme].errors[i])) for scheme in SCHEMES)]


def test_the_charts_say_what_they_show(page):
    choose(page, function="sin x", dtype="float64", scheme="central")
    curve = error_curve(np.sin, 1.0, exact=np.cos, steps=steps_of(page))
    go_to(page, curve.steps, 30)
    error = shown(curve.relative(curve["central"].errors[30]))
    assert (
        page.locator("#errors").get_attribute("aria-label").endswith(f"at h = {shown(curve.steps[30])} it is {error}")
    )
    seen = (curve["central"].errors > 0)[np.isfinite(curve["central"].errors)]
    drawn = dots(page, "errors", "a", log=(True, True))[seen]
    seen = curve["central"].errors > 0
    assert np.log10(drawn) == pytest.approx(
        np.log10(np.column_stack([curve.steps, curve.relative(curve["central"].errors)])[seen]), abs=0.05
    )
    (start, end) = line(page, "errors", "c dashed", log=(True, True))[[0, -1]]
    assert np.log10(end[1] / start[1]) / np.log10(end[0] / start[0]) == pytest.approx(-1, abs=0.01)
    ((x0, y0), (x1, y1)) = line(page, "secant", "b", log=(False, False))
    assert (y1 - y0) / (x1 - x0) == pytest.approx(curve["central"].values[30], rel=0.02)
    ((x0, y0), (x1, y1)) = line(page, "secant", "soft thin", log=(False, False))
    assert (y1 - y0) / (x1 - x0) == pytest.approx(math.cos(1), rel=0.02)
    graph = line(page, "secant", "a", log=(False, False))
    assert graph[:, 1] == pytest.approx(np.sin(graph[:, 0]), abs=0.02)
    go_to(page, curve.steps, 4)
    ((x0, y0), (x1, y1)) = line(page, "secant", "b", log=(False, False))
    assert (y1 - y0) / (x1 - x0) == pytest.approx(curve["central"].values[4], rel=0.02)
