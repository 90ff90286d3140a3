"""``python -m numgrad train``: the chapter's training loop on real MNIST."""

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from numgrad._command_line import count, on_terminal, positive, seed, writable
from numgrad._typing import Array
from numgrad.datasets import Dataset, load_mnist
from numgrad.network import TwoLayerNet
from numgrad.plotting import plot_history, require_matplotlib, require_png
from numgrad.training import History, Step, train

__all__ = ["main"]

CHAPTER_HIDDEN, CHAPTER_BATCH = 100, 100


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 an input was refused, 2 bad arguments, 130 Ctrl-C."""
    args = _parser().parse_args(argv)
    try:
        if args.plot:
            require_matplotlib()  # not only after the training
        data = load_mnist(data_dir=args.data, download=args.download, sample=args.sample)
    except (ValueError, OSError, ModuleNotFoundError) as error:
        return _refused(error)
    try:
        history = _train(data, args)
    except (ValueError, MemoryError) as error:
        return _refused(error)
    return 130 if history.interrupted else 0


def _refused(error: Exception) -> int:
    print("\n".join([f"numgrad: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m numgrad", description="Neural networks from scratch.")
    command = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "train",
        help="train a two-layer net on MNIST by numerical gradients",
        description="Train a two-layer net on MNIST by numerical gradients alone. Where none of --sample, --data and "
        "--download is given, the files are those in $NUMGRAD_MNIST_DIR, else those in the cache.",
    )
    place = command.add_mutually_exclusive_group()
    place.add_argument("--sample", action="store_true", help="the MNIST sample that comes with numgrad")
    place.add_argument("--data", metavar="DIR", help="a folder with the four IDX files")
    place.add_argument("--download", action="store_true", help="fetch the IDX files into the cache")
    command.add_argument(
        "--iterations", type=count, default=30, help="steps of gradient descent (default: %(default)s)"
    )
    command.add_argument("--hidden", type=count, default=10, help="hidden units (default: %(default)s)")
    command.add_argument("--batch-size", type=count, default=50, help="samples a step (default: %(default)s)")
    command.add_argument("--learning-rate", type=positive, default=2.0, help="length of a step (default: %(default)s)")
    command.add_argument(
        "--evaluate-every", type=count, default=10, help="iterations between evaluations (default: %(default)s)"
    )
    command.add_argument(
        "--seed", type=seed, default=0, help="of the initial weights and the batches (default: %(default)s)"
    )
    command.add_argument("--plot", type=_png, metavar="FILE.png", help="write accuracy and loss as a PNG")
    return parser


def _png(text: str) -> Path:
    try:
        require_png(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return writable(text)


def _train(data: Dataset, args: argparse.Namespace) -> History:
    (x_train, _), _ = data
    net = TwoLayerNet(x_train.shape[1], args.hidden, 10, rng=args.seed)
    _announce(net, data, args)
    with _progress(args.iterations) as progress:
        history = train(
            net,
            data,
            iterations=args.iterations,
            batch_size=args.batch_size,
            learning_rate=args.learning_rate,
            evaluate_every=args.evaluate_every,
            rng=args.seed,
            progress=progress,
        )
    _conclude(history, args.plot)
    return history


def _announce(net: TwoLayerNet, data: Dataset, args: argparse.Namespace) -> None:
    """Say what is trained and what the slow loop costs, measured on one batch."""
    (x_train, t_train), (x_test, _) = data
    features, classes = x_train.shape[1], len(net.params["b2"])
    passes = _passes(features, args.hidden, classes)
    batch = np.arange(args.batch_size) % len(x_train)
    seconds = passes * _seconds_a_pass(net, x_train[batch], t_train[batch])
    print(f"MNIST: {len(x_train):,} training and {len(x_test):,} test images")
    print(f"A {features}-{args.hidden}-{classes} net, batches of {args.batch_size}, by numerical gradients alone:")
    print(f"{passes:,} forward passes an iteration, about {_duration(seconds)};", end=" ")
    print(f"{args.iterations} of them: about {_duration(args.iterations * seconds)}.")
    if (args.hidden, args.batch_size) != (CHAPTER_HIDDEN, CHAPTER_BATCH):
        chapters = _passes(features, CHAPTER_HIDDEN, classes)
        print(f"(The chapter's own size, --hidden {CHAPTER_HIDDEN} --batch-size {CHAPTER_BATCH}, needs {chapters:,}.)")


def _passes(features: int, hidden: int, classes: int) -> int:
    """Return the forward passes of one numerical gradient: two a parameter."""
    return 2 * (features * hidden + hidden + hidden * classes + classes)


def _seconds_a_pass(net: TwoLayerNet, x: Array, t: Array) -> float:
    net.loss(x, t)  # the first pass is slower
    start, passes = time.perf_counter(), 20
    for _ in range(passes):
        net.loss(x, t)
    return (time.perf_counter() - start) / passes


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


@contextlib.contextmanager
def _progress(iterations: int) -> Iterator[Callable[[Step], None]]:
    """Yield what reports a step: a bar where a person looks on, plain lines elsewhere."""
    if not on_terminal():
        yield _plain_line
        return
    try:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        yield _plain_line
        return
    columns = (
        MofNCompleteColumn(),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}"),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("train", total=iterations, loss="")

        def advance(step: Step) -> None:
            bar.update(task, advance=1, loss=f"loss {step.loss:z.4f}")
            if step.evaluation is not None:
                bar.console.print(_line(step), highlight=False)

        yield advance


def _plain_line(step: Step) -> None:
    if step.evaluation is not None:
        print(_line(step), flush=True)


def _line(step: Step) -> str:
    line = f"iteration {step.iteration:>{len(str(step.iterations))}}/{step.iterations}  loss {step.loss:z.4f}"
    if step.evaluation is None:
        return line
    accuracies = step.evaluation
    return f"{line}  accuracy: train {accuracies.train_accuracy:.4f}, test {accuracies.test_accuracy:.4f}"


def _conclude(history: History, plot: Path | None) -> None:
    if history.interrupted:
        print(f"Interrupted: the net is as after iteration {len(history.loss)}.")
    else:
        print(f"Test accuracy from {history.test_accuracy[0]:.4f} before to {history.test_accuracy[-1]:.4f} after.")
    if plot:
        plot_history(history, plot)
        print(f"Wrote {plot}")
