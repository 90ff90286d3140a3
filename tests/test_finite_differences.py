import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import numgrad
from numgrad import TwoLayerNet, numerical_gradient, numerical_gradient_batch, per_sample_gradient
from verification.strategies import arrays, shapes

GRADIENTS = [numerical_gradient, numerical_gradient_batch, per_sample_gradient]


def chapter(x):
    return x[0] ** 2 + x[1] ** 2


def chapter_batch(X):
    return X[:, 0] ** 2 + X[:, 1] ** 2


def total(x):
    return np.sum(x**2)


def of_rows(X):
    return np.sum(X**2, axis=tuple(range(1, X.ndim)))


def test_the_chapters_function_in_both_forms():
    X = np.array([[3, 4], [4, 5], [6, 7], [6, 7]])
    assert [chapter(x) for x in X] == chapter_batch(X).tolist() == [25, 41, 85, 85]


def test_the_chapters_gradient():
    assert numerical_gradient(chapter, np.array([3.0, 4.0])) == pytest.approx(np.array([6, 8]), abs=1e-8)


@pytest.mark.parametrize(("gradient", "f"), [(numerical_gradient_batch, chapter), (per_sample_gradient, chapter_batch)])
def test_the_chapters_batch_gradients(gradient, f):
    X = np.array([[3.0, 4], [4, 5], [6, 7], [1, 4]])
    expected = np.array([[6, 8], [8, 10], [12, 14], [2, 8]])
    assert gradient(f, X) == pytest.approx(expected, abs=1e-8)


@given(data=st.data())
def test_the_three_gradients_agree(data):
    X = data.draw(arrays(data.draw(shapes(2, 3), label="shape"), largest=3), label="X")
    round_off = X.size * np.finfo(float).eps * (total(X) + 1) / 1e-4
    expected = pytest.approx(numerical_gradient(total, X), rel=0, abs=round_off)
    assert numerical_gradient_batch(total, X) == expected
    assert per_sample_gradient(of_rows, X) == expected


def test_one_sample_is_taken_as_it_is_by_all_three():
    x = np.array([0.5, 2.0])
    gradients = [gradient(total, x).tobytes() for gradient in GRADIENTS]
    assert gradients == gradients[:1] * 3


@given(data=st.data())
def test_x_comes_back_bit_for_bit(data):
    x = data.draw(arrays(data.draw(shapes(), label="shape")), label="x")
    x = np.where(x == 0, -0.0, x)
    before = x.tobytes()
    numerical_gradient(total, x)
    assert x.tobytes() == before


def test_x_comes_back_when_f_raises():
    x, calls = np.array([1.0, 2.0]), []

    def f(x):
        calls.append(x.copy())
        if len(calls) == 3:
            raise KeyboardInterrupt
        return x.sum()

    with pytest.raises(KeyboardInterrupt):
        numerical_gradient(f, x)
    assert calls[2][1] != 2.0
    assert x.tolist() == [1.0, 2.0]


def test_each_partial_is_taken_at_x_itself():
    points = []
    numerical_gradient(lambda x: points.append(x.copy()) or 0.0, np.zeros(2), h=1.0)
    assert np.array(points).tolist() == [[1, 0], [-1, 0], [0, 1], [0, -1]]


def test_f_may_close_over_the_array_that_is_differentiated():
    net = TwoLayerNet(2, 3, 2, weight_init_std=1.0, rng=0)
    x, t = np.array([[0.5, 1.0]]), np.array([1])
    closed = numerical_gradient(lambda _: net.loss(x, t), net.params["W1"])
    assert closed.tobytes() == net.numerical_gradient(x, t)["W1"].tobytes()
    assert np.abs(closed).max() > 0


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[::2],
        lambda x: x.T,
        lambda x: x[:, ::-1],
        lambda x: np.broadcast_to(x[0], x.shape),
        lambda x: np.lib.stride_tricks.as_strided(x, (4, 2), (8, 8), writeable=True),
        np.asfortranarray,
        lambda x: x[0, 0, np.newaxis],
    ],
    ids=["step", "transposed", "backwards", "broadcast", "overlapping", "fortran", "one"],
)
@pytest.mark.parametrize("writeable", [True, False])
def test_views_of_any_layout(view, writeable):
    x = np.arange(1.0, 13.0).reshape(4, 3)
    seen = view(x)
    if not writeable:
        seen.flags.writeable = False
    before = x.tobytes()
    assert numerical_gradient(total, seen) == pytest.approx(2 * seen, abs=1e-6)
    assert x.tobytes() == before


def test_a_number_and_an_empty_array_have_gradients_of_their_shapes():
    assert numerical_gradient(lambda x: x**2, 3.0) == pytest.approx(6.0, abs=1e-8)
    assert numerical_gradient(lambda x: x.sum(), np.zeros((0, 3))).shape == (0, 3)


def test_the_divisor_is_the_step_really_taken():
    x = np.array([1e8 + 0.1])
    assert numerical_gradient(lambda x: 3 * x[0], x) == pytest.approx(3.0, abs=1e-3)
    nominal = (3 * (x + 1e-4) - 3 * (x - 1e-4)) / 2e-4
    assert abs(nominal[0] - 3) > 1e-5
    assert numerical_gradient(lambda x: x[0] - 1e8, x) == 1.0


@pytest.mark.parametrize(
    ("x", "tolerance"),
    [
        (np.array([1.0, 2.0], np.float32), 5e-3),  # eps32 |f| / h = 6e-3
        (np.array([1.0, 2.0], np.longdouble), 1e-8),
    ],
    ids=["float32", "longdouble"],
)
def test_the_dtype_of_x_is_kept(x, tolerance):
    gradient = numerical_gradient(total, x)
    assert gradient.dtype == x.dtype
    assert gradient == pytest.approx(2 * x, abs=tolerance)


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


@pytest.mark.parametrize(("base", "share"), [(1e6, 1e-4), (1e8, 1e-2), (1e10, 1.0)])
def test_coupling_is_found_beside_values_that_nearly_hide_it(base, share):
    """The other rows' share in each entry is some ten times the noise, eps * base / h."""
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


def test_per_sample_gradient_refuses_low_precision_of_one_sample_too():
    with pytest.raises(TypeError, match="Expected f to compute in float64 but got values of dtype=float32"):
        per_sample_gradient(lambda x: np.float32(np.sum(x**2)), np.array([300.1, 4.0]))


MATRIX = np.random.default_rng(0).standard_normal((5, 5))
SHORT_NUMBERS = {
    "a constant": (lambda X: np.full(len(X), 0.5), np.ones((2, 1)), 1e-4, 0.0),
    "a distance to x itself": (lambda X: X[:, 0] - 1e6, np.full((3, 1), 1e6), 1e-4, 1.0),
    "a step of one bit": (lambda X: X[:, 0] / 4 + 8, np.ones((3, 1)), 2.0**-13, 0.25),
    "a coarse x": (lambda X: X[:, 0] - 1e12 + 8, np.full((3, 1), 1e12), 1e-4, 1.0),
    "counts": (lambda X: np.where(X[:, 0] > 1, 5001, 5000), np.ones((2, 1)), 1e-4, 5000.0),
    "what cancels": (lambda X: (X @ MATRIX).sum(axis=1) - X @ MATRIX.sum(axis=1), 10 * MATRIX, 1e-4, 0.0),
}


@pytest.mark.parametrize(("f", "x", "h", "slope"), SHORT_NUMBERS.values(), ids=SHORT_NUMBERS)
def test_short_numbers_are_no_low_precision(f, x, h, slope):
    assert per_sample_gradient(f, x, h) == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1, 2], r"Expected [xX] to hold floats but got dtype=int64: .* Pass np.asarray\([xX], dtype=float\)"),
        ([True, False], "hold floats but got dtype=bool"),
        ([1j], "hold real numbers but got dtype=complex128"),
        (["a"], "hold real numbers but got dtype=<U1"),
    ],
)
def test_what_cannot_be_stepped_from_is_refused(gradient, x, message):
    with pytest.raises(TypeError, match=message):
        gradient(total, np.array(x))


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("x", [[[1.0, np.nan]], [[np.inf, 1.0]]])
def test_points_that_are_not_finite_are_refused(gradient, x):
    with pytest.raises(ValueError, match=r"Expected [xX] to be finite but got [xX]\[0, \d\] = (nan|inf)"):
        gradient(of_rows, np.array(x))


@pytest.mark.parametrize("gradient", GRADIENTS)
@pytest.mark.parametrize("h", [0, -1e-4, np.nan, np.inf, [1e-4], "a", 1j, True, 10**400], ids=lambda h: str(h)[:9])
def test_a_bad_step_is_refused(gradient, h):
    with pytest.raises((ValueError, TypeError), match="Expected h to be positive and finite but got"):
        gradient(of_rows, np.ones((1, 2)), h)


@pytest.mark.parametrize("gradient", [numerical_gradient, per_sample_gradient])
def test_a_lost_step_is_refused(gradient):
    with pytest.raises(
        ValueError, match=r"move [xX]\[0, 1\] but got h=0.0001 beside 1e\+13 in float64: .* the step is lost"
    ):
        gradient(of_rows if gradient is per_sample_gradient else total, np.array([[1.0, 1e13]]))


@pytest.mark.parametrize("gradient", [numerical_gradient_batch, per_sample_gradient])
@pytest.mark.parametrize("x", [1.0, np.zeros((0, 2)), np.zeros((2, 0))], ids=["number", "no rows", "no columns"])
def test_what_is_no_batch_is_refused(gradient, x):
    with pytest.raises(ValueError, match=r"Expected X to have shape \(N, D\)|at least one sample"):
        gradient(total, x)


RETURNS = {
    "rows": (lambda x: x, r"Expected f to return one number but got shape \(2,\).*per_sample_gradient"),
    "one in an array": (lambda x: x[:1], r"but got shape \(1,\)"),
    "nothing": (lambda _: None, "but got None of NoneType"),
    "no end": (lambda _: 10**400, "but got an integer of 1329 bits: floats end at"),
    "masked": (lambda _: np.ma.masked, r"Expected f\(x\) to hold no masked entries"),
    "complex": (lambda _: 1j, "but got 1j of complex"),
}


@pytest.mark.parametrize(("f", "message"), RETURNS.values(), ids=RETURNS)
def test_f_must_return_one_real_number(f, message):
    with pytest.raises((ValueError, TypeError), match=message):
        numerical_gradient(f, np.ones(2))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_step_out_of_the_domain_is_refused_with_the_entry(bad):
    with pytest.raises(ValueError, match=rf"Expected f at x\[1\] - h to be finite but got {bad}.*smaller h"):
        numerical_gradient(lambda x: x.sum() if x[1] >= 0 else bad, np.array([1.0, 0.0]))
    with pytest.raises(ValueError, match=rf"f at X\[1, 0\] = -0.0001 to be finite but got {bad}"):
        per_sample_gradient(lambda X: np.where(X[:, 0] >= 0, X.sum(axis=1), bad), np.array([[1.0, 0.0], [0.0, 1.0]]))


def test_f_that_changes_x_is_refused_and_x_comes_back():
    x = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="Expected f to leave its argument as it is"):
        numerical_gradient(lambda x: x.__imul__(2).sum(), x)
    assert x.tolist() == [1.0, 2.0]


def test_f_that_changes_another_entry_is_refused_and_x_comes_back():
    def f(x):
        if x[0] != 1.0:
            x[1] = 5.0
        return x.sum()

    x = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="leave its argument as it is but got x changed by f"):
        numerical_gradient(f, x)
    assert x.tolist() == [1.0, 2.0]


def test_f_that_undoes_its_change_on_the_next_call_is_refused():
    x = np.array([3.0, 4.0])
    with pytest.raises(ValueError, match=r"leave its argument as it is but got x\[0\] changed by f"):
        numerical_gradient(lambda x: np.negative(x, out=x)[0] * x[1] + x[1], x)
    assert x.tolist() == [3.0, 4.0]


def test_f_that_freezes_x_does_not_keep_it_from_coming_back():
    x = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        numerical_gradient(lambda x: x.setflags(write=False) or x.sum(), x)
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_slope_that_overflows_is_refused(dtype):
    largest, message = float(np.finfo(dtype).max), r"Expected the slope of f at {} to be finite but got inf"
    with pytest.raises(ValueError, match=message.format(r"x\[0\]")):
        numerical_gradient(lambda x: largest * np.sign(float(x[0])), np.array([0.0], dtype))
    with pytest.raises(ValueError, match=message.format(r"X\[1, 0\]")):
        per_sample_gradient(lambda X: np.array([0.5, 1e308]) * np.sign(X[:, 0]), np.zeros((2, 1)))


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_step_out_of_the_floats_is_refused(gradient):
    f = of_rows if gradient is per_sample_gradient else total
    with pytest.raises(ValueError, match=r"Expected h to keep [xX]\[0(, 0)?\] finite but got h=1e\+308"):
        gradient(f, np.ones((1, 2)), 1e308)


@pytest.mark.parametrize("h", [np.float32(1e-4), np.float16(1e-4), np.float64(1e-4)])
def test_a_step_may_be_a_scalar_of_any_precision(h):
    assert numerical_gradient(total, np.array([3.0]), h) == pytest.approx(6.0, abs=1e-7)


def test_a_batch_is_told_what_to_do_about_a_function_of_no_sample():
    with pytest.raises(ValueError, match=r"one number of a single sample; .* call per_sample_gradient"):
        numerical_gradient_batch(lambda x: x**2, np.ones((2, 2)))


def test_a_batch_names_the_row_that_cannot_be_differentiated():
    with pytest.raises(ValueError, match=r"Expected f at X\[1, 0\] - h to be finite"):
        numerical_gradient_batch(lambda x: x.sum() if x[0] >= 0 else np.nan, np.array([[1.0, 2.0], [0.0, 1.0]]))


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_masked_entries_are_refused(gradient):
    masked = np.ma.masked_less(np.array([[1.0, -1.0]]), 0)
    with pytest.raises(ValueError, match=r"Expected [xX] to hold no masked entries but got 1 of them"):
        gradient(of_rows, masked)


@pytest.mark.parametrize(
    ("dtype", "low", "high"), [(np.uint8, 5, 6), (np.int8, -100, 100), (np.uint64, 5, 7), (bool, 0, 1)]
)
def test_integer_values_do_not_wrap_around(dtype, low, high):
    slope = (high - low) / 2e-4
    x = np.zeros((1, 1))
    assert numerical_gradient(lambda x: np.where(x[0, 0] > 0, high, low).astype(dtype)[()], x) == pytest.approx(slope)
    assert per_sample_gradient(lambda X: np.where(X[:, 0] > 0, high, low).astype(dtype), x) == pytest.approx(slope)


def test_a_big_integer_is_a_number():
    assert numerical_gradient(lambda _: 2**70, np.ones(1)) == [0.0]


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
