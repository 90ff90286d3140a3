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
