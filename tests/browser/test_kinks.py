"""The lesson on kinks shows the slopes that Python finds, and the verdicts of the checks."""

import numpy as np
import pytest
from browser.charts import dots, line
from browser.shown import read, shown

from numgrad import derivative
from verification import check_gradient

pytest.importorskip("playwright", reason="the pages were NOT tried in a browser: run tox run -e browser")

FUNCTIONS = [
    (lambda x: np.maximum(x, 0.0), 0.0),
    (np.abs, 0.0),
    (lambda x: np.maximum(x, 1 - x), 0.5),
    (lambda x: np.logaddexp(x, 0.0), 0.0),
    (lambda x: np.float64(np.sin(np.float32(x))), 0.3),
]
OFFSETS = (0.0, 1e-6, 1e-4, 1e-2, 0.1, -0.1)
CLAIMS = (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
STEPS = 10.0 ** np.arange(0, -14.1, -0.5)
SHARES = [(1, 0, 0), (0, 1, 0), (0.5, 0.5, 0), (1, 1, 0), (0.5, 0, 0.5), (0, 0, 0)]


@pytest.fixture
def page(opened):
    return opened("kinks")


@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_slopes_are_those_of_the_function(page, number):
    f, at = FUNCTIONS[number]
    page.locator("#function").select_option(index=number + 1)  # after the one of one's own
    for k, offset in enumerate(OFFSETS):
        page.locator("#offset").select_option(index=k)
        x = np.float64(at + offset)
        for i in (0, 3, 9, 20, 28):
            page.locator("#step").fill(str(len(STEPS) - 1 - i))
            h = STEPS[i]
            with np.errstate(all="ignore"):
                up, down = ((f(x + s * h) - f(x)) / ((x + s * h) - x) for s in (1, -1))
            assert read(page, "h") == shown(h)
            assert read(page, "above") == shown(up, 8)
            assert read(page, "below") == shown(down, 8)
            assert read(page, "distance") == shown(abs(up - down))
            assert read(page, "middle") == shown((up + down) / 2, 8)
        estimate = derivative(f, x)
        assert read(page, "left") == shown(float(estimate.left), 8)
        assert read(page, "right") == shown(float(estimate.right), 8)
        assert read(page, "noise") == shown(float(estimate.noise))
        assert read(page, "estimate") == f"{shown(float(estimate.value), 8)} ± {shown(float(estimate.error), 1)}"


@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
@pytest.mark.parametrize("offset", [0, 3])
def test_verdicts_are_those_of_the_check(page, number, offset):
    f, x = FUNCTIONS[number]
    x += OFFSETS[offset]
    page.locator("#function").select_option(index=number + 1)
    page.locator("#offset").select_option(index=offset)
    for k, claim in enumerate(CLAIMS):
        page.locator("#claim").select_option(index=k)
        check = check_gradient(lambda x: f(x[0]), lambda _, claim=claim: np.array([claim]), np.array([x]))
        assert read(page, "verdict") == check.verdict.value
        assert page.locator("#text").text_content() == str(check)
        assert read(page, "status").endswith(f"the claim: {check.verdict.value}")
        colour = {"AGREES": "good", "DISAGREES": "bad", "INCONCLUSIVE": "unsure"}[check.verdict.value]
        assert page.locator("#verdict").get_attribute("class") == f"verdict {colour}"


@pytest.mark.parametrize("number", range(len(SHARES)))
def test_ties_are_judged(page, number):
    page.locator("#share").select_option(index=number)
    check = check_gradient(np.max, lambda _: np.array(SHARES[number], dtype=float), np.array([1.0, 1.0, 0.5]))
    assert read(page, "tieverdict") == check.verdict.value
    assert page.locator("#tietext").text_content() == str(check)
    assert read(page, "shares") == f"({', '.join(shown(share, 3) for share in SHARES[number])})"


def test_the_charts_show_the_slopes(page):
    f, x = FUNCTIONS[3]
    page.locator("#function").select_option(index=4)
    up, down = ((f(x + s * STEPS) - f(x)) / ((x + s * STEPS) - x) for s in (1, -1))
    seen = np.abs(up - down) > 0
    drawn = dots(page, "gap", "a", log=(True, True))[seen]
    assert np.log10(drawn) == pytest.approx(np.log10(np.column_stack([STEPS, abs(up - down)])[seen]), abs=0.05)
    page.locator("#step").fill(str(len(STEPS) - 1))
    page.locator("#claim").select_option(index=3)
    for look, slopes in (("b", up), ("c", down), ("d dashed", [CLAIMS[3]])):
        ((x0, y0), (x1, y1)) = line(page, "sides", look, log=(False, False))
        assert (y1 - y0) / (x1 - x0) == pytest.approx(slopes[0], rel=0.02)


def test_distances_of_0_lie_on_the_lower_edge(page):
    page.locator("#function").select_option(index=1)
    page.locator("#offset").select_option(index=3)  # relu beside its kink: short steps do not see it
    heights = page.locator("#gap circle.a").evaluate_all("dots => dots.map((dot) => Number(dot.getAttribute('cy')))")
    assert heights[-1] == max(heights) > heights[0]


@pytest.mark.parametrize("bug", ["estimate.noise *= 5", "above[9] += 1e-7", "below[9] = null", "estimate.left = 0.25"])
def test_a_wrong_number_is_found(page, bug):
    page.evaluate(f"data.subjects[4].points[0].{bug}")
    with pytest.raises(AssertionError):
        test_slopes_are_those_of_the_function(page, 3)
