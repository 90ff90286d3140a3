"""What a report shows in a browser: filtered, unfolded, drawn, without a script."""

import itertools

import numpy as np
import pytest
from browser.charts import dots
from browser.conftest import rows
from browser.screens import contrast, in_both_schemes, on_every_screen

pytest.importorskip("playwright", reason="the pages were NOT tried in a browser: run tox run -e browser")

REPORTS = ["gradients", "evidence"]


@on_every_screen
@pytest.mark.parametrize("name", REPORTS)
def test_a_report_fits_every_screen(opened, name, viewport, scheme):
    page = opened(name, viewport=viewport, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.locator("#worst svg").is_visible()
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def shown(page):
    return [finding.get_attribute("data-verdict") for finding in page.locator(".finding").all() if finding.is_visible()]


def test_findings_are_filtered_by_their_verdict(opened):
    page = opened("gradients", java_script_enabled=False)
    everything = ["AGREES", "DISAGREES", "INCONCLUSIVE"]
    assert shown(page) == everything
    for verdict in everything:
        page.get_by_role("radio", name=f"{verdict} (1)", exact=True).check()
        assert shown(page) == [verdict]
    page.get_by_role("radio", name="all (3)").check()
    assert shown(page) == everything


def test_the_filter_is_moved_and_findings_are_unfolded_by_keyboard(opened):
    page = opened("gradients")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert shown(page) == ["AGREES"]
    text = page.locator(".finding[data-verdict=AGREES] pre")
    assert not text.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert text.is_visible()
    assert text.inner_text().startswith("AGREES: the same to ")


def test_a_name_is_text(opened):
    page = opened("gradients")
    assert "<script>alert('name')</script> in t.py::test" in page.locator("#worst h2").inner_text()
    assert page.locator("script").count() == 0


def test_the_chart_shows_the_differences_of_the_worst(opened):
    found = next(row["differences"] for row in rows() if row["verdict"] == "DISAGREES")
    page = opened("gradients")
    for look, derivative in (("a", found["claimed"]), ("b", found["numerical"])):
        drawn = dots(page, "worst svg", look, log=(True, True))
        points = [(h, abs(D - derivative)) for h, D in zip(found["steps"], found["values"], strict=True)]
        wanted = np.array([point for point in points if point[1] > 0])
        assert np.log10(drawn) == pytest.approx(np.log10(wanted), abs=0.05)
    flat = dots(page, "worst svg", "a", log=(True, True))[10:30, 1]
    assert flat == pytest.approx(abs(found["claimed"] - found["numerical"]), rel=0.1)


@in_both_schemes
def test_the_marks_can_be_read(opened, scheme):
    page = opened("gradients", color_scheme=scheme)
    marks = {mark.get_attribute("class") for mark in page.locator(".mark").all()}
    assert marks == {"mark good", "mark bad", "mark unsure"}
    for text, ground in itertools.product(
        ["--good", "--bad", "--unsure", "--a", "--b", "--soft"], ["--paper", "--panel"]
    ):
        assert contrast(page, text, ground) >= 4.5, (text, ground)


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_printed_unfolded(opened, name):
    page = opened(name, color_scheme="dark")
    page.emulate_media(media="print")
    assert not page.locator(".filter").is_visible()
    assert page.locator(".finding pre").first.bounding_box()["height"] > 10
    assert page.pdf(format="A4").startswith(b"%PDF")
