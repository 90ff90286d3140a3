"""PyTorch's gradcheck of a claimed gradient, apart from the others: where memory is measured, torch alone is loaded."""

import torch

__all__ = ["by_gradcheck"]


def by_gradcheck(claim, *, fast_mode):
    class Claimed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *tensors):
            ctx.save_for_backward(*tensors)
            return torch.tensor(claim.value(*map(torch.Tensor.detach, tensors)))

        @staticmethod
        def backward(ctx, cotangent):
            return tuple(cotangent * torch.from_numpy(slope) for slope in claim.slopes(*ctx.saved_tensors))

    inputs = [torch.tensor(array, requires_grad=True) for array in claim.arrays]
    return torch.autograd.gradcheck(Claimed.apply, inputs, fast_mode=fast_mode, raise_exception=False)
