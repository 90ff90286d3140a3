"""Wrong lines in what a fault is called."""

from functools import partial

import test_complex as complexes
import test_detection as detection
import test_explanations as explanations
import test_products as products
from planted_bugs import Bug

from checking_bugs.found_by import at_complex, conjugate, every, named, text
from verification import FailureMode
from verification.checking import (
    accusation,
    claimants,
    holomorphy,
    linearity,
    parts,
    staleness,
)
from verification.diagnosis import catalogue, diagnosing, evidence, factors, patterns, samples, terms
from verification.measurement import primal, realified

__all__ = ["NAMED"]

NAMED = (
    Bug(evidence.Fit.holds.fget, "self.contradicted == 0", "True", named("wrong below 0")),
    Bug(factors._named, "abs(c + 1) <= doubt", "False", named("sign")),
    Bug(factors._by_samples, "np.log10(n) % 1 == 0", "False", named("a thousand")),
    Bug(catalogue._shifted, "np.nan", "0", named("off by one")),
    Bug(catalogue._truncated, "either[0] == either[1]", "either[0] != either[1]", named("float16")),
    Bug(terms.terms, "c > 0", "c < 0", named("weight decay")),
    Bug(catalogue._turned, "conjugated(other)", "other", conjugate("vjp as of JAX")),
    Bug(catalogue._turned, "factor * conjugate", "part.numerical", conjugate("Wirtinger")),
    Bug(
        evidence.Part.times,
        "as_complex(np.ascontiguousarray(self.numerical)) * factor",
        "0 * factor",
        conjugate("chain"),
    ),
    Bug(patterns._halves, "own == wrong.sum()", "own > wrong.sum()", conjugate("imaginary parts")),
    Bug(patterns.patterns, "return []  # it explains", "pass  # it explains", complexes.test_a_conjugate_is_said_once),
    Bug(claimants.Claimant._random, "conjugated(pairs)", "pairs", conjugate("vjp as of JAX")),
    Bug(holomorphy.not_holomorphic, "1j * as_complex", "1 * as_complex", at_complex("jacobian")),
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
        partial(products.test_a_product_must_see_its_vector, products.IGNORING["for its mean"]),
    ),
    Bug(linearity._Dependence.fault, "self._is_same(at, self.product(self.other))", "False", text("cotangent")),
    Bug(
        staleness._unchanging,
        "return fault",
        "return None and fault",
        detection.test_a_gradient_that_does_not_change_with_x_is_named,
    ),
    Bug(staleness._before_a_step, "rate is None", "True", detection.test_the_gradient_before_a_step_is_stale),
    Bug(
        parts._completed,
        "missing = ~",
        "missing = False & ",
        every(complexes.test_one_wrong_imaginary_part_of_a_jacobian_is_found, range(5)),
    ),
    Bug(
        claimants.Claimant.even,
        "self.weights * np.ldexp",
        "self.weights + 0 * np.ldexp",
        partial(products.test_a_small_output_among_many_is_seen, 100, 1e-8),
    ),
    Bug(
        linearity._Dependence._not_homogeneous,
        "else max(self.tolerance, NOISY)",
        "else self.tolerance",
        products.test_a_product_by_differences_is_linear_but_for_their_noise,
    ),
    Bug(
        linearity.averaged,
        "or _is_of_mean(subject, dependence)",
        "",
        partial(products.test_a_fault_of_equal_outputs_has_its_own_name, 2.0, FailureMode.CONSTANT_FACTOR),
    ),
    Bug(
        catalogue._others,
        "fit(other, part.numerical",
        "fit(part, other.numerical",
        explanations.test_the_gradient_of_another_array_is_no_exchange,
    ),
    Bug(accusation._tied, "if is_factor", "if False", detection.test_a_forgotten_factor_explains_why_nothing_changes),
)
