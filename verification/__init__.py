"""Says whether a gradient is right. Importing it loads neither torch nor hypothesis: each name does when it is used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verification.checking import Entry, GradientCheck, check_gradient, check_jacobian, check_jvp, check_vjp
    from verification.comparison import Comparison, Verdict, central_difference_bound, compare
    from verification.diagnosis import Diagnosis, FailureMode, diagnose_batch_gradient
    from verification.suite import case_names, run_suite

__all__ = [
    "Comparison",
    "Diagnosis",
    "Entry",
    "FailureMode",
    "GradientCheck",
    "Verdict",
    "case_names",
    "central_difference_bound",
    "check_gradient",
    "check_jacobian",
    "check_jvp",
    "check_vjp",
    "compare",
    "diagnose_batch_gradient",
    "run_suite",
]

_HOME = {
    "checking": ("Entry", "GradientCheck", "check_gradient", "check_jacobian", "check_jvp", "check_vjp"),
    "comparison": ("Comparison", "Verdict", "central_difference_bound", "compare"),
    "diagnosis": ("Diagnosis", "FailureMode", "diagnose_batch_gradient"),
    "suite": ("case_names", "run_suite"),
}


def __getattr__(name: str) -> Any:
    home = next((module for module, names in _HOME.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return __all__
