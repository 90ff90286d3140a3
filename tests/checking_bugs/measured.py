"""Wrong lines in what is measured: sizes, bars, sides, groups."""

from functools import partial

import test_check_gradient as checks
import test_detection as detection
import test_measurement as measurement
from planted_bugs import Bug

from checking_bugs.found_by import FLOAT32, HALF, form, kink
from verification.measurement import claims, examination, primal, readings

__all__ = ["MEASURED"]

MEASURED = (
    Bug(readings.Reading.disagrees.func, "> 1", "> 1e9", form("gradient")),
    Bug(readings.Reading.is_kink.func, "BEYOND *", "np.inf +", kink("|x| at 0: 0")),
    Bug(
        claims.granted,
        "_share(eps, CONDITION) * np.abs(derivative)",
        "0 * derivative",
        HALF,
    ),
    Bug(
        claims.norm,
        "scale[:, np.newaxis]",
        "1.0",
        measurement.test_lengths_neither_vanish_nor_overflow,
        FloatingPointError,
    ),
    Bug(examination.examine, "FEW", "1000", partial(checks.test_agreement_costs_64_evaluations_at_most, 100)),
    Bug(
        examination.Trial.detectable.fget,
        "2 * shares.max",
        "0 * shares.max",
        partial(checks.test_what_is_detectable_is_detected_and_digits_are_proven, 5),
    ),
    Bug(
        primal.signed_uniform,
        "rng.choice([-1.0, 1.0], size)",
        "1.0",
        measurement.test_directions_move_every_entry_both_ways,
    ),
    Bug(
        primal.Primal.at,
        "except Exception:",
        "except ZeroDivisionError:",
        detection.test_f_may_raise_anything_beside_x,
        LookupError,
    ),
    Bug(
        primal.Primal._point,
        "part.astype(leaf.dtype, copy=False)",
        "part",
        FLOAT32,
    ),
)
