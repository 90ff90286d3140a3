"""One step of an LSTM cell, its backward pass by hand, and faults planted into that."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from planted_layers.fault import Layer, line, numbers, sigmoid, size

__all__ = ["FAULTS", "LSTM"]


@dataclass(frozen=True, kw_only=True)
class LSTM(Layer):
    """The next h and c, side by side; the gates are i, f, g and o, and h and c are parameters or not."""

    X: np.ndarray
    h: np.ndarray
    c: np.ndarray

    @classmethod
    def drawn(cls, rng) -> Self:
        batch, features, hidden = size(rng, 1, 5), size(rng, 2, 4), size(rng, 2, 3)
        if rng.random() < 0.4:
            features = hidden
        X, h, c = numbers(rng, batch, features), numbers(rng, batch, hidden), numbers(rng, batch, hidden)
        params = {
            "Wx": numbers(rng, features, 4 * hidden),
            "Wh": numbers(rng, hidden, 4 * hidden),
            "b": numbers(rng, 4 * hidden),
        }
        if rng.random() < 0.5:
            params |= {"h": h, "c": c}
        weights = numbers(rng, batch, 2 * hidden, most=4)
        return cls(params=params, batch=batch, weights=weights, decayed=("Wx", "Wh"), X=X, h=h, c=c)

    def gates(self, params):
        Z = self.X @ params["Wx"] + params.get("h", self.h) @ params["Wh"] + params["b"]
        i, f, g, o = np.split(Z, 4, axis=1)
        return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)

    def outputs(self, params):
        i, f, g, o = self.gates(params)
        new = f * params.get("c", self.c) + i * g
        return np.concatenate([o * np.tanh(new), new], axis=1)

    def vjp(self, params, cotangent):
        h, c = params.get("h", self.h), params.get("c", self.c)
        i, f, g, o = self.gates(params)
        new = f * c + i * g
        dh, dc = np.split(cotangent, 2, axis=1)
        dnew = dc + dh * o * (1 - np.tanh(new) ** 2)
        di = dnew * g * i * (1 - i)
        df = dnew * c * f * (1 - f)
        dg = dnew * i * (1 - g**2)
        do = dh * np.tanh(new) * o * (1 - o)
        dZ = np.concatenate([di, df, dg, do], axis=1)
        found = {"Wx": self.X.T @ dZ, "Wh": h.T @ dZ, "b": dZ.sum(axis=0)}
        return found | ({"h": dZ @ params["Wh"].T, "c": dnew * f} if "h" in params else {})


def by_state(cell):
    return "h" in cell.params


def as_many_features_as_hidden(cell):
    return cell.X.shape == cell.h.shape


# A gate is a block of columns of Wx, Wh and b, a wrong slice of each; h, where it is asked for, is wrong all over.
GATE = ("WRONG_SLICE", "UNKNOWN")
CHAIN = ("MISSING_CHAIN_FACTOR", "UNKNOWN")
LESS = ("DROPPED_TERM", "UNKNOWN")
DNEW = "dc + dh * o * (1 - np.tanh(new) ** 2)"
ORDER = "[di, df, dg, do]"

FAULTS = (
    line("σ' of the input gate dropped", (*CHAIN, "WRONG_SLICE"), "g * i * (1 - i)", "g"),
    line("σ' of the output gate dropped", (*CHAIN, "WRONG_SLICE"), "np.tanh(new) * o * (1 - o)", "np.tanh(new)"),
    line("half of σ' of the forget gate dropped", (*CHAIN, "WRONG_SLICE"), "c * f * (1 - f)", "c * f"),
    line("σ' for tanh'", (*CHAIN, "WRONG_SLICE"), "i * (1 - g**2)", "i * g * (1 - g)"),
    line("the square in tanh' dropped", (*CHAIN, "WRONG_SLICE"), "i * (1 - g**2)", "i * (1 - g)"),
    line("tanh' of the cell dropped", CHAIN, DNEW, "dc + dh * o"),
    line("the output gate by the cell without tanh", (*CHAIN, "WRONG_SLICE"), "dh * np.tanh(new) * o", "dh * new * o"),
    line("the next c's part dropped", LESS, DNEW, "dh * o * (1 - np.tanh(new) ** 2)"),
    line("the next h's part dropped", LESS, DNEW, "dc"),
    line("a gate's sign", ("WRONG_SIGN", *GATE), "di = dnew", "di = -dnew"),
    # The same cell after its update.
    line("the forget gate by the new c", ("STALE_POINT", *GATE), "df = dnew * c", "df = dnew * new"),
    line("the forget gate detached", ("ZERO_BLOCK", *GATE), ORDER, "[di, 0 * df, dg, do]"),
    line("input and forget gate exchanged", ("SWAPPED_ARGUMENTS", "SHIFTED_INDEX", *GATE), ORDER, "[df, di, dg, do]"),
    line("gates in the order i, g, f, o", ("SWAPPED_ARGUMENTS", "SHIFTED_INDEX", *GATE), ORDER, "[di, dg, df, do]"),
    line("gates off by one", ("SHIFTED_INDEX", "UNKNOWN"), ORDER, "[do, di, df, dg]"),
    line("gates in reverse", ("WRONG_AXIS", "SHIFTED_INDEX", "UNKNOWN"), ORDER, "[do, dg, df, di]"),
    line(
        "Wh by the features",
        ("OTHER_ARGUMENT", "UNKNOWN"),
        "h.T @ dZ",
        "self.X.T @ dZ",
        needs=as_many_features_as_hidden,
    ),
    line("Wh by the next h", ("STALE_POINT", "UNKNOWN"), "h.T @ dZ", "(o * np.tanh(new)).T @ dZ"),
    line("b by the mean of the samples", ("MISSING_BROADCAST_SUM", "EXTRA_BATCH_MEAN"), "dZ.sum(a", "dZ.mean(a"),
    line("b by the first sample", ("MISSING_BROADCAST_SUM", "UNKNOWN"), "dZ.sum(axis=0)", "dZ[0]"),
    line("b not summed", ("MISSING_BROADCAST_SUM",), "dZ.sum(axis=0)", "dZ"),
    line("Wx by the first sample", LESS, "self.X.T @ dZ", "self.X[:1].T @ dZ[:1]"),
    line("the forget gate dropped on the way to c", CHAIN, "dnew * f}", "dnew}", needs=by_state),
    line("the input gate on the way to c", CHAIN[::-1], "dnew * f}", "dnew * i}", needs=by_state),
    line(
        "h by what the cell adds alone", LESS, "dZ @", "np.concatenate([di, df, dg, 0 * do], axis=1) @", needs=by_state
    ),
)
