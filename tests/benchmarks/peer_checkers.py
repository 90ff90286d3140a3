"""The gradient checkers of other packages, each called with its defaults, on what each asks for: arrays of float64."""

import warnings
from contextlib import contextmanager
from enum import Enum
from functools import partial

import numpy as np
import pytest
from corpus_example import at

import verification

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jax_test_util = pytest.importorskip("jax.test_util")
extend = pytest.importorskip("autograd.extend")
autograd_test_util = pytest.importorskip("autograd.test_util")
random = pytest.importorskip("autograd.numpy.random")
optimize = pytest.importorskip("scipy.optimize")

__all__ = ["CHECKERS", "OURS", "Outcome", "outcome"]

jax.config.update("jax_enable_x64", True)

OURS = "check_gradient"
MOST_ENTRIES = 10_000
"""Beyond so many, checkers that move every entry by itself take minutes."""

LIKELY_CORRECT = 1e-6
"""SciPy gives ``check_grad`` no threshold; its ``check_derivative`` calls what is no further off "likely correct",
as a share of the claimed, or of 1 where that is less."""


class Outcome(Enum):
    """What a user is told of a claimed gradient."""

    ACCEPTED = "right"
    REFUSED = "wrong"
    KINK = "at a kink"
    UNSURE = "inconclusive"
    TOO_SLOW = "not told"
    RAISED = "told of something else"


class Flat:
    """A function and its claimed gradient, of separate arrays of float64."""

    def __init__(self, f, gradient, x):
        self.f, self.gradient = f, gradient
        leaves, self.tree = jax.tree.flatten(x)
        self.arrays = [np.array(leaf, dtype=np.float64) for leaf in leaves]
        self.size = sum(array.size for array in self.arrays)

    def value(self, *arrays):
        return np.float64(at(self._x(arrays), self.f))

    def slopes(self, *arrays):
        return [np.array(leaf, dtype=np.float64) for leaf in jax.tree.leaves(at(self._x(arrays), self.gradient))]

    def _x(self, arrays):
        return jax.tree.unflatten(self.tree, [np.array(array, dtype=np.float64) for array in arrays])


def by_gradcheck(flat, *, fast_mode):
    class Claimed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *tensors):
            ctx.save_for_backward(*tensors)
            return torch.tensor(flat.value(*map(torch.Tensor.detach, tensors)))

        @staticmethod
        def backward(ctx, cotangent):
            return tuple(cotangent * torch.from_numpy(slope) for slope in flat.slopes(*ctx.saved_tensors))

    inputs = [torch.tensor(array, requires_grad=True) for array in flat.arrays]
    return torch.autograd.gradcheck(Claimed.apply, inputs, fast_mode=fast_mode, raise_exception=False)


def by_jax(flat):
    @jax.custom_vjp
    def f(*arrays):
        return jax.pure_callback(flat.value, jax.ShapeDtypeStruct((), np.float64), *arrays)

    def forward(*arrays):
        return f(*arrays), arrays

    def backward(arrays, cotangent):
        shapes = [jax.ShapeDtypeStruct(array.shape, np.float64) for array in arrays]
        return tuple(cotangent * slope for slope in jax.pure_callback(flat.slopes, shapes, *arrays))

    f.defvjp(forward, backward)
    return asserted(jax_test_util.check_grads, f, flat.arrays, order=1, modes=("rev",))


def by_autograd(flat):
    """The direction is drawn from the seed 0."""

    @extend.primitive
    def f(*arrays):
        return flat.value(*arrays)

    def of_argument(i):
        return lambda value, *arrays: lambda cotangent: cotangent * flat.slopes(*arrays)[i]

    arguments = tuple(range(len(flat.arrays)))
    extend.defvjp(f, *map(of_argument, arguments))
    random.seed(0)
    return asserted(autograd_test_util.check_grads(f, arguments, modes=["rev"], order=1), *flat.arrays)


def by_scipy(flat):
    ends = np.cumsum([array.size for array in flat.arrays])[:-1]

    def split(vector):
        return [part.reshape(of.shape) for part, of in zip(np.split(vector, ends), flat.arrays, strict=True)]

    def value(vector):
        return flat.value(*split(vector))

    def slopes(vector):
        return np.concatenate([np.ravel(slope) for slope in flat.slopes(*split(vector))])

    x = np.concatenate([np.ravel(array) for array in flat.arrays])
    return optimize.check_grad(value, slopes, x) <= LIKELY_CORRECT * max(1, np.linalg.norm(slopes(x)))


def asserted(check, *args, **kwargs):
    """Return whether no assertion of a check fails."""
    try:
        check(*args, **kwargs)
    except AssertionError:
        return False
    return True


def ours(f, gradient, x):
    check = verification.check_gradient(f, gradient, x)
    if check.verdict is verification.Verdict.INCONCLUSIVE:
        return Outcome.KINK if check.is_subgradient else Outcome.UNSURE
    return Outcome.ACCEPTED if check else Outcome.REFUSED


def peer(accepts, f, gradient, x, *, at_most=np.inf):
    flat = Flat(f, gradient, x)
    if flat.size > at_most:
        return Outcome.TOO_SLOW
    return Outcome.ACCEPTED if accepts(flat) else Outcome.REFUSED


CHECKERS = {
    OURS: ours,
    "torch gradcheck": partial(peer, partial(by_gradcheck, fast_mode=False), at_most=MOST_ENTRIES),
    "torch gradcheck, fast": partial(peer, partial(by_gradcheck, fast_mode=True)),
    "jax check_grads": partial(peer, by_jax),
    "autograd check_grads": partial(peer, by_autograd),
    "scipy check_grad": partial(peer, by_scipy, at_most=MOST_ENTRIES),
}


@contextmanager
def quietly():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def outcome(checker, f, gradient, x):
    """Return what a checker says; if it raises, that is no verdict."""
    with quietly():
        try:
            return checker(f, gradient, x)
        except Exception:  # noqa: BLE001 - whatever it is, the user sees it instead
            return Outcome.RAISED
