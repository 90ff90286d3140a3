"""The plugin of pytest, in test runs of its own: what fails and how it reads, reports, options, xdist."""

import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

MODULE = """
import numpy as np
import pytest
from verification import assert_gradient, check_gradient

X = np.array([1.0, 2.0])

def square(x):
    return np.sum(x**2)

def right(x):
    return 2 * x

def wrong(x):
    return -2 * x

"""
RIGHT = """
def test_right(gradcheck):
    assert gradcheck(square, right, X)
"""
WRONG = """
def test_wrong(gradcheck):
    gradcheck(square, wrong, X)
"""
UNTOLD = """
def test_untold(gradcheck):
    gradcheck(square, right, 0 * X)
"""
PROPERTY = """
from hypothesis import given, settings
from verification.strategies import arrays

@settings(max_examples=10)
@given(x=arrays((1,)))
def test_property(gradcheck, x):
    gradcheck(square, {}, x)
"""
ALL = MODULE + RIGHT + WRONG + UNTOLD


@pytest.fixture
def run(pytester):
    """Return a function that runs pytest, with the plugin, on a module."""

    def run(source, *arguments):
        pytester.makepyfile(test_it=source)
        return pytester.runpytest_inprocess("-p", "verification.pytest_plugin", "-p", "no:gradients", *arguments)

    return run


def test_the_fixture_fails_a_test_with_the_text_of_the_check_alone(run):
    found = run(MODULE + RIGHT + WRONG)
    found.assert_outcomes(passed=1, failed=1)
    text = found.stdout.str()
    found.stdout.fnmatch_lines(["E *verification.GradientError: DISAGREES: x: wrong sign (claimed = -true)"])
    found.stdout.fnmatch_lines(["E *do      Negate it; look for target - output instead of output - target."])
    assert "verification/" not in text.replace("verification/pytest", "").partition("short test summary")[0]
    found.stdout.fnmatch_lines(["2 gradients: 1 agrees, 1 disagrees"])


def test_what_cannot_be_told_fails_unless_it_is_said_otherwise(run):
    run(MODULE + UNTOLD).assert_outcomes(failed=1)
    run(MODULE + UNTOLD, "-o", "gradient_inconclusive=skip").assert_outcomes(skipped=1)
    passed = run(MODULE + UNTOLD, "-o", "gradient_inconclusive=pass")
    passed.assert_outcomes(passed=1)
    passed.stdout.fnmatch_lines(["1 gradient: 1 inconclusive"])
    marked = '\n@pytest.mark.gradients(inconclusive="skip")' + UNTOLD
    run(MODULE + marked, "-o", "gradient_inconclusive=fail", "--strict-markers").assert_outcomes(skipped=1)


KINK = """
def test_kink(gradcheck):
    gradcheck(lambda x: np.abs(x).sum(), np.sign, 0 * X)
"""


def test_a_subgradient_passes_where_it_is_accepted(run):
    run(MODULE + KINK).assert_outcomes(failed=1)
    run(MODULE + KINK, "-o", "gradient_subgradient=accept").assert_outcomes(passed=1)
    run(MODULE + '\n@pytest.mark.gradients(subgradient="accept")' + KINK).assert_outcomes(passed=1)


def test_the_fixture_serves_properties_where_what_cannot_be_told_is_left_out(run):
    found = run(MODULE + PROPERTY.format("right"), "--gradient-report", "report.json")
    found.assert_outcomes(passed=1)
    found.stdout.fnmatch_lines(["1 gradient: 1 agrees"])
    failing = run(MODULE + PROPERTY.format("wrong"))
    failing.assert_outcomes(failed=1)
    failing.stdout.fnmatch_lines(["*DISAGREES: x: wrong sign*", "1 gradient: 1 disagrees"])
    assert "gradcheck=gradcheck," in failing.stdout.str()
    strict = run(MODULE + PROPERTY.format("right"), "-o", "gradient_inconclusive=fail")
    strict.assert_outcomes(failed=1)


FORMS = """
import torch

def test_forms(gradcheck):
    gradcheck.vjp(np.sin, lambda x, u: u * np.cos(x), X)
    gradcheck.jvp(np.sin, lambda x, v: v * np.cos(x), X)
    gradcheck.jacobian(np.sin, lambda x: np.diag(np.cos(x)), X)
    gradcheck.batch_gradient(lambda X: np.sum(X**2, axis=1), lambda X: 2 * X, np.array([[1.0, 2.0], [3.0, 4.0]]))
    gradcheck.autograd(torch.sin, torch.tensor([1.0, 2.0], dtype=torch.float64), order=2)
"""


def test_the_fixture_has_all_forms_of_a_check(run):
    found = run(MODULE + FORMS)
    found.assert_outcomes(passed=1)
    found.stdout.fnmatch_lines(["5 gradients: 5 agree"])


def test_a_report_holds_every_check_of_the_session(run, pytester):
    source = ALL + "\ndef test_plain():\n    check_gradient(square, right, X)\n    assert_gradient(square, right, X)\n"
    run(source, "--gradient-report", "report.json").stdout.fnmatch_lines(
        ["5 gradients: 3 agree, 1 disagrees, 1 inconclusive", "Wrote *report.json"]
    )
    report = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    assert report["schema"] == 1
    assert report["summary"] == {
        "text": "5 gradients: 3 agree, 1 disagrees, 1 inconclusive",
        "complete": True,
        "gradients": 5,
        "checks": 5,
        "agrees": 3,
        "disagrees": 1,
        "inconclusive": 1,
    }
    tests = [row["test"].partition("::")[2] for row in report["gradients"]]
    assert tests == ["test_right", "test_wrong", "test_untold", "test_plain", "test_plain"]
    wrong = report["gradients"][1]
    assert (wrong["function"], wrong["gradient"], wrong["kind"]) == ("square", "wrong", "check_gradient")
    assert wrong["diagnoses"][0]["mode"] == "wrong sign"
    assert wrong["entries"][0]["name"] == "x[1]"
    assert wrong["differences"]["claimed"] == -4
    assert [bool(row["differences"]) for row in report["gradients"][3:]].count(True) == 1  # one a test is enough


def test_a_property_is_one_gradient_of_the_report(run, pytester):
    run(MODULE + PROPERTY.format("right"), "--gradient-report", "report.json")
    (row,) = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["gradients"]
    assert row["verdict"] == "AGREES"
    assert row["digits"] > 0
    assert row["checks"] == sum(row["verdicts"].values()) >= 10


def test_a_report_is_the_same_under_xdist(run, pytester):
    found = []
    for name, arguments in (("alone", ()), ("spread", ("-n", "2"))):
        run(ALL, "--gradient-report", f"{name}.json", *arguments).assert_outcomes(passed=1, failed=2)
        report = json.loads((pytester.path / f"{name}.json").read_text(encoding="utf-8"))
        found.append((report["summary"], sorted(json.dumps(row, sort_keys=True) for row in report["gradients"])))
    assert found[0] == found[1]
    assert found[0][0]["gradients"] == 3


@pytest.mark.parametrize(("ending", "start"), [("xml", "<testsuites>"), ("html", "<!DOCTYPE html>")])
def test_a_report_is_of_the_kind_that_its_ending_says(run, pytester, ending, start):
    run(ALL, "--gradient-report", f"report.{ending}")
    text = (pytester.path / f"report.{ending}").read_text(encoding="utf-8")
    assert text.startswith(start)
    assert "3 gradients: 1 agrees, 1 disagrees, 1 inconclusive" in text


def test_the_options_and_the_marker_are_documented(run):
    helped = run(MODULE, "--help").stdout
    helped.fnmatch_lines(["*--gradient-report=FILE*"])
    for name in ("seed", "subgradient", "inconclusive"):
        helped.fnmatch_lines([f"*gradient_{name} (*"])
    run(MODULE, "--markers").stdout.fnmatch_lines(["@pytest.mark.gradients(seed, subgradient, inconclusive): *"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--gradient-report", "report.txt"),
            "Expected --gradient-report to end in .json, .xml or .html but got report.txt",
        ),
        (
            ("--gradient-report", "nowhere/report.json"),
            "--gradient-report: cannot write a file at *nowhere/report.json",
        ),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_tests(run, arguments, message):
    found = run(MODULE + RIGHT, *arguments)
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines([f"*{message}*"])


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            "gradients(inconclusive='maybe')",
            "Expected the marker's inconclusive to be fail, skip or pass but got 'maybe'.",
        ),
        ("gradients(seed=-1)", "Expected the marker's seed to be a whole number of at least 0 but got '-1'."),
        ("gradients(tolerance=1)", "Expected the marker to be gradients(seed, subgradient, inconclusive) but got"),
    ],
)
def test_a_marker_that_says_nothing_is_refused(run, marker, message):
    found = run(MODULE + f"\n@pytest.mark.{marker}" + RIGHT)
    found.assert_outcomes(failed=1)
    assert message in found.stdout.str()


def test_nothing_heavy_is_loaded_before_it_is_used():
    code = "import sys, verification.pytest_plugin; print(sorted({'numpy', 'torch', 'hypothesis'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_a_session_without_gradients_says_nothing(run):
    assert " gradient" not in run("def test_nothing():\n    pass\n").stdout.str()


def test_the_plugin_is_found_where_the_package_is_installed():
    (plugin,) = entry_points(group="pytest11", name="gradients")
    assert plugin.value == "verification.pytest_plugin"


def test_seeds_and_keywords_reach_the_check(run, pytester):
    source = (
        MODULE
        + """
@pytest.mark.gradients(seed=5)
def test_seeds(gradcheck):
    assert gradcheck(square, right, X).call.endswith("seed=5)")
    assert gradcheck(square, right, X, seed=7).call.endswith("seed=7)")

def test_ini(gradcheck):
    assert gradcheck(square, right, X).call.endswith("seed=3)")

def test_accepts(gradcheck):
    gradcheck(lambda x: np.abs(x).sum(), np.sign, 0 * X, subgradient="accept")
"""
    )
    run(source, "-o", "gradient_seed=3").assert_outcomes(passed=3)


def test_an_ini_option_that_says_nothing_is_refused_before_the_tests(run):
    found = run(MODULE + RIGHT, "-o", "gradient_inconclusive=maybe")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["*Expected gradient_inconclusive to be fail, skip or pass but got 'maybe'.*"])


def test_the_reason_is_told_where_no_example_of_a_property_tells(run):
    source = PROPERTY.format("right").replace("arrays((1,))", "arrays((1,)).map(lambda x: 0 * x)", 1)
    found = run(MODULE + source)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        ["*gradients of which it cannot be told*", "right: * examples tell nothing: f is flat at x*"]
    )


AFTERWARDS = """
over = False

def once(x):
    if over:
        pytest.fail("f is called after the test")
    return np.sum(x**2)

def test_once(gradcheck):
    global over
    gradcheck(once, right, X)
    over = True
"""


def test_a_function_that_fails_after_its_test_does_not_end_the_session(run, pytester):
    run(MODULE + AFTERWARDS + RIGHT, "--gradient-report", "report.json").assert_outcomes(passed=2)
    rows = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["gradients"]
    assert [row["differences"] is None for row in rows] == [True, False]


def test_a_session_that_is_interrupted_says_so_and_loses_nothing(pytester):
    source = (
        MODULE
        + RIGHT
        + """
def test_interrupted():
    check_gradient(square, wrong, X)
    raise KeyboardInterrupt

def test_never():
    check_gradient(square, right, X)
"""
    )
    pytester.makepyfile(test_it=source)
    plugin = ("-p", "verification.pytest_plugin", "-p", "no:gradients")
    pytester.runpytest_subprocess(*plugin, "--gradient-report", "report.json")
    report = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))
    assert report["summary"]["complete"] is False
    assert report["summary"]["text"] == "2 gradients: 1 agrees, 1 disagrees; INTERRUPTED, there were more to come"


def test_a_session_that_stops_at_the_first_failure_says_so(run, pytester):
    run(MODULE + WRONG + RIGHT, "-x", "--gradient-report", "report.json")
    assert json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["summary"]["complete"] is False


def test_names_that_are_no_text_are_written_all_the_same(run, pytester):
    source = MODULE + 'right.__qualname__ = "\\ud800x"\n' + RIGHT
    run(source, "--gradient-report", "report.json").assert_outcomes(passed=1)
    assert json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["gradients"][0]["gradient"] == "?x"


def test_collecting_leaves_a_report_alone(run, pytester):
    run(MODULE + RIGHT, "--gradient-report", "report.json")
    before = (pytester.path / "report.json").read_bytes()
    run(MODULE + RIGHT, "--gradient-report", "report.json", "--collect-only")
    assert (pytester.path / "report.json").read_bytes() == before
