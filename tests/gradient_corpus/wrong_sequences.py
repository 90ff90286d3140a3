"""Wrong gradients of layers that look at several places at once: attention, recurrence, embedding, sharing."""

import numpy as np

from gradient_corpus.example import faults, sigmoid, softmax, some, wrong

__all__ = ["WRONG_SEQUENCES"]

LATER = np.where(np.tri(4) > 0, 0.0, -1e9)
OUT = some(4, 4, seed=5)


def attention(q, k, v):
    return np.sum(OUT * (softmax(q @ k.T / 2 + LATER) @ v))


def attention_gradient(q, k, v, *, masked=True, scale=0.5, coupled=True, swapped=False, turned=False, axis=-1):
    p = softmax(q @ k.T / 2 + LATER * masked)
    dp = OUT @ v.T
    ds = scale * p * (dp - coupled * (p * dp).sum(axis, keepdims=True))
    by_q, by_k, by_v = ds @ k, ds.T @ q, p.T @ OUT
    return by_k if swapped else by_q, by_q if swapped else by_k.T if turned else by_k, by_v.T if turned else by_v


STEPS, LAST = some(3, 2, seed=6), some(2, seed=7)


def lstm_states(p):
    h = c = np.zeros(2)
    for x in STEPS:
        before, inputs = c, np.concatenate((x, h))
        z = p["W"] @ inputs + p["b"]
        (i, f, o), g = sigmoid(z[:6]).reshape(3, 2), np.tanh(z[6:])
        c = f * c + i * g
        h = o * np.tanh(c)
        yield inputs, before, c, h, i, f, o, g


def lstm(p):
    return LAST @ list(lstm_states(p))[-1][3]


def lstm_gradient(p, *, steps=3, squashed=True, swapped=False, biases_of_f=False, cells=True):
    by_w, by_b = np.zeros((8, 4)), np.zeros(8)
    dh, dc = LAST, np.zeros(2)
    for inputs, before, c, _, i, f, o, g in list(lstm_states(p))[: -steps - 1 : -1]:
        dc = dc + dh * o * (1 - np.tanh(c) ** 2 if squashed else 1)
        di, df, do = dc * g * i * (1 - i), dc * before * f * (1 - f), dh * np.tanh(c) * o * (1 - o)
        dz = np.concatenate((df, di) if swapped else (di, df))
        dz = np.concatenate((dz, do, dc * i * (1 - g**2)))
        by_w += np.outer(dz, inputs)
        by_b += np.concatenate((df, df, df, dz[6:])) if biases_of_f else dz
        dh, dc = p["W"][:, 2:].T @ dz, dc * f * cells
    return {"W": by_w, "b": by_b}


KEPT = np.array([[1, 0], [1, 1], [0, 1]]) / 0.5


def rnn_states(w):
    h = np.zeros(2)
    for x, kept in zip(STEPS, KEPT, strict=True):
        before, raw = h, np.tanh(x + w @ h)
        h = kept * raw
        yield before, raw, kept


def rnn(w):
    return LAST @ (KEPT[-1] * list(rnn_states(w))[-1][1])


def rnn_gradient(w, *, transposed=True, mask_of_first=False, steps=3):
    by_w, dh = np.zeros((2, 2)), LAST
    for before, raw, kept in list(rnn_states(w))[: -steps - 1 : -1]:
        dz = dh * (KEPT[0] if mask_of_first else kept) * (1 - raw**2)
        by_w += np.outer(dz, before)
        dh = (w.T if transposed else w) @ dz
    return by_w


TOKENS = np.array([1, 0, 1, 2, 1])
SEEN = some(5, 2, seed=10)


def embedding(table):
    return np.sum(np.sin(table[TOKENS]) * SEEN)


def embedding_gradient(table, *, last=False, mean=False):
    gradient, parts = np.zeros(table.shape), np.cos(table[TOKENS]) * SEEN
    for token, part in zip(TOKENS, parts, strict=True):
        gradient[token] = part if last else gradient[token] + part
    return gradient / np.maximum(1, np.bincount(TOKENS, minlength=len(table)))[:, None] if mean else gradient


COLUMNS = np.array([[0, 0, 2], [1, 1, 1]])


def gather(x):
    return np.sum(np.exp(np.take_along_axis(x, COLUMNS, axis=1)))


def gather_gradient(x, *, last=False):
    gradient, parts = np.zeros(x.shape), np.exp(np.take_along_axis(x, COLUMNS, axis=1))
    for (row, place), column in np.ndenumerate(COLUMNS):
        gradient[row, column] = parts[row, place] + (0 if last else gradient[row, column])
    return gradient


QUERIES = some(4, 3, 2, seed=14)


def heads(key):
    """Four heads of queries share one of keys."""
    return np.sum(np.sin(QUERIES @ key.T))


def heads_gradient(key, *, shared=np.s_[:]):
    return np.einsum("hqk,hqd->kd", np.cos(QUERIES @ key.T)[shared], QUERIES[shared])


INPUTS = some(3, 3, seed=13)


def tied(w):
    """Embed with a matrix, and score with the same."""
    return np.sum(np.sin(np.tanh(INPUTS @ w) @ w.T))


def tied_gradient(w, *, embeds=True, scores=True):
    h = np.tanh(INPUTS @ w)
    g = np.cos(h @ w.T)
    return embeds * (INPUTS.T @ (g @ w * (1 - h**2))) + scores * (g.T @ h)


TURN = np.arange(1, 5)[:, None] * [0.1, 1.0]


def turned(x, turn=TURN):
    a, b = x[:, :2], x[:, 2:]
    return np.concatenate((a * np.cos(turn) - b * np.sin(turn), a * np.sin(turn) + b * np.cos(turn)), axis=1)


def rotary(x):
    return np.sum(np.sin(turned(x)))


def rotary_gradient(x, *, back=-1):
    return turned(np.cos(turned(x)), back * TURN)


def mixture(x, gates):
    """Weigh three experts by softmax."""
    return np.sum(softmax(gates) * np.sin(x))


def mixture_gradient(x, gates, *, gated=True, coupled=True):
    p = softmax(gates)
    return p * np.cos(x), gated * p * (np.sin(x) - coupled * np.sum(p * np.sin(x), axis=-1, keepdims=True))


def frames(x):
    return np.sum(OUT * np.sin(x.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)))


def frames_gradient(x, *, order=(0, 2, 1, 3)):
    shuffled = OUT.reshape(2, 2, 2, 2).transpose(order).reshape(4, 4)
    return shuffled * np.cos(x)


WRONG_SEQUENCES = (
    *faults(
        attention,
        (some(4, 4, seed=2), some(4, 4, seed=3), some(4, 4, seed=4)),
        attention_gradient,
        ("attention: no mask", {"masked": False}),
        ("attention: no scale", {"scale": 1.0}),
        ("attention: softmax taken for diagonal", {"coupled": False}),
        ("attention: queries and keys swapped", {"swapped": True}),
        ("attention: keys and values transposed", {"turned": True}, "diffusers PR 14341"),
        ("attention: softmax over the other axis", {"axis": 0}),
    ),
    *faults(
        lstm,
        {"W": some(8, 4, seed=8), "b": some(8, seed=9)},
        lstm_gradient,
        ("LSTM: gates swapped", {"swapped": True}),
        ("LSTM: two biases of another gate", {"biases_of_f": True}, "learn_dl #53"),
        ("LSTM: one step too few", {"steps": 2}),
        ("LSTM: no tanh of the cell", {"squashed": False}),
        ("LSTM: no path from cell to cell", {"cells": False}),
    ),
    *faults(
        rnn,
        some(2, 2, seed=16),
        rnn_gradient,
        ("RNN: weights not transposed", {"transposed": False}),
        ("RNN: mask of the first step throughout", {"mask_of_first": True}, "haste #43"),
        ("RNN: no path through time", {"steps": 1}),
    ),
    *faults(
        embedding,
        some(4, 2, seed=17),
        embedding_gradient,
        ("embedding: only the last of repeated tokens", {"last": True}, "PyTorch #1528"),
        ("embedding: mean of repeated tokens", {"mean": True}),
    ),
    *faults(
        gather,
        some(2, 3, seed=18),
        gather_gradient,
        ("gather: repeated indices overwrite", {"last": True}, "PyTorch #1631, MXNet #9172"),
    ),
    *faults(
        heads,
        some(5, 2, seed=19),
        heads_gradient,
        ("shared heads: only the last", {"shared": np.s_[3:]}),
    ),
    *faults(
        tied,
        some(3, 3, seed=20),
        tied_gradient,
        ("tied weights: first use forgotten", {"embeds": False}),
        ("tied weights: second use forgotten", {"scores": False}),
    ),
    *faults(rotary, some(4, 4, seed=21), rotary_gradient, ("rotary embedding: turned on instead of back", {"back": 1})),
    *faults(
        mixture,
        (some(2, 3, seed=22), some(2, 3, seed=23)),
        mixture_gradient,
        ("mixture of experts: gates detached", {"gated": False}),
        ("softmax: only the diagonal", {"coupled": False}, "libnd4j #440"),
    ),
    *faults(
        frames,
        some(4, 4, seed=24),
        frames_gradient,
        ("pixel shuffle: axes in another order", {"order": (1, 0, 2, 3)}),
    ),
    wrong(
        "rows: coupled, but taken for separate",
        lambda x: np.sum((x - x.mean(0)) ** 4),
        some(4, 3, seed=25),
        right=lambda x: 4 * (x - x.mean(0)) ** 3 - 4 * ((x - x.mean(0)) ** 3).mean(0),
        claimed=lambda x: 4 * (x - x.mean(0)) ** 3 * 3 / 4,
    ),
    wrong(
        "rows: each gets the sum of its column",
        lambda x: np.sum(np.sin(x)),
        some(4, 3, seed=25),
        right=np.cos,
        claimed=lambda x: np.cos(x).sum(0) + 0 * x,
    ),
)
