"""The error of difference quotients against their step, measured and predicted."""

from numgrad.error_curves.curve import ErrorCurve, has_kink
from numgrad.error_curves.measurement import SchemeCurve
from numgrad.error_curves.schemes import SCHEMES
from numgrad.error_curves.trace import error_curve

__all__ = ["SCHEMES", "ErrorCurve", "SchemeCurve", "error_curve", "has_kink"]
