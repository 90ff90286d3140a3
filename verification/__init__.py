"""Says whether a gradient is right. Importing it loads neither torch nor hypothesis: each name does when it is used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verification.comparison import Comparison, Verdict, central_difference_bound, compare
    from verification.diagnosis import FailureMode, diagnose_batch_gradient
    from verification.suite import case_names, run_suite

__all__ = [
    "Comparison",
    "FailureMode",
    "Verdict",
    "case_names",
    "central_difference_bound",
    "compare",
    "diagnose_batch_gradient",
    "run_suite",
]

_HOME = {
    "Comparison": "comparison",
    "FailureMode": "diagnosis",
    "Verdict": "comparison",
    "case_names": "suite",
    "central_difference_bound": "comparison",
    "compare": "comparison",
    "diagnose_batch_gradient": "diagnosis",
    "run_suite": "suite",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
