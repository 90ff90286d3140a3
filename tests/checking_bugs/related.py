"""Wrong lines in the relations of batches."""

from functools import partial

import test_check_gradient as checks
import test_relations as relations
from planted_bugs import Bug

from checking_bugs.found_by import SLICES, broken, related, unrelated
from verification.checking import (
    inspection,
)
from verification.relations import checks as relation_checks
from verification.relations import relation, rows

__all__ = ["RELATED"]

RELATED = (
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
)
