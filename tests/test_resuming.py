"""A training that is stopped in any way goes on from its checkpoint and ends as if it had never stopped."""

import contextlib
import itertools
import signal
import threading

import numpy as np
import pytest
from tiny_training import DATA, T, X, run, run_until_line, same_bits

from numgrad import TwoLayerNet, train, training_run
from numgrad.checkpoint import load_checkpoint


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


def test_a_run_that_is_done_has_saved_its_last_iterations(tmp_path):
    run(iterations=6, evaluate_every=4, checkpoint=tmp_path / "run.npz")
    assert len(load_checkpoint(tmp_path / "run.npz").history.loss) == 6


def test_a_run_that_was_refused_at_once_can_be_mended(tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(ValueError, match="class numbers"):
        train(TwoLayerNet(2, 3, 2, rng=0), ((X, T + 9), DATA[1]), iterations=6, checkpoint=path)
    with pytest.raises(ValueError, match="learning_rate below"):
        run(learning_rate=1e17, checkpoint=path)
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


@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.PCG64, np.random.Philox, np.random.SFC64])
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
    try:
        _, history = run(checkpoint=path)
    except KeyboardInterrupt:  # which would end the whole session
        pytest.fail("Ctrl-C escaped")
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
