import contextlib
import itertools
import signal
import sys
import threading

import numpy as np
import pytest
from tiny_training import DATA, T, X, same_bits

from numgrad import TwoLayerNet, load_mnist, train, training, training_run
from numgrad.checkpoint import load_checkpoint
from numgrad.training_run import mini_batches


def run(**options):
    net = TwoLayerNet(2, 3, 2, rng=0)
    return net, train(net, DATA, **{"iterations": 6, "batch_size": 2, "evaluate_every": 2, "rng": 1, **options})


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


def run_until_line(line, **options):
    """Train, with Ctrl-C before the given line of what trains, counted as they run until it ends a run."""
    outer, passed = sys.gettrace(), 0

    def trace(frame, event, _):
        nonlocal passed
        if frame.f_code.co_filename not in {training.__file__, training_run.__file__}:
            return None
        passed += event == "line"
        if passed > line:
            sys.settrace(outer)
            raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        return run(**options)
    finally:
        sys.settrace(outer)


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


class StopError(Exception):
    pass


def stop_after(iteration, error):
    def progress(step):
        if step.iteration == iteration:
            raise error

    return progress


def ends_as_if_never_stopped(path, **options):
    net, history = run(**options)
    resumed, found = run(**options, checkpoint=path)
    assert found == history
    assert same_bits(resumed.params, net.params)


@pytest.mark.parametrize("every", [1, 2, 4, 9])
@pytest.mark.parametrize("error", [KeyboardInterrupt, StopError])
def test_a_run_goes_on_from_its_checkpoint(tmp_path, every, error):
    path = tmp_path / "run.npz"
    for iteration in (1, 3, 5):
        with contextlib.suppress(StopError):
            run(checkpoint=path, checkpoint_every=every, progress=stop_after(iteration, error))
    assert len(load_checkpoint(path).history.loss) == (5 if error is KeyboardInterrupt else 5 // every * every)
    ends_as_if_never_stopped(path)


def test_a_run_that_is_done_can_be_made_longer(tmp_path):
    run(iterations=3, checkpoint=tmp_path / "run.npz")
    ends_as_if_never_stopped(tmp_path / "run.npz", iterations=3)
    run(iterations=8, checkpoint=tmp_path / "run.npz", progress=stop_after(5, KeyboardInterrupt))
    ends_as_if_never_stopped(tmp_path / "run.npz", iterations=5)
    ends_as_if_never_stopped(tmp_path / "run.npz", iterations=8)


KINDS = np.random.MT19937, np.random.PCG64, np.random.Philox, np.random.SFC64


def test_a_run_that_is_done_has_saved_its_last_iterations(tmp_path):
    run(iterations=6, evaluate_every=4, checkpoint=tmp_path / "run.npz")
    assert len(load_checkpoint(tmp_path / "run.npz").history.loss) == 6


def test_a_run_that_was_refused_at_once_can_be_mended(tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(ValueError, match="class numbers"):
        train(TwoLayerNet(2, 3, 2, rng=0), ((X, T + 9), DATA[1]), iterations=6, checkpoint=path)
    with pytest.raises(ValueError, match="learning_rate below"):
        run(learning_rate=1e17, checkpoint=path)
    path.unlink()
    ends_as_if_never_stopped(path)


def test_masked_parameters_are_refused_before_anything_changes():
    net = TwoLayerNet(2, 3, 2, rng=0)
    net.params["b1"] = np.ma.masked_equal(np.zeros(3), 0)
    with pytest.raises(ValueError, match="Expected b1 to hold no masked entries"):
        train(net, DATA, iterations=1)


def test_evaluations_may_come_more_or_less_often_from_then_on(tmp_path):
    path = tmp_path / "run.npz"
    run(iterations=3, evaluate_every=2, checkpoint=path)
    _, history = run(iterations=6, evaluate_every=1, checkpoint=path)
    assert [evaluation.iteration for evaluation in history.evaluations] == [0, 2, 4, 5, 6]
    run(iterations=3, evaluate_every=3, checkpoint=tmp_path / "other.npz")
    _, other = run(iterations=6, evaluate_every=2, checkpoint=tmp_path / "other.npz")
    assert [evaluation.iteration for evaluation in other.evaluations] == [0, 3, 4, 6]
    assert history.loss == run(iterations=6)[1].loss


def test_what_a_run_was_begun_with_outlives_a_resumption_with_fresh_entropy(tmp_path):
    run(iterations=2, checkpoint=tmp_path / "run.npz")
    run(iterations=4, rng=None, checkpoint=tmp_path / "run.npz")
    ends_as_if_never_stopped(tmp_path / "run.npz")


@pytest.mark.parametrize("bits", KINDS)
def test_a_generator_of_any_kind_goes_on_where_it_was(tmp_path, bits):
    path = tmp_path / "run.npz"
    run(rng=np.random.Generator(bits(3)), checkpoint=path, progress=stop_after(3, KeyboardInterrupt))
    _, alone = run(rng=np.random.Generator(bits(3)))
    _, resumed = run(rng=np.random.Generator(bits(3)), checkpoint=path)
    assert resumed == alone


def test_a_run_saves_where_it_began_wherever_the_process_goes(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    (there / "run.npz").write_text("mine")
    monkeypatch.chdir(here)
    run(checkpoint="run.npz", checkpoint_every=1, progress=lambda _: monkeypatch.chdir(there))
    assert len(load_checkpoint(here / "run.npz").history.loss) == 6
    assert (there / "run.npz").read_text() == "mine"


def test_a_run_in_a_thread_saves_too(tmp_path):
    thread = threading.Thread(target=run, kwargs={"checkpoint": tmp_path / "run.npz"})
    thread.start()
    thread.join()
    ends_as_if_never_stopped(tmp_path / "run.npz")


@pytest.mark.parametrize("rng", [None, 3, np.random.Generator(np.random.MT19937(1))], ids=["none", "seed", "MT19937"])
def test_fresh_entropy_goes_on_from_any_run(tmp_path, rng):
    path = tmp_path / "run.npz"
    run(rng=rng, checkpoint=path, progress=stop_after(3, KeyboardInterrupt))
    first = load_checkpoint(path).history.loss
    _, history = run(rng=None, checkpoint=path)
    assert history.loss[:3] == first


def test_ctrl_c_within_the_saving_is_ctrl_c(tmp_path, monkeypatch):
    path, savez, saved = tmp_path / "run.npz", np.savez, []

    def interrupted(*args, **arrays):
        saved.append(arrays["loss"])
        if len(arrays["loss"]) == 2 and len(saved) < 4:
            signal.raise_signal(signal.SIGINT)  # which Python hands to its main thread
        savez(*args, **arrays)

    monkeypatch.setattr(np, "savez", interrupted)
    _, history = run(checkpoint=path)
    assert history.interrupted
    assert load_checkpoint(path).history.loss == history.loss
    ends_as_if_never_stopped(path)


def test_ctrl_c_before_a_run_has_gone_on_is_the_callers(tmp_path, monkeypatch):
    run(iterations=3, checkpoint=tmp_path / "run.npz")
    with monkeypatch.context() as patch:
        patch.setattr(training_run, "load_checkpoint", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(checkpoint=tmp_path / "run.npz")
    ends_as_if_never_stopped(tmp_path / "run.npz")


def test_params_in_any_layout_end_at_the_same_bits(tmp_path):
    def start():
        rng = np.random.default_rng(3)
        net = TwoLayerNet(61, 33, 10, rng=0)
        net.params["W1"] = rng.standard_normal((99, 122))[::3, ::2].T
        net.params["W2"] = rng.standard_normal((30, 66))[::3, ::2].T
        return net

    x, t = np.random.default_rng(4).random((20, 61)), np.arange(20) % 10
    options = {"data": ((x, t), (x, t)), "iterations": 4, "batch_size": 13, "rng": 0}
    whole, stopped, resumed = start(), start(), start()
    train(whole, **options)
    stopped.numerical_gradient = lambda *_: (_ for _ in ()).throw(StopError)
    with pytest.raises(StopError):
        train(stopped, **options, checkpoint=tmp_path / "run.npz")
    train(resumed, **options, checkpoint=tmp_path / "run.npz")
    assert same_bits(resumed.params, whole.params)


def test_ctrl_c_on_any_line_of_a_resumed_run_loses_no_iteration(tmp_path):
    path = tmp_path / "run.npz"
    run(checkpoint=path, progress=stop_after(2, KeyboardInterrupt))
    kept, reached = path.read_bytes(), set()
    for line in itertools.count():
        path.write_bytes(kept)
        try:
            _, history = run_until_line(line, iterations=4, checkpoint=path)
        except KeyboardInterrupt:
            continue
        if not history.interrupted:
            break
        saved = load_checkpoint(path).history.loss
        assert len(saved) >= 2
        reached.add(len(saved))
        ends_as_if_never_stopped(path, iterations=6)
    assert reached == {2, 3, 4}


OTHER_DATA = "Expected data to be that of the run in .*, but got other data: the run would not go on as it was begun"
OTHERS = {
    "net": (dict, r"Expected net to be W1 \(2, 3\) float64, .* of the run in .*, but got W1 \(2, 5\) float64, "),
    "samples": (lambda: {"data": ((X * 2, T), DATA[1])}, OTHER_DATA),
    "labels": (lambda: {"data": ((X, 1 - T), DATA[1])}, OTHER_DATA),
    "test samples": (lambda: {"data": (DATA[0], (X[1:3], T[:2]))}, OTHER_DATA),
    "test labels": (lambda: {"data": (DATA[0], (X[:2], 1 - T[:2]))}, OTHER_DATA),
    "batch": (lambda: {"batch_size": 3}, "Expected batch_size to be 2 of the run in .*, but got 3"),
    "rate": (lambda: {"learning_rate": 0.2}, "Expected learning_rate to be 0.1 of the run in .*, but got 0.2"),
    "seed": (lambda: {"rng": 2}, "Expected rng to be the seed or state of the run in .*, but got another"),
    "kind of seed": (lambda: {"rng": np.random.Generator(np.random.MT19937(1))}, "but got another"),
    "fewer": (lambda: {"iterations": 3}, r"Expected iterations to be at least the 4 of .* but got 3: no step"),
}


@pytest.mark.parametrize(("change", "message"), OTHERS.values(), ids=OTHERS)
def test_a_checkpoint_of_another_run_is_refused_and_kept(tmp_path, change, message):
    path = tmp_path / "run.npz"
    run(iterations=4, checkpoint=path)
    before = path.read_bytes()
    net = TwoLayerNet(2, 5 if "net" in message else 3, 2, rng=0)
    params = {name: value.copy() for name, value in net.params.items()}
    options = {"data": DATA, "iterations": 6, "batch_size": 2, "evaluate_every": 2, "rng": 1, **change()}
    with pytest.raises(ValueError, match=message):
        train(net, **options, checkpoint=path)
    assert path.read_bytes() == before
    assert same_bits(net.params, params)


def test_a_checkpoint_that_cannot_be_written_is_an_error_before_the_first_iteration(tmp_path):
    steps = []
    with pytest.raises(OSError, match="nowhere"):
        run(checkpoint=tmp_path / "nowhere" / "run.npz", progress=steps.append)
    assert steps == []


def test_a_loss_that_is_not_finite_names_the_iteration():
    net = TwoLayerNet(2, 3, 2, rng=0)
    losses = iter([1.0, 1.0, np.inf])
    net.loss = lambda *_: next(losses)
    with pytest.raises(ValueError, match=r"loss to stay finite but got inf after iteration 3: .* learning_rate below"):
        train(net, DATA, iterations=9, batch_size=2, rng=1)
