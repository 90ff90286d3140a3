"""Where tensors lie in memory, who writes into them, and what a check leaves as it was."""

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint
from torch_functions import OfContiguous, OfTheFirst, T, UsedUp, net

from verification import FailureMode, Verdict, check_autograd, gradcheck
from verification.torch_checks.tensors import as_array, as_tensor


class InPlace(torch.autograd.Function):
    """The sine, whose backward pass writes into what it is given."""

    @staticmethod
    def forward(ctx, x, writes_into):
        ctx.save_for_backward(x)
        ctx.writes_into = writes_into
        return x.sin()

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        if ctx.writes_into == "cotangent":
            return cotangent.mul_(x.cos()), None
        return cotangent * x.detach().cos_(), None


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("writes_into", ["cotangent", "input"])
def test_a_backward_pass_that_writes_into_what_it_is_given_is_found(writes_into, dtype):
    found = check_autograd(InPlace.apply, T.to(dtype), writes_into)
    assert found.verdict is Verdict.DISAGREES
    assert found.diagnoses[0].mode is FailureMode.GRADIENT_CHANGES_INPUT


def test_a_backward_pass_that_uses_up_what_was_saved_is_found_unless_it_says_so():
    found = check_autograd(UsedUp.apply, T, False)
    assert found.verdict is Verdict.DISAGREES
    assert found.diagnoses[0].mode is FailureMode.RANDOM_GRADIENT
    assert "a later backward pass through the same graph" in found.reason
    assert "has saved" in found.diagnoses[0].remedy
    assert found.evaluations > 0
    assert check_autograd(UsedUp.apply, T, True).verdict is Verdict.AGREES


class Memo(torch.autograd.Function):
    """The square, whose backward pass answers each cotangent as it did the first."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.product = None
        return x**2

    @staticmethod
    def backward(ctx, cotangent):
        if ctx.product is None:
            ctx.product = 2 * ctx.saved_tensors[0] * cotangent
        return ctx.product


class KeptOnTheClass(torch.autograd.Function):
    """The square, whose backward pass takes what the last forward pass has kept, of whichever graph."""

    kept = None

    @classmethod
    def forward(cls, ctx, x):
        cls.kept = 2 * x.detach().clone()
        return x**2

    @classmethod
    def backward(cls, ctx, cotangent):
        return cls.kept * cotangent


@pytest.mark.parametrize("fn", [Memo, KeptOnTheClass])
def test_what_is_kept_from_one_pass_for_another_is_found(fn):
    found = check_autograd(fn.apply, T)
    assert found.verdict is Verdict.DISAGREES
    assert found.diagnoses[0].mode is FailureMode.RANDOM_GRADIENT


class OnlyTogether(torch.autograd.Function):
    """Sine and cosine, whose backward pass returns nothing unless both are used."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        return x.sin(), x.cos()

    @staticmethod
    def backward(ctx, of_sine, of_cosine):
        (x,) = ctx.saved_tensors
        if of_sine is None or of_cosine is None:
            return None
        return of_sine * x.cos() - of_cosine * x.sin()


def test_each_output_is_looked_at_by_itself():
    found = check_autograd(OnlyTogether.apply, T)
    assert found.verdict is Verdict.DISAGREES
    assert "another product for output 0 alone than with zeros for the others" in found.reason
    assert "None" in found.diagnoses[0].remedy


class Checkpointed(nn.Module):
    """A module that computes its values again when it goes back."""

    def __init__(self):
        super().__init__()
        self.norm, self.weight = nn.BatchNorm1d(3).double(), nn.Parameter(torch.tensor([0.5, -1.0, 2.0]).double())

    def forward(self, x):
        return checkpoint(lambda x: (self.norm(x) * self.weight).sin(), x, use_reentrant=False)


def test_a_module_may_compute_again_what_it_did_not_keep():
    module, x = Checkpointed(), torch.arange(12, dtype=torch.float64).reshape(4, 3).sin()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    assert check_autograd(module, x, order=2).verdict is Verdict.AGREES
    assert gradcheck(module, x.requires_grad_())
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_a_function_of_one_precision_alone_is_not_said_to_write_into_its_input():
    weight = torch.randn(3, 3, generator=torch.Generator().manual_seed(0)).bfloat16()
    found = check_autograd(lambda x: (x @ weight).sin(), T.bfloat16())
    assert found.verdict is not Verdict.DISAGREES
    assert not found.diagnoses


def test_a_function_that_works_in_place_gets_the_error_of_torch():
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        check_autograd(nn.ReLU(inplace=True), T + 0.1)


def test_a_function_that_writes_into_its_input_is_found():
    def f(x):
        y = x.sin()
        x.data.mul_(2)
        return y

    assert FailureMode.FUNCTION_CHANGES_INPUT in {d.mode for d in check_autograd(f, T.clone()).diagnoses}


def test_a_tensor_is_checked_as_it_lies_in_memory():
    assert check_autograd(OfContiguous.apply, T).verdict is Verdict.AGREES
    assert check_autograd(OfContiguous.apply, T.T).verdict is Verdict.DISAGREES


def test_a_view_costs_no_more_than_what_it_shows():
    data = torch.zeros(4_000_000)
    images = torch.zeros(3, 1, 28, 28)
    views = data[-6:], data[5::1_000_000], data.reshape(2000, 2000)[7:9, ::700], images[:1, :, :3, :4], images[2:, :, 5]
    for view in views:
        own = as_tensor(as_array(view), view)
        assert torch.equal(own, view)
        size = own.untyped_storage().nbytes()  # pytest would print a storage
        assert size < 1000
        assert (own.is_contiguous(), own.storage_offset() > 0) == (view.is_contiguous(), view.storage_offset() > 0)


def test_the_state_of_random_numbers_stays():
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    check_autograd(nn.Dropout(), T)
    assert torch.equal(before, torch.random.get_rng_state())


def test_gradients_that_were_there_stay():
    module, x = net(), T.clone().requires_grad_()
    module(x).sum().backward()
    before = [tensor.grad.clone() for tensor in (x, *module.parameters())]
    check_autograd(module, x)
    assert all(torch.equal(own.grad, g) for own, g in zip((x, *module.parameters()), before, strict=True))


def test_functions_may_differentiate_and_inference_mode_does_not_matter():
    def force(x):
        return torch.autograd.grad(x.pow(3).sum(), x, create_graph=True)[0]

    assert check_autograd(force, T).verdict is Verdict.AGREES
    with torch.inference_mode():
        assert check_autograd(torch.sin, T.clone()).verdict is Verdict.AGREES


@pytest.mark.parametrize(
    "x",
    [T.repeat(1, 2)[:, ::2], torch.complex(T, T + 1).real, T.repeat(2, 1)[1:3].T],
    ids=["every second", "real parts", "transposed part"],
)
def test_a_view_is_checked_as_it_lies_in_memory(x):
    assert check_autograd(OfContiguous.apply, x).verdict is Verdict.DISAGREES


def test_an_offset_in_memory_is_kept():
    assert check_autograd(OfTheFirst.apply, T[:1]).verdict is Verdict.AGREES
    assert check_autograd(OfTheFirst.apply, T[1:]).verdict is Verdict.DISAGREES


class ZeroingOutput(torch.autograd.Function):
    """The square, whose backward pass writes into what the forward pass has returned."""

    @staticmethod
    def forward(ctx, x):
        y = x**2
        ctx.save_for_backward(x)
        ctx.y = y.detach()
        return y

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        ctx.y.zero_()
        return 2 * x * cotangent


def test_a_backward_pass_that_writes_into_an_output_is_found():
    found = check_autograd(ZeroingOutput.apply, T)
    assert found.diagnoses[0].mode is FailureMode.GRADIENT_CHANGES_INPUT


def test_tensors_that_are_not_differentiated_stay_as_they_are():
    x, other = T.clone().requires_grad_(), T.clone()
    check_autograd(lambda x, other: x * other.mul_(1.5), x, other)
    assert torch.equal(other, T)
