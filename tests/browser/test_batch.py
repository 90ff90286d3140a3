"""The lesson on the flawed batch gradient shows what it did, and what is right."""

import numpy as np
import pytest
from browser.shown import read, shown

from numgrad import per_sample_gradient
from numgrad.flawed import numerical_gradient_batch_v2
from numgrad.lessons.batch_examples import EXAMPLES
from verification import FailureMode, check_batch_gradient

pytest.importorskip("playwright", reason="the pages were NOT tried in a browser: run tox run -e browser")

X = np.array([[3.0, 4.0], [4.0, 5.0], [6.0, 7.0]])
INPUTS = np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 1.0], [-1.0, 3.0]])
EXACT = {
    "REDUCED_OUTPUT": 2 * X,
    "COUPLED_ROWS": 4 / 3 * (X - X.mean(axis=0)),
    "SHARED_PARAMETER": INPUTS.T @ (INPUTS @ np.array([[0.3, 0.4], [0.4, 0.5]])) / 4,
    "ONE_SAMPLE_FUNCTION": np.array([[10.0, 3.0], [13.0, 4.0]]),
    "KEPT_DIMENSION": 2 * X,
    "INTEGER_INPUT": 2 * X,
    "INPUT_NOT_RESTORED": np.array([14.0, 14.0]),
    "MORE_DIMENSIONS": 2 * np.arange(1.0, 9.0).reshape(2, 2, 2),
    "LOW_PRECISION": 2 * np.float64(np.float32(X) / np.float32(7)),
    "DOMAIN_EDGE": -1 / np.array([[5e-5, 0.5], [0.25, 0.75]]),
}


@pytest.fixture
def page(opened):
    return opened("batch")


def cells(page, name):
    """Return the numbers in a table."""
    texts = page.locator(f"#{name}").evaluate(
        "table => [...table.rows].map((row) => [...row.cells].map((c) => c.innerText))"
    )
    return [[float(text.replace("−", "-")) for text in row] for row in texts]


def flat(values):
    return [value for row in values for value in row]


def test_the_walk_shows_each_call(page):
    for kind, f in (("one value a row", lambda X: np.sum(X**2, axis=1)), ("one value in all", lambda X: np.sum(X**2))):
        page.locator("#walk").select_option(label=kind)
        page.locator("#frame").fill("0")
        grad = np.zeros_like(X)
        assert cells(page, "asked") == X.tolist()
        for column in range(2):
            H = np.zeros_like(X)
            H[:, column] = 0.5
            for sign in (1, -1):
                page.locator("#next").click()
                assert cells(page, "asked") == (X + sign * H).tolist()
                assert flat(cells(page, "answer")) == np.atleast_1d(f(X + sign * H)).tolist()
                assert cells(page, "grad") == grad.tolist()
                changed = page.locator("#asked td").evaluate_all("cells => cells.map((cell) => cell.className)")
                assert changed == ["changed" if k % 2 == column else "" for k in range(6)]
            page.locator("#next").click()
            grad[:, column] = f(X + H) - f(X - H)
            assert cells(page, "grad") == grad.tolist()
        page.locator("#next").click()
        assert read(page, "moment") == "7 of 7"
        assert page.locator("#next").is_disabled()
        assert flat(cells(page, "answer")) == pytest.approx((2 * X).ravel().tolist(), rel=1e-7)
        wrong = page.locator("#grad td.wrong").count()
        assert wrong == (0 if kind == "one value a row" else np.sum(grad != 2 * X))
        assert "def " in read(page, "walkcode")
    page.locator("#back").click()
    assert read(page, "moment") == "6 of 7"


@pytest.mark.parametrize("mode", EXACT)
def test_each_mode_shows_what_was_found(page, mode):
    number = list(EXACT).index(mode)
    example = EXAMPLES[number]
    assert example.mode == mode
    page.locator("#mode").select_option(index=number)
    assert read(page, "mode").splitlines()[number] == f"{number + 1}. {FailureMode[mode].title}"
    for i, h in enumerate((1e-2, 1e-4, 1e-6)):
        page.locator("#h").select_option(index=i)
        assert FailureMode[mode].explanation in read(page, "why")
        assert flat(cells(page, "input")) == pytest.approx(example.X.ravel().tolist(), rel=1e-7)
        assert flat(cells(page, "wanted")) == pytest.approx(EXACT[mode].ravel().tolist(), rel=1e-7)
        compare(page, "flawed", "raised", lambda X, h=h: numerical_gradient_batch_v2(example.f, X, h), example.X.copy())
        compare(page, "repaired", "refused", lambda X, h=h: per_sample_gradient(example.f, X, h), example.X.copy())
        check = check_batch_gradient(example.f, lambda X, h=h: numerical_gradient_batch_v2(example.f, X, h), example.X)
        assert read(page, "verdict") == check.verdict.value
        assert page.locator("#text").text_content().splitlines()[0] == str(check).splitlines()[0]
        assert check.verdict.value != "AGREES" or h != 1e-4


@pytest.mark.parametrize(
    "bug",
    [
        "flawed.gradient[0][0] += 1e-5",
        "repaired.raised = 'no'",
        "verdict = 'AGREES'",
        "text = 'DISAGREES: kept dimension'",
    ],
)
def test_a_wrong_number_is_found(page, bug):
    page.evaluate(f"data.examples[0].attempts[0].{bug}")
    with pytest.raises(AssertionError):
        test_each_mode_shows_what_was_found(page, "REDUCED_OUTPUT")


def outcome(differentiate, X):
    """Return the gradient, or the text of what was raised."""
    with np.errstate(all="ignore"):
        try:
            return differentiate(X)
        except (ValueError, TypeError) as error:
            return str(error)


def compare(page, table, message, differentiate, X):
    expected = outcome(differentiate, X)
    if isinstance(expected, str):
        assert expected in read(page, message)
        assert cells(page, table) == []
    else:
        numbers = ["nan" if np.isnan(value) else shown(float(value), 8) for value in expected.ravel()]
        assert page.locator(f"#{table} td").all_inner_texts() == numbers


def test_what_is_wrong_is_marked(page):
    page.locator("#mode").select_option(index=0)
    flawed = numerical_gradient_batch_v2(lambda X: np.sum(X**2), X)
    assert marked(page) == (abs(flawed - 2 * X) > 1).ravel().tolist()
    page.locator("#mode").select_option(index=list(EXACT).index("INPUT_NOT_RESTORED"))
    assert marked(page) == [False, True]


def marked(page):
    names = page.locator("#flawed td").evaluate_all("cells => cells.map((cell) => cell.className)")
    return [name == "wrong" for name in names]


def test_an_array_that_comes_back_changed_is_told(page):
    page.locator("#mode").select_option(index=list(EXACT).index("INPUT_NOT_RESTORED"))
    page.locator("#h").select_option(index=0)
    assert read(page, "after") == "And X comes back as [2.99, 3.99]."
