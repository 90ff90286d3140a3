"""Relations that the gradient of a batch must keep: they need no oracle, and no differences."""

from verification.relations.checks import assert_batch_gradient, check_batch_gradient

__all__ = ["assert_batch_gradient", "check_batch_gradient"]
