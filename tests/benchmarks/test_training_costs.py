"""What a training by numerical gradients costs: one gradient beside the loop's and autograd's, and a thousand steps.

Each size has a process of its own, in which all cores may be used, as in a training.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
from benchmarks.beside_autograd import SHOWN, beside_autograd, digits
from benchmarks.training_costs import cost

from numgrad import TwoLayerNet
from verification.cases.training import FAR_APART

pytest.importorskip("pytest_benchmark", reason="benchmarks run in `tox run -e bench`")

BATCHES = ONE, TEN, HUNDRED = 100, 1_000, 10_000
MEGABYTE = 2**20


def duration(seconds):
    return f"{1e3 * seconds:,.2f} ms" if seconds < 1 else f"{seconds:,.0f} s"


def print_costs(table):
    heads = f"{'loop':>9}{'incremental':>13}{'times faster':>14}{'autograd':>11}{'times slower':>14}{'memory':>9}"
    print(f"\n\n{'samples':>7}{heads}")
    for samples, row in table.items():
        faster, slower = row.loop / row.incremental, row.incremental / row.autograd
        ours = f"{duration(row.loop):>9}{duration(row.incremental):>13}{faster:>14,.0f}"
        print(f"{samples:>7,}{ours}{duration(row.autograd):>11}{slower:>14.1f}{row.memory / MEGABYTE:>6.0f} MB")
    singles = ", ".join(duration(row.autograd_float32) for row in table.values())
    print(f"{next(iter(table.values())).cores} cores; autograd in float64, as ours; in float32 {singles}")


def test_one_gradient_beside_the_loop_and_autograd(benchmark, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        table = dict(zip(BATCHES, pool.map(cost, BATCHES), strict=True))
    print_costs(table)
    (x, t), _ = digits()
    benchmark(TwoLayerNet(784, 100, 10, rng=0).numerical_gradient, x[:ONE], t[:ONE])
    assert table[ONE].loop / table[ONE].incremental > 5000
    assert table[ONE].incremental / table[ONE].autograd < 15
    assert table[ONE].memory < 20 * MEGABYTE
    assert table[HUNDRED].incremental / table[TEN].incremental < 15
    assert table[HUNDRED].memory < 60 * MEGABYTE


def test_a_thousand_steps_beside_autograd(benchmark):
    found = benchmark.pedantic(beside_autograd, rounds=1)
    print(f"\n\n{'steps':>5}{'loss':>9}{'by autograd':>13}   largest difference of a parameter / largest of its array")
    for step in SHOWN:
        apart = "".join(f"{name:>4} {of_steps[step - 1]:.1e}" for name, of_steps in found.apart.items())
        print(f"{step:>5,}{found.loss[step - 1]:>9.4f}{found.loss_by_autograd[step - 1]:>13.4f}  {apart}")
    assert max(map(max, found.apart.values())) < FAR_APART
