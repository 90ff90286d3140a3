"""Functions that the flawed batch gradient is handed, one for each of its failure modes."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from numgrad._typing import Array
from numgrad.derivatives import gradient

__all__ = ["BATCH", "EXAMPLES", "Example", "source", "squares_of_each_row", "sum_of_all_squares"]

BATCH = np.array([[3.0, 4.0], [4.0, 5.0], [6.0, 7.0]])
SQUARE = np.array([[3.0, 4.0], [4.0, 5.0]])
INPUTS = np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 1.0], [-1.0, 3.0]])


class Example(NamedTuple):
    """A function, the array it is handed with, and what was wanted of it."""

    mode: str
    f: Callable[[Any], Any]
    X: Array
    wanted: Callable[[Array], Any]
    """The right gradient at X as floats."""
    wish: str
    """What that is, in words."""


def source(f: Callable[[Any], Any]) -> str:
    """Return the source of a function, as it runs, without its types."""
    return inspect.getsource(f).strip().replace(": Array) -> Any:", "):")


def _of_whole(f: Callable[[Any], Any]) -> Callable[[Array], Any]:
    return lambda X: gradient(f, X).value


def _of_rows(f: Callable[[Any], Any]) -> Callable[[Array], Any]:
    """Return the gradient of each row by itself, of a function of one row."""
    return lambda X: np.stack([gradient(f, row).value for row in X])


def sum_of_all_squares(X: Array) -> Any:
    return np.sum(X**2)


def squares_about_the_mean(X: Array) -> Any:
    return np.sum((X - X.mean(axis=0)) ** 2, axis=1)


def loss_of_weights(W: Array) -> Any:
    return np.mean((INPUTS @ W) ** 2)


def of_one_sample(x: Array) -> Any:
    return x[0] ** 2 + x[0] * x[1]


def squares_of_each_row(X: Array) -> Any:
    return np.sum(X**2, axis=1)


def squares_kept_as_a_column(X: Array) -> Any:
    return np.sum(X**2, axis=1, keepdims=True)


def square_of_the_sum(x: Array) -> Any:
    return np.sum(x) ** 2


def squares_of_each_image(X: Array) -> Any:
    return np.sum(X**2, axis=(1, 2))


def surprise(X: Array) -> Any:
    return -np.sum(np.log(X), axis=1)


def _about_the_mean(X: Array) -> Array:
    """Return what each row's own value changes by as that row moves, all others at rest."""

    def alone(row: int) -> Callable[[Array], Any]:
        def value(x: Array) -> Any:
            moved = X.copy()
            moved[row] = x
            return squares_about_the_mean(moved)[row]

        return value

    return np.stack([gradient(alone(row), X[row]).value for row in range(len(X))])


EXAMPLES = (
    Example("REDUCED_OUTPUT", sum_of_all_squares, BATCH, _of_whole(sum_of_all_squares), "the gradient of the sum"),
    Example(
        "COUPLED_ROWS", squares_about_the_mean, BATCH, _about_the_mean, "the gradient of each row's value by that row"
    ),
    Example("SHARED_PARAMETER", loss_of_weights, SQUARE / 10, _of_whole(loss_of_weights), "the gradient of the loss"),
    Example("ONE_SAMPLE_FUNCTION", of_one_sample, SQUARE, _of_rows(of_one_sample), "the gradient of each sample"),
    Example(
        "KEPT_DIMENSION", squares_kept_as_a_column, BATCH, _of_rows(sum_of_all_squares), "the gradient of each row"
    ),
    Example(
        "INTEGER_INPUT",
        squares_of_each_row,
        BATCH.astype(np.int64),
        _of_rows(sum_of_all_squares),
        "the gradient of each row",
    ),
    Example(
        "INPUT_NOT_RESTORED", square_of_the_sum, BATCH[0], _of_whole(square_of_the_sum), "the gradient of one sample"
    ),
    Example(
        "MORE_DIMENSIONS",
        squares_of_each_image,
        np.arange(1.0, 9.0).reshape(2, 2, 2),
        _of_rows(sum_of_all_squares),
        "the gradient of each image",
    ),
    Example(
        "LOW_PRECISION",
        squares_of_each_row,
        BATCH.astype(np.float32) / 7,
        _of_rows(sum_of_all_squares),
        "the gradient of each row",
    ),
    Example(
        "DOMAIN_EDGE",
        surprise,
        np.array([[5e-5, 0.5], [0.25, 0.75]]),
        _of_rows(lambda x: -np.sum(np.log(x))),
        "the gradient of each row",
    ),
)
