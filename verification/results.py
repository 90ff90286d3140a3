"""What a verification run has found, result by result."""

from dataclasses import dataclass
from enum import Enum

from verification._typing import Inputs
from verification.cases import Case
from verification.comparison import Comparison
from verification.specimens import Evidence, Specimen

__all__ = ["CaseResult", "ModeResult", "Outcome", "Result"]


class Outcome(Enum):
    """How a case or a failure mode came out; the first two are as expected, the others are surprises."""

    AGREES = "AGREES"
    FLAGGED = "FLAGGED"
    DISAGREES = "DISAGREES"
    NOT_FLAGGED = "NOT FLAGGED"
    CHANGED = "INPUT CHANGED"
    SLACK = "SLACK"
    ERROR = "ERROR"

    @property
    def surprising(self) -> bool:
        """Whether the run fails for it."""
        return self not in (Outcome.AGREES, Outcome.FLAGGED)


@dataclass(frozen=True)
class CaseResult:
    """What the examples of one case have shown."""

    case: Case
    outcome: Outcome
    examples: int
    telling: int
    """How many of the examples had a gradient of which the bound could tell a digit (or, of a flaw, showed it)."""
    worst: Comparison | None
    """The comparison that used most of its bound; None where every input was refused."""
    inputs: Inputs | None
    """Of a surprise, the smallest inputs that show it."""
    reason: str
    """Why a case was flagged, or what a surprise is; empty where all agrees."""
    worst_inputs: Inputs | None = None
    """Those of ``worst``."""

    @property
    def name(self) -> str:
        """The name of the case."""
        return self.case.name


@dataclass(frozen=True)
class ModeResult:
    """What the search for one failure mode has found."""

    specimen: Specimen
    outcome: Outcome
    examples: int
    evidence: Evidence | None
    """The smallest counterexample, examined."""
    reason: str

    @property
    def name(self) -> str:
        """The name that ``--case`` selects by."""
        return self.specimen.name


Result = CaseResult | ModeResult
