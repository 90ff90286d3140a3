"""A derivative and what is known of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Estimate"]


@dataclass(frozen=True)
class Estimate:
    """A derivative with an error bar; arrays, of float64, have its shape, or are nested as it is.

    Attributes
    ----------
    value: the derivative; where f has a kink at x, the middle of the two one-sided ones.
    error: the derivative of f without its noise is within ``value ± error``; inf where f jumps at x, where slopes grow
        without an end, and where noise or oscillation leaves nothing known.
    step: the longest step that the value rests on, in the units of x; of a directional derivative, in those of t; NaN
        where f has too few values to fit.
    noise: by how much f was seen to vary other than smoothly, in the units of f: its round-off at least; NaN likewise.
    left: the derivative from below; equal to ``value`` where f is smooth, NaN where f has no values there or was not
        evaluated, as with ``method="forward"``.
    right: the derivative from above, likewise.
    evaluations: at how many points f was evaluated.

    Examples
    --------
    >>> from numgrad import derivative
    >>> estimate = derivative(lambda x: abs(x - 2), 2.0)
    >>> print(f"from {estimate.left:.3f} to {estimate.right:.3f}, so {estimate.value:.3f} ± {estimate.error:.3f}")
    from -1.000 to 1.000, so 0.000 ± 1.000

    """

    value: Any
    error: Any
    step: Any
    noise: Any
    left: Any
    right: Any
    evaluations: int

    def __str__(self) -> str:
        """Return value ± error: of a number, the error to one digit; of arrays, all values ± all errors."""
        if isinstance(self.value, dict | list | tuple) or np.ndim(self.value) > 0:
            return f"{self.value} ± {self.error} ({self.evaluations} evaluations)"
        return f"{self.value!s} ± {self.error:.1g} ({self.evaluations} evaluations)"
