"""What the layers with planted faults share: a layer, a fault, the case that the two make, readable numbers."""

import functools
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["MODES", "Case", "Fault", "Layer", "line", "numbers", "sigmoid", "size"]

MODES = (
    *("WRONG_SIGN", "CONSTANT_FACTOR", "MISSING_BATCH_MEAN", "EXTRA_BATCH_MEAN", "TRANSPOSED", "SWAPPED_ARGUMENTS"),
    *("SHIFTED_INDEX", "WRONG_AXIS", "ZERO_BLOCK", "WRONG_SLICE", "WRONG_ENTRIES", "DROPPED_TERM", "EXTRA_TERM"),
    *("IGNORED_COTANGENT", "NONLINEAR_PRODUCT", "MISSING_BROADCAST_SUM", "COUPLED_ROWS", "COLUMN_AT_A_TIME"),
    *("OTHER_ARGUMENT", "STALE_POINT", "UNCHANGING"),
    *("MISSING_CHAIN_FACTOR", "BRANCH", "TRUNCATED_DTYPE", "OVERFLOW", "UNKNOWN"),
)
"""The names that a fault may expect."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """f, and its right and its wrong derivative at x.

    In the form "gradient", f returns a number and the derivatives take x; in the form "vjp", f returns an array and
    the derivatives take x and ``cotangent``, or any other cotangent.
    """

    f: Callable[[Any], Any]
    right: Callable[..., dict]
    wrong: Callable[..., dict]
    x: dict
    expected: tuple[str, ...] = ()
    """The names that fit: first that of what was planted, then those that x, f and the gradients do not rule out."""
    form: str = "gradient"
    cotangent: np.ndarray | None = None

    def gradients(self) -> tuple[dict, dict]:
        """Return the right and the wrong one at x."""
        more = () if self.cotangent is None else (self.cotangent,)
        return self.right(self.x, *more), self.wrong(self.x, *more)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer on a drawn batch, whose loss is Σ weights · outputs / batch."""

    params: dict
    batch: int
    weights: np.ndarray
    decayed: tuple[str, ...] = field(default=(), kw_only=True)
    """The arrays that a weight decay is about."""

    def loss(self, params):
        return np.sum(self.weights * self.outputs(params)) / self.batch

    def gradient(self, params):
        return self.vjp(params, self.weights / self.batch)

    def outputs(self, params):
        raise NotImplementedError

    def vjp(self, params, cotangent):
        raise NotImplementedError

    @property
    def batch_is_hidden(self) -> bool:
        """Whether no array of x has the batch for its first axis, so that nobody who sees x can know its size."""
        return not {"x", "q", "h"} & set(self.params)

    def case(self, wrong) -> Case:
        return Case(f=self.loss, right=self.gradient, wrong=wrong, x=self.params)


@dataclass(frozen=True)
class Fault:
    """A way to be wrong, and what it may be called."""

    name: str
    expected: tuple[str, ...]
    plant: Callable[[Layer, np.random.Generator], Case | None]
    """From a layer, the case, or None if the layer cannot hold this fault."""

    def __str__(self) -> str:
        return self.name


def line(name, expected, right, wrong, *, needs=lambda layer: True) -> Fault:
    """Return the fault of a backward pass in which one piece of the source is replaced."""

    def plant(layer, rng):
        if not needs(layer):
            return None
        vjp = edited(type(layer), right, wrong)
        return layer.case(lambda params: vjp(layer, params, layer.weights / layer.batch))

    return Fault(name, expected, plant)


@functools.cache
def edited(kind, right, wrong):
    """Return the backward pass of a kind of layer with one piece replaced."""
    source = textwrap.dedent(inspect.getsource(kind.vjp))
    if source.count(right) != 1:
        message = f"{right!r} stands {source.count(right)} times in the backward pass of {kind.__name__}, not once"
        raise LookupError(message)
    namespace = dict(vars(inspect.getmodule(kind)))
    exec(compile(source.replace(right, wrong), f"<{right} -> {wrong}>", "exec"), namespace)
    return namespace["vjp"]


def numbers(rng, *shape, most=1.5):
    """Return numbers of two decimals and either sign, from 0.1 to ``most`` in magnitude."""
    return rng.integers(10, round(100 * most) + 1, shape) / 100 * rng.choice((-1.0, 1.0), shape)


def size(rng, least, most) -> int:
    """Return a drawn size."""
    return int(rng.integers(least, most + 1))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
