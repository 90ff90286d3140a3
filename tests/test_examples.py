"""Each failure mode has a minimal example, which a check calls by that name."""

import subprocess
import sys

import pytest

from verification import FailureMode
from verification.examples import EXAMPLES, explain, output_of

SEEN = {
    FailureMode.UNKNOWN: "in a way that no known fault explains",
    FailureMode.UNTOLD: "nothing is told by 10 of 10 inputs",
}
"""What is printed of modes that are not called by their titles."""


def test_each_mode_has_an_example():
    assert set(EXAMPLES) == set(FailureMode)


@pytest.mark.parametrize("mode", FailureMode, ids=lambda mode: mode.title)
def test_the_example_shows_its_mode_on_a_terminal(mode):
    lines = explain(mode).splitlines()
    assert lines[0] == mode.title
    assert max(map(len, lines)) <= 100
    assert " ".join(lines).split()[-len(mode.remedy.split()) :] == mode.remedy.split()
    printed = " ".join(" ".join(lines[lines.index("prints") + 1 :]).split())
    assert SEEN.get(mode, mode.title) in printed
    first = printed.removeprefix("DISAGREES: ").removeprefix("INCONCLUSIVE: ")
    if mode not in SEEN and mode is not FailureMode.ALIASED_INPUT:  # which is a note of a gradient that agrees
        assert mode.title in first[: len(mode.title) + 30]


def test_an_example_can_be_pasted():
    code = EXAMPLES[FailureMode.WRONG_SIGN]
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == output_of(code)
    assert run.stdout.startswith("DISAGREES: y: wrong sign")
