"""MNIST from files that are verified, whole, before a pixel of them is used."""

import gzip
import hashlib
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from numgrad._validation import expected, missing

__all__ = ["Dataset", "load_mnist"]

Split = tuple[NDArray[Any], NDArray[Any]]
Dataset = tuple[Split, Split]
"""(samples, targets) to train on, and (samples, targets) to test on."""

CLASSES = 10
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)


@dataclass(frozen=True)
class IdxFile:
    """One file in the IDX format, known by what it holds."""

    name: str
    sha256: str
    """Of the uncompressed file."""
    gz_sha256: str
    """Of the .gz as it was published."""


MNIST = (
    IdxFile(
        "train-images-idx3-ubyte",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    IdxFile(
        "train-labels-idx1-ubyte",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    IdxFile(
        "t10k-images-idx3-ubyte",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    IdxFile(
        "t10k-labels-idx1-ubyte",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)
SAMPLE = (
    IdxFile(
        "train-images-idx3-ubyte",
        "1edb0376ad770d05deea6c696693f5882c993d72d1a2f8ea7f0e3f057f1cfb2f",
        "b3121375854067e29f0f1511d24266764e5dda5a90c8a5607bf54f48137bc4b2",
    ),
    IdxFile(
        "train-labels-idx1-ubyte",
        "eff120e01f651c4673776d501e2c9cb8986959930f915af888eeda19e96879f6",
        "45d4ad6c57f37ea3b6940ed61c545f0e996d154d8b493c9c82b4860f3e242081",
    ),
    IdxFile(
        "t10k-images-idx3-ubyte",
        "b97c8bfeb834d8e7999eaa2d69239abe06653dc09c1e5d7eb0c974c5965bc6a9",
        "b0fcb1949a8ea32151bd5d3f68da765ffc390abdd0825b1ea9e4a62bf190f3ef",
    ),
    IdxFile(
        "t10k-labels-idx1-ubyte",
        "41cf2f530031915ba9fbb241407c369dba1acd7515053edff48cebeee8b260f4",
        "9ed1dc30e9f5d567f384bf438faae9743c15b59ed73cd27524d3b16ac9f3314b",
    ),
)


def load_mnist(
    normalize: bool = True,  # noqa: FBT001, FBT002 - positional in the chapter
    flatten: bool = True,  # noqa: FBT001, FBT002
    one_hot_label: bool = False,  # noqa: FBT001, FBT002
    *,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
    sample: bool = False,
) -> Dataset:
    """Return MNIST as ``(x_train, t_train), (x_test, t_test)``: 60,000 and 10,000 handwritten digits.

    The four IDX files, raw or .gz, are taken from one place and verified by SHA-256: the one that is asked for by
    ``data_dir``, ``download`` or ``sample``; else the folder in the environment variable NUMGRAD_MNIST_DIR;
    else the cache, numgrad/mnist in $XDG_CACHE_HOME or ~/.cache.

    Parameters
    ----------
    normalize: pixels as float64 from 0 to 1, otherwise uint8 from 0 to 255.
    flatten: samples of shape (784,), otherwise (1, 28, 28).
    one_hot_label: targets as float64 rows (10,), otherwise class numbers in int64.
    data_dir: the folder with the files.
    download: take the cache, and fetch what it lacks from the well-known mirrors (needs the extra ``train``).
    sample: 4,000 and 1,000 real images that the package ships, all classes alike often.

    Returns
    -------
    ``(x_train, t_train), (x_test, t_test)`` with x (N, 784) or (N, 1, 28, 28) and t (N,) or (N, 10), arrays of
    their own.

    Raises
    ------
    FileNotFoundError: the files are not there; the message names the folder, the files and the ways to get them.
    ValueError: a file is truncated, changed or another one (in the cache it is then removed); or two places
        are asked for at once.
    ConnectionError: no mirror gave a file. OSError: the cache cannot be written.
    ModuleNotFoundError: ``download`` without pooch.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998), Gradient-based learning applied to document recognition,
    Proceedings of the IEEE 86(11).

    Examples
    --------
    >>> (x_train, t_train), (x_test, t_test) = load_mnist(sample=True)
    >>> x_train.shape, t_train.shape, x_test.shape, t_test.shape
    ((4000, 784), (4000,), (1000, 784), (1000,))

    """
    contents = _contents(data_dir, download=download, sample=sample)
    train_images, train_labels, test_images, test_labels = map(_parse_idx, contents)

    def split(images: NDArray[Any], labels: NDArray[Any]) -> Split:
        x = images.reshape(len(images), -1) if flatten else images[:, np.newaxis]
        t = np.eye(CLASSES)[labels] if one_hot_label else labels.astype(np.int64)
        return (x / 255.0 if normalize else x.copy()), t

    return split(train_images, train_labels), split(test_images, test_labels)


def _contents(data_dir: str | os.PathLike[str] | None, *, download: bool, sample: bool) -> list[bytes]:
    """Return what the four files hold, from the one place that was asked for."""
    if sum(map(bool, (data_dir is not None, download, sample))) > 1:
        raise expected(
            "one place",
            "be asked for",
            f"data_dir={data_dir!r}, download={download}, sample={sample}",
            "each holds other files",
            "Keep one of the three.",
        )
    if sample:
        return [_verified(Path(__file__).parent / "mnist_sample", file) for file in SAMPLE]
    if data_dir == "":
        reason, remedy = "it would be the folder of the moment", 'Pass data_dir=".", or leave data_dir out.'
        raise expected("data_dir", "name a folder", "''", reason, remedy)
    named = (os.environ.get("NUMGRAD_MNIST_DIR") or None) if data_dir is None and not download else data_dir
    if named is not None:
        return [_verified(Path(named).expanduser(), file) for file in MNIST]
    return [_cached(cache_folder(), file, download=download) for file in MNIST]


def _cached(folder: Path, file: IdxFile, *, download: bool) -> bytes:
    """Return the file from the cache; with ``download`` fetch it if it is not there, or is there damaged."""
    try:
        return _verified(folder, file, in_cache=True)
    except (FileNotFoundError, ValueError):
        if not download:
            raise
    _fetch(folder, file)
    return _verified(folder, file, in_cache=True)


def cache_folder() -> Path:
    """Return where downloads are kept: numgrad/mnist in $XDG_CACHE_HOME if that is absolute, or in ~/.cache."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "numgrad" / "mnist"


def _verified(folder: Path, file: IdxFile, *, in_cache: bool = False) -> bytes:
    """Return the uncompressed file if it is the one that ``file`` describes."""
    path = next((p for p in (folder / file.name, folder / f"{file.name}.gz") if p.is_file()), None)
    if path is None:
        _refuse_missing(folder, file)
    content = _uncompressed(path)
    digest = hashlib.sha256(content).hexdigest() if content is not None else None
    if digest != file.sha256:
        if in_cache:
            path.unlink()
        raise expected(
            str(path),
            f"hold {file.name} (SHA-256 {file.sha256[:12]}…)",
            "a truncated or damaged .gz" if digest is None else f"SHA-256 {digest[:12]}…",
            "the file is truncated, changed or another one" + in_cache * ", and was removed from the cache",
            "Copy the original file there, or fetch it into the cache: load_mnist(download=True) (--download).",
        )
    return content  # type: ignore[return-value]


def _uncompressed(path: Path) -> bytes | None:
    """Return what the file holds, or None where its compression is broken."""
    content = path.read_bytes()
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return None


def _refuse_missing(folder: Path, file: IdxFile) -> NoReturn:
    names = ", ".join(f.name for f in MNIST)
    raise expected(
        str(folder),
        f"hold {names} (each raw or .gz)",
        f"no {file.name}" if folder.is_dir() else "a file" if folder.exists() else "no such folder",
        "MNIST is not loaded from anywhere else unasked",
        "Pass data_dir= (--data) or set NUMGRAD_MNIST_DIR to a folder that holds the files, download=True (--download) "
        "to fetch them from the mirrors, or sample=True (--sample) for the small sample that comes with numgrad.",
        kind=FileNotFoundError,
    )


def _fetch(folder: Path, file: IdxFile) -> None:
    """Fetch the .gz into ``folder`` from the first mirror that gives it."""
    try:
        import pooch  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing("pooch", "train") from error
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for mirror in MIRRORS:
        url = f"{mirror}{file.name}.gz"
        try:
            pooch.retrieve(url, f"sha256:{file.gz_sha256}", f"{file.name}.gz", folder)
        except (OSError, ValueError) as error:  # no connection, or not the file (pooch then keeps nothing)
            first_line = str(error).partition("\n")[0]
            failures.append(f"  {url}: {type(error).__name__}: {first_line}")
        else:
            return
    raise ConnectionError(
        f"No mirror gave {file.name}.gz. Copy the file to {folder} by hand, or try again later:\n" + "\n".join(failures)
    )


def _parse_idx(content: bytes) -> NDArray[np.uint8]:
    """Return the array of an IDX file: two zeros, type code, rank, big-endian lengths, then bytes."""
    rank = content[3]
    shape = np.frombuffer(content, ">u4", count=rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)
