"""Where to look next: which rungs would make a derivative better, or why it is left as it is."""

from enum import Enum

import numpy as np

from numgrad._typing import Array
from numgrad.derivatives.fit import AT_FLOOR, FAR_BELOW, LONGEST, SPARE
from numgrad.derivatives.ladder import RATIO, SHORTEST, UNIT, rung_of
from numgrad.derivatives.view import View

__all__ = [
    "AFAR",
    "CLEAR",
    "CONVERGING",
    "FIRST",
    "GRADUAL",
    "NEXT",
    "ROUNDING",
    "TINY",
    "WIDE",
    "Finding",
    "is_jump",
    "longer",
    "look",
    "persists",
]

FIRST = (0, 1, 2, 3, 4, 20)
"""Enough for a polynomial of degree 6; rung 20, at 9e-7 |x|, sees what hides between the others and x."""

NEXT = (5, 6)
"""What most functions need besides."""

CONVERGING = 0.1
"""Errors below this share of the derivative call for more rungs below, others for a search."""

CLEAR = 30.0
"""What changes by so many times the least noise has changed."""

UNSURE = 8
"""At the shortest step the half sum differs from f(x) by noise; at others noise may be so many times larger."""

PERSISTENT, STEADY = 0.003, 0.2
"""Noise does not shrink with the step: on other rungs it is at least this share of itself, and mostly the second."""

ROUNDING = 1e-8
"""Noise of a smaller share of f is most likely rounding."""

CONSTANT = 0.003
"""Noise differs by more."""

SEARCHED = 12
"""So many rungs finer, 2700 times, it is looked for again; smooth structure shrinks at least in proportion."""

GRADUAL = 0.3
"""Slopes of neighbouring rungs that differ by less show how f bends; above, they show that f is not seen through."""

REACH = 0.3
"""A window of 5 rungs begins with this share of the step on which the slope would change by as much as itself."""

STRAIGHT = 0.05
"""Slopes that differ by so little do not call for shorter steps yet."""

FURTHER = 6
"""So many rungs are added below, where a window was placed already; 2 if they nearly continue it."""

AFAR = -20
"""Where f does not change on the first rungs, it is looked at this one, whose step is half a million times longer; if
there is no value, at the one half as high, whose step is 700 times longer."""

LONGER = 5
"""So many rungs are added above, once or twice."""

DOMINANT = 0.25
"""What changes by so much of itself has no large constant term that longer steps would raise it above."""

FAR = 14
"""If rung 0 is so many rungs below that of x = 1, f may be flat on the scale of x, and not on that of 1."""

TINY = UNIT * RATIO**-FAR
"""The step of rung 0 there."""

WIDE = 1e-8
"""Relative error from which on longer steps are worth it."""

SAME = 0.05
"""How near the jumps of slope at a kink are to one another, on rungs that are apart by KINK_SPAN."""

KINK_SPAN = 6
KINK_RUNG = 19
"""From here on a kink is at x and not beside it: 2e-6 |x|."""


class Finding(Enum):
    """Why the search ends."""

    SETTLED = "settled"
    """The error is as small as asked for, or f's own rounding leaves no less."""
    NOISE = "noise"
    """The noise of f leaves no less."""
    KINK = "kink"
    """The slope jumps at x."""
    JUMP = "jump"
    """f itself does."""
    UNSETTLED = "unsettled"
    """There is no rung left that would tell more."""
    ONE_SIDED = "one-sided"
    """f has no values on one side of x, or on none."""


def look(view: View) -> tuple[int, ...] | Finding:
    """Return the rungs to sample next, or why no more are needed."""
    found = _look(view)
    return longer(view) or found if found in (Finding.SETTLED, Finding.NOISE) else found


def _look(view: View) -> tuple[int, ...] | Finding:
    if view.settled:
        return Finding.SETTLED
    if not view.rungs:
        return _nearer(view)
    return _decay(view) or _noise(view) or _kink(view) or _structure(view)


def longer(view: View) -> tuple[int, ...]:
    """Return longer steps where f does not change, or where noise is all that limits the derivative."""
    return _far_away(view) or _above(view)


def _far_away(view: View) -> tuple[int, ...]:
    """Return a much longer step if f does not change in what was seen."""
    untried = [rung for rung in (AFAR, AFAR // 2) if rung not in view.tried]
    return tuple(untried[:1]) if view.change == 0 and AFAR not in view.rungs else ()


def _above(view: View) -> tuple[int, ...]:
    """Return the next longer steps if noise is all that limits the derivative and f changes little in what was seen."""
    longest = min(view.tried - {AFAR, AFAR // 2})
    if longest not in view.rungs or sum(rung < 0 for rung in view.tried) > LONGER + 1:
        return ()
    to_one = int(np.floor(np.log(UNIT / view.unit) / np.log(RATIO)))
    seen = view.change > CLEAR * view.fit.floor and view.fit.error < abs(view.fit.value)
    noisy = view.fit.top == longest and view.fit.terms == 1 and view.fit.error > WIDE * abs(view.fit.value)
    is_rounding = view.fit.noise < AT_FLOOR * view.table.rounding(view.largest)
    dominates = view.change > DOMINANT * abs(view.center) and is_rounding
    if not noisy or dominates or (to_one <= FAR and not seen):
        return ()
    if to_one > FAR:
        return view.missing(-to_one, -to_one + LONGER)
    return view.missing(longest - LONGER, longest - 1)


def _nearer(view: View) -> tuple[int, ...] | Finding:
    """Look nearer to x: no step so far has led to finite values."""
    finer = max(view.tried) + SEARCHED
    return view.missing(finer, finer) or view.missing(view.finest, view.finest) or Finding.ONE_SIDED


def _decay(view: View) -> tuple[int, ...]:
    """Return the next rungs if the coefficients of the window decay to its end, and no plateau is in sight."""
    bottom = int(view.fit.bottom)
    length = bottom - int(view.fit.top) + 1
    if not np.isfinite(view.fit.error) or length >= LONGEST or view.fit.terms < length - SPARE:
        return ()
    if view.fit.error > CONVERGING * abs(view.fit.value):
        return ()
    return view.missing(bottom + 1, bottom + 2)


def _noise(view: View) -> tuple[int, ...] | Finding | None:
    """Return NOISE or JUMP if what does not fit is as large on far shorter steps, rungs to find out, or None."""
    if not np.isfinite(view.fit.error):
        return None
    ends = view.rungs.index(view.fit.bottom)
    beyond = [i for i in range(ends + 1, len(view.rungs)) if view.rungs[i] >= view.fit.bottom + FAR_BELOW]
    bent = view.even[ends] * (view.steps / view.steps[ends]) ** 2
    even, odd = np.abs(view.even - bent), np.abs(view.odd - view.fit.value * view.steps)
    rest = np.maximum(even, odd)
    is_noise = persists(rest[beyond], float(view.fit.noise))
    if is_noise is False:
        return None
    last = view.rungs[beyond[-1]] if beyond else view.rungs[ends]
    more = view.missing(last + 1, view.finest)[:SEARCHED][-1:]
    if is_noise and not (more and view.fit.drowned):
        of_center = not (odd[beyond].any() and is_jump(odd[beyond])) and (even[beyond] < ROUNDING * view.largest).all()
        # What f(x) was rounded by is in all half sums, and in no half difference.
        return Finding.JUMP if is_jump(rest[beyond]) and not of_center else Finding.NOISE
    stays = (rest[beyond][-2:] >= STEADY * view.fit.noise).any()  # else there is less noise there, and structure here
    return more or (Finding.NOISE if stays else None)


def persists(rest: Array, noise: float) -> bool | None:
    """Return whether what does not fit is noise, which is as large on far shorter steps; None: one more would tell.

    Parameters
    ----------
    rest: what does not fit there, in the units of f.
    noise: the plateau of the fit.

    """
    if (rest < PERSISTENT * noise).any():
        return False
    doubtful = bool((rest < STEADY * noise).any()) or (len(rest) == 2 and is_jump(rest))
    enough = len(rest) >= (3 if doubtful else 2) and rest[-1] >= STEADY * noise
    return True if enough else None


def is_jump(rest: Array) -> bool:
    """Return whether what does not fit is a jump of f at x, for it is the same on steps thousands of times apart."""
    return bool(np.ptp(rest) <= CONSTANT * rest.max())


def _kink(view: View) -> tuple[int, ...] | Finding | None:
    """Return KINK if half the jump of the slope at x is the same over a wide range of steps, or None."""
    jumps = view.even / view.steps
    clear = np.flatnonzero(np.abs(view.even) > CLEAR * view.floors)
    if clear.size == 0 or view.rungs[clear[-1]] < KINK_RUNG or len(view.rungs) - clear[-1] > 2:
        return None
    finest = clear[-1]
    margin = SAME * abs(jumps[finest]) + 2 * CLEAR * view.floors[finest] / view.steps[finest]
    alike = clear[np.abs(jumps[clear] - jumps[finest]) <= margin]
    first, last = view.rungs[min(alike, default=finest)], view.rungs[finest]
    if last - first < KINK_SPAN:
        return None
    if len(alike) >= 3:
        return Finding.KINK
    return view.missing((first + last) // 2, (first + last) // 2) or None


def _structure(view: View) -> tuple[int, ...] | Finding:
    """Return the rungs of a window on which f should be smooth."""
    j, bending = _seen_through(view)
    rungs = view.rungs
    if j == len(rungs) - 1:
        between = (rungs[j] + rungs[j - 1]) // 2 if j > 0 and rungs[j] - rungs[j - 1] > 2 else rungs[j]
        finer = min(rungs[j] + SEARCHED, view.finest)
        return view.missing(between, between) or view.missing(finer, finer) or Finding.UNSETTLED
    reach = REACH * view.steps[j] / np.sqrt(bending if bending > 0 else GRADUAL)
    without_values = [rung for rung in view.tried if rung < rungs[0]]
    top = max(rung_of(view.unit, reach), min(view.tried), *(rung + 1 for rung in without_values))
    further = next((rung for rung in range(max(top, 0), view.finest) if rung not in view.tried), view.finest)
    more = 2 if further < top + SHORTEST + 3 else FURTHER
    return view.missing(top, top + SHORTEST - 1) or view.missing(further, further + more - 1) or Finding.UNSETTLED


def _seen_through(view: View) -> tuple[int, float]:
    """Return the longest step up to which slopes and bends change gradually, and by what share they do there.

    At the edge of the domain, that is by what share they may do: the steps there are to be as long as they can.
    """
    slopes, bends = view.slopes, view.even / view.steps**2
    doubt = np.maximum(CLEAR * view.floors, UNSURE * abs(view.even[-1])) / view.steps
    j, share, at_edge = len(view.rungs) - 1, 0.0, min(view.tried) < view.rungs[0]
    while j > 0:
        step = view.steps[j - 1]
        change = max(
            abs(slopes[j - 1] - slopes[j]) - doubt[j],
            (abs(bends[j - 1] - bends[j]) - doubt[j] / view.steps[j]) * step,
            0.0,
        )
        bent = abs(bends[j]) * step if abs(view.even[j]) > doubt[j] * view.steps[j] else 0.0
        scale = max(abs(slopes[j]), bent)
        if change > GRADUAL * scale:
            break
        unseen = doubt[j] if j == 1 and at_edge else 0.0
        share, j = ((change + unseen) / scale if scale > 0 else 0.0), j - 1
        if share > STRAIGHT:
            break
    return j, float(share)
