"""What a training run has reached, as numbers, as JSON and as CSV."""

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from numgrad._validation import expected

__all__ = ["Evaluation", "History", "require_history_path"]


@dataclass(frozen=True)
class Evaluation:
    """The accuracy of the net over all training and all test samples, after so many iterations."""

    iteration: int
    train_accuracy: float
    test_accuracy: float


@dataclass(frozen=True)
class History:
    """What a training run has reached.

    Examples
    --------
    >>> history = History(loss=[2.3], evaluations=[Evaluation(0, 0.1, 0.09), Evaluation(1, 0.3, 0.25)])
    >>> history.test_accuracy
    [0.09, 0.25]

    """

    loss: list[float] = field(default_factory=list)
    """After each iteration, on the batch of that iteration."""
    evaluations: list[Evaluation] = field(default_factory=list)
    """Before the first iteration, every ``evaluate_every`` and after the last."""
    interrupted: bool = False
    """Whether Ctrl-C ended the run before its last iteration."""
    iterations_per_epoch: int = 1
    """How many batches have as many samples as there are to train on."""

    @property
    def train_accuracy(self) -> list[float]:
        """The shares of training samples classified rightly, one an evaluation."""
        return [evaluation.train_accuracy for evaluation in self.evaluations]

    @property
    def test_accuracy(self) -> list[float]:
        """The shares of test samples classified rightly, one an evaluation."""
        return [evaluation.test_accuracy for evaluation in self.evaluations]

    @property
    def epochs(self) -> list[float]:
        """The epochs that had passed, one number an evaluation."""
        return [evaluation.iteration / self.iterations_per_epoch for evaluation in self.evaluations]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in lists and dicts, as JSON has it.

        >>> History([2.3], [Evaluation(0, 0.1, 0.09)]).to_dict()["evaluations"]
        [{'iteration': 0, 'train_accuracy': 0.1, 'test_accuracy': 0.09}]
        """
        return asdict(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the history to a file, every number to its last digit.

        Parameters
        ----------
        path: ends in .json, for what :meth:`to_dict` returns; or in .csv, for one row an iteration with its loss, and
            its accuracies where they were evaluated.

        Raises
        ------
        ValueError: the path ends in something else. OSError: the file cannot be written.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "history.csv"
        >>> History([2.3, 2.0], [Evaluation(0, 0.1, 0.09), Evaluation(2, 0.3, 0.25)]).save(path)
        >>> print(path.read_text())
        iteration,loss,train_accuracy,test_accuracy
        0,,0.1,0.09
        1,2.3,,
        2,2.0,0.3,0.25
        <BLANKLINE>

        """
        path = require_history_path(path)
        with path.open("w", encoding="utf-8", newline="") as file:
            if path.suffix.lower() == ".json":
                file.write(f"{json.dumps(self.to_dict())}\n")
            else:
                csv.writer(file, lineterminator="\n").writerows(self._rows())

    def _rows(self) -> Iterator[list[Any]]:
        yield ["iteration", "loss", "train_accuracy", "test_accuracy"]
        evaluated = {evaluation.iteration: evaluation for evaluation in self.evaluations}
        for iteration, loss in enumerate(["", *self.loss]):
            evaluation = evaluated.get(iteration)
            accuracies = ["", ""] if evaluation is None else [evaluation.train_accuracy, evaluation.test_accuracy]
            yield [iteration, loss, *accuracies]


def require_history_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a history, which must end in .json or .csv."""
    if Path(path).suffix.lower() not in {".json", ".csv"}:
        rule, reason = "end in .json or .csv", "the ending says how it is written"
        raise expected("the path of a history", rule, repr(os.fspath(path)), reason, "Rename it.")
    return Path(path)
