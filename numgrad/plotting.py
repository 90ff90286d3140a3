"""What is drawn by matplotlib, which comes with the extra ``train``: a training as it goes, errors against steps."""

import io
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from numgrad._typing import Array
from numgrad._validation import expected, missing
from numgrad.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["LUCKY", "Line", "plot_history", "plot_lines", "require_matplotlib", "require_png", "svg_of", "write_figure"]

LUCKY = 0.01
"""This share of the values, the smallest ones, may lie below a logarithmic plot: some errors are none by luck."""

FEW = 50
"""Values that are seen as points; more are a line."""


COLOURS = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
"""Told apart by those who see fewer colours too: M. Okabe, K. Ito (2008), Color Universal Design."""


class Line(NamedTuple):
    """Positive numbers against others, and what they were predicted to be."""

    label: str
    x: Array
    y: Array
    predicted: tuple[Array, ...]
    """Of the length of x each."""
    star: tuple[float, float]
    """The predicted optimum; NaN or inf where there is none."""


def require_matplotlib() -> "type[Figure]":
    """Return what a plot is drawn on; without matplotlib raise the ModuleNotFoundError that says how to get it."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing("matplotlib", "train") from error
    return Figure


def require_png(path: str | os.PathLike[str]) -> Path:
    """Return the path of a plot, which must end in .png."""
    if not os.fspath(path).lower().endswith(".png"):
        raise expected("the path of a plot", "end in .png", repr(os.fspath(path)), "a PNG is written", "Rename it.")
    return Path(path)


def plot_history(history: History, path: str | os.PathLike[str]) -> None:
    """Write a PNG of accuracy against epochs beside loss against iterations.

    Parameters
    ----------
    history: with at least one evaluation.
    path: the file to write, ending in .png.

    Raises
    ------
    ModuleNotFoundError: matplotlib is not installed.
    ValueError: the path ends in something else.
    OSError: the file cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from numgrad.history import Evaluation
    >>> history = History(loss=[2.3, 2.1], evaluations=[Evaluation(0, 0.1, 0.1), Evaluation(2, 0.4, 0.3)])
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "history.png"
    >>> plot_history(history, path)
    >>> path.read_bytes()[1:4]
    b'PNG'

    """
    path, figure = require_png(path), require_matplotlib()(figsize=(10, 4), layout="constrained")
    accuracy, loss = figure.subplots(1, 2)
    few = len(history.evaluations) <= FEW
    accuracy.plot(history.epochs, history.train_accuracy, marker="o" if few else "", label="train")
    accuracy.plot(history.epochs, history.test_accuracy, marker="s" if few else "", linestyle="--", label="test")
    accuracy.set(xlabel="epochs", ylabel="accuracy", ylim=(0, 1), title="Accuracy on all samples")
    accuracy.legend(loc="lower right")
    few = len(history.loss) <= FEW
    loss.plot(range(1, len(history.loss) + 1), history.loss, marker="." if few else "", linewidth=1.5 if few else 0.5)
    top = 1.05 * max(history.loss, default=0) or 1
    loss.set(xlabel="iterations", ylabel="loss", ylim=(0, top), title="Loss on the batch of the iteration")
    loss.set_xlim(0, 1.02 * max(1, len(history.loss)))
    loss.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, format="png", dpi=120)


def plot_lines(lines: Sequence[Line], title: str, xlabel: str, ylabel: str, bar: tuple[str, float]) -> "Figure":
    """Return a logarithmic plot: what was measured as dots, what was predicted dashed, its optimum a star.

    Parameters
    ----------
    lines: four at most, a colour each.
    title, xlabel, ylabel: plain text.
    bar: the label of a horizontal line, and where it is.

    Raises
    ------
    ModuleNotFoundError: matplotlib is not installed.

    """
    figure = require_matplotlib()(figsize=(8, 5), layout="constrained")
    with np.errstate(all="ignore"):
        _draw_lines(figure.subplots(), lines, title, (xlabel, ylabel), bar)
    return figure


def _draw_lines(
    axes: "Axes", lines: Sequence[Line], title: str, labels: tuple[str, str], bar: tuple[str, float]
) -> None:
    measured = np.concatenate([line.y for line in lines]) if lines else np.empty(0)
    measured = measured[np.isfinite(measured) & (measured > 0)]
    low, high = (np.quantile(measured, LUCKY) / 3, measured.max() * 3) if measured.size else (1e-16, 1.0)
    stars = [height for _, height in (line.star for line in lines) if height > 0]
    low = min([low, *(height / 2 for height in stars)])
    for line, colour in reversed(list(zip(lines, COLOURS[: len(lines)], strict=True))):
        axes.plot(line.x, line.y, ".", color=colour, markersize=3, label=line.label)
        for predicted in line.predicted:
            axes.plot(line.x, np.where(predicted > 0, predicted, np.nan), "--", color=colour, linewidth=0.8)
        axes.plot(*line.star, "*", color=colour, markersize=11, markeredgecolor="black", markeredgewidth=0.5)
    label, height = bar
    axes.axhline(max(height, low), color="black", linewidth=0.8, label=label)
    axes.plot([], "--", color="grey", linewidth=0.8, label="truncation and round-off, predicted")
    axes.plot([], "*", color="grey", markersize=4, label="smallest error, predicted")
    axes.set(xscale="log", yscale="log", xlabel=labels[0], ylabel=labels[1], ylim=(low, high))
    if lines:
        axes.set_xlim(lines[0].x.min() / 2, lines[0].x.max() * 2)
    axes.grid(alpha=0.2)
    axes.set_title(title.replace("$", r"\$"), fontsize="medium")
    axes.legend(loc="best", fontsize="small", markerscale=3)


def svg_of(plot: Callable[[], "Figure"]) -> str:
    """Return what ``plot`` draws as SVG, to stand in a page; nothing where matplotlib is not installed."""
    try:
        figure = plot()
    except ModuleNotFoundError:
        return ""
    file = io.StringIO()
    write_figure(figure, file, "svg")
    return file.getvalue()[file.getvalue().index("<svg") :]


def write_figure(figure: "Figure", file: "os.PathLike[str] | io.StringIO", kind: str) -> None:
    """Write a figure as "png" or "svg", the same bytes whenever it is drawn."""
    import matplotlib as mpl  # noqa: PLC0415 - an extra

    with mpl.rc_context({"svg.hashsalt": "numgrad"}), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # of a name in another script
        figure.savefig(file, format=kind, dpi=120, metadata={"Date": None} if kind == "svg" else None)
