"""Replacements of torch.autograd.gradcheck and gradgradcheck: called as those are, and without a tolerance."""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError

from numgrad._validation import expected
from verification.checking import GradientCheck, check_jvp_of_precision
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.records import tell
from verification.torch_checks.called import Called, OfTensors, copied, require_function
from verification.torch_checks.checks import check_backward, of_second
from verification.torch_checks.pullback import FirstDerivative
from verification.torch_checks.pushforward import Pushforward
from verification.torch_checks.tensors import generators_kept

__all__ = ["gradcheck", "gradgradcheck"]

__tracebackhide__ = True  # what a function raises is shown by pytest without this module

NO_STEP = 1e-30
"""torch's step: so short that it does not leave the domain of the function, where its quotients would be NaN."""

SEED = 0
"""Of the random cotangents and directions."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    raise_exception: bool = True,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    **not_needed: Any,
) -> bool:
    """Check the gradients of a function as ``torch.autograd.gradcheck`` does, in any precision and without a tolerance.

    Values are compared as by :func:`verification.check_autograd`. What else torch looks at, how a backward pass takes
    undefined and batched gradients, is left to torch.

    Parameters
    ----------
    func: maps tensors to a tensor or several; of those, the ones that do not require a gradient are left out.
    inputs: a tensor or several, of which those that require a gradient are differentiated by; so are, other than in
        torch, the parameters of a module.
    raise_exception: whether a gradient that disagrees raises; else False is returned.
    check_undefined_grad, check_grad_dtypes, check_batched_grad, check_batched_forward_grad: as in torch.
    check_forward_ad, check_backward_ad: the modes of differentiation that are checked.
    not_needed: eps, atol, rtol, nondet_tol and fast_mode are taken, and warned of: nothing here depends on them. So
        is masked, as there are no sparse inputs.

    Returns
    -------
    True if all agrees. Where that cannot be told because of x, as at a kink, there is also a warning that says why.

    Raises
    ------
    GradcheckError: of ``torch.autograd.gradcheck``; a gradient disagrees, or f is random, not finite or the like.
    ValueError: no input requires a gradient.
    TypeError: a keyword is none of torch's, or neither mode is to be checked.

    Examples
    --------
    >>> import torch
    >>> from verification import gradcheck
    >>> gradcheck(torch.sin, torch.linspace(0.1, 1, 4, dtype=torch.float32, requires_grad=True))
    True

    """
    _require_known("gradcheck", not_needed)
    _require_mode({"check_forward_ad": check_forward_ad, "check_backward_ad": check_backward_ad})
    own = _tupled(inputs)

    def check() -> None:
        called = _Differentiable(func, own)
        _compare("gradcheck", func, called, backward=check_backward_ad, forward=check_forward_ad)
        _leave_to_torch(
            torch.autograd.gradcheck,
            called,
            own,
            check_undefined_grad=check_undefined_grad,
            check_grad_dtypes=check_grad_dtypes,
            check_batched_grad=check_batched_grad,
            check_batched_forward_grad=check_batched_forward_grad,
            check_forward_ad=check_forward_ad,
            check_backward_ad=check_backward_ad,
        )

    return _outcome(check, own, raise_exception=raise_exception)


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Any] | None = None,
    *,
    raise_exception: bool = True,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    **not_needed: Any,
) -> bool:
    """Check second derivatives as ``torch.autograd.gradgradcheck`` does, in any precision and without a tolerance.

    Parameters
    ----------
    func, inputs, raise_exception, check_undefined_grad, check_grad_dtypes, check_batched_grad: as for
        :func:`gradcheck`.
    grad_outputs: the cotangents, tensors shaped as the outputs; random ones if it is None.
    check_fwd_over_rev, check_rev_over_rev: the modes in which a backward pass is differentiated.
    not_needed: as for :func:`gradcheck`; so is gen_non_contig_grad_outputs.

    Returns
    -------
    As :func:`gradcheck`.

    Raises
    ------
    As :func:`gradcheck`; and ValueError for grad_outputs that are not shaped as the outputs.

    Examples
    --------
    >>> import torch
    >>> from verification import gradgradcheck
    >>> gradgradcheck(torch.sin, torch.linspace(0.1, 1, 4, dtype=torch.float64, requires_grad=True))
    True

    """
    _require_known("gradgradcheck", not_needed)
    _require_mode({"check_fwd_over_rev": check_fwd_over_rev, "check_rev_over_rev": check_rev_over_rev})
    own, cotangents = _tupled(inputs), None if grad_outputs is None else _tupled(grad_outputs)

    def check() -> None:
        called = _Differentiable(func, own)
        _require_as_many(cotangents, called)
        first = FirstDerivative(called, np.random.default_rng(SEED), cotangents)
        _compare("gradgradcheck", func, first, backward=check_rev_over_rev, forward=check_fwd_over_rev)
        _leave_to_torch(
            torch.autograd.gradgradcheck,
            called,
            own,
            check_undefined_grad=check_undefined_grad,
            check_grad_dtypes=check_grad_dtypes,
            check_batched_grad=check_batched_grad,
            check_fwd_over_rev=check_fwd_over_rev,
            check_rev_over_rev=check_rev_over_rev,
        )

    return _outcome(check, own, raise_exception=raise_exception)


NOT_NEEDED = {"eps", "atol", "rtol", "nondet_tol", "fast_mode", "masked"}


def _require_as_many(cotangents: Sequence[Any] | None, called: Called) -> None:
    """Refuse cotangents that are not shaped as the outputs."""
    if cotangents is None:
        return
    with torch.enable_grad():
        wanted = [str(tuple(output.shape)) for output in called.outputs(called.copies())]
    given = [str(tuple(own.shape)) if isinstance(own, Tensor) else type(own).__name__ for own in cotangents]
    if given != wanted:
        reason, remedy = "each output has its cotangent", "Pass a tensor for each."
        raise expected("grad_outputs", f"have shapes {', '.join(wanted)}", ", ".join(given), reason, remedy)


def _require_known(name: str, given: Mapping[str, Any]) -> None:
    """Refuse keywords that torch does not have either; warn of those that say nothing here."""
    known = NOT_NEEDED | ({"gen_non_contig_grad_outputs"} if name == "gradgradcheck" else set())
    if unknown := ", ".join(sorted(given.keys() - known)):
        reason, remedy = f"torch's {name} does not take it either", "Check the name."
        raise expected("keywords", f"be those of torch's {name}", unknown, reason, remedy, kind=TypeError)
    if given:
        kept = ", ".join(sorted(given))
        text = f"{name} does not need {kept} here: errors are measured, and in each precision. Leave it out."
        warnings.warn(text, UserWarning, stacklevel=3)


def _require_mode(modes: Mapping[str, bool]) -> None:
    """Refuse a call that asks for no comparison."""
    if not any(modes.values()):
        reason, remedy = "there would be nothing to check", "Pass True for one of them."
        raise expected(" or ".join(modes), "be true", "False for both", reason, remedy, kind=TypeError)


def _tupled(values: Tensor | Sequence[Any]) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, list | tuple) else (values,)


class _Differentiable(Called):
    """A function of which only outputs that require a gradient count, as in torch; all where none does."""

    def __init__(self, func: Callable[..., Any], inputs: tuple[Any, ...]) -> None:
        require_function(func)
        if not any(isinstance(value, Tensor) and value.requires_grad for value in inputs):
            reason, remedy = "derivatives are taken by those", "Call requires_grad_() of the inputs to be checked."
            raise expected("inputs", "hold a tensor that requires a gradient", "none", reason, remedy)
        super().__init__(func, inputs, {})
        with torch.enable_grad():
            self.counts = [output.requires_grad for output in super().outputs(self.copies())]

    def outputs(self, leaves: Mapping[str, Tensor]) -> list[Tensor]:
        """Return the outputs that count."""
        found = super().outputs(leaves)
        return [o for o, counts in zip(found, self.counts, strict=True) if counts] if any(self.counts) else found


def _compare(name: str, func: Callable[..., Any], function: OfTensors, *, backward: bool, forward: bool) -> None:
    """Raise a GradcheckError for what disagrees, and warn of what cannot be told."""
    __tracebackhide__ = True
    order = ", order=2" if name == "gradgradcheck" else ""
    if backward:
        found = check_backward(function, SEED)
        _report(name, func, replace(found, call=f"check_autograd(func, *inputs{order})"))
    if forward:
        ahead = Pushforward(function)
        found = check_jvp_of_precision(ahead.forward, ahead.jvp, ahead.point(), seed=SEED, eps=lambda: ahead.eps)
        mode = "check_fwd_over_rev=True" if order else "check_forward_ad=True, check_backward_ad=False"
        _report(name, func, replace(found, call=f"{name}(func, inputs, {mode})"))


def _report(name: str, func: Callable[..., Any], check: GradientCheck) -> None:
    """Raise for a check that disagrees, or found f unfit; warn of one that x tells too little for."""
    __tracebackhide__ = True
    check = of_second(check) if name == "gradgradcheck" else check
    tell(name, [func], check)
    is_unfit = any(found.mode is not FailureMode.ALIASED_INPUT for found in check.diagnoses)
    if check.verdict is Verdict.DISAGREES or (not check and is_unfit):
        raise GradcheckError(str(check))
    if not check:
        warnings.warn(f"{name} cannot tell: {check.reason}", UserWarning, stacklevel=6)


def _leave_to_torch(check: Callable[..., bool], held: Called, inputs: tuple[Any, ...], **what: bool) -> None:
    """Have torch check all but values: with endless tolerances, on copies in which no two entries share memory."""
    differs = [isinstance(value, Tensor) and value.requires_grad for value in inputs]
    copies = [copied(value).requires_grad_() if by else value for value, by in zip(inputs, differs, strict=True)]

    def called(*given: Any) -> Any:
        return held.fn(*(value if by else copied(value) for value, by in zip(given, differs, strict=True)))

    endless = sys.float_info.max  # inf times no entries is NaN
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = partial(check, called, copies, eps=NO_STEP, atol=endless, nondet_tol=endless, fast_mode=True, **what)
        held.holding(held.tensors, run)


def _outcome(check: Callable[[], None], inputs: Sequence[Any], *, raise_exception: bool) -> bool:
    __tracebackhide__ = True
    try:
        with generators_kept(value for value in inputs if isinstance(value, Tensor)):
            check()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True
