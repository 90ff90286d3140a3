"""A function of tensors, with what it is called with, as a function of those of them that are differentiated."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from numgrad._validation import expected
from verification.measurement import argument_names
from verification.torch_checks.tensors import holds_floats, kind, like

__all__ = ["Called", "OfTensors", "copied", "require_function"]

__tracebackhide__ = True  # what a function raises is shown by pytest without this module


T = TypeVar("T")


class OfTensors(Protocol):
    """A function of named tensors."""

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """What it is differentiated by, where it is."""
        ...

    def outputs(self, leaves: Mapping[str, Tensor]) -> list[Tensor]:
        """Return the outputs that have derivatives, for other tensors of those names."""
        ...

    def holding(self, leaves: Mapping[str, Tensor], run: Callable[[], T]) -> T:
        """Return what ``run`` does with the outputs for such tensors, as going backward from them."""
        ...


class Called:
    """A function or module, the tensors that it is differentiated by, and all else that it is called with."""

    def __init__(self, fn: Callable[..., Any], inputs: Sequence[Any], options: Mapping[str, Any]) -> None:
        require_function(fn)
        self.fn = fn
        named = fn.named_parameters() if isinstance(fn, nn.Module) else ()
        parameters = {name: value for name, value in named if value.requires_grad}
        self.values, self.structure = pytree.tree_flatten((tuple(inputs), dict(options)))
        wanted = [_requires_grad(value) for value in self.values]
        if not any(wanted) and not parameters:
            wanted = [holds_floats(value) for value in self.values]
        names = list(_names(fn, inputs, options, avoid=parameters))
        places = enumerate(zip(names, wanted, strict=True))
        self.places = {name: place for place, (name, is_wanted) in places if is_wanted}
        _require_apart([name for name, is_wanted in zip(names, wanted, strict=True) if is_wanted], parameters)
        self.tensors: dict[str, Tensor] = {
            **{name: self.values[place] for name, place in self.places.items()},
            **parameters,
        }
        _require_tensors(self.tensors, self.values)

    def copies(self) -> dict[str, Tensor]:
        """Return tensors like those it is differentiated by, that may be written into."""
        return {name: tensor.detach().clone().requires_grad_() for name, tensor in self.tensors.items()}

    def outputs(self, leaves: Mapping[str, Tensor]) -> list[Tensor]:
        """Return the outputs of floats; where leaves are more precise, so are other tensors of floats and buffers."""
        dtype = self._other_dtype(leaves)
        values = [like(copied(value), dtype) for value in self.values]
        for name, place in self.places.items():
            values[place] = leaves[name]
        inputs, options = pytree.tree_unflatten(values, self.structure)
        return self.holding(leaves, lambda: _differentiable(self.fn(*inputs, **options)))

    def holding(self, leaves: Mapping[str, Tensor], run: Callable[[], T]) -> T:
        """Return what ``run`` does while a module has the leaves for its parameters, and copies of its buffers.

        A backward pass is to be run in it too: it may call the module again, to compute what it did not keep.
        """
        if not isinstance(self.fn, nn.Module):
            return run()
        dtype = self._other_dtype(leaves)
        held = (*self.fn.named_parameters(), *self.fn.named_buffers())
        state = {name: like(value.detach().clone(), dtype) for name, value in held}
        state |= {name: leaf for name, leaf in leaves.items() if name not in self.places}
        named = {f"module.{name}": value for name, value in state.items()}
        return cast("T", torch.func.functional_call(_Holder(self.fn), named, (run,)))

    def _other_dtype(self, leaves: Mapping[str, Tensor]) -> torch.dtype | None:
        """Return the most precise dtype of leaves that are not of their own dtypes, or None."""
        if all(leaf.dtype == self.tensors[name].dtype for name, leaf in leaves.items()):
            return None
        return max((leaf.dtype for leaf in leaves.values()), key=lambda dtype: dtype.to_real().itemsize)


class _Holder(nn.Module):
    """Runs a function while a module holds other tensors."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, run: Callable[[], Any]) -> Any:
        return run()


def require_function(fn: Any) -> None:
    """Refuse what cannot be called with tensors, as a custom autograd function cannot without its ``apply``."""
    if not callable(fn) or (isinstance(fn, type) and issubclass(fn, torch.autograd.Function)):
        got = f"the class {fn.__name__}" if isinstance(fn, type) else type(fn).__name__
        reason, remedy = "it is called with the inputs", "Pass a function, a module, or Custom.apply."
        raise expected("fn", "be a function of tensors", got, reason, remedy, kind=TypeError)


def _require_apart(names: Sequence[str], parameters: Mapping[str, Tensor]) -> None:
    """Refuse tensors that have one name."""
    if clash := {name for name in names if names.count(name) > 1 or name in parameters}:
        reason, remedy = "each goes by its own", "Rename a key or a parameter."
        raise expected("the tensors", "have different names", ", ".join(sorted(clash)), reason, remedy)


def _require_tensors(tensors: Mapping[str, Tensor], values: Sequence[Any]) -> None:
    """Refuse inputs among which there is nothing to differentiate by, or nothing that can be moved entry by entry."""
    if not tensors:
        got = ", ".join(map(kind, values)) or "none"
        reason = "others have no derivative"
        remedy = "Call check_autograd(fn, *inputs) with tensors of floats, or a module with parameters."
        raise expected("inputs", "hold tensors of floats", got, reason, remedy, kind=TypeError)
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided:
            got, reason = str(tensor.layout), "each entry is moved"
            remedy = "Pass its values, and build it inside: lambda v: fn(torch.sparse_coo_tensor(i, v, size))."
            raise expected(name, "be a dense tensor", got, reason, remedy, kind=TypeError)


def _names(
    fn: Callable[..., Any], inputs: Sequence[Any], options: Mapping[str, Any], avoid: Mapping[str, Any]
) -> Iterator[str]:
    """Yield a name for each value in inputs and options: that of the argument it is, or is in; else a number."""
    names = argument_names(fn.forward if isinstance(fn, nn.Module) else fn, len(inputs), "input{}")
    if avoid.keys() & set(names):
        names = [f"input{i}" for i in range(len(inputs))]
    by_keyword = ((f"argument {name}" if name in avoid else name, value) for name, value in options.items())
    for name, value in (*zip(names, inputs, strict=True), *by_keyword):
        for path, _ in pytree.tree_flatten_with_path(value)[0]:
            yield name + "".join(map(_step, path))


def _step(key: Any) -> str:
    """Return a step into a list, a dict or an object as a user would write it.

    >>> _step(pytree.SequenceKey(0)), _step(pytree.MappingKey("weight")), _step(pytree.MappingKey(3))
    ('[0]', '.weight', '[3]')
    """
    if isinstance(key, pytree.SequenceKey):
        return f"[{key.idx}]"
    if isinstance(key, pytree.MappingKey):
        return f".{key.key}" if isinstance(key.key, str) else f"[{key.key!r}]"
    return str(key)


def _differentiable(found: Any) -> list[Tensor]:
    """Return the tensors of floats in what a function returns, which may be nested; there must be some."""
    values = pytree.tree_flatten(found)[0]
    outputs = [value for value in values if holds_floats(value)]
    if not outputs:
        got = ", ".join(map(kind, values)) or f"an empty {type(found).__name__}"
        reason, remedy = "others have no derivative", "Return the tensors that are to be checked."
        raise expected("fn", "return tensors of floats", got, reason, remedy, kind=TypeError)
    return [output if output.layout is torch.strided else output.to_dense() for output in outputs]


def copied(value: Any) -> Any:
    """Return a copy of a tensor, which a function may write into; anything else as it is."""
    return value.detach().clone() if isinstance(value, Tensor) else value


def _requires_grad(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad
