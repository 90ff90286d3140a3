"""Right gradients at hard points: beside kinks and edges, extreme scales, unusual memory, dtypes and structures."""

import numpy as np

from gradient_corpus.example import hard, length, some, total

__all__ = ["HARD_POINTS"]

W = np.array([3.0, -2.0, 0.5])


def size(x):
    return np.sqrt(x * x)


def relu(x):
    return np.where(x.real > 0, x, 0 * x)


def beside(name, distance):
    """Return examples a distance away from kinks."""
    near = distance * np.array([1.0, -1.0, 1.0])
    return (
        hard(
            f"|x| {name} from 0", lambda x: np.sum(W * np.abs(x)), near, lambda x: W * np.sign(x), lambda x: W @ size(x)
        ),
        hard(f"relu {name} from 0", lambda x: np.sum(W * relu(x)), near, lambda x: W * (x > 0)),
        hard(
            f"max of entries {name} apart",
            lambda x: 3 * x.max(),
            5 + distance * np.array([2.0, 0.0, 1.0]),
            lambda x: 3.0 * (np.arange(3) == x.argmax()),
        ),
        hard(
            f"hinge {name} from its margin",
            lambda w: np.sum(relu(1 - W * w)),
            (1 + near) / W,
            lambda w: -W * (W * w < 1),
        ),
        hard(f"clip {name} from its end", lambda x: W @ np.clip(x, -1, 1), 1 + near, lambda x: W * (x < 1)),
        hard(f"norm {name} from 0", length, near, lambda x: x / np.linalg.norm(x)),
        hard(
            f"sorted entries {name} apart",
            lambda x: W @ np.sort(x),
            5 + distance * np.array([2.0, 0.0, 1.0]),
            lambda x: W[np.argsort(np.argsort(x))],
        ),
        hard(
            f"total variation, steps of {name}",
            lambda x: np.sum(np.abs(np.diff(x))),
            np.array([0.0, 1.0, 3.0, 2.0]) * distance,
            lambda x: -np.diff(np.sign(np.diff(x)), prepend=0, append=0),
            lambda x: np.sum(size(np.diff(x))),
        ),
    )


SCALES = 10.0 ** np.arange(-8, 9)


def reaches(shape, seed=0):
    """Return Σ sin and its gradient at numbers of a shape: what is hard is the shape."""
    return total(np.sin), some(*shape, seed=seed), np.cos


def readonly(x):
    x = x.copy()
    x.flags.writeable = False
    return x


BASE = some(6, 4, seed=1)
LAYOUTS = {
    "read-only": readonly(BASE),
    "columns first": np.asfortranarray(BASE),
    "every second row": BASE[::2],
    "backwards": BASE[::-1, ::-1],
    "transposed in three axes": some(2, 3, 4, seed=2).transpose(1, 2, 0),
    "stride 0": np.broadcast_to(np.array(0.7), (3, 2)),
    "rows that are one": np.broadcast_to(BASE[0], (3, 4)),
    "overlapping windows": np.lib.stride_tricks.sliding_window_view(BASE[0], 2),
    "big-endian": BASE.astype(">f8"),
}
SHAPES = {
    "0-d": (),
    "size 1": (1,),
    "1 × 1 × 1": (1, 1, 1),
    "3-D": (2, 3, 2),
    "4-D": (2, 1, 3, 2),
    "5-D": (1, 2, 1, 2, 2),
}


def single(function):
    """Let a function compute in float32."""
    return lambda x: function(x.astype(np.float32))


def nested(p):
    return np.sum(np.tanh(p["net"]["W"] @ p["x"] + p["net"]["b"])) + np.sum(p["scale"][0] * p["scale"][1] ** 2)


def nested_gradient(p):
    g = 1 - np.tanh(p["net"]["W"] @ p["x"] + p["net"]["b"]) ** 2
    a, b = p["scale"]
    return {
        "net": {"W": np.outer(g, p["x"]), "b": g},
        "x": p["net"]["W"].T @ g,
        "scale": [b**2, 2 * a * b],
    }


NESTED = {
    "net": {"W": some(2, 3, seed=3), "b": some(2, seed=4)},
    "x": some(3, seed=5),
    "scale": [some(2, seed=6), some(2, seed=7)],
}
KERNELS = tuple(some(2, 2, seed=seed) for seed in range(40))

HARD_POINTS = (
    *beside("1e-6", 1e-6),
    *beside("1e-9", 1e-9),
    hard(
        "Huber at its threshold",
        lambda x: np.sum(np.where(np.abs(x.real) <= 1, x * x / 2, size(x) - 0.5)),
        np.array([1.0, -1.0, 1.0]),
        np.sign,
    ),
    hard("x + x |x| at 0", lambda x: np.sum(x + x * np.abs(x)), np.zeros(3), np.ones_like, np.sum),
    hard("ELU at 0", lambda x: np.sum(W * np.where(x.real > 0, x, np.expm1(x))), np.zeros(3), lambda x: W + 0 * x),
    hard(
        "kink smoothed over 1e-8",
        lambda x: np.sum(x + np.sqrt(x * x + 1e-16)),
        np.array([0.0, 1e-8, 1e-3]),
        lambda x: 1 + x / np.sqrt(x * x + 1e-16),
    ),
    hard("tanh(1e6 x)", total(lambda x: np.tanh(1e6 * x)), 1e-7 * W, lambda x: 1e6 / np.cosh(1e6 * x) ** 2),
    hard("log at 1e-12", total(np.log), np.array([1e-12, 1.0]), lambda x: 1 / x),
    hard("log at 1e-250", total(np.log), np.array([1e-250, 1e250]), lambda x: 1 / x),
    hard("sqrt at 1e-10", total(np.sqrt), np.array([1e-10, 1.0]), lambda x: 0.5 / np.sqrt(x)),
    hard("x^0.1 at 1e-9", total(lambda x: x**0.1), np.array([1e-9, 2.0]), lambda x: 0.1 * x**-0.9),
    hard("arcsin near 1", total(np.arcsin), np.array([1 - 1e-9, -1 + 1e-6]), lambda x: 1 / np.sqrt((1 - x) * (1 + x))),
    hard("arctanh near 1", total(np.arctanh), np.array([1 - 1e-8, 0.3]), lambda x: 1 / ((1 - x) * (1 + x))),
    hard("arccosh near 1", total(np.arccosh), np.array([1 + 1e-8, 3.0]), lambda x: 1 / np.sqrt((x - 1) * (x + 1))),
    hard("x log x at 1e-14", total(lambda x: x * np.log(x)), np.array([1e-14, 3e-14]), lambda x: np.log(x) + 1),
    hard("1/x at 1e-8", total(lambda x: 1 / x), np.array([1e-8, -1e-8]), lambda x: -1 / x**2),
    hard("logit near 0", total(lambda x: np.log(x / (1 - x))), np.array([1e-9, 0.9]), lambda x: 1 / (x * (1 - x))),
    hard(
        "barrier",
        lambda x: -np.sum(np.log(1 - x**2)),
        np.array([0.999999, -0.5]),
        lambda x: 2 * x / ((1 - x) * (1 + x)),
    ),
    hard("tan beside its pole", total(np.tan), np.array([1.57, -1.57]), lambda x: 1 / np.cos(x) ** 2),
    hard("huge x, 1e10", total(lambda x: np.sin(x / 1e10)), 1e10 * W, lambda x: np.cos(x / 1e10) / 1e10),
    hard("huge x, 1e150", total(np.square), 1e150 * W, lambda x: 2 * x),
    hard("huge x, 1e300", total(np.log1p), 1e300 * np.abs(W), lambda x: 1 / (1 + x)),
    hard("tiny x, 1e-12", total(lambda x: np.exp(x) - 1), 1e-12 * W, np.exp),
    hard("tiny x, 1e-150", total(lambda x: (x / 1e-150) ** 3), 1e-150 * W, lambda x: 3 * (x / 1e-150) ** 2 / 1e-150),
    hard("tiny f, 1e-200", total(lambda x: 1e-200 * np.sin(x)), W, lambda x: 1e-200 * np.cos(x)),
    hard("huge f, 1e200", total(lambda x: 1e200 * np.sin(x)), W, lambda x: 1e200 * np.cos(x)),
    hard("seventeen scales, squares", total(lambda x: (x / SCALES) ** 2), 1.5 * SCALES, lambda x: 2 * x / SCALES**2),
    hard("seventeen scales, logs", total(np.log), SCALES, lambda x: 1 / x),
    hard(
        "seventeen scales, decay", total(lambda x: np.exp(-x / SCALES)), SCALES, lambda x: -np.exp(-x / SCALES) / SCALES
    ),
    hard("seventeen scales of slopes", lambda x: SCALES @ x, 1 / SCALES, lambda x: SCALES + 0 * x),
    hard("offset of 1e8", lambda x: 1e8 + np.sum(np.sin(x)), W, np.cos),
    hard(
        "offset of 1e8 in x", total(lambda x: (x - 1e8) ** 3), 1e8 + np.array([0.5, 2.25]), lambda x: 3 * (x - 1e8) ** 2
    ),
    hard(
        "zeros in x and gradient",
        lambda x: np.sum(x**2) + x[0],
        np.array([0.0, 0, 2, -0.0]),
        lambda x: 2 * x + (1, 0, 0, 0),
    ),
    hard(
        "zero weights",
        lambda x: np.array([0, 1.0, 0]) @ np.exp(x),
        np.array([0.0, -0.0, 1]),
        lambda x: (0, 1, 0) * np.exp(x),
    ),
    *(hard(f"memory: {name}", lambda x: np.sum(np.sin(x)), x, np.cos) for name, x in LAYOUTS.items()),
    *(hard(f"shape: {name}", *reaches(shape)) for name, shape in SHAPES.items()),
    hard("float32 inside", single(total(np.sin)), W, np.cos, total(np.sin)),
    hard("float32 inside, gradient too", single(total(np.exp)), W / 4, single(np.exp), total(np.exp)),
    hard("float32 throughout", total(np.sin), some(5, seed=8).astype(np.float32), np.cos),
    hard("float32 throughout, 0-d", total(np.exp), np.array(0.7, np.float32), np.exp),
    hard(
        "float32 and float64 arguments",
        lambda a, b: np.sum(np.sin(a)) + np.sum(b**2),
        (some(3, seed=9).astype(np.float32), some(2, seed=10)),
        lambda a, b: (np.cos(a), 2 * b),
    ),
    hard(
        "float32 sum of 10,000",
        lambda x: np.sum(np.sin(x.astype(np.float32))),
        some(10_000, seed=11),
        np.cos,
        total(np.sin),
    ),
    hard("100,000 parameters", total(np.sin), some(100_000, seed=12), np.cos),
    hard("300,000 parameters", lambda x: np.sum(x**2) / 2, some(300, 1000, seed=13), lambda x: 1 * x),
    hard(
        "300,000 parameters, one of them steep",
        lambda x: np.sum(np.sin(x)) + 1e6 * x[7],
        some(300_000, seed=14),
        lambda x: np.cos(x) + 1e6 * (np.arange(300_000) == 7),
    ),
    hard("nested dict and list", nested, NESTED, nested_gradient),
    hard(
        "a list",
        lambda p: np.sum(p[0]) * np.sum(np.exp(p[1])),
        [W, some(2, 2, seed=15)],
        lambda p: [np.full(3, np.exp(p[1]).sum()), p[0].sum() * np.exp(p[1])],
    ),
    hard(
        "forty arguments",
        lambda *a: sum((k + 1) * np.sum(np.sin(x)) for k, x in enumerate(a)),
        KERNELS,
        lambda *a: tuple((k + 1) * np.cos(x) for k, x in enumerate(a)),
    ),
    hard(
        "arguments of scales 1e-8 and 1e8",
        lambda a, b: np.sum(np.sin(a * 1e8)) + np.sum(np.cos(b / 1e8)),
        (1e-8 * W, 1e8 * W),
        lambda a, b: (1e8 * np.cos(a * 1e8), -np.sin(b / 1e8) / 1e8),
    ),
)
