"""Scaled dot-product self-attention with one head, its backward pass by hand, and faults planted into that."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from planted_layers.fault import Layer, line, numbers, size

__all__ = ["FAULTS", "Attention"]


@dataclass(frozen=True, kw_only=True)
class Attention(Layer):
    """softmax(q kᵀ / √width, where the mask lets it) v; its parameters are q, k and v, or what makes them of X."""

    X: np.ndarray | None
    mask: np.ndarray
    """mask[i, j] says whether i looks at j."""

    @classmethod
    def drawn(cls, rng) -> Self:
        batch, length, width = size(rng, 1, 3), size(rng, 2, 4), size(rng, 2, 4)
        mask = np.tri(length, dtype=bool) if rng.random() < 0.4 else np.ones((length, length), dtype=bool)
        if rng.random() < 0.5:
            X, names, shape = None, "qkv", (batch, length, width)
        else:
            inputs = width if rng.random() < 0.5 else size(rng, 2, 5)
            X, names, shape = numbers(rng, batch, length, inputs, most=1), "QKV", (inputs, width)
        params = {name: numbers(rng, *shape) for name in names}
        weights = numbers(rng, batch, length, width, most=4)
        return cls(params=params, batch=batch, weights=weights, decayed=tuple(names), X=X, mask=mask)

    def projected(self, params):
        if self.X is None:
            return params["q"], params["k"], params["v"]
        return self.X @ params["Q"], self.X @ params["K"], self.X @ params["V"]

    def outputs(self, params):
        q, k, v = self.projected(params)
        return softmax(q @ turned(k) / math.sqrt(q.shape[-1]), self.mask) @ v

    def vjp(self, params, cotangent):
        q, k, v = self.projected(params)
        scale = 1 / math.sqrt(q.shape[-1])
        A = softmax(scale * q @ turned(k), self.mask)
        dA = cotangent @ turned(v)
        dS = A * (dA - (A * dA).sum(axis=-1, keepdims=True))
        dq = scale * dS @ k
        dk = scale * turned(dS) @ q
        dv = turned(A) @ cotangent
        if self.X is None:
            return {"q": dq, "k": dk, "v": dv}
        return {name: weight_gradient(self.X, d) for name, d in (("Q", dq), ("K", dk), ("V", dv))}


def turned(a):
    return np.swapaxes(a, -1, -2)


def softmax(scores, mask):
    powers = np.where(mask, np.exp(scores - scores.real.max(axis=-1, keepdims=True)), 0)
    return powers / powers.sum(axis=-1, keepdims=True)


def weight_gradient(X, d):
    return np.einsum("nti,ntw->iw", X, d)


def masked(layer):
    return not layer.mask.all()


def by_rows(layer):
    return layer.X is None


def by_weights(layer):
    return layer.X is not None


CHAIN = ("MISSING_CHAIN_FACTOR", "UNKNOWN")
LESS = ("DROPPED_TERM", "UNKNOWN")
TURNED = ("TRANSPOSED", "UNKNOWN")
SOFTMAX = "A * (dA - (A * dA).sum(axis=-1, keepdims=True))"
WEIGHT = "weight_gradient(self.X, d)"

FAULTS = (
    line("the scale dropped", ("CONSTANT_FACTOR",), "scale * dS @ k", "dS @ k"),
    line("the scale dropped on the way to k", ("CONSTANT_FACTOR",), "scale * turned(dS)", "turned(dS)"),
    line("the scale squared", ("CONSTANT_FACTOR",), "scale * dS @ k", "scale**2 * dS @ k"),
    line("the scale not that of the scores", ("UNKNOWN", "STALE_POINT"), "softmax(scale * q", "softmax(q"),
    line("softmax taken for an exponential", LESS, SOFTMAX, "A * dA"),
    line("softmax taken for σ", LESS, SOFTMAX, "A * (1 - A) * dA"),
    line("softmax's own factor dropped", CHAIN, "A * (dA -", "(dA -"),
    line("softmax taken along the queries", ("WRONG_AXIS", "UNKNOWN"), "axis=-1", "axis=-2"),
    line("the attention detached", ("ZERO_BLOCK",), SOFTMAX, "0 * dA"),
    line("dS not transposed on the way to k", TURNED, "turned(dS) @ q", "dS @ q"),
    line("the attention not transposed on the way to v", TURNED, "turned(A) @ cotangent", "A @ cotangent"),
    line("q where k belongs", ("SWAPPED_ARGUMENTS", "UNKNOWN"), "dS @ k", "dS @ q"),
    line("k where q belongs", ("SWAPPED_ARGUMENTS", "UNKNOWN"), "turned(dS) @ q", "turned(dS) @ k"),
    line("v's cotangent unweighted", CHAIN, "turned(A) @ cotangent", "cotangent"),
    line("the mask forgotten", ("BRANCH", *LESS), "turned(k), self.mask)", "turned(k), True)", needs=masked),
    # What others see of a row's k and v is left out. It takes the losses of single rows to tell.
    line("v by each row's own output", ("COUPLED_ROWS", *LESS), "turned(A) @", "(A * np.eye(len(self.mask))) @"),
    line("k by each row's own output", ("COUPLED_ROWS", *LESS), "turned(dS) @", "(dS * np.eye(len(self.mask))) @"),
    line("the last step left out", LESS, WEIGHT, "weight_gradient(self.X[:, :-1], d[:, :-1])", needs=by_weights),
    line(
        "one sequence alone",
        ("MISSING_BROADCAST_SUM", *LESS),
        WEIGHT,
        "weight_gradient(self.X[:1], d[:1])",
        needs=by_weights,
    ),
    line("the sequences not summed", ("MISSING_BROADCAST_SUM",), WEIGHT, "turned(self.X) @ d", needs=by_weights),
    line(
        "the mean of the steps",
        ("CONSTANT_FACTOR", "MISSING_BROADCAST_SUM"),
        WEIGHT,
        "weight_gradient(self.X, d) / len(self.mask)",
        needs=by_weights,
    ),
    line("k of the step before", ("SHIFTED_INDEX", "UNKNOWN"), "dS @ k", "dS @ np.roll(k, 1, axis=1)"),
)
