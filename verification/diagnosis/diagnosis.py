"""A failure mode as it was found in a gradient."""

from dataclasses import dataclass, field
from typing import Any

from verification.diagnosis.failure_mode import FailureMode

__all__ = ["Diagnosis"]


@dataclass(frozen=True)
class Diagnosis:
    """A failure mode as it was found in a gradient.

    Attributes
    ----------
    mode: the :class:`FailureMode`.
    where: the arrays or entries concerned, as a user would write them: "W1", "W1[3, 17]"; empty for the whole gradient.
    message: what is wrong, in one sentence.
    remedy: what to do.
    evidence: the numbers behind it, by name; JSON can hold them.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_gradient
    >>> found = check_gradient(lambda x: np.sum(x**2), lambda x: 6 * x, np.array([3.0, 4.0])).diagnoses[0]
    >>> print(found)
    x: constant factor (claimed = 3 × true)
    >>> found.evidence["factor"]
    3.0

    """

    mode: FailureMode
    where: str
    message: str
    remedy: str
    evidence: dict[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Return what is wrong, where."""
        return self.message
