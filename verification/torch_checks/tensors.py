"""Tensors as NumPy arrays and back, and what a tensor is called and holds."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from verification._typing import Array

__all__ = ["as_array", "as_tensor", "eps", "holds_floats", "kind", "like"]


def as_array(tensor: Tensor) -> Array:
    """Return a tensor as an array; what NumPy has no dtype for, in the next that it has, without a digit lost."""
    tensor = tensor if tensor.layout is torch.strided else tensor.to_dense()
    return np.asarray(tensor.detach().to(_carrier(tensor.dtype)).numpy(force=True))


def as_tensor(array: Array, model: Tensor) -> Tensor:
    """Return an array as a tensor that lies in memory as another one, and is of its dtype if it has no more digits."""
    tensor = torch.from_numpy(np.array(array))
    dtype = model.dtype if tensor.dtype == _carrier(model.dtype) else tensor.dtype
    with torch.no_grad():
        return _room_as_of(model, dtype).copy_(tensor)


def _room_as_of(model: Tensor, dtype: torch.dtype) -> Tensor:
    """Return a tensor with the strides and the offset of another one, unless two of its entries share memory."""
    sides = list(zip(model.shape, model.stride(), strict=True))
    reach = 1 + sum((side - 1) * stride for side, stride in sides)
    shares = any(stride == 0 for side, stride in sides if side > 1) or reach < model.numel()
    if shares or model.numel() == 0:
        return torch.empty(model.shape, dtype=dtype, device=model.device)
    room = torch.zeros(model.storage_offset() + reach, dtype=dtype, device=model.device)
    return room.as_strided(model.shape, model.stride(), model.storage_offset())


def _carrier(dtype: torch.dtype) -> torch.dtype:
    """Return the dtype of NumPy that holds all numbers of one: float32 those of bfloat16."""
    if dtype in {torch.float16, torch.float32, torch.float64, torch.complex64, torch.complex128}:
        return dtype
    return torch.complex64 if dtype.is_complex else torch.float32


def eps(tensor: Tensor) -> float:
    """Return the precision of a tensor of floats."""
    return torch.finfo(tensor.dtype).eps


def like(value: Any, dtype: torch.dtype | None) -> Any:
    """Return a tensor of floats in the precision of a dtype, if it is given; anything else as it is."""
    if dtype is None or not holds_floats(value):
        return value
    return value.to(dtype.to_complex() if value.is_complex() else dtype.to_real())


def holds_floats(value: Any) -> bool:
    """Return whether a value is a tensor of floats, real or complex."""
    return isinstance(value, Tensor) and (value.is_floating_point() or value.is_complex())


def kind(value: Any) -> str:
    """Return what a value is: the dtype of a tensor, or a type."""
    return str(value.dtype) if isinstance(value, Tensor) else type(value).__name__
