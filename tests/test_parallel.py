"""Ranges of entries over processes, threads and a cluster: the same numbers, and no wrong one when a worker dies."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import ClassVar

import numpy as np
import pytest
from worker_functions import (
    BrokenError,
    LonelyError,
    X,
    dies_beside,
    oscillating,
    raises_beside,
    raises_what_cannot_be_sent,
)

import numgrad
from numgrad import parallel
from numgrad.parallel import spread


def assert_same(estimate, other):
    for name in ("value", "error", "step", "noise", "left", "right"):
        assert getattr(estimate, name).tobytes() == getattr(other, name).tobytes(), name
    assert estimate.evaluations == other.evaluations


@pytest.fixture(scope="module")
def alone():
    return numgrad.gradient(oscillating, X)


@pytest.fixture(scope="module")
def pool():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


def test_processes_give_the_same_bits(alone):
    assert_same(numgrad.gradient(oscillating, X, workers=2), alone)


def test_a_map_gives_the_same_bits(alone):
    assert_same(numgrad.gradient(oscillating, X, workers=map), alone)


def test_a_pool_gives_the_same_bits(alone, pool):
    assert_same(numgrad.gradient(oscillating, X, workers=pool.map), alone)


def test_threads_take_functions_that_processes_cannot(alone):
    with ThreadPoolExecutor(2) as threads:
        assert_same(numgrad.gradient(lambda x: oscillating(x) + 0, X, workers=threads.map), alone)


def test_a_jacobian_of_a_pool_gives_the_same_bits(pool):
    assert_same(numgrad.jacobian(np.sin, X, workers=pool.map), numgrad.jacobian(np.sin, X))


def test_an_error_of_f_comes_back_as_itself(pool):
    for workers in (1, 2, pool.map):
        with pytest.raises(BrokenError, match="at entry 5"):
            numgrad.gradient(raises_beside, X, workers=workers)


def test_an_error_that_cannot_come_back_says_what_it_was(pool):
    for workers in (2, pool.map):
        with pytest.raises(RuntimeError, match="LonelyError: at entry 5 of 23"):
            numgrad.gradient(raises_what_cannot_be_sent, X, workers=workers)
    for workers in (1, map):
        with pytest.raises(LonelyError):
            numgrad.gradient(raises_what_cannot_be_sent, X, workers=workers)


def test_a_worker_that_is_killed_gives_an_error_and_no_number():
    with pytest.raises(RuntimeError, match="Expected workers to finish but got a process that died"):
        numgrad.gradient(dies_beside, X, workers=2)


def test_what_cannot_be_sent_is_refused():
    with pytest.raises(ValueError, match="Define f with def at the top of a module"):
        numgrad.gradient(lambda x: np.sum(x) + 0, X, workers=2)


@pytest.mark.parametrize("workers", [0, -2, 1.5, "2", None, True])
def test_what_is_no_number_of_workers_is_refused(workers):
    with pytest.raises(ValueError, match="Expected workers to be a number of processes or map-like"):
        numgrad.gradient(oscillating, X, workers=workers)
    with pytest.raises(ValueError, match="Expected workers to be a number of processes or map-like"):
        numgrad.gradient(lambda _: pytest.fail("f is called"), X[:1], workers=workers)


class RecordingPool:
    """A process pool that works at home, and says what it was made with."""

    made: ClassVar = []

    def __init__(self, processes, mp_context):
        self.made.append((processes, mp_context.get_start_method()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    map = staticmethod(map)


@pytest.mark.parametrize(("workers", "processes"), [(2, 2), (-1, 3), (100, 23)])
def test_processes_are_as_many_as_asked_for_and_never_forked(workers, processes, monkeypatch):
    monkeypatch.setattr(parallel, "ProcessPoolExecutor", RecordingPool)
    monkeypatch.setattr(parallel.os, "cpu_count", lambda: 3)
    monkeypatch.setattr(RecordingPool, "made", [])
    numgrad.gradient(oscillating, X, workers=workers)
    assert [count for count, _ in RecordingPool.made] == [processes]
    assert RecordingPool.made[0][1] in ("forkserver", "spawn")  # fork copies locks that threads hold


@pytest.mark.parametrize(
    "workers",
    [
        lambda task, ranges: list(map(task, ranges))[::-1],
        lambda task, ranges: list(map(task, ranges))[:-1],
        lambda _, ranges: list(ranges),
        lambda *_: None,
        lambda *_: [1, 2],
    ],
    ids=["reversed", "one lost", "the task left out", "nothing", "others"],
)
def test_results_out_of_order_are_refused(workers):
    with pytest.raises(ValueError, match="Expected workers to return all results in order"):
        numgrad.gradient(oscillating, X, workers=workers)


def test_work_is_sent_in_a_few_ranges():
    seen = []

    def counting(task, ranges):
        seen.extend(ranges)
        return map(task, seen)

    spread(lambda some: some, 1000, counting)
    assert len(seen) <= 40
    assert [start for start, _ in seen[1:]] == [stop for _, stop in seen[:-1]]
    assert (seen[0][0], seen[-1][1]) == (0, 1000)


CLUSTER = """
import os, sys, threading, time, signal
import numpy as np
from dask.distributed import Client, LocalCluster
import numgrad

X = np.linspace(-2.0, 3.0, 40)

def f(x):
    return float(np.sum(np.sin(3 * x)))

def marked(x):
    if not os.path.exists(sys.argv[1]):
        open(sys.argv[1], "w").close()
        os.kill(os.getpid(), signal.SIGKILL)  # the first evaluation in a worker takes it down
    return f(x)

def of_worker(x):
    import multiprocessing
    return marked(x) if multiprocessing.parent_process() is not None else f(x)

if __name__ == "__main__":
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
    with cluster, Client(cluster) as client:
        map_ = client.get_executor().map
        alone = numgrad.gradient(f, X)
        for function in (f, lambda x: f(x), of_worker):
            there = numgrad.gradient(function, X, workers=map_)
            assert there.value.tobytes() == alone.value.tobytes() and there.error.tobytes() == alone.error.tobytes()
        def broken(x):
            if x[5] != X[5]:
                raise KeyError("at entry 5")
            return 0.0
        try:
            numgrad.gradient(broken, X, workers=map_)
        except KeyError as error:
            print("raised", error)
        print("killed", os.path.exists(sys.argv[1]))
    print("the same")
"""


def test_a_cluster_gives_the_same_bits_and_survives_a_killed_worker(tmp_path):
    pytest.importorskip("distributed", reason="dask comes with the dependency group test")
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    run = subprocess.run(
        [sys.executable, script, tmp_path / "killed"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert run.stdout.split("\n")[:3] == ["raised 'at entry 5'", "killed True", "the same"], run.stderr
