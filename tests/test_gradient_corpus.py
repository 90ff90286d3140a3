"""The corpus keeps what it says: its right gradients are right, its wrong ones wrong, its kinks kinks."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from each import each
from gradient_corpus import EXAMPLES, Kind, at

from numgrad import directional_derivative

pytestmark = pytest.mark.underflow

DIFFERENTIABLE = [example for example in EXAMPLES if example.right]
WRONG = [example for example in EXAMPLES if example.kind is Kind.WRONG]
AT_KINKS = [example for example in EXAMPLES if example.kind in (Kind.KINK, Kind.OUTSIDE)]
UNSEEN = [example for example in EXAMPLES if example.kind is Kind.UNSEEN]


def leaves(tree):
    """Return the arrays of a nested dict, list or tuple."""
    if isinstance(tree, dict | list | tuple):
        children = tree.values() if isinstance(tree, dict) else tree
        return [leaf for child in children for leaf in leaves(child)]
    return [np.asarray(tree)]


def form(tree):
    """Return the shapes in the structure of a tree."""
    if isinstance(tree, dict):
        return {key: form(child) for key, child in tree.items()}
    return type(tree)(map(form, tree)) if isinstance(tree, list | tuple) else [np.shape(tree)]


def structured(tree, arrays):
    """Return what an iterator of arrays yields, in the structure of a tree."""
    if isinstance(tree, dict):
        return {key: structured(child, arrays) for key, child in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)([structured(child, arrays) for child in tree])
    return next(arrays)


def split(flat, arrays):
    """Return one vector in the shapes of arrays."""
    ends = np.cumsum([array.size for array in arrays])[:-1]
    return [part.reshape(array.shape) for part, array in zip(np.split(flat, ends), arrays, strict=True)]


def dot(arrays, direction):
    return sum(np.sum(np.float64(array) * part) for array, part in zip(arrays, direction, strict=True))


def moved(example, direction, h):
    moved = (x + h * part for x, part in zip(leaves(example.x), direction, strict=True))
    return structured(example.x, moved)


def complex_step(example, direction):
    """Return the derivative along a direction: of steps so short only the imaginary part of f takes notice."""
    for h in (1e-30, 1e-20, 1e-12):
        change = np.imag(at(moved(example, direction, 1j * h), example.analytic))
        if abs(change) > 1e-280:
            break
    return change / h


def directions(example):
    """Yield each axis, or some and signs at random, as long as x."""
    arrays, rng = leaves(example.x), np.random.default_rng(0)
    flat = np.concatenate([np.ravel(array) for array in arrays]).astype(float)
    few = flat.size <= 80
    for i in range(flat.size) if few else rng.choice(flat.size, 8, replace=False):
        yield split(np.where(np.arange(flat.size) == i, abs(flat[i]) or 1.0, 0.0), arrays)
    for _ in range(0 if few else 3):
        yield split(rng.choice([-1.0, 1.0], flat.size), arrays)


def error(example, gradient):
    """Return how far a gradient is from complex steps, as a share of the sum of the sizes of what it adds up."""
    found = leaves(gradient)
    with np.errstate(invalid="ignore"):
        return max(
            abs(complex_step(example, along) - dot(found, along)) / (dot(map(np.abs, found), map(np.abs, along)) or 1.0)
            for along in directions(example)
        )


def tolerance(example):
    if any(array.dtype == np.float32 for array in leaves(at(example.x, example.right))):
        return 1e-6  # the gradient's own rounding
    return 1e-7 if example.name.startswith("condition 1e8") else 1e-10  # by which the gradient's own is multiplied


def test_there_are_many_of_each_kind():
    counts = Counter(example.kind for example in EXAMPLES)
    assert counts[Kind.WRONG] >= 64
    assert counts[Kind.HARD] >= 64
    assert counts[Kind.KINK] >= 14
    assert counts[Kind.OUTSIDE] >= 8
    assert counts[Kind.UNSEEN] >= 8


def test_published_bug_reports_are_counted_as_they_are_quoted():
    assert sum(bool(example.source) for example in EXAMPLES if example.kind is Kind.WRONG) == 46


def test_names_are_unique():
    assert [name for name, times in Counter(map(str, EXAMPLES)).items() if times > 1] == []


def test_only_wrong_gradients_have_a_source():
    assert {example.kind for example in EXAMPLES if example.source} <= {Kind.WRONG, Kind.OUTSIDE}


@each(EXAMPLES)
def test_arguments_are_of_their_own(example):
    for one, other in combinations(leaves(example.x), 2):
        assert not np.may_share_memory(one, other)


@each(EXAMPLES)
def test_gradients_have_the_structure_of_x_and_change_nothing(example):
    arrays = leaves(example.x)
    before = [array.copy() for array in arrays]
    value = at(example.x, example.f)
    assert np.shape(value) == ()
    assert np.isfinite(value)
    for function in filter(None, (example.gradient, example.right)):
        gradient = at(example.x, function)
        assert form(gradient) == form(example.x)
        assert {part.dtype.kind for part in leaves(gradient)} == {"f"}
        assert not any(map(np.may_share_memory, leaves(gradient), arrays))
    assert at(example.x, example.f) == pytest.approx(value, rel=1e-12)
    for array, copy in zip(arrays, before, strict=True):
        assert array.tobytes() == copy.tobytes()


@each(DIFFERENTIABLE)
def test_right_gradients_are_right(example):
    same = at(moved(example, [0j * x for x in leaves(example.x)], 1), example.analytic)
    assert np.real(same) == pytest.approx(at(example.x, example.f), rel=1e-6)
    assert error(example, at(example.x, example.right)) <= tolerance(example)


@each(WRONG)
def test_wrong_gradients_are_wrong_and_f_shows_it(example):
    claimed, right = (leaves(at(example.x, function)) for function in (example.gradient, example.right))
    assert not error(example, claimed) <= 10 * tolerance(example)
    difference = [one - other for one, other in zip(claimed, right, strict=True)]
    largest = max(np.max(np.abs(part)) for part in difference)
    if not np.isfinite(largest):
        return
    along = [part / largest for part in difference]
    seen = directional_derivative(example.f, example.x, structured(example.x, iter(along)))
    assert abs(dot(claimed, along) - seen.value) > 1000 * seen.error
    assert abs(dot(right, along) - seen.value) <= seen.error


H = 2.0**-20


def rise(example, direction):
    """Return the change of f over a short step."""
    return at(moved(example, direction, H), example.f) - at(example.x, example.f)


def short_directions(example):
    """Yield each axis, all ones, and many of -1, 0 and 1."""
    arrays, rng = leaves(example.x), np.random.default_rng(0)
    size = sum(array.size for array in arrays)
    for flat in (*np.eye(size), np.ones(size), *rng.integers(-1, 2, (200, size))):
        yield split(flat * 1.0, arrays)


@pytest.mark.parametrize("example", AT_KINKS, ids=str)
def test_claims_at_kinks_are_between_the_one_sided_slopes_or_not(example):
    claimed, kinks, outside = leaves(at(example.x, example.gradient)), 0, 0
    for along in short_directions(example):
        slopes = rise(example, along) / H, -rise(example, [-part for part in along]) / H
        kinks += abs(slopes[0] - slopes[1]) > 1e-2
        outside += not min(slopes) - 1e-4 <= dot(claimed, along) <= max(slopes) + 1e-4
    assert kinks > 0
    assert (outside > 0) == (example.kind is Kind.OUTSIDE)


@pytest.mark.parametrize("example", UNSEEN, ids=str)
def test_nothing_is_seen_of_the_slope_or_f_jumps(example):
    largest = max(abs(rise(example, along)) for along in short_directions(example))
    assert largest < 100 * H**2 or largest > 0.5
