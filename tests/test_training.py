import itertools

import numpy as np
import pytest
from tiny_training import DATA, T, X, run, run_until_line, same_bits

from numgrad import TwoLayerNet, load_mnist, train
from numgrad.training_run import mini_batches


def test_the_history_has_a_loss_an_iteration_and_accuracies_where_asked():
    _, history = run()
    assert len(history.loss) == 6
    assert [evaluation.iteration for evaluation in history.evaluations] == [0, 2, 4, 6]
    assert len(history.train_accuracy) == len(history.test_accuracy) == 4
    assert not history.interrupted


def test_the_same_seed_gives_the_same_history():
    (net, first), (again, second), (_, other) = run(), run(), run(rng=2)
    assert first == second
    assert same_bits(net.params, again.params)
    assert first.loss != other.loss


def test_evaluating_more_often_changes_nothing_else():
    assert run(evaluate_every=1)[1].loss == run(evaluate_every=6)[1].loss


def test_an_epoch_is_the_default_between_evaluations_and_the_last_iteration_is_evaluated():
    _, history = run(evaluate_every=None, iterations=5)
    assert [evaluation.iteration for evaluation in history.evaluations] == [0, 2, 4, 5]


def test_it_learns():
    net, history = run(iterations=200, learning_rate=2.0)
    assert net.loss(X, T) < 0.1 < TwoLayerNet(2, 3, 2, rng=0).loss(X, T)
    assert (history.train_accuracy[0], history.train_accuracy[-1]) == (0.5, 1.0)


def test_it_learns_real_digits():
    (x, t), (x_test, t_test) = load_mnist(sample=True)
    small = x.reshape(-1, 28, 28)[:, 6:26:4, 6:26:4].reshape(len(x), -1), t
    small_test = x_test.reshape(-1, 28, 28)[:, 6:26:4, 6:26:4].reshape(len(x_test), -1), t_test
    net = TwoLayerNet(25, 5, 10, weight_init_std=0.5, rng=0)
    history = train(net, (small, small_test), iterations=40, batch_size=50, learning_rate=3.0, rng=0)
    assert history.test_accuracy[-1] > 0.3 > history.test_accuracy[0]


@pytest.mark.parametrize("stop", [1, 4])
def test_ctrl_c_keeps_what_was_reached(stop):
    def interrupt(step):
        if step.iteration == stop:
            raise KeyboardInterrupt

    net, history = run(progress=interrupt)
    until, shorter = run(iterations=stop)
    assert history.interrupted
    assert history.loss == shorter.loss
    assert same_bits(net.params, until.params)


def test_ctrl_c_within_an_iteration_takes_back_its_half():
    net = TwoLayerNet(2, 3, 2, rng=0)
    before = {name: value.copy() for name, value in net.params.items()}
    net.loss = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    history = train(net, DATA, iterations=3, batch_size=2, rng=1)
    assert history.interrupted
    assert history.loss == []
    assert same_bits(net.params, before)


def test_ctrl_c_on_any_line_leaves_the_net_where_its_history_says():
    interrupted_after = []
    for line in itertools.count():
        try:
            net, history = run_until_line(line, iterations=3)
        except KeyboardInterrupt:  # the training has not begun
            continue
        if not history.interrupted:
            break
        interrupted_after.append(len(history.loss))
        expected, shorter = run(iterations=len(history.loss)) if history.loss else (TwoLayerNet(2, 3, 2, rng=0), None)
        assert same_bits(net.params, expected.params)
        assert shorter is None or history.loss == shorter.loss
    assert sorted(set(interrupted_after)) == [0, 1, 2, 3]


def test_progress_hears_of_each_iteration():
    steps = []
    run(progress=steps.append)
    assert [step.iteration for step in steps] == [1, 2, 3, 4, 5, 6]
    assert [step.evaluation is not None for step in steps] == [False, True] * 3


def test_batches_are_within_the_samples_and_repeat_with_the_seed():
    first = [next(batches) for batches in [mini_batches(10, 50, rng=3)] for _ in range(4)]
    assert {int(i) for batch in first for i in batch} == set(range(10))
    assert (next(mini_batches(10, 50, rng=3)) == first[0]).all()


def test_a_batch_is_of_its_size_and_in_no_order():
    batch = next(mini_batches(10, 50, rng=3))
    assert batch.shape == (50,)
    assert (np.diff(batch) < 0).any()


def test_one_batch_is_not_the_next():
    first, second, third = itertools.islice(mini_batches(1000, 20, rng=3), 3)
    assert (first != second).any()
    assert (second != third).any()


@pytest.mark.parametrize("learning_rate", [1e17, 1e308])
def test_a_training_that_diverges_says_so_and_leaves_the_net_at_a_whole_iteration(learning_rate):
    net, steps = TwoLayerNet(2, 3, 2, rng=0), []
    with pytest.raises(ValueError, match="Expected") as error:
        train(net, DATA, iterations=9, batch_size=2, learning_rate=learning_rate, rng=1, progress=steps.append)
    advice = "\n".join([str(error.value), *getattr(error.value, "__notes__", [])])
    assert f"egin anew with a learning_rate below {learning_rate:g}" in advice
    assert np.isfinite([step.loss for step in steps]).all()
    assert all(np.isfinite(value).all() for value in net.params.values())


REFUSED = {
    "iterations": ({"iterations": 0}, "Expected iterations to be a whole number of at least 1 but got 0"),
    "batch": ({"batch_size": -1}, "Expected batch_size"),
    "rate": ({"learning_rate": 0.0}, "Expected learning_rate to be positive"),
    "every": ({"evaluate_every": 0}, "Expected evaluate_every"),
}


@pytest.mark.parametrize(("options", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        run(**options)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            ((X, T[:2]), (X, T)),
            r"Expected t_train to have as many rows as x_train, of shape \(4, 2\) but got shape \(2,\)",
        ),
        (((X, T), (X[:0], T[:0])), "Expected x_test to hold at least one sample"),
        ((X, T), r"Expected data to be \(\(x_train, t_train\), \(x_test, t_test\)\) but got a tuple"),
        (((1.0, 1), (X, T)), r"as many rows as x_train, of shape \(\) but got shape \(\)"),
        (((np.ma.masked_less(X, 0.5), T), (X, T)), "Expected x_train to hold no masked entries"),
        (X, "but got a ndarray of another structure"),
        (None, "but got a NoneType"),
    ],
)
def test_bad_data_is_refused(data, message):
    with pytest.raises(ValueError, match=message):
        train(TwoLayerNet(2, 3, 2), data, iterations=1)


def test_a_loss_that_is_not_finite_names_the_iteration():
    net = TwoLayerNet(2, 3, 2, rng=0)
    losses = iter([1.0, 1.0, np.inf])
    net.loss = lambda *_: next(losses)
    with pytest.raises(ValueError, match=r"loss to stay finite but got inf after iteration 3: .* learning_rate below"):
        train(net, DATA, iterations=9, batch_size=2, rng=1)
