"""Functions of PyTorch that several tests check: right ones, and some with a fault."""

import torch
from torch import nn

__all__ = ["Exponential", "HalfDetached", "OfContiguous", "OfTheFirst", "Slightly", "T", "UsedUp", "net"]


T = torch.linspace(-1.3, 1.7, 6, dtype=torch.float64).reshape(2, 3)


class Exponential(torch.autograd.Function):
    """The exponential, whose backward pass has a factor."""

    factor = 1.0

    @classmethod
    def forward(cls, ctx, x):
        ctx.save_for_backward(x)
        return x.exp()

    @classmethod
    def backward(cls, ctx, cotangent):
        (x,) = ctx.saved_tensors
        return cls.factor * cotangent * x.exp()


class Slightly(Exponential):
    factor = 1.001


class HalfDetached(torch.autograd.Function):
    """The cube, whose backward pass can be differentiated, but only half of it."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return 3 * cotangent * x * x.detach()


class UsedUp(torch.autograd.Function):
    """The exponential, whose backward pass turns what was saved for it into the product, or takes it away."""

    @staticmethod
    def forward(ctx, x, takes_away):
        ctx.saved = [x.exp()]
        ctx.takes_away = takes_away
        return ctx.saved[0].clone()

    @staticmethod
    def backward(ctx, cotangent):
        if ctx.takes_away and not ctx.saved:
            raise RuntimeError("call forward again")
        return (ctx.saved.pop() * cotangent if ctx.takes_away else ctx.saved[0].mul_(cotangent)), None


class OfSomeLayouts(torch.autograd.Function):
    """The square, whose backward pass is right of tensors alone that lie in memory as ``is_right`` says."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @classmethod
    def backward(cls, ctx, cotangent):
        (x,) = ctx.saved_tensors
        return (2 if cls.is_right(x) else 1) * x * cotangent


class OfContiguous(OfSomeLayouts):
    is_right = staticmethod(torch.Tensor.is_contiguous)


class OfTheFirst(OfSomeLayouts):
    """Right of tensors that begin with their storage."""

    @staticmethod
    def is_right(x):
        return x.storage_offset() == 0


def net(dtype=torch.float64):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).to(dtype)
