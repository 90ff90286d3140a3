"""f along the line through x on which the verdict rests most, and its difference quotients against the step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from verification._typing import Array
from verification.measurement import Primal, Trial

__all__ = ["Differences", "Line", "worst_line"]

STEPS = np.geomspace(1e-1, 1e-15, 43)
"""From a tenth of an entry's size to its last digit, three a decade."""


@dataclass(frozen=True)
class Differences:
    """Central difference quotients of f against their step, beside the claimed and the measured derivative.

    Attributes
    ----------
    name: the entry that was moved, or that it was a random direction.
    steps: from the longest to the shortest, in the units of the entry; of a direction in those of all entries at once.
    values: (f(x + h) - f(x - h)) / 2h at each step, along an entry by the step really taken; NaN where f has no value,
        or x is not moved; 0 where f rounds the step away.
    claimed: the derivative that is claimed.
    numerical, error: the derivative that was measured, and its error bar.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_gradient
    >>> check = check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x + np.array([0, 1]), np.array([3.0, 4.0]))
    >>> found = check.differences()
    >>> found.name, found.claimed, round(found.numerical, 6)
    ('x[1]', 9.0, 8.0)
    >>> off = np.abs(found.values - found.claimed)  # as flat as a wrong gradient makes it
    >>> bool((abs(off[5:25] - 1) < 1e-5).all())
    True

    """

    name: str
    steps: Array
    values: Array
    claimed: float
    numerical: float
    error: float


@dataclass(frozen=True)
class Line:
    """f along a line through x, in units in which a step of 1 moves each entry by about its size."""

    name: str
    f: Callable[[float], float]
    """Of the distance from x."""
    unit: float
    """What a step of 1 is to the user."""
    claimed: float
    numerical: float
    error: float
    moved: Callable[[float], float] = float
    """Returns where x really is at such a distance, in the same units: by its rounding."""

    def differences(self) -> Differences:
        """Return the difference quotients of f at all steps."""
        with np.errstate(all="ignore"):
            taken = np.array([self.moved(step) - self.moved(-step) for step in STEPS])
            changes = np.array([self.f(step) - self.f(-step) for step in STEPS])
            values = np.where(taken > 0, changes / taken, np.nan)
        slopes = (number / self.unit for number in (self.claimed, self.numerical, self.error))
        return Differences(self.name, STEPS * self.unit, values / self.unit, *slopes)


def worst_line(primal: Primal, trials: Sequence[Trial]) -> Line | None:
    """Return the line along which what is claimed and what is measured are most apart, for the width of the bar."""
    trials = [trial for trial in trials if trial.reading.bar.size]
    shares = [np.where(np.isfinite(t.reading.bar), np.nan_to_num(t.reading.comparison.share), -1.0) for t in trials]
    if not trials:
        return None
    trial, share = max(zip(trials, shares, strict=True), key=lambda pair: pair[1].max())
    output, probe = (int(i) for i in np.unravel_index(int(np.argmax(share)), share.shape))
    return _along(primal, trial, output, probe)


def _along(primal: Primal, trial: Trial, output: int, probe: int) -> Line:
    if trial.directions:
        entry, direction, name, unit = 0, trial.directions[probe], f"a random direction of {trial.group.name}", 1.0
    else:
        entry = int(trial.group.entries[probe])
        direction = (np.arange(primal.size) == entry).astype(np.float64)
        name, unit = primal.name(entry), float(primal.scale[entry])

    def f(distance: float) -> float:
        return float(primal.at(primal.z + distance * direction)[output])

    def moved(distance: float) -> float:
        return distance if trial.directions else float(primal.placed(primal.z + distance * direction)[entry])

    reading = trial.reading
    arrays = (reading.claimed, reading.slopes.value, reading.slopes.error)
    claimed, numerical, error = (float(array[output, probe]) for array in arrays)
    return Line(name, f, unit, claimed, numerical, error, moved)
