"""What the loss of the two-layer net does when one of its parameters moves, without another forward pass.

Let L be the loss of one sample as a function of the preactivation a of one hidden unit. A step h in the weight
W1[i, j] moves a_j by u = h x_i, and nothing else. So one curve for each sample and unit,

    c(u) = L(a + u) - L(a - u),

gives the central difference c(h x_i) / 2h of every weight into the unit, and of its bias, which is a weight on an input
that is always 1. To move a takes no forward pass either. With the unit's output z = σ(a), the probabilities p and the
targets t,

    z moves by  δ = z (1 - z) E / (1 + z E),                          E = exp(u) - 1,
    L moves by  T log Σ_k p_k exp(δ W2[j, k]) - δ Σ_k t_k W2[j, k],   T = Σ_k t_k,

for a u of any size: a few exponentials. A step in W2[j, k] moves the one logit k by h z, and L likewise. As changes of
the loss are found as such, never as the difference of two losses, a partial rounds by some eps of the terms whose
difference it is, x z (1 - z) max |W2[j]| T, and that is not divided by h.

c is analytic, and smooth on a scale of min(1, 1 / max |W2[j]|), far longer than the moves h x_i. From its values at a
few points, mostly two, all others are interpolated to below their own rounding (:func:`interpolation_points`): what the
loop finds weight by weight, its truncation error h² M₃ / 6 included, is then a matrix product. Where h, inputs or W2
are too large for that (:func:`move_lengths`), every move is made and the loss taken at both its ends.
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from numgrad._typing import Array, Params
from numgrad.activations import log_softmax, sigmoid, softmax

__all__ = ["FARTHEST", "Activations", "interpolation_points", "loss_differences", "move_lengths"]

BLOCK = 2**19
"""Floats in the largest array of a block of samples: 4 MB in float64, about what a cache holds."""

FARTHEST = 0.5
"""The longest move that is interpolated, in radii of convergence: 17 points do in float64."""


@dataclass(frozen=True)
class Activations:
    """What a forward pass computes on its way from N samples to their logits."""

    x: Array
    """Samples, (N, D)."""
    preactivations: Array
    """x W1 + b1, (N, H)."""
    hidden: Array
    """σ(preactivations), (N, H)."""
    logits: Array
    """hidden W2 + b2, (N, K)."""

    def __getitem__(self, rows: slice | NDArray[np.bool_]) -> "Activations":
        """Return some of the samples."""
        return Activations(self.x[rows], self.preactivations[rows], self.hidden[rows], self.logits[rows])

    def of_units(self, units: slice) -> "Activations":
        """Return some of the hidden units."""
        return replace(self, preactivations=self.preactivations[:, units], hidden=self.hidden[:, units])

    def as_rows(self) -> "Activations":
        """Return one sample, (D,), as a batch of one."""
        return Activations(*map(np.atleast_2d, (self.x, self.preactivations, self.hidden, self.logits)))


def loss_differences(forward: Activations, W2: Array, t: Array, h: float) -> Params:
    """Return Σ_n [L_n(w + h) - L_n(w - h)] for each parameter w of the net, L_n the cross entropy of sample n.

    Divided by 2 h N it is the gradient of the mean loss, with the error h² M₃ / 6 + C eps S: M₃ is the largest third
    derivative within the step, S the mean of |x| z (1 - z) max |W2[j]| Σ |t| for W1, of z (p Σ |t| + |t|) for W2, and C
    some tens, and more where preactivations or logits are large, as their own rounding is carried on. By W1 and b1 the
    second term is eps max(1, |logits|) Σ |t| / h for samples of which :func:`move_lengths` are beyond ``FARTHEST``, and
    by W2 and b2 where h is above 1.

    Parameters
    ----------
    forward: the forward pass of the N samples, in float64 or wider.
    W2: the weights from H hidden units to K logits, (H, K), in the same precision.
    t: targets, (N, K).
    h: step, above 0, in the units of the parameters.

    Returns
    -------
    Arrays in the shapes of W1, b1, W2 and b2, in the units of the loss; inf or NaN where a loss is, and no error.

    References
    ----------
    W. H. Press et al. (2007), Numerical Recipes, 3rd ed., section 5.7, for the central difference.

    Examples
    --------
    >>> zero = np.zeros((1, 1))
    >>> net_of_zeros = Activations(x=np.ones((1, 1)), preactivations=zero, hidden=zero + 0.5, logits=np.zeros((1, 2)))
    >>> differences = loss_differences(net_of_zeros, W2=np.zeros((1, 2)), t=np.array([[1.0, 0.0]]), h=1e-4)
    >>> differences["b2"] / 2e-4  # p - t
    array([-0.5,  0.5])

    """
    features, (hidden, classes) = forward.x.shape[1], W2.shape
    into_hidden, into_logits = np.zeros((features + 1, hidden), W2.dtype), np.zeros((hidden + 1, classes), W2.dtype)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        reach = move_lengths(forward.x, W2, h)
        near = reach <= FARTHEST
        points = interpolation_points(float(reach[near].max(initial=0.0)), W2.dtype)
        for rows in _blocks(len(t), len(points) * max(2 * W2.size, features)):
            block, targets = forward[rows], t[rows]
            into_hidden += _preactivation_moves(block, W2, targets, h, near[rows], points)
            into_logits += _logit_moves(block, targets, h) if h <= 1 else _far_logit_moves(block, targets, h)
    return {"W1": into_hidden[:-1], "b1": into_hidden[-1], "W2": into_logits[:-1], "b2": into_logits[-1]}


def move_lengths(x: Array, W2: Array, h: float) -> Array:
    """Return the longest move that a step makes in the preactivations of each sample, in radii of convergence.

    c is analytic within the radius r = 1.5 / max(1, ¾ max |w|) of any real preactivation, where w is W2 about the
    middle of each row, as a constant that is added to all logits changes nothing. For the nearest poles of σ lie at
    ±iπ, and its slope is at most 0.47 where the imaginary part is at most 1.5; so there |δ w| < 1, and Σ p exp(δ w)
    has no zero.

    Parameters
    ----------
    x: samples, (N, D).
    W2: the weights from hidden units to logits, (H, K).
    h: step in W1, so that h |x| are moves in the units of the preactivations.

    Returns
    -------
    Array (N,), h max(1, |x|) / r.

    Examples
    --------
    >>> print(move_lengths(np.array([[0.0, 3.0], [0.5, 0.2]]), np.array([[1.0, -3.0]]), h=0.1))
    [0.3 0.1]

    """
    longest = h * np.maximum(1.0, np.maximum(x.max(axis=1), -x.min(axis=1)))
    return np.asarray(longest / 1.5 * max(1.0, 0.75 * float(np.abs(_about_middle(W2)).max())))


def interpolation_points(reach: float, dtype: DTypeLike) -> Array:
    """Return the points s of (0, 1) from whose c(s u) all of c up to a move u is interpolated.

    c(s u) / s is a function of s². The polynomial of degree M - 1 in s² that takes its values at M Chebyshev points is
    off by at most 2 / (4 (ρ² - 1))^M · ρ² / (ρ² - 1) of its largest value on the circle |s| = ρ, with ρ = 1 / reach. M
    is such that this is less than the rounding of c.

    Parameters
    ----------
    reach: the move in radii of convergence, at most ``FARTHEST``.
    dtype: that of c, float64 or wider.

    Returns
    -------
    Array (M,).

    References
    ----------
    L. N. Trefethen (2013), Approximation Theory and Approximation Practice, chapter 11 (Hermite's integral formula).

    Examples
    --------
    >>> interpolation_points(5e-5, float).round(3)
    array([0.924, 0.383])

    """
    wanted = np.finfo(dtype).eps / 64  # where p = t, c is up to ten times as large on the circle as on (0, 1)
    reach = max(reach, sys.float_info.min)
    nats_a_point = 2 * (math.log(2) - math.log(reach)) + math.log1p(-(reach**2))
    count = max(1, math.ceil(math.log(2 / wanted) / nats_a_point))
    return np.cos(np.pi * (np.arange(count) + 0.5) / (2 * count)).astype(dtype)


def _preactivation_moves(
    forward: Activations, W2: Array, t: Array, h: float, near: NDArray[np.bool_], points: Array
) -> Array:
    """Return the differences by W1 with b1 below it, (D + 1, H): of near samples by points, of others by moves."""
    if near.all():
        return _by_points(forward, W2, t, h, points)
    far = _by_moves(forward[~near], W2, t[~near], h)
    return far + _by_points(forward[near], W2, t[near], h, points) if near.any() else far


def _by_points(forward: Activations, W2: Array, t: Array, h: float, points: Array) -> Array:
    """Return the differences by W1 and b1, interpolated."""
    inputs = _with_ones(forward.x)
    longest = np.abs(inputs).max(axis=1, keepdims=True)
    weights = _lagrange(inputs / longest, points)
    differences = np.zeros((inputs.shape[1], len(W2)), W2.dtype)
    for units in _blocks(len(W2), 2 * len(points) * t.size):
        curves = _curves(forward.of_units(units), W2[units], t, h * longest * points)
        differences[:, units] = np.tensordot(weights, curves, axes=((0, 1), (0, 1)))
    return differences


def _curves(forward: Activations, W2: Array, t: Array, u: Array) -> Array:
    """Return c at the moves ``u`` of each sample, (N, M), for each unit: (N, M, H)."""
    p, w = softmax(forward.logits), _about_middle(W2)
    hidden, slopes = forward.hidden, forward.hidden * sigmoid(-forward.preactivations)
    rise = np.expm1(np.stack([u, -u], axis=1))[..., np.newaxis]  # (N, 2, M, 1), for ±u
    moved = slopes[:, np.newaxis, np.newaxis] * rise / (1 + hidden[:, np.newaxis, np.newaxis] * rise)
    exponentials = moved[:, np.newaxis] * w.T[:, np.newaxis, np.newaxis]  # (N, K, 2, M, H)
    np.expm1(exponentials, out=exponentials)
    above, below = (p[:, np.newaxis] @ exponentials.reshape(*p.shape, -1)).reshape(moved.shape).swapaxes(0, 1)
    logs = _log_ratio(above, below) * t.sum(axis=1)[:, np.newaxis, np.newaxis]
    return np.asarray(logs - (moved[:, 0] - moved[:, 1]) * (t @ w.T)[:, np.newaxis])


def _lagrange(s: Array, points: Array) -> Array:
    """Return what each point weighs in the odd polynomial that interpolates at ``s``: (N, D) to (N, M, D)."""
    square = s**2
    weights = np.empty((len(s), len(points), s.shape[1]), s.dtype)
    for m, point in enumerate(points):
        weights[:, m] = s / point
        for other in np.delete(points, m):
            weights[:, m] *= (square - other**2) / (point**2 - other**2)
    return weights


def _logit_moves(forward: Activations, t: Array, h: float) -> Array:
    """Return the differences by W2 with b2 below it, (H + 1, K), where h is at most 1."""
    hidden = _with_ones(forward.hidden)[:, np.newaxis]
    p, targets = softmax(forward.logits)[..., np.newaxis], t[..., np.newaxis]
    logs = _log_ratio(p * np.expm1(h * hidden), p * np.expm1(-h * hidden)) * targets.sum(axis=1, keepdims=True)
    return np.asarray((logs - (2 * h) * hidden * targets).sum(axis=0).T)


def _log_ratio(above: Array, below: Array) -> Array:
    """Return log((1 + above) / (1 + below)), of small numbers too; one logarithm costs less than two."""
    return np.asarray(np.log1p((above - below) / (1 + below)))


def _by_moves(forward: Activations, W2: Array, t: Array, h: float) -> Array:
    """Return what :func:`_by_points` does, from the losses at both ends of each move, however far."""
    inputs, w = _with_ones(forward.x), _about_middle(W2)
    differences = np.zeros((inputs.shape[1], len(W2)), W2.dtype)
    for n, row in enumerate(inputs):
        for some in _blocks(len(row), W2.size):
            moves = h * row[some, np.newaxis]
            above, below = (
                (sigmoid(forward.preactivations[n] + u) - forward.hidden[n])[..., np.newaxis] * w
                for u in (moves, -moves)
            )
            differences[some] += _far_difference(forward.logits[n], above, below, t[n])
    return differences


def _far_logit_moves(forward: Activations, t: Array, h: float) -> Array:
    """Return what :func:`_logit_moves` does, for any h."""
    hidden = _with_ones(forward.hidden)
    differences = np.zeros((hidden.shape[1], t.shape[1]), hidden.dtype)
    for outputs, logits, targets in zip(hidden, forward.logits, t, strict=True):
        for some in _blocks(differences.size, len(logits)):
            unit, logit = np.unravel_index(np.arange(some.start, some.stop), differences.shape)
            moves = np.zeros((len(unit), len(logits)), hidden.dtype)
            moves[np.arange(len(unit)), logit] = h * outputs[unit]
            differences[unit, logit] += _far_difference(logits, moves, -moves, targets)
    return differences


def _far_difference(logits: Array, above: Array, below: Array, t: Array) -> Array:
    """Return the difference of the loss between two changes of the logits, (..., K)."""
    logits = logits - logits.max()  # so that a move is not lost beside what all of them share
    terms = t * (log_softmax(logits + below) - log_softmax(logits + above))
    return np.asarray(np.where(t != 0, terms, 0).sum(axis=-1))  # 0 · log 0 counts as 0, as in the loss


def _about_middle(W2: Array) -> Array:
    """Return each row less the middle between its largest and smallest entry."""
    return np.asarray(W2 - (W2.max(axis=1, keepdims=True) / 2 + W2.min(axis=1, keepdims=True) / 2))


def _with_ones(inputs: Array) -> Array:
    """Return (N, D) with the input of the biases beside it, (N, D + 1)."""
    return np.concatenate([inputs, np.ones((len(inputs), 1), inputs.dtype)], axis=1)


def _blocks(count: int, floats: int) -> Iterator[slice]:
    """Yield slices that cut ``count`` rows of so many floats into nearly equal blocks: ``BLOCK`` floats, or one row."""
    blocks = math.ceil(count / max(1, BLOCK // floats))
    for block in range(blocks):
        yield slice(count * block // blocks, count * (block + 1) // blocks)
