"""Tables and logarithmic charts in plain characters."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Array
from numgrad.plotting import LUCKY

__all__ = ["chart", "number", "table"]

WIDTH, HEIGHT, MARGIN = 70, 20, 9
"""Characters of the area that a chart draws on, and of the labels to its left: together 79."""


def number(value: float) -> str:
    """Return two digits and a power of ten; a dash where there is no number.

    >>> number(0.000123), number(float("nan")), number(0.0)
    ('1.2e-04', '-', '0')
    """
    if np.isnan(value):
        return "-"
    return f"{value:.1e}" if value else "0"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    r"""Return lines of columns as wide as they need to be, the first to the left and the others to the right.

    >>> print(*table(["step", "error"], [["1.0", "2"], ["0.25", "10"]]), sep="\n")
    step  error
    1.0       2
    0.25     10
    """
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    alignments = ["<", *">" * (len(headings) - 1)]
    lines = []
    for row in (headings, *rows):
        cells = zip(row, alignments, widths, strict=True)
        lines.append("  ".join(f"{cell:{side}{width}}" for cell, side, width in cells).rstrip())
    return lines


def chart(x: Array, series: Mapping[str, Array]) -> list[str]:
    """Return a logarithmic chart, with a decade a label; where points of two series meet, the first is seen.

    Parameters
    ----------
    x: positive numbers, (N,).
    series: a character each, and its values, (N,); what is not positive and finite is left out, and so are a few that
        are far smaller than all others.

    """
    values = np.concatenate(list(series.values()))
    values = values[np.isfinite(values) & (values > 0)]
    if values.size == 0:
        return []
    left, right = np.log10(x.min()), np.log10(x.max())
    bottom, top = np.floor(np.log10(np.quantile(values, LUCKY))), np.ceil(np.log10(values.max()))
    top = max(top, bottom + 1)
    area = np.full((HEIGHT, WIDTH), " ")
    for character, y in reversed(list(series.items())):
        with np.errstate(all="ignore"):
            shown = np.isfinite(y) & (np.log10(y) >= bottom)
        column = np.rint((np.log10(x[shown]) - left) / max(right - left, 1e-9) * (WIDTH - 1)).astype(int)
        row = np.rint((top - np.log10(y[shown])) / (top - bottom) * (HEIGHT - 1)).astype(int)
        area[row, column] = character
    return [*_rows(area, bottom, top), *_axis(left, right)]


def _rows(area: NDArray[np.str_], bottom: float, top: float) -> list[str]:
    labels = np.full(HEIGHT, " " * (MARGIN - 2), dtype=object)
    for decade in np.arange(top, bottom - 1, -max(1, np.ceil((top - bottom) / (HEIGHT / 2)))):
        row = round((top - decade) / (top - bottom) * (HEIGHT - 1))
        labels[row] = f"{f'1e{int(decade)}':>{MARGIN - 2}}"
    return [f"{label} |{''.join(row)}".rstrip() for label, row in zip(labels, area, strict=True)]


def _axis(left: float, right: float) -> list[str]:
    """Return the line below a chart, and its labels: the decades, as many as there is room for."""
    line, labels = ["-"] * WIDTH, [" "] * (WIDTH + MARGIN)
    decades = np.arange(np.ceil(left), np.floor(right) + 1)
    for decade in decades[:: max(1, int(np.ceil(len(decades) / (WIDTH / 8))))]:
        column = round((decade - left) / max(right - left, 1e-9) * (WIDTH - 1))
        line[column] = "+"
        text = f"1e{int(decade)}"
        start = max(0, min(MARGIN + column - len(text) // 2, len(labels) - len(text)))
        labels[start : start + len(text)] = text
    return [f"{' ' * (MARGIN - 1)}+{''.join(line)}", "".join(labels).rstrip()]
