"""Every snippet of the README runs as written; so does every command but the two that build environments."""

import doctest
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from numgrad.lessons import LESSONS
from verification import case_names
from verification.checking import accusation
from verification.checking.line import STEPS
from verification.cli import main
from verification.measurement import claims, examination
from verification.report import header
from verification.torch_checks.reuse import OUTPUTS

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [line for kind, block in BLOCKS if kind == "console" for line in block.splitlines()]
RUNS = re.compile(r" +\d+ +(?=FLAGGED)")  # how many examples a search took is the version of Hypothesis's
SAMPLE = "python -m numgrad train --sample --iterations 500"


def test_the_snippets_run():
    examples = doctest.DocTestParser().get_doctest(TEXT, {}, "README.md", str(README), 0)
    runner = doctest.DocTestRunner()
    assert runner.run(examples).failed == 0
    assert runner.tries > 10


def test_the_two_commands_do_their_own_set_up():
    own_set_up = [command for command in COMMANDS if command.startswith("python3 -m venv")]
    start = "python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox"
    assert own_set_up == [f"{start} run -e verify", start]


def run_as_written(command, folder):
    arguments = [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', command)][1:]
    run = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("python -m verification")])
def test_the_commands_run(command, tmp_path):
    printed = run_as_written(command, tmp_path)
    if "--json" in command:
        assert printed.endswith("No surprises.\n")
        holds_every_case_and_mode(json.loads((tmp_path / "evidence.json").read_text(encoding="utf-8")))


def holds_every_case_and_mode(evidence):
    assert set(evidence["versions"]) == {"python", "numpy", "torch", "hypothesis"}
    assert len(evidence["cases"]) + len(evidence["failure_modes"]) == len(case_names())
    for found in evidence["cases"]:
        assert {"name", "method", "examples", "worst_error", "bound", "verdict"} <= set(found)
        assert found["verdict"] in {"AGREES", "FLAGGED"}
    for found in evidence["failure_modes"]:
        assert {"name", "flagged", "counterexample", "explanation"} <= set(found)
        assert found["flagged"] is True


def test_the_curve_is_printed_and_drawn_as_it_is_shown(tmp_path):
    (command,) = [command for command in COMMANDS if command.startswith("python -m numgrad curve")]
    printed = run_as_written(command, tmp_path)
    assert printed.startswith("numpy.sin at x = 1 in float64; the slope is 0.54030230586814 (exact)")
    assert printed.endswith("Wrote error_curve.svg\n")
    folders = README.parent / ".readme", tmp_path
    shown, drawn = ((folder / "error_curve.svg").read_text(encoding="utf-8") for folder in folders)
    assert texts_of(shown) == texts_of(drawn)
    assert shown.count("<use") == pytest.approx(drawn.count("<use"), rel=0.02)  # libraries differ in last digits


def texts_of(picture):
    """Return the title and the legend of a picture; another matplotlib may put other numbers on the axes."""
    return [text for text in re.findall("<!-- (.+?) -->", picture) if not text.startswith("$")]


def test_the_lessons_are_those_there_are(tmp_path):
    listed = re.findall(r"^- \*(.+)\* \(`(\w+)`\): (.+)$", TEXT, re.MULTILINE)
    assert listed == [(lesson.title, lesson.name, lesson.summary) for lesson in LESSONS.values()]
    one = next(command for command in COMMANDS if command.startswith("python -m numgrad lesson step"))
    assert run_as_written(one, tmp_path) == "Wrote tanh.html\n"


def accuracies(output):
    """Return the first and the last accuracy on the test images, of the table that closes a training."""
    (row,) = re.findall(r"^test accuracy +(\S+) +\S+ +(\S+)$", output, re.MULTILINE)
    return tuple(map(float, row))


def test_the_training_on_the_sample_reaches_what_is_said(tmp_path):
    assert "take it from 10 % to 76 % of the test digits" in " ".join(TEXT.split())
    assert accuracies(run_as_written(SAMPLE, tmp_path)) == pytest.approx((0.1, 0.76), abs=0.01)


@pytest.mark.slow
def test_the_training_on_all_digits_reaches_what_is_said(tmp_path, mnist_dir):
    (full,) = [line for line in COMMANDS if line.startswith("python -m numgrad train") and line != SAMPLE]
    first, last = accuracies(run_as_written(full, tmp_path))
    assert (first, last) == pytest.approx(accuracies(TEXT), abs=0.002)
    assert last >= 0.94
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.csv", "run.json", "run.npz", "run.png"]


def test_the_output_shown_is_what_the_run_prints(capsys):
    shown = next(block for kind, block in BLOCKS if kind == "text").splitlines()
    assert shown[0] == header()
    main(["--case", "v2: reduced", "--seed", "1"])
    printed = capsys.readouterr().out.splitlines()[1:]
    assert [RUNS.sub(" N ", line) for line in shown[3:]] == [
        RUNS.sub(" N ", line) for line in printed[: len(shown) - 3]
    ]


def test_the_test_command_is_what_ci_runs():
    ci = (README.parent / ".ci" / "run").read_text(encoding="utf-8")
    pattern = re.search(r"grep -m 1 -E '(.*)' README.md", ci)
    assert pattern
    found = re.findall(pattern.group(1), TEXT, re.MULTILINE)
    assert found == ["python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox"]


def test_the_numbers_of_a_check_are_those_of_the_code():
    text = " ".join(TEXT.split())
    assert f"f is evaluated {2 * len(STEPS)} times more" in text
    assert f"first {('one', 'two', 'three', 'four')[OUTPUTS - 1]} outputs alone" in text
    assert f"Up to {examination.FEW} entries are differentiated one by one" in text
    assert f"up to {accusation.ALL} entries, or {accusation.BLOCK} of each array" in text
    granted = [claims.granted(np.finfo(dtype).eps, np.ones(1), np.zeros(1))[0] for dtype in (np.float64, np.float32)]
    assert f"{granted[0]:.1e}".replace("e-0", "e-") + " of itself in float64" in text
    assert f"{granted[1]:.0e}".replace("e-0", "e-") + " in float32" in text
