"""Tensors as NumPy arrays and back, and what a tensor is called and holds."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from verification._typing import Array

__all__ = ["as_array", "as_tensor", "eps", "generators_kept", "holds_floats", "kind", "like"]


def as_array(tensor: Tensor) -> Array:
    """Return a tensor as an array; what NumPy has no dtype for, in the next that it has, without a digit lost."""
    tensor = tensor if tensor.layout is torch.strided else tensor.to_dense()
    return np.asarray(tensor.detach().to(_carrier(tensor.dtype)).numpy(force=True))


def as_tensor(array: Array, model: Tensor) -> Tensor:
    """Return an array as a tensor that lies in memory as another one, and is of its dtype if it has no more digits."""
    tensor = torch.from_numpy(np.array(array))
    dtype = model.dtype if tensor.dtype == _carrier(model.dtype) else tensor.dtype
    return _room_as_of(model, dtype).copy_(tensor)


def _room_as_of(model: Tensor, dtype: torch.dtype) -> Tensor:
    """Return a tensor that lies in memory as another one, with narrower gaps; but where entries may share it."""
    strides, reach, room = list(model.stride()), 1, 1
    for axis in sorted((i for i, side in enumerate(model.shape) if side != 1), key=model.stride):
        side, stride = model.shape[axis], model.stride(axis)
        if stride < reach or side == 0:
            return torch.empty(model.shape, dtype=dtype, device=model.device)
        strides[axis] = room + _narrowed(stride - reach, stride - room)
        reach, room = reach + (side - 1) * stride, room + (side - 1) * strides[axis]
    before = int(model.storage_offset())
    offset = _narrowed(before, before)
    return torch.zeros(offset + room, dtype=dtype, device=model.device).as_strided(model.shape, strides, offset)


WIDE = 16
"""Entries of a gap that is kept as it is; of a wider one, so many and a rest, as memory is aligned."""


def _narrowed(gap: int, aligned: int) -> int:
    """Return the gap itself, or a narrower one that is equal to ``aligned`` modulo WIDE.

    >>> [_narrowed(gap, gap) for gap in (0, 3, 16, 35, 1_000_003)]
    [0, 3, 16, 19, 19]
    """
    least = min(gap, WIDE)
    return least + (aligned - least) % WIDE


def _carrier(dtype: torch.dtype) -> torch.dtype:
    """Return the dtype of NumPy that holds all numbers of one: float32 those of bfloat16."""
    if dtype in {torch.float16, torch.float32, torch.float64, torch.complex64, torch.complex128}:
        return dtype
    return torch.complex64 if dtype.is_complex else torch.float32


def generators_kept(tensors: Iterable[Tensor]) -> AbstractContextManager[None]:
    """Return a context after which random numbers come on as before it, on the CPU and CUDA devices of the tensors."""
    devices = {tensor.device.index for tensor in tensors if tensor.is_cuda}
    return torch.random.fork_rng(devices=sorted(devices))


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
