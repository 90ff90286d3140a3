"""Wrong lines, each planted into a function of numgrad, and what must find it.

A bug replaces one piece of a function's source; the function's code is swapped in place, so that every module that
imported it runs the wrong one.
"""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

import pytest

from numgrad import activations, losses, network, perturbation, training_run
from numgrad.derivatives import fit, lines, solver, table
from numgrad.finite_differences import entrywise, per_sample, steps
from numgrad.training_run import TrainingRun

__all__ = ["BUGS", "Bug"]


@dataclass(frozen=True)
class Bug:
    """One wrong line."""

    function: Callable[..., Any]
    right: str
    wrong: str
    found_by: Any
    """The name of a case that must disagree, or a test that must fail."""
    raises: type[Exception] = AssertionError
    """What the test then raises."""

    def __str__(self) -> str:
        return f"{self.function.__name__}: {self.right} -> {self.wrong}"

    def plant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the function run the wrong code until the end of a test."""
        monkeypatch.setattr(self.function, "__code__", self.code())

    def code(self) -> CodeType:
        """Return the code of the wrong function."""
        source = textwrap.dedent(inspect.getsource(self.function))
        head, quotes, body = source.rpartition('"""')
        if body.count(self.right) != 1:
            message = f"{self.right!r} stands {body.count(self.right)} times in {self.function.__name__}, not once"
            raise LookupError(message)
        source = head + quotes + body.replace(self.right, self.wrong)
        namespace = dict(vars(inspect.getmodule(self.function)))
        exec(compile(source, f"<{self}>", "exec"), namespace)
        made = namespace[self.function.__name__]
        return getattr(made, "fget", getattr(made, "func", made)).__code__  # of a property, its function


MSE = "mean_squared_error any shape, numerical_gradient"
ERROR = "cross_entropy_error any shape soft, numerical_gradient"
ONE_HOT = "cross_entropy_error_one_hot mean soft, numerical_gradient"
LABELS = "cross_entropy_error_labels mean, numerical_gradient"
SOFTMAX = "softmax_cross_entropy mean soft, numerical_gradient"
SOFTMAX_LABELS = "softmax_cross_entropy mean labels, numerical_gradient"
ROWS = "Σ sin x rows, numerical_gradient_batch"
COLUMNS = "Σ sin x rows, per_sample_gradient"
ROW = "Σ sin x row, numerical_gradient_batch"
COLUMNS_OF_ROW = "Σ sin x row, per_sample_gradient"
ROWS_LABELS = "cross_entropy_error_labels rows, numerical_gradient_batch"
ANY_STEP = "Σ sin x any shape, numerical_gradient"
IN_PLACE = "TwoLayerNet by W1 in place, numerical_gradient"
W1 = "TwoLayerNet by W1 labels, net by loop"
W2 = "TwoLayerNet by W2 labels, net by loop"
B1 = "TwoLayerNet by b1 labels, net by loop"
B2 = "TwoLayerNet by b2 labels, net by loop"
TINY = "cross_entropy_error_labels rows tiny, numerical_gradient_batch"
HUGE = "mean_squared_error any shape huge, numerical_gradient"
ESTIMATE = "Σ sin x any shape, gradient"
INCREMENTAL = "TwoLayerNet by all labels, net incrementally"
INCREMENTAL_SOFT = "TwoLayerNet by all soft, net incrementally"
OUTPUT = "TwoLayerNet output labels, predict, accuracy"
TRAINING = "TwoLayerNet after 5 steps labels, train"
DIGITS = "TwoLayerNet after 100 steps digits, train"

BUGS = [
    # Losses: a sign, a factor, a term, the batch mean.
    Bug(losses.mean_squared_error, "return 0.5", "return -0.5", MSE),
    Bug(losses.mean_squared_error, "0.5 *", "1.0 *", MSE),
    Bug(losses.mean_squared_error, "y - t", "y + t", MSE),
    Bug(losses.mean_squared_error, "** 2", "** 3", MSE),
    Bug(losses.mean_squared_error, "np.sum", "np.mean", MSE),
    Bug(losses.cross_entropy_error, "return -", "return +", ERROR),
    Bug(losses.cross_entropy_error, "y + delta", "y - delta", ERROR),
    Bug(losses.cross_entropy_error, "_log(y + delta)", "_log(y)", ERROR),
    Bug(losses.cross_entropy_error, "y + delta", "y + 1e-7", "cross_entropy_error any delta soft, numerical_gradient"),
    Bug(losses.cross_entropy_error, "np.sum", "np.mean", "cross_entropy_error rows soft, per_sample_gradient"),
    Bug(losses.cross_entropy_error_one_hot, "return -", "return +", ONE_HOT),
    Bug(losses.cross_entropy_error_one_hot, "np.mean", "np.sum", ONE_HOT),
    Bug(losses.cross_entropy_error_labels, "return -", "return +", LABELS),
    Bug(losses.cross_entropy_error_labels, "np.mean", "np.sum", LABELS),
    Bug(losses.softmax_cross_entropy, "-np.mean(_of", "+np.mean(_of", SOFTMAX_LABELS),
    Bug(losses.softmax_cross_entropy, "-np.mean(_wh", "+np.mean(_wh", SOFTMAX),
    Bug(losses.softmax_cross_entropy, "np.mean(_of", "np.sum(_of", SOFTMAX_LABELS),
    Bug(losses.softmax_cross_entropy, "np.mean(_wh", "np.sum(_wh", SOFTMAX),
    Bug(losses._where_targeted, "products.sum(axis=-1)", "products.max(axis=-1)", ONE_HOT),
    Bug(losses._where_targeted, "np.multiply", "np.add", SOFTMAX),
    Bug(losses._of_class, "labels, -1)", "labels * 0, -1)", SOFTMAX_LABELS),
    Bug(losses._log, "np.log(y)", "np.log1p(y)", LABELS),
    # Activations: a sign, a normalisation, an axis, the guard against overflow.
    Bug(activations.sigmoid, "1, z)", "z, 1)", "sigmoid any shape, numerical_gradient"),
    Bug(activations.sigmoid, "(1 + z)", "(2 + z)", "sigmoid any shape, numerical_gradient"),
    Bug(activations.sigmoid, "-np.abs(x)", "x", "sigmoid any shape, numerical_gradient"),
    Bug(activations.softmax, "exponentials / ", "exponentials * ", "softmax any shape, numerical_gradient"),
    Bug(activations.log_softmax, "shifted - np.log", "shifted + np.log", SOFTMAX),
    Bug(activations._row_sums, "axis=-1, ", "", SOFTMAX_LABELS),
    Bug(activations._row_sums, "axis=-1, ", "", "softmax any shape, numerical_gradient"),
    Bug(activations._row_sums, "exponentials.sum(", "exponentials[..., :4].sum(", SOFTMAX),
    Bug(activations._row_sums, "dtype=dtype", "dtype=np.float32", OUTPUT),
    Bug(activations._below_maximum, "x.max", "x.min", SOFTMAX),
    Bug(activations._below_maximum, "x - x.max(axis=-1, keepdims=True)", "x", SOFTMAX),
    # Gradients: a sign, h instead of 2 h, one-sided, forgetting to put x back, rows out of order, another step.
    Bug(steps.difference_quotient, "f_above - f_below", "f_below - f_above", ROWS),
    Bug(steps.difference_quotient, "(f_above - f_below) /", "2 * (f_above - f_below) /", MSE),
    Bug(steps.neighbours, "(x - h)", "(x - 2 * h)", ROWS),
    Bug(steps._step_taken, "above.astype(wide) - below.astype(wide)", "1e-4", COLUMNS),
    Bug(steps._step_taken, "above.astype(wide) - below.astype(wide)", "2e-4", ANY_STEP),
    Bug(steps.require_step, 'require_positive("h", h, example=STEP)', "STEP", ANY_STEP),
    Bug(entrywise._partial, "    x[index] = center\n", "", "Σ x_k x_k-1 any shape, numerical_gradient"),
    Bug(entrywise._partial, "value_at(below", "value_at(center", ROWS),
    Bug(
        entrywise._gradient,
        "x if x.flags.writeable and not _entries_share_memory(x) else x.copy()",
        "x.copy()",
        IN_PLACE,
    ),
    Bug(entrywise.numerical_gradient_batch, "enumerate(X)", "enumerate(X[::-1])", ROWS),
    Bug(entrywise.numerical_gradient_batch, "sample, h,", "sample, h if len(X) < 5 else 2 * h,", ROWS_LABELS),
    Bug(entrywise.numerical_gradient_batch, "named_gradient(", "2 * named_gradient(", ROW),
    Bug(per_sample.per_sample_gradient, "return named_gradient(", "return 2 * named_gradient(", COLUMNS_OF_ROW),
    Bug(per_sample.per_sample_gradient, "_values_of_shifted(f, X, above)", "_values_of_shifted(f, X, X)", COLUMNS),
    Bug(per_sample._values_of_shifted, "shifted[entries]", "shifted[entries][::-1]", COLUMNS),
    Bug(per_sample._values_of_shifted, "axis=1", "axis=0", COLUMNS),
    # Guards: a NaN or a lost step that goes through.
    Bug(entrywise._scalar_value, "    require_finite_value(value", "    str(value", TINY),
    Bug(steps.neighbours, "if lost.any()", "if False", HUGE),
    # The net: a sign, a forgotten bias, another activation, a parameter that is never moved.
    Bug(network._forward, '+ params["b1"]', '- params["b1"]', W1),
    Bug(network._forward, '+ params["b2"]', "", B2),
    Bug(network._forward, "x @", "np.maximum(x, 0) @", W1),
    Bug(network._forward, "x @", "np.minimum(x, 10) @", W1),
    Bug(network._forward, '+ params["b1"]', '+ params["b1"] * (np.arange(len(params["b1"])) < 3)', B1),
    Bug(network._forward, '+ params["b2"]', '+ params["b2"] * (np.arange(len(params["b2"])) < 3)', B2),
    Bug(network._forward, "= sigmoid(", "= np.tanh(", W2),
    Bug(network._forward, "hidden @", "-hidden @", W2),
    Bug(network._loss, "softmax_cross_entropy(", "2 * softmax_cross_entropy(", W1),
    Bug(network._loop_gradient, "_loss({", "2 * _loss({", W1),
    Bug(network.TwoLayerNet.predict, "softmax(", "(1 + (np.ndim(x) == 1)) * softmax(", OUTPUT),
    Bug(network.TwoLayerNet.predict, "softmax(", "1 - softmax(", OUTPUT),
    Bug(network.TwoLayerNet.accuracy, "logits.argmax", "logits.argmin", OUTPUT),
    Bug(network.TwoLayerNet.accuracy, "==", "!=", OUTPUT),
    Bug(network.TwoLayerNet.accuracy, "np.mean", "np.sum", OUTPUT),
    Bug(network.TwoLayerNet.accuracy, ".argmax(axis=-1)\n", ".argmin(axis=-1)\n", OUTPUT.replace("labels", "soft")),
    # Incremental differences: a factor, a side, a sign, a sample or a class left out, too few points.
    Bug(network._finite_means, "/ samples", "", INCREMENTAL),
    Bug(network._incremental_gradient, "2 * h", "2.0001 * h", INCREMENTAL),
    Bug(perturbation.interpolation_points, "eps / 64", "eps * 1e12", INCREMENTAL),
    Bug(perturbation._by_points, "h * longest * points", "h * points", INCREMENTAL),
    Bug(perturbation._by_points, "inputs / longest", "inputs", INCREMENTAL),
    Bug(perturbation._curves, "[u, -u]", "[u, 0 * u]", INCREMENTAL),
    Bug(perturbation._curves, "(1 + hidden[:, np.newaxis, np.newaxis] * rise)", "1", INCREMENTAL),
    Bug(perturbation._curves, "(t @ w.T)", "(t @ W2.T)", INCREMENTAL),
    Bug(perturbation._curves, " * t.sum(axis=1)[:, np.newaxis, np.newaxis]", "", INCREMENTAL_SOFT),
    Bug(perturbation._lagrange, "s / point", "1.0", INCREMENTAL),
    Bug(perturbation._lagrange, "np.delete(points, m)", "np.delete(points, m)[1:]", INCREMENTAL),
    Bug(perturbation._logit_moves, "np.expm1(-h", "0 * np.expm1(-h", INCREMENTAL),
    Bug(perturbation._logit_moves, " * targets.sum(axis=1, keepdims=True)", "", INCREMENTAL_SOFT),
    Bug(perturbation._logit_moves, "targets.sum(axis=1", "targets[:, :5].sum(axis=1", DIGITS),
    Bug(perturbation._log_ratio, "/ (1 + below)", "", INCREMENTAL),
    Bug(perturbation._blocks, "slice(count * block", "slice(1 + count * block", INCREMENTAL),
    Bug(network._one_hot, "np.asarray(t), -1)", "0 * np.asarray(t), -1)", INCREMENTAL),
    # Estimates: a slope, an error bar too small, noise not seen, a side, a copy, outputs and entries mixed up.
    Bug(fit._fit_window, " * found.slopes[: len(terms)]", " * found.slopes[: len(terms)] * (1 + 1e-9)", ESTIMATE),
    Bug(fit._fit_window, "CAUTION * ", "1e-3 * ", ESTIMATE),
    Bug(fit._expand_pairs, "(above - below)", "(above + below)", ESTIMATE),
    Bug(fit._left_after, "largest[:, terms", "0 * largest[:, terms", ESTIMATE),
    Bug(lines.Lines._point, ".copy()\n", "\n", ESTIMATE),
    Bug(table.sample, "np.swapaxes(", "np.asarray(", ESTIMATE),
    Bug(solver._enter, "enter(batch.lines[settled]", "enter(batch.lines[settled][::-1]", ESTIMATE),
    # Training: uphill, another rate, no samples, another loss than was reached.
    Bug(training_run._descend, "value - learning_rate", "value + learning_rate", TRAINING),
    Bug(training_run._descend, "learning_rate * gradient", "2 * learning_rate * gradient", TRAINING),
    Bug(training_run._descend, "(net.loss(x, t))", "(0 * net.loss(x, t))", TRAINING),
    Bug(TrainingRun.step, "self.loss.append(loss)", "self.loss.append(2 * loss)", TRAINING),
    Bug(
        TrainingRun._evaluate,
        "net.accuracy(self.x, self.t)",
        "net.accuracy(self.x_test, self.t_test)",
        TRAINING,
    ),
    Bug(TrainingRun._evaluate, "self.net.accuracy(self.x_test, self.t_test)", "0.5", TRAINING),
    Bug(
        TrainingRun.step,
        "iteration % options.evaluate_every == 0",
        "iteration % options.evaluate_every == 1",
        TRAINING,
    ),
    Bug(TrainingRun.step, "self.t[batch]", "self.t[batch[::-1]]", TRAINING),
    Bug(TrainingRun.step, "self.x[batch]", "0 * self.x[batch]", TRAINING),
]
