"""The text that a person reads is frozen here: change it only on purpose."""

import json
import textwrap
from dataclasses import replace

import numpy as np
import pytest
from each import each
from hypothesis import strategies as st

from verification import report, suite
from verification.cases import CASES, Case
from verification.comparison import compare
from verification.evidence_page import evidence_page
from verification.results import CaseResult, ModeResult, Outcome
from verification.specimens import SPECIMENS

INPUTS = {"y": np.array([[0.5, -0.0]]), "t": np.array([1]), "seed": 3}
CASE = Case("some_loss mean labels", "numerical_gradient", st.nothing(), lambda _: [])
OFF = compare("gradient", [[2.0, 0.0]], [[1.0, 0.0]], 1e-3)


def result(outcome, **changes):
    fields = {
        "telling": 40,
        "worst": OFF,
        "inputs": INPUTS,
        "reason": "the gradient is off by more than its bound",
        **changes,
    }
    return CaseResult(CASE, outcome, 50, **fields)


def text(found):
    return "\n".join(report.lines(found)) + "\n"


def test_a_case_that_agrees():
    agrees = result(Outcome.AGREES, worst=compare("gradient", [1.0], [1.5], 1.0), inputs=None, reason="")
    assert report.header() + "\n" + text(agrees) == (
        "function                              gradient                 runs used verdict\n"
        "some_loss mean labels                 numerical_gradient         50  50% AGREES\n"
    )


def test_a_case_that_is_refused():
    refused = result(Outcome.FLAGGED, worst=None, inputs=None, reason="it cannot work")
    assert text(refused) == (
        "some_loss mean labels                 numerical_gradient         50      FLAGGED\n  why       it cannot work\n"
    )


def test_a_surprise():
    assert text(result(Outcome.DISAGREES)) == textwrap.dedent("""\
        some_loss mean labels                 numerical_gradient         50 >999% DISAGREES
          what      the gradient is off by more than its bound
          numerical [[2., 0.]]
          autograd  [[1., 0.]]
          bound     [[0.001, 0.001]]
          The smallest counterexample, to paste into Python:
            import numpy as np
            from verification.cases import CASES
            case = next(case for case in CASES if case.name == 'some_loss mean labels, numerical_gradient')
            inputs = {'y': np.array([[0.5, -0.0]]), 't': np.array([1], dtype=np.int64), 'seed': 3}
            print(*case.check(inputs), sep='\\n')
        """)


def test_an_error():
    error = result(Outcome.ERROR, worst=None, inputs=None, reason="ValueError: Expected better")
    assert text(error) == (
        "some_loss mean labels                 numerical_gradient         50      ERROR\n"
        "  what      ValueError: Expected better\n"
    )


def test_a_failure_mode():
    name = SPECIMENS[0].name
    runs = (next(suite.run_suite([name], max_examples=50, seed=seed)) for seed in range(20))
    found = next(found for found in runs if found.evidence.problem.formula == "Σ x² over the batch")
    lines = report.lines(found)
    assert lines[0].startswith("v2: reduced output ")
    assert lines[0].endswith(" FLAGGED")
    assert "\n".join(lines[1:]) == (
        "  f         Σ x² over the batch\n"
        "  X         np.array([[0.0], [1.0]])\n"
        "  v2        [[2.], [2.]]\n"
        "  autograd  [[0.], [2.]]\n"
        "  why       f returns one number for the whole batch, so every row receives the\n"
        "            slope of the batch total.\n"
        "  repaired  refuses: Expected f to return one value a row, shape (2,), but got\n"
        "            shape (): every row would receive the slope of the batch total"
    )


def test_a_failure_mode_that_was_not_found():
    missing = ModeResult(SPECIMENS[0], Outcome.NOT_FLAGGED, 50, None, "v2 was never seen to fail in this way")
    assert text(missing) == (
        "v2: reduced output                                               50      NOT FLAGGED\n"
        "  what      v2 was never seen to fail in this way\n"
    )


def test_the_summary():
    missing = ModeResult(SPECIMENS[0], Outcome.NOT_FLAGGED, 50, None, "")
    results = [result(Outcome.AGREES), result(Outcome.FLAGGED), result(Outcome.DISAGREES), missing]
    assert "\n".join(report.summary(results, seed=7, seconds=1.2, planned=4)) == textwrap.dedent("""\
        3 cases: 1 within the theory's bound of autograd,
          1 flagged as expected, where a fixed step cannot work.
        1 failure mode of v2: 0 flagged.
        200 examples in 1 s, seed 7 (--seed 7 replays this run).
        2 SURPRISES:
          DISAGREES: some_loss mean labels, numerical_gradient
          NOT FLAGGED: v2: reduced output""")
    estimate = replace(results[0], case=replace(CASE, method="gradient"))
    assert report.summary([estimate], seed=7, seconds=1.2, planned=1) == [
        "1 estimate: 1 within their own error bar.",
        "50 examples in 1 s, seed 7 (--seed 7 replays this run).",
        "No surprises.",
    ]
    assert report.summary(results[:2], seed=7, seconds=1.2, planned=2)[-1] == "No surprises."
    assert report.summary(results[:2], seed=7, seconds=1.2, planned=4)[-2] == "INTERRUPTED after 2 of 4."


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (0.999, "99%"), (1, "100%"), (1.001, "101%"), (9.99, "999%"), (10, ">999%"), (np.inf, "inf")],
)
def test_a_share_is_rounded_away_from_the_bound(share, text):
    assert report.percent(share) == text


def test_the_reproduction_runs_as_printed(capsys):
    case = next(case for case in CASES if case.name == "cross_entropy_error_labels mean, numerical_gradient")
    surprise = CaseResult(case, Outcome.DISAGREES, 1, 1, OFF, {"y": np.array([[0.25, 0.75]]), "t": np.array([1])}, "")
    code = "\n".join(line.strip() for line in report.lines(surprise)[-5:])
    exec(code, {})
    assert capsys.readouterr().out.splitlines()[0].startswith("AGREES: value is 0.287682")


def test_inputs_that_came_back_changed_are_printed_by_the_reproduction():
    changed = result(Outcome.CHANGED, worst=None, reason="y came back changed")
    lines = report.lines(changed)
    assert lines[:2] == [
        "some_loss mean labels                 numerical_gradient         50      INPUT CHANGED",
        "  what      y came back changed",
    ]
    assert lines[-2:] == ["    print(*case.check(inputs), sep='\\n')", "    print('afterwards', inputs)"]


@pytest.mark.parametrize("share", [np.nan, np.inf])
def test_json_has_no_nan(share):
    worst = compare("gradient", [share], [0.0], 1.0)
    evidence = report.to_dict([result(Outcome.DISAGREES, worst=worst)], seed=1, max_examples=5, planned=1)
    found = json.loads(json.dumps(evidence, allow_nan=False))["cases"][0]
    assert found["worst_error"] is None
    assert found["counterexample"]["y"] == "np.array([[0.5, -0.0]])"
    assert evidence["surprises"] == [CASE.name]


@each(CASES)
def test_no_line_of_a_case_is_wider_than_a_terminal(case):
    whole = compare("gradient", [1.0], [2.0], 1.0)
    for outcome in (Outcome.AGREES, Outcome.FLAGGED):
        assert len(report.lines(CaseResult(case, outcome, 2000, 2000, whole, None, ""))[0]) <= 80


ALONG = replace(CASE, along=lambda inputs, index: (lambda y: y**3, float(inputs["y"][index])))
FINE = compare("gradient", [[0.75 + 1e-8, 0.0]], [[0.75, 0.0]], 1.5e-8)


def page_of(*results):
    return evidence_page(results, ["3 cases.", "No surprises."], "python -m verification --seed 1")


def worst_of(page):
    return page[page.index('<section class="worst"') : page.index("</section>")]


def test_the_page_of_a_run_draws_its_worst_case():
    drawn = replace(result(Outcome.AGREES, worst=FINE, worst_inputs=INPUTS, inputs=None, reason=""), case=ALONG)
    worst = worst_of(page_of(result(Outcome.AGREES, worst=None, inputs=None, reason=""), drawn))
    assert "66% AGREES" in worst
    assert worst.count('<circle class="dot a"') > 30
    assert "step h along y[0, 0]" in worst
    assert "the bound at h = 0.0001" in worst
    better = replace(drawn, worst=compare("gradient", [[0.75 + 1e-9, 0.0]], [[0.75, 0.0]], 1.5e-8))
    both = page_of(better, drawn)
    assert "66% AGREES" in worst_of(both)
    assert both.count("<svg") == 2  # of the worst, once more where it stands among the others


def test_a_surprise_comes_first_on_the_page_of_a_run():
    drawn = replace(result(Outcome.AGREES, worst=FINE, worst_inputs=INPUTS, inputs=None, reason=""), case=ALONG)
    surprise = result(Outcome.SLACK, worst=None, inputs=None, reason="<b>slack</b>")
    worst = worst_of(page_of(drawn, surprise, drawn))
    assert "SLACK" in worst
    assert "&lt;b&gt;slack&lt;/b&gt;" in worst


def test_the_page_of_a_run_is_filtered_by_verdict():
    page = page_of(result(Outcome.AGREES, inputs=None, reason=""), result(Outcome.NOT_FLAGGED, inputs=None))
    for verdict, own in (("AGREES", "agrees"), ("NOT FLAGGED", "not-flagged")):
        assert f'<input type="radio" name="show" id="show-{own}">' in page
        rule = f'body:has(#show-{own}:checked) .finding:not([data-verdict="{verdict}"]) {{ display: none; }}'
        assert rule in page
    assert "python -m verification --seed 1" in page
    assert "3 cases. No surprises." in page
