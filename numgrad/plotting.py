"""The two plots of the chapter: accuracy and loss as the training goes. Needs matplotlib, from the extra ``train``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from numgrad._validation import expected, missing
from numgrad.history import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_history", "require_matplotlib", "require_png"]

FEW = 50
"""Values that are seen as points; more are a line."""


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
