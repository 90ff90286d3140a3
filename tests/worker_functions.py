"""Functions that other processes can import, which tests themselves they cannot."""

import os
import signal

import numpy as np

__all__ = [
    "BrokenError",
    "LonelyError",
    "X",
    "dies_beside",
    "oscillating",
    "raises_beside",
    "raises_what_cannot_be_sent",
]

X = np.linspace(-2.0, 3.0, 23)


def oscillating(x):
    return np.sum(np.sin(3 * x) * np.exp(-x)) + np.abs(x[3])


def dies_beside(x):
    if x[5] != X[5]:
        os.kill(os.getpid(), signal.SIGKILL)
    return np.sum(x)


class BrokenError(Exception):
    pass


class LonelyError(Exception):
    """Pickled, but never unpickled: its message is no argument of its own."""

    def __init__(self, entry, size):
        super().__init__(f"at entry {entry} of {size}")


def raises_what_cannot_be_sent(x):
    if x[5] != X[5]:
        raise LonelyError(5, len(x))
    return np.sum(x)


def raises_beside(x):
    if x[5] != X[5]:
        raise BrokenError("at entry 5")
    return np.sum(x)
