"""The chapter's numerical gradients: central differences at a fixed step.

The partial derivative along entry i is taken as

    (f(x + h e_i) - f(x - h e_i)) / (x₊ - x₋)

where x₊ and x₋ are the floats that x_i + h and x_i - h are rounded to: the divisor is the step really taken,
not 2 h. Its error is at most about

    h² M₃ / 6 + ε_f / h + M₂ |x₊ + x₋ - 2 x_i| / 2

with M₂ and M₃ the largest |f″| and |f‴| along the entry within the step, and ε_f the absolute noise of f, at least
eps · max |f|. The last term, of steps that rounding has made unequal, is at most eps |x_i| M₂ / 2: little unless x_i
is far larger than h. (``verification.central_difference_bound`` has every term of it.)
"""

from numgrad.finite_differences.entrywise import numerical_gradient, numerical_gradient_batch
from numgrad.finite_differences.per_sample import per_sample_gradient

__all__ = ["numerical_gradient", "numerical_gradient_batch", "per_sample_gradient"]
