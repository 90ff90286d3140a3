"""Random directions, and the groups of entries that each have their own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from verification._typing import Array, Indices
from verification.measurement.claims import Claim, MatrixClaim, norm
from verification.measurement.primal import Primal, signed_uniform

__all__ = ["Group", "common_lengths", "groups_of", "own_lengths", "random_direction"]

GAP = 1e3
"""Gradient entries that are apart by such a factor, with none between, belong to different groups."""

WIDEST = 1e8
"""The largest factor between entries of one group: the smaller ones would be lost in the error bar of the larger."""

SMALL_SHARE = 1e-3
"""Groups that contribute less than this share to the derivative along a direction get directions of their own."""

SPREAD = 1e3
"""Where the entries of an array differ in size by more, each is moved by a share of its own size."""


@dataclass(frozen=True)
class Group:
    """Entries of x that are moved together."""

    name: str
    entries: Indices
    is_joint: bool = False
    """Whether its entries belong to other groups as well."""
    parts: "tuple[tuple[Group, float], ...]" = ()
    """What it is made of, each with its share of the derivative along a direction."""


def random_direction(entries: Indices, lengths: Array, rng: np.random.Generator) -> Array:
    """Return a direction that moves some entries at random, each by about its length, (size,)."""
    direction = np.zeros(len(lengths))
    direction[entries] = lengths[entries] * signed_uniform(rng, len(entries))
    return direction


def own_lengths(primal: Primal) -> Array:
    """Return the length by which each entry is to move, in units of its scale: its own size."""
    return np.ones(primal.size)


def common_lengths(primal: Primal) -> Array:
    """Return the length by which each entry is to move: what is typical of its array, if its entries are alike.

    A small entry beside others of one kind, such as a weight that happens to be near 0, then moves as they do, and an
    error in its derivative shows as much as theirs.
    """
    lengths = np.ones(primal.size)
    problem = primal.problem
    for start, leaf in zip(problem.offset.tolist(), problem.leaves, strict=True):
        own = slice(start, start + leaf.size)
        sizes = problem.magnitude[own]
        if leaf.size == 0:
            continue
        low, middle, high = np.quantile(sizes, [0.05, 0.5, 0.95])
        if high <= SPREAD * low:
            lengths[own] = middle / primal.scale[own]
    return lengths


def groups_of(primal: Primal, claim: Claim, lengths: Array) -> list[Group]:
    """Return the groups whose directions are to be tried: all that matter together, and each that would be drowned."""
    parts = list(_parts(primal, claim, lengths))
    if len(parts) < 2:
        return parts
    if not isinstance(claim, MatrixClaim):
        return [replace(_together(parts), is_joint=True), *parts]
    weights = np.array([_weight(claim, part, lengths) for part in parts])
    is_small = weights < SMALL_SHARE * weights.max()
    main = [part for part, small in zip(parts, is_small, strict=True) if not small]
    shares = weights[~is_small] / max(float(np.linalg.norm(weights)), np.finfo(np.float64).tiny)
    together = replace(_together(main), parts=tuple(zip(main, shares.tolist(), strict=True)) if len(main) > 1 else ())
    return [together, *(part for part, small in zip(parts, is_small, strict=True) if small)]


def _together(parts: list[Group]) -> Group:
    if len(parts) == 1:
        return parts[0]
    names = list(dict.fromkeys(part.name for part in parts))
    return Group(", ".join(names), np.concatenate([part.entries for part in parts]))


def _weight(claim: MatrixClaim, part: Group, lengths: Array) -> float:
    return float(norm(claim.matrix[:, part.entries] * lengths[part.entries]).max(initial=0.0))


def _parts(primal: Primal, claim: Claim, lengths: Array) -> Iterator[Group]:
    """Yield the arrays of x, each parted where the sizes of its derivatives leave a gap."""
    problem = primal.problem
    for leaf, name, start in zip(problem.leaves, primal.names, problem.offset.tolist(), strict=True):
        entries = np.arange(start, start + leaf.size)
        if not entries.size:
            continue
        if not isinstance(claim, MatrixClaim):
            yield Group(name, entries)
            continue
        sizes = np.abs(claim.matrix[:, entries]).max(axis=0, initial=0.0) * lengths[entries]
        for some in _by_magnitude(sizes):
            yield Group(name, entries[some])


def _by_magnitude(sizes: Array) -> Iterator[Indices]:
    """Yield the numbers of entries of one magnitude, largest first; zeros go with the others, if these are alike."""
    order = np.argsort(-sizes, kind="stable")
    ordered = sizes[order]
    seen = int(np.count_nonzero(ordered))
    if seen == 0:
        yield order
        return
    decades = np.log10(ordered[0]) - np.log10(ordered[:seen])
    is_gap = np.diff(decades) > np.log10(GAP)
    cuts = np.flatnonzero(is_gap) + 1
    found = []
    for first, last in zip([0, *cuts.tolist()], [*cuts.tolist(), seen], strict=True):
        steps = np.floor((decades[first:last] - decades[first]) / np.log10(WIDEST))
        inner = (first + np.flatnonzero(np.diff(steps)) + 1).tolist()
        found += [order[start:stop] for start, stop in zip([first, *inner], [*inner, last], strict=True)]
    zeros = order[seen:]
    if len(found) == 1:
        yield order
        return
    yield from found
    if zeros.size:
        yield zeros
