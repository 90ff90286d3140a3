"""Says whether a gradient is right. Names are loaded when they are used; few of them need torch or hypothesis."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verification.checking import (
        CheckOfTheCheck,
        Differences,
        Entry,
        GradientCheck,
        GradientError,
        PlantedFault,
        assert_gradient,
        assert_jacobian,
        assert_jvp,
        assert_vjp,
        check_gradient,
        check_jacobian,
        check_jvp,
        check_the_check,
        check_vjp,
    )
    from verification.comparison import Comparison, Verdict, central_difference_bound, compare
    from verification.diagnosis import Diagnosis, FailureMode, diagnose_batch_gradient
    from verification.minimization import (
        CheckedJac,
        assert_value_and_gradient,
        check_grad,
        check_value_and_gradient,
        checked_jac,
    )
    from verification.relations import assert_batch_gradient, check_batch_gradient
    from verification.search import Counterexample, find_counterexample, verify_gradient
    from verification.suite import case_names, run_suite
    from verification.torch_checks import assert_autograd, check_autograd, gradcheck, gradgradcheck

__all__ = [
    "CheckOfTheCheck",
    "CheckedJac",
    "Comparison",
    "Counterexample",
    "Diagnosis",
    "Differences",
    "Entry",
    "FailureMode",
    "GradientCheck",
    "GradientError",
    "PlantedFault",
    "Verdict",
    "assert_autograd",
    "assert_batch_gradient",
    "assert_gradient",
    "assert_jacobian",
    "assert_jvp",
    "assert_value_and_gradient",
    "assert_vjp",
    "case_names",
    "central_difference_bound",
    "check_autograd",
    "check_batch_gradient",
    "check_grad",
    "check_gradient",
    "check_jacobian",
    "check_jvp",
    "check_the_check",
    "check_value_and_gradient",
    "check_vjp",
    "checked_jac",
    "compare",
    "diagnose_batch_gradient",
    "find_counterexample",
    "gradcheck",
    "gradgradcheck",
    "run_suite",
    "verify_gradient",
]

_HOME = {
    "comparison": {"Comparison", "Verdict", "central_difference_bound", "compare"},
    "diagnosis": {"Diagnosis", "FailureMode", "diagnose_batch_gradient"},
    "minimization": {
        "CheckedJac",
        "assert_value_and_gradient",
        "check_grad",
        "check_value_and_gradient",
        "checked_jac",
    },
    "relations": {"assert_batch_gradient", "check_batch_gradient"},
    "search": {"Counterexample", "find_counterexample", "verify_gradient"},
    "suite": {"case_names", "run_suite"},
    "torch_checks": {"assert_autograd", "check_autograd", "gradcheck", "gradgradcheck"},
}
"""The modules that names come from; all others come from ``checking``."""


_NEEDS_EXTRA = {"search", "suite", "torch_checks"}
"""Those that need the packages of the extra "verify"."""


def _home(name: str) -> str:
    return next((module for module, names in _HOME.items() if name in names), "checking")


_NAMES = tuple(__all__)

if any(find_spec(package) is None for package in ("torch", "hypothesis")):
    __all__ = [name for name in _NAMES if _home(name) not in _NEEDS_EXTRA]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_home(name)}"), name)
    except ModuleNotFoundError as error:
        if _home(name) in _NEEDS_EXTRA and error.name in {"torch", "hypothesis"}:
            from numgrad._validation import missing  # noqa: PLC0415 - a test run loads this package without NumPy

            raise missing(str(error.name), "verify") from error
        raise


def __dir__() -> list[str]:
    return list(__all__)
