import json
import re
import signal
import subprocess
import sys

import pytest
from tiny_training import same_bits

from numgrad import cli, console, training_run
from numgrad.checkpoint import load_checkpoint

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
    assert "A 784-1-10 net, batches of 1, by numerical gradients alone." in output
    assert "The chapter's loop, of 1,610 losses an iteration, would take " in output
    assert "iteration 1/2  loss " in output
    assert "iteration 2/2  loss " in output
    assert (tmp_path / "plot.png").read_bytes()[1:4] == b"PNG"


def test_the_same_seed_prints_the_same(capsys):
    outputs = []
    for _ in range(2):
        cli.main([*SMALL, "--seed", "3"])
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("iteration")]
        outputs.append([re.sub(r"\S+/s, \S+ \S+ left", "", line) for line in lines])
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 2


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_sees_a_bar(capsys, monkeypatch, terminal):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    assert cli.main(SMALL) == 0
    output = capsys.readouterr().out
    assert "iteration 2/2  loss " in output
    assert ("━━━" in output) is terminal


def test_a_net_too_large_for_the_memory_is_refused(capsys, monkeypatch):
    def train(*_, **__):
        raise MemoryError("Unable to allocate 9 TiB")

    monkeypatch.setattr(cli.training, "train", train)
    assert cli.main(SMALL) == 1
    assert capsys.readouterr().err == "numgrad: Unable to allocate 9 TiB\n"


def test_the_help_names_the_defaults_and_the_place_of_the_files(capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "steps of gradient descent (default: 10200)" in text
    assert "$NUMGRAD_MNIST_DIR" in text
    assert "(default: an epoch)" in text
    assert "None" not in text
    assert "`" not in text


def test_a_full_disk_is_told_by_its_own_code():
    command = '"$0" -m numgrad "$@" >/dev/full'
    ended = subprocess.run(["bash", "-c", command, sys.executable, *SMALL], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (74, "cannot write: [Errno 28] No space left on device\n")


def test_ctrl_c_ends_in_order(capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training_run, "_descend", interrupt)
    assert cli.main(SMALL) == 130
    assert capsys.readouterr().out.endswith(
        "Interrupted: the net is as after iteration 0. With --checkpoint FILE a run can go on.\n"
    )


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
        ["train", "--history", "history.txt"],
        ["train", "--checkpoint", "nowhere/run.npz"],
        ["train", "--checkpoint", "run.npz", "--checkpoint-every", "0"],
        ["train", "--checkpoint-every", "3"],
        ["train", "--checkpoint", "run.json", "--history", "run.json"],
        ["train", "--history", "run.csv", "--history", "./run.csv"],
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


@pytest.mark.parametrize("rate", ["1e16", "1e308"])
def test_a_training_that_diverges_is_advised(capsys, rate):
    assert cli.main([*SMALL, "--iterations", "20", "--learning-rate", rate]) == 1
    error = capsys.readouterr().err
    assert re.search(r"iteration \d+", error)
    assert f"egin anew with a learning_rate below {float(rate):g}" in error


def test_a_batch_larger_than_the_samples_is_timed_whole(capsys, monkeypatch):
    sizes = []
    monkeypatch.setattr(console, "_seconds_a_loss", lambda _net, x, _t: sizes.append(len(x)) or 1.0)
    monkeypatch.setattr(training_run, "_descend", lambda *_: 1.0)
    assert cli.main([*SMALL, "--batch-size", "5000"]) == 0
    assert sizes == [5000]


def test_histories_are_written(capsys, tmp_path):
    paths = [tmp_path / "history.json", tmp_path / "history.csv"]
    assert cli.main([*SMALL, *(word for path in paths for word in ("--history", str(path)))]) == 0
    found = json.loads(paths[0].read_text())
    assert len(found["loss"]) == 2
    assert found["iterations_per_epoch"] == 4000
    rows = paths[1].read_text().splitlines()
    assert rows[0] == "iteration,loss,train_accuracy,test_accuracy"
    last = found["evaluations"][-1]
    assert rows[-1] == f"2,{found['loss'][1]!r},{last['train_accuracy']!r},{last['test_accuracy']!r}"
    assert capsys.readouterr().out.endswith(f"Wrote {paths[0]}\nWrote {paths[1]}\n")


def test_a_run_goes_on_from_its_checkpoint(capsys, tmp_path):
    path = tmp_path / "run.npz"
    assert cli.main([*SMALL, "--checkpoint", str(path)]) == 0
    assert "has come to" not in capsys.readouterr().out
    assert cli.main([*SMALL, "--checkpoint", str(path), "--iterations", "4"]) == 0
    assert f"The run in {path} has come to iteration 2." in capsys.readouterr().out
    assert cli.main([*SMALL, "--checkpoint", str(tmp_path / "whole.npz"), "--iterations", "4"]) == 0
    parted, whole = load_checkpoint(path), load_checkpoint(tmp_path / "whole.npz")
    assert parted.history == whole.history
    assert same_bits(parted.params, whole.params)


def test_a_file_that_is_no_checkpoint_is_refused_before_anything_is_loaded(capsys, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    assert cli.main([*SMALL, "--checkpoint", str(path)]) == 1
    captured = capsys.readouterr()
    assert f"Expected {path} to hold a numgrad training checkpoint 1 but got another kind of file" in captured.err
    assert captured.out == ""
    assert path.read_text() == "mine"


def test_a_checkpoint_of_another_run_is_refused(capsys, tmp_path):
    path = tmp_path / "run.npz"
    assert cli.main([*SMALL, "--checkpoint", str(path)]) == 0
    assert cli.main([*SMALL, "--checkpoint", str(path), "--learning-rate", "0.2"]) == 1
    assert "Expected learning_rate to be 0.1 of the run in" in capsys.readouterr().err


STOPS = 3


def start(path):
    """Return a run of 40 iterations that saves each of them."""
    options = ["--sample", "--hidden", "3", "--batch-size", "2", "--iterations", "40"]
    every = ["--evaluate-every", "1", "--checkpoint-every", "1", "--checkpoint", str(path)]
    command = [sys.executable, "-m", "numgrad", "train", *options, *every]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stop_and_repeat(path, end):
    """Stop the run with a signal after its next evaluation, until it is done; return how each process ended."""
    ended = []
    while 0 not in ended:
        with start(path) as process:
            for line in process.stdout:
                if line.startswith("iteration") and len(ended) < STOPS:
                    process.send_signal(end)
                    break
            process.stdout.read()
            assert "Traceback" not in process.stderr.read()
        ended.append(process.returncode)
    return ended


@pytest.mark.parametrize(("end", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)], ids=["killed", "ctrl-c"])
def test_a_command_that_is_stopped_and_repeated_ends_as_if_it_had_not_been(tmp_path, end, code):
    *stops, last = stop_and_repeat(tmp_path / "run.npz", end)
    assert (set(stops), last) == ({code}, 0)  # fewer than asked for where a process was faster than its signal
    assert stop_and_repeat(tmp_path / "whole.npz", signal.SIGCONT) == [0]
    parted, whole = load_checkpoint(tmp_path / "run.npz"), load_checkpoint(tmp_path / "whole.npz")
    assert parted.history == whole.history
    assert same_bits(parted.params, whole.params)
