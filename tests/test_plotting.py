import pytest

from numgrad import History
from numgrad.plotting import plot_history
from numgrad.training import Evaluation

HISTORY = History(loss=[2.3, 2.0, 1.5], evaluations=[Evaluation(0, 0.1, 0.1), Evaluation(3, 0.6, 0.5)])


def test_the_plots_are_a_png(tmp_path):
    plot_history(HISTORY, tmp_path / "history.png")
    content = (tmp_path / "history.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    assert (width, height) == (1200, 480)


def test_without_matplotlib_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install '.\[train\]'"):
        plot_history(HISTORY, tmp_path / "history.png")


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        plot_history(HISTORY, tmp_path / "nowhere" / "history.png")
