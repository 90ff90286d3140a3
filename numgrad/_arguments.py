"""Types of command-line arguments, for the commands of both packages."""

import argparse
import os
from pathlib import Path

__all__ = ["count", "positive", "writable"]


def count(text: str) -> int:
    """Return a whole number of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def positive(text: str) -> float:
    """Return a finite number above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not positive and finite")
    return value


def writable(text: str) -> Path:
    """Return the path of a file that can be written, so that no run is spent on one that cannot."""
    path = Path(text)
    place = path if path.exists() else path.parent
    if path.is_dir() or not place.exists() or not os.access(place, os.W_OK):
        raise argparse.ArgumentTypeError(f"cannot write a file at {text}")
    return path
