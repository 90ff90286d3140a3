"""A 2-D convolution with a bias and a softplus, its backward pass by hand, and faults planted into that."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from planted_layers.fault import Layer, line, numbers, sigmoid, size

__all__ = ["FAULTS", "Conv"]


@dataclass(frozen=True, kw_only=True)
class Conv(Layer):
    """softplus(kernel ⋆ x + bias), where x is a parameter or the fixed image X."""

    X: np.ndarray
    stride: int
    padding: int

    @classmethod
    def drawn(cls, rng) -> Self:
        batch, channels, filters = size(rng, 1, 3), size(rng, 1, 3), size(rng, 2, 3)
        stride, padding = size(rng, 1, 2), size(rng, 0, 1)
        kernel = numbers(rng, filters, channels, size(rng, 1, 3), size(rng, 1, 3), most=1)
        if rng.random() < 0.4:
            channels = filters
            kernel = numbers(rng, filters, filters, 2, 2, most=1)
        X = numbers(rng, batch, channels, size(rng, 3, 5), size(rng, 3, 5))
        params = {"kernel": kernel, "bias": numbers(rng, len(kernel))}
        if X.size + kernel.size <= 140 and rng.random() < 0.6:
            params["x"] = X
        rows, columns = (
            1 + (X.shape[axis] + 2 * padding - kernel.shape[axis]) // stride  # as many as the kernel finds room for
            for axis in (2, 3)
        )
        weights = numbers(rng, batch, len(kernel), rows, columns, most=3)
        fixed = {"X": X, "stride": stride, "padding": padding}
        return cls(params=params, batch=batch, weights=weights, decayed=("kernel",), **fixed)

    def windows(self, params):
        """Return what the kernel sees, shaped (batch, channels, rows, columns, kernel rows, kernel columns)."""
        p, s = self.padding, self.stride
        padded = np.pad(params.get("x", self.X), ((0, 0), (0, 0), (p, p), (p, p)))
        shape = params["kernel"].shape[2:]
        return np.lib.stride_tricks.sliding_window_view(padded, shape, axis=(2, 3))[:, :, ::s, ::s]

    def outputs(self, params):
        Z = np.einsum("nchwij,ocij->nohw", self.windows(params), params["kernel"])
        return np.log1p(np.exp(Z + params["bias"][:, None, None]))

    def vjp(self, params, cotangent):
        kernel, windows, (rows, columns) = params["kernel"], self.windows(params), self.X.shape[2:]
        Z = np.einsum("nchwij,ocij->nohw", windows, kernel) + params["bias"][:, None, None]
        dZ = cotangent * sigmoid(Z)
        found = {"kernel": np.einsum("nohw,nchwij->ocij", dZ, windows), "bias": dZ.sum(axis=(0, 2, 3))}
        if "x" not in params:
            return found
        dwindows = np.einsum("nohw,ocij->ijnchw", dZ, kernel)
        p, s = self.padding, self.stride
        dpadded = np.zeros((*self.X.shape[:2], rows + 2 * p, columns + 2 * p))
        for i, j in np.ndindex(kernel.shape[2:]):
            here = (..., slice(i, i + s * Z.shape[2], s), slice(j, j + s * Z.shape[3], s))
            dpadded[here] += dwindows[i, j]
        return found | {"x": dpadded[:, :, p : p + rows, p : p + columns]}


def by_x(conv):
    return "x" in conv.params


def by_padded_x(conv):
    return by_x(conv) and conv.padding > 0


def by_strided_x(conv):
    return by_x(conv) and conv.stride > 1


def as_many_filters_as_channels(conv):
    return len(set(conv.params["kernel"].shape[:2])) == 1


def square(conv):
    return len(set(conv.params["kernel"].shape[2:])) == 1


def as_many_filters_as_samples(conv):
    return conv.batch == conv.weights.shape[1] > 1


# The factor differs from place to place, and each entry of the kernel meets them all: in the gradient it is mixed.
CHAIN = ("MISSING_CHAIN_FACTOR", "UNKNOWN")
SUM = "dZ.sum(axis=(0, 2, 3))"
KERNEL = 'np.einsum("nohw,nchwij->ocij", dZ, windows)'
LESS = ("DROPPED_TERM", "UNKNOWN")

FAULTS = (
    line("softplus' dropped", CHAIN, "cotangent * sigmoid(Z)", "cotangent"),
    line("softplus' taken for σ'", CHAIN, "sigmoid(Z)", "sigmoid(Z) * (1 - sigmoid(Z))"),
    line("softplus' dropped on the way to the bias alone", CHAIN, SUM, "cotangent.sum(axis=(0, 2, 3))"),
    # Flipped along both axes; where both are 1 long it is no fault.
    line("a convolution taken for a correlation", ("WRONG_AXIS",), KERNEL, f"{KERNEL}[:, :, ::-1, ::-1]"),
    line(
        "the kernel flipped on the way to x",
        ("WRONG_AXIS", "UNKNOWN"),
        'ijnchw", dZ, kernel)',
        'ijnchw", dZ, kernel[:, :, ::-1, ::-1])',
        needs=by_x,
    ),
    line(
        "filters and channels exchanged",
        ("TRANSPOSED",),
        "nchwij->ocij",
        "nchwij->coij",
        needs=as_many_filters_as_channels,
    ),
    line("rows and columns exchanged", ("TRANSPOSED",), "nchwij->ocij", "nchwij->ocji", needs=square),
    line("the bias by the mean", ("MISSING_BROADCAST_SUM", "CONSTANT_FACTOR"), SUM, "dZ.mean(axis=(0, 2, 3))"),
    line("the bias by the first place", ("MISSING_BROADCAST_SUM", "UNKNOWN"), SUM, "dZ[:, :, 0, 0].sum(axis=0)"),
    line("the bias summed over the samples alone", ("MISSING_BROADCAST_SUM",), SUM, "dZ.sum(axis=0)"),
    line("the bias not summed", ("MISSING_BROADCAST_SUM",), SUM, "dZ"),
    line(
        "the bias summed over the filters",
        ("WRONG_AXIS", "UNKNOWN"),
        SUM,
        "dZ.sum(axis=(1, 2, 3))",
        needs=as_many_filters_as_samples,
    ),
    line("the kernel by the first sample", LESS, KERNEL, KERNEL.replace("dZ, windows", "dZ[:1], windows[:1]")),
    line(
        "the last row of places dropped",
        LESS,
        KERNEL,
        KERNEL.replace("dZ, windows", "dZ[:, :, :-1], windows[:, :, :-1]"),
    ),
    line(
        "windows on the padding left out",
        ("BRANCH", *LESS),
        KERNEL,
        KERNEL.replace("dZ, windows", "dZ[:, :, 1:, 1:], windows[:, :, 1:, 1:]"),
        needs=lambda conv: conv.padding > 0,
    ),
    line("windows overwrite one another", LESS, "dpadded[here] +=", "dpadded[here] =", needs=by_x),
    # What the padding received moves in on one side.
    line(
        "the padding cut off at one end",
        ("SHIFTED_INDEX", "UNKNOWN"),
        "p : p + rows, p : p + columns",
        ":rows, :columns",
        needs=by_padded_x,
    ),
    line(
        "the padding cut off twice",
        ("BRANCH", "ZERO_BLOCK", "UNKNOWN"),
        "dpadded[:, :, p : p + rows, p : p + columns]",
        "np.pad(dpadded[:, :, 2 * p : rows, 2 * p : columns], ((0, 0), (0, 0), (p, p), (p, p)))",
        needs=by_padded_x,
    ),
    line(
        "the stride forgotten",
        ("SHIFTED_INDEX", "UNKNOWN"),
        "slice(j, j + s * Z.shape[3], s)",
        "slice(j, j + Z.shape[3])",
        needs=by_strided_x,
    ),
    line("x scattered from the first filter alone", LESS, 'ijnchw", dZ, kernel)', 'ijnchw", dZ[:, :1], kernel[:1])'),
)
