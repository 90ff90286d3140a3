"""How a command ends, whatever becomes of its output: in a process of its own, for it loses its streams."""

import argparse
import subprocess
import sys

import pytest

from numgrad import _command_line

PROGRAM = """
import sys
from numgrad._command_line import on_terminal, run

def main():
    {}
    return 5

sys.exit(run(main))
"""


def shell(body, redirection, **environment):
    program = PROGRAM.format(body)
    command = f'"$0" -c "$1" {redirection}; echo "code $?" >&2'
    return subprocess.run(
        ["bash", "-c", command, sys.executable, program], capture_output=True, text=True, check=False, env=environment
    )


@pytest.mark.parametrize(
    ("body", "redirection", "code", "said"),
    [
        ("print(1)", "", 5, ""),
        ("raise KeyboardInterrupt", "", 130, ""),
        ("print(on_terminal())", ">&-", 5, ""),
        ("print('x' * 10**6)", ">/dev/full", 74, "cannot write: [Errno 28] No space left on device\n"),
        ("raise OSError('full')", ">&-", 74, "cannot write: full\n"),
        ("print(1)", ">/dev/full", 74, "cannot write: [Errno 28] No space left on device\n"),
    ],
)
def test_the_code_with_which_a_command_ends(body, redirection, code, said):
    ended = shell(body, redirection)
    assert ended.stderr == f"{said}code {code}\n"


def test_a_reader_that_has_gone_ends_a_command_in_silence():
    ended = shell("[print(i) for i in range(10**6)]", '| head -n 1; echo "code ${PIPESTATUS[0]}" >&2; :')
    assert (ended.stdout, ended.stderr.splitlines()[0]) == ("0\n", "code 141")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_what_an_encoding_lacks_is_a_question_mark(encoding):
    ended = shell("print('Σ x')", "", PYTHONIOENCODING=encoding)
    assert (ended.stdout, ended.stderr) == ("? x\n", "code 5\n")


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (_command_line.count, "0", "'0' is not a whole number of at least 1"),
        (_command_line.count, "1.5", "'1.5' is not a whole number of at least 1"),
        (_command_line.seed, "-1", "'-1' is not a whole number of at least 0"),
        (_command_line.positive, "0", "'0' is not a positive, finite number"),
        (_command_line.positive, "x", "'x' is not a positive, finite number"),
    ],
)
def test_an_argument_that_does_not_fit_is_refused(kind, text, message):
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        kind(text)
