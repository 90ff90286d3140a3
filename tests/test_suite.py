import itertools
import re

import numpy as np
import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from planted_bugs import BUGS, MSE

from numgrad.finite_differences import per_sample
from verification import FailureMode, cli, suite
from verification.cases import CASES, Case, Flaw
from verification.comparison import compare
from verification.results import Outcome
from verification.specimens import SPECIMENS
from verification.strategies import numbers


def run(*names, max_examples=20, seed=0):
    return list(suite.run_suite(names, max_examples=max_examples, seed=seed))


@pytest.fixture
def unshrunk(monkeypatch):
    """Whether a bug is found is the question, not by how small an input: shrinking takes most of the time."""
    monkeypatch.setattr(suite, "PHASES", (Phase.generate,))


@pytest.fixture
def short_search(monkeypatch):
    """A search that must find nothing goes through all its problems, and so may be short."""
    monkeypatch.setattr(suite, "SEARCH", 50)


@pytest.mark.underflow
@pytest.mark.usefixtures("unshrunk")
@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_makes_the_run_exit_1_and_names_the_case(bug, monkeypatch, capsys):
    bug.plant(monkeypatch)
    assert cli.main(["--case", bug.found_by, "--max-examples", "100", "--seed", "0", "--quiet"]) == 1
    assert f": {bug.found_by}\n" in re.split(r"SURPRISES?:\n", capsys.readouterr().out)[1]


@pytest.mark.underflow
@pytest.mark.slow
def test_without_a_bug_the_same_cases_agree():
    assert not any(result.outcome.surprising for result in run(*{bug.found_by for bug in BUGS}))


@pytest.mark.underflow
@pytest.mark.usefixtures("unshrunk")
def test_the_whole_run_finds_a_bug_by_itself(monkeypatch, capsys):
    bug = next(bug for bug in BUGS if bug.wrong == "return -0.5")
    bug.plant(monkeypatch)
    assert cli.main(["--max-examples", "3", "--quiet", "--seed", "0"]) == 1
    surprises = re.split(r"SURPRISES?:\n", capsys.readouterr().out)[1]
    assert MSE in surprises
    assert "softmax" not in surprises


def test_a_bug_that_no_longer_fits_the_source_is_an_error():
    with pytest.raises(LookupError, match="stands 0 times"):
        type(BUGS[0])(BUGS[0].function, "no such text", "", MSE).code()


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda specimen: specimen.mode.title)
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_each_failure_mode_is_found_and_shrunk(specimen, seed):
    (result,) = run(specimen.name, seed=seed)
    assert result.outcome is Outcome.FLAGGED
    assert result.evidence.diagnosis is specimen.mode
    assert not result.evidence.flawed.right
    assert specimen.repaired_by(result.evidence.repaired)
    assert result.evidence.problem.X.size <= 2


@pytest.mark.usefixtures("short_search")
def test_a_mode_that_is_not_reproduced_fails_the_run(monkeypatch, capsys):
    monkeypatch.setattr("verification.specimens.numerical_gradient_batch_v2", per_sample.per_sample_gradient)
    assert cli.main(["--case", "v2: low precision", "--seed", "0"]) == 1
    output = capsys.readouterr().out
    assert "v2 was never seen to fail in this way" in output
    assert "NOT FLAGGED: v2: low precision" in output


GUARDS = {
    "v2: coupled rows": ("    _require_independent_rows(f, X, h)\n", ""),
    "v2: reduced output": (
        "    _require_independent_rows(f, X, h)\n",
        "    f, g = (lambda X: np.full(len(X), g(X))), f\n",
    ),
}


@pytest.mark.usefixtures("unshrunk")
@pytest.mark.parametrize(("name", "edit"), GUARDS.items(), ids=GUARDS)
def test_a_repair_that_lost_its_guard_fails_the_run(name, edit, monkeypatch):
    bug = type(BUGS[0])(per_sample.per_sample_gradient, *edit, found_by=name)
    bug.plant(monkeypatch)
    (result,) = run(name)
    assert result.outcome is Outcome.ERROR
    assert result.reason == UNREPAIRED


UNREPAIRED = "per_sample_gradient is neither right nor refuses for the right reason"


@pytest.mark.usefixtures("unshrunk")
@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda specimen: specimen.mode.title)
@pytest.mark.parametrize("error", [ValueError, TypeError])
def test_a_repair_that_refuses_for_another_reason_fails_the_run(specimen, error, monkeypatch):
    def broken(*_):
        raise error("Expected better")

    monkeypatch.setattr("verification.specimens.per_sample_gradient", broken)
    (result,) = run(specimen.name)
    assert (result.outcome, result.reason) == (Outcome.ERROR, UNREPAIRED)


@pytest.mark.usefixtures("short_search")
@pytest.mark.parametrize("diagnosis", [FailureMode.REDUCED_OUTPUT, None])
def test_a_mode_that_is_called_by_another_name_fails_the_run(diagnosis, monkeypatch):
    monkeypatch.setattr("verification.specimens._diagnose", lambda _: diagnosis)
    (result,) = run("v2: coupled rows")
    name = "reduced output" if diagnosis else "nothing wrong"
    assert (result.outcome, result.reason) == (Outcome.ERROR, f"v2 fails in this way and it is called {name!r}")


def case(check, flaw=None):
    return Case("made up", "by hand", st.fixed_dictionaries({"x": st.builds(np.array, numbers())}), check, flaw)


def outcome(monkeypatch, check, flaw=None, max_examples=60):
    made_up = case(check, flaw)
    monkeypatch.setattr(suite, "SEARCH", 120)
    monkeypatch.setattr(suite, "CATALOGUE", (made_up,))
    (result,) = run(made_up.name, max_examples=max_examples)
    return result


def within(share):
    return lambda inputs: [compare("gradient", inputs["x"] + share, inputs["x"], 1.0)]


def raises(inputs):
    raise ValueError(f"Expected better than {inputs['x']}")


def changes(inputs):
    inputs["x"] += 1
    return within(0.5)(inputs)


REFUSED = Flaw("it cannot work", "Expected better")
BLIND = Flaw("it cannot work")


@pytest.mark.parametrize(
    ("check", "flaw", "expected"),
    [
        (within(0.5), None, Outcome.AGREES),
        (within(1.5), None, Outcome.DISAGREES),
        (within(1e-3), None, Outcome.SLACK),
        (raises, None, Outcome.ERROR),
        (changes, None, Outcome.CHANGED),
        (raises, REFUSED, Outcome.FLAGGED),
        (raises, Flaw("it cannot work", "Expected another"), Outcome.ERROR),
        (within(1.5), REFUSED, Outcome.NOT_FLAGGED),
        (lambda _: within(0)({"x": np.array(0.5)}), BLIND, Outcome.FLAGGED),
        (within(1.5), BLIND, Outcome.DISAGREES),
        (lambda _: within(0)({"x": np.array(5.0)}), BLIND, Outcome.NOT_FLAGGED),
        (raises, BLIND, Outcome.ERROR),
        (lambda _: within(0)({"x": np.array(0.0)}), BLIND, Outcome.SLACK),
        (lambda _: within(0.5)({"x": np.array(0.0)}), None, Outcome.SLACK),
        (lambda _: [compare("gradient", 2.0, 2.0, np.nan)], None, Outcome.SLACK),
    ],
)
def test_the_outcome_of_a_case(monkeypatch, check, flaw, expected):
    assert outcome(monkeypatch, check, flaw).outcome is expected


@pytest.mark.parametrize("exact", ["value", "accuracy", "iterations"])
def test_what_may_be_exact_tells_nothing_of_how_wide_the_gradients_bound_is(monkeypatch, exact):
    def check(inputs):
        return [compare(exact, 0.5, 0.0, 1.0), *within(1e-3)(inputs)]

    assert outcome(monkeypatch, check).outcome is Outcome.SLACK
    wrong = outcome(monkeypatch, lambda inputs: [compare(exact, 1.5, 0.0, 1.0), *within(0.5)(inputs)])
    assert (wrong.outcome, wrong.worst.quantity) == (Outcome.DISAGREES, exact)


def test_of_two_surprises_one_is_told_with_its_own_inputs(monkeypatch):
    def two_faced(inputs):
        return raises(inputs) if inputs["x"] > 0 else within(2.0 * (inputs["x"] < 0))(inputs)

    result = outcome(monkeypatch, two_faced)
    assert result.outcome in (Outcome.DISAGREES, Outcome.ERROR)
    assert "sub-exception" not in result.reason
    assert (result.inputs["x"] > 0) == (result.outcome is Outcome.ERROR)


def test_inputs_that_come_back_changed_are_told_as_they_went_in(monkeypatch):
    result = outcome(monkeypatch, changes)
    assert (result.reason, result.inputs, result.worst) == ("x came back changed", {"x": 0.0}, None)


def test_a_surprise_comes_with_the_smallest_inputs_and_few_examples_are_not_called_slack(monkeypatch):
    result = outcome(monkeypatch, lambda inputs: within(2.0 * (inputs["x"] > 10))(inputs))
    assert result.inputs == {"x": 100.0}
    assert outcome(monkeypatch, within(0), max_examples=10).outcome is Outcome.AGREES


def test_inputs_that_are_alike_at_first_do_not_make_a_case_slack(monkeypatch):
    seen = []

    def check(inputs):
        seen.append(inputs)
        return within(0 if len(seen) <= 60 else 0.5)({"x": inputs["x"] + 2})

    result = outcome(monkeypatch, check)
    assert (result.outcome, result.examples) == (Outcome.AGREES, suite.SEARCH)


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["sigmoid"], {}, "Expected selected to hold names of the catalogue but got 'sigmoid'"),
        ([], {"max_examples": 0}, "Expected max_examples to be a whole number of at least 1 but got 0"),
        ([], {"seed": -1}, "Expected seed to be a whole number of at least 0"),
    ],
)
def test_a_run_of_what_is_not_there_is_refused(names, options, message):
    with pytest.raises(ValueError, match=message):
        suite.run_suite(names, **{"max_examples": 5, "seed": 0, **options})


@pytest.mark.underflow
def test_what_underflows_in_torch_alone_agrees():
    checks = {case.name: case.check for case in CASES}
    for x in np.arange(-700.0, -760.0, -1.0):
        alone = checks["sigmoid any shape, numerical_gradient"]({"x": np.array(x), "cotangent": np.array(99.0)})
        row = {"x": np.array([0.0, x]), "cotangent": np.array([0.0, 99.0])}
        assert all(found.worst_share <= 1 for found in (*alone, *checks["softmax any shape, numerical_gradient"](row)))


@pytest.mark.underflow
def test_the_same_seed_replays_and_another_does_not():
    names = [case.name for case in CASES if "softmax_cross" in case.name][:3]
    first, again, other = (run(*names, seed=seed) for seed in (7, 7, 8))
    assert [result.worst.worst_share for result in first] == [result.worst.worst_share for result in again]
    assert [result.worst.worst_share for result in first] != [result.worst.worst_share for result in other]
    alone = run(names[1], seed=7)
    assert alone[0].worst.worst_share == first[1].worst.worst_share


def test_the_names_are_unique_and_the_catalogue_is_whole():
    names = suite.case_names()
    assert len(names) == len(set(names))
    for loss, method in itertools.product(
        ("mean_squared_error", "cross_entropy_error", "cross_entropy_error_one_hot", "cross_entropy_error_labels",
         "softmax_cross_entropy", "sigmoid", "softmax", "TwoLayerNet by x"),
        ("numerical_gradient", "numerical_gradient_batch", "per_sample_gradient", "gradient"),
    ):  # fmt: skip
        assert any(name.startswith(f"{loss} ") and name.endswith(f", {method}") for name in names), (
            loss,
            method,
        )
    for parameter in ("W1", "b1", "W2", "b2"):
        by = [name for name in names if f"by {parameter} " in name and "features" not in name and "place" not in name]
        assert sum(name.endswith(", net by loop") for name in by) == 3
        assert sum(name.endswith(", gradient") for name in by) == 3
    assert sum(name.startswith("v2: ") for name in names) == 10
