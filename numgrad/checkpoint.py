"""A training run on disk: written whole or not at all, refused unless whole, and no code in it."""

import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Params
from numgrad._validation import expected
from numgrad.history import Evaluation, History

__all__ = ["Checkpoint", "digest", "load_checkpoint", "save_checkpoint"]

FORMAT = "numgrad training checkpoint 1"

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """All that the rest of a training run depends on, after a whole iteration."""

    params: Params
    history: History
    rng: dict[str, Any]
    """The state of the bit generator that draws the batches, as JSON has it."""
    origin: dict[str, Any]
    """What the run was begun with, as JSON has it."""


def digest(*arrays: NDArray[Any]) -> str:
    """Return the SHA-256 of shapes, dtypes and entries.

    >>> digest(np.zeros(2)) == digest(np.zeros(2)), digest(np.zeros(2)) == digest(np.zeros((1, 2)))
    (True, False)
    """
    found = hashlib.sha256()
    for array in arrays:
        found.update(f"{array.shape} {array.dtype.str} ".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def save_checkpoint(checkpoint: Checkpoint, path: str | os.PathLike[str]) -> None:
    """Write ``checkpoint`` as an npz file, over an earlier one only when the new one is safely on disk.

    A process that is killed while it writes may leave ``<path>.partial``, which the next write overwrites.

    Parameters
    ----------
    checkpoint: what to write; all its arrays keep their bits.
    path: the file; any ending will do.

    Raises
    ------
    OSError: the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "run.npz"
    >>> save_checkpoint(Checkpoint({"b1": np.zeros(2)}, History([2.3]), {}, {"seed": 0}), path)
    >>> load_checkpoint(path).history.loss
    [2.3]

    """
    arrays = _arrays(checkpoint)
    content = io.BytesIO()
    np.savez(content, digest=np.array(digest(*arrays.values())), **arrays)  # type: ignore[arg-type]
    _replace(Path(os.path.realpath(path)), content.getvalue())


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Return the checkpoint in a file.

    Parameters
    ----------
    path: a file that :func:`save_checkpoint` has written. Nothing in it is run, whoever wrote it.

    Returns
    -------
    What was saved, bit for bit.

    Raises
    ------
    ValueError: the file is damaged, or is no checkpoint, or one of another version.
    OSError: it cannot be read.

    """
    arrays = _read(Path(path))
    about = json.loads(str(arrays["about"]))
    evaluations = zip(arrays["evaluated"].tolist(), arrays["accuracies"].tolist(), strict=True)
    history = History(
        arrays["loss"].tolist(),
        [Evaluation(iteration, *accuracies) for iteration, accuracies in evaluations],
        **about["history"],
    )
    params = {name: arrays[f"param {name}"] for name in about["params"]}
    return Checkpoint(params, history, about["rng"], about["origin"])


def _arrays(checkpoint: Checkpoint) -> Arrays:
    history = checkpoint.history
    about = {
        "params": list(checkpoint.params),
        "history": {"iterations_per_epoch": history.iterations_per_epoch},
        "rng": checkpoint.rng,
        "origin": checkpoint.origin,
    }
    return {
        "format": np.array(FORMAT),
        "about": np.array(json.dumps(about)),
        "loss": np.array(history.loss, np.float64),
        "evaluated": np.array([evaluation.iteration for evaluation in history.evaluations], np.int64),
        "accuracies": np.array([history.train_accuracy, history.test_accuracy], np.float64).T,
        **{f"param {name}": value for name, value in checkpoint.params.items()},
    }


def _read(path: Path) -> Arrays:
    """Return the arrays of a checkpoint that is whole."""
    content = path.read_bytes()
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = dict(file)
        whole = str(arrays.pop("digest")) == digest(*arrays.values())
    except Exception as error:  # zipfile, zlib, NumPy raise whatever damage makes of them
        raise _refused(
            path, "a damaged file" if FORMAT.encode("utf-32-le") in content else "another kind of file"
        ) from error
    if not whole:
        raise _refused(path, "a damaged file")
    if str(arrays["format"]) != FORMAT:
        raise _refused(path, f"a {arrays['format']}")
    return arrays


def _refused(path: Path, got: str) -> Exception:
    reason, remedy = "training goes on from nothing else", "Name another file, or move this one away to begin anew."
    return expected(str(path), f"hold a {FORMAT}", got, reason, remedy)


def _replace(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of the file in one step, after it has reached the disk."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # not on Windows, where a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
