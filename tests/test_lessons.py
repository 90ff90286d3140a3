"""The pages as files: what is in them, and that they need nothing else. ``browser/`` tries them in a browser."""

import json
import math
import re
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser

import numpy as np
import pytest

from numgrad import cli, lessons
from numgrad.lessons import checker, kinks, step, training, verdict
from numgrad.lessons.page import embedded, render

OWN = lessons.Subject("<script>alert('x')</script>&amp;", math.tanh, 0.5)


class Page(HTMLParser):
    """What stands in a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.references, self.scripts, self._script = [], [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append(tag)
        self.references += [value for name, value in attrs if name in {"src", "href", "action", "data", "srcset"}]
        if tag == "script":
            self._script = attributes.get("id", "code")
            self.scripts[self._script] = ""

    def handle_endtag(self, tag):
        if tag == "script":
            self._script = None

    def handle_data(self, data):
        if self._script:
            self.scripts[self._script] += data

    @property
    def numbers(self):
        return json.loads(self.scripts["data"])


@pytest.fixture(scope="module", autouse=True)
def short_lessons():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "ITERATIONS", 4)
        patch.setattr(training, "HIDDEN", 3)
        patch.setattr(training, "EVALUATE_EVERY", 2)
        patch.setattr(kinks, "OFFSETS", (0.0, -0.1))
        patch.setattr(kinks, "BUILT_IN", kinks.BUILT_IN[:1])
        patch.setattr(kinks, "CLAIMS", kinks.CLAIMS[:2])
        patch.setattr(verdict, "FAULTS", verdict.FAULTS[:2])
        patch.setattr(step, "BUILT_IN", step.BUILT_IN[:2])
        yield


@lru_cache
def page_of(name):
    own = OWN if lessons.LESSONS[name].takes_function else None
    return lessons.build_lesson(name, own=own, index="index.html")


@pytest.fixture
def empty_lessons(monkeypatch):
    """Let all lessons show nothing, so that it takes no time to write them."""
    for name, lesson in lessons.LESSONS.items():
        monkeypatch.setitem(lessons.LESSONS, name, replace(lesson, data=lambda *_: {}))


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_a_page_is_one_file(name):
    page = Page(page_of(name))
    pages_beside = {"index.html", *(lesson.file for lesson in lessons.LESSONS.values())}
    assert set(page.references) <= pages_beside | {"data:,", "#main"}
    assert not {"iframe", "object", "embed", "img"} & set(page.tags)
    assert page.tags.count("link") == 1  # the empty icon, which keeps a browser from asking for one
    assert "@import" not in page_of(name)
    assert set(re.findall(r"https?://[^\s\"'`]+", page_of(name))) <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page_of(name)


def test_a_lesson_alone_links_to_no_file():
    page = Page(lessons.build_lesson("batch"))
    assert "nav" not in page.tags
    assert set(page.references) == {"data:,", "#main"}


@pytest.mark.parametrize("name", [name for name, lesson in lessons.LESSONS.items() if lesson.takes_function])
def test_a_dangerous_name_is_text(name):
    page = Page(page_of(name))
    assert page.tags.count("script") == 2
    assert set(page.scripts) == {"data", "code"}
    assert OWN.name in json.dumps(page.numbers, ensure_ascii=False)
    assert OWN.name not in page_of(name)


def test_a_title_is_escaped():
    text = render("<b>&</b>", "index", {"pages": []}, "<i>")
    assert "<title>&lt;b&gt;&amp;&lt;/b&gt;</title>" in text
    assert "<code>python -m numgrad lesson &lt;i&gt;</code>" in text


def test_embedded_json_ends_no_script():
    text = embedded({"f": "</script><!-- ]]> &"})
    assert not set("<>&") & set(text)
    assert json.loads(text) == {"f": "</script><!-- ]]> &"}


def test_numbers_that_json_lacks_are_null():
    assert embedded([np.nan, -np.inf, 1.5]) == "[null,null,1.5]"


def test_the_pages_of_the_step_hold_each_function_in_each_precision():
    subjects = Page(page_of("step")).numbers["subjects"]
    assert [subject["name"] for subject in subjects[:2]] == [OWN.name, "sin x"]
    for subject in subjects:
        assert set(subject["curves"]) == {"float64", "float32", "float16"}
        for curve in subject["curves"].values():
            assert len(curve["steps"]) == len(curve["above"]) == len(curve["below"])
            assert sorted(curve["steps"], reverse=True) == curve["steps"]
    complex_step = subjects[0]["curves"]["float64"]["schemes"]["complex-step"]
    assert complex_step["unavailable"].startswith("f takes no complex numbers")


@pytest.mark.parametrize(
    ("scale", "expected"), [(1.0, "0.84147098480789650"), (1e-100, "8.4147098480789650"), (1e9, "8.4147098480789650")]
)
def test_digits_have_one_power_of_ten(scale, expected):
    own = lessons.Subject("scaled", lambda x: scale * np.sin(x), 1.0)
    curve = Page(lessons.build_lesson("step", own=own)).numbers["subjects"][0]["curves"]["float64"]
    assert abs(float(curve["center"]) * 10.0 ** curve["exponent"] / (scale * math.sin(1)) - 1) < 1e-15
    assert curve["center"][:12] == expected[:12]
    assert {len(digits.split(".")[1]) for digits in curve["above"][-20:]} == {len(curve["center"].split(".")[1])}


def test_a_precision_in_which_f_overflows_is_left_out_with_the_reason():
    own = lessons.Subject("large", lambda x: 1e9 * np.sin(x), 1.0)
    subject = Page(lessons.build_lesson("step", own=own)).numbers["subjects"][0]
    assert set(subject["curves"]) == {"float64", "float32"}
    assert subject["refused"]["float16"].startswith("Expected f(x) to be finite but got f(x) = inf")


def test_without_autograd_the_page_says_so(monkeypatch):
    class Without:
        def descend_by_autograd(self, *_):
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(training, "load_checker", Without)
    found = training.data()
    assert "Expected torch to be installed" in found["autograd"]["missing"]
    assert [cost["method"] for cost in found["costs"]] == ["the chapter's loop", "incremental differences"]
    assert len(found["loss"]) == 4


def test_without_a_verification_the_lessons_that_ask_for_one_say_so(monkeypatch):
    monkeypatch.setattr(checker, "entry_points", lambda **_: [])
    for name in ("verdict", "batch", "kinks"):
        with pytest.raises(ModuleNotFoundError, match="Expected the package verification to be installed"):
            lessons.build_lesson(name)
    found = Page(lessons.build_lesson("training")).numbers["autograd"]
    assert found["missing"].startswith("Expected the package verification to be installed")
    assert lessons.build_lesson("step")


@pytest.mark.parametrize(
    ("name", "own", "refusal"),
    [
        ("steps", None, "Expected the lesson to be one of step, verdict, batch, kinks, training but got 'steps'"),
        ("batch", OWN, "the lesson batch shows functions of its own. Pass it to step, verdict, kinks."),
        ("step", lessons.Subject("floor", math.floor, 1.0), "Expected f to have a slope at x"),
    ],
)
def test_refusals(name, own, refusal):
    with pytest.raises(ValueError, match=re.escape(refusal)):
        lessons.build_lesson(name, own=own)


def test_the_command_writes_one_lesson(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lesson", "step", "--function", "math.tanh", "--at", "0.5"]) == 0
    assert capsys.readouterr().out == "Wrote step.html\n"
    page = (tmp_path / "step.html").read_text(encoding="utf-8")
    assert Page(page).numbers["subjects"][0]["name"] == "math.tanh"
    assert "python -m numgrad lesson step --function math.tanh --at 0.5" in page
    assert cli.main(["lesson", "step"]) == 0  # a lesson may be written again


def test_the_command_writes_all_lessons_and_opens_the_page_that_links_them(
    empty_lessons, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert cli.main(["lesson", "--open"]) == 0
    files = ["index.html", *(lesson.file for lesson in lessons.LESSONS.values())]
    assert capsys.readouterr().out == "".join(f"Wrote lessons/{file}\n" for file in files)
    assert opened == [(tmp_path / "lessons" / "index.html").as_uri()]
    assert 'href="index.html"' in (tmp_path / "lessons" / "step.html").read_text(encoding="utf-8")


def test_the_page_that_links_them_may_have_another_name(empty_lessons, tmp_path):
    assert cli.main(["lesson", "--output", str(tmp_path / "start.html")]) == 0
    assert 'href="start.html"' in (tmp_path / "kinks.html").read_text(encoding="utf-8")
    assert 'href="index.html"' not in (tmp_path / "kinks.html").read_text(encoding="utf-8")


def test_nothing_else_is_written_over(capsys, tmp_path):
    mine = tmp_path / "kinks.html"
    mine.write_text("my notes", encoding="utf-8")
    for arguments in (["kinks", "--output", str(mine)], ["--output", str(tmp_path / "index.html")]):
        assert cli.main(["lesson", *arguments]) == 1
        assert "be a lesson or not to exist but got another file" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8") == "my notes"
    assert [path.name for path in tmp_path.iterdir()] == ["kinks.html"]


@pytest.mark.parametrize(
    ("f", "x"), [(np.log, 0.05), (np.sqrt, 1e-3), (lambda x: np.exp(700 * x), -1.0), (lambda x: x**2, 0.0)]
)
@pytest.mark.parametrize("name", ["step", "verdict", "kinks"])
def test_a_function_with_an_edge_or_of_any_size_has_its_page(name, f, x):
    page = Page(lessons.build_lesson(name, own=lessons.Subject("of mine", f, x)))
    first = page.numbers.get("subjects", page.numbers.get("problems"))[0]
    assert first["name"] == "of mine"


def test_points_outside_of_the_domain_are_left_out():
    subject = Page(
        lessons.build_lesson("kinks", own=lessons.Subject("edge", lambda x: np.sqrt(x - 0.999999), 1.0))
    ).numbers["subjects"][0]
    assert subject["points"]
    assert all(point["f"] is not None for point in subject["points"])


@pytest.mark.parametrize("f", [np.sin, lambda x: x / (1 - x)], ids=["sin", "pole"])
def test_beside_0_each_value_has_its_own_digits(f):
    own = lessons.Subject("f", f, 0.0)
    curve = Page(lessons.build_lesson("step", own=own)).numbers["subjects"][0]["curves"]["float64"]
    assert float(curve["center"]) == 0
    i = curve["steps"].index(1e-12)
    assert float(curve["above"][i]) == f(1e-12)
    assert curve["left"]["central"][i] >= 15


def test_a_kink_is_told_with_its_slopes_in_order():
    own = lessons.Subject("hinge", lambda x: np.where(x < 1, -2.0, 3.0) * (x - 1), 1.0)
    curve = Page(lessons.build_lesson("step", own=own)).numbers["subjects"][0]["curves"]["float64"]
    assert curve["kink"] == pytest.approx([-2, 3])
    assert "truncation" not in curve["schemes"]["central"]


def test_digits_that_are_left_are_those_of_the_difference():
    own = lessons.Subject("square", lambda x: x * x, 1.0)
    curve = Page(lessons.build_lesson("step", own=own)).numbers["subjects"][0]["curves"]["float64"]
    i = curve["steps"].index(3e-14)
    assert curve["above"][i].startswith("1.0000000000000")
    assert curve["below"][i].startswith("0.9999999999999")
    assert curve["left"]["central"][i] == 3  # 1.2e-13 is 540 times the spacing of floats above 1


def test_the_command_that_a_page_names_is_the_one_that_made_it():
    page = lessons.build_lesson("step", own=lessons.Subject("my module:f", np.sin, 0.123456789012))
    assert "python -m numgrad lesson step --function &#x27;my module:f&#x27; --at 0.123456789012" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--output", "step.html"], "two outputs cannot be written to one file"),
        (["step", "--function", "math.sin"], "--function and --at belong together"),
        (["step", "--at", "1"], "--function and --at belong together"),
        (["steps"], "invalid choice: 'steps'"),
        (["--output", "all"], "'all' does not end in .html"),
        (["step", "--output", "nowhere/page.html"], "cannot write a file at nowhere/page.html"),
    ],
)
def test_arguments_that_do_not_fit(capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        cli.main(["lesson", *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
