"""What must find a planted bug: a test of the checker, at one of its examples."""

from functools import partial

import numpy as np
import test_check_gradient as checks
import test_check_texts as texts
import test_complex as complexes
import test_corpus_verdicts as verdicts
import test_detection as detection
import test_explanations as explanations
import test_kinks as at_kinks
import test_precision as precision
import test_purity as purity
import test_relations as relations

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
HALF = partial(precision.test_half_of_the_digits_are_the_claimed_sides_own, 5)
FLOAT32 = precision.test_functions_of_float32_alone_are_evaluated_in_float32


def every(test, arguments):
    """Return what runs a test with each argument in turn, where chance decides for one."""

    def found_by():
        for argument in arguments:
            test(argument)

    return found_by


ROUNDED_STEPS = partial(precision.test_steps_of_rounding_inside_f_are_hardly_ever_taken_for_a_kink, 0.5, 1e-3)
