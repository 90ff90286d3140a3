"""A net of two layers, its backward pass by hand, and faults planted into that."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from planted_layers.fault import Layer, line, numbers, sigmoid, size

__all__ = ["FAULTS", "Net"]


@dataclass(frozen=True, kw_only=True)
class Net(Layer):
    """Affine, sigmoid, affine; the outputs are each sample's softmax cross entropy."""

    X: np.ndarray
    T: np.ndarray
    """One-hot targets."""

    @classmethod
    def drawn(cls, rng) -> Self:
        batch, features, hidden, classes = size(rng, 1, 6), size(rng, 2, 5), size(rng, 2, 5), size(rng, 2, 5)
        if rng.random() < 0.4:
            features = hidden = classes
        params = {
            "W1": numbers(rng, features, hidden),
            "b1": numbers(rng, hidden),
            "W2": numbers(rng, hidden, classes),
            "b2": numbers(rng, classes),
        }
        X, T = numbers(rng, batch, features), np.eye(classes)[rng.integers(0, classes, batch)]
        return cls(params=params, batch=batch, weights=np.ones(batch), decayed=("W1", "W2"), X=X, T=T)

    def outputs(self, params):
        scores = sigmoid(self.X @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
        top = scores.real.max(axis=1, keepdims=True)
        return np.log(np.exp(scores - top).sum(axis=1)) + top[:, 0] - (self.T * scores).sum(axis=1)

    def vjp(self, params, cotangent):
        H = sigmoid(self.X @ params["W1"] + params["b1"])
        Y = softmax(H @ params["W2"] + params["b2"])
        dZ = cotangent[:, None] * (Y - self.T)
        dH = dZ @ params["W2"].T
        dA = dH * H * (1 - H)
        return {"W1": self.X.T @ dA, "b1": dA.sum(axis=0), "W2": H.T @ dZ, "b2": dZ.sum(axis=0)}


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def square_second(net):
    return len(set(net.params["W2"].shape)) == 1


def as_many_samples_as_hidden(net):
    return net.batch == net.params["b1"].size > 1


# A factor σ' of the hidden units mixes over the samples before it reaches a weight: the claimed gradient is not the
# true one divided by anything that x holds, so whoever is told neither X nor the pass may call it unknown. For one
# sample alone it is a factor of each column.
CHAIN = ("MISSING_CHAIN_FACTOR", "UNKNOWN")

FAULTS = (
    line("σ' of the hidden units dropped", CHAIN, "dH * H * (1 - H)", "dH"),
    line("half of σ' dropped", CHAIN, "dH * H * (1 - H)", "dH * H"),
    line("tanh' for σ'", CHAIN, "dH * H * (1 - H)", "dH * (1 - H**2)"),
    line("σ' of what σ has given", CHAIN, "dH * H * (1 - H)", "dH * sigmoid(H) * (1 - sigmoid(H))"),
    line("σ' dropped on the way to W1 alone", CHAIN, '"W1": self.X.T @ dA', '"W1": self.X.T @ dH'),
    # No name says that a factor is too many; it is a missing 1/φ.
    line("σ' of the scores too many", CHAIN[::-1], "(Y - self.T)", "(Y - self.T) * Y * (1 - Y)"),
    line("targets less predictions", ("WRONG_SIGN",), "Y - self.T", "self.T - Y"),
    line("the targets dropped", ("DROPPED_TERM", "UNKNOWN"), "(Y - self.T)", "Y"),
    line("labels off by one", ("SHIFTED_INDEX", "UNKNOWN"), "self.T)", "np.roll(self.T, 1, axis=1))"),
    line("labels of the next sample", ("SHIFTED_INDEX", "UNKNOWN"), "self.T)", "np.roll(self.T, 1, axis=0))"),
    line("W2 not transposed", ("TRANSPOSED", "UNKNOWN"), '["W2"].T', '["W2"]', needs=square_second),
    line("W2's factors in the other order", ("TRANSPOSED",), "H.T @ dZ", "dZ.T @ H"),
    # From the same gradient: dA is already divided by the batch.
    line(
        "b1 by the mean of the samples",
        ("MISSING_BROADCAST_SUM", "EXTRA_BATCH_MEAN"),
        "dA.sum(axis=0)",
        "dA.mean(axis=0)",
    ),
    line("b1 by the first sample", ("MISSING_BROADCAST_SUM", "UNKNOWN"), "dA.sum(axis=0)", "dA[0]"),
    line("b1 not summed", ("MISSING_BROADCAST_SUM",), "dA.sum(axis=0)", "dA"),
    line(
        "b1 summed over the hidden units",
        ("WRONG_AXIS", "UNKNOWN"),
        "dA.sum(axis=0)",
        "dA.sum(axis=1)",
        needs=as_many_samples_as_hidden,
    ),
    line("b2 not summed", ("MISSING_BROADCAST_SUM",), "dZ.sum(axis=0)", "dZ"),
    line(
        "W1 without the last sample",
        ("DROPPED_TERM", "UNKNOWN"),
        "self.X.T @ dA",
        "self.X[:-1].T @ dA[:-1]",
        needs=lambda net: net.batch > 1,
    ),
    line("W2 by the sums that σ has not seen", CHAIN[::-1], "H.T @ dZ", "np.log(H / (1 - H)).T @ dZ"),
    # The first layer's part is that of a point between the two, so not even the gradient of another point.
    line("W2 updated too early", ("STALE_POINT", "UNKNOWN"), 'params["W2"].T', '(params["W2"] - 0.5 * H.T @ dZ).T'),
)
