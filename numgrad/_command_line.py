"""What the commands of both packages share: types of arguments, and how a command ends."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

__all__ = [
    "count",
    "html_file",
    "on_terminal",
    "positive",
    "replaceable",
    "require_distinct",
    "run",
    "seed",
    "writable",
]


def count(text: str) -> int:
    """Return a whole number of at least 1."""
    return _whole_number(text, at_least=1)


def seed(text: str) -> int:
    """Return a whole number of at least 0."""
    return _whole_number(text, at_least=0)


def positive(text: str) -> float:
    """Return a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive, finite number")
    return value


def writable(text: str) -> Path:
    """Return the path of a file that can be written, so that no run is spent on one that cannot."""
    path = Path(text)
    end = Path(os.path.realpath(path))
    place = end if end.exists() else end.parent
    if end.is_dir() or not (end.exists() or place.is_dir()) or not os.access(place, os.W_OK):
        raise argparse.ArgumentTypeError(f"cannot write a file at {text}")
    return path


def html_file(text: str) -> Path:
    """Return the path of a page that can be written."""
    if not text.lower().endswith((".html", ".htm")):
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .html")
    return writable(text)


def replaceable(text: str) -> Path:
    """Return the path of a file in the place of which another can be put."""
    writable(str(Path(text).resolve().parent / "another"))
    return writable(text)


def require_distinct(paths: Iterable[Path | None], refuse: Callable[[str], NoReturn]) -> None:
    """Refuse outputs of which one would be written over another; None is no output."""
    files = [path.resolve() for path in paths if path is not None]
    for path in files:
        if files.count(path) > 1:
            refuse(f"two outputs cannot be written to one file, {path}")


def on_terminal() -> bool:
    """Return whether a person looks on; standard output may be closed altogether."""
    return sys.stdout is not None and sys.stdout.isatty()


def run(main: Callable[[], int]) -> int:
    """Return the exit code of a command, whatever becomes of its output.

    What an encoding lacks is written as "?". Ctrl-C ends the command with 130, a reader that has gone (``| head``)
    with 141, as a shell has it, and output that cannot be written (a full disk) with 74, as sysexits.h has it:
    none with a traceback, and none with 1, which a command may use to say what it has found.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = main()
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _drop_output()
        return 141
    except OSError as error:
        _drop_output()
        print(f"cannot write: {error}", file=sys.stderr)
        return 74
    return code


def _drop_output() -> None:
    """Send what is still in the buffer nowhere; else the interpreter's last flush would fail once more."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _whole_number(text: str, *, at_least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = at_least - 1
    if value < at_least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {at_least}")
    return value
