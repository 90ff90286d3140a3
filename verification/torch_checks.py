"""Checks of what PyTorch autograd returns: of functions, modules and custom functions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from numgrad._validation import expected
from verification._typing import Array
from verification.checking import GradientCheck, check_vjp, require_agreement
from verification.measurement import argument_names

__all__ = ["assert_autograd", "check_autograd"]


def check_autograd(fn: Callable[..., Any], *inputs: Any, seed: int = 0) -> GradientCheck:
    """Say whether what autograd returns for ``fn`` is its derivative, as :func:`verification.check_gradient` does.

    Parameters
    ----------
    fn: a function of tensors, such as the ``apply`` of a custom autograd function, or a module, whose parameters are
        then checked by their names as well; returns a tensor, or a tuple or list of tensors.
    inputs: what it is called with; derivatives are taken by the tensors of floats, real or complex, that require a
        gradient, and by trainable parameters; by all tensors of floats if there are neither. Others are handed on as
        they are.
    seed: of the random cotangents and directions.

    Returns
    -------
    :class:`verification.GradientCheck`.

    Raises
    ------
    TypeError: fn is no function, there is nothing to differentiate by, or no tensor of floats comes back.
    ValueError: a parameter is called as an input without a name is, "input0"; seed is no whole number.

    Examples
    --------
    >>> import torch
    >>> from verification import check_autograd
    >>> check_autograd(torch.sin, torch.linspace(0.1, 1, 4, dtype=torch.float64)).verdict.value
    'AGREES'
    >>> layer = torch.nn.Linear(3, 2, dtype=torch.float64)
    >>> check_autograd(layer, torch.ones(1, 3, dtype=torch.float64)).verdict.value
    'AGREES'

    """
    _require_function(fn)
    called = _Called(fn, inputs)
    check = check_vjp(called.forward, called.vjp, called.point(), seed=seed)
    return replace(check, call=f"check_autograd(fn, *inputs, seed={seed})")


def assert_autograd(fn: Callable[..., Any], *inputs: Any, seed: int = 0, subgradient: str = "refuse") -> GradientCheck:
    """Raise unless :func:`check_autograd` finds that autograd is right; as :func:`verification.assert_gradient`.

    Parameters
    ----------
    fn, inputs, seed: as for :func:`check_autograd`.
    subgradient: as for :func:`verification.assert_gradient`.

    Raises
    ------
    GradientError, ValueError: as :func:`verification.assert_gradient`; and what :func:`check_autograd` raises.

    Examples
    --------
    >>> import torch
    >>> from verification import assert_autograd
    >>> bool(assert_autograd(torch.cos, torch.linspace(0.1, 1, 4, dtype=torch.float64)))
    True

    """
    __tracebackhide__ = True
    return require_agreement(check_autograd, fn, *inputs, seed=seed, subgradient=subgradient)


def _require_function(fn: Any) -> None:
    """Refuse what cannot be called with tensors, as a custom autograd function cannot without its ``apply``."""
    if not callable(fn) or (isinstance(fn, type) and issubclass(fn, torch.autograd.Function)):
        got = f"the class {fn.__name__}" if isinstance(fn, type) else type(fn).__name__
        reason, remedy = "it is called with the inputs", "Pass a function, a module, or Custom.apply."
        raise expected("fn", "be a function of tensors", got, reason, remedy, kind=TypeError)


class _Called:
    """A function of tensors as one of a dict of arrays, by the names of inputs, or numbers, and of parameters."""

    def __init__(self, fn: Callable[..., Any], inputs: Sequence[Any]) -> None:
        self.fn, self.inputs = fn, inputs
        named = fn.named_parameters() if isinstance(fn, nn.Module) else ()
        self.parameters = {name: value for name, value in named if value.requires_grad}
        wanted = [_requires_grad(value) for value in inputs]
        if not any(wanted) and not self.parameters:
            wanted = [_holds_floats(value) for value in inputs]
        names = argument_names(fn.forward if isinstance(fn, nn.Module) else fn, len(inputs), "input{}")
        if self.parameters.keys() & set(names):
            names = [f"input{i}" for i in range(len(inputs))]
        self.places = {names[i]: i for i, is_wanted in enumerate(wanted) if is_wanted}
        if clash := self.places.keys() & self.parameters.keys():
            reason, remedy = "the inputs are called so here", "Rename the parameter."
            raise expected("fn", "have no parameter of that name", ", ".join(sorted(clash)), reason, remedy)
        self.tensors = {**{name: inputs[i] for name, i in self.places.items()}, **self.parameters}
        if not self.tensors:
            got = ", ".join(map(_kind, inputs)) or "none"
            reason = "others have no derivative"
            remedy = "Call check_autograd(fn, *inputs) with tensors of floats, or a module with parameters."
            raise expected("inputs", "hold tensors of floats", got, reason, remedy, kind=TypeError)

    def point(self) -> dict[str, Array]:
        """Return the tensors as arrays."""
        return {name: _array(tensor) for name, tensor in self.tensors.items()}

    def forward(self, point: dict[str, Array]) -> Array:
        """Return all outputs, one after another."""
        with torch.inference_mode(mode=False):
            try:
                with torch.no_grad():
                    return self._joined(self._leaves(point))
            except RuntimeError:  # f may itself differentiate
                with torch.enable_grad():
                    return self._joined(self._tracked(point))

    def _joined(self, leaves: dict[str, Tensor]) -> Array:
        return np.concatenate([_array(output).ravel() for output in self._call(leaves)])

    def vjp(self, point: dict[str, Array], cotangent: Array) -> dict[str, Array]:
        """Return what autograd makes of a cotangent; of a tensor that does not act on the outputs, zeros."""
        with torch.inference_mode(mode=False), torch.enable_grad():
            return self._backward(point, cotangent)

    def _backward(self, point: dict[str, Array], cotangent: Array) -> dict[str, Array]:
        leaves = self._tracked(point)
        outputs = list(self._call(leaves))
        parts = np.split(cotangent, np.cumsum([output.numel() for output in outputs])[:-1])
        given = [
            torch.from_numpy(c if o.is_complex() else c.real.copy()).to(o).reshape(o.shape)
            for o, c in zip(outputs, parts, strict=True)
        ]
        used = [i for i, output in enumerate(outputs) if output.requires_grad]
        if not used:
            return {name: np.zeros_like(value) for name, value in point.items()}
        of, by = [outputs[i] for i in used], [given[i] for i in used]
        found = torch.autograd.grad(of, list(leaves.values()), by, materialize_grads=True)
        return dict(zip(leaves, map(_array, found), strict=True))

    def _leaves(self, point: dict[str, Array]) -> dict[str, Tensor]:
        """Return the tensors at a point, in its precision: float64 where the function takes that."""
        return {name: torch.from_numpy(np.array(value)).to(self.tensors[name].device) for name, value in point.items()}

    def _tracked(self, point: dict[str, Array]) -> dict[str, Tensor]:
        return {name: leaf.requires_grad_() for name, leaf in self._leaves(point).items()}

    def _call(self, leaves: dict[str, Tensor]) -> Iterator[Tensor]:
        """Yield the outputs; where leaves were made more precise, so are other tensors of floats and buffers."""
        widest = max((leaf.dtype for leaf in leaves.values()), key=lambda dtype: dtype.to_real().itemsize)
        is_other = any(leaf.dtype != self.tensors[name].dtype for name, leaf in leaves.items())
        dtype = widest if is_other else None
        inputs = [_like(value, dtype) for value in self.inputs]
        for name, place in self.places.items():
            inputs[place] = leaves[name]
        if isinstance(self.fn, nn.Module):
            held = (*self.fn.named_parameters(), *self.fn.named_buffers())
            state = {name: _like(value.detach().clone(), dtype) for name, value in held}
            state |= {name: leaves[name] for name in self.parameters}
            found = torch.func.functional_call(self.fn, state, tuple(inputs))
        else:
            found = self.fn(*inputs)
        outputs = found if isinstance(found, list | tuple) else (found,)
        if not outputs:
            reason, remedy = "there is nothing to differentiate", "Return the tensors that are to be checked."
            raise expected(
                "fn", "return tensors of floats", f"an empty {type(found).__name__}", reason, remedy, kind=TypeError
            )
        for output in outputs:
            if not _holds_floats(output):
                got = _kind(output)
                reason, remedy = "others have no derivative", "Return the tensors that are to be checked."
                raise expected("fn", "return tensors of floats", got, reason, remedy, kind=TypeError)
            yield output


def _like(value: Any, dtype: torch.dtype | None) -> Any:
    """Return a tensor of floats in the precision of a dtype, if it is given; anything else as it is."""
    if dtype is None or not _holds_floats(value):
        return value
    return value.to(dtype.to_complex() if value.is_complex() else dtype.to_real())


def _holds_floats(value: Any) -> bool:
    return isinstance(value, Tensor) and (value.is_floating_point() or value.is_complex())


def _kind(value: Any) -> str:
    return str(value.dtype) if isinstance(value, Tensor) else type(value).__name__


def _requires_grad(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _array(tensor: Tensor) -> Array:
    """Return a tensor as an array; what NumPy has no dtype for, as float32."""
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    return np.asarray(tensor.float() if tensor.dtype == torch.bfloat16 else tensor)
