"""Losses that return their gradient beside their value, as scikit-learn's do."""

import numpy as np
import pytest

from verification import FailureMode, Verdict, assert_value_and_gradient, check_value_and_gradient

pytest.importorskip(
    "sklearn", reason="scikit-learn is not installed: gradients of it were NOT tested; tox run -e sklearn does"
)
linear_loss = pytest.importorskip("sklearn.linear_model._linear_loss")
losses = pytest.importorskip("sklearn._loss")

RNG = np.random.default_rng(0)
X, W = RNG.standard_normal((6, 3)), RNG.standard_normal(4)
TARGETS = {
    "HalfSquaredError": RNG.standard_normal(6),
    "HalfBinomialLoss": np.array([0.0, 1, 1, 0, 1, 0]),
    "HalfPoissonLoss": np.array([0.0, 2, 1, 0, 5, 3]),
}


def pair(name, penalty=0.1):
    model = linear_loss.LinearModelLoss(base_loss=getattr(losses.loss, name)(), fit_intercept=True)
    return lambda w: model.loss_gradient(w, X, TARGETS[name], l2_reg_strength=penalty)


def test_the_snippet_of_the_readme_runs(snippet):
    snippet("scikit-learn")


@pytest.mark.parametrize("name", TARGETS)
def test_the_losses_of_linear_models_agree(name):
    check = check_value_and_gradient(pair(name), W)
    assert check.verdict is Verdict.AGREES, str(check)


def test_a_penalty_without_its_gradient_is_found():
    def wrong(w):
        return pair("HalfBinomialLoss")(w)[0], pair("HalfBinomialLoss", 0.0)(w)[1]

    check = check_value_and_gradient(wrong, W)
    assert check.verdict is Verdict.DISAGREES
    assert check.diagnoses[0].mode in {FailureMode.DROPPED_TERM, FailureMode.WRONG_ENTRIES, FailureMode.WRONG_SLICE}
    with pytest.raises(AssertionError, match="DISAGREES"):
        assert_value_and_gradient(wrong, W)
