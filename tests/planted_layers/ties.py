"""What else a drawn fault may be called: names of which x and the two gradients cannot rule out a single one."""

import itertools

import numpy as np

__all__ = ["differs", "ties"]

LOCAL = {"WRONG_SLICE", "WRONG_ENTRIES", "BRANCH"}
"""Faults that are told by where they are. That some other fault shows in two entries only is not the point of it."""


def differs(right, wrong) -> bool:
    """Whether an array is wrong by more than a millionth of its largest entry, or by its shape."""
    return any(shaped_otherwise(right[name], wrong[name]) or off(right[name], wrong[name]).any() for name in right)


def shaped_otherwise(r, w):
    """Whether the shapes differ in more than axes of length 1."""
    return r.squeeze().shape != w.squeeze().shape


def off(r, w):
    """Return where w is wrong."""
    return ~(abs(w.reshape(r.shape) - r) <= 1e-6 * abs(r).max())


def ties(planted, case, batch, *, batch_is_hidden) -> tuple[str, ...]:
    """Return the names that fit all that is wrong as well as ``planted`` does, or any of it where that is zero."""
    right, wrong = case.gradients()
    if any(right[name].shape != wrong[name].shape or not np.isfinite(wrong[name]).all() for name in right):
        return ()
    names = [name for name in right if off(right[name], wrong[name]).any()]
    pairs = [(right[name], wrong[name].astype(float)) for name in names]
    found = [mode for mode, fits in EXACT.items() if all(fits(r, w) for r, w in pairs)]
    if any(abs(w).max() <= 1e-12 * abs(r).max() for r, w in pairs):
        found.append("ZERO_BLOCK")
    found += of_factors([factor(r, w) for r, w in pairs], batch, batch_is_hidden=batch_is_hidden)
    if len(pairs) == 2 and are_swapped(*pairs):
        found.append("SWAPPED_ARGUMENTS")
    if planted in LOCAL:
        spots = [(case.x[name], off(right[name], wrong[name])) for name in names]
        found += [mode for mode, fits in LOCALLY.items() if all(fits(x, spot) for x, spot in spots)]
    return tuple(found)


def close(a, b):
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12 * abs(b).max())


def is_transposed(r, w):
    return any(close(w, r.swapaxes(*axes)) for axes in itertools.combinations(range(r.ndim), 2))


def is_rolled(r, w):
    return any(close(w, np.roll(r, by, axis)) for by in (1, -1) for axis in range(r.ndim))


def is_flipped(r, w):
    some = itertools.chain.from_iterable(itertools.combinations(range(r.ndim), n) for n in range(1, r.ndim + 1))
    return any(close(w, np.flip(r, axes)) for axes in some)


EXACT = {
    "WRONG_SIGN": lambda r, w: close(w, -r),
    "TRANSPOSED": is_transposed,
    "SHIFTED_INDEX": is_rolled,
    "WRONG_AXIS": is_flipped,
}


def factor(r, w):
    """Return by what r is multiplied, or None."""
    by = np.sum(w * r) / np.sum(r * r)
    return by if close(w, by * r) and by not in (0, -1) else None


def of_factors(factors, batch, *, batch_is_hidden):
    """Return the names of factors: a batch of 2 is twice, and one that is hidden is any number."""
    if None in factors:
        return []
    found = [
        mode
        for mode, by in (("MISSING_BATCH_MEAN", batch), ("EXTRA_BATCH_MEAN", 1 / batch))
        if np.allclose(factors, by, rtol=1e-9, atol=0)
    ]
    return found if found and batch != 2 and not batch_is_hidden else [*found, "CONSTANT_FACTOR"]


def are_swapped(first, second):
    return close(first[1], second[0]) and close(second[1], first[0])


def is_slice(x, spot):
    """Whether one slice of several is wrong, and all of it."""
    if x.ndim < 2 or spot.all():
        return False
    along = [np.moveaxis(spot, axis, 0).reshape(length, -1) for axis, length in enumerate(x.shape)]
    return any(rows.any(axis=1).sum() == 1 and rows.all(axis=1).any() for rows in along)


def is_few(x, spot):
    return spot.sum() <= min(2, spot.size / 2)


def is_branch(x, spot):
    """Whether what is wrong is below 0, above 0, or larger than all that is right."""
    if spot.all():
        return False
    return any(np.array_equal(spot, side) for side in (x < 0, x > 0)) or abs(x[spot]).min() > abs(x[~spot]).max()


LOCALLY = {"WRONG_SLICE": is_slice, "WRONG_ENTRIES": is_few, "BRANCH": is_branch}
