import pytest

from numgrad import History
from numgrad.history import Evaluation
from numgrad.plotting import plot_history

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


@pytest.mark.parametrize(("losses", "top"), [([2.0, 1.0], 2.1), ([2.0], 2.1), ([0.0, -0.0], 1), ([], 1)])
def test_the_losses_are_seen_from_0_up_with_head_room(tmp_path, monkeypatch, losses, top):
    drawn = []
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda figure, *_, **__: drawn.append(figure))
    plot_history(History(losses, [Evaluation(0, 1.0, 1.0)]), tmp_path / "history.png")
    _, loss = drawn[0].axes
    assert loss.get_xlabel() == "iterations"
    assert loss.get_ylim() == pytest.approx((0, top))
    assert loss.lines[0].get_marker() == "."
    assert all(tick == round(tick) for tick in loss.get_xticks())


def test_accuracy_is_drawn_against_epochs_and_many_losses_as_a_line(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda figure, *_, **__: drawn.append(figure))
    evaluations = [Evaluation(0, 0.1, 0.2), Evaluation(100, 0.6, 0.5), Evaluation(150, 0.7, 0.6)]
    plot_history(History([1.0] * 150, evaluations, iterations_per_epoch=100), tmp_path / "history.png")
    accuracy, loss = drawn[0].axes
    assert accuracy.get_xlabel() == "epochs"
    train, test = accuracy.lines
    assert list(train.get_xdata()) == [0, 1, 1.5]
    assert (list(train.get_ydata()), list(test.get_ydata())) == ([0.1, 0.6, 0.7], [0.2, 0.5, 0.6])
    assert not loss.lines[0].get_marker()
    assert list(loss.lines[0].get_xdata()) == list(range(1, 151))


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"Expected the path of a plot to end in \.png but got '.*history\.pdf'"):
        plot_history(HISTORY, tmp_path / "history.pdf")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        plot_history(HISTORY, tmp_path / "nowhere" / "history.png")
