"""Training by stochastic gradient descent on random mini-batches, by numerical gradients alone."""

import os
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from numgrad._typing import Rng
from numgrad._validation import as_array, expected, require_batch, require_count, require_positive
from numgrad.datasets import Dataset
from numgrad.history import History
from numgrad.network import TwoLayerNet
from numgrad.training_run import Options, Step, TrainingRun

__all__ = ["CHAPTER_ITERATIONS", "train"]

CHAPTER_ITERATIONS = 10_200
"""17 epochs of MNIST in batches of 100."""


def train(
    net: TwoLayerNet,
    data: Dataset,
    *,
    iterations: int,
    batch_size: int = 100,
    learning_rate: float = 0.1,
    evaluate_every: int | None = None,
    rng: Rng = None,
    progress: Callable[[Step], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int | None = None,
) -> History:
    """Train ``net`` by gradient descent, W ← W - learning_rate · ∂loss/∂W, on random mini-batches.

    The gradient is ``net.numerical_gradient``. Once a run has begun, Ctrl-C ends it cleanly: the net, the history and
    the checkpoint are as they were after the last whole iteration. After any other error the net, too, is as it was
    then.

    Parameters
    ----------
    net: is changed; its ``params`` receive new arrays, those of the checkpoint if it goes on from one.
    data: ``(x_train, t_train), (x_test, t_test)``, as :func:`numgrad.load_mnist` returns them.
    iterations: number of steps, those of a resumed checkpoint among them.
    batch_size: samples a step, drawn with replacement, as in the chapter.
    learning_rate: length of a step, in units of parameter² per loss.
    evaluate_every: iterations between two evaluations on all samples; by default an epoch,
        the training samples divided by ``batch_size``.
    rng: a generator or seed for the batches; the same seed gives the same history. None, fresh entropy, goes on
        from any checkpoint.
    progress: is called after each iteration with a :class:`Step`.
    checkpoint: a file from which the run goes on if it exists, and to which it is saved (:mod:`numgrad.checkpoint`).
        However often a run is killed, when it is called again in the same way, on the same machine and with as many
        threads, it ends with the same parameters, bit for bit, as if it had never stopped.
    checkpoint_every: iterations between two writes of ``checkpoint``; by default ``evaluate_every``.

    Returns
    -------
    History of losses and accuracies.

    Raises
    ------
    ValueError: a count or the learning rate is not positive; data is not of two pairs, a split is empty or its
        parts differ in length; the loss is no longer finite, or the weights have grown until h is lost in them;
        the checkpoint is damaged, is something else, or is of a run with other data or options, or of more iterations.
    TypeError: samples, targets or parameters are not of numbers, or parameters are integers.
    OSError: the checkpoint cannot be read or written.

    References
    ----------
    H. Robbins, S. Monro (1951), A stochastic approximation method, Annals of Mathematical Statistics 22(3).

    Examples
    --------
    >>> import numpy as np
    >>> x, t = np.eye(2), np.array([0, 1])
    >>> history = train(TwoLayerNet(2, 3, 2, rng=0), ((x, t), (x, t)), iterations=2, batch_size=2, rng=0)
    >>> len(history.loss), [evaluation.iteration for evaluation in history.evaluations]
    (2, [0, 1, 2])

    """
    (x_train, _), _ = data = _require_data(data)
    batch_size = require_count("batch_size", batch_size)
    epoch = max(len(x_train) // batch_size, 1)
    every = require_count("evaluate_every", epoch if evaluate_every is None else evaluate_every)
    options = Options(
        iterations=require_count("iterations", iterations),
        batch_size=batch_size,
        learning_rate=require_positive("learning_rate", learning_rate, example=0.1),
        iterations_per_epoch=epoch,
        evaluate_every=every,
        checkpoint_every=require_count("checkpoint_every", every if checkpoint_every is None else checkpoint_every),
    )
    run = TrainingRun(net, data, options, rng, checkpoint)
    try:
        run.begin()
        for _ in range(len(run.loss), options.iterations):
            step = run.step()
            if progress is not None:
                progress(step)
    except BaseException as error:
        run.take_back()
        if not isinstance(error, KeyboardInterrupt) or not run.begun:
            raise
        run.save()
        return run.history(interrupted=True)
    return run.history()


def _require_data(data: Any) -> Dataset:
    try:
        (x_train, t_train), (x_test, t_test) = data
    except (TypeError, ValueError) as error:
        rule, got = "be ((x_train, t_train), (x_test, t_test))", f"a {type(data).__name__} of another structure"
        reason, remedy = "accuracy is taken on both parts", "Pass what load_mnist returns, whole."
        raise expected("data", rule, got, reason, remedy) from error
    return _require_split("train", x_train, t_train), _require_split("test", x_test, t_test)


def _require_split(name: str, x: NDArray[Any], t: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    x, t = require_batch(f"x_{name}", as_array(f"x_{name}", x)), as_array(f"t_{name}", t)
    if x.ndim == 0 or t.ndim == 0 or len(x) != len(t):
        reason, remedy = "each sample needs its target", "Pass one target a sample."
        rule, got = f"have as many rows as x_{name}, of shape {x.shape}", f"shape {t.shape}"
        raise expected(f"t_{name}", rule, got, reason, remedy)
    return x, t
