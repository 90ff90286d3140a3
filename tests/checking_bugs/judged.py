"""Wrong lines in what is looked at first, in verdicts, at kinks, and in where they are."""

from functools import partial

import test_check_gradient as checks
import test_detection as detection
import test_explanations as explanations
import test_kinks as at_kinks
import test_precision as precision
import test_products as products
import test_purity as purity
import test_restoration as restoration
from planted_bugs import Bug

from checking_bugs.found_by import (
    ROUNDED_STEPS,
    SUBGRADIENTS,
    THIN,
    every,
    fault,
    harmless,
    kink,
    outside,
    subgradient,
    text,
)
from verification import localization
from verification import purity as guards
from verification.checking import (
    accusation,
    assertions,
    claimants,
    inspection,
    judgement,
    kinks,
    noise,
    overflow,
    planting,
    rounding,
    spread,
    subgradients,
)
from verification.checking import checks as find
from verification.diagnosis import diagnosing, factors, patterns
from verification.measurement import examination

__all__ = ["JUDGED"]

JUDGED = (
    Bug(guards._shape_fault, "sorted(got) == sorted(want.shape)", "False", fault("a transposed shape")),
    Bug(guards._is_broadcast, "math.prod(got) > math.prod(shape)", "False", fault("a bias of channels")),
    Bug(
        inspection.Subject.__post_init__,
        "leaves_of(self.x)",
        "[leaf.copy() for leaf in leaves_of(self.x)]",
        restoration.test_what_was_passed_is_restored_whatever_becomes_of_its_places,
    ),
    Bug(planting.check_the_check, "subject.restore()", "pass", restoration.test_the_check_of_the_check_restores_too),
    Bug(
        rounding.stated_precision,
        "2 * _last_bits(held).sum() > np.count_nonzero(held)",
        "True",
        precision.test_integers_are_not_taken_for_float32,
    ),
    Bug(
        judgement._Judgement._imprecise,
        "lost <= self._granted",
        "lost <= 30 * self._granted",
        precision.test_what_is_lost_in_float32_is_no_agreement,
    ),
    Bug(
        patterns.patterns,
        "found.what == how[0].what",
        "False",
        explanations.test_what_fits_where_it_can_be_seen_fits_everywhere,
    ),
    Bug(factors.factors, "NEAR * abs(c)", "0.0", explanations.test_a_sign_is_one_where_both_sides_are_rounded),
    Bug(
        diagnosing._candidates,
        "if part.others_agree",
        "if False",
        explanations.test_one_entry_of_zero_is_no_shift_and_no_rounding,
    ),
    Bug(guards._near, "<= near", "< 0", harmless("rounding that is random")),
    Bug(guards.inspect_point, 'array.dtype.kind in "biu"', "False", fault("integers"), TypeError),
    Bug(
        guards.put_back,
        "np.copyto(array, kept)",
        "pass",
        restoration.test_what_reaches_around_its_argument_is_undone_and_told,
    ),
    Bug(inspection.Subject._of_claim, "self.claimant.changed", "()", fault("the gradient changes x")),
    Bug(
        inspection.Subject.afterwards,
        "not repeated(self.returned.leaves, again.leaves)",
        "False",
        fault("the gradient is of the last forward pass"),
    ),
    Bug(claimants.Claimant._call, "leaf.copy() for", "leaf for", fault("the gradient changes x")),
    Bug(
        find._find,
        ", key=_is_harmless",
        ", key=lambda note: not _is_harmless(note)",
        purity.test_what_prevents_agreement_is_named_before_what_is_harmless,
    ),
    Bug(overflow.overflow, "not len(entries)", "True", fault("NaN where f has a slope")),
    Bug(judgement._Judgement.verdict, "self._kink,", "", kink("|x| at 0: 0")),
    Bug(judgement._Judgement._nothing, "return self._flat()", "return None", text("flat")),
    Bug(
        spread.spread_thin,
        "Verdict.DISAGREES",
        "Verdict.INCONCLUSIVE",
        THIN,
    ),
    Bug(subgradients._slopes_about, "np.where(is_convex, *margins)", "margins[1]", outside("norm at 0: ones")),
    Bug(subgradients.widened, "if found.disagrees.any()", "if True", subgradient("sorted, all equal")),
    Bug(
        kinks._searched,
        "if others.reading.disagrees.any():",
        "if False:",
        partial(at_kinks.test_a_kink_does_not_hide_others_and_is_named, 1000),
    ),
    Bug(
        kinks._too_many, "not trial.reading.disagrees.any()", "True", at_kinks.test_many_kinks_are_looked_at_from_beside
    ),
    Bug(subgradients.is_outside, "return True", "return False", outside("max, a tie: each the whole")),
    Bug(
        assertions.require_agreement,
        "found or (",
        "found.is_subgradient or found or (",
        SUBGRADIENTS,
    ),
    Bug(
        localization._look_into,
        "for half in (first, rest)",
        "for half in (first,)",
        partial(checks.test_one_wrong_entry_is_located_for_the_logarithm_of_their_number, 100),
    ),
    Bug(localization.locate, "len(wrong) + others", "100 * len(wrong)", checks.test_wrong_entries_are_counted_honestly),
    Bug(
        accusation._block,
        "(own + min(own, longest)) // 2",
        "min(own, longest)",
        detection.test_a_block_in_the_middle_of_a_large_array_is_looked_at,
    ),
    Bug(subgradients._about, "(AWAY, CLOSER)", "(AWAY,)", precision.test_a_small_length_is_no_kink),
    Bug(subgradients._about, "(AWAY, CLOSER)", "(CLOSER,)", ROUNDED_STEPS),
    Bug(subgradients._is_broken, "(largest <= HUGE * usual)", "True", ROUNDED_STEPS),
    Bug(
        subgradients._directions,
        "*_separating(primal, claim, entries, rng)",
        "",
        every(at_kinks.test_a_direction_along_which_f_is_constant_is_found, at_kinks.SEEDS),
    ),
    Bug(
        examination._joint_kink,
        "if not reading.is_kink.any():",
        "if True:",
        partial(at_kinks.test_a_joint_kink_of_a_function_that_is_neither_convex_nor_concave, 1.0),
    ),
    Bug(
        spread._confirms,
        "and not sides_with_claim",
        "",
        every(precision.test_steps_of_rounding_inside_f_accuse_nobody, range(8)),
    ),
    Bug(
        noise._of_pairs,
        "range(SHAKEN)",
        "range(0)",
        at_kinks.test_the_rounding_of_what_is_claimed_is_granted_at_kinks_too,
    ),
    Bug(inspection.Subject.lost_to_precision, "- left_over", "", precision.test_what_is_lost_of_zeros_is_rounding),
    Bug(
        localization.Location.is_complete.fget,
        "self.is_searched",
        "True",
        detection.test_nine_wrong_entries_are_not_said_to_be_eight,
    ),
    Bug(
        judgement._Judgement._is_rounding,
        "DROWNED * array",
        "0 * array",
        detection.test_single_entries_that_are_drowned_in_their_array_are_said_not_to_be_seen,
    ),
    Bug(
        claimants.VjpClaimant.product,
        'self.changed.add("the cotangent")',
        "pass",
        products.test_a_vector_that_is_written_into_is_named,
    ),
)
