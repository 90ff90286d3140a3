"""``python -m numgrad curve``."""

import json

import pytest

from numgrad import cli


def test_a_curve_is_printed_and_written(capsys, tmp_path):
    files = [tmp_path / name for name in ("curve.png", "curve.svg", "curve.json")]
    options = [option for path in files for option in (f"--{path.suffix[1:]}", str(path))]
    assert cli.main(["curve", "math.sin", "--at", "1", "--exact", "math.cos", *options]) == 0
    output = capsys.readouterr().out
    assert output.startswith("math.sin at x = 1 in float64; the slope is 0.54030230586814 (exact)\n")
    assert all(f"Wrote {path}\n" in output for path in files)
    assert files[0].read_bytes()[1:4] == b"PNG"
    assert "<svg" in files[1].read_text(encoding="utf-8")
    assert json.loads(files[2].read_text(encoding="utf-8"))["reference"]["kind"] == "exact"


def test_outputs_are_kept_apart(capsys, tmp_path):
    for options in (["--json", "a.json", "--svg", "b.txt"], ["--json", "x.json", "--png", "x.json"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(["curve", "math.sin", "--at", "1", *options])
        assert ended.value.code == 2
        assert "does not end in" in capsys.readouterr().err


STRANGE = """
def stops(x):
    if x != 1.0:
        raise {error}
    return x

def plain(x):
    return x * 1.0 if x.is_integer() else x * 1.0
"""


@pytest.mark.parametrize("error", ["KeyError('x')", "OSError('disk on fire')", "SystemExit(5)", "AssertionError()"])
def test_whatever_a_function_raises_is_told(capsys, tmp_path, monkeypatch, error):
    name = f"strange{abs(hash(error))}"
    (tmp_path / f"{name}.py").write_text(STRANGE.format(error=error), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert cli.main(["curve", f"{name}:stops", "--at", "1"]) == 1
    assert capsys.readouterr().err.startswith(f"numgrad: {name}:stops raised {error.partition('(')[0]} at ")
    assert cli.main(["curve", f"{name}:plain", "--at", "1"]) == 0
    assert "complex-step: f takes no complex numbers" in capsys.readouterr().out


def test_the_same_curve_is_the_same_picture(tmp_path):
    for name in ("one.svg", "two.svg"):
        cli.main(
            ["curve", "numpy.exp", "--at", "0", "--exact", "1", "--dtype", "float16", "--svg", str(tmp_path / name)]
        )
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sin", "--at", "1"], "Expected the function to be named as mymodule:f or math.sin but got 'sin'"),
        (["nowhere:f", "--at", "1"], "ModuleNotFoundError: No module named 'nowhere'"),
        (["math:sinus", "--at", "1"], "math has no sinus. Check the name."),
        (["math.pi", "--at", "1"], "Expected the function to be callable but got math.pi of type float"),
        (["math.log", "--at", "-1"], "Expected math.log to have a value at -1 but got ValueError"),
        (["math.sin", "--at", "nan"], "Expected x to be finite"),
        (["math.floor", "--at", "1"], "Expected f to have a slope at x"),
    ],
)
def test_a_curve_of_what_is_no_smooth_function_is_refused(capsys, arguments, said):
    assert cli.main(["curve", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("numgrad: ")
    assert said in captured.err
