"""What holds of all pages: nothing leaves them, they fit, and everybody can use them."""

import itertools
import re
import shlex

import numpy as np
import pytest
from browser.charts import line
from browser.screens import contrast, in_both_schemes, on_every_screen
from browser.shown import shown_number

from numgrad.lessons import LESSONS

pytest.importorskip("playwright", reason="the pages were NOT tried in a browser: run tox run -e browser")

PAGES = ["index", *LESSONS]
LEAVE = "document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9999/x.png' }))"


@pytest.mark.parametrize(
    ("script", "event", "noise"),
    [
        ("console.warn('loud')", "console", "warning: loud"),
        ("setTimeout(() => { throw new Error('broken'); })", "pageerror", "error: broken"),
        ("setTimeout(() => alert('seen'))", "dialog", "dialog: seen"),
        (LEAVE, "console", "Content Security Policy"),
        (LEAVE, "requestfinished", "request: http://127.0.0.1:9999/x.png"),
    ],
)
def test_whatever_goes_wrong_is_noticed(opened, script, event, noise):
    page = opened("step", bypass_csp=event == "requestfinished")
    page.route(re.compile("^http:"), lambda route: route.fulfill(body=""))  # nothing really leaves
    with page.expect_event(event):
        page.evaluate(f"() => {{ {script}; }}")
    assert any(noise in heard for heard in opened.noise)
    opened.noise.clear()


@on_every_screen
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_screen(opened, name, viewport, scheme):
    page = opened(name, viewport=viewport, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert page.locator("h1").is_visible()
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) > 380) is (scheme == "light")


@pytest.mark.parametrize("name", LESSONS)
def test_every_control_can_be_moved(opened, name):
    page = opened(name)
    for select in page.locator("select").all():
        for value in select.evaluate("element => [...element.options].map((option) => option.value)"):
            if not select.is_disabled():
                select.select_option(value)
    for slider in page.locator("input[type=range]").all():
        low, high = (int(slider.get_attribute(side)) for side in ("min", "max"))
        assert high > low
        for value in {low, (low + high) // 2, high}:
            slider.fill(str(value))
            assert slider.input_value() == str(value)
    for button in page.locator("button").all():
        if not button.is_disabled():
            button.click()


@pytest.mark.parametrize("name", LESSONS)
def test_every_control_is_reached_and_moved_by_the_keyboard(opened, name):
    page = opened(name)
    expected = set(
        page.evaluate(
            "[...document.querySelectorAll('select, input, button')].filter((e) => !e.disabled).map((e) => e.id)"
        )
    )
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    assert expected <= reached
    for slider in page.locator("input[type=range]").all():
        slider.focus()
        before = int(slider.input_value())
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowRight")
        assert int(slider.input_value()) in {before - 1, before + 1}
    for select in page.locator("select:not(:disabled)").all():
        select.focus()
        page.keyboard.press("End")
        chosen = select.evaluate("element => element.selectedIndex === element.options.length - 1")
        assert chosen


@pytest.mark.parametrize("name", PAGES)
def test_what_is_shown_has_a_name_for_those_who_hear_it(opened, name):
    page = opened(name)
    assert page.evaluate("document.documentElement.lang") == "en"
    for control in page.locator("select, input, button").all():
        assert control.evaluate("e => e.labels?.length ? e.labels[0].innerText.trim() : e.innerText.trim()")
    for chart in page.locator("svg.chart").all():
        assert chart.get_attribute("role") == "img"
        assert len(chart.get_attribute("aria-label")) > 20
    for formula in page.locator("math").all():
        assert formula.get_attribute("alttext")
    levels = [
        int(level) for level in page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((h) => h.tagName[1])")
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in itertools.pairwise(levels))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


@in_both_schemes
def test_all_colours_can_be_read(opened, scheme):
    page = opened("step", color_scheme=scheme)
    for text, ground in itertools.product(
        ["--ink", "--soft", "--a", "--b", "--c", "--d", "--bad", "--good", "--unsure"], ["--paper", "--panel"]
    ):
        assert contrast(page, text, ground) >= 4.5, (text, ground)


@in_both_schemes
def test_the_button_turns_the_light_on_and_off(opened, scheme):
    page = opened("step", color_scheme=scheme)
    backgrounds = []
    for _ in range(3):
        backgrounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.locator("#theme").click()
    assert backgrounds[0] == backgrounds[2] != backgrounds[1]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_printed(opened, name):
    page = opened(name, color_scheme="dark")
    for theme in ("the system's", "chosen"):
        if theme == "chosen":
            page.locator("#theme").click()
            page.locator("#theme").click()
        page.emulate_media(media="print")
        assert not page.locator("#theme").is_visible()
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(26, 26, 26)", theme
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        page.emulate_media(media="screen")
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(236, 236, 236)"
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("name", PAGES)
def test_all_pages_link_to_each_other(opened, name):
    page = opened(name)
    titles = [link.inner_text() for link in page.locator("nav a").all()]
    assert len(titles) == len(PAGES) - 1
    for title in titles:
        page.locator("nav").get_by_text(title, exact=True).click()
        assert page.locator("h1").inner_text() == title
        page.go_back()


def test_the_index_says_a_line_of_each_lesson(opened):
    page = opened("index")
    lines = page.locator("#pages li").all_inner_texts()
    assert lines == [f"{lesson.title}: {lesson.summary}" for lesson in LESSONS.values()]
    page.locator("#pages a").first.click()
    assert page.locator("h1").inner_text() == "The step"


@pytest.mark.parametrize("name", [name for name, lesson in LESSONS.items() if lesson.takes_function])
def test_a_name_of_a_function_is_text_and_nothing_else(opened, name):
    page = opened(name)
    first = page.locator("select").first.evaluate("element => element.options[0].textContent")
    assert "<script>alert('own')</script>" in first
    name = shlex.quote("<script>alert('own')</script>")
    assert f"--function {name} --at 0.5" in page.locator("footer").inner_text()
    assert page.locator("script").count() == 2


def test_a_click_on_a_chart_takes_the_step_there(opened):
    page = opened("step")
    box = page.locator("#errors").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 100)
    page.mouse.down()
    steps = [shown_number(page.locator("#h").inner_text())]
    for share in (0.7, 0.9):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 100)
        steps.append(shown_number(page.locator("#h").inner_text()))
    page.mouse.up()
    assert steps == sorted(steps)
    (here,) = set(line(page, "errors", "here", log=(True, True))[:, 0])
    assert here == pytest.approx(steps[-1], rel=0.2)
    across = line(page, "errors", "b dashed", log=(True, True))
    assert steps[-1] == pytest.approx(10 ** np.interp(0.9 * box["width"], *places(page, across)), rel=0.5)


def places(page, drawn):
    """Return where the points of a line are in the box of its chart, and the logarithms of the steps there."""
    x = page.locator("#errors").evaluate("svg => svg.querySelector(\"path[class='line b dashed']\").getAttribute('d')")
    across = [float(pair.split()[0]) for pair in re.split("[ML]", x)[1:]]
    order = np.argsort(across)
    return np.array(across)[order], np.log10(drawn[order, 0])
