"""Checks of what PyTorch autograd returns: of functions, modules and custom functions."""

from verification.torch_checks.checks import assert_autograd, check_autograd
from verification.torch_checks.drop_in import gradcheck, gradgradcheck

__all__ = ["assert_autograd", "check_autograd", "gradcheck", "gradgradcheck"]
