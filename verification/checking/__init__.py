"""Checks of a claimed derivative, and what they find."""

from verification.checking.checks import check_gradient, check_jacobian, check_jvp, check_vjp
from verification.checking.gradient_check import Entry, GradientCheck

__all__ = ["Entry", "GradientCheck", "check_gradient", "check_jacobian", "check_jvp", "check_vjp"]
