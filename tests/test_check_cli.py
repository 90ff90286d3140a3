"""``python -m verification check`` and ``explain``, as a user types them."""

import json
import subprocess
import sys

import numpy as np
import pytest

from verification import FailureMode
from verification.cli import main

MODULE = """
import numpy as np
from verification.strategies import arrays

def loss(x):
    return np.sum(x**3)

def right(x):
    return 3 * x**2

def wrong(x):
    return 3 * x * np.abs(x)

def product(a, b):
    return np.sum(a * b)

def product_gradient(a, b):
    return b, a

def of_params(p):
    return np.sum(p["W"] ** 2) + np.sum(p["b"])

def params_gradient(p):
    return {"W": 2 * p["W"], "b": np.ones_like(p["b"])}

def flat(x):
    return np.sum(np.sign(x))

def sine_vjp(x, cotangent):
    return cotangent * np.cos(x)

def divides(x):
    return 1 // 0

def loud(x):
    print("HELLO")
    return np.sum(x**3)

def fails(x):
    raise KeyError("no key")

inputs = arrays((2,))
none = inputs.filter(lambda x: False)

def broken():
    raise RuntimeError("none")

def made():
    return inputs
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    """Put a module of a user's into the folder in which the command runs."""
    (tmp_path / "mymodule.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("mymodule", None)
    return tmp_path


def check(function, gradient, *arguments):
    return main(
        [
            "check",
            function if "." in function else f"mymodule:{function}",
            "--gradient",
            f"{gradient if '.' in gradient else 'mymodule:' + gradient}",
            *arguments,
        ]
    )


OUTCOMES = {
    "right": (("loss", "right", "--shape", "3,4"), 0, "AGREES"),
    "wrong": (("loss", "wrong", "--shape", "3,4"), 1, "DISAGREES"),
    "flat": (("flat", "numpy.zeros_like", "--shape", "3"), 3, "INCONCLUSIVE: f is flat at x"),
    "a number": (("loss", "right", "--shape", "()"), 0, "AGREES"),
    "a shape as NumPy prints it": (("loss", "right", "--shape", "(3, 4)"), 0, "--shape=3,4"),
    "two arguments": (("product", "product_gradient", "--shape", "3", "--shape", "3"), 0, "AGREES"),
    "another seed": (("loss", "right", "--shape", "2", "--seed", "3"), 0, "seed=3"),
    "a strategy": (("loss", "wrong", "--strategy", "mymodule:inputs"), 1, "x = np.array([0.0, -1.0])"),
    "a strategy that is made": (("loss", "wrong", "--strategy", "mymodule:made"), 1, "x = np.array([0.0, -1.0])"),
    "a strategy that finds nothing": (
        ("loss", "right", "--strategy", "mymodule:inputs", "--max-examples", "5"),
        0,
        "AGREES: no counterexample among 6 inputs of mymodule:inputs; nothing is told by 1 of them; the least sure is",
    ),
    "a strategy that tells nothing": (
        ("flat", "numpy.zeros_like", "--strategy", "mymodule:inputs", "--max-examples", "3"),
        3,
        "INCONCLUSIVE: nothing is told by 3 of 3 inputs",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "text"), OUTCOMES.values(), ids=OUTCOMES)
def test_the_exit_code_is_the_verdict(capsys, arguments, code, text):
    assert check(*arguments) == code
    assert text in " ".join(capsys.readouterr().out.split())


def test_x_comes_from_a_file(module, capsys):
    np.save(module / "x.npy", np.array([1.0, -2.0]))
    np.savez(module / "params.npz", W=np.ones((2, 2)), b=np.zeros(2))
    assert check("loss", "right", "--at", "x.npy") == 0
    assert check("loss", "wrong", "--at", "x.npy") == 1
    assert "x[1]" in capsys.readouterr().out
    assert check("of_params", "params_gradient", "--at", "params.npz") == 0
    assert check("product", "product_gradient", "--at", "x.npy", "--at", "x.npy") == 0


def test_products_are_checked(capsys):
    assert main(["check", "numpy:sin", "--gradient", "mymodule:sine_vjp", "--kind", "vjp", "--shape", "3"]) == 0
    command = "python -m verification check numpy:sin --gradient=mymodule:sine_vjp --kind=vjp --shape=3 --seed=0"
    assert command in " ".join(capsys.readouterr().out.replace("\\\n", "").split())


def test_json_is_the_report(capsys):
    assert check("loss", "wrong", "--shape", "3,4", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["summary"]["text"] == "1 gradient: 1 disagrees"
    (row,) = report["gradients"]
    assert (row["function"], row["gradient"], row["test"]) == ("loss", "wrong", "")
    assert (row["checks"], row["verdicts"]) == (1, {"DISAGREES": 1})
    assert row["entries"][0]["name"].startswith("x[")


def test_what_a_function_prints_is_not_in_the_report(capsys):
    assert check("loud", "right", "--shape", "2", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["summary"]["agrees"] == 1
    assert "HELLO" in printed.err


def test_a_strategy_that_draws_nothing_proves_nothing(capsys):
    assert check("loss", "right", "--strategy", "mymodule:none") == 3
    assert "INCONCLUSIVE: no input was looked at" in capsys.readouterr().out


def test_html_is_a_page(module, capsys):
    assert check("loss", "wrong", "--strategy", "mymodule:inputs", "--html", "report.html") == 1
    page = (module / "report.html").read_text(encoding="utf-8")
    assert "1 gradient: 1 disagrees" in page
    assert '<circle class="dot a"' in page
    assert "python -m verification check" in page
    for text in (page, capsys.readouterr().out):
        assert "from mymodule import loss" in text
        assert "x = np.array([0.0, -1.0])" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("loss", "nothing", "--shape", "3"), "mymodule has no nothing"),
        (("loss", "inputs", "--shape", "3"), "Expected the function to be callable"),
        (("fails", "right", "--shape", "3"), "mymodule:fails raised KeyError at"),
        (("loss", "right", "--at", "nowhere.npy"), "Expected --at to name a file that can be read but got nowhere.npy"),
        (("loss", "right", "--at", "mymodule.py"), "Expected --at to name a file of arrays but got mymodule.py"),
        (("loss", "right", "--strategy", "mymodule:nothing"), "mymodule has no nothing"),
        (("loss", "right", "--strategy", "mymodule:MODULE"), "mymodule has no MODULE"),
        (("product", "product_gradient", "--shape", "3"), "Give --shape or --at once for each argument"),
        (("divides", "right", "--shape", "3"), "mymodule:divides raised this ZeroDivisionError in mymodule.py, line "),
        (("missing.f", "right", "--shape", "3"), "Check the name, or run in the folder of missing.py."),
        (("broken_module.f", "right", "--shape", "3"), "SyntaxError: "),
        (("loss", "right", "--at", "broken.npz"), "Expected --at to name a file of arrays but got broken.npz"),
        (("loss", "right", "--shape", "9999999,9999999"), "Unable to allocate"),
        (("loss", "right", "--strategy", "mymodule:broken"), "mymodule:broken raised RuntimeError: none"),
        (("loss", "right", "--strategy", "mymodule:inpts"), "Expected the strategy to be in mymodule"),
        (("loss", "right", "--strategy", "mymodule:nothing_at_all"), "mymodule has no nothing_at_all"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_2(module, capsys, arguments, message):
    (module / "broken.npz").write_bytes(b"PK\x03\x04 and no more")
    (module / "broken_module.py").write_text("def f(:", encoding="utf-8")
    assert check(*arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("verification: ")
    assert message in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give one of --shape, --at and --strategy, to say where to check"),
        (("--shape", "3", "--at", "x.npy"), "give one of --shape, --at and --strategy"),
        (("--shape", "3,x"), "'3,x' is no shape: write 3,4 or ()"),
        (("--shape=-1",), "'-1' is no shape"),
        (("--shape=,",), "',' is no shape"),
        (("--shape", "3", "--max-examples", "5"), "--max-examples is of --strategy"),
        (("--shape", "3", "--html", "report.txt"), "'report.txt' does not end in .html"),
    ],
)
def test_arguments_that_do_not_belong_together_are_refused(capsys, arguments, message):
    with pytest.raises(SystemExit) as raised:
        check("loss", "right", *arguments)
    assert raised.value.code == 2
    assert message in capsys.readouterr().err


def test_explain_finds_a_mode_however_it_is_written(capsys):
    for words in (["wrong", "sign"], ["WRONG_SIGN"], ["wrong-sign"], ["Wrong sign"]):
        assert main(["explain", *words]) == 0
        assert capsys.readouterr().out.startswith("wrong sign\n  The gradient is the true one times -1.\n")


def test_explain_lists_all_modes(capsys):
    assert main(["explain"]) == 0
    assert capsys.readouterr().out.splitlines() == [mode.title for mode in FailureMode]


def test_explain_suggests_what_may_have_been_meant(capsys):
    assert main(["explain", "wrong", "sing"]) == 2
    assert "Did you mean wrong sign" in capsys.readouterr().err
    assert main(["explain", "xyzzy"]) == 2
    assert "Call explain without a mode to list all." in capsys.readouterr().err


def test_the_command_is_that_of_the_module(module):
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "verification",
            "check",
            "mymodule:loss",
            "--gradient",
            "mymodule:wrong",
            "--shape",
            "2,2",
        ],
        cwd=module,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stdout.startswith("DISAGREES: x: ")
    assert run.stderr == ""


def test_options_before_a_command_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--seed", "7", "check", "mymodule:loss", "--gradient", "mymodule:right", "--shape", "2"])
    assert "options of a command come after it" in capsys.readouterr().err
