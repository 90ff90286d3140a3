"""What a training tells the person who waits for it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from numgrad._command_line import on_terminal
from numgrad._typing import Array
from numgrad.datasets import Dataset
from numgrad.history import History
from numgrad.network import TwoLayerNet
from numgrad.training import Step

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
    print(f"An iteration takes {losses:,} losses: one by one, {_duration(seconds)} on this machine,")
    print(f"and {_duration(iterations * seconds)} for {iterations:,} iterations.")


def _seconds_a_loss(net: TwoLayerNet, x: Array, t: Array) -> float:
    net.loss(x, t)  # the first is slower
    start, passes = time.perf_counter(), 20
    for _ in range(passes):
        net.loss(x, t)
    return (time.perf_counter() - start) / passes


def _duration(seconds: float) -> str:
    for unit, length, most in (("s", 1, 120), ("min", 60, 120), ("h", 3600, 48)):
        if seconds < most * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds / 86400:.1f} days"


@contextlib.contextmanager
def progress_of(iterations: int, done: int) -> Iterator[Callable[[Step], None]]:
    """Yield what reports a step: a bar where a person looks on, a line an evaluation elsewhere."""
    pace = _Pace(done)

    def print_line(step: Step) -> None:
        if step.evaluation is not None:
            print(_line(step, pace), flush=True)

    if not on_terminal():
        yield print_line
        return
    try:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        yield print_line
        return
    with Progress(MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("{task.fields[now]}")) as bar:
        task = bar.add_task("train", total=iterations, completed=done, now="")

        def advance(step: Step) -> None:
            now = f"{pace.steps_a_second(step):.0f} steps/s  loss {step.loss:z.4f}"
            bar.update(task, completed=step.iteration, now=now)
            if step.evaluation is not None:
                bar.console.print(_line(step, pace), highlight=False)

        yield advance


class _Pace:
    """How fast the iterations come, evaluations among them."""

    def __init__(self, done: int) -> None:
        self.done, self.started = done, time.perf_counter()

    def steps_a_second(self, step: Step) -> float:
        """Return the mean rate since this process began to train."""
        return (step.iteration - self.done) / (time.perf_counter() - self.started)


def _line(step: Step, pace: _Pace) -> str:
    line = f"iteration {step.iteration:>{len(str(step.iterations))}}/{step.iterations}  loss {step.loss:z.4f}"
    if step.evaluation is not None:
        line += f"  train {step.evaluation.train_accuracy:.4f}  test {step.evaluation.test_accuracy:.4f}"
    rate = pace.steps_a_second(step)
    minutes, seconds = divmod(round((step.iterations - step.iteration) / rate), 60)
    return f"{line}  {rate:.0f}/s  {minutes}:{seconds:02d} left"


def conclude(history: History, done: int, seconds: float, checkpoint: Path | None) -> None:
    """Say where the run has ended, in a table, and how long this process took from iteration ``done`` on."""
    iterations = len(history.loss)
    if history.interrupted:
        remedy = "The same command goes on." if checkpoint else "With --checkpoint FILE a run can go on."
        print(f"Interrupted: the net is as after iteration {iterations:,}. {remedy}")
    if not history.evaluations or not history.loss:
        return
    print(f"{'':14}{'first':>9}{'best':>9}{'last':>9}")
    for name, values, best in (
        ("loss", history.loss, min),
        ("train accuracy", history.train_accuracy, max),
        ("test accuracy", history.test_accuracy, max),
    ):
        print(f"{name:14}{values[0]:>z9.4f}{best(values):>z9.4f}{values[-1]:>z9.4f}")
    if iterations == done:
        print("There was nothing left to do: more --iterations make the run longer.")
    else:
        rate = (iterations - done) / seconds
        print(f"{iterations - done:,} iterations in {_duration(seconds)}, evaluations and all: {rate:.0f} a second.")
