"""Checks of a claimed derivative, and what they find."""

from verification.checking.assertions import (
    GradientError,
    assert_gradient,
    assert_jacobian,
    assert_jvp,
    assert_vjp,
    require_agreement,
)
from verification.checking.checks import (
    check_gradient,
    check_jacobian,
    check_jvp,
    check_jvp_of_precision,
    check_vjp,
    check_vjp_of_precision,
    require_function,
)
from verification.checking.gradient_check import Entry, GradientCheck, first_found
from verification.checking.line import Differences, Line
from verification.checking.planting import CheckOfTheCheck, PlantedFault, check_the_check

__all__ = [
    "CheckOfTheCheck",
    "Differences",
    "Entry",
    "GradientCheck",
    "GradientError",
    "Line",
    "PlantedFault",
    "assert_gradient",
    "assert_jacobian",
    "assert_jvp",
    "assert_vjp",
    "check_gradient",
    "check_jacobian",
    "check_jvp",
    "check_jvp_of_precision",
    "check_the_check",
    "check_vjp",
    "check_vjp_of_precision",
    "first_found",
    "require_agreement",
    "require_function",
]
