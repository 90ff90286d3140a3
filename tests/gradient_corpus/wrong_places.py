"""Faults of place, size and dtype: in a simple gradient, what is wrong is where, or how little."""

import math

import numpy as np

from gradient_corpus.example import faults, some, wrong

__all__ = ["WRONG_PLACES"]


def bowl(*arrays):
    return sum((k + 1) * np.sum(np.cos(x)) for k, x in enumerate(arrays))


def bowl_gradient(*arrays, last=1.0, swapped=False):
    found = [-(k + 1) * np.sin(x) for k, x in enumerate(arrays)]
    return (found[1], found[0], *found[2:]) if swapped else (*found[:-1], last * found[-1])


def waves(x):
    return np.sum(np.sin(x))


def waves_gradient(x, *, then=lambda g: g, at=lambda x: x):
    return then(np.cos(at(x)))


def put(index, change):
    """Return what changes the gradient at an index."""

    def then(g):
        g = g.copy()
        g[index] = change(g[index])
        return g

    return then


SPREAD = some(100_000, seed=2)
GRID = some(6, 5, seed=3)

WRONG_PLACES = (
    *faults(
        bowl,
        tuple(some(2, 2, seed=seed) for seed in range(12)),
        bowl_gradient,
        ("twelve arguments: the last a hundredth too large", {"last": 1.01}),
        ("twelve arguments: the last detached", {"last": 0}),
        ("twelve arguments: two swapped", {"swapped": True}),
    ),
    *faults(
        waves,
        GRID,
        waves_gradient,
        ("one column wrong", {"then": put(np.s_[:, 2], lambda g: 0.9 * g)}),
        ("one row of zeros", {"then": put(4, lambda g: 0 * g)}),
        ("one entry wrong", {"then": put((3, 1), lambda g: g + 0.01)}),
        ("rows rolled", {"then": lambda g: np.roll(g, 1, axis=0)}),
        ("columns in reverse", {"then": lambda g: g[:, ::-1]}),
        ("reshaped in another order", {"then": lambda g: g.ravel("F").reshape(g.shape)}),
        ("clipped at ½", {"then": lambda g: np.clip(g, -0.5, 0.5)}),
        ("normalized to length 1", {"then": lambda g: g / np.linalg.norm(g)}),
        ("float16 on the way", {"then": lambda g: g.astype(np.float16).astype(float)}),
        ("larger by a factor of 1 + 1e-5", {"then": lambda g: g * (1 + 1e-5)}),
        ("only absolute values", {"then": np.abs}),
        ("NaN in one entry", {"then": put((2, 2), lambda g: np.nan)}),
        ("of another point", {"at": lambda x: x + 1e-3}),
        ("of rounded numbers", {"at": lambda x: np.round(x, 1)}),
    ),
    *faults(
        waves,
        SPREAD,
        waves_gradient,
        ("one of 100,000 entries off by 1e-4", {"then": put(54_321, lambda g: g + 1e-4)}),
        ("a hundred of 100,000 entries with another sign", {"then": put(np.s_[::1000], lambda g: -g)}),
    ),
    wrong(
        "tiny gradient: minus sign",
        lambda x: 1e-8 * np.sum(np.sin(x)),
        some(4, seed=9),
        right=lambda x: 1e-8 * np.cos(x),
        claimed=lambda x: -1e-8 * np.cos(x),
    ),
    wrong(
        "small entry beside one 1e16 times as large",
        lambda x: 1e16 * (x[0] - 1) + np.sin(x[1]),
        np.array([1.0, 0.5]),
        right=lambda x: np.array([1e16, np.cos(x[1])]),
        claimed=lambda x: np.array([1e16, 2 * np.cos(x[1])]),
    ),
    wrong(
        "small argument beside one 1e12 times as large",
        lambda a, b: 1e12 * np.sum(a - 1) + np.sum(np.exp(b)),
        (np.ones(3), some(3, seed=10)),
        right=lambda a, b: (np.full(3, 1e12), np.exp(b)),
        claimed=lambda a, b: (np.full(3, 1e12), np.exp(b[::-1])),
    ),
    wrong(
        "π of five digits",
        lambda r: np.sum(math.pi * r**2),
        some(3, seed=11),
        right=lambda r: 2 * math.pi * r,
        claimed=lambda r: 2 * 3.1416 * r,
    ),
    wrong(
        "bottom of a valley: not quite 0",
        lambda x: np.sum(x**2),
        np.array([1.5, 0.0, -2.0]),
        right=lambda x: 2 * x,
        claimed=lambda x: 2 * x + (0, 1e-3, 0),
    ),
    wrong(
        "argument that is not used: 1e-3",
        lambda a, b: np.sum(np.sin(a)) + 0 * np.sum(b),
        (some(3, seed=12), some(2, seed=13)),
        right=lambda a, b: (np.cos(a), 0 * b),
        claimed=lambda a, b: (np.cos(a), 0 * b + 1e-3),
    ),
)
