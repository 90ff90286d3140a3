"""What a check of a gradient costs, beside PyTorch's: evaluations of f, time and memory.

Each check has a process of its own: memory is by how much its peak rises. Where PyTorch's fast mode disagrees, it goes
on to the slow one for the message; what takes minutes is left out.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest
from benchmarks.checking_costs import CHECKS, STATUS, cost, logistic

import verification

pytest.importorskip("pytest_benchmark", reason="benchmarks run in `tox run -e bench`")

pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="Linux tells the peak of a process's memory")

SIZES = FEW, SOME, MANY = 100, 10_000, 1_000_000
OURS, FAST, SLOW = CHECKS


def costs():
    """Return the cost of each check, by size, whether an entry is wrong, and checker: one after the other."""
    spawn = multiprocessing.get_context("spawn")
    keys = [(n, wrong, name) for n in SIZES for wrong in (False, True) for name in CHECKS]
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        found = {key: pool.submit(cost, *key) for key in keys if key[0] < MANY or key[2] != SLOW}
        return {key: future.result() for key, future in found.items()}


def print_table(table):
    heads = f"{'evaluations':>13}{'ms':>11}{'time / f':>11}{'memory / x':>12}"
    print(f"\n\n{'parameters':>10}  {'claim':17}{'checker':23}{heads}  says")
    for (n, wrong, name), row in table.items():
        claim = "one entry wrong" if wrong else "right"
        memory = f"{row.memory / (8 * n):.0f}" if n > FEW else "-"
        times = f"{1e3 * row.seconds:>11,.1f}{row.seconds / row.of_one:>11,.0f}"
        print(f"{n:>10,}  {claim:17}{name:23}{row.evaluations:>13,}{times}{memory:>12}  {row.says}")


def test_costs_side_by_side(benchmark):
    table = costs()
    print_table(table)
    claim = logistic(SOME, wrong=False)
    benchmark(verification.check_gradient, claim.f, claim.gradient, claim.x)
    for n in SIZES:
        assert table[n, False, OURS].says == "right"
        assert table[n, True, OURS].says == f"wrong: x[{n // 3}]"
    for wrong in (False, True):
        assert table[MANY, wrong, OURS].evaluations < 2 * table[FEW, wrong, OURS].evaluations
        assert table[MANY, wrong, OURS].memory < 40 * 8 * MANY
        assert table[SOME, wrong, OURS].evaluations < table[SOME, wrong, SLOW].evaluations / 20
