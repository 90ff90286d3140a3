import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from numgrad import sigmoid, softmax
from numgrad.activations import log_softmax

FLOATS = st.sampled_from([np.float16, np.float32, np.float64])
FINITE = FLOATS.flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        hnp.array_shapes(min_dims=1, max_dims=4),
        elements=hnp.from_dtype(np.dtype(dtype), allow_nan=False, allow_infinity=False),
    )
)


@given(x=FINITE)
def test_sigmoid_of_any_finite_input_is_a_probability_and_warns_of_nothing(x):
    y = sigmoid(x)
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    assert ((y >= 0) & (y <= 1)).all()


@given(x=FINITE)
def test_sigmoid_of_minus_x_is_one_minus_sigmoid(x):
    eps = np.finfo(x.dtype).eps
    assert (np.abs(sigmoid(-x) - (1 - sigmoid(x))) <= 4 * eps).all()


def test_sigmoid_keeps_its_digits_where_it_is_tiny():
    assert sigmoid(-700.0) == pytest.approx(np.exp(-700.0), rel=1e-14, abs=0)
    assert sigmoid(-745.0) > 0


@pytest.mark.parametrize("x", [0, [1, 2], True, np.uint8(3)], ids=repr)
def test_sigmoid_takes_integers_as_float64(x):
    assert sigmoid(x).dtype == np.float64
    assert sigmoid(x).shape == np.shape(x)


@given(x=FINITE)
def test_softmax_of_any_finite_input_sums_to_one_and_warns_of_nothing(x):
    y = softmax(x)
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    assert ((y >= 0) & (y <= 1)).all()
    assert (np.abs(y.sum(axis=-1) - 1) <= 2 * x.shape[-1] * np.finfo(x.dtype).eps).all()


@given(x=FINITE)
def test_softmax_orders_as_its_input_does(x):
    assert (np.take_along_axis(softmax(x), x.argmax(axis=-1)[..., None], -1)[..., 0] == softmax(x).max(-1)).all()


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([5.0], [1.0]),
        ([2.0, 2.0, 2.0, 2.0], [0.25] * 4),
        ([1e308, 1e308], [0.5, 0.5]),
        ([1.7e308, -1.7e308], [1.0, 0.0]),
        ([[0.0, 0.0], [0.0, -1e5]], [[0.5, 0.5], [1.0, 0.0]]),
        ([0, np.log(3)], [0.25, 0.75]),
    ],
)
def test_softmax_of_ties_one_class_and_extremes(x, expected):
    assert softmax(x) == pytest.approx(np.array(expected), rel=1e-15, abs=0)


@given(x=FINITE, shift=st.integers(-100, 100))
def test_softmax_does_not_see_a_shift(x, shift):
    x = np.round(np.clip(x, -100, 100).astype(np.float64))
    assert (softmax(x + shift) == softmax(x)).all()


def test_log_softmax_is_finite_where_softmax_is_zero():
    assert log_softmax([0.0, -1e5]).tolist() == [0.0, -1e5]


@pytest.mark.parametrize("activation", [sigmoid, softmax])
@pytest.mark.parametrize("x", [1j, ["a"], [None]], ids=repr)
def test_what_is_no_number_is_refused(activation, x):
    with pytest.raises(TypeError, match="Expected x to hold real numbers but got dtype="):
        activation(x)


def test_softmax_of_a_single_number_is_refused():
    with pytest.raises(ValueError, match=r"Expected x to have shape \(..., K\) but got a single number"):
        softmax(3.0)


def test_softmax_of_no_classes_is_refused():
    with pytest.raises(ValueError, match=r"Expected x to hold at least one sample but got shape \(2, 0\)"):
        softmax(np.zeros((2, 0)))


@given(x=FINITE)
def test_inputs_stay_as_they_are(x):
    x.flags.writeable = False
    before = x.tobytes()
    sigmoid(x)
    softmax(x)
    assert x.tobytes() == before


@pytest.mark.parametrize("activation", [softmax, log_softmax])
def test_more_ties_than_float16_can_count(activation):
    ties = np.zeros((1, 70_000), np.float16)
    y = activation(ties)
    assert y.dtype == np.float16
    expected = 1 / ties.size if activation is softmax else -np.log(ties.size)
    assert y.astype(float) == pytest.approx(np.full(ties.shape, expected), rel=2e-2)  # 1/70000 is subnormal there
