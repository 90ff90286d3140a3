"""Wrong gradients of layers that take each sample, or each place of it, alike."""

import numpy as np

from gradient_corpus.example import faults, length, some, wrong

__all__ = ["WRONG_LAYERS"]

BATCH, WEIGHTS = some(4, 3), some(4, 3, seed=1)


def normalized(x, axis):
    centered = x - x.mean(axis, keepdims=True)
    return centered / np.sqrt((centered**2).mean(axis, keepdims=True) + 1e-5)


def normalized_gradient(x, g, axis, *, of_mean=True, of_variance=True):
    y = normalized(x, axis)
    terms = g - of_mean * g.mean(axis, keepdims=True) - of_variance * y * (g * y).mean(axis, keepdims=True)
    return terms / np.sqrt(x.var(axis, keepdims=True) + 1e-5)


def batch_norm(x):
    return np.sum(WEIGHTS * normalized(x, 0))


def batch_norm_gradient(x, *, axis=0, **terms):
    return normalized_gradient(x, WEIGHTS, axis, **terms)


def layer_norm(x, gain, bias):
    return np.sum(np.sin(normalized(x, -1) * gain + bias))


def layer_norm_gradient(x, gain, bias, *, gained=True, raw=False, **terms):
    g = np.cos(normalized(x, -1) * gain + bias)
    by_gain = g * (x if raw else normalized(x, -1))
    return normalized_gradient(x, g * gain if gained else g, -1, **terms), by_gain.sum(0), g.sum(0)


def rms_norm(x, gain):
    return np.sum(WEIGHTS * gain * x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5))


def rms_norm_gradient(x, gain, *, twice=False, constant=False):
    r = 1 / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5)
    through_r = r**3 * x * (WEIGHTS * gain * x).mean(-1, keepdims=True) * (gain if twice else 1)
    return WEIGHTS * gain * r - through_r * (not constant), (WEIGHTS * x * r).sum(0)


def residual(x):
    return np.sum(np.sin(x)) + batch_norm(x)


def residual_gradient(x, *, normalized_too=False, skipped=True):
    around = np.cos(x) * skipped
    return normalized_gradient(x, WEIGHTS + around, 0) if normalized_too else around + batch_norm_gradient(x)


def unit(x, eps=0.5):
    return np.sum(WEIGHTS[:, 0] * x) / (length(x) + eps)


def unit_gradient(x, eps=0.5, *, cubed=False, constant=False):
    n = np.linalg.norm(x)
    below = (n + eps) ** 3 if cubed else n * (n + eps) ** 2
    return WEIGHTS[:, 0] / (n + eps) - (not constant) * x * (WEIGHTS[:, 0] @ x) / below


def windows(x, kernel, stride=2, pad=1):
    """Yield each place in the kernel, and the slice of padded x that it meets."""
    size = (x.shape[-1] + 2 * pad - kernel.shape[-1]) // stride + 1
    for i, j in np.ndindex(kernel.shape[2:]):
        yield i, j, np.s_[:, :, i : i + stride * size : stride, j : j + stride * size : stride]


def convolved(x, kernel):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    places = windows(x, kernel)
    return padded, sum(np.einsum("nchw,oc->nohw", padded[window], kernel[:, :, i, j]) for i, j, window in places)


def conv(x, kernel, bias):
    return np.sum(np.sin(convolved(x, kernel)[1] + bias[:, None, None]))


def conv_gradient(x, kernel, bias, *, flipped=False, overwritten=False, crop=1, first=False, swapped=False, row=False):
    padded, y = convolved(x, kernel)
    g = np.cos(y + bias[:, None, None])
    by_x, by_kernel = np.zeros(padded.shape), np.zeros(kernel.shape)
    samples = slice(1 if first else None)
    for i, j, window in windows(x, kernel):
        part = np.einsum("nohw,oc->nchw", g, kernel[:, :, -1 - i, -1 - j] if flipped else kernel[:, :, i, j])
        by_x[window] = part if overwritten else by_x[window] + part
        by_kernel[:, :, i, j] = np.einsum("nohw,nchw->oc", g[samples], padded[window][samples])
    by_bias = g.sum((0, 2))[:, 0] if row else g.sum((0, 2, 3))
    return by_x[:, :, crop : crop + 5, crop : crop + 5], by_kernel.swapaxes(0, 1) if swapped else by_kernel, by_bias


DENSE = {"W": some(3, 3, seed=11), "b": some(3, seed=12)}
INPUTS = some(3, 3, seed=13)


def dense(p):
    return np.mean(np.sum(np.tanh(INPUTS @ p["W"] + p["b"]) ** 2, axis=1))


def dense_gradient(p, *, rows=3, axis=0, transposed=False, slope=lambda y: 1 - y**2):
    y = np.tanh(INPUTS @ p["W"] + p["b"])
    g = 2 * y * slope(y) / 3
    by_w = INPUTS.T @ g
    return {"W": by_w.T if transposed else by_w, "b": g.sum(axis) * 3 / rows}


def outer(x, row):
    return np.sum(np.exp(x[:, None] * row))


def outer_gradient(x, row, *, over=np.sum, used=True):
    g = np.exp(x[:, None] * row) if used else np.ones((len(x), len(row)))
    return (g * row).sum(1), over(g * x[:, None], axis=0)


def prelu(x, slope):
    return np.sum(np.sin(np.where(x.real > 0, x, slope * x)))


def prelu_gradient(x, slope, *, everywhere=False, sloped=True):
    g = np.cos(np.where(x > 0, x, slope * x))
    return g * np.where(x > 0, 1, slope if sloped else 1), np.sum(g * x * (everywhere or x <= 0))


KEPT = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1], [1, 1, 1]]) / 0.75


def dropout(x):
    return np.sum(np.sin(KEPT * x))


def dropout_gradient(x, mask=KEPT):
    return mask * np.cos(KEPT * x)


def max_pool(x):
    return np.sum(np.sin(x.reshape(4, 2, 3).max(axis=1)))


def max_pool_gradient(x, *, first=False, everywhere=False):
    pairs = x.reshape(4, 2, 3)
    largest = pairs.max(axis=1, keepdims=True)
    chosen = np.arange(2)[:, None] == 0 if first else everywhere | (pairs == largest)
    return (chosen * np.cos(largest)).reshape(8, 3)


def linear(name, matrix, instead, source=""):
    """Return an example of Σ sin(matrix @ x) whose gradient goes through another matrix."""
    return wrong(
        name,
        lambda x: np.sum(np.sin(matrix @ x)),
        some(matrix.shape[1], seed=15),
        right=lambda x: matrix.T @ np.cos(matrix @ x),
        claimed=lambda x: instead.T @ np.cos(matrix @ x),
        source=source,
    )


EYE = np.eye(6)
MEANS = np.tri(6, k=1) - np.tri(6, k=-2)
STRETCH = np.maximum(0, 1 - np.abs(np.linspace(0, 1, 10)[:, None] - np.arange(2)))
KERNEL = EYE + 2 * np.roll(EYE, 1, axis=0) - 3 * np.roll(EYE, 2, axis=0)
REFLECTED = EYE[[2, 1, 0, 1, 2, 3, 4, 5, 4, 3]]
AREAS = (np.tri(6) + np.tri(6, k=-1)) / 2 - 0.5 * (np.arange(6) == 0)

WRONG_LAYERS = (
    *faults(
        batch_norm,
        BATCH,
        batch_norm_gradient,
        ("batch norm: mean and variance constant", {"of_mean": False, "of_variance": False}, "CrypTen PR 143"),
        ("batch norm: variance constant", {"of_variance": False}),
        ("batch norm: over the other axis", {"axis": 1}),
    ),
    *faults(
        layer_norm,
        (BATCH, some(3, seed=2), some(3, seed=3)),
        layer_norm_gradient,
        ("layer norm: a term dropped", {"of_variance": False}),
        ("layer norm: no gain in the gradient by x", {"gained": False}),
        ("layer norm: gain by the input instead of the normalized one", {"raw": True}),
    ),
    *faults(
        rms_norm,
        (BATCH, some(3, seed=2)),
        rms_norm_gradient,
        ("RMS norm: gain twice", {"twice": True}, "Megatron-LM PR 6859"),
        ("RMS norm: RMS constant", {"constant": True}, "AiDotNet PR 695"),
    ),
    *faults(
        residual,
        BATCH,
        residual_gradient,
        ("residual: added before the norm's gradient", {"normalized_too": True}, "quack PR 53"),
        ("residual: not around the norm", {"skipped": False}),
    ),
    *faults(
        unit,
        some(4, seed=4),
        unit_gradient,
        ("unit vector: with ε, as if without", {"cubed": True}, "chainer PR 4190"),
        ("unit vector: length constant", {"constant": True}),
    ),
    *faults(
        conv,
        (some(2, 2, 5, 5, seed=5), some(2, 2, 3, 3, seed=6), some(2, seed=7)),
        conv_gradient,
        ("conv: kernel turned round", {"flipped": True}),
        ("conv: overlaps overwritten", {"overwritten": True}),
        ("conv: padding cut off at one end", {"crop": 2}),
        ("conv: kernel of the first sample alone", {"first": True}),
        ("conv: channels in and out swapped", {"swapped": True}),
        ("conv: bias summed over one row", {"row": True}),
    ),
    *faults(
        dense,
        DENSE,
        dense_gradient,
        ("dense: bias without the batch mean", {"rows": 1}),
        ("dense: bias summed over units", {"axis": 1}),
        ("dense: weights transposed", {"transposed": True}),
        ("dense: tanh instead of its slope", {"slope": lambda y: y}, "andersbll/nnet #4"),
        ("dense: slope of the sigmoid", {"slope": lambda y: y * (1 - y)}),
    ),
    *faults(
        outer,
        (some(4, seed=8), some(3, seed=9)),
        outer_gradient,
        ("broadcast: mean instead of sum", {"over": np.mean}),
        ("broadcast: first row instead of sum", {"over": lambda g, axis: g[0]}),
        ("broadcast: cotangent ignored", {"used": False}, "deeplearning4j #5978"),
    ),
    *faults(
        prelu,
        (BATCH, np.array(0.3)),
        prelu_gradient,
        ("PReLU: slope where x > 0 too", {"everywhere": True}),
        ("PReLU: no slope", {"sloped": False}),
    ),
    *faults(
        dropout,
        BATCH,
        dropout_gradient,
        ("dropout: no mask", {"mask": 1 / 0.75}, "numpy-ml #94"),
        ("dropout: no scale", {"mask": KEPT > 0}),
        ("dropout: another mask", {"mask": KEPT[::-1]}),
    ),
    *faults(
        max_pool,
        some(8, 3, seed=10),
        max_pool_gradient,
        ("max pool: to the first of the window", {"first": True}),
        ("max pool: to all of the window", {"everywhere": True}),
    ),
    linear("average pool: padding counts", MEANS / MEANS.sum(1, keepdims=True), MEANS / 3),
    linear("upsampling: far terms dropped", STRETCH, STRETCH * (STRETCH > 0.12), "FlagGems #5218"),
    linear("downsampling: the other pixel", EYE[::2], EYE[1::2], "PyTorch #38985"),
    linear("circular convolution: kernel not turned round", KERNEL, KERNEL.T),
    linear(
        "reflecting padding: reflections dropped", REFLECTED, np.concatenate((np.zeros((2, 6)), EYE, np.zeros((2, 6))))
    ),
    linear("cumulative sum: forwards again", np.tri(6), np.tri(6).T),
    linear("cumulative trapezoids: the start weighs 1", AREAS, AREAS + 0.5 * (np.arange(6) == 0)),
    linear("roll: the same way again", np.roll(EYE, 2, axis=1), np.roll(EYE, -2, axis=1)),
    linear("dilated convolution: not dilated", EYE + np.roll(EYE, 2, axis=0), EYE + np.roll(EYE, 1, axis=0)),
)
