"""Numerical derivatives with an error bar, and a chapter of neural networks from scratch as a library.

The chapter's part are losses, numerical gradients at a fixed step, and a net that learns by them. Error curves show
what a fixed step does to a derivative.
"""

from numgrad.activations import sigmoid, softmax
from numgrad.datasets import load_mnist
from numgrad.derivatives import Estimate, derivative, directional_derivative, gradient, jacobian
from numgrad.error_curves import ErrorCurve, error_curve
from numgrad.finite_differences import numerical_gradient, numerical_gradient_batch, per_sample_gradient
from numgrad.history import History
from numgrad.losses import (
    cross_entropy_error,
    cross_entropy_error_labels,
    cross_entropy_error_one_hot,
    mean_squared_error,
    softmax_cross_entropy,
)
from numgrad.network import TwoLayerNet
from numgrad.training import train

__all__ = [
    "ErrorCurve",
    "Estimate",
    "History",
    "TwoLayerNet",
    "cross_entropy_error",
    "cross_entropy_error_labels",
    "cross_entropy_error_one_hot",
    "derivative",
    "directional_derivative",
    "error_curve",
    "gradient",
    "jacobian",
    "load_mnist",
    "mean_squared_error",
    "numerical_gradient",
    "numerical_gradient_batch",
    "per_sample_gradient",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "train",
]
