"""A fault that fits what was measured of an array, and how plain it is."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from verification.diagnosis.evidence import Fit
from verification.diagnosis.failure_mode import FailureMode

__all__ = ["Explanation", "Rank"]


class Rank(IntEnum):
    """How plain an explanation is: of those that fit, the plainest is named first."""

    SIMPLEST = 0
    """Zero, or another sign."""
    EXACT = 1
    """Nothing is fitted, and it has one cause."""
    USUAL = 2
    """Nothing is fitted, but it may have several causes."""
    PATTERN = 3
    """The wrong entries have something in common."""
    FACTOR = 4
    """One number is fitted, the same for all entries."""
    FUNCTION = 5
    """A function of x is found among some."""
    PART = 6
    """It explains wrong entries that have nothing else in common."""
    ENTRIES = 7
    """It says which entries are wrong, and no more."""
    UNKNOWN = 8
    """Nothing fits."""


@dataclass(frozen=True)
class Explanation:
    """A fault that fits."""

    mode: FailureMode
    what: str
    """What the claimed derivatives are: "claimed = -true"."""
    fit: Fit
    rank: Rank
    parameters: int = 0
    """Numbers that were fitted."""
    partner: str = ""
    """The other array that is concerned."""
    numbers: dict[str, Any] = field(default_factory=dict)

    def is_same(self, other: "Explanation") -> bool:
        """Return whether the other says the same of another array."""
        return self.mode is other.mode and (self.what == other.what or bool(self.partner and other.partner))
