import re

import numpy as np
import pytest

from numgrad import History, TwoLayerNet, console
from numgrad.history import Evaluation
from numgrad.training_run import Step

TABLE = """\
                  first     best     last
loss             2.0000   1.0000   1.5000
train accuracy   0.3000   0.7000   0.7000
test accuracy    0.1000   0.6000   0.5000
"""
REACHED = History([2.0, 1.0, 1.5], [Evaluation(0, 0.3, 0.1), Evaluation(1, 0.6, 0.6), Evaluation(3, 0.7, 0.5)])


def test_a_table_closes_the_run(capsys):
    console.conclude(REACHED, 1, 4.0, None)
    assert capsys.readouterr().out == f"{TABLE}2 iterations in 4 s, evaluations and all: 0.5/s\n"


def test_what_the_last_values_are_of_is_said(capsys):
    evaluations = [Evaluation(0, 0.3, 0.1), Evaluation(1, 0.3, 0.6)]
    console.conclude(History([2.0, 1e9], evaluations, interrupted=True), 0, 1.0, None)
    assert capsys.readouterr().out.splitlines()[2:] == [
        "loss             2.0000   2.0000    1e+09",
        "train accuracy   0.3000   0.3000   0.3000",
        "test accuracy    0.1000   0.6000   0.6000",
        "(The last loss is of iteration 2, the last accuracies are of 1.)",
        "The accuracy has not risen: pass a smaller --learning-rate, or more --iterations.",
        "2 iterations in 1 s, evaluations and all: 2/s",
    ]


def test_a_run_that_was_done_says_so(capsys):
    console.conclude(REACHED, 3, 4.0, None)
    assert capsys.readouterr().out == f"{TABLE}There was nothing left to do: more --iterations make the run longer.\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.25, "1.2 s"),
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7230, "2 h"),
        (180000, "2.1 days"),
        (1e7, "116 days"),
    ],
)
def test_durations_are_in_their_own_unit(seconds, text):
    assert console._duration(seconds) == text


@pytest.fixture
def seconds(monkeypatch):
    """A clock that is moved by hand."""
    now = [100.0]
    monkeypatch.setattr(console.time, "perf_counter", lambda: now[0])
    return now


@pytest.mark.parametrize("terminal", [True, False])
def test_pace_and_time_left_are_those_of_this_process(capsys, monkeypatch, seconds, terminal):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    with console.progress_of(10_200, done=600) as progress:
        seconds[0] += 4
        progress(Step(1800, 10_200, -0.0, Evaluation(1800, 0.1, 0.2)))
    line = "iteration  1800/10200  loss 0.0000  train 0.1000  test 0.2000  300/s, 28 s left"
    output = capsys.readouterr().out
    assert line[:80] in output.replace("\n", "")
    assert len(line) <= 80
    assert (" 1800/10200 ━" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", output)) is terminal


def test_what_the_loop_would_take_is_said_in_full(capsys, monkeypatch):
    monkeypatch.setattr(console, "_seconds_a_loss", lambda *_: 1e-3)
    data = ((np.ones((5, 784)), np.ones(5, int)), (np.ones((3, 784)), np.ones(3, int)))
    console.announce(TwoLayerNet(784, 100, 10, rng=0), data, 100, 10_200)
    assert capsys.readouterr().out == (
        "MNIST: 5 training and 3 test images\n"
        "A 784-100-10 net, batches of 100, by numerical gradients alone.\n"
        "The chapter's loop, of 159,020 losses an iteration, would take 2.7 min for one,\n"
        "19 days for 10,200; incremental differences find the same slopes much faster.\n"
    )


@pytest.mark.parametrize(("rate", "text"), [(0.123, "0.12/s"), (9.9, "9.9/s"), (10.4, "10/s"), (1234.5, "1234/s")])
def test_rates_have_two_digits_at_least(rate, text):
    assert console._rate(rate) == text
