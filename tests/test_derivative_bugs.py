"""Wrong lines planted into the search for derivatives: each makes a test of their quality fail."""

import math
from functools import partial

import numpy as np
import pytest
import test_derivatives as quality
import test_hidden_structure as hides
import test_one_sided as one_side
import test_refusals as refusals
import test_vectorized as vectorized
from planted_bugs import Bug

from numgrad.derivatives import (
    execution,
    fit,
    grid,
    jumps,
    lines,
    one_sided,
    outcome,
    problem,
    refine,
    search,
    solver,
)


def hidden(name):
    return partial(hides.test_what_long_or_short_steps_alone_would_miss_is_in_the_error_bar, *hides.HIDDEN[name])


def hidden_from_above(name):
    return partial(one_side.test_what_long_steps_alone_would_miss_is_in_the_error_bar_of_one_side, name, "forward")


def tread(name):
    return partial(hides.test_where_rounding_makes_f_flat_the_error_bar_covers_what_it_hides, *hides.TREADS[name])


def kink(name):
    return partial(one_side.test_a_kink_is_reported_with_both_sides, *one_side.KINKS[name])


def sides(name):
    return partial(one_side.test_sides_that_bend_otherwise_agree_on_the_slope, *one_side.SIDES[name])


def endless(f):
    return partial(one_side.test_slopes_without_an_end_have_an_endless_error, f)


def from_above(f):
    return partial(one_side.test_one_sided_error_bars_know_of_noise, f, "forward")


def jump(method):
    return partial(one_side.test_a_jump_at_x_has_no_slope, 1e-2, method)


def on_one_side(name):
    return partial(
        one_side.test_error_bars_of_one_side_cover_what_rounding_hides, *one_side.ON_ONE_SIDE[name], "forward"
    )


def refused(name):
    return partial(refusals.test_what_has_no_derivative_is_refused, *refusals.REFUSED[name])


def pairs_from_above():
    one_side.test_one_sided_derivatives_keep_within_their_error_bars("forward")


def float32(x):
    return float(np.exp(np.float32(x)))


RIPPLE, BUMP = "a ripple that long steps average out", "the flank of a narrow bump"
BUGS = [
    # The fit: calm on short steps, the digits of f(x).
    Bug(fit._is_calm_in_pairs, "bend_agrees & slope_agrees", "bend_agrees | True", hidden(RIPPLE)),
    Bug(fit._is_calm_above, "slope_agrees[:, 1:]", "np.isfinite(steps[:, 1:])", hidden_from_above(BUMP)),
    # The search: what shorter steps say against it, noise, waves, kinks, what is far away or near an edge.
    Bug(refine._write, "_contradiction(view", "0 * _contradiction(view", hidden(BUMP)),
    Bug(
        refine._write,
        "found is Finding.JUMP or",
        "False or",
        one_side.test_a_jump_as_small_as_half_a_billionth_has_no_slope,
    ),
    Bug(refine._write, "view.fit.drowned)", "False)", hides.test_noise_alone_has_no_derivative),
    Bug(refine._from_both, "{*FROM_SIDES, Finding.UNSETTLED}", "FROM_SIDES", sides("x |x|")),
    Bug(search.persists, "(rest < PERSISTENT * noise).any()", "False", hidden(RIPPLE)),
    Bug(search.persists, "rest[-1] >= STEADY * noise", "True", hidden("a wave of a hundred-thousandth")),
    Bug(search._look, " or _kink(view)", "", kink("|x| at 0")),
    Bug(search._noise, "Finding.JUMP if is_jump(rest[beyond]) and not of_center else ", "", jump("central")),
    Bug(search._far_away, "(AFAR, AFAR // 2)", "(AFAR,)", tread("no change on the first steps")),
    Bug(search._seen_through, "if j == 1 and at_edge", "if False", hidden("the edge of a circle")),
    Bug(
        solver._left_open,
        "[_changing_afar(lines, batch.of(constant))] if",
        "[] if",
        tread("no change on the first steps"),
    ),
    Bug(
        solver._judge,
        "by_noise &= ",
        "by_noise &= False & ",
        hides.test_where_noise_is_all_that_is_seen_steps_get_longer,
    ),
    Bug(outcome.contradiction, "off + doubt + drift", "0 * off", hidden(BUMP)),
    Bug(outcome.diverges, "bool(STEADY", "bool(np.inf", endless(lambda x: x * math.log(x) if x else 0.0)),
    Bug(search._noise, "more and view.fit.drowned", "False", hidden("a period of 6e-12 of x")),
    Bug(search._noise, "if stays else None", "if True else None", hidden("a ripple above noise")),
    Bug(
        refine._look,
        "return replace(view, fit=memory.shorter), Finding.NOISE",
        "pass",
        hidden("a hill in a valley, and noise"),
    ),
    # Staircases: whether they are looked for, found, and believed.
    Bug(refine._look, "if suspects and not", "if False and not", hidden("steeper ones")),
    Bug(refine._look, "memory.plateaus.clear()", "pass", hidden(RIPPLE)),
    Bug(refine._suspects, "found is Finding.UNSETTLED or ", "", hidden("others")),
    Bug(refine._suspects, "for plateau in plateaus if", "for plateau in [] if", hidden("steeper ones")),
    Bug(refine._doubts, "for other in noisy if", "for other in [] if", hidden("the same closer")),
    Bug(refine._doubts, "for other in lost_beside if", "for other in [] if", hidden("large terms that cancel")),
    Bug(jumps.jump_of_staircase, "else jump", "else 0.0", hidden("steeper ones")),
    Bug(jumps._past_rounding, "within - beyond < 1 or not budget.pay(2)", "True", hidden("steeper ones")),
    Bug(jumps._end_of_parabola, "view.fit.bottom > plateau.bottom", "False", hidden(RIPPLE)),
    Bug(jumps._Parabola.departure, "self._bends(ratio) * self.even", "0 * self.even", hidden(RIPPLE)),
    Bug(
        jumps.jump_beside_a_constant,
        "if change > near / CONTINUOUS else 0.0",
        "",
        partial(hides.test_beside_a_kink_f_is_truly_flat, 1.0, 0.0),
    ),
    Bug(
        jumps.jump_beside_a_constant,
        "max(largest, change if",
        "max(largest, 0 * change if",
        tread("log(1 + exp x), f(x) = 0"),
    ),
    Bug(grid.treads, "LARGE * largest", "np.inf * largest", hidden("a waving grid")),
    Bug(grid._common_step, "distinct >= FEW", "distinct >= 2", hidden("a tread of a millionth")),
    Bug(
        jumps.jump_of_staircase,
        "0.0 if _is_smooth",
        "jump if _is_smooth",
        partial(hides.test_a_jump_beside_x_is_not_at_x, 0.1, 1, 1.0),
    ),
    Bug(jumps._is_smooth, "fit.noise < most", "True", hidden("treads as wide as x")),
    Bug(
        fit.Fit.is_better_than,
        "self.error < other.error, other.drowned",
        "self.error < other.error, self.error < other.error",
        hidden("a narrow peak in decimals"),
    ),
    # One side: hidden jumps, noise, where to look next.
    Bug(one_sided._Ray.error, " + self._hidden()", "", pairs_from_above),
    Bug(one_sided.from_sides, "if unseen and", "if False and", on_one_side("decimals that do not change at first")),
    Bug(one_sided._Ray.error, "self.fit.drowned and", "False and", on_one_side("waves finer than floats")),
    Bug(one_sided._Ray._hidden, "2 * sizes", "sizes", on_one_side("one jump, and no more")),
    Bug(
        one_sided._half,
        "for plateau in longer)",
        "for plateau in [])",
        on_one_side("rounding that is smooth on short steps"),
    ),
    Bug(one_sided._Ray.error, "off, self._beside(at))", "off)", on_one_side("a hill of some roundings")),
    Bug(one_sided._Ray.error, "max(error, off, ", "max(error, ", hidden_from_above(BUMP)),
    Bug(one_sided._Ray.error, "if not settled and diverges", "if False and diverges", jump("forward")),
    Bug(one_sided._half, "jumps / 2", "0 * jumps", from_above(float32)),
    Bug(one_sided._write, "np.fmax.reduce(noise)", "0 * np.fmax.reduce(noise)", from_above(float32)),
    Bug(one_sided._write, "~(outcome.error[outputs] <= error)", "error < np.inf", jump("forward")),
    Bug(
        one_sided._next_rungs,
        "[rung for rung in missing if rung >= start][:WINDOW] or ",
        "",
        one_side.test_what_is_beside_a_kink_is_flat_from_one_side,
    ),
    # Points and values: what is counted, rounded, asked again and compared.
    Bug(lines.Lines.pairs, "found -= ", "found -= 0 * ", hides.test_rounded_steps_are_made_good),
    Bug(
        lines.Lines._at,
        "self.evaluations += len(moved)",
        "pass",
        partial(quality.test_all_evaluations_are_counted, quality.PAIRS[0]),
    ),
    Bug(
        lines.Lines._stacked_values,
        "self.evaluations += len(moved)",
        "pass",
        vectorized.test_retries_of_a_vectorized_f_are_counted,
    ),
    Bug(execution.execute, "problem.require_repeatable(center)", "pass", refused("random")),
    Bug(problem.Problem.require_repeatable, "if not same:", "if False:", refused("random")),
]


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_is_found(bug, monkeypatch):
    bug.plant(monkeypatch)
    with pytest.raises((bug.raises, pytest.fail.Exception)):
        bug.found_by()


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_without_a_bug_the_same_tests_pass(bug):
    bug.found_by()
