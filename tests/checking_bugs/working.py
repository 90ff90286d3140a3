"""Wrong lines in where people work: with torch, in searches, in reports, along a minimization."""

from functools import partial
from xml.etree.ElementTree import ParseError

import test_gradcheck_drop_in as drop_ins
import test_gradient_report as reports
import test_minimization as minimizations
import test_replay as replays
import test_report as run_reports
import test_search as searches
import test_second_order as second_order
import test_strategies as strategy_tests
import test_torch_checks as torch_checks
import test_torch_memory as torch_memory
import test_torch_precision as torch_precision
import torch
from hypothesis.errors import HypothesisException
from planted_bugs import Bug

from verification import evidence_page, minimization, records, replay, search
from verification.gradient_report import junit, rows
from verification.gradient_report import page as gradient_page
from verification.pages import page
from verification.strategies import thresholds
from verification.torch_checks import called, checks, drop_in, pullback, reuse, tensors

__all__ = ["WORKING"]


WORKING = (
    Bug(
        called._step,
        'f".{key.key}"',
        'f"/{key.key}"',
        partial(torch_checks.test_what_is_nested_is_called_as_a_user_would_write_it, *torch_checks.NESTED["a dict"]),
    ),
    Bug(
        tensors.as_tensor,
        "model.dtype if tensor.dtype == _carrier(model.dtype) else tensor.dtype",
        "tensor.dtype",
        torch_precision.test_bfloat16_is_looked_at_in_bfloat16,
    ),
    Bug(
        checks.check_backward,
        "seen is None",
        "True",
        torch_memory.test_each_output_is_looked_at_by_itself,
    ),
    Bug(
        reuse._Passes._differs_later,
        "_differ(other, alone) or",
        "",
        partial(torch_memory.test_what_is_kept_from_one_pass_for_another_is_found, torch_memory.Memo),
    ),
    Bug(
        reuse._Passes._differs_later,
        "or _differ(first, again)",
        "",
        partial(torch_memory.test_what_is_kept_from_one_pass_for_another_is_found, torch_memory.KeptOnTheClass),
    ),
    Bug(
        called.Called.holding,
        "if not isinstance(self.fn, nn.Module)",
        "if True",
        torch_memory.test_a_module_may_compute_again_what_it_did_not_keep,
    ),
    Bug(
        pullback.Pullback.vjp,
        "self.function.holding(leaves, lambda: self._pulled_back(leaves, point, cotangent))",
        "self._pulled_back(leaves, point, cotangent)",
        torch_memory.test_a_module_may_compute_again_what_it_did_not_keep,
    ),
    Bug(
        tensors._narrowed,
        "min(gap, WIDE)",
        "gap",
        torch_memory.test_a_view_costs_no_more_than_what_it_shows,
    ),
    Bug(
        pullback.FirstDerivative._products,
        "create_graph=True",
        "create_graph=False",
        second_order.test_second_derivatives_are_checked_where_they_are_asked_for,
    ),
    Bug(
        checks._remedied,
        "_draws(module)",
        "False",
        torch_checks.test_dropout_is_named_as_random,
    ),
    Bug(
        drop_in._report,
        "(not check and is_unfit)",
        "False",
        drop_ins.test_a_random_function_raises,
        raises=UserWarning,
    ),
    Bug(
        drop_in._leave_to_torch,
        "held.holding(held.tensors, run)",
        "None",
        drop_ins.test_what_else_torch_looks_at_is_looked_at,
    ),
    Bug(
        search._Hunt._look,
        "self.first is None and",
        "",
        searches.test_an_input_that_was_found_is_not_rejected_as_one_of_too_many,
        raises=HypothesisException,
    ),
    Bug(
        checks.of_second,
        "check or",
        "check; check or",
        second_order.test_second_derivatives_are_checked_where_they_are_asked_for,
    ),
    Bug(
        replay._is_sparse,
        "not np.isfinite(value).all()",
        "False",
        replays.test_an_expression_gives_the_value_back_digit_for_digit,
        raises=NameError,
    ),
    Bug(
        search._Hunt._look,
        "if not found",
        "if False",
        partial(searches.test_the_reason_is_told_where_nearly_nothing_tells, *searches.UNTOLD["flat"]),
    ),
    Bug(
        search._Hunt._require_told,
        "if self.inputs and not self._tells_nothing",
        "if True",
        partial(searches.test_the_reason_is_told_where_nearly_nothing_tells, *searches.UNTOLD["flat"]),
    ),
    Bug(
        replay._place,
        "if found in (function, inspect.unwrap(function))",
        "if False",
        replays.test_what_has_a_name_is_imported,
    ),
    Bug(rows.severity, "-digits", "digits", reports.test_of_gradients_that_agree_the_one_with_fewest_digits_is_worst),
    Bug(
        rows._telling,
        "TELLING.index(check.verdict)",
        "-TELLING.index(check.verdict)",
        reports.test_a_property_shows_the_example_that_tells_most,
    ),
    Bug(
        junit._clean,
        "FORBIDDEN.sub",
        "(lambda _, text: text)",
        reports.test_xml_holds_what_it_can,
        raises=ParseError,
    ),
    Bug(
        minimization.CheckedJac.__call__,
        "self.calls.bit_count() == 1",
        "self.calls == 1",
        minimizations.test_a_gradient_that_goes_wrong_later_is_found_at_its_next_check,
    ),
    Bug(
        pullback.Pullback._pulled_back,
        "with _written_back(leaves, point)",
        "with contextlib.nullcontext()",
        partial(torch_memory.test_a_backward_pass_that_writes_into_what_it_is_given_is_found, "input", torch.float64),
    ),
    Bug(
        pullback.Pullback._pulled_back,
        "cotangent += 1",
        "pass",
        partial(
            torch_memory.test_a_backward_pass_that_writes_into_what_it_is_given_is_found, "cotangent", torch.float32
        ),
    ),
    Bug(
        tensors.as_tensor,
        "_room_as_of(model, dtype)",
        "torch.empty(model.shape, dtype=dtype)",
        torch_memory.test_a_tensor_is_checked_as_it_lies_in_memory,
    ),
    Bug(page._hiding, "display: none", "", run_reports.test_the_page_of_a_run_is_filtered_by_verdict),
    Bug(
        evidence_page._badness,
        "result.outcome.surprising, 0.0",
        "False, 0.0",
        run_reports.test_a_surprise_comes_first_on_the_page_of_a_run,
    ),
    Bug(
        gradient_page._severity,
        'severity(row["verdict"], row["digits"]), row["differences"] is not None',
        'row["differences"] is not None, 0',
        reports.test_a_gradient_without_differences_may_be_the_worst,
    ),
    Bug(
        records.name_of,
        "owner.__qualname__",
        "owner.__class__.__name__",
        reports.test_custom_functions_and_methods_are_called_by_their_own_names,
    ),
    Bug(
        thresholds.away_from_kinks,
        "for kink in seen",
        "for kink in kinks",
        strategy_tests.test_no_point_is_at_a_kink_after_both_are_rounded,
        raises=AssertionError,
    ),
)
