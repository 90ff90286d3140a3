"""The lesson on training shows a run that took place."""

import itertools
import json

import numpy as np
import pytest
from browser.charts import line
from browser.shown import read, shown, shown_number

from numgrad import TwoLayerNet, load_mnist, train
from numgrad.training_run import mini_batches
from verification import torch_oracle

pytest.importorskip("playwright", reason="the pages were NOT tried in a browser: run tox run -e browser")

ITERATIONS = 300


@pytest.fixture(scope="module")
def trained():
    net, data = TwoLayerNet(784, 100, 10, rng=0), load_mnist(sample=True)
    start = dict(net.params)
    history = train(net, data, iterations=ITERATIONS, evaluate_every=15, rng=0)
    (x, t), _ = data
    batches = [(x[rows], t[rows]) for rows in itertools.islice(mini_batches(len(x), 100, rng=0), ITERATIONS)]
    *_, last = torch_oracle.sgd(start, batches, 0.1)
    return history, net.params, last


@pytest.fixture
def page(opened):
    return opened("training")


def test_the_losses_and_accuracies_are_those_of_the_run(page, trained):
    history, _, _ = trained
    for at in (1, 14, 15, 150, ITERATIONS):
        page.locator("#iteration").fill(str(at))
        evaluation = [e for e in history.evaluations if e.iteration <= at][-1]
        assert read(page, "loss") == shown(float(f"{history.loss[at - 1]:.6g}"), 6)
        assert float(read(page, "other")) == pytest.approx(history.loss[at - 1], rel=1e-5)
        assert (
            read(page, "accuracy") == f"{shown(100 * evaluation.test_accuracy, 3)} % (iteration {evaluation.iteration})"
        )


@pytest.mark.parametrize("bug", ["loss[149] += 1e-4", "autograd.loss[0] *= 1.001", "evaluations[1][2] += 0.001"])
def test_a_wrong_number_is_found(page, trained, bug):
    page.evaluate(f"data.{bug}")
    with pytest.raises(AssertionError):
        test_the_losses_and_accuracies_are_those_of_the_run(page, trained)


def test_the_curve_is_drawn_as_the_loss_went(page, trained):
    history, _, _ = trained
    drawn = line(page, "run", "b", log=(False, False))
    assert drawn[:, 0] == pytest.approx(np.arange(1, ITERATIONS + 1), abs=0.5)
    assert drawn[:, 1] == pytest.approx(history.loss, abs=0.02)
    page.locator("#show").select_option("accuracy")
    for look, accuracies in (("a", history.train_accuracy), ("b", history.test_accuracy)):
        assert line(page, "run", look, log=(False, False))[:, 1] == pytest.approx(accuracies, abs=0.01)
    assert page.locator("#caption span").all_inner_texts() == ["training", "test"]


def test_the_parameters_are_as_far_apart_as_is_said(page, trained):
    _, params, last = trained
    page.locator("#iteration").fill(str(ITERATIONS))
    apart = max(np.abs(params[name] - last[name]).max() / np.abs(last[name]).max() for name in params)
    assert float(read(page, "apart").replace("−", "-")) == pytest.approx(apart, rel=0.06)
    assert apart < 1e-6


def test_the_views_show_their_lines(page):
    expected = {"loss": 3, "apart": 5, "accuracy": 3}
    for view, lines in expected.items():
        page.locator("#show").select_option(view)
        assert page.locator("#run path").count() == lines


def test_the_loop_takes_longest(page):
    costs = json.loads(page.locator("#data").text_content())["costs"]
    loop, incremental, autograd = (cost["seconds"] for cost in costs)
    assert loop > 100 * incremental
    assert autograd > 0
    rows = page.locator("#costs tr").all_inner_texts()
    assert len(rows) == 4
    assert rows[1].startswith("the chapter's loop, estimated")
    shown_seconds = [seconds(row.split("\t")[1]) for row in rows[1:]]
    assert shown_seconds == pytest.approx([loop, incremental, autograd], rel=6e-3)
    assert [seconds(row.split("\t")[3]) for row in rows[1:]] == pytest.approx(
        [10_200 * second for second in shown_seconds], rel=1e-2
    )
    assert "79,510 parameters" in read(page, "what")


def seconds(text):
    number, unit = text.split(" ")
    return shown_number(number) * {"µs": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "days": 86400}[unit]


def test_the_small_net_has_the_same_gradient_by_both_methods(page):
    small = json.loads(page.locator("#data").text_content())["small"]
    assert small["parameters"] == 784 + 1 + 10 + 10
    assert small["apart"] < 1e-9
