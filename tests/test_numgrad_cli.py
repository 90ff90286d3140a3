import subprocess
import sys

import pytest

from numgrad import History, cli, training
from numgrad.training import Evaluation, Step

SMALL = [
    "train",
    "--sample",
    "--hidden",
    "1",
    "--batch-size",
    "1",
    "--iterations",
    "2",
    "--evaluate-every",
    "1",
]


def test_training_on_the_sample_says_what_it_costs_and_reaches(capsys, tmp_path):
    assert cli.main([*SMALL, "--plot", str(tmp_path / "plot.png")]) == 0
    output = capsys.readouterr().out
    assert "MNIST: 4,000 training and 1,000 test images" in output
    assert "1,610 forward passes an iteration, about" in output
    assert "--hidden 100 --batch-size 100, needs 159,020.)" in output
    assert "iteration 1/2  loss " in output
    assert "iteration 2/2  loss " in output
    assert (tmp_path / "plot.png").read_bytes()[1:4] == b"PNG"


def test_the_same_seed_prints_the_same(capsys):
    outputs = []
    for _ in range(2):
        cli.main([*SMALL, "--seed", "3"])
        outputs.append([line for line in capsys.readouterr().out.splitlines() if line.startswith("iteration")])
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_sees_a_bar(capsys, monkeypatch, terminal):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    assert cli.main(SMALL) == 0
    output = capsys.readouterr().out
    assert "iteration 2/2  loss " in output
    assert ("━━━" in output) is terminal


def test_the_accuracy_before_is_said_beside_that_after(capsys, monkeypatch):
    reached = History([2.0], [Evaluation(0, 0.3, 0.1), Evaluation(1, 0.7, 0.6)])
    monkeypatch.setattr(cli, "train", lambda *_, **__: reached)
    assert cli.main(SMALL) == 0
    assert capsys.readouterr().out.endswith("Test accuracy from 0.1000 before to 0.6000 after.\n")


def test_a_net_too_large_for_the_memory_is_refused(capsys, monkeypatch):
    def train(*_, **__):
        raise MemoryError("Unable to allocate 9 TiB")

    monkeypatch.setattr(cli, "train", train)
    assert cli.main(SMALL) == 1
    assert capsys.readouterr().err == "numgrad: Unable to allocate 9 TiB\n"


def test_a_loss_of_nothing_has_no_sign():
    assert cli._line(Step(1, 1, -0.0, None)) == "iteration 1/1  loss 0.0000"


def test_the_help_names_the_defaults_and_the_place_of_the_files(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "steps of gradient descent (default: 30)" in text
    assert "$NUMGRAD_MNIST_DIR" in text
    assert "None" not in text
    assert "`" not in text


def test_a_full_disk_is_told_by_its_own_code():
    command = '"$0" -m numgrad "$@" >/dev/full'
    ended = subprocess.run(["bash", "-c", command, sys.executable, *SMALL], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (74, "cannot write: [Errno 28] No space left on device\n")


def test_ctrl_c_ends_in_order(capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "_descend", interrupt)
    assert cli.main(SMALL) == 130
    assert "Interrupted: the net is as after iteration 0." in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["train", "--iterations", "0"],
        ["train", "--hidden", "x"],
        ["train", "--learning-rate", "-1"],
        ["train", "--learning-rate", "nan"],
        ["train", "--sample", "--data", "x"],
        ["train", "--seed", "-1"],
        ["train", "--plot", "plot.pdf"],
        ["fly"],
    ],
    ids=" ".join,
)
def test_bad_arguments_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as error:
        cli.main(arguments)
    assert error.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_missing_data_is_said_on_stderr_and_exits_with_1(capsys, tmp_path):
    assert cli.main(["train", "--data", str(tmp_path / "none")]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_a_plot_that_cannot_be_written_is_refused_before_the_training(capsys, tmp_path):
    with pytest.raises(SystemExit) as error:
        cli.main([*SMALL, "--plot", str(tmp_path / "none" / "plot.png")])
    assert error.value.code == 2
    assert "cannot write a file" in capsys.readouterr().err


def test_without_matplotlib_a_plot_is_refused_before_the_training(capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert cli.main([*SMALL, "--plot", str(tmp_path / "plot.png")]) == 1
    captured = capsys.readouterr()
    assert "pip install '.[train]'" in captured.err
    assert captured.out == ""


def test_a_training_that_diverges_is_advised(capsys):
    assert cli.main([*SMALL, "--learning-rate", "1e16"]) == 1
    assert "learning_rate below 1e+16" in capsys.readouterr().err


def test_a_batch_larger_than_the_samples_is_timed_whole(capsys, monkeypatch):
    sizes = []
    monkeypatch.setattr(cli, "_seconds_a_pass", lambda _net, x, _t: sizes.append(len(x)) or 1.0)
    monkeypatch.setattr(training, "_descend", lambda *_: 1.0)
    assert cli.main([*SMALL, "--batch-size", "5000"]) == 0
    assert sizes == [5000]
