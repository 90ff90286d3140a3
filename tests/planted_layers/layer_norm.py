"""Layer norm with gain and bias, its backward pass by hand, and faults planted into that."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from planted_layers.fault import Layer, line, numbers, size

__all__ = ["FAULTS", "INSIDE", "LayerNorm"]

INSIDE = 0.05
"""What is added to the variance: more than usual, so that forgetting it is no rounding error."""


@dataclass(frozen=True, kw_only=True)
class LayerNorm(Layer):
    """gain · (x − mean) / √(variance + INSIDE) + bias, row by row."""

    @classmethod
    def drawn(cls, rng) -> Self:
        batch, features = size(rng, 1, 6), size(rng, 3, 7)
        if rng.random() < 0.3:
            batch = features = size(rng, 3, 6)
        x = numbers(rng, batch, features, most=3)
        params = {"x": x, "gain": numbers(rng, features), "bias": numbers(rng, features)}
        return cls(params=params, batch=batch, weights=numbers(rng, batch, features, most=4), decayed=("gain",))

    def outputs(self, params):
        centred = params["x"] - params["x"].mean(axis=1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + INSIDE)
        return params["gain"] * centred / deviation + params["bias"]

    def vjp(self, params, cotangent):
        centred = params["x"] - params["x"].mean(axis=1, keepdims=True)
        inverse = 1 / np.sqrt((centred**2).mean(axis=1, keepdims=True) + INSIDE)
        normal = centred * inverse
        dnormal = cotangent * params["gain"]
        by_mean = dnormal.mean(axis=1, keepdims=True)
        by_variance = normal * (dnormal * normal).mean(axis=1, keepdims=True)
        return {
            "x": inverse * (dnormal - by_mean - by_variance),
            "gain": (cotangent * normal).sum(axis=0),
            "bias": cotangent.sum(axis=0),
        }


def square(norm):
    return len(set(norm.params["x"].shape)) == 1


# What is dropped is subtracted, so the claimed gradient has more than the true one. That the rest is the same along a
# row (the mean), or a multiple of the normalized row (the variance), can be seen by who knows the layer.
LESS = ("DROPPED_TERM", "EXTRA_TERM", "UNKNOWN")
# Each row by its own factor, which the other entries of the row go into: no function of the entry.
CHAIN = ("MISSING_CHAIN_FACTOR", "UNKNOWN")
AXIS = ("WRONG_AXIS", "UNKNOWN")
MEAN = "dnormal.mean(axis=1, keepdims=True)"
PRODUCTS = "(dnormal * normal).mean(axis=1, keepdims=True)"
GAIN = "(cotangent * normal).sum(axis=0)"
BIAS = '"bias": cotangent.sum(axis=0)'
OF_THE_ROWS = ("MISSING_BROADCAST_SUM", "EXTRA_BATCH_MEAN")

FAULTS = (
    line("the mean's part dropped", LESS, " - by_mean", ""),
    line("the variance's part dropped", LESS, " - by_variance", ""),
    line("mean and variance detached", LESS, " - by_mean - by_variance", ""),
    line("the variance's part added", ("UNKNOWN", "DROPPED_TERM", "EXTRA_TERM"), "- by_variance", "+ by_variance"),
    line("the mean's part taken along the batch", AXIS, MEAN, MEAN.replace("1", "0")),
    line("the variance's part taken along the batch", AXIS, PRODUCTS, PRODUCTS.replace("1", "0")),
    line("the mean's part summed", ("UNKNOWN", "EXTRA_TERM", "DROPPED_TERM"), MEAN, MEAN.replace("mean", "sum")),
    line("x not divided by the deviation", CHAIN, "inverse * (dnormal", "1 * (dnormal"),
    line("x divided by the variance", CHAIN, "inverse * (dnormal", "inverse**2 * (dnormal"),
    line("the gain dropped on the way to x", CHAIN, 'cotangent * params["gain"]', "cotangent"),
    line("the gain by x that is only centred", CHAIN, "(cotangent * normal)", "(cotangent * centred)"),
    line("the gain by x itself", ("DROPPED_TERM", *CHAIN), "(cotangent * normal)", '(cotangent * params["x"])'),
    line("what is inside the root forgotten", ("DROPPED_TERM", "UNKNOWN"), " + INSIDE", ""),
    line(
        "the variance of one entry fewer",
        ("UNKNOWN", "CONSTANT_FACTOR"),
        "(centred**2).mean(axis=1, keepdims=True)",
        "(centred**2).sum(axis=1, keepdims=True) / (centred.shape[1] - 1)",
    ),
    line("the gain by the mean of the rows", OF_THE_ROWS, GAIN, GAIN.replace("sum", "mean")),
    line("the bias by the mean of the rows", OF_THE_ROWS, BIAS, BIAS.replace("sum", "mean")),
    line("the bias by the first row", ("MISSING_BROADCAST_SUM", "UNKNOWN"), BIAS, '"bias": cotangent[0]'),
    line("the gain not summed", ("MISSING_BROADCAST_SUM",), GAIN, "cotangent * normal"),
    line("the bias not summed", ("MISSING_BROADCAST_SUM",), BIAS, '"bias": cotangent'),
    line("the gain summed along the rows", AXIS, GAIN, GAIN.replace("0", "1"), needs=square),
    line("the bias summed along the rows", AXIS, BIAS, BIAS.replace("0", "1"), needs=square),
    line(
        "the gain takes the next row", ("SHIFTED_INDEX", "UNKNOWN"), "(cotangent * n", "(np.roll(cotangent, 1, 0) * n"
    ),
)
