"""An error curve as it is printed, drawn, shown in a notebook and written as JSON."""

import json
import math
import sys

import numpy as np
import pytest

from numgrad import error_curve
from numgrad.error_curves.text import chart


def test_it_all_goes_through_json():
    curve = error_curve(math.log, 0.5)
    found = json.loads(json.dumps(curve.to_dict(), allow_nan=False))
    assert found["name"] == "log"
    assert found["steps"] == curve.steps.tolist()
    central = found["schemes"]["central"]
    assert [np.nan if value is None else value for value in central["values"]] == pytest.approx(
        curve["central"].values.tolist(), abs=0, rel=0, nan_ok=True
    )
    assert central["prediction"]["optimum"] == curve["central"].prediction.optimum
    assert found["schemes"]["complex-step"]["prediction"] is None


def test_a_chart_of_characters():
    lines = chart(
        np.array([1e-3, 1e-2, 1e-1, 1e0]),
        {"a": np.array([1e-3, 1e-2, 1e-1, np.nan]), "b": np.array([0, np.inf, 1e-1, 1e0])},
    )
    drawn = [line for line in lines if "a" in line or "b" in line]
    assert [line.index("|") for line in drawn] == [8] * 4
    assert [line.strip()[-1] for line in drawn] == ["b", "a", "a", "a"]  # where they meet, the first is seen
    assert [len(line) for line in drawn] == [79, 56, 33, 10]
    assert [line.split("|")[0].strip() for line in lines if "|" in line and "e" in line.split("|")[0]] == [
        "1e0",
        "1e-1",
        "1e-2",
        "1e-3",
    ]
    assert lines[-1].split() == ["1e-3", "1e-2", "1e-1", "1e0"]


def test_the_table_has_the_errors_at_powers_of_ten():
    curve = error_curve(np.exp, 1.0, exact=np.exp, steps=10.0 ** -np.arange(0.0, 6.0))
    rows = [line.split() for line in str(curve).splitlines() if line.startswith("h = ")]
    for i, row in enumerate(rows):
        assert row[2] == f"1e{-i:+03d}"
        assert [float(cell) for cell in row[3:]] == pytest.approx(
            [line.errors[i] / np.e for line in curve.schemes], rel=0.06
        )
    assert len(rows) == 6


def test_the_plot_shows_what_was_measured_and_predicted():
    curve = error_curve(np.sin, 1.0, exact=np.cos)
    (axes,) = curve.plot().axes
    by_label = {drawn.get_label(): drawn for drawn in axes.lines}
    for line in curve.schemes:
        drawn = by_label[line.scheme.name]
        assert drawn.get_xdata().tolist() == curve.steps.tolist()
        np.testing.assert_array_equal(drawn.get_ydata(), curve.relative(line.errors))
    stars = [
        tuple(map(float, drawn.get_xydata()[0]))
        for drawn in axes.lines
        if drawn.get_marker() == "*" and len(drawn.get_xdata())
    ]
    expected = [(line.prediction.optimum, line.prediction.error / math.cos(1)) for line in curve.schemes]
    assert np.array(sorted(stars)) == pytest.approx(np.array(sorted(expected)))
    assert axes.get_xlabel() == "step h"
    assert axes.get_ylabel() == "relative error"
    assert len([drawn for drawn in axes.lines if drawn.get_linestyle() == "--" and len(drawn.get_xdata())]) == 8


def test_where_nothing_is_measured_there_is_still_a_plot():
    curve = error_curve(np.sin, 60000.0, dtype=np.float16, schemes=["complex-step"])
    assert curve.plot().axes[0].get_xscale() == "log"


def test_a_notebook_shows_a_plot_and_an_escaped_table():
    page = error_curve(np.sin, 1.0, name="<script>alert(1)</script>")._repr_html_()
    assert page.startswith("<svg")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_notebook_without_matplotlib_shows_the_table(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert error_curve(np.sin, 1.0)._repr_html_().startswith("<table>")


def test_the_text_is_80_columns_wide():
    for curve in (
        error_curve(math.sin, 1.0),
        error_curve(np.cos, 0.0, exact=0.0),
        error_curve(np.exp, 1.0, dtype=np.float16),
    ):
        assert max(len(line) for line in str(curve).splitlines()) <= 80
