"""Training by stochastic gradient descent on random mini-batches, by numerical gradients alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numgrad._typing import Params, Rng
from numgrad._validation import as_array, expected, require_batch, require_count, require_positive
from numgrad.datasets import Dataset
from numgrad.network import TwoLayerNet

__all__ = ["Evaluation", "History", "Step", "mini_batches", "train"]


@dataclass(frozen=True)
class Evaluation:
    """The accuracy of the net over all training and all test samples, after so many iterations."""

    iteration: int
    train_accuracy: float
    test_accuracy: float


@dataclass(frozen=True)
class History:
    """What a training run has reached.

    Examples
    --------
    >>> history = History(loss=[2.3], evaluations=[Evaluation(0, 0.1, 0.09), Evaluation(1, 0.3, 0.25)])
    >>> history.test_accuracy
    [0.09, 0.25]

    """

    loss: list[float] = field(default_factory=list)
    """After each iteration, on the batch of that iteration."""
    evaluations: list[Evaluation] = field(default_factory=list)
    """Before the first iteration, every ``evaluate_every`` and after the last."""
    interrupted: bool = False
    """Whether Ctrl-C ended the run before its last iteration."""

    @property
    def train_accuracy(self) -> list[float]:
        """The shares of training samples classified rightly, one an evaluation."""
        return [evaluation.train_accuracy for evaluation in self.evaluations]

    @property
    def test_accuracy(self) -> list[float]:
        """The shares of test samples classified rightly, one an evaluation."""
        return [evaluation.test_accuracy for evaluation in self.evaluations]


@dataclass(frozen=True)
class Step:
    """One iteration as progress reports it."""

    iteration: int
    iterations: int
    loss: float
    evaluation: Evaluation | None


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
) -> History:
    """Train ``net`` by gradient descent, W ← W - learning_rate · ∂loss/∂W, on random mini-batches.

    The gradient is ``net.numerical_gradient``. Ctrl-C ends the run in order: the net and the history are as they
    were after the last whole iteration. After an error the net is so too.

    Parameters
    ----------
    net: is changed; its ``params`` receive new arrays.
    data: ``(x_train, t_train), (x_test, t_test)``, as :func:`numgrad.load_mnist` returns them.
    iterations: number of steps.
    batch_size: samples a step, drawn with replacement, as in the chapter.
    learning_rate: length of a step, in units of parameter² per loss.
    evaluate_every: iterations between two evaluations on all samples; by default an epoch,
        the training samples divided by ``batch_size``.
    rng: a generator or seed for the batches; the same seed gives the same history.
    progress: is called after each iteration with a :class:`Step`.

    Returns
    -------
    History of losses and accuracies.

    Raises
    ------
    ValueError: a count or the learning rate is not positive; data is not of two pairs, a split is empty or its
        parts differ in length; the loss is no longer finite, or the weights have grown until h is lost in them.

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
    (x_train, t_train), (x_test, t_test) = _require_data(data)
    iterations, batch_size = require_count("iterations", iterations), require_count("batch_size", batch_size)
    learning_rate = require_positive("learning_rate", learning_rate, example=0.1)
    every = max(len(x_train) // batch_size, 1) if evaluate_every is None else evaluate_every
    every = require_count("evaluate_every", every)

    def evaluate(iteration: int) -> Evaluation:
        return Evaluation(iteration, net.accuracy(x_train, t_train), net.accuracy(x_test, t_test))

    history = History()
    reached = _Reached(dict(net.params), losses=0, evaluations=1)  # the one before the first iteration
    try:
        history.evaluations.append(evaluate(0))
        batches = mini_batches(len(x_train), batch_size, rng)
        for iteration, batch in zip(range(1, iterations + 1), batches, strict=False):
            loss = _descend(net, x_train[batch], t_train[batch], learning_rate)
            history.loss.append(loss)
            due = iteration % every == 0 or iteration == iterations
            evaluation = evaluate(iteration) if due else None
            if evaluation is not None:
                history.evaluations.append(evaluation)
            reached = _Reached(dict(net.params), len(history.loss), len(history.evaluations))
            if progress is not None:
                progress(Step(iteration, iterations, loss, evaluation))
    except BaseException as error:
        net.params.update(reached.params)
        if not isinstance(error, KeyboardInterrupt):
            raise
        return History(history.loss[: reached.losses], history.evaluations[: reached.evaluations], interrupted=True)
    return history


@dataclass(frozen=True)
class _Reached:
    """Where the last whole iteration led: assigned as one, so that Ctrl-C never parts the net from its history."""

    params: Params
    losses: int
    evaluations: int


def mini_batches(samples: int, batch_size: int, rng: Rng = None) -> Iterator[NDArray[np.intp]]:
    """Yield the sample numbers of one random batch after another, drawn with replacement.

    >>> next(mini_batches(1000, 3, rng=0))
    array([850, 636, 511])
    """
    rng = np.random.default_rng(rng)
    while True:
        yield rng.integers(samples, size=batch_size)


def _descend(net: TwoLayerNet, x: NDArray[Any], t: NDArray[Any], learning_rate: float) -> float:
    """Take one step and return the loss that the batch has after it."""
    try:
        gradient = net.numerical_gradient(x, t)
    except ValueError as error:
        largest = max(np.abs(value).max() for value in net.params.values())
        error.add_note(
            f"This came up in training, with weights of up to {largest:.3g}. "
            f"If they have grown, pass a learning_rate below {learning_rate:g}."
        )
        raise
    moved: Params = {name: value - learning_rate * gradient[name] for name, value in net.params.items()}
    net.params.update(moved)
    loss = float(net.loss(x, t))
    if not np.isfinite(loss):
        reason, remedy = "a step has thrown the weights away", f"Pass a learning_rate below {learning_rate:g}."
        raise expected("the loss", "stay finite in training", f"{loss}", reason, remedy)
    return loss


def _require_data(data: Any) -> Dataset:
    try:
        (x_train, t_train), (x_test, t_test) = data
    except (TypeError, ValueError) as error:
        rule, got = "be ((x_train, t_train), (x_test, t_test))", f"a {type(data).__name__} of another structure"
        reason, remedy = "accuracy is taken on both parts", "Pass what load_mnist returns, whole."
        raise expected("data", rule, got, reason, remedy) from error
    return _require_split(x_train, t_train), _require_split(x_test, t_test)


def _require_split(x: NDArray[Any], t: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    x, t = require_batch("x", as_array("x", x)), as_array("t", t)
    if x.ndim == 0 or t.ndim == 0 or len(x) != len(t):
        reason, remedy = "each sample needs its target", "Pass one target a sample."
        rule, got = f"have as many rows as x, of shape {x.shape}", f"shape {t.shape}"
        raise expected("t", rule, got, reason, remedy)
    return x, t
