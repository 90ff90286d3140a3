"""gradcheck and gradgradcheck in place of torch's: they take what those take, and return or raise as those do."""

import inspect

import pytest
import torch
from torch.autograd.gradcheck import GradcheckError
from torch_functions import Exponential, HalfDetached, OfContiguous, UsedUp

from verification import gradcheck, gradgradcheck

X = torch.linspace(-1.3, 1.7, 6, dtype=torch.float64).reshape(2, 3).requires_grad_()
KINK = torch.zeros(3, dtype=torch.float64, requires_grad=True)


class BothModes(Exponential):
    """The exponential, with a factor for the forward mode too."""

    ahead = 1.0

    @classmethod
    def forward(cls, ctx, x):
        ctx.y = super().forward(ctx, x)
        return ctx.y

    @classmethod
    def jvp(cls, ctx, tangent):
        return cls.ahead * tangent * ctx.y


class WrongBack(BothModes):
    factor = 1.001


class WrongAhead(BothModes):
    ahead = 1.001


class NoneRefused(torch.autograd.Function):
    """A backward pass that cannot take a gradient that is not there."""

    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x.clone()

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent * 1


class Looping(torch.autograd.Function):
    """A backward pass that cannot be batched."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent * max(1.0, cotangent.isnan().sum().item())


RIGHT = {
    "a tensor": (torch.sin, X),
    "several": (lambda a, b: (a * b, a.sin()), (X, X.detach().exp().requires_grad_())),
    "something else than a tensor": (lambda a, n: n * a**2, (X, 3)),
    "float32": (torch.sin, X.detach().float().requires_grad_()),
    "an expanded input": (torch.sin, X.detach()[:1].expand(2, 3).requires_grad_()),
    "outputs without a gradient": (lambda a: (a.sin(), a.detach(), a.argsort()), X),
    "complex": (torch.abs, torch.complex(X.detach(), X.detach() + 1).requires_grad_()),
}


@pytest.mark.parametrize(("func", "inputs"), RIGHT.values(), ids=RIGHT)
def test_it_is_true_of_what_is_right(func, inputs):
    assert gradcheck(func, inputs) is True
    assert gradcheck(func, inputs, check_forward_ad=True, check_batched_grad=True, check_grad_dtypes=True) is True
    assert gradgradcheck(func, inputs) is True


def test_it_raises_as_torch_does_and_says_what_is_wrong():
    with pytest.raises(GradcheckError, match=r"constant factor \(claimed = 1\.001 × true\)") as raised:
        gradcheck(WrongBack.apply, X)
    assert "check_autograd(func, *inputs)" in str(raised.value)
    assert isinstance(raised.value, RuntimeError)
    assert gradcheck(WrongBack.apply, X, raise_exception=False) is False
    assert torch.autograd.gradcheck(WrongBack.apply, X)


def test_forward_mode_is_checked_where_it_is_asked_for():
    assert gradcheck(WrongAhead.apply, X)
    with pytest.raises(GradcheckError, match=r"1\.001"):
        gradcheck(WrongAhead.apply, X, check_forward_ad=True)
    with pytest.raises(GradcheckError, match=r"1\.001"):
        gradcheck(WrongAhead.apply, X, check_forward_ad=True, check_backward_ad=False)
    assert gradcheck(WrongBack.apply, X, check_forward_ad=True, check_backward_ad=False)


def test_what_else_torch_looks_at_is_looked_at():
    with pytest.raises(TypeError, match="NoneType"):
        gradcheck(NoneRefused.apply, X)
    assert gradcheck(NoneRefused.apply, X, check_undefined_grad=False)
    assert gradcheck(Looping.apply, X)
    with pytest.raises(GradcheckError, match="batched"):
        gradcheck(Looping.apply, X, check_batched_grad=True)


def test_what_is_not_needed_is_told():
    with pytest.warns(UserWarning, match=r"^gradcheck does not need atol, eps here: errors are measured"):
        assert gradcheck(torch.sin, X, eps=1e-6, atol=1e-4)
    with pytest.warns(UserWarning, match=r"^gradgradcheck does not need gen_non_contig_grad_outputs here"):
        assert gradgradcheck(torch.sin, X, gen_non_contig_grad_outputs=True)


@pytest.mark.parametrize(
    ("own", "torchs"), [(gradcheck, torch.autograd.gradcheck), (gradgradcheck, torch.autograd.gradgradcheck)]
)
def test_each_keyword_of_torch_is_taken(own, torchs):
    keywords = [p for p in inspect.signature(torchs).parameters.values() if p.kind is p.KEYWORD_ONLY]
    given = {p.name: p.default for p in keywords if p.name not in inspect.signature(own).parameters}
    with pytest.warns(UserWarning, match="does not need"):
        assert own(torch.sin, X, **given)


def test_a_keyword_that_torch_does_not_have_is_refused():
    with pytest.raises(TypeError, match="but got tolerance: torch's gradcheck does not take it either"):
        gradcheck(torch.sin, X, tolerance=1)


def test_a_point_that_tells_nothing_passes_with_a_warning():
    with pytest.warns(UserWarning, match="^gradcheck cannot tell: x is at a kink of f") as warned:
        assert gradcheck(torch.relu, KINK)
    assert warned[0].filename == __file__
    with pytest.warns(UserWarning, match="^gradcheck cannot tell: f is flat at x"):
        assert gradcheck(torch.sign, X)
    with pytest.warns(UserWarning, match="^gradcheck cannot tell: x is at a kink of f"):
        assert gradcheck(lambda a, b: a.relu() + b.relu(), (KINK, KINK))


def test_a_random_function_raises():
    with pytest.raises(GradcheckError, match="random f"):
        gradcheck(lambda x: x + torch.rand(()), X)


def test_inputs_without_a_gradient_are_refused_as_torch_does():
    with pytest.raises(ValueError, match="Expected inputs to hold a tensor that requires a gradient but got none"):
        gradcheck(torch.sin, X.detach())
    with pytest.raises(ValueError, match="gradcheck expects at least one input tensor to require gradient"):
        torch.autograd.gradcheck(torch.sin, X.detach())


def test_a_call_that_asks_for_no_mode_is_refused():
    with pytest.raises(TypeError, match="Expected check_forward_ad or check_backward_ad to be true"):
        gradcheck(torch.sin, X, check_backward_ad=False)


def test_second_derivatives_are_found_wrong():
    with pytest.raises(GradcheckError, match="½ × true"):
        gradgradcheck(HalfDetached.apply, X)
    assert gradgradcheck(HalfDetached.apply, X, raise_exception=False) is False


class HalfDetachedForOnes(HalfDetached):
    """Half detached where the cotangent is 1 in all its entries, and right for all others."""

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return 3 * cotangent * x * (x.detach() if bool((cotangent == 1).all()) else x)


def test_second_derivatives_are_those_for_the_cotangents_that_are_given():
    assert gradgradcheck(HalfDetachedForOnes.apply, X)
    ones = torch.ones_like(X, requires_grad=True)
    for cotangents in (ones, (ones,)):
        with pytest.raises(GradcheckError, match="second derivatives: "):
            gradgradcheck(HalfDetachedForOnes.apply, X, cotangents)
        assert gradgradcheck(torch.sin, X, cotangents, check_fwd_over_rev=True)


class Triple(torch.autograd.Function):
    """Three times a tensor; forward mode is wrong."""

    @staticmethod
    def forward(ctx, x):
        return 3 * x

    @staticmethod
    def backward(ctx, cotangent):
        return 3 * cotangent

    @staticmethod
    def jvp(ctx, tangent):
        return 3.003 * tangent


class ByTriple(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.x = x
        return 1.5 * x**2

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent * Triple.apply(ctx.saved_tensors[0])

    @staticmethod
    def jvp(ctx, tangent):
        return 3 * ctx.x * tangent


def test_second_derivatives_in_forward_mode_are_looked_at_where_they_are_asked_for():
    assert gradgradcheck(ByTriple.apply, X)
    with pytest.raises(GradcheckError, match=r"second derivatives: .*1\.001"):
        gradgradcheck(ByTriple.apply, X, check_fwd_over_rev=True)
    ahead = {"check_fwd_over_rev": True, "check_rev_over_rev": False, "check_undefined_grad": False}
    assert gradgradcheck(torch.sin, X, **ahead)


def test_the_replay_of_what_disagrees_finds_it_again():
    with pytest.raises(GradcheckError, match=r"check_autograd\(func, \*inputs, order=2\)"):
        gradgradcheck(HalfDetached.apply, X)
    with pytest.raises(GradcheckError) as raised:
        gradcheck(WrongAhead.apply, X, check_forward_ad=True)
    text = " ".join(str(raised.value).split())
    assert "gradcheck(func, inputs, check_forward_ad=True, check_backward_ad=False)" in text


def test_an_empty_input_passes_as_in_torch():
    empty = torch.zeros(0, dtype=torch.float64, requires_grad=True)
    with pytest.warns(UserWarning, match="there is nothing to compare"):
        assert gradcheck(torch.sin, empty)


def test_another_number_of_cotangents_is_refused():
    with pytest.raises(ValueError, match=r"Expected grad_outputs to have shapes \(2, 3\) but got \(2, 3\), \(2, 3\)"):
        gradgradcheck(torch.sin, X, (X, X))


def test_the_callers_tensors_stay_as_they_are():
    def f(x):
        y = x.sin()
        x.data.mul_(2)
        return y

    x = X.detach().clone().requires_grad_()
    assert gradcheck(f, x, raise_exception=False) is False
    assert torch.equal(x, X)
    count = torch.zeros(3)
    assert gradcheck(lambda x, count: (count.add_(1), x.sin())[1], (X, count))
    assert not count.any()


def test_running_statistics_stay_as_they_are():
    module = torch.nn.BatchNorm1d(3).double()
    with torch.no_grad():
        module(X)
    before = {name: buffer.clone() for name, buffer in module.named_buffers()}
    assert gradcheck(module, X)
    assert gradgradcheck(module, X)
    assert all(torch.equal(buffer, before[name]) for name, buffer in module.named_buffers())


def test_a_backward_pass_that_uses_up_what_was_saved_is_refused_as_by_torch():
    for own in (gradcheck, torch.autograd.gradcheck):
        with pytest.raises(GradcheckError, match=r"reentrant|later\s+backward"):
            own(lambda x: UsedUp.apply(x, False), X)


def test_a_transposed_input_is_checked_as_it_is():
    assert gradcheck(OfContiguous.apply, X)
    assert not gradcheck(OfContiguous.apply, X.detach().T.requires_grad_(), raise_exception=False)


def test_a_domain_that_ends_close_to_x_and_low_precision_are_no_fault():
    assert gradcheck(torch.log, torch.tensor([1e-8, 1.0], dtype=torch.float64, requires_grad=True))
    assert gradcheck(torch.sin, X.detach().bfloat16().requires_grad_(), check_forward_ad=True)


def test_the_state_of_random_numbers_stays():
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    assert gradcheck(lambda x: (torch.rand(1), x.sin())[1], X)
    assert gradgradcheck(lambda x: (torch.rand(1), x.sin())[1], X)
    assert torch.equal(before, torch.random.get_rng_state())
