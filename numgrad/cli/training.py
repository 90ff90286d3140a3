"""``python -m numgrad train``: the chapter's training loop on real MNIST."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from numgrad._command_line import count, positive, replaceable, require_distinct, seed, writable
from numgrad.checkpoint import load_checkpoint
from numgrad.cli.refusal import refused
from numgrad.console import announce, conclude, progress_of
from numgrad.datasets import Dataset, load_mnist
from numgrad.history import History, require_history_path
from numgrad.network import TwoLayerNet
from numgrad.plotting import plot_history, require_matplotlib, require_png
from numgrad.training import CHAPTER_ITERATIONS, train

__all__ = ["add_command"]


def add_command(commands: Any) -> None:
    """Add the command to those of the parser."""
    command = commands.add_parser(
        "train",
        help="train a two-layer net on MNIST by numerical gradients",
        description="Train a two-layer net on MNIST by numerical gradients alone. Where none of --sample, --data and "
        "--download is given, the files are those in $NUMGRAD_MNIST_DIR, else those in the cache.",
    )
    command.set_defaults(run=_run, refuse=command.error)
    place = command.add_mutually_exclusive_group()
    place.add_argument("--sample", action="store_true", help="the MNIST sample that comes with numgrad")
    place.add_argument("--data", metavar="DIR", help="a folder with the four IDX files")
    place.add_argument("--download", action="store_true", help="fetch the IDX files into the cache")
    _add_options(command.add_argument)
    _add_files(command.add_argument)


def _run(args: argparse.Namespace) -> int:
    """Return the exit code: 0 done, 130 after Ctrl-C."""
    _require_compatible(args, args.refuse)
    if args.plot:
        require_matplotlib()  # not only after the training
    try:
        done = _iterations_done(args.checkpoint)
        data = load_mnist(data_dir=args.data, download=args.download, sample=args.sample)
    except OSError as error:
        return refused(error)
    history = _train(data, done, args)
    return 130 if history.interrupted else 0


def _require_compatible(args: argparse.Namespace, refuse: Callable[[str], NoReturn]) -> None:
    if args.checkpoint_every is not None and args.checkpoint is None:
        refuse("--checkpoint-every needs --checkpoint FILE")
    require_distinct((args.checkpoint, *args.history, args.plot), refuse)


def _iterations_done(checkpoint: Path | None) -> int | None:
    """Return how far the run in the checkpoint has come, None where there is none to go on from.

    What is no checkpoint is refused here, before the data is loaded.
    """
    if checkpoint is None:
        return None
    try:
        return len(load_checkpoint(checkpoint).history.loss) or None
    except FileNotFoundError:
        return None


def _train(data: Dataset, done: int | None, args: argparse.Namespace) -> History:
    (x_train, _), _ = data
    net = TwoLayerNet(x_train.shape[1], args.hidden, 10, rng=args.seed)
    announce(net, data, args.batch_size, args.iterations)
    if done is not None:
        print(f"The run in {args.checkpoint} has come to iteration {done:,}.")
    started, done = time.perf_counter(), done or 0
    with progress_of(args.iterations, done) as progress:
        history = train(
            net,
            data,
            iterations=args.iterations,
            batch_size=args.batch_size,
            learning_rate=args.learning_rate,
            evaluate_every=args.evaluate_every,
            rng=args.seed,
            progress=progress,
            checkpoint=args.checkpoint,
            checkpoint_every=args.checkpoint_every,
        )
    conclude(history, done, time.perf_counter() - started, args.checkpoint)
    _write(history, args)
    return history


def _write(history: History, args: argparse.Namespace) -> None:
    for path in args.history:
        history.save(path)
        print(f"Wrote {path}")
    if args.plot:
        plot_history(history, args.plot)
        print(f"Wrote {args.plot}")


def _add_options(add: Callable[..., argparse.Action]) -> None:
    default = "(default: %(default)s)"
    add(
        "--iterations", type=count, default=CHAPTER_ITERATIONS, metavar="N", help=f"steps of gradient descent {default}"
    )
    add("--hidden", type=count, default=100, metavar="N", help=f"hidden units {default}")
    add("--batch-size", type=count, default=100, metavar="N", help=f"samples a step {default}")
    add("--learning-rate", type=positive, default=0.1, metavar="RATE", help=f"length of a step {default}")
    add("--evaluate-every", type=count, metavar="N", help="iterations between evaluations (default: an epoch)")
    add("--seed", type=seed, default=0, metavar="N", help=f"of the initial weights and the batches {default}")


def _add_files(add: Callable[..., argparse.Action]) -> None:
    add(
        "--checkpoint",
        type=replaceable,
        metavar="FILE",
        help="save the run in this file, and go on from it if it exists: stopped or killed, repeat the command",
    )
    add("--checkpoint-every", type=count, metavar="N", help="iterations between saves (default: as evaluations)")
    add(
        "--history",
        type=lambda text: _ending(text, require_history_path),
        action="append",
        default=[],
        metavar="FILE",
        help="write losses and accuracies as FILE.json or FILE.csv; may be repeated",
    )
    add(
        "--plot",
        type=lambda text: _ending(text, require_png),
        metavar="FILE.png",
        help="write accuracy and loss as a picture",
    )


def _ending(text: str, require: Callable[[str], Path]) -> Path:
    try:
        require(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return writable(text)
