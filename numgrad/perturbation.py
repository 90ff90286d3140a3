"""What the loss of the two-layer net does when one of its parameters moves, without another forward pass.

A weight W1[i, j] meets a sample in one place only, the score a of hidden unit j, which a step h moves by u = h x_i.
So one curve for each sample and unit,

    c(u) = L(a + u) - L(a - u),

holds the central differences of all the weights into the unit, and of its bias, a weight on an input that is always 1.
To move a score takes no forward pass either. With z = σ(a) and the probabilities p,

    z moves by  δ = z (1 - z) E / (1 + z E),  where E = exp(u) - 1,
    L moves by  Σ_k t_k · log Σ_k p_k exp(δ W2[j, k]) - δ Σ_k t_k W2[j, k],

and that for any u. It is the change itself, not the difference of two losses, so that its rounding error is eps times
the gradient and not eps L / h. A weight W2[j, k] moves logit k alone, by h z.

c is smooth on the scale of 1, and the moves h x_i are far shorter: from its values at a few points, mostly two, those
between are interpolated, to below their own rounding (:func:`interpolation_points`). What the chapter's loop finds
weight by weight, with its truncation error h² M₃ / 6, is then a matrix product. Where h, inputs or W2 are so large that
c is not smooth enough for that, each move is made and the loss taken at both its ends.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from numgrad._typing import Array, Params
from numgrad.activations import log_softmax, sigmoid, softmax

__all__ = ["Activations", "interpolation_points", "loss_differences"]

BLOCK = 2**19
"""Floats in the largest array of a block of samples: 4 MB, about what a cache holds."""

FARTHEST = 0.5
"""The longest move that is interpolated, in radii of convergence: 17 points do."""


@dataclass(frozen=True)
class Activations:
    """What a forward pass computes on its way from N samples to their logits."""

    x: Array
    """Samples, (N, D)."""
    scores: Array
    """x W1 + b1, (N, H)."""
    hidden: Array
    """σ(scores), (N, H)."""
    logits: Array
    """hidden W2 + b2, (N, K)."""

    def __getitem__(self, rows: slice) -> "Activations":
        """Return some of the samples."""
        return Activations(self.x[rows], self.scores[rows], self.hidden[rows], self.logits[rows])

    def as_rows(self) -> "Activations":
        """Return one sample, (D,), as a batch of one."""
        return Activations(*map(np.atleast_2d, (self.x, self.scores, self.hidden, self.logits)))


def loss_differences(passed: Activations, W2: Array, t: Array, h: float) -> Params:
    """Return Σ_n L_n(w + h) - L_n(w - h) for each parameter w of the net, L_n the cross entropy of sample n.

    Parameters
    ----------
    passed: the forward pass of the N samples, in float64 or wider.
    W2: the second weights, (H, K), in the same precision.
    t: targets, (N, K).
    h: step, above 0.

    Returns
    -------
    Arrays in the shapes of W1, b1, W2 and b2; inf or NaN where a loss is.

    """
    points = interpolation_points(h * max(1.0, float(passed.x.max()), float(-passed.x.min())), W2)
    features, (hidden, classes) = passed.x.shape[1], W2.shape
    first, second = np.zeros((features + 1, hidden), W2.dtype), np.zeros((hidden + 1, classes), W2.dtype)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for rows in _blocks(len(t), max(1, len(points)) * max(2 * W2.size, features)):
            block, targets = passed[rows], t[rows]
            first += _interpolated(block, W2, targets, h, points) if len(points) else _each(block, W2, targets, h)
            second += _logit_moves(block, targets, h) if h <= 1 else _far_logit_moves(block, targets, h)
    return {"W1": first[:-1], "b1": first[-1], "W2": second[:-1], "b2": second[-1]}


def interpolation_points(longest: float, W2: Array) -> Array:
    """Return the points s of (0, 1) from whose c(s · longest) all of c up to ``longest`` is interpolated; none if not.

    c is analytic within a radius r of any real score: the poles of σ lie at ±iπ; its slope is at most 0.47 where the
    imaginary part is at most 1.5; so |δ| |w| < 1 for r = 1.5 / max(1, ¾ max |w|), where Σ p exp(δ w) has no zero. (w is
    W2 about the middle of each row, as a constant added to all logits changes nothing.) c(s) / s is a function of s²,
    and the polynomial of degree M - 1 in s² that takes its values at M Chebyshev points is off by 2 / (4 (ρ² - 1))^M of
    it, with ρ = r / longest.

    References
    ----------
    L. N. Trefethen (2013), Approximation Theory and Approximation Practice, chapter 11 (Hermite's integral formula).

    Examples
    --------
    >>> W2 = np.array([[1.0, -1.0], [0.5, 0.2]])
    >>> print(interpolation_points(1e-4, W2).round(3), interpolation_points(1.0, W2))
    [0.924 0.383] []

    """
    reach = longest * max(1.0, 0.75 * float(np.abs(_about_middle(W2)).max())) / 1.5
    if not reach <= FARTHEST:
        return np.empty(0)
    wanted = np.finfo(W2.dtype).eps / 64  # a guess: c on that circle is up to some ten times as steep as between
    digits_a_point = 2 * (math.log(2) - math.log(reach)) + math.log1p(-(reach**2))
    count = max(1, math.ceil(math.log(2 / wanted) / digits_a_point))
    return np.cos(np.pi * (np.arange(count) + 0.5) / (2 * count))


def _interpolated(passed: Activations, W2: Array, t: Array, h: float, points: Array) -> Array:
    """Return the differences by W1 with b1 below it, (D + 1, H)."""
    inputs = _and_one(passed.x)
    longest = np.abs(inputs).max(axis=1, keepdims=True)
    curves = _curves(passed, W2, t, h * longest * points)
    return np.tensordot(_weights(inputs / longest, points), curves, axes=((0, 1), (0, 1)))


def _curves(passed: Activations, W2: Array, t: Array, u: Array) -> Array:
    """Return c at the moves ``u`` of each sample, (N, M), for each unit: (N, M, H)."""
    p, w = softmax(passed.logits), _about_middle(W2)
    hidden = passed.hidden[:, np.newaxis, np.newaxis]
    rise = np.expm1(np.stack([u, -u], axis=1))[..., np.newaxis]
    moved = (passed.hidden * sigmoid(-passed.scores))[:, np.newaxis, np.newaxis] * rise / (1 + hidden * rise)
    exponentials = moved[:, np.newaxis] * w.T[:, np.newaxis, np.newaxis]  # (N, K, 2, M, H)
    np.expm1(exponentials, out=exponentials)
    above, below = (p[:, np.newaxis] @ exponentials.reshape(*p.shape, -1)).reshape(moved.shape).swapaxes(0, 1)
    logs = _log_ratio(above, below) * t.sum(axis=1)[:, np.newaxis, np.newaxis]
    return np.asarray(logs - (moved[:, 0] - moved[:, 1]) * (t @ w.T)[:, np.newaxis])


def _weights(s: Array, points: Array) -> Array:
    """Return what each point weighs in the odd polynomial that interpolates at ``s``: (N, D) to (N, M, D)."""
    square = s**2
    weights = np.empty((len(s), len(points), s.shape[1]), s.dtype)
    for m, point in enumerate(points):
        weights[:, m] = s / point
        for other in np.delete(points, m):
            weights[:, m] *= (square - other**2) / (point**2 - other**2)
    return weights


def _logit_moves(passed: Activations, t: Array, h: float) -> Array:
    """Return the differences by W2 with b2 below it, (H + 1, K), where h is at most 1."""
    hidden = _and_one(passed.hidden)[:, np.newaxis]
    p, t = softmax(passed.logits)[..., np.newaxis], t[..., np.newaxis]
    logs = _log_ratio(p * np.expm1(h * hidden), p * np.expm1(-h * hidden)) * t.sum(axis=1, keepdims=True)
    return np.asarray((logs - (2 * h) * hidden * t).sum(axis=0).T)


def _log_ratio(above: Array, below: Array) -> Array:
    """Return log((1 + above) / (1 + below)), of small numbers too."""
    return np.asarray(np.log1p((above - below) / (1 + below)))


def _each(passed: Activations, W2: Array, t: Array, h: float) -> Array:
    """Return what :func:`_interpolated` does, from each move itself, however far."""
    inputs = _and_one(passed.x)
    differences = np.zeros((inputs.shape[1], len(W2)), W2.dtype)
    for row, scores, hidden, logits, targets in zip(
        inputs, passed.scores, passed.hidden, passed.logits, t, strict=True
    ):
        for some in _blocks(len(row), W2.size):
            moves = h * row[some, np.newaxis]
            above, below = ((sigmoid(scores + u) - hidden)[..., np.newaxis] * W2 for u in (moves, -moves))
            differences[some] += _far_difference(logits, above, below, targets)
    return differences


def _far_logit_moves(passed: Activations, t: Array, h: float) -> Array:
    """Return what :func:`_logit_moves` does, for any h."""
    hidden = _and_one(passed.hidden)
    differences = np.zeros((hidden.shape[1], t.shape[1]), hidden.dtype)
    for outputs, logits, targets in zip(hidden, passed.logits, t, strict=True):
        moves = h * outputs[:, np.newaxis, np.newaxis] * np.eye(len(logits))
        differences += _far_difference(logits, moves, -moves, targets)
    return differences


def _far_difference(logits: Array, above: Array, below: Array, t: Array) -> Array:
    """Return the difference of the loss between two changes of the logits, (..., K)."""
    terms = t * (log_softmax(logits + below) - log_softmax(logits + above))
    return np.asarray(np.where(t != 0, terms, 0).sum(axis=-1))


def _about_middle(W2: Array) -> Array:
    """Return each row less the middle between its largest and smallest entry."""
    return np.asarray(W2 - (W2.max(axis=1, keepdims=True) / 2 + W2.min(axis=1, keepdims=True) / 2))


def _and_one(inputs: Array) -> Array:
    """Return (N, D) with the input of the biases beside it, (N, D + 1)."""
    return np.concatenate([inputs, np.ones((len(inputs), 1), inputs.dtype)], axis=1)


def _blocks(count: int, floats: int) -> Iterator[slice]:
    """Yield what parts ``count`` rows, of so many floats each, into equal blocks of at most ``BLOCK`` floats."""
    blocks = math.ceil(count / max(1, BLOCK // floats))
    for block in range(blocks):
        yield slice(count * block // blocks, count * (block + 1) // blocks)
