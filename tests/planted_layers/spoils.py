"""Faults of a gradient that any layer can have: in all of its arrays, in one, in a slice or in an entry."""

import numpy as np

from planted_layers.fault import Fault, numbers

__all__ = ["SPOILS"]


def everywhere(change):
    """Return what plants change(x, g, batch) in every array."""

    def plant(layer, rng):
        def wrong(params):
            return {name: change(params[name], g, layer.batch) for name, g in layer.gradient(params).items()}

        return layer.case(wrong)

    return plant


def in_one(choose, fits=lambda x: True):
    """Return what plants a change(x, g) in one array that fits, where choose(rng, x, batch) gives the change."""

    def plant(layer, rng):
        names = [name for name, x in layer.params.items() if fits(x)]
        if not names:
            return None
        name = str(rng.choice(names))
        change = choose(rng, layer.params[name], layer.batch)

        def wrong(params):
            gradient = layer.gradient(params)
            return gradient | {name: change(params[name], gradient[name])}

        return layer.case(wrong)

    return plant


def always(change):
    """Return the choice of one change, whatever is drawn."""
    return lambda rng, x, batch: change


def is_matrix(x):
    return x.ndim > 1 and min(x.shape[:2]) > 1


def is_square(x):
    return x.ndim > 1 and x.shape[0] == x.shape[1] > 1


def is_oblong(x):
    return x.ndim == 2 and x.shape[0] != x.shape[1]


def is_long(x):
    return len(x) > 2


def has_slices(x):
    return x.ndim > 1 and len(x) > 2 and x[0].size > 1


def has_entries(x):
    return x.size > 5


def has_signs(x):
    return min(np.sum(x < 0), np.sum(x > 0)) > 2


def has_sizes(x):
    return min(np.sum(abs(x) > 1), np.sum(abs(x) < 1)) > 2


def some_factor(rng, x, batch):
    factor = rng.choice((0.1, 0.9, 1.01, 10, np.pi))
    return lambda x, g: factor * g


def roll(rng, x, batch):
    axis = int(rng.choice([axis for axis, length in enumerate(x.shape) if length > 2]))
    return lambda x, g: np.roll(g, 1, axis)


def push(rng, x, batch):
    return lambda x, g: np.concatenate([0 * g[:1], g[:-1]])


def flip(rng, x, batch):
    axis = int(rng.choice([axis for axis, length in enumerate(x.shape) if length > 1]))
    return lambda x, g: np.flip(g, axis)


def off_at(where, off):
    """Return the change that adds ``off``, in units of the largest entry, at an index."""

    def change(x, g):
        g = g.copy()
        g[where] += off * (abs(g).max() or 1)
        return g

    return change


def off_in_slice(rng, x, batch):
    axis = int(rng.choice([axis for axis, length in enumerate(x.shape) if length > 1 and x.size > 2 * length]))
    where = (slice(None),) * axis + (int(rng.integers(x.shape[axis])),)
    return off_at(where, numbers(rng, *x[where].shape))


def off_in_entries(rng, x, batch):
    where = np.unravel_index(rng.choice(x.size, int(rng.integers(1, 3)), replace=False), x.shape)
    return off_at(where, numbers(rng, len(where[0])))


def put(value, count):
    """Return the choice of ``count`` entries that become the value."""

    def choose(rng, x, batch):
        where = np.unravel_index(rng.choice(x.size, count, replace=False), x.shape)

        def change(x, g):
            g = g.copy()
            g[where] = value
            return g

        return change

    return choose


def rows_zero(count):
    """Return the choice of ``count`` rows, one after another, that become zero."""

    def choose(rng, x, batch):
        first = int(rng.integers(len(x) - count + 1))
        keep = np.ones((len(x), *[1] * (x.ndim - 1)))
        keep[first : first + count] = 0
        return lambda x, g: keep * g

    return choose


def halved(x, g, batch):
    with np.errstate(all="ignore"):
        return g.astype(np.float16)


def halved_inside(x, g, batch):
    return halved(x, g, batch).astype(float)


def in_two(change):
    """Return what plants change(g, a, b), which gives some arrays another gradient, where a and b are alike."""

    def plant(layer, rng):
        pairs = [(a, b) for a in layer.params for b in layer.params if a < b]
        pairs = [(a, b) for a, b in pairs if layer.params[a].shape == layer.params[b].shape]
        if not pairs:
            return None
        a, b = pairs[int(rng.integers(len(pairs)))]

        def wrong(params):
            gradient = layer.gradient(params)
            return gradient | change(gradient, a, b)

        return layer.case(wrong)

    return plant


def all_but_one_zero(layer, rng):
    kept = str(rng.choice(list(layer.params)))
    return layer.case(lambda p: {name: g if name == kept else 0 * g for name, g in layer.gradient(p).items()})


SPOILS = (
    Fault("the sign", ("WRONG_SIGN",), everywhere(lambda x, g, batch: -g)),
    Fault("one array's sign", ("WRONG_SIGN",), in_one(always(lambda x, g: -g))),
    Fault("twice", ("CONSTANT_FACTOR",), everywhere(lambda x, g, batch: 2 * g)),
    Fault("half", ("CONSTANT_FACTOR",), everywhere(lambda x, g, batch: g / 2)),
    Fault("half as much again", ("CONSTANT_FACTOR",), everywhere(lambda x, g, batch: 1.5 * g)),
    Fault("one array's factor", ("CONSTANT_FACTOR",), in_one(some_factor)),
    Fault("not divided by the batch", ("MISSING_BATCH_MEAN",), everywhere(lambda x, g, batch: g * batch)),
    Fault(
        "one array not divided by the batch",
        ("MISSING_BATCH_MEAN",),
        in_one(lambda rng, x, batch: lambda x, g: g * batch),
    ),
    Fault("divided by the batch twice", ("EXTRA_BATCH_MEAN",), everywhere(lambda x, g, batch: g / batch)),
    Fault("transposed", ("TRANSPOSED",), in_one(always(lambda x, g: g.swapaxes(0, 1)), is_square)),
    Fault("shaped like the transpose", ("TRANSPOSED",), in_one(always(lambda x, g: g.T), is_oblong)),
    # The transpose, pressed into the shape: a permutation that has no name of its own.
    Fault(
        "raveled column by column",
        ("TRANSPOSED", "UNKNOWN"),
        in_one(always(lambda x, g: g.ravel(order="F").reshape(g.shape)), is_oblong),
    ),
    Fault("two arrays swapped", ("SWAPPED_ARGUMENTS",), in_two(lambda g, a, b: {a: g[b], b: g[a]})),
    Fault("one array as another", ("OTHER_ARGUMENT",), in_two(lambda g, a, b: {a: g[b]})),
    Fault("rolled by one", ("SHIFTED_INDEX",), in_one(roll, lambda x: max(x.shape) > 2)),
    Fault("pushed down by one", ("SHIFTED_INDEX",), in_one(push, is_long)),
    Fault("flipped", ("WRONG_AXIS",), in_one(flip, lambda x: max(x.shape) > 2)),
    Fault(
        "summed along the other axis",
        ("WRONG_AXIS", "COLUMN_AT_A_TIME", "UNKNOWN"),
        in_one(always(lambda x, g: g.sum(axis=1, keepdims=True) + 0 * g), is_matrix),
    ),
    Fault(
        "each row the sum of the rows",
        ("COLUMN_AT_A_TIME",),
        in_one(always(lambda x, g: g.sum(axis=0) + 0 * g), is_matrix),
    ),
    Fault("one array zero", ("ZERO_BLOCK",), in_one(always(lambda x, g: 0 * g))),
    Fault("all arrays but one zero", ("ZERO_BLOCK",), all_but_one_zero),
    Fault("two rows zero", ("ZERO_BLOCK", "WRONG_SLICE"), in_one(rows_zero(2), has_slices)),
    Fault("one row zero", ("WRONG_SLICE", "ZERO_BLOCK"), in_one(rows_zero(1), has_slices)),
    Fault("one slice off", ("WRONG_SLICE",), in_one(off_in_slice, has_slices)),
    Fault("an entry or two off", ("WRONG_ENTRIES",), in_one(off_in_entries, has_entries)),
    Fault("one entry zero", ("WRONG_ENTRIES", "ZERO_BLOCK"), in_one(put(0.0, 1), has_entries)),
    # Nobody is told whether Σ x was forgotten in the loss or made up in the gradient.
    Fault("a constant added", ("EXTRA_TERM", "DROPPED_TERM", "UNKNOWN"), in_one(always(lambda x, g: g + 0.1))),
    Fault("zero where x < 0", ("BRANCH",), in_one(always(lambda x, g: np.where(x < 0, 0, g)), has_signs)),
    Fault("its sign where x < 0", ("BRANCH",), in_one(always(lambda x, g: np.where(x < 0, -g, g)), has_signs)),
    Fault("a tenth where x < 0", ("BRANCH",), in_one(always(lambda x, g: np.where(x < 0, 0.1 * g, g)), has_signs)),
    Fault("zero where |x| > 1", ("BRANCH",), in_one(always(lambda x, g: np.where(abs(x) > 1, 0, g)), has_sizes)),
    Fault("float16", ("TRUNCATED_DTYPE",), everywhere(halved)),
    Fault("float16 inside", ("TRUNCATED_DTYPE",), everywhere(halved_inside)),
    Fault("integers", ("TRUNCATED_DTYPE",), everywhere(lambda x, g, batch: np.trunc(g).astype(int))),
    Fault("two decimals", ("TRUNCATED_DTYPE",), everywhere(lambda x, g, batch: np.round(g, 2))),
    Fault("NaN in one entry", ("OVERFLOW",), in_one(put(np.nan, 1))),
    Fault("infinite in two entries", ("OVERFLOW",), in_one(put(np.inf, 2), has_entries)),
    Fault("NaN in one array", ("OVERFLOW",), in_one(always(lambda x, g: g + np.nan))),
)
