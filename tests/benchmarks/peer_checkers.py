"""Gradient checkers of this and of other packages, each called with its defaults."""

from enum import Enum
from functools import partial

import numpy as np
import pytest
from benchmarks.claims import Claim, GivenUpError, quietly
from benchmarks.gradcheck import by_gradcheck

import verification

jax = pytest.importorskip("jax")
jax_test_util = pytest.importorskip("jax.test_util")
extend = pytest.importorskip("autograd.extend")
autograd_test_util = pytest.importorskip("autograd.test_util")
random = pytest.importorskip("autograd.numpy.random")
optimize = pytest.importorskip("scipy.optimize")

__all__ = ["CHECKERS", "Outcome", "outcome"]

jax.config.update("jax_enable_x64", True)

MOST_EVALUATIONS = 10_000
"""After so many a check is given up: minutes, of the largest examples."""

LIKELY_CORRECT = 1e-6
"""SciPy gives what ``check_grad`` returns no threshold. Its ``check_derivative`` calls a gradient likely correct that
is no further off than this share of it, or of 1 where that is more."""


class Outcome(Enum):
    """What a user is told of a claimed gradient."""

    ACCEPTED = "right"
    REFUSED = "wrong"
    KINK = "at a kink"
    UNSURE = "inconclusive"
    TOO_SLOW = "not told in time"
    RAISED = "told of something else"


def by_jax(claim):
    """Nearly all of the time is spent on compiling the callbacks."""

    @jax.custom_vjp
    def f(*arrays):
        return jax.pure_callback(claim.value, jax.ShapeDtypeStruct((), np.float64), *arrays)

    def forward(*arrays):
        return f(*arrays), arrays

    def backward(arrays, cotangent):
        shapes = [jax.ShapeDtypeStruct(array.shape, np.float64) for array in arrays]
        return tuple(cotangent * slope for slope in jax.pure_callback(claim.slopes, shapes, *arrays))

    f.defvjp(forward, backward)
    return holds(jax_test_util.check_grads, f, claim.arrays, order=1, modes=("rev",))


def by_autograd(claim):
    """The direction is random: that of the seed 0."""

    @extend.primitive
    def f(*arrays):
        return claim.value(*arrays)

    def of_argument(i):
        return lambda value, *arrays: lambda cotangent: cotangent * claim.slopes(*arrays)[i]

    arguments = tuple(range(len(claim.arrays)))
    extend.defvjp(f, *map(of_argument, arguments))
    random.seed(0)
    return holds(autograd_test_util.check_grads(f, arguments, modes=["rev"], order=1), *claim.arrays)


def by_scipy(claim):
    ends = np.cumsum([array.size for array in claim.arrays])[:-1]

    def split(vector):
        return [part.reshape(array.shape) for part, array in zip(np.split(vector, ends), claim.arrays, strict=True)]

    def value(vector):
        return claim.value(*split(vector))

    def gradient(vector):
        return np.concatenate([np.ravel(slope) for slope in claim.slopes(*split(vector))])

    x = np.concatenate([np.ravel(array) for array in claim.arrays])
    return optimize.check_grad(value, gradient, x) <= LIKELY_CORRECT * max(1, np.linalg.norm(gradient(x)))


def holds(check, *args, **kwargs):
    """Return whether no assertion of a check fails."""
    try:
        check(*args, **kwargs)
    except AssertionError:
        return False
    return True


def ours(claim):
    check = verification.check_gradient(claim.f, claim.gradient, claim.x)
    if check.verdict is verification.Verdict.INCONCLUSIVE:
        return Outcome.KINK if check.is_subgradient else Outcome.UNSURE
    return Outcome.ACCEPTED if check else Outcome.REFUSED


def peer(accepts, claim):
    return Outcome.ACCEPTED if accepts(claim) else Outcome.REFUSED


def entry_by_entry(accepts, claim):
    """Spare the wait for a check that takes as many evaluations as there are entries, or more."""
    return Outcome.TOO_SLOW if claim.size > claim.at_most else peer(accepts, claim)


CHECKERS = {
    "check_gradient": ours,
    "torch gradcheck": partial(entry_by_entry, partial(by_gradcheck, fast_mode=False)),
    "torch gradcheck, fast": partial(peer, partial(by_gradcheck, fast_mode=True)),
    "jax check_grads": partial(peer, by_jax),
    "autograd check_grads": partial(peer, by_autograd),
    "scipy check_grad": partial(entry_by_entry, by_scipy),
}


def outcome(checker, f, gradient, x):
    """Return what a checker says. Where it raises anything but its verdict, it has none."""
    with quietly():
        try:
            return checker(Claim(f, gradient, x, at_most=MOST_EVALUATIONS))
        except GivenUpError:
            return Outcome.TOO_SLOW
        except Exception:  # noqa: BLE001 - whatever it is, the user sees it instead
            return Outcome.RAISED
