"""Reports of checks as JSON, JUnit XML and HTML: one content, nothing lost, everything escaped."""

import functools
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from verification import (
    check_autograd,
    check_batch_gradient,
    check_grad,
    check_gradient,
    check_jacobian,
    check_jvp,
    check_the_check,
    check_value_and_gradient,
    check_vjp,
    gradcheck,
    gradgradcheck,
)
from verification.gradient_report import Gathering, as_html, as_row, report_of, write_report
from verification.gradient_report.junit import as_junit
from verification.gradient_report.rows import severity
from verification.records import Record, listening, name_of

X = np.array([[1.0, 2.0], [3.0, -1.0]])
EVIL = '<script>alert("&")</script>\x00\x1b[31m'


def f(encoder):
    return np.sum(encoder["weight"] ** 2)


def checks():
    params = {"weight": X}
    return {
        "right": check_gradient(f, lambda p: {"weight": 2 * p["weight"]}, params),
        "wrong": check_gradient(f, lambda p: {"weight": -2 * p["weight"]}, params),
        "untold": check_gradient(f, lambda p: {"weight": 2 * p["weight"]}, {"weight": 0 * X}),
    }


@pytest.fixture(scope="module")
def rows():
    return made_rows()


def made_rows():
    return [
        as_row(Record("check_gradient", "f", name, check), test=f"t.py::{name}") for name, check in checks().items()
    ]


def test_a_row_is_json_and_names_entries_as_users_do(rows):
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert rows[1]["entries"][0]["name"] == "weight[1, 0]"
    assert rows[1]["differences"]["name"].startswith("weight[")
    assert len(rows[1]["differences"]["steps"]) == len(rows[1]["differences"]["values"]) == 43
    assert rows[0]["text"].startswith("AGREES")


@pytest.mark.parametrize("ending", [".json", ".xml", ".html"])
def test_all_kinds_hold_what_was_found(rows, tmp_path, ending):
    path = tmp_path / f"report{ending}"
    write_report(path, rows, command="pytest")
    text = path.read_text(encoding="utf-8")
    for row in rows:
        assert row["test"] in text
    assert "3 gradients: 1 agrees, 1 disagrees, 1 inconclusive" in text
    assert "weight: wrong sign (claimed = -true)" in text
    assert "weight[1, 0]" in text


def test_junit_counts_and_holds_each_field_as_a_property(rows, tmp_path):
    write_report(tmp_path / "report.xml", rows, command="pytest")
    (suite,) = ET.parse(tmp_path / "report.xml").getroot()
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "0", "1"]
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [
        ["properties"],
        ["properties", "failure"],
        ["properties", "skipped"],
    ]
    found = {own.get("name"): own.get("value") for own in cases[1].iter("property")}
    assert found["verdict"] == "DISAGREES"
    assert found["entries[0].name"] == "weight[1, 0]"
    assert float(found["entries[0].claimed"]) == -6
    assert cases[1].find("failure").text == rows[1]["text"]


class Parser(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def parsed(text):
    parser = Parser()
    parser.feed(text)
    return parser


def test_the_page_needs_nothing_else_and_has_no_script(rows, tmp_path):
    write_report(tmp_path / "report.html", rows, command="pytest")
    page = parsed((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "script" not in {tag for tag, _ in page.tags}
    assert all(str(own.get("href", "data:")).startswith("data:") for _, own in page.tags)
    assert not any("src" in own for _, own in page.tags)
    assert [own["data-verdict"] for tag, own in page.tags if tag == "details"] == [
        "AGREES",
        "DISAGREES",
        "INCONCLUSIVE",
    ]
    assert [own["id"] for tag, own in page.tags if tag == "input"] == [
        "show-all",
        "show-agrees",
        "show-disagrees",
        "show-inconclusive",
    ]


def test_the_worst_comes_first_with_its_differences(rows, tmp_path):
    write_report(tmp_path / "report.html", rows, command="pytest")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    worst = text[text.index('<section class="worst" id="worst">') : text.index("</section>")]
    assert "wrong in t.py::wrong" in worst
    assert worst.count('<circle class="dot a"') == 43
    assert "step h along weight[1, 0]" in worst
    found = rows[1]["differences"]
    for name, value in (("claimed", found["claimed"]), ("measured", found["numerical"])):
        assert f"off the {name} {value:.7g}</span>" in worst
    notes = re.findall('<span class="note">(.*?)</span>', text)
    assert notes[0].endswith(" digits")
    assert notes[1:] == ["wrong sign", "f is flat at x: zeros are right there, and so they are of …"]


def test_names_are_escaped_everywhere(rows, tmp_path):
    evil = {**rows[1], "test": EVIL, "gradient": EVIL, "reason": EVIL, "text": EVIL}
    evil["differences"] = {**evil["differences"], "name": EVIL}
    for ending in (".json", ".xml", ".html"):
        write_report(tmp_path / f"report{ending}", [evil], command="pytest")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["gradients"] == [evil]
    case = next(ET.parse(tmp_path / "report.xml").getroot().iter("testcase"))
    assert case.get("name") == EVIL.replace("\x00", "\ufffd").replace("\x1b", "\ufffd")
    assert "<script" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_an_empty_report_is_one(tmp_path):
    for ending in (".json", ".xml", ".html"):
        write_report(tmp_path / f"report{ending}", [], command="pytest")
        assert "0 gradients: none was checked" in (tmp_path / f"report{ending}").read_text(encoding="utf-8")
    assert report_of([], command="pytest")["summary"]["checks"] == 0


def test_of_several_gradients_the_differences_of_the_worst_are_evaluated():
    gathering = Gathering()
    for name in ("untold", "right", "wrong", "right", "untold"):
        gathering.add(Record("check_gradient", "f", name, checks()[name]))
    assert [row["verdict"] for row in gathering.rows("t")] == [
        "INCONCLUSIVE",
        "AGREES",
        "DISAGREES",
        "AGREES",
        "INCONCLUSIVE",
    ]
    assert [bool(row["differences"]) for row in gathering.rows("t")] == [False, False, True, False, False]


def test_each_check_is_told_of_once_and_none_that_is_part_of_another():
    heard = []
    with listening(heard.append):
        check_vjp(np.sin, lambda x, u: u * np.cos(x), X)
        check_autograd(torch.sin, torch.ones(2, dtype=torch.float64), order=2)
        check_batch_gradient(lambda X: np.sum(X**2, axis=1), lambda X: 2 * X, X)
        check_value_and_gradient(lambda x: (np.sum(x**2), 2 * x), X)
        check_the_check(lambda x: np.sum(x**2), lambda x: 2 * x, X)
        check_jvp(np.sin, lambda x, v: v * np.cos(x), X)
        check_jacobian(np.sum, np.ones_like, X)
        check_grad(np.sum, np.ones_like, X)
        x = torch.ones(2, dtype=torch.float64, requires_grad=True)
        gradcheck(torch.sin, x)
        gradgradcheck(torch.sin, x)
    check_vjp(np.sin, lambda x, u: u * np.cos(x), X)
    assert [record.kind for record in heard] == [
        "check_vjp",
        "check_autograd",
        "check_batch_gradient",
        "check_value_and_gradient",
        "check_gradient",
        "check_jvp",
        "check_jacobian",
        "check_grad",
        "gradcheck",
        "gradgradcheck",
    ]
    assert heard[0].function == "sin"
    assert all(record.check for record in heard)


def test_checks_that_raise_are_not_told_of_and_leave_nothing_behind():
    heard = []
    with listening(heard.append):
        with pytest.raises(ZeroDivisionError):
            check_gradient(lambda x: 1 // 0, lambda x: x, X)
        assert check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x, X)
    assert len(heard) == 1


def test_of_gradients_that_agree_the_one_with_fewest_digits_is_worst():
    assert severity("AGREES", 3.0) > severity("AGREES", 9.0)
    assert severity("DISAGREES", 0.0) > severity("INCONCLUSIVE", 0.0) > severity("AGREES", 3.0)


def test_a_property_shows_the_example_that_tells_most():
    gathering = Gathering()

    @settings(max_examples=1, database=None)
    @given(st.none())
    def prop(_):
        for name in ("untold", "right", "untold"):
            gathering.add(Record("check_gradient", "f", "g", checks()[name]))

    prop()
    (row,) = gathering.rows("t")
    assert row["verdict"] == "AGREES"
    assert row["verdicts"] == {"INCONCLUSIVE": 2, "AGREES": 1}


def test_xml_holds_what_it_can():
    row = {**made_rows()[0], "gradient": EVIL}
    case = next(ET.fromstring(as_junit({"summary": {}, "gradients": [row]})).iter("testcase"))
    assert case.get("name") == EVIL.replace("\x00", "\ufffd").replace("\x1b", "\ufffd")


def test_checks_are_told_of_however_they_are_called():
    heard = []
    right = lambda W: 2 * W  # noqa: E731 - a function that is named otherwise than its argument
    with listening(heard.append):
        check_gradient(f=lambda W: np.sum(W**2), gradient=right, x=X)
        check_gradient(lambda W: np.sum(W**2), gradient=abs, x=np.abs(X))
    assert [record.gradient.rpartition(".")[2] for record in heard] == ["<lambda>", "abs"]


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, cotangent):
        return 2 * cotangent


def test_custom_functions_and_methods_are_called_by_their_own_names():
    assert name_of(Doubled.apply) == "Doubled.apply"
    assert name_of(functools.partial(Gathering().add)) == "Gathering.add"


def test_a_gradient_without_differences_may_be_the_worst():
    bad = as_row(
        Record("check_gradient", "f", "misshapen", check_gradient(f, lambda p: {"weight": X[:1]}, {"weight": X}))
    )
    assert bad["differences"] is None
    text = as_html(report_of([*made_rows()[:1], bad], command="pytest"))
    assert "misshapen" in text[text.index('<section class="worst"') : text.index("</section>")]
