"""What a training tells the person who waits for it."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from numgrad._command_line import on_terminal
from numgrad._typing import Array
from numgrad.datasets import Dataset
from numgrad.history import Evaluation, History
from numgrad.network import TwoLayerNet
from numgrad.training_run import Step

__all__ = ["announce", "conclude", "progress_of"]


def announce(net: TwoLayerNet, data: Dataset, batch_size: int, iterations: int) -> None:
    """Say what is trained, and what the chapter's loop would cost, measured on one batch."""
    (x_train, t_train), (x_test, _) = data
    features, hidden, classes = x_train.shape[1], len(net.params["b1"]), len(net.params["b2"])
    losses = 2 * sum(value.size for value in net.params.values())
    batch = np.arange(batch_size) % len(x_train)
    seconds = losses * _seconds_a_loss(net, x_train[batch], t_train[batch])
    print(f"MNIST: {len(x_train):,} training and {len(x_test):,} test images")
    print(f"A {features}-{hidden}-{classes} net, batches of {batch_size}, by numerical gradients alone.")
    print(f"The chapter's loop, of {losses:,} losses an iteration, would take {_duration(seconds)} for one,")
    whole = _duration(iterations * seconds)
    print(f"{whole} for {iterations:,}; incremental differences find the same slopes much faster.")


def _seconds_a_loss(net: TwoLayerNet, x: Array, t: Array) -> float:
    """Return the shortest of twenty timings of one loss, as other processes may slow the rest."""

    def seconds() -> float:
        start = time.perf_counter()
        net.loss(x, t)
        return time.perf_counter() - start

    return min(seconds() for _ in range(20))


def _duration(seconds: float) -> str:
    units = ("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800), ("days", 86_400, math.inf)
    unit, length = next((unit, length) for unit, length, below in units if seconds < below)
    return f"{_two_digits(seconds / length)} {unit}"


def _two_digits(number: float) -> str:
    """Return a number with two digits at least."""
    return f"{number:.0f}" if number >= 9.95 else f"{number:.2g}"


@contextlib.contextmanager
def progress_of(iterations: int, done: int) -> Iterator[Callable[[Step], None]]:
    """Yield what reports a step: a bar where a person looks on, a line an evaluation elsewhere."""
    pace = _Pace(done)
    if not on_terminal() or find_spec("rich") is None:
        yield lambda step: _print_line(step, pace)
        return
    from rich import progress  # noqa: PLC0415 - an extra

    now = progress.TextColumn("{task.fields[now]}")
    with progress.Progress(
        progress.MofNCompleteColumn(), progress.BarColumn(), progress.TimeRemainingColumn(), now
    ) as bar:
        task = bar.add_task("train", total=iterations, completed=done, now="")

        def advance(step: Step) -> None:
            _print_line(step, pace)
            bar.update(
                task, completed=step.iteration, now=f"{_rate(pace.steps_a_second(step))}  loss {_figure(step.loss)}"
            )

        yield advance


def _print_line(step: Step, pace: "_Pace") -> None:
    if step.evaluation is not None:
        print(_line(step, step.evaluation, pace), flush=True)


class _Pace:
    """How fast the iterations come, evaluations among them."""

    def __init__(self, done: int) -> None:
        self.done, self.started = done, time.perf_counter()

    def steps_a_second(self, step: Step) -> float:
        """Return the mean rate since this process began to train."""
        return max(1, step.iteration - self.done) / (time.perf_counter() - self.started)


def _line(step: Step, evaluation: Evaluation, pace: _Pace) -> str:
    """Return what is said of an iteration after which the net was evaluated."""
    place = f"iteration {step.iteration:>{len(str(step.iterations))}}/{step.iterations}"
    accuracies = f"train {evaluation.train_accuracy:.4f}  test {evaluation.test_accuracy:.4f}"
    left = _duration((step.iterations - step.iteration) / pace.steps_a_second(step))
    return f"{place}  loss {_figure(step.loss)}  {accuracies}  {_rate(pace.steps_a_second(step))}, {left} left"


def _figure(value: float) -> str:
    return f"{value:z.4f}" if value < 1000 else f"{value:.3g}"


def _rate(steps_a_second: float) -> str:
    return f"{_two_digits(steps_a_second)}/s"


def conclude(history: History, done: int, seconds: float, checkpoint: Path | None) -> None:
    """Say where the run has ended, in a table, and how long this process took from iteration ``done`` on."""
    iterations = len(history.loss)
    if history.interrupted:
        remedy = "The same command goes on." if checkpoint else "With --checkpoint FILE a run can go on."
        print(f"Interrupted: the net is as after iteration {iterations:,}. {remedy}")
    if not history.evaluations or not history.loss:
        return
    _print_table(history)
    evaluated = history.evaluations[-1].iteration
    if evaluated != iterations:
        print(f"(The last loss is of iteration {iterations:,}, the last accuracies are of {evaluated:,}.)")
    if history.train_accuracy[-1] <= history.train_accuracy[0]:
        print("The accuracy has not risen: pass a smaller --learning-rate, or more --iterations.")
    if iterations == done and not history.interrupted:
        print("There was nothing left to do: more --iterations make the run longer.")
    elif iterations > done:
        rate = _rate((iterations - done) / seconds)
        print(f"{iterations - done:,} iterations in {_duration(seconds)}, evaluations and all: {rate}")


def _print_table(history: History) -> None:
    print(f"{'':14}{'first':>9}{'best':>9}{'last':>9}")
    for name, values, best in (
        ("loss", history.loss, min),
        ("train accuracy", history.train_accuracy, max),
        ("test accuracy", history.test_accuracy, max),
    ):
        print(f"{name:14}{_figure(values[0]):>9}{_figure(best(values)):>9}{_figure(values[-1]):>9}")
