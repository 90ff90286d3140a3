"""A training run: the iterations it takes, what it depends on, and where it goes on from."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Params, Rng
from numgrad._validation import as_array, expected
from numgrad.checkpoint import Checkpoint, digest, load_checkpoint, save_checkpoint
from numgrad.datasets import Dataset
from numgrad.history import Evaluation, History
from numgrad.network import TwoLayerNet

__all__ = ["Options", "Step", "TrainingRun", "mini_batches"]


@dataclass(frozen=True)
class Step:
    """One iteration as progress reports it."""

    iteration: int
    iterations: int
    loss: float
    evaluation: Evaluation | None


def mini_batches(samples: int, batch_size: int, rng: Rng = None) -> Iterator[NDArray[np.intp]]:
    """Yield the sample numbers of one random batch after another, drawn with replacement.

    >>> next(mini_batches(1000, 3, rng=0))
    array([850, 636, 511])
    """
    rng = np.random.default_rng(rng)
    while True:
        yield rng.integers(samples, size=batch_size)


@dataclass(frozen=True)
class Options:
    """How to train; every value is already checked."""

    iterations: int
    batch_size: int
    learning_rate: float
    iterations_per_epoch: int
    evaluate_every: int
    checkpoint_every: int


@dataclass(frozen=True)
class _Reached:
    """Where the last whole iteration led: assigned as one, so that Ctrl-C never parts the net from its history."""

    params: Params
    losses: int
    evaluations: int
    rng: dict[str, Any]
    evaluated_early: bool
    """Whether the last evaluation is one that a longer run would not have had: it is not saved."""


class TrainingRun:
    """A training run between its iterations."""

    def __init__(
        self,
        net: TwoLayerNet,
        data: Dataset,
        options: Options,
        rng: Rng,
        checkpoint: str | os.PathLike[str] | None,
    ) -> None:
        self.net, self.options = net, options
        params = {name: as_array(name, value) for name, value in net.params.items()}
        net.params.update({name: np.array(value, order="C") for name, value in params.items()})  # as they are loaded
        (self.x, self.t), (self.x_test, self.t_test) = data
        self.generator = np.random.default_rng(rng)
        self.batches = mini_batches(len(self.x), options.batch_size, self.generator)
        self.checkpoint = None if checkpoint is None else Path(os.path.realpath(checkpoint))
        self.origin = {} if checkpoint is None else _origin(net, data, options, None if rng is None else self._state())
        self.loss: list[float] = []
        self.evaluations: list[Evaluation] = []
        self.reached, self.begun = self._here(), False

    def begin(self) -> None:
        """Go on from the checkpoint, or write one, and evaluate the net where that is due."""
        if self.checkpoint is not None:
            with contextlib.suppress(FileNotFoundError):
                self._resume(load_checkpoint(self.checkpoint))
        self.reached, self.begun = self._here(), True
        self.save()
        ended = len(self.loss) == self.options.iterations
        if not self.evaluations or (ended and self.evaluations[-1].iteration != len(self.loss)):
            self._evaluate()
            self.reached = self._here(evaluated_early=len(self.loss) % self.options.evaluate_every > 0)
            self.save()

    def step(self) -> Step:
        """Take one iteration, and what is due after it."""
        batch, options = next(self.batches), self.options
        iteration = len(self.loss) + 1
        loss = _descend(self.net, self.x[batch], self.t[batch], options.learning_rate, iteration)
        self.loss.append(loss)
        last, due = iteration == options.iterations, iteration % options.evaluate_every == 0
        evaluation = self._evaluate() if last or due else None
        self.reached = self._here(evaluated_early=last and not due)
        if last or iteration % options.checkpoint_every == 0:
            self.save()
        return Step(iteration, options.iterations, loss, evaluation)

    def take_back(self) -> None:
        """Put the net back to where the last whole iteration led."""
        self.net.params.update(self.reached.params)

    def save(self) -> None:
        """Write the checkpoint, if there is one."""
        if self.checkpoint is not None:
            reached, history = self.reached, self.history()
            if reached.evaluated_early:
                del history.evaluations[-1]
            save_checkpoint(Checkpoint(reached.params, history, reached.rng, self.origin), self.checkpoint)

    def history(self, *, interrupted: bool = False) -> History:
        """Return what was reached by the last whole iteration."""
        losses, evaluations = self.loss[: self.reached.losses], self.evaluations[: self.reached.evaluations]
        return History(losses, evaluations, interrupted, self.options.iterations_per_epoch)

    def _evaluate(self) -> Evaluation:
        accuracies = self.net.accuracy(self.x, self.t), self.net.accuracy(self.x_test, self.t_test)
        self.evaluations.append(Evaluation(len(self.loss), *accuracies))
        return self.evaluations[-1]

    def _here(self, *, evaluated_early: bool = False) -> _Reached:
        return _Reached(dict(self.net.params), len(self.loss), len(self.evaluations), self._state(), evaluated_early)

    def _state(self) -> dict[str, Any]:
        """Return the state of the generator as JSON has it, in which some hold arrays."""
        return dict(json.loads(json.dumps(self.generator.bit_generator.state, default=np.ndarray.tolist)))

    def _resume(self, found: Checkpoint) -> None:
        if not found.history.loss:  # nothing to go on from
            return
        iterations = self.options.iterations
        _require_origin(self.checkpoint, found, self.origin)
        if len(found.history.loss) > iterations:
            rule, reason = f"be at least the {len(found.history.loss)} of {self.checkpoint}", "no step is taken back"
            raise expected("iterations", rule, f"{iterations}", reason, "Pass more iterations, or name another file.")
        self.net.params.update(found.params)
        kind = found.rng["bit_generator"]
        if kind != self.generator.bit_generator.state["bit_generator"]:  # fresh entropy goes on from any
            self.generator = np.random.Generator(getattr(np.random, kind)())
            self.batches = mini_batches(len(self.x), self.options.batch_size, self.generator)
        self.generator.bit_generator.state = found.rng
        self.loss, self.evaluations, self.origin = found.history.loss, found.history.evaluations, found.origin


def _origin(net: TwoLayerNet, data: Dataset, options: Options, rng: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a run must have in common with its checkpoint, as JSON has it."""
    (x_train, t_train), (x_test, t_test) = data
    return {
        "net": ", ".join(f"{name} {value.shape} {value.dtype}" for name, value in net.params.items()),
        "data": digest(x_train, t_train, x_test, t_test),
        "batch_size": options.batch_size,
        "learning_rate": options.learning_rate,
        "rng": rng,
    }


def _require_origin(path: Path | None, found: Checkpoint, origin: dict[str, Any]) -> None:
    """Refuse a checkpoint of a run that was begun in another way."""
    for name, value in origin.items():
        begun_with = found.origin.get(name)
        if value == begun_with or (name == "rng" and value is None):
            continue
        words = {"data": ("that", "other data"), "rng": ("the seed or state", "another")}
        before, now = words.get(name, (f"{begun_with}", f"{value}"))
        reason, remedy = "the run would not go on as it was begun", "Pass what it was begun with, or name another file."
        raise expected(name, f"be {before} of the run in {path},", now, reason, remedy)


def _descend(net: TwoLayerNet, x: NDArray[Any], t: NDArray[Any], learning_rate: float, iteration: int) -> float:
    """Take one step and return the loss that the batch has after it."""
    try:
        gradient = net.numerical_gradient(x, t)
    except ValueError as error:
        largest = max(np.abs(value).max() for value in net.params.values())
        error.add_note(
            f"This came up in iteration {iteration} of the training, with weights of up to {largest:.3g}. "
            f"If they have grown, begin anew with a learning_rate below {learning_rate:g}."
        )
        raise
    with np.errstate(over="ignore", invalid="ignore"):
        moved: Params = {name: value - learning_rate * gradient[name] for name, value in net.params.items()}
        net.params.update(moved)
        loss = float(net.loss(x, t))
    if not np.isfinite(loss):
        reason, remedy = "the training has diverged", f"Begin anew with a learning_rate below {learning_rate:g}."
        raise expected("the loss", "stay finite", f"{loss} after iteration {iteration}", reason, remedy)
    return loss
