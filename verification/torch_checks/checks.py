"""Checks of what autograd returns for functions and modules, without a tolerance."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from torch import nn

from numgrad._validation import expected, require_count
from verification.checking import GradientCheck, check_vjp_of_precision, require_agreement
from verification.comparison import Verdict
from verification.diagnosis import Diagnosis, FailureMode
from verification.records import recorded
from verification.torch_checks.called import Called, OfTensors
from verification.torch_checks.pullback import FirstDerivative, Pullback
from verification.torch_checks.reuse import reuse_fault
from verification.torch_checks.tensors import generators_kept

__all__ = ["assert_autograd", "check_autograd", "check_backward", "of_second"]

__tracebackhide__ = True  # what a function raises is shown by pytest without this module

RANDOM = (FailureMode.RANDOM_FUNCTION, FailureMode.RANDOM_GRADIENT)
DROPOUT = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


@recorded
def check_autograd(
    fn: Callable[..., Any], *inputs: Any, order: int = 1, seed: int = 0, **options: Any
) -> GradientCheck:
    """Say whether what autograd returns for ``fn`` is its derivative, as :func:`verification.check_gradient` does.

    Parameters
    ----------
    fn: a function of tensors, such as the ``apply`` of a custom autograd function, or a module, whose parameters are
        then checked by their names as well; returns a tensor, or tensors in tuples, lists and dicts. Other outputs, as
        the indices of a sort, have no derivative and are left out.
    inputs: what it is called with, nested or not; derivatives are taken by the tensors of floats, real or complex, that
        require a gradient, and by trainable parameters; by all tensors of floats if there are neither. It gets copies
        of tensors, on which no hooks are registered; all else is handed on as it is.
    order: 2 checks the second derivatives as well: those of the product with a random cotangent, which come by
        differentiating a backward pass.
    seed: of the random cotangents and directions.
    options: keyword arguments of ``fn``, tensors among them as inputs are. For one that is called order, seed or
        subgradient, pass a lambda.

    Returns
    -------
    :class:`verification.GradientCheck`; with ``order=2`` that of the first derivatives, unless these agree and the
    second do not or in fewer digits, or the second disagree. It disagrees too if a later backward pass through a
    graph returns another product than the first, or if one of the first four outputs by itself returns another than
    with zeros for the others; a pass that raises is left alone.

    Raises
    ------
    TypeError: fn is no function, there is nothing to differentiate by, an input to differentiate by is sparse, or no
        tensor of floats comes back.
    ValueError: two tensors have one name, as keys and parameters can make them; order is not 1 or 2; seed is no whole
        number. What ``fn`` and its backward pass raise is passed on.

    Examples
    --------
    >>> import torch
    >>> from verification import check_autograd
    >>> check_autograd(torch.sin, torch.linspace(0.1, 1, 4, dtype=torch.float64)).verdict.value
    'AGREES'
    >>> layer = torch.nn.Linear(3, 2, dtype=torch.float64)
    >>> check_autograd(layer, torch.ones(1, 3, dtype=torch.float64), order=2).verdict.value
    'AGREES'

    """
    if order not in (1, 2):
        reason, remedy = "first and second derivatives are checked", "Pass order=2 for both."
        raise expected("order", "be 1 or 2", repr(order), reason, remedy)
    require_count("seed", seed, at_least=0, reason="random cotangents are made of it")
    called = Called(fn, inputs, options)
    with generators_kept(called.tensors.values()):
        found = check_backward(called, seed)
        if order == 2 and found.verdict is not Verdict.DISAGREES:
            second = of_second(check_backward(FirstDerivative(called, np.random.default_rng(seed)), seed))
            says_less = found and (not second or second.digits < found.digits)
            found = second if says_less or second.verdict is Verdict.DISAGREES else found
    call = f"check_autograd(fn, *inputs{', order=2' * (order == 2)}{', **options' * bool(options)}, seed={seed})"
    return replace(_remedied(found, fn), call=call)


def assert_autograd(
    fn: Callable[..., Any],
    *inputs: Any,
    order: int = 1,
    seed: int = 0,
    subgradient: str = "refuse",
    **options: Any,
) -> GradientCheck:
    """Raise unless :func:`check_autograd` finds that autograd is right; as :func:`verification.assert_gradient`.

    Parameters
    ----------
    fn, inputs, order, seed, options: as for :func:`check_autograd`.
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
    return require_agreement(check_autograd, fn, *inputs, order=order, seed=seed, subgradient=subgradient, **options)


def check_backward(function: OfTensors, seed: int) -> GradientCheck:
    """Return the check of what autograd returns for a function of tensors."""
    back = Pullback(function)
    found = check_vjp_of_precision(back.forward, back.vjp, back.point(), seed=seed, eps=lambda: back.eps)
    seen = reuse_fault(back, seed) if found else None
    if seen is None:
        return found
    return GradientCheck(Verdict.DISAGREES, seen.message, (seen,), evaluations=found.evaluations)


def of_second(check: GradientCheck) -> GradientCheck:
    """Return a check that says that it is one of second derivatives; entries of the cotangent have theirs too."""
    return check or replace(check, reason=f"second derivatives: {check.reason}")


def _remedied(check: GradientCheck, fn: Any) -> GradientCheck:
    """Return a check that says which layers of a module draw random numbers, if it was found that some do."""
    layers = [name or "fn" for name, module in _training(fn) if _draws(module)]
    if not (layers and check.diagnoses and check.diagnoses[0].mode in RANDOM):
        return check
    first, *others = check.diagnoses
    if first.remedy != first.mode.remedy:  # it is known better
        return check
    where = ", ".join(layers)
    message = f"{first.message} In training mode: {where}."
    remedy = f"Call fn.eval() first: then nothing is drawn in {where}."
    found = Diagnosis(first.mode, where, message, remedy, first.evidence)
    return replace(check, reason=message, diagnoses=(found, *others))


def _draws(module: nn.Module) -> bool:
    """Return whether a module draws random numbers: a dropout layer, or one that has some inside, as an LSTM; RReLU."""
    share = getattr(module, "p" if isinstance(module, DROPOUT) else "dropout", 0)
    return isinstance(module, nn.RReLU) or (isinstance(share, int | float) and share > 0)


def _training(fn: Any) -> list[tuple[str, nn.Module]]:
    """Return the modules in training mode by their names, if it is a module."""
    modules = fn.named_modules() if isinstance(fn, nn.Module) else ()
    return [(name, own) for name, own in modules if getattr(own, "training", False)]  # what is frozen has no mode
