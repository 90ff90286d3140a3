import json
import subprocess
import sys

import pytest

from verification import cli, suite


def output(capsys, *arguments):
    assert cli.main(list(arguments)) == 0
    return capsys.readouterr().out


def test_list_names_what_a_pattern_selects(capsys):
    assert output(capsys, "--list").splitlines() == suite.case_names()
    assert output(capsys, "--list", "--case", "V2: *DIM*").splitlines() == [
        "v2: kept dimension",
        "v2: more than two dimensions",
    ]


def test_a_run_prints_a_line_a_case_and_the_summary(capsys):
    text = output(capsys, "--case", "mean_squared_error rows, per", "--max-examples", "5", "--seed", "1")
    header, line, *summary = text.splitlines()
    assert header.split() == ["function", "gradient", "runs", "used", "verdict"]
    assert line.startswith("mean_squared_error rows               per_sample_gradient         5")
    assert line.endswith("AGREES")
    assert summary[-1] == "No surprises."


def test_patterns_add_up(capsys):
    names = output(capsys, "--list", "--case", "v2: edge", "--case", "sin x any*l_gradient").splitlines()
    assert names == ["Σ sin x any shape, numerical_gradient", "v2: edge of the domain"]


def test_ctrl_c_keeps_what_was_found(capsys, monkeypatch, tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(suite, "_run_specimen", interrupt)
    file = tmp_path / "run.json"
    arguments = [
        "--case",
        "sin x any*l_gradient",
        "--case",
        "v2: edge",
        "--max-examples",
        "3",
        "--seed",
        "4",
        "--json",
        str(file),
    ]
    assert cli.main(arguments) == 130
    assert "INTERRUPTED after 1 of 2." in capsys.readouterr().out
    evidence = json.loads(file.read_text(encoding="utf-8"))
    assert (evidence["complete"], len(evidence["cases"]), evidence["failure_modes"]) == (False, 1, [])


def test_the_evidence_is_written_though_no_one_reads_the_summary(monkeypatch, tmp_path):
    def gone(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", gone)
    with pytest.raises(BrokenPipeError):
        cli.main(["--case", "v2: edge", "--quiet", "--json", str(tmp_path / "run.json")])
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["complete"]


def test_quiet_prints_the_summary_only(capsys):
    text = output(capsys, "--case", "v2: edge", "--quiet")
    assert text.startswith("1 failure mode of v2: 1 flagged.\n")


def test_the_seed_is_random_printed_and_replays(capsys):
    arguments = ["--case", "Σ sin x rows", "--max-examples", "20"]
    first, second = (output(capsys, *arguments) for _ in range(2))
    seeds = [text.partition("--seed ")[2].partition(" ")[0] for text in (first, second)]
    assert seeds[0] != seeds[1]

    def cases(text):
        return [line for line in text.splitlines() if line.endswith("AGREES")]

    assert cases(output(capsys, *arguments, "--seed", seeds[0])) == cases(first)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_sees_a_bar(capsys, monkeypatch, terminal):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = output(capsys, "--case", "v2: edge")
    assert "v2: edge of the domain" in text
    assert "autograd" in text
    assert ("━━━" in text) is terminal


@pytest.mark.parametrize(
    "arguments",
    [
        ["--max-examples", "0"],
        ["--max-examples", "x"],
        ["--seed", "x"],
        ["--seed", "-1"],
        ["--case", "nothing like it"],
        ["--json", "/"],
        ["--no"],
    ],
    ids=" ".join,
)
def test_bad_arguments_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as error:
        cli.main(arguments)
    assert error.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_without_torch_the_error_names_the_extra():
    program = "import sys; sys.modules['torch'] = None; from verification.cli import main; main([])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "Expected torch to be installed" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["verification", "--case", "v2: edge"], 0), (["verification", "--no"], 2), (["numgrad"], 2)],
)
def test_the_modules_run_as_commands(arguments, code):
    run = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, check=False, timeout=100)
    assert run.returncode == code
