"""The lesson on verdicts shows what the checks say."""

import re

import numpy as np
import pytest
from browser.charts import dots, line
from browser.shown import read, shown, shown_number

from numgrad import error_curve, numerical_gradient
from verification import check_gradient

pytest.importorskip("playwright", reason="the pages were NOT tried in a browser: run tox run -e browser")

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7], [-1.2, 0.8, 0.4], [0.1, -0.6, 1.1], [2.0, 1.0, -0.5]])
Y = np.array([1.0, -1.0, 1.0, 1.0, -1.0])
W = np.array([0.3, -0.7, 0.5])
SIZES = (0.1, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11)


def loss(w):
    return np.mean(np.logaddexp(0, -Y * (X @ w)))


def gradient(w):
    return -(Y / (1 + np.exp(Y * (X @ w)))) @ X / 5


def one_entry(s):
    return lambda w: gradient(w) * np.array([1, 1 + s, 1])


BROKEN = {
    "nothing: it is right": (lambda _: gradient, (0.0,)),
    "the sign": (lambda _: lambda w: -gradient(w), (2.0,)),
    "a factor": (lambda s: lambda w: (1 + s) * gradient(w), SIZES),
    "one entry": (one_entry, SIZES),
    "the point": (lambda s: lambda w: gradient((1 + s) * w), SIZES),
    "the mean": (lambda _: lambda w: 5 * gradient(w), (4.0,)),
    "the precision": (lambda _: lambda w: np.float64(np.float16(gradient(w))), (5e-4,)),
}
CELLS = "table => [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText))"
ALONG = {"all, with signs + − +": [1, -1, 1], "w[0] alone": [1, 0, 0], "w[1] alone": [0, 1, 0], "w[2] alone": [0, 0, 1]}


@pytest.fixture
def page(opened):
    page = opened("verdict")
    page.locator("#problem").select_option(label="logistic loss of three weights")
    return page


def test_the_gradient_here_is_right():
    assert gradient(W) == pytest.approx(numerical_gradient(loss, W), rel=1e-7)


def test_the_ways_to_break_it_are_those(page):
    assert page.locator("#fault option").all_inner_texts() == list(BROKEN)


@pytest.mark.parametrize("fault", BROKEN)
def test_verdicts_are_those_of_the_check(page, fault):
    compare(page, fault)


def compare(page, fault):
    breaks, sizes = BROKEN[fault]
    page.locator("#fault").select_option(label=fault)
    assert page.locator("#size option").all_inner_texts() == [shown(size) for size in sizes]
    for size in sizes:
        if len(sizes) > 1:
            page.locator("#size").select_option(label=shown(size))
        check = check_gradient(loss, breaks(size), W)
        assert read(page, "verdict") == check.verdict.value
        assert reason(page.locator("#text").text_content()) == reason(str(check))
        expected = [
            [entry.name, shown(entry.claimed, 10), shown(entry.numerical, 10), shown(entry.error, 1)]
            for entry in check.entries
        ]
        assert page.locator("#entries").evaluate(CELLS)[1:] == expected
        if check:
            digits, detectable = re.search(r"proven (\S+) digits; .* from (\S+) of", read(page, "bar")).groups()
            assert float(digits) == pytest.approx(check.digits, rel=0.02)
            assert shown_number(detectable) == pytest.approx(check.detectable, rel=0.06)
        else:
            assert "wrong entries are listed below" in read(page, "bar")
        if check.diagnoses:
            assert read(page, "diagnosis") == f"Diagnosis: {', or '.join(one.mode.title for one in check.diagnoses)}."


def reason(text):
    """Return the verdict and the reason, without digits that rounding may change."""
    return text.splitlines()[0].split(";")[0][:60].rstrip("0123456789. ")


@pytest.mark.parametrize("bug", ["digits += 3", "detectable *= 2", "verdict = 'DISAGREES'", "text = 'AGREES: nearly'"])
def test_a_wrong_number_is_found(page, bug):
    page.evaluate(f"data.problems.at(-1).faults[0].claims[0].{bug}")
    with pytest.raises(AssertionError):
        compare(page, "nothing: it is right")


@pytest.mark.parametrize("bug", ["numerical *= 7", "claimed *= -1", "error *= 3", "name = 'w[2]'"])
def test_a_wrong_entry_is_found(page, bug):
    page.evaluate(f"data.problems.at(-1).faults[1].claims[0].entries[0].{bug}")
    with pytest.raises(AssertionError):
        compare(page, "the sign")


@pytest.mark.parametrize("direction", ALONG)
def test_what_is_wrong_along_a_direction_is_seen_there(page, direction):
    v = np.array(ALONG[direction])
    page.locator("#direction").select_option(label=direction)
    for fault, (breaks, sizes) in BROKEN.items():
        page.locator("#fault").select_option(label=fault)
        if len(sizes) > 1:
            page.locator("#size").select_option(label=shown(sizes[1]))
        delta = abs(breaks(sizes[min(1, len(sizes) - 1)])(W) @ v - gradient(W) @ v)
        text = read(page, "flat")
        if delta > 1e-12:
            assert shown_number(text.split("δ = ")[1].rstrip(".")) == pytest.approx(delta, rel=0.06)
        elif "δ" in text:
            assert shown_number(text.split("δ = ")[1].rstrip(".")) < 1e-12


def test_the_smallest_gap_is_that_of_central_differences(page):
    page.locator("#direction").select_option(label="w[0] alone")
    gaps = page.evaluate("state.gaps")
    for step, gap in gaps[:12]:
        quotient = numerical_gradient(lambda w0: loss(np.array([w0[0], *W[1:]])), W[:1], h=step)[0]
        assert gap == pytest.approx(abs(quotient - gradient(W)[0]), rel=1e-5, abs=1e-12)
    prediction = error_curve(lambda t: loss(W + t * np.eye(3)[0]), 0.0, schemes=["central"])["central"].prediction
    for look, factor, power in (("b", prediction.truncation, 2), ("c", prediction.round_off, -1)):
        for step, height in line(page, "ruling", f"{look} dashed", log=(True, True))[[5, -5]]:
            assert np.log10(height) == pytest.approx(np.log10(factor * step**power), abs=0.1)
    drawn = dots(page, "ruling", "a", log=(True, True))
    assert np.log10(drawn) == pytest.approx(np.log10([pair for pair in gaps if pair[1] > 0]), abs=0.05)
    text = read(page, "best")
    step, least = (shown_number(re.search(pattern, text).group(1)) for pattern in (r"h = (\S+),", r"about (\S+)\.$"))
    assert step == pytest.approx(prediction.optimum, rel=0.06)
    assert least == pytest.approx(prediction.error, rel=0.06)


def test_a_function_of_one_s_own_has_no_entry_to_break(page):
    page.locator("#problem").select_option(index=0)
    assert "one entry" not in page.locator("#fault option").all_inner_texts()
    page.locator("#fault").select_option(label="the sign")
    assert read(page, "verdict") == "DISAGREES"
    assert "wrong sign" in read(page, "diagnosis")
