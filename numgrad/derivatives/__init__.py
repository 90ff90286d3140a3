"""Derivatives that come with an error bar, and need no step."""

from numgrad.derivatives.differentiate import derivative, directional_derivative, gradient, jacobian
from numgrad.derivatives.estimate import Estimate

__all__ = ["Estimate", "derivative", "directional_derivative", "gradient", "jacobian"]
