"""Wrong lines planted into the checker: each makes one of its own tests fail."""

from functools import partial

import numpy as np
import pytest
import test_check_gradient as checks
import test_check_texts as texts
import test_complex as complexes
import test_corpus_verdicts as verdicts
import test_detection as detection
import test_explanations as explanations
import test_kinks as at_kinks
import test_measurement as measurement
import test_purity as purity
import test_relations as relations
from planted_bugs import Bug

from verification import localization
from verification import purity as guards
from verification.checking import (
    accusation,
    assertions,
    claimants,
    holomorphy,
    inspection,
    judgement,
    kinks,
    linearity,
    overflow,
    planting,
    rounding,
    staleness,
    subgradients,
)
from verification.checking import checks as find
from verification.diagnosis import catalogue, diagnosing, evidence, factors, patterns, samples, terms
from verification.measurement import claims, examination, primal, readings, realified
from verification.relations import checks as relation_checks
from verification.relations import relation, rows

SLICES = np.stack([relations.X, relations.X**2], axis=2)


def example(kind, name):
    return next(parameter.values[0] for parameter in kind if parameter.values[0].name == name)


def wrong(name):
    return partial(verdicts.test_a_wrong_gradient_is_caught, example(verdicts.WRONG, name))


def hard(name):
    return partial(verdicts.test_a_right_gradient_at_a_hard_point_is_not_accused, example(verdicts.HARD, name))


def kink(name):
    return partial(verdicts.test_a_subgradient_is_named_as_such, example(verdicts.KINK, name))


def outside(name):
    return partial(verdicts.test_what_is_outside_of_all_slopes_at_a_kink_is_wrong, example(verdicts.OUTSIDE, name))


def subgradient(name):
    def found_by():
        for seed in at_kinks.SEEDS:
            at_kinks.test_a_usual_choice_at_a_joint_kink_is_a_subgradient(at_kinks.SUBGRADIENTS[name], seed)

    return found_by


def at_complex(name):
    return partial(complexes.test_a_right_derivative_of_complex_numbers_agrees, complexes.RIGHT[name])


def conjugate(name):
    return partial(complexes.test_a_wrong_derivative_of_complex_numbers_has_its_name, *complexes.NAMED[name])


def fault(name):
    return partial(purity.test_each_fault_has_its_own_name, *purity.FAULTS[name])


def harmless(name):
    return partial(purity.test_what_is_harmless_agrees, *purity.HARMLESS[name])


def named(name):
    return partial(explanations.test_a_fault_gets_its_name, *explanations.FAULTS[name])


def form(name):
    return partial(checks.test_each_form_tells_right_from_wrong, name)


def text(name):
    return partial(texts.test_a_check_reads_as_it_always_did, *texts.TEXTS[name])


def related(name):
    return partial(relations.test_a_right_batch_gradient_agrees, *relations.RIGHT[name])


def broken(name):
    return partial(relations.test_a_wrong_batch_gradient_is_named, *relations.WRONG[name])


def unrelated(name):
    return partial(relations.test_where_rows_have_no_relation_that_is_said, *relations.UNRELATED[name])


def detectable(size):
    return partial(checks.test_what_is_detectable_is_detected_and_digits_are_proven, size)


SUBGRADIENTS = checks.test_subgradients_are_accepted_on_request
THIN = detection.test_a_fault_that_no_entry_shows_by_itself_is_confirmed_by_directions
HALF = partial(detection.test_half_of_the_digits_are_the_claimed_sides_own, 5)
FLOAT32 = detection.test_functions_of_float32_alone_are_evaluated_in_float32

BUGS = [
    # What is compared: sizes, bars, sides, groups.
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
    # Purity.
    Bug(guards._shape_fault, "sorted(got) == sorted(want.shape)", "False", fault("a transposed shape")),
    Bug(guards._is_broadcast, "math.prod(got) > math.prod(shape)", "False", fault("a bias of channels")),
    Bug(
        inspection.Subject.__post_init__,
        "leaves_of(self.x)",
        "[leaf.copy() for leaf in leaves_of(self.x)]",
        purity.test_what_was_passed_is_restored_whatever_becomes_of_its_places,
    ),
    Bug(planting.check_the_check, "subject.restore()", "pass", purity.test_the_check_of_the_check_restores_too),
    Bug(
        rounding.stated_precision,
        "2 * _last_bits(held).sum() > np.count_nonzero(held)",
        "True",
        detection.test_integers_are_not_taken_for_float32,
    ),
    Bug(
        judgement._Judgement._imprecise,
        "lost <= granted(",
        "lost <= 30 * granted(",
        detection.test_what_is_lost_in_float32_is_no_agreement,
    ),
    Bug(
        patterns.patterns,
        "found.what == how[0].what",
        "False",
        explanations.test_what_fits_where_it_can_be_seen_fits_everywhere,
    ),
    Bug(factors.factors, "NEAR * abs(found[0])", "0.0", explanations.test_a_sign_is_one_where_both_sides_are_rounded),
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
        purity.test_what_reaches_around_its_argument_is_undone_and_told,
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
    # Verdicts.
    Bug(judgement._Judgement.verdict, "self._kink,", "", kink("|x| at 0: 0")),
    Bug(judgement._Judgement._nothing, "reason =", "return None; reason =", text("flat")),
    Bug(
        judgement._Judgement._spread_thin,
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
    # Location.
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
    # Names.
    Bug(evidence.Fit.holds.fget, "self.contradicted == 0", "True", named("wrong below 0")),
    Bug(factors._named, "abs(c + 1) <= doubt", "False", named("sign")),
    Bug(factors._by_samples, "np.log10(n) % 1 == 0", "False", named("a thousand")),
    Bug(catalogue._shifted, "np.nan", "0", named("off by one")),
    Bug(catalogue._truncated, "either[0] == either[1]", "either[0] != either[1]", named("float16")),
    Bug(terms.terms, "c > 0", "c < 0", named("weight decay")),
    Bug(catalogue._turned, "conjugated(other)", "other", conjugate("vjp as of JAX")),
    Bug(catalogue._turned, "factor * conjugate", "part.numerical", conjugate("Wirtinger")),
    Bug(evidence.Part.times, "joined(np.ascontiguousarray(self.numerical)) * factor", "0 * factor", conjugate("chain")),
    Bug(patterns._halves, "own == wrong.sum()", "own > wrong.sum()", conjugate("imaginary parts")),
    Bug(patterns.patterns, "return []  # it explains", "pass  # it explains", complexes.test_a_conjugate_is_said_once),
    Bug(claimants.Claimant._random, "conjugated(pairs)", "pairs", conjugate("vjp as of JAX")),
    Bug(holomorphy.not_holomorphic, "1j * joined", "1 * joined", at_complex("jacobian")),
    Bug(primal.Primal.name, "component if", "entry if", complexes.test_a_kink_is_named_by_its_parts),
    Bug(
        realified.Realified.magnitude.func,
        "np.abs(leaf)",
        "leaf.imag",
        partial(complexes.test_at_any_scale_and_beside_the_real_line, 1.0),
    ),
    Bug(terms.common_terms, "true and axis == 1", "False", named("no mean over the batch")),
    Bug(terms.chain_factors, "1 / factor", "factor", named("σ′ forgotten")),
    Bug(patterns._slices, "is_range or is_few", "False", named("one row")),
    Bug(patterns._branches, "not condition[right].any()", "condition[right].any()", named("wrong below 0")),
    Bug(
        diagnosing._tied,
        "i > 0",
        "False",
        partial(explanations.test_what_cannot_be_told_apart_ties, *explanations.TIES["of two entries"]),
    ),
    Bug(diagnosing._is_supported, ">", ">=", explanations.test_a_factor_of_a_single_number_among_others_proves_nothing),
    Bug(
        samples._of_function,
        "cell.cell_contents",
        "()",
        explanations.test_sizes_are_found_where_functions_keep_their_data,
    ),
    Bug(
        linearity._Dependence.is_averaged,
        "bool(at.any())",
        "False",
        partial(detection.test_a_product_must_see_its_vector, detection.IGNORING["for its mean"]),
    ),
    Bug(
        linearity._Dependence._adds_up,
        "self.left_over *",
        "1e-12 *",
        detection.test_what_cancels_in_a_product_may_be_left_over_in_float32,
    ),
    Bug(linearity._Dependence.fault, "self._is_same(at, self.product(self.other))", "False", text("cotangent")),
    Bug(
        staleness._unchanging,
        "return fault",
        "return None and fault",
        detection.test_a_gradient_that_does_not_change_with_x_is_named,
    ),
    Bug(staleness._before_a_step, "rate is None", "True", detection.test_the_gradient_before_a_step_is_stale),
    # Relations of batches.
    Bug(
        relation_checks._Relations._integers,
        "return self._ruled(Verdict.DISAGREES",
        "return None and self._ruled(Verdict.DISAGREES",
        relations.test_integers_that_lose_the_step_are_named,
    ),
    Bug(
        relation_checks._Relations._precision,
        "return self._ruled",
        "return None and self._ruled",
        broken("float16 inside"),
    ),
    Bug(rows.Rows.weights, "(1.0, 1 / len(self.X))", "(1.0,)", related("their mean")),
    Bug(
        rows.Rows._are_separate,
        "self._same(v[own], together[own])",
        "True",
        partial(relations.test_rows_that_f_couples_are_not_taken_for_separate, SLICES),
    ),
    Bug(
        rows.Rows._are_separate,
        "self._same(one + other - together, every)",
        "True",
        partial(relations.test_rows_that_f_couples_are_not_taken_for_separate, SLICES),
    ),
    Bug(
        relation.Relation._batches,
        "if self.rows.is_bound else",
        "if False else",
        partial(relations.test_rows_may_have_labels, relations.with_labels, relations.of_labels),
    ),
    Bug(
        relation.Relation._changed,
        "LARGER *",
        "",
        relations.test_a_gradient_of_other_rows_is_seen_though_these_are_alike,
    ),
    Bug(
        relation.Relation.mode,
        "(N, FailureMode.MISSING_BATCH_MEAN)",
        "(-N, FailureMode.MISSING_BATCH_MEAN)",
        broken("no mean"),
    ),
    Bug(relation_checks._Relations._rows_are_alike, "== self.gradient[:1]", "!= self.gradient[:1]", broken("a weight")),
    Bug(
        relation_checks._Relations._unrelated,
        "Verdict.INCONCLUSIVE, mode",
        "Verdict.DISAGREES, mode",
        unrelated("a weight, right"),
    ),
    Bug(
        relation_checks._Relations._fixed,
        "alone.array is not None and alone.array.shape ==",
        "True or alone.array.shape ==",
        relations.test_a_right_gradient_that_takes_so_many_rows_and_no_others_is_not_accused,
    ),
    Bug(
        rows.Rows.weights,
        "np.concatenate(self._singles)",
        "together",
        partial(relations.test_rows_that_f_couples_are_not_taken_for_separate, SLICES),
    ),
    Bug(
        inspection.Subject.displaced,
        "matrix.any()",
        "not matrix.any()",
        checks.test_where_nothing_can_be_told_a_point_is_proposed_at_which_it_can,
        TypeError,
    ),
]


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_is_found(bug, monkeypatch):
    bug.plant(monkeypatch)
    with pytest.raises((bug.raises, pytest.fail.Exception)):
        bug.found_by()


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_without_a_bug_the_same_tests_pass(bug):
    bug.found_by()
