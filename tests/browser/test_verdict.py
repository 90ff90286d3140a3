"""The lesson on verdicts shows what the checks say."""

import numpy as np
import pytest
from browser.shown import read, shown

from numgrad import numerical_gradient
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
    breaks, sizes = BROKEN[fault]
    page.locator("#fault").select_option(label=fault)
    assert page.locator("#size option").all_inner_texts() == [shown(size) for size in sizes]
    for size in sizes:
        if len(sizes) > 1:
            page.locator("#size").select_option(label=shown(size))
        check = check_gradient(loss, breaks(size), W)
        assert read(page, "verdict") == check.verdict.value
        assert reason(page.locator("#text").text_content()) == reason(str(check))
        rows = page.locator("#entries tr").count()
        assert rows == (len(check.entries) + 1 if check.entries else 0)
        if check.diagnoses:
            assert read(page, "diagnosis") == f"Diagnosis: {', or '.join(one.mode.title for one in check.diagnoses)}."


def reason(text):
    """Return the verdict and the reason, without digits that rounding may change."""
    return text.splitlines()[0].split(";")[0][:60].rstrip("0123456789. ")


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


def shown_number(text):
    return float(text.replace("−", "-"))


def test_the_smallest_gap_is_that_of_central_differences(page):
    page.locator("#direction").select_option(label="w[0] alone")
    text = read(page, "best")
    gap, step = (shown_number(text.split(word)[1].split(",")[0].rstrip(".")) for word in ("step is ", "at h = "))
    quotient = numerical_gradient(lambda w0: loss(np.array([w0[0], *W[1:]])), W[:1], h=step)[0]
    assert gap < 1e-9
    assert abs(quotient - gradient(W)[0]) < 1e-9


def test_a_function_of_one_s_own_has_no_entry_to_break(page):
    page.locator("#problem").select_option(index=0)
    assert "one entry" not in page.locator("#fault option").all_inner_texts()
    page.locator("#fault").select_option(label="the sign")
    assert read(page, "verdict") == "DISAGREES"
    assert "wrong sign" in read(page, "diagnosis")
