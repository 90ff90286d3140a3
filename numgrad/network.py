"""The chapter's net: one hidden layer of sigmoids, softmax on top."""

from functools import partial
from typing import Any

import numpy as np

from numgrad._typing import Array, ArrayLike, Params, Rng
from numgrad._validation import (
    as_floats,
    entry,
    expected,
    first_index,
    require_batch,
    require_count,
    require_differentiable,
    require_finite,
    require_labels,
    require_not_negative,
    require_targets,
)
from numgrad.activations import sigmoid, softmax
from numgrad.finite_differences.entrywise import named_gradient
from numgrad.finite_differences.steps import STEP, neighbours, require_step
from numgrad.losses import softmax_cross_entropy
from numgrad.perturbation import Activations, loss_differences

__all__ = ["TwoLayerNet"]

LOOK_FOR_NAN = "Look for NaN and inf in x and the params, and for logits or targets beyond 1e308."


class TwoLayerNet:
    """Return a net softmax(sigmoid(x W1 + b1) W2 + b2) with its loss and its numerical gradient.

    Parameters
    ----------
    input_size, hidden_size, output_size: numbers of features D, hidden units H and classes K.
    weight_init_std: standard deviation of the normal initial weights; biases start at 0.
    rng: a generator, a seed, or None for fresh entropy.

    Attributes
    ----------
    params: {"W1": (D, H), "b1": (H,), "W2": (H, K), "b2": (K,)}, float64; replace entries or change
        them in place as you like.

    Raises
    ------
    ValueError: a size is not a whole number of at least 1, or weight_init_std is negative.

    References
    ----------
    K. Saitoh (2016), Deep Learning from Scratch, chapter 4.

    Examples
    --------
    >>> net = TwoLayerNet(784, 100, 10, rng=0)
    >>> {name: value.shape for name, value in net.params.items()}
    {'W1': (784, 100), 'b1': (100,), 'W2': (100, 10), 'b2': (10,)}

    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float = 0.01,
        rng: Rng = None,
    ) -> None:
        features = require_count("input_size", input_size)
        hidden = require_count("hidden_size", hidden_size)
        classes = require_count("output_size", output_size)
        weight_init_std = require_not_negative(
            "weight_init_std", weight_init_std, reason="it is a standard deviation", example=0.01
        )
        rng = np.random.default_rng(rng)
        self.params: Params = {
            "W1": weight_init_std * rng.standard_normal((features, hidden)),
            "b1": np.zeros(hidden),
            "W2": weight_init_std * rng.standard_normal((hidden, classes)),
            "b2": np.zeros(classes),
        }

    def predict(self, x: ArrayLike) -> Array:
        """Return the probability of each class.

        Parameters
        ----------
        x: samples (N, D), or one sample (D,).

        Returns
        -------
        Probabilities (N, K), or (K,) of one sample, float64; each row sums to 1 up to rounding.

        Raises
        ------
        ValueError, TypeError: x has another number of features, is empty, or does not hold real numbers.

        Examples
        --------
        >>> net = TwoLayerNet(3, 4, 2, weight_init_std=0, rng=0)
        >>> net.predict([0.0, 1.0, 0.5])
        array([0.5, 0.5])

        """
        return softmax(_forward(self.params, x).logits)

    def loss(self, x: ArrayLike, t: ArrayLike) -> Any:
        """Return the mean cross entropy of a batch, by :func:`numgrad.softmax_cross_entropy`.

        Parameters
        ----------
        x: samples (N, D), or one sample (D,).
        t: one-hot or soft targets (N, K), or class numbers (N,); without N for one sample.

        Returns
        -------
        One number, in nats.

        Raises
        ------
        ValueError, TypeError: x as in :meth:`predict`, t as in :func:`numgrad.softmax_cross_entropy`.

        Examples
        --------
        >>> net = TwoLayerNet(3, 4, 2, weight_init_std=0, rng=0)
        >>> float(net.loss([[0.0, 1.0, 0.5]], [1]))  # log 2: both classes are equally probable
        0.6931471805599453

        """
        return _loss(self.params, x, t)

    def accuracy(self, x: ArrayLike, t: ArrayLike) -> float:
        """Return the share of samples whose most probable class is that of ``t``.

        Parameters
        ----------
        x, t: as in :meth:`loss`; of targets the largest of a row counts.

        Returns
        -------
        A number from 0 to 1.

        Raises
        ------
        ValueError, TypeError: as :meth:`loss`; ValueError also where the output is NaN.

        Examples
        --------
        >>> net = TwoLayerNet(3, 4, 2, weight_init_std=0, rng=0)
        >>> net.params["b2"][1] = 1.0
        >>> net.accuracy([[0.0, 1.0, 0.5], [1.0, 1.0, 1.0]], [0, 1])
        0.5

        """
        logits = _forward(self.params, x).logits
        if np.isnan(logits).any():
            raise expected("the output", "be a number", "nan", "no class is the most probable", LOOK_FOR_NAN)
        if _are_labels(t, logits):
            labels = require_labels(t, logits, y_name="the output")
        else:
            remedy = "Pass one row of targets or one class number a sample."
            labels = require_targets(t, logits, y_name="the output", remedy=remedy).argmax(axis=-1)
        return float(np.mean(logits.argmax(axis=-1) == labels))

    def numerical_gradient(self, x: ArrayLike, t: ArrayLike, method: str = "incremental", *, h: float = STEP) -> Params:
        """Return the gradient of the loss by each parameter, by central differences.

        Both methods take (L(w + h) - L(w - h)) / 2h for every single parameter w, so each partial has the truncation
        error of :func:`numgrad.numerical_gradient`, h² M₃ / 6 at most, with M₃ the largest third derivative within the
        step. They differ in round-off, and in speed.

        Parameters
        ----------
        x, t: as in :meth:`loss`.
        method: "incremental", which finds how the loss of each sample changes with a parameter from what the parameter
            reaches (:mod:`numgrad.perturbation`), in at least float64: its round-off is some eps of the terms that make
            up the partial. Or "loop", the chapter's: two forward passes of the whole batch for every single parameter,
            whose round-off is some eps max(1, |logits|) / h.
        h: step, in the units of the parameters.

        Returns
        -------
        One array a parameter, under the name and in the shape and dtype of the parameter.

        Raises
        ------
        ValueError, TypeError: as :meth:`loss` and :func:`numgrad.numerical_gradient`; ValueError also where the loss
            is not finite, and for an unknown method.

        Examples
        --------
        >>> net = TwoLayerNet(4, 3, 2, rng=0)
        >>> x, t = [[0.0, 1.0, 0.5, 0.2]], [1]
        >>> gradient, by_loop = net.numerical_gradient(x, t), net.numerical_gradient(x, t, method="loop")
        >>> gradient["W1"].shape, bool(np.abs(gradient["W1"] - by_loop["W1"]).max() < 1e-10)
        ((4, 3), True)

        """
        gradients = {"incremental": _incremental_gradient, "loop": _loop_gradient}
        if method not in list(gradients):  # a list can be asked for what has no hash
            reason, remedy = "it is how the losses are found", 'Pass method="incremental".'
            raise expected("method", 'be "incremental" or "loop"', repr(method), reason, remedy)
        x = require_finite(
            "x", as_floats("x", x), reason="the loss has no slope there", remedy="Leave such samples out."
        )
        return gradients[method](self.params, x, t, require_step(h))


def _loop_gradient(params: Params, x: Array, t: ArrayLike, h: float) -> Params:
    def loss_with(name: str, value: Array) -> Any:
        return _loss({**params, name: value}, x, t)

    _require_finite_loss(_loss(params, x, t))
    copies = {name: np.array(param) for name, param in params.items()}  # are moved, and x may share memory
    return {name: named_gradient(partial(loss_with, name), value, h, name=name) for name, value in copies.items()}


def _incremental_gradient(params: Params, x: Array, t: ArrayLike, h: float) -> Params:
    params = _require_params(params)
    for name, param in params.items():
        _require_step_moves(name, param, h)
    dtype = np.result_type(np.float64, x, *params.values())
    wide = {name: param.astype(dtype, copy=False) for name, param in params.items()}
    forward = _forward(wide, x.astype(dtype, copy=False))
    _require_finite_loss(softmax_cross_entropy(forward.logits, t))  # which refuses targets that do not fit, too
    targets = np.atleast_2d(_one_hot(t, forward.logits))
    differences = loss_differences(forward.as_rows(), wide["W2"], targets, h)
    means = partial(_finite_means, samples=len(targets), width=2 * h)
    return {name: means(name, differences[name], param.dtype) for name, param in params.items()}


def _forward(params: Params, x: ArrayLike) -> Activations:
    x = as_floats("x", x)
    features = len(params["W1"])
    if x.ndim not in (1, 2) or x.shape[-1] != features:
        rule, got = f"have shape (N, {features}) or ({features},)", f"shape {x.shape}"
        raise expected("x", rule, got, f"the net has {features} inputs", "Flatten each sample to one row.")
    x = require_batch("x", x)
    preactivations = x @ params["W1"] + params["b1"]
    hidden = sigmoid(preactivations)
    return Activations(x, preactivations, hidden, np.asarray(hidden @ params["W2"] + params["b2"]))


def _loss(params: Params, x: ArrayLike, t: ArrayLike) -> Any:
    return softmax_cross_entropy(_forward(params, x).logits, t)


def _require_finite_loss(loss: Any) -> None:
    if not np.isfinite(loss):
        raise expected("the loss", "be finite", f"{loss}", "it has no slope", LOOK_FOR_NAN)


def _require_params(params: Params) -> Params:
    """Return the four parameters, finite floats whose shapes fit one another exactly, as nothing is broadcast."""
    arrays = {name: require_differentiable(name, param) for name, param in params.items()}
    if set(arrays) != {"W1", "b1", "W2", "b2"}:
        got, reason = ", ".join(arrays), "the loss depends on these"
        raise expected("params", "be W1, b1, W2 and b2", got, reason, 'Take others out, or pass method="loop".')
    for name in ("W1", "W2"):
        if arrays[name].ndim != 2 or arrays[name].size == 0:
            got, reason = f"shape {arrays[name].shape}", "it leads from inputs to units"
            raise expected(name, "have two axes and entries", got, reason, f"Reshape {name}.")
    into, outward = arrays["W1"].shape[1:], arrays["W2"].shape[1:]
    for name, shape in {"b1": into, "b2": outward, "W2": (*into, *outward)}.items():
        if arrays[name].shape != shape:
            got, reason = f"shape {arrays[name].shape}", "nothing is broadcast"
            raise expected(name, f"have shape {shape}", got, reason, f"Reshape {name}.")
    return arrays


def _require_step_moves(name: str, param: Array, h: float) -> None:
    """Refuse a step that is lost beside the largest entry, as the loop does."""
    largest = first_index(np.abs(param) == np.abs(param).max())
    neighbours(param[largest], h, name=entry(name, largest))


def _are_labels(t: ArrayLike, logits: Array) -> bool:
    """Return whether targets are class numbers, one a row of the logits, and not one-hot or soft."""
    return np.ndim(t) < logits.ndim


def _one_hot(t: ArrayLike, logits: Array) -> Array:
    """Return targets in the shape of the logits."""
    if not _are_labels(t, logits):
        return np.asarray(t, logits.dtype)
    targets = np.zeros_like(logits)
    np.put_along_axis(targets, np.expand_dims(np.asarray(t), -1), 1, axis=-1)
    return targets


def _finite_means(name: str, differences: Array, dtype: np.dtype[Any], *, samples: int, width: float) -> Array:
    """Return the mean slopes in the precision of their parameter, if that holds them."""
    with np.errstate(over="ignore", under="ignore"):
        slopes = np.asarray((differences / samples / width).astype(dtype))
    remedy = "Hold the parameters in a higher precision, or divide the targets by a constant."
    return require_finite(f"the slopes of the loss by {name}", slopes, reason=f"{dtype} holds no more", remedy=remedy)
