import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_functions import chapter, chapter_batch, of_rows, total

from numgrad import numerical_gradient, numerical_gradient_batch, per_sample_gradient
from verification.strategies import arrays, shapes

GRADIENTS = [numerical_gradient, numerical_gradient_batch, per_sample_gradient]


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
@pytest.mark.parametrize(
    ("entry", "said"),
    [(1e13, r"1e\+13"), (2.0**40, r"1.09951e\+12"), (-(2.0**40), r"-1.09951e\+12")],
    ids=["both ways", "upwards", "downwards"],
)
def test_a_lost_step_is_refused(gradient, entry, said):
    message = rf"move [xX]\[0, 1\] but got h=0.0001 beside {said} in float64: .* the step is lost"
    with pytest.raises(ValueError, match=message):
        gradient(of_rows if gradient is per_sample_gradient else total, np.array([[1.0, entry]]))


@pytest.mark.parametrize("gradient", [numerical_gradient_batch, per_sample_gradient])
@pytest.mark.parametrize("x", [1.0, np.zeros((0, 2)), np.zeros((2, 0))], ids=["number", "no rows", "no columns"])
def test_what_is_no_batch_is_refused(gradient, x):
    with pytest.raises(ValueError, match=r"Expected X to have shape \(N, D\)|at least one sample"):
        gradient(total, x)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_step_out_of_the_domain_is_refused_with_the_entry(bad):
    with pytest.raises(ValueError, match=rf"Expected f at x\[1\] - h to be finite but got {bad}.*smaller h"):
        numerical_gradient(lambda x: x.sum() if x[1] >= 0 else bad, np.array([1.0, 0.0]))
    with pytest.raises(ValueError, match=rf"f at X\[1, 0\] = -0.0001 to be finite but got {bad}"):
        per_sample_gradient(lambda X: np.where(X[:, 0] >= 0, X.sum(axis=1), bad), np.array([[1.0, 0.0], [0.0, 1.0]]))


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
