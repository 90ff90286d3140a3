import math

import numpy as np
import pytest
from sample_functions import of_rows

import numgrad
from numgrad import per_sample_gradient


def test_per_sample_gradient_computes_in_float64():
    X = np.array([[1.0, 2.0]], np.float32)
    gradient = per_sample_gradient(of_rows, X)
    assert gradient.dtype == np.float64
    assert gradient == pytest.approx(np.array([[2.0, 4.0]]), abs=1e-8)


@pytest.mark.parametrize(("rows", "columns", "proof"), [(1, 3, 2), (2, 3, 6), (5, 3, 14), (64, 2, 26)])
def test_per_sample_gradient_needs_two_calls_a_column_beside_its_proof(rows, columns, proof):
    calls = []
    per_sample_gradient(lambda X: calls.append(X) or of_rows(X), np.ones((rows, columns)))
    assert len(calls) == 2 * columns + proof


def test_per_sample_gradient_never_moves_x():
    X = np.ones((2, 2))
    per_sample_gradient(lambda X: of_rows(X.__imul__(2)), X)
    assert (X == 1).all()


COUPLED = {
    "mean": lambda X: ((X - X.mean(axis=0)) ** 2).sum(axis=1),
    "neighbour": lambda X: (X * np.roll(X, 1, axis=0)).sum(axis=1),
    "difference of columns": lambda X: (X[:, 0] - X[:, 1]) * (X[::-1, 0] - X[::-1, 1]) + X[:, 0],
    "one row": lambda X: of_rows(X) + 1e-3 * X[0, 0],
    "last row on first": lambda X: of_rows(X) + np.eye(len(X))[0] * X[-1, 1],
    "last row on the first half": lambda X: of_rows(X) + np.eye(len(X))[-1] * X[len(X) // 2 - 1, 1],
    "a jump": lambda X: of_rows(X) + np.sign(np.roll(X - np.linspace(0.1, 1, X.size).reshape(X.shape), 1, 0)).sum(1),
    "one-sample function": lambda X: X[0] ** 2 + X[1] ** 2 + 0 * X[: X.shape[1], 0],
    "a contrast that cancels": lambda X: X[:, 0] + (-1.0) ** np.arange(len(X)) @ (X[:, 1] * (np.arange(len(X)) > 0)),
    "two-way residual": lambda X: X[:, 0] - X[:, 0].mean() - X[::-1, 1] + X[:, 1],
    "softmax over the batch": lambda X: numgrad.softmax(X.T).T[:, 0],
}


@pytest.mark.parametrize(
    ("base", "share"), [(1e6, 1e-4), (1e8, 1e-2), (1e10, 1.0), (1e6, 5e-6), (1e8, 5e-4), (1e10, 5e-2)]
)
def test_coupling_is_found_beside_values_that_nearly_hide_it(base, share):
    """In units of eps * base / h, the noise of each entry, the other rows' share in it is 5 to 1/4."""
    X = np.random.default_rng(3).standard_normal((6, 3))
    with pytest.raises(ValueError, match="from that row of X alone"):
        per_sample_gradient(lambda X: base + of_rows(X) + share * X.mean(), X)


@pytest.mark.parametrize(("rows", "h"), [(4, 1e-4), (2, 7e-5)])
def test_coupling_is_found_where_the_step_is_hardly_more_than_rounding(rows, h):
    X = 1e12 + np.arange(rows)[:, np.newaxis]
    with pytest.raises(ValueError, match="from that row of X alone"):
        per_sample_gradient(lambda X: X[:, 0] - X[::-1, 0], X, h)


def test_masked_values_are_refused():
    with pytest.raises(ValueError, match=r"Expected f\(X\) to hold no masked entries but got 2 of them"):
        per_sample_gradient(lambda X: np.ma.array(of_rows(X), mask=True), np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"Expected f\(x\) to hold no masked entries but got 1 of them"):
        per_sample_gradient(lambda _: np.ma.masked, np.ones(2))


@pytest.mark.parametrize("f", COUPLED.values(), ids=COUPLED)
@pytest.mark.parametrize("rows", [2, 3, 4, 7])
def test_per_sample_gradient_refuses_coupled_rows(f, rows):
    X = np.linspace(0.1, 1, rows * 2).reshape(rows, 2)
    with pytest.raises(ValueError, match=r"Expected f to (compute each row from that row|return one value a row)"):
        per_sample_gradient(f, X)


SHAPES = {
    "scalar": (lambda X: X.sum(), r"shape \(3,\), but got shape \(\).*unreduced"),
    "kept": (lambda X: X.sum(axis=1, keepdims=True), r"shape \(3, 1\): a dimension was kept.*\[:, 0\]"),
    "other": (lambda X: X.sum(axis=0), r"shape \(2,\).*not samples to f"),
    "matrix": (lambda X: X, r"shape \(3, 2\)"),
}


@pytest.mark.parametrize(("f", "message"), SHAPES.values(), ids=SHAPES)
def test_per_sample_gradient_refuses_other_shapes(f, message):
    with pytest.raises(ValueError, match=message):
        per_sample_gradient(f, np.ones((3, 2)))


IN_SINGLE = {
    "rows": (lambda X: of_rows(X.astype(np.float32)), "values of dtype=float32"),
    "cast back": (lambda X: of_rows(X.astype(np.float32)).astype(float), "values that all fit float32"),
    "numbers": (lambda X: [float(value) for value in of_rows(X.astype(np.float32))], "values that all fit float32"),
}


@pytest.mark.parametrize(("f", "got"), IN_SINGLE.values(), ids=IN_SINGLE)
@pytest.mark.parametrize("rows", [1, 3])
def test_per_sample_gradient_refuses_low_precision_inside_f(f, got, rows):
    X = np.random.default_rng(0).uniform(1, 3, (rows, 2))
    with pytest.raises(TypeError, match=f"Expected f to compute in float64 but got {got}"):
        per_sample_gradient(f, X)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x**2, r"shape \(2,\).* or pass a batch of one, X\[np.newaxis\]"),
        (lambda _: 10**400, "an integer of 1329 bits"),
    ],
)
def test_one_sample_is_refused_what_one_sample_can_mend(f, message):
    with pytest.raises(ValueError, match=message):
        per_sample_gradient(f, np.ones(2))


def test_per_sample_gradient_refuses_low_precision_of_one_sample_too():
    with pytest.raises(TypeError, match="Expected f to compute in float64 but got values of dtype=float32"):
        per_sample_gradient(lambda x: np.float32(np.sum(x**2)), np.array([300.1, 4.0]))


def test_rounding_and_an_edge_of_the_domain_near_by_are_no_dependence():
    """The maximum's rounding is looked into farther away, where the logarithm of its row is NaN."""

    def loss(X):
        return X[:, 1] * X.max() / X.max() - np.log(X[:, 0])

    X = np.array([[1.5e-4, 5.3], [1.0, 0.7], [1.0, 0.9]])
    error = 2 * np.finfo(float).eps / 1e-4 + 1.001e-8 / 3  # round-off, and truncation h² / 6 · 2 / x³
    with np.errstate(all="warn"):
        assert per_sample_gradient(loss, X)[1:] == pytest.approx(np.array([[-1, 1], [-1, 1]]), abs=error)


def test_a_function_that_raises_out_of_its_domain_is_moved_within_it():
    """Both columns moved by a step leave the domain, which neither does alone."""
    X = np.array([[1.00015, 1.0], [3.0, 1.0]])
    expected = 0.5 / np.sqrt(X[:, :1] - X[:, 1:]) * [1, -1]
    gradient = per_sample_gradient(lambda X: np.array([math.sqrt(x[0] - x[1]) for x in X]), X)
    assert gradient[1] == pytest.approx(expected[1], abs=1e-8)
    with pytest.raises(ValueError, match="from that row of X alone"):
        per_sample_gradient(lambda X: np.array([math.sqrt(x[0] - x[1]) for x in X]) + X.mean(), X)


def test_what_f_raises_is_passed_on():
    with pytest.raises(ValueError, match="math domain error"):
        per_sample_gradient(lambda X: np.array([math.log(x) for x in X[:, 0]]), np.array([[-1.0], [1.0]]))


MATRIX = np.random.default_rng(0).standard_normal((5, 5))

# What it is, f, x, h, the slope and its round-off: eps |f| / h of values that are rounded, else none.
SHORT_NUMBERS = {
    "a constant": (lambda X: np.full(len(X), 0.5), np.ones((2, 1)), 1e-4, 0.0, 0),
    "a distance to x itself": (lambda X: X[:, 0] - 1e6, np.full((3, 1), 1e6), 1e-4, 1.0, 0),
    "a step of one bit": (lambda X: X[:, 0] / 4 + 8, np.ones((3, 1)), 2.0**-13, 0.25, 0),
    "a coarse x": (lambda X: X[:, 0] - 1e12 + 8, np.full((3, 1), 1e12), 1e-4, 1.0, 0),
    "counts": (lambda X: np.where(X[:, 0] > 1, 5001, 5000), np.ones((2, 1)), 1e-4, 5000.0, 1e-8),
    "what cancels": (lambda X: (X @ MATRIX).sum(axis=1) - X @ MATRIX.sum(axis=1), 10 * MATRIX, 1e-4, 0.0, 1e-9),
}


@pytest.mark.parametrize(("f", "x", "h", "slope", "round_off"), SHORT_NUMBERS.values(), ids=SHORT_NUMBERS)
def test_short_numbers_are_no_low_precision(f, x, h, slope, round_off):
    assert per_sample_gradient(f, x, h) == pytest.approx(slope, rel=0, abs=round_off)


def test_f_may_use_one_array_for_all_its_values():
    out, X = np.empty(3), np.array([[1.0, 2.0], [3.0, 5.0], [4.0, 7.0]])
    assert per_sample_gradient(lambda X: np.sum(X**2, axis=1, out=out), X) == pytest.approx(2 * X, abs=1e-6)
    with pytest.raises(ValueError, match="from that row of X alone"):
        per_sample_gradient(lambda X: np.sum((X - X.mean(axis=0)) ** 2, axis=1, out=out), X)


AT_A_TIE = {
    "minimum": lambda X: (X - X.min(axis=0)).sum(axis=1),
    "maximum": lambda X: (X - X.max(axis=0)).sum(axis=1),
    "relu": lambda X: X.sum(axis=1) + np.maximum(X, 0).sum(),
    "half of relu": lambda X: X.sum(axis=1) + np.minimum(X, 0).sum(),
}


@pytest.mark.parametrize("f", AT_A_TIE.values(), ids=AT_A_TIE)
@pytest.mark.parametrize("shape", [(2, 1), (4, 2)])
def test_rows_coupled_on_one_side_of_a_tie_are_refused(f, shape):
    with pytest.raises(ValueError, match="from that row of X alone"):
        per_sample_gradient(f, np.zeros(shape))


def test_f_that_has_no_value_at_x_is_refused_rather_than_trusted():
    def f(X):
        with np.errstate(all="ignore"):
            return 1 / X[:, 0] + X.sum()

    with pytest.raises(ValueError, match="Expected f at row 0 of X to be finite but got inf"):
        per_sample_gradient(f, np.array([[0.0], [1.0]]))


@pytest.mark.parametrize("size", [1.0, 1e-8])
def test_f_that_is_random_is_refused_as_such(size):
    noise = np.random.default_rng(0)
    with pytest.raises(ValueError, match="Expected f to return the same values twice"):
        per_sample_gradient(lambda X: of_rows(X) + size * noise.random(len(X)), np.ones((3, 2)))


@pytest.mark.parametrize("scale", [1.0, 10.0, 30.0])
def test_a_rounding_that_the_batch_decides_is_no_dependence(scale):
    """The maximum of the batch, subtracted from every row, cancels but for its rounding."""

    def loss(X):
        exponentials = np.exp(X - X.max())
        return -np.log(exponentials[:, 0] / exponentials.sum(axis=1))

    rng = np.random.default_rng(0)
    for _ in range(30):
        X = scale * rng.standard_normal((8, 5))
        X[:, 0] = X.max()  # the loss is near 0: its last bit flips
        assert per_sample_gradient(loss, X).shape == X.shape
