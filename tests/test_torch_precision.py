"""What autograd returns in low precision: held to its own digits, and no finer."""

import pytest
import torch
from torch import nn
from torch_functions import Exponential, Slightly, T

from verification import FailureMode, Verdict, check_autograd


class OnlyBfloat16(Exponential):
    """Its backward pass is wrong in bfloat16 alone."""

    @classmethod
    def backward(cls, ctx, cotangent):
        (x,) = ctx.saved_tensors
        return (-1 if x.dtype is torch.bfloat16 else 1) * cotangent * x.exp()


def test_bfloat16_is_looked_at_in_bfloat16():
    found = check_autograd(OnlyBfloat16.apply, T.bfloat16())
    assert found.verdict is Verdict.DISAGREES
    assert found.diagnoses[0].mode is FailureMode.LOW_PRECISION
    assert "in the precision of x it is off by 200 %" in " ".join(found.reason.split())
    assert check_autograd(Slightly.apply, T.bfloat16()).diagnoses[0].evidence["factor"] == pytest.approx(
        1.001, rel=1e-4
    )
    assert check_autograd(OnlyBfloat16.apply, T.float()).verdict is Verdict.AGREES
    assert check_autograd(torch.tanh, T.bfloat16()).digits < 4


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.complex32])
def test_a_cast_to_a_low_precision_is_no_fault(dtype):
    x = 18 * torch.rand(2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) - 9
    for point in (T, x):
        assert check_autograd(lambda x: x.to(dtype), point).verdict is not Verdict.DISAGREES


INSIDE = {
    "a cast": lambda x: 2 * x.bfloat16().double(),
    "a cast to half": lambda x: x.half().double().sin(),
    "a sum": lambda x: (x.bfloat16() * x.bfloat16()).double().cumsum(0),
    "one of two terms": lambda x: x.bfloat16().double() + x,
}


@pytest.mark.parametrize("fn", INSIDE.values(), ids=INSIDE)
def test_a_low_precision_inside_is_not_called_nonlinear(fn):
    for seed in range(2):
        x = torch.randn(4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        assert check_autograd(fn, x).verdict is not Verdict.DISAGREES


@pytest.mark.parametrize("seed", [9, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(9))])
def test_slopes_from_afar_are_not_called_wrong_on_steps(seed):
    generator = torch.Generator().manual_seed(seed)
    weight, x = (torch.randn(n, 3, generator=generator).bfloat16() for n in (3, 2))
    assert check_autograd(lambda x: (x @ weight).sin(), x).verdict is not Verdict.DISAGREES


LAYERS = {
    "linear": lambda: (torch.nn.Linear(100, 100), torch.randn(64, 100)),
    "batch norm": lambda: (torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3)), torch.randn(8, 4)),
    "conv": lambda: (torch.nn.Conv2d(8, 16, 3), torch.randn(4, 8, 12, 12)),
    "transformer": lambda: (torch.nn.TransformerEncoderLayer(16, 2, 32, dropout=0), torch.randn(5, 8, 16)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_of_some_size_agrees_in_float32(name):
    torch.manual_seed(0)
    layer, x = LAYERS[name]()
    assert check_autograd(layer, x).verdict is Verdict.AGREES


def test_a_bias_before_a_batch_norm_agrees_in_bfloat16():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)).bfloat16()
    found = check_autograd(module, torch.randn(16, 3, dtype=torch.bfloat16))
    assert found.verdict is not Verdict.DISAGREES, str(found)


def test_what_bfloat16_loses_is_not_said_to_be_detected():
    found = check_autograd(torch.tanh, T.bfloat16())
    assert found.detectable > 10**-found.digits


def attention(q, k, v):
    return torch.softmax(q @ k.transpose(-1, -2) / 2, -1) @ v


@pytest.mark.parametrize("fn", [attention, nn.functional.scaled_dot_product_attention])
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 20))])
def test_saturated_attention_is_not_called_nonlinear(fn, seed):
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (18 * torch.rand(2, n, 4, generator=generator, dtype=torch.float64) - 9 for n in (3, 6, 6))
    found = check_autograd(fn, q, k, v)
    assert found.verdict is not Verdict.DISAGREES, str(found)


def test_a_causal_mask_hides_nothing_of_saturated_attention():
    generator = torch.Generator().manual_seed(3)
    q, k, v = (18 * torch.rand(2, n, 4, generator=generator, dtype=torch.float64) - 9 for n in (3, 6, 6))
    found = check_autograd(nn.functional.scaled_dot_product_attention, q, k, v, is_causal=True)
    assert found.verdict is Verdict.AGREES, str(found)
