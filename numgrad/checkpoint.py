"""A training run on disk: written whole or not at all, refused unless whole, and no code in it."""

import contextlib
import glob
import hashlib
import io
import json
import os
import secrets
import shutil
import signal
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Params
from numgrad._validation import expected
from numgrad.history import Evaluation, History

__all__ = ["Checkpoint", "digest", "load_checkpoint", "save_checkpoint"]

KIND = "numgrad training checkpoint"
FORMAT = f"{KIND} 1"

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
    """Return the SHA-256 of the shapes, dtypes and entries of arrays of numbers.

    >>> digest(np.zeros(2)) == digest(np.zeros(2)), digest(np.zeros(2)) == digest(np.zeros((1, 2)))
    (True, False)
    """
    found = hashlib.sha256()
    for array in arrays:
        found.update(f"{array.shape} {array.dtype.str} ".encode())
        for part in _without_padding(array):
            found.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def _without_padding(array: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the numbers without the bytes between them that mean nothing, which long doubles have."""
    if array.dtype.char != "g":
        return [array]
    double = array.astype(np.float64)
    return [double, (array - double).astype(np.float64)]


def save_checkpoint(checkpoint: Checkpoint, path: str | os.PathLike[str]) -> None:
    """Write ``checkpoint`` as an npz file, over an earlier one only when the new one is safely on disk.

    A process that is killed while it writes may leave a hidden file ``.<name>.….partial`` beside it, which a later
    write removes where the system can tell that no other process is about to write there.

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
    with _ctrl_c_held_back():
        _replace(Path(os.path.realpath(path)), _npz(_arrays(checkpoint)))


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
    path = Path(path)
    if path.exists() and not path.is_file():
        raise _refused(path, "a folder or a device")
    content = path.read_bytes()
    try:
        return _checkpoint(_read(content))
    except Exception as error:  # zipfile, zlib, NumPy and json raise whatever damage makes of them
        raise _refused(path, _kind(content)) from error


def _checkpoint(arrays: Arrays) -> Checkpoint:
    about = json.loads(arrays["about"].item())
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


def _npz(arrays: Arrays) -> bytes:
    content = io.BytesIO()
    np.savez(content, digest=_digest(arrays), **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def _read(content: bytes) -> Arrays:
    """Return the arrays of an npz if they are those that were written, of this version."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = dict(file)
    if arrays.pop("digest") != _digest(arrays) or arrays["format"] != FORMAT:
        raise ValueError
    return arrays


def _digest(arrays: Arrays) -> NDArray[np.str_]:
    return np.array(digest(np.array(list(arrays)), *arrays.values()))


def _kind(content: bytes) -> str:
    """Return what a file is that is no whole checkpoint of this version."""
    if KIND.encode("utf-32-le") not in content:
        return "another kind of file"
    return "a damaged file" if FORMAT.encode("utf-32-le") in content else "one of another version"


def _refused(path: Path, got: str) -> Exception:
    reason, remedy = "training goes on from nothing else", "Name another file, or move this one away to begin anew."
    return expected(str(path), f"hold a {FORMAT}", got, reason, remedy)


@contextlib.contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Have Ctrl-C wait, as zipfile would make another error of it, and a file might stay open or half written."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield  # only the main thread gets it
        return
    received: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: received.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if received:
            handler(*received[-1])


def _replace(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of the file in one step, after it has reached the disk."""
    name = path.name[:50]  # as file names may have no more than some 250 bytes
    partial = path.with_name(f".{name}.{secrets.token_hex(4)}.partial")
    with _folder_of(path) as folder:
        if folder is not None:
            if _lock(folder, "LOCK_EX", "LOCK_NB"):  # no other process writes here: this is what killed ones have left
                _remove(path.parent.glob(f".{glob.escape(name)}.{8 * '[0-9a-f]'}.partial"))
            _lock(folder, "LOCK_SH")
        _write(partial, content)
        try:
            if path.exists():
                shutil.copymode(path, partial)
            partial.replace(path)
        except BaseException:
            _remove([partial])
            raise
        if folder is not None:
            with contextlib.suppress(OSError):  # some file systems sync no folders
                os.fsync(folder)


def _write(path: Path, content: bytes) -> None:
    """Write a new file to the disk, whole or not at all."""
    with path.open("xb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            _remove([path])
            raise


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def _folder_of(path: Path) -> Iterator[int | None]:
    """Open a folder; yield None where that cannot be done, as on Windows or without the permission to list it."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError:
        yield None
        return
    try:
        yield folder
    finally:
        _lock(folder, "LOCK_UN")  # also for a process that was forked meanwhile
        os.close(folder)


def _lock(folder: int, *operations: str) -> bool:
    """Return whether a folder could be locked or unlocked, which some systems cannot do."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.flock(folder, sum(getattr(fcntl, operation) for operation in operations))
    except (ImportError, OSError):
        return False
    return True
