"""Derivatives with error bars, side by side with those of other packages: how often wrong, how often unnoticed.

Each package is called with its defaults. Where it raises or returns NaN, it is wrong and has no bar: that is among
the silent ones, and counted as NaN too.
"""

import time
import warnings
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pytest
from derivative_pairs import PAIRS

import numgrad

pytest.importorskip("pytest_benchmark", reason="benchmarks run in `tox run -e bench`")
derivkit = pytest.importorskip("derivkit")
jacobi = pytest.importorskip("jacobi")
numdifftools = pytest.importorskip("numdifftools")
differentiate = pytest.importorskip("scipy.differentiate")
optimize = pytest.importorskip("scipy.optimize")
numdiff = pytest.importorskip("scipy.optimize._numdiff")

TOLERANCE = 1e-6
ROUNDS = 25
EASY = {np.sin: 1.0, np.exp: 0.5, np.tanh: 0.3, np.cosh: 2.0, np.arctan: 0.5}
POINT = np.random.default_rng(0).uniform(-1, 1, 100)


def by_numgrad(f, x):
    estimate = numgrad.derivative(f, x)
    return estimate.value, estimate.error


def by_numdifftools(f, x):
    value, error, *_ = numdifftools.Derivative(f, full_output=True)(x)
    return value, error


def by_jacobi(f, x):
    """The bar is one standard deviation."""
    return jacobi.jacobi(f, x)


def by_scipy_differentiate(f, x):
    result = differentiate.derivative(f, x)
    return result.df, result.error


def by_scipy_three_points(f, x):
    return numdiff.approx_derivative(f, x, method="3-point"), None


def by_scipy_approx_fprime(f, x):
    return optimize.approx_fprime(x, f), None


def by_derivkit(f, x):
    """The bar is relative to the value."""
    value, relative = derivkit.DerivativeKit(f, x).differentiate(return_error=True)
    return value, relative * abs(value)


def by_derivkit_adaptive(f, x):
    """The residual of a fit, which comes with it, is that of the values: no bar of the slope."""
    return derivkit.DerivativeKit(f, x).differentiate(method="adaptive", order=1), None


DERIVATIVES = {
    "numgrad": by_numgrad,
    "numdifftools": by_numdifftools,
    "jacobi": by_jacobi,
    "scipy.differentiate": by_scipy_differentiate,
    "derivkit": by_derivkit,
    "derivkit adaptive": by_derivkit_adaptive,
    "scipy 3-point": by_scipy_three_points,
    "scipy approx_fprime": by_scipy_approx_fprime,
}


class Counted:
    """A function of one number that takes arrays of any shape, point by point, and counts the points."""

    def __init__(self, f):
        self.f, self.points = f, 0

    def __call__(self, x):
        x = np.asarray(x, dtype=np.float64)
        self.points += x.size
        return np.array([self.f(point) for point in x.ravel()]).reshape(x.shape)[()]


class Record(NamedTuple):
    """How one package did on all pairs."""

    worse: int
    silent: int
    missing: int
    covered: float
    bar_per_error: float
    evaluations: float


@contextmanager
def quietly():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def answer(derivative, pair):
    """Return value, bar and number of points; NaN for what there is not."""
    f = Counted(pair)
    try:
        value, bar = derivative(f, pair.x)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return np.nan, np.nan, f.points
    return np.asarray(value).item(), np.nan if bar is None else np.asarray(bar).item(), f.points


def record(derivative):
    value, bar, points = np.array([answer(derivative, pair) for pair in PAIRS]).T
    exact = np.array([pair.exact for pair in PAIRS])
    errors = np.abs(value - exact)
    worse = ~(errors <= TOLERANCE * np.where(exact == 0, 1, np.abs(exact)))
    covered = errors <= bar
    ratios = (bar / errors)[(errors > 0) & np.isfinite(errors) & ~np.isnan(bar)]
    return Record(
        worse=int(worse.sum()),
        silent=int((worse & ~covered).sum()),
        missing=int(np.isnan(value).sum()),
        covered=np.nan if np.isnan(bar).all() else covered.mean(),
        bar_per_error=np.median(ratios) if ratios.size else np.nan,
        evaluations=points.mean(),
    )


def seconds(function, *args):
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def microseconds():
    """Return the time of one derivative by each package: best of all rounds, median of the functions."""
    taken = [
        [[seconds(derivative, f, x) for derivative in DERIVATIVES.values()] for f, x in EASY.items()]
        for _ in range(ROUNDS)
    ]
    return dict(zip(DERIVATIVES, 1e6 * np.median(np.min(taken, axis=0), axis=0), strict=True))


def print_table(records, times):
    print(f"\n\n{'':19}{'worse':>10}{'of them':>9}{'of them':>8}{'':>9}{'bar /':>7}{'evalu-':>8}{'micro-':>9}")
    heads = f"{'than 1e-6':>10}{'silent':>9}{'NaN':>8}{'covered':>9}{'error':>7}{'ations':>8}{'seconds':>9}"
    print(f"{f'of {len(PAIRS)} pairs':19}{heads}")
    for name, row in records.items():
        covered = "-" if np.isnan(row.covered) else f"{row.covered:.1%}"
        ratio = "-" if np.isnan(row.bar_per_error) else f"{row.bar_per_error:.2g}"
        counts = f"{row.worse:>10}{row.silent:>9}{row.missing:>8}"
        print(f"{name:19}{counts}{covered:>9}{ratio:>7}{row.evaluations:>8.1f}{times[name]:>9,.0f}")


def test_error_bars_side_by_side(benchmark):
    with quietly():
        records = {name: record(derivative) for name, derivative in DERIVATIVES.items()}
        times = microseconds()
    benchmark(numgrad.derivative, np.sin, 1.0)
    print_table(records, times)
    ours = records.pop("numgrad")
    benchmark.extra_info.update(ours._asdict())
    assert ours.silent == 0 < min(row.silent for row in records.values())


def rosenbrock(x):
    """Return the value at one point, or at each of many, (P, n): SciPy's function takes them as columns."""
    return optimize.rosen(x.T)


def constant(x):
    return float(len(x))


def seconds_per_evaluation(f, **options):
    start = time.perf_counter()
    evaluations = numgrad.gradient(f, POINT, **options).evaluations
    return (time.perf_counter() - start) / evaluations


def seconds_per_evaluation_of_scipy(f):
    return seconds(optimize.approx_fprime, POINT, f) / (POINT.size + 1)


def best(measure, f, **options):
    return min(measure(f, **options) for _ in range(4 * ROUNDS))


def test_many_points_at_once(benchmark):
    estimate = benchmark(numgrad.gradient, rosenbrock, POINT, vectorized=True)
    assert estimate.value == pytest.approx(optimize.rosen_der(POINT), rel=1e-9)
    ratio = best(seconds_per_evaluation_of_scipy, rosenbrock) / best(
        seconds_per_evaluation, rosenbrock, vectorized=True
    )
    benchmark.extra_info["times faster an evaluation than approx_fprime"] = round(float(ratio), 1)
    print(f"\n\ngradient, vectorized, Rosenbrock of {POINT.size}: an evaluation is {ratio:.1f} times")
    print(f"faster than approx_fprime's; there are {estimate.evaluations / (POINT.size + 1):.1f} times as many")
    assert ratio > 15


def test_overhead_of_one_evaluation(benchmark):
    benchmark(numgrad.gradient, constant, POINT)
    ratio = best(seconds_per_evaluation, constant) / best(seconds_per_evaluation_of_scipy, constant)
    benchmark.extra_info["overhead of an evaluation to approx_fprime's"] = round(float(ratio), 2)
    print(f"\n\ngradient, f constant: overhead of an evaluation is {ratio:.2f} of approx_fprime's")
    assert ratio <= 1
