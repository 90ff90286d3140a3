"""Second derivatives by PyTorch: of functions whose backward pass can be differentiated."""

import pytest
import torch
from torch_functions import HalfDetached, Slightly, T, net

from verification import GradientError, Verdict, assert_autograd, check_autograd


def test_second_derivatives_are_checked_where_they_are_asked_for():
    assert check_autograd(HalfDetached.apply, T).verdict is Verdict.AGREES
    found = check_autograd(HalfDetached.apply, T, order=2)
    assert found.verdict is Verdict.DISAGREES
    assert found.diagnoses[0].where == "input0"
    assert found.diagnoses[0].evidence["factor"] == pytest.approx(0.5)
    assert found.call == "check_autograd(fn, *inputs, order=2, seed=0)"
    with pytest.raises(GradientError, match=r"second derivatives: input0: constant factor .*½ × true"):
        assert_autograd(HalfDetached.apply, T, order=2)


SECOND = {
    "a module": (net(), (T,)),
    "several outputs": (lambda a, b: (a * b.sin(), a.exp()), (T, T + 1)),
    "complex": (lambda z: z**3, (torch.complex(T, T + 1),)),
    "float32": (torch.tanh, (T.float(),)),
    "a number": (lambda a: a.pow(3).sum(), (T,)),
}


@pytest.mark.parametrize(("fn", "inputs"), SECOND.values(), ids=SECOND)
def test_second_derivatives_are_right(fn, inputs):
    found = check_autograd(fn, *inputs, order=2)
    assert found.verdict is Verdict.AGREES, str(found)


def test_a_wrong_first_derivative_is_told_before_the_second():
    assert "1.001" in check_autograd(Slightly.apply, T, order=2).reason


def test_an_order_that_is_none_is_refused():
    with pytest.raises(ValueError, match="Expected order to be 1 or 2 but got 3"):
        check_autograd(torch.sin, T, order=3)


def test_an_argument_may_be_called_cotangent():
    found = check_autograd(lambda cotangent: HalfDetached.apply(2 * cotangent), T, order=2)
    assert found.verdict is Verdict.DISAGREES
    assert found.diagnoses[0].where == "cotangent"


def test_a_wrong_first_derivative_is_not_excused_by_a_kink_of_the_second():
    class Negative(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.relu(x) ** 2

        @staticmethod
        def backward(ctx, cotangent):
            (x,) = ctx.saved_tensors
            return -2 * torch.relu(x) * cotangent

    zeros = torch.zeros(3, dtype=torch.float64)
    with pytest.raises(GradientError):
        assert_autograd(Negative.apply, zeros, order=2, subgradient="accept")
