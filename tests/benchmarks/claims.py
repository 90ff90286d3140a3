"""A claimed gradient as gradient checkers take it: of separate arrays of float64, counted, and given up in time."""

import warnings
from contextlib import contextmanager

import numpy as np
from gradient_corpus.example import at

from numgrad.derivatives.tree import flatten, match, unflatten

__all__ = ["Claim", "GivenUpError", "quietly"]


class GivenUpError(Exception):
    """A check has taken more evaluations than a user would wait for."""


class Claim:
    """A function, its claimed gradient, and a point."""

    def __init__(self, f, gradient, x, *, at_most=np.inf):
        self._f, self._gradient, self.x, self.at_most = f, gradient, x, at_most
        self.arrays = [leaf.astype(np.float64) for _, leaf in flatten("x", x)]
        self.size = sum(array.size for array in self.arrays)
        self.evaluations = 0

    def f(self, *args):
        """Return f as it is, and count."""
        self.evaluations += 1
        if self.evaluations > self.at_most:
            raise GivenUpError
        return self._f(*args)

    def gradient(self, *args):
        return self._gradient(*args)

    def value(self, *arrays):
        """Return f of separate arrays."""
        return np.float64(at(self._point(arrays), self.f))

    def slopes(self, *arrays):
        """Return the claimed gradient by separate arrays, one an array."""
        claimed = at(self._point(arrays), self.gradient)
        return [np.array(leaf, dtype=np.float64) for leaf in match("gradient", claimed, self.x)]

    def _point(self, arrays):
        return unflatten(self.x, (np.array(array, dtype=np.float64) for array in arrays))


@contextmanager
def quietly():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
