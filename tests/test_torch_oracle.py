import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from verification import torch_oracle
from verification.cases.smooth import SMOOTH
from verification.strategies import arrays, shapes


def zero(x):
    return x.sum() * 0


def test_three_derivatives_of_a_function_known_by_hand():
    x, h = np.array([0.5, -2.0]), 1e-4
    found = torch_oracle.derivatives(lambda x: (x**4).sum(), lambda x: x.abs().sum(), x, h=h)
    assert found.value == pytest.approx(0.5**4 + 16)
    assert found.gradient == pytest.approx(4 * x**3)
    assert found.second == pytest.approx(12 * (np.abs(x) + h) ** 2)
    assert found.third == pytest.approx(24 * (np.abs(x) + h))
    assert found.noise == pytest.approx(np.finfo(float).eps * (2.5 + h))
    assert found.value_noise == pytest.approx(np.finfo(float).eps * 2.5)


def test_the_largest_derivative_may_be_inside_the_step():
    found = torch_oracle.derivatives(lambda x: -(x**5).sum() / 60 + (x**3).sum(), zero, np.array([0.0]), h=1.0)
    assert found.third[0] == pytest.approx(6.0)


def test_rows_have_the_derivatives_of_their_own_values():
    X = np.array([[1.0, 2.0], [3.0, 5.0]])

    def coupled(X):
        return ((X - X.mean(0)) ** 2).sum(1)

    found = torch_oracle.derivatives(coupled, coupled, X, h=1e-4)
    assert found.value.shape == (2,)
    assert found.gradient == pytest.approx(np.array([[-1.0, -1.5], [1.0, 1.5]]))


@given(data=st.data(), smooth=st.sampled_from(SMOOTH))
def test_rowwise_is_row_by_row(data, smooth):
    X = data.draw(arrays(data.draw(shapes(2, 3), label="shape"), largest=2), label="X")
    together = torch_oracle.derivatives(
        torch_oracle.rowwise(smooth.twin), torch_oracle.rowwise(smooth.round_off), X, h=1e-4
    )
    for row, (x, value) in enumerate(zip(X, together.value, strict=True)):
        alone = torch_oracle.derivatives(smooth.twin, smooth.round_off, x, h=1e-4)
        assert value == pytest.approx(float(alone.value), rel=1e-14)
        for name in ("gradient", "second", "third", "noise"):
            assert getattr(together, name)[row] == pytest.approx(getattr(alone, name), rel=1e-12)


@pytest.mark.parametrize("constant", [zero, lambda x: torch.tensor(3.0, dtype=torch.float64)])
def test_a_constant_has_no_slope(constant):
    found = torch_oracle.derivatives(constant, zero, np.ones(2), h=1e-4)
    assert not found.gradient.any()
    assert not found.third.any()


def test_where_nothing_is_aimed_at_nothing_slopes():
    y = np.array([1.0, 0.0])
    for twin, t in (
        (torch_oracle.cross_entropy_error_one_hot, y),
        (torch_oracle.cross_entropy_error_labels, 0),
    ):
        found = torch_oracle.derivatives(twin, lambda y, t: y.sum(), y, (t,), h=1e-4)
        assert found.gradient.tolist() == [-1.0, 0.0]


def test_the_oracle_computes_in_float64():
    assert torch_oracle.tensor(np.float32([0.1])).dtype == torch.float64
    assert torch_oracle.tensor([1, 2]).dtype == torch.int64


def test_single_thread_gives_the_threads_back():
    before = torch.get_num_threads()
    with torch_oracle.single_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_the_round_off_of_a_gradient_covers_what_its_own_rounding_did():
    ties, cotangent = np.array([1e6, 1e6, 1e6]), np.array([0.0, 0.01, 0.02])
    found = torch_oracle.gradient(dot_softmax, ties, [cotangent])
    round_off = torch_oracle.gradient_round_off(dot_softmax, ties, [cotangent])
    assert 0 < abs(found[1]) <= round_off[1]  # it is 0 exactly
    assert (round_off <= 1e-16).all()


def test_the_round_off_of_a_gradient_sees_into_fused_operators():
    logits, t = np.array([99.0, 63.0]), np.array(0)
    found = torch_oracle.gradient(torch_oracle.softmax_cross_entropy, logits, [t])
    round_off = torch_oracle.gradient_round_off(torch_oracle.softmax_cross_entropy, logits, [t])
    assert 0 < abs(found[0] + np.exp(-36.0)) <= round_off[0] <= 1e-14
    assert round_off[1] <= 1e-28


def dot_softmax(x, cotangent):
    return (cotangent * torch_oracle.softmax(x)).sum()


def test_the_round_off_of_a_gradient_knows_of_underflow():
    found = torch_oracle.gradient(sum_sigmoid, np.array([-710.0]))
    assert (
        abs(found - 4.476286225675130e-309)
        <= torch_oracle.gradient_round_off(sum_sigmoid, np.array([-710.0]))
        <= 1e-306
    )


def sum_sigmoid(x):
    return torch_oracle.sigmoid(x).sum()
