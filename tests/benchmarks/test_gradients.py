"""How many times faster one gradient is than another, measured in turn within one run."""

import time

import numpy as np
import pytest

import numgrad

pytest.importorskip("pytest_benchmark", reason="benchmarks run in `tox run -e bench`")

ROWS, COLUMNS = 100, 20
X = np.random.default_rng(0).random((ROWS, COLUMNS))


def of_row(x):
    return np.sum(np.sin(x))


def of_rows(X):
    return np.sum(np.sin(X), axis=1)


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def test_columns_at_once_against_row_by_row(benchmark):
    def columns_at_once():
        return numgrad.per_sample_gradient(of_rows, X)

    def row_by_row():
        return numgrad.numerical_gradient_batch(of_row, X)

    assert columns_at_once() == pytest.approx(row_by_row(), abs=1e-10)
    ratios = [seconds(row_by_row) / seconds(columns_at_once) for _ in range(9)]
    benchmark.extra_info["times faster than row by row"] = round(float(np.median(ratios)), 1)
    benchmark(columns_at_once)
    print(f"\nper_sample_gradient, {ROWS} x {COLUMNS}: {np.median(ratios):.0f} times faster than row by row")
    assert np.median(ratios) > 1


def test_one_step_of_the_chapters_net(benchmark):
    net = numgrad.TwoLayerNet(784, 10, 10, rng=0)
    x, t = np.random.default_rng(0).random((10, 784)), np.arange(10)
    passes = 2 * sum(param.size for param in net.params.values())
    benchmark.pedantic(net.numerical_gradient, args=(x, t), rounds=1)
    step = benchmark.stats["median"]
    forward = min(seconds(lambda: net.loss(x, t)) for _ in range(50))
    print(f"\nTwoLayerNet(784, 10, 10), batch of 10: a step takes as long as {step / forward:,.0f} forward passes,")
    print(f"and makes {passes:,}")
    benchmark.extra_info["forward passes"] = passes
