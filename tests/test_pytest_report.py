"""The report of a session that the plugin of pytest writes: its rows, kinds of files, xdist, interruptions."""

import json

import pytest
from plugin_modules import MODULE, PROPERTY, RIGHT, UNTOLD, WRONG

ALL = MODULE + RIGHT + WRONG + UNTOLD
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


def test_the_fixture_serves_properties_where_what_cannot_be_told_is_left_out(run_with_plugin):
    found = run_with_plugin(MODULE + PROPERTY.format("right"), "--gradient-report", "report.json")
    found.assert_outcomes(passed=1)
    found.stdout.fnmatch_lines(["1 gradient: 1 agrees"])
    failing = run_with_plugin(MODULE + PROPERTY.format("wrong"))
    failing.assert_outcomes(failed=1)
    failing.stdout.fnmatch_lines(["*DISAGREES: x: wrong sign*", "1 gradient: 1 disagrees"])
    assert "gradcheck=gradcheck," in failing.stdout.str()
    strict = run_with_plugin(MODULE + PROPERTY.format("right"), "-o", "gradient_inconclusive=fail")
    strict.assert_outcomes(failed=1)


def test_a_report_holds_every_check_of_the_session(run_with_plugin, pytester):
    source = ALL + "\ndef test_plain():\n    check_gradient(square, right, X)\n    assert_gradient(square, right, X)\n"
    run_with_plugin(source, "--gradient-report", "report.json").stdout.fnmatch_lines(
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


def test_a_property_is_one_gradient_of_the_report(run_with_plugin, pytester):
    run_with_plugin(MODULE + PROPERTY.format("right"), "--gradient-report", "report.json")
    (row,) = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["gradients"]
    assert row["verdict"] == "AGREES"
    assert row["digits"] > 0
    assert row["checks"] == sum(row["verdicts"].values()) >= 10


def test_a_property_that_fails_since_it_cannot_be_told_is_no_agreement(run_with_plugin):
    drawn = PROPERTY.format("right").replace("arrays((1,))", "arrays((1,)).filter(lambda x: x.any())")
    source = drawn.replace("@example(x=np.zeros(1))", "@example(x=X[:1])\n@example(x=np.zeros(1))")
    found = run_with_plugin(MODULE + source.replace("gradcheck(square", "assert_gradient(square"))
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["1 gradient: 1 inconclusive"])


def test_a_report_that_cannot_be_written_hides_no_failure(run_with_plugin, pytester):
    (pytester.path / "folder").mkdir()
    source = MODULE + WRONG + "\ndef test_rename():\n    import shutil\n    shutil.rmtree('folder')\n"
    found = run_with_plugin(source, "--gradient-report", "folder/report.json")
    found.assert_outcomes(passed=1, failed=1)
    found.stdout.fnmatch_lines(["Could NOT write *report.json: No such file or directory"])
    assert found.ret == pytest.ExitCode.INTERNAL_ERROR


def test_several_reports_are_written(run_with_plugin, pytester):
    names = ["report.json", "report.html"]
    found = run_with_plugin(MODULE + RIGHT, *(f"--gradient-report={name}" for name in names))
    found.stdout.fnmatch_lines([f"Wrote *{name}" for name in names])
    assert json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["command"].startswith("pytest ")
    assert "pytest --gradient-report" in (pytester.path / "report.html").read_text(encoding="utf-8")


def test_a_report_is_the_same_under_xdist(run_with_plugin, pytester):
    found = []
    for name, arguments in (("alone", ()), ("spread", ("-n", "2"))):
        run_with_plugin(ALL, "--gradient-report", f"{name}.json", *arguments).assert_outcomes(passed=1, failed=2)
        report = json.loads((pytester.path / f"{name}.json").read_text(encoding="utf-8"))
        found.append((report["summary"], sorted(json.dumps(row, sort_keys=True) for row in report["gradients"])))
    assert found[0] == found[1]
    assert found[0][0]["gradients"] == 3


@pytest.mark.parametrize(("ending", "start"), [("xml", "<testsuites>"), ("html", "<!DOCTYPE html>")])
def test_a_report_is_of_the_kind_that_its_ending_says(run_with_plugin, pytester, ending, start):
    run_with_plugin(ALL, "--gradient-report", f"report.{ending}")
    text = (pytester.path / f"report.{ending}").read_text(encoding="utf-8")
    assert text.startswith(start)
    assert "3 gradients: 1 agrees, 1 disagrees, 1 inconclusive" in text


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
def test_a_report_that_cannot_be_written_is_refused_before_the_tests(run_with_plugin, arguments, message):
    found = run_with_plugin(MODULE + RIGHT, *arguments)
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines([f"*{message}*"])


def test_a_function_that_fails_after_its_test_does_not_end_the_session(run_with_plugin, pytester):
    run_with_plugin(MODULE + AFTERWARDS + RIGHT, "--gradient-report", "report.json").assert_outcomes(passed=2)
    rows = json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["gradients"]
    assert [row["differences"] is None for row in rows] == [True, False]


@pytest.mark.parametrize("interruption", ["raise KeyboardInterrupt", "pytest.exit('enough', returncode=0)"])
def test_a_session_that_is_interrupted_says_so_and_loses_nothing(pytester, interruption):
    source = (
        MODULE
        + RIGHT
        + f"""
def test_interrupted():
    check_gradient(square, wrong, X)
    {interruption}

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


def test_a_session_that_breaks_says_so(pytester):
    pytester.makepyfile(test_it=MODULE + RIGHT + RIGHT.replace("test_right", "test_again"))
    pytester.makeconftest("def pytest_runtest_logfinish(nodeid):\n    raise RuntimeError(nodeid)\n")
    plugin = ("-p", "verification.pytest_plugin", "-p", "no:gradients")
    assert pytester.runpytest_subprocess(*plugin, "--gradient-report", "r.json").ret == pytest.ExitCode.INTERNAL_ERROR
    assert json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))["summary"]["complete"] is False


def test_a_session_that_stops_at_the_first_failure_says_so(run_with_plugin, pytester):
    run_with_plugin(MODULE + WRONG + RIGHT, "-x", "--gradient-report", "report.json")
    assert json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["summary"]["complete"] is False


def test_names_that_are_no_text_are_written_all_the_same(run_with_plugin, pytester):
    source = MODULE + 'right.__qualname__ = "\\ud800x"\n' + RIGHT
    run_with_plugin(source, "--gradient-report", "report.json").assert_outcomes(passed=1)
    assert json.loads((pytester.path / "report.json").read_text(encoding="utf-8"))["gradients"][0]["gradient"] == "?x"


def test_collecting_leaves_a_report_alone(run_with_plugin, pytester):
    run_with_plugin(MODULE + RIGHT, "--gradient-report", "report.json")
    before = (pytester.path / "report.json").read_bytes()
    run_with_plugin(MODULE + RIGHT, "--gradient-report", "report.json", "--collect-only")
    assert (pytester.path / "report.json").read_bytes() == before
