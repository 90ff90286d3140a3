import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_functions import total

from numgrad import TwoLayerNet, numerical_gradient, numerical_gradient_batch
from verification.strategies import arrays, shapes


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
    assert closed.tobytes() == net.numerical_gradient(x, t, method="loop")["W1"].tobytes()
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


@pytest.mark.parametrize("h", [np.float32(1e-4), np.float16(1e-4), np.float64(1e-4)])
def test_a_step_may_be_a_scalar_of_any_precision(h):
    assert numerical_gradient(total, np.array([3.0]), h) == pytest.approx(6.0, abs=1e-7)


@pytest.mark.parametrize("shape", [(2, 2), (2,)])
def test_a_batch_is_told_what_to_do_about_a_function_of_no_sample(shape):
    with pytest.raises(ValueError, match=r"one number of a single sample; .* call per_sample_gradient") as error:
        numerical_gradient_batch(lambda x: x**2, np.ones(shape))
    assert "call numerical_gradient_batch" not in str(error.value)


def test_a_batch_names_the_row_that_cannot_be_differentiated():
    with pytest.raises(ValueError, match=r"Expected f at X\[1, 0\] - h to be finite"):
        numerical_gradient_batch(lambda x: x.sum() if x[0] >= 0 else np.nan, np.array([[1.0, 2.0], [0.0, 1.0]]))


def test_a_big_integer_is_a_number():
    assert numerical_gradient(lambda _: 2**70, np.ones(1)) == [0.0]


def test_the_step_of_a_longdouble_is_taken_whole():
    assert numerical_gradient(lambda x: x[0], np.array([1], np.longdouble) / 3) == 1.0
