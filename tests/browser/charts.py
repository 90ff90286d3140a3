"""What the charts of a page show, read from where things are drawn and from the labels of the axes."""

import re

import numpy as np
from browser.shown import shown_number

__all__ = ["dots", "line"]

TICKS = """svg => [...svg.querySelectorAll("text.tick")].map((tick) => [
    tick.getAttribute("text-anchor"), Number(tick.getAttribute("x")), Number(tick.getAttribute("y")), tick.textContent,
])"""
DOTS = """(svg, look) => [...svg.querySelectorAll(`circle.${look}`)].map((dot) =>
    [Number(dot.getAttribute("cx")), Number(dot.getAttribute("cy"))])"""
PATH = "(svg, look) => svg.querySelector(`path[class='line ${look}']`).getAttribute('d')"


def axis(ticks, *, log):
    """Return what maps places along an axis to numbers, from the labels of its ticks."""
    places, numbers = (np.array(side) for side in zip(*ticks, strict=True))
    assert len(places) >= 2
    slope, offset = np.polyfit(places, np.log10(numbers) if log else numbers, 1)
    return lambda place: 10.0 ** (slope * place + offset) if log else slope * place + offset


def scales(chart, *, log):
    ticks = chart.evaluate(TICKS)
    across = axis([(x, shown_number(text)) for anchor, x, _, text in ticks if anchor == "middle"], log=log[0])
    up = axis([(y - 4, shown_number(text)) for anchor, _, y, text in ticks if anchor == "end"], log=log[1])
    return across, up


def dots(page, name, look, *, log):
    """Return the numbers that dots of a look stand at, (N, 2)."""
    chart = page.locator(f"#{name}")
    across, up = scales(chart, log=log)
    places = np.array(chart.evaluate(DOTS, look))
    return np.column_stack([across(places[:, 0]), up(places[:, 1])])


def line(page, name, look, *, log):
    """Return the numbers that the line of a look passes through, (N, 2)."""
    chart = page.locator(f"#{name}")
    across, up = scales(chart, log=log)
    places = np.array([list(map(float, pair.split())) for pair in re.split("[ML]", chart.evaluate(PATH, look))[1:]])
    return np.column_stack([across(places[:, 0]), up(places[:, 1])])
