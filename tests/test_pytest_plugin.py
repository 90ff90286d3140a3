"""The plugin of pytest, in test runs of its own: what fails and how it reads, markers and options."""

import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from plugin_modules import MODULE, PROPERTY, RIGHT, UNTOLD, WRONG

KINK = """
def test_kink(gradcheck):
    gradcheck(lambda x: np.abs(x).sum(), np.sign, 0 * X)
"""
FORMS = """
import torch

def test_forms(gradcheck):
    gradcheck.vjp(np.sin, lambda x, u: u * np.cos(x), X)
    gradcheck.jvp(np.sin, lambda x, v: v * np.cos(x), X)
    gradcheck.jacobian(np.sin, lambda x: np.diag(np.cos(x)), X)
    gradcheck.batch_gradient(lambda X: np.sum(X**2, axis=1), lambda X: 2 * X, np.array([[1.0, 2.0], [3.0, 4.0]]))
    gradcheck.autograd(torch.sin, torch.tensor([1.0, 2.0], dtype=torch.float64), order=2)
"""


def test_the_fixture_fails_a_test_with_the_text_of_the_check_alone(run_with_plugin):
    found = run_with_plugin(MODULE + RIGHT + WRONG)
    found.assert_outcomes(passed=1, failed=1)
    text = found.stdout.str()
    found.stdout.fnmatch_lines(["E *verification.GradientError: DISAGREES: x: wrong sign (claimed = -true)"])
    found.stdout.fnmatch_lines(["E *do      Negate it; look for target - output instead of output - target."])
    assert not re.search(r"verification/[\w/]+\.py:\d+", text)
    found.stdout.fnmatch_lines(["2 gradients: 1 agrees, 1 disagrees"])


def test_a_backward_pass_that_fails_is_shown_without_the_library(run_with_plugin):
    source = """
import torch

class Fails(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, cotangent):
        return OWN

def test_it(gradcheck):
    gradcheck.autograd(Fails.apply, torch.ones(2, dtype=torch.float64))
"""
    for own in ("-cotangent", "1 // 0"):
        found = run_with_plugin(source.replace("OWN", own))
        found.assert_outcomes(failed=1)
        assert not re.search(r"verification/[\w/]+\.py:\d+", found.stdout.str())


def test_what_cannot_be_told_fails_unless_it_is_said_otherwise(run_with_plugin):
    run_with_plugin(MODULE + UNTOLD).assert_outcomes(failed=1)
    run_with_plugin(MODULE + UNTOLD, "-o", "gradient_inconclusive=skip").assert_outcomes(skipped=1)
    passed = run_with_plugin(MODULE + UNTOLD, "-o", "gradient_inconclusive=pass")
    passed.assert_outcomes(passed=1)
    passed.stdout.fnmatch_lines(["1 gradient: 1 inconclusive"])
    marked = '\n@pytest.mark.gradients(inconclusive="skip")' + UNTOLD
    run_with_plugin(MODULE + marked, "-o", "gradient_inconclusive=fail", "--strict-markers").assert_outcomes(skipped=1)


def test_a_subgradient_passes_where_it_is_accepted(run_with_plugin):
    run_with_plugin(MODULE + KINK).assert_outcomes(failed=1)
    run_with_plugin(MODULE + KINK, "-o", "gradient_subgradient=accept").assert_outcomes(passed=1)
    run_with_plugin(MODULE + '\n@pytest.mark.gradients(subgradient="accept")' + KINK).assert_outcomes(passed=1)


def test_the_fixture_has_all_forms_of_a_check(run_with_plugin):
    found = run_with_plugin(MODULE + FORMS)
    found.assert_outcomes(passed=1)
    found.stdout.fnmatch_lines(["5 gradients: 5 agree"])


def test_the_options_and_the_marker_are_documented(run_with_plugin):
    helped = run_with_plugin(MODULE, "--help").stdout
    helped.fnmatch_lines(["*--gradient-report=FILE*"])
    for name in ("seed", "subgradient", "inconclusive"):
        helped.fnmatch_lines([f"*gradient_{name} (*"])
    run_with_plugin(MODULE, "--markers").stdout.fnmatch_lines(
        ["@pytest.mark.gradients(seed, subgradient, inconclusive): *"]
    )


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
def test_a_marker_that_says_nothing_is_refused(run_with_plugin, marker, message):
    found = run_with_plugin(MODULE + f"\n@pytest.mark.{marker}" + RIGHT)
    found.assert_outcomes(failed=1)
    assert message in found.stdout.str()


def test_nothing_heavy_is_loaded_before_it_is_used():
    code = "import sys, verification.pytest_plugin; print(sorted({'numpy', 'torch', 'hypothesis'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_a_session_without_gradients_says_nothing(run_with_plugin):
    assert " gradient" not in run_with_plugin("def test_nothing():\n    pass\n").stdout.str()


def test_the_plugin_is_found_where_the_package_is_installed():
    (plugin,) = entry_points(group="pytest11", name="gradients")
    assert plugin.value == "verification.pytest_plugin"


def test_seeds_and_keywords_reach_the_check(run_with_plugin, pytester):
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
    run_with_plugin(source, "-o", "gradient_seed=3").assert_outcomes(passed=3)


def test_an_ini_option_that_says_nothing_is_refused_before_the_tests(run_with_plugin):
    found = run_with_plugin(MODULE + RIGHT, "-o", "gradient_inconclusive=maybe")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["*Expected gradient_inconclusive to be fail, skip or pass but got 'maybe'.*"])


def test_the_reason_is_told_where_no_example_of_a_property_tells(run_with_plugin):
    source = PROPERTY.format("right").replace("arrays((1,))", "arrays((1,)).map(lambda x: 0 * x)", 1)
    found = run_with_plugin(MODULE + source)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(
        ["*gradients of which it cannot be told*", "right: nothing is told by any of * examples: f is flat at x*"]
    )
    for told in (PROPERTY.format("wrong"), UNTOLD):
        assert "gradients of which it cannot be told" not in run_with_plugin(MODULE + told).stdout.str()
