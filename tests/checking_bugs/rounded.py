"""Wrong lines in what tells rounding, jumps and low precision from faults."""

from functools import partial

import test_products as products
import test_torch_checks as torch_checks
import test_torch_precision as torch_precision
from planted_bugs import Bug

from verification import localization
from verification.checking import accusation, claimants, inspection, judgement, linearity, noise, steps
from verification.checking import products as transpositions
from verification.diagnosis import factors
from verification.measurement import claims

__all__ = ["ROUNDED"]

ROUNDED = (
    Bug(
        linearity._Dependence._adds_up,
        "+ length * self._noise",
        "",
        products.test_a_product_that_is_all_rounding_is_not_called_nonlinear,
    ),
    Bug(
        transpositions._is_far_off,
        "return any(",
        "return True or any(",
        products.test_a_rounded_constant_is_no_transposition,
    ),
    Bug(
        factors.factors,
        "if abs(c - 1) > CLOSE_TO_ONE",
        "if True",
        products.test_a_rounded_constant_is_no_transposition,
    ),
    Bug(
        judgement._Judgement._disagreement,
        "is_accused and self._is_only_rounding()",
        "False",
        products.test_what_is_claimed_of_a_constant_may_be_rounding,
    ),
    Bug(
        judgement._Judgement._is_only_rounding,
        "variation >= ALL_ROUNDING * np.abs(claim.matrix)",
        "variation >= 0",
        products.test_what_is_claimed_of_a_constant_may_be_rounding,
    ),
    Bug(
        localization._Search._of_entry,
        "return close if",
        "return reading if",
        partial(products.test_entries_whose_steps_lead_over_jumps_are_looked_at_close_to_x, 1.001),
        raises=IndexError,
    ),
    Bug(
        linearity._Dependence._changes,
        "np.maximum(close, np.max([np.abs(sum(pair) / 2 - at) for pair in both], axis=0))",
        "close",
        partial(torch_precision.test_a_low_precision_inside_is_not_called_nonlinear, torch_precision.INSIDE["a cast"]),
    ),
    Bug(
        steps._is_on_step,
        "largest(changes(edge)) >= JUMP * first and",
        "",
        products.test_a_kink_farther_off_is_no_step,
    ),
    Bug(
        steps._is_on_step,
        "and _is_seen_from_afar(claimed, np.stack(seen))",
        "and False",
        partial(products.test_the_slope_from_afar_is_no_fault_on_steps_and_another_is, 0),
    ),
    Bug(
        steps._is_on_step,
        "and _is_seen_from_afar(claimed, np.stack(seen))",
        "",
        partial(products.test_the_slope_from_afar_is_no_fault_on_steps_and_another_is, 0),
    ),
    Bug(
        judgement._Judgement._hidden,
        "*(trial.drowned for trial in self.trials)",
        "",
        products.test_a_zero_that_is_drowned_is_told,
    ),
    Bug(
        accusation.accuse,
        "wrong.group.entries.size == 1",
        "False",
        products.test_an_entry_that_is_alone_in_its_magnitude_is_named,
    ),
    Bug(
        steps.on_steps,
        "_is_on_step(subject, int(measured[place]), reading.claimed[:, place])",
        "False",
        products.test_zeros_on_a_step_are_not_called_wrong,
    ),
    Bug(
        steps._is_on_step,
        "first <= ROUNDED *",
        "first <= 0 *",
        partial(products.test_what_is_rounded_is_not_called_steps, products.single),
    ),
    Bug(
        noise._of_roundings,
        "range(is_coarse",
        "range(0",
        torch_precision.test_bfloat16_is_looked_at_in_bfloat16,
        raises=IndexError,
    ),
    Bug(
        claims._share,
        "np.maximum(AT_MOST, FEW * np.asarray(eps))",
        "AT_MOST",
        partial(torch_checks.test_autograd_is_right, *torch_checks.RIGHT["bfloat16 in several operations"]),
    ),
    Bug(
        claimants.Claimant.claim,
        "returned.eps",
        "0.0",
        partial(torch_precision.test_slopes_from_afar_are_not_called_wrong_on_steps, 9),
    ),
    Bug(
        accusation._check,
        "measured[~excused], reading.of(np.flatnonzero(~excused))",
        "measured, reading",
        products.test_only_entries_on_steps_are_excused,
    ),
    Bug(
        judgement._Judgement._is_only_rounding,
        "> LEFT_OVER *",
        "> np.inf *",
        products.test_a_large_claim_of_a_constant_is_no_rounding,
    ),
    Bug(
        inspection.Subject.lost_to_precision,
        "COARSELY * whole",
        "0 * whole",
        torch_precision.test_a_bias_before_a_batch_norm_agrees_in_bfloat16,
    ),
    Bug(
        judgement._Judgement._agreement,
        "detectable = max(detectable, self._granted)",
        "pass",
        torch_precision.test_what_bfloat16_loses_is_not_said_to_be_detected,
    ),
)
