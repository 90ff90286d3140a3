"""A chart of errors against steps as SVG, both axes logarithmic; its colours are those of the page that it is in."""

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Series", "error_chart"]

WIDTH, HEIGHT = 480, 340
LEFT, RIGHT, TOP, BOTTOM = 66, 24, 12, 46
ROOM = 46
"""So many units of the drawing a tick takes at least."""

SMALLEST = 1e-320
"""What is smaller is not drawn, as is 0, which has no logarithm."""


@dataclass(frozen=True)
class Series:
    """Points of one kind."""

    look: str
    """A class of the style sheet: "a", "b", ..."""
    name: str
    x: Sequence[float | None]
    y: Sequence[float | None]
    """None where there is no point."""
    size: float = 3.2
    """The radius of a point."""

    @property
    def points(self) -> Iterator[tuple[float, float]]:
        """The points that can be drawn."""
        for x, y in zip(self.x, self.y, strict=True):
            if x is not None and y is not None and x > SMALLEST and SMALLEST < y < math.inf:
                yield math.log10(x), math.log10(y)


def error_chart(series: Sequence[Series], *, x_label: str, y_label: str) -> str:
    """Return the chart, and below it what its points are.

    >>> chart = error_chart([Series("a", "errors", [1e-1, 1e-2], [1e-2, 1e-4])], x_label="step", y_label="error")
    >>> chart.count("<circle"), 'aria-label="error against step: errors"' in chart
    (2, True)
    """
    points = [point for one in series for point in one.points]
    if not points:
        errors = [y for one in series for y in one.y if y is not None]
        is_exact = bool(errors) and not any(errors)
        return f"<p>{'Every quotient is exact' if is_exact else 'No quotient could be formed'}.</p>"
    across = _Axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
    up = _Axis([y for _, y in points], HEIGHT - BOTTOM, TOP)
    named = ", ".join(one.name for one in series)
    parts = [
        (
            f'<svg class="chart" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'aria-label="{html.escape(f"{y_label} against {x_label}: {named}")}">'
        ),
        f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{WIDTH - RIGHT - LEFT}" height="{HEIGHT - BOTTOM - TOP}"/>',
        *_grid(across, up),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{html.escape(x_label)}</text>',
        (
            f'<text x="14" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 14 {HEIGHT / 2})">'
            f"{html.escape(y_label)}</text>"
        ),
        *(dot for one in series for dot in _dots(one, across, up)),
        "</svg>",
    ]
    legend = " ".join(f'<span class="{one.look}">● {html.escape(one.name)}</span>' for one in series)
    return "<figure>" + "".join(parts) + f"<figcaption>{legend}</figcaption></figure>"


class _Axis:
    """Whole decades on a stretch of the drawing."""

    def __init__(self, logarithms: Sequence[float], start: float, end: float) -> None:
        self.low, self.high = math.floor(min(logarithms) - 0.1), math.ceil(max(logarithms) + 0.1)
        self.start, self.end = start, end

    def at(self, logarithm: float) -> float:
        return self.start + (logarithm - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def ticks(self) -> range:
        """Powers of ten, so few that their numbers have room."""
        most = max(2, int(abs(self.end - self.start) / ROOM))
        stride = math.ceil((self.high - self.low + 1) / most)
        return range(-(-self.low // stride) * stride, self.high + 1, stride)


def _grid(across: _Axis, up: _Axis) -> Iterator[str]:
    for power in across.ticks:
        x = f"{across.at(power):.1f}"
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        yield f'<text class="tick" x="{x}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{_power(power)}</text>'
    for power in up.ticks:
        y = f"{up.at(power):.1f}"
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{LEFT - 6}" y="{float(y) + 4:.1f}" text-anchor="end">{_power(power)}</text>'


def _power(power: int) -> str:
    return "1" if power == 0 else f"1e{power}".replace("-", "−")


def _dots(series: Series, across: _Axis, up: _Axis) -> Iterator[str]:
    for x, y in series.points:
        yield f'<circle class="dot {series.look}" cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="{series.size}"/>'
