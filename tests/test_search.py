"""Hunting counterexamples: they are found, smallest, replayed by their code, and never made of what tells nothing."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import strategies as st

from verification import (
    FailureMode,
    GradientError,
    check_gradient,
    check_jvp,
    check_vjp,
    find_counterexample,
    search,
    verify_gradient,
)
from verification.strategies import arrays, away_from_kinks, batches, near_kinks

MODULE = """
import numpy as np
from verification import verify_gradient
from verification.strategies import arrays

def cubes(x):
    return np.sum(x**3)

def cubes_gradient(x):
    return 3 * x * np.abs(x)

@verify_gradient(cubes, arrays((2,)), seed=0)
def test_cubes(x):
    return 3 * x * np.abs(x)
"""


def cubes(x):
    return np.sum(x**3)


def cubes_gradient(x):
    return 3 * x**2


def positive_cubes_gradient(x):
    return 3 * x * np.abs(x)


def test_the_smallest_input_is_found():
    found = find_counterexample(cubes, positive_cubes_gradient, arrays((2, 2)), seed=1)
    assert np.count_nonzero(found.x) == 1
    assert found.x.sum() == -1
    assert found.check.diagnoses[0].mode is FailureMode.WRONG_SIGN
    assert found.inputs > 1


def test_nothing_is_found_in_what_is_right():
    assert find_counterexample(cubes, cubes_gradient, arrays((2,)), seed=1) is None


CHECKED = {
    "a structure": (
        lambda p: np.sum((p["W"] @ p["v"]) ** 2),
        lambda p: {"W": 2 * np.outer(p["W"] @ p["v"], p["v"]), "v": 2 * p["W"] @ (p["W"] @ p["v"])},
        st.fixed_dictionaries({"W": arrays((2, 2)), "v": arrays((2,))}),
        {},
    ),
    "several arguments": (
        lambda x, y: np.sum(x * y),
        lambda x, y: (y, y),
        st.tuples(arrays((2,)), arrays((2,))),
        {},
    ),
    "a batch mean": (lambda X: np.mean(np.sum(X**2, axis=1)), lambda X: 2 * X, batches((2,)), {}),
    "a product with cotangents": (np.square, lambda x, u: 2 * u, arrays((2,)), {"check": check_vjp}),
    "a product with tangents": (np.square, lambda x, v: 2 * v, arrays((2,)), {"check": check_jvp}),
    "a branch that hardly any input takes": (
        lambda x: np.sum(x**2),
        lambda x: np.where(np.abs(x) > 100, 2.001, 2) * x,
        arrays((2,)),
        {},
    ),
}


@pytest.mark.parametrize(("f", "gradient", "strategy", "keywords"), CHECKED.values(), ids=CHECKED)
def test_what_is_wrong_is_found(f, gradient, strategy, keywords):
    found = find_counterexample(f, gradient, strategy, seed=0, max_examples=200, **keywords)
    assert found is not None
    name = keywords.get("check", find_counterexample).__name__.replace("find_counterexample", "check_gradient")
    namespace = {"f": f, "gradient": gradient}
    exec(found.code.replace("print(", "check = ("), namespace)  # as it is shown
    assert f"print({name}(" in found.code
    assert namespace["check"].verdict is found.check.verdict
    assert namespace["check"].reason == found.check.reason


def test_the_code_replays_alone(tmp_path):
    (tmp_path / "mymodule.py").write_text(MODULE, encoding="utf-8")

    def run(code):
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    search = (
        "from verification import find_counterexample\nfrom verification.strategies import arrays\nimport mymodule\n"
    )
    found = run(search + "print(find_counterexample(mymodule.cubes, mymodule.cubes_gradient, arrays((2,)), seed=0))")
    text, _, code = found.stdout.partition("The smallest input that shows it")
    code = "\n".join(line[2:] for line in code.splitlines()[1:])
    assert "from mymodule import cubes_gradient" in code
    replayed = run(code)
    text = text.partition("Before it was shrunk")[0]
    assert replayed.stdout == text
    assert text.startswith("DISAGREES: x: wrong sign")
    decorated = run(
        "import mymodule\ntry:\n  mymodule.test_cubes()\nexcept AssertionError as error:\n  print(*error.__notes__)"
    )
    code = "\n".join(line[2:] for line in decorated.stdout.partition("into Python:\n")[2].splitlines())
    assert "check_gradient(cubes, test_cubes.gradient, x)" in code
    assert run(code).stdout == text


def test_the_text_is_that_of_the_check_and_the_code():
    found = find_counterexample(cubes, positive_cubes_gradient, arrays((1,)), seed=0)
    assert str(found) == (
        f"""DISAGREES: x: wrong sign (claimed = -true)
  where   1 of 1 entries is seen to be wrong; claimed, measured:
    x[0]  -3  3 ± {found.check.entries[0].error:.1g}
  do      Negate it; look for target - output instead of output - target.
  replay  check_gradient(f, gradient, x, seed=0)  # {found.check.evaluations} evaluations of f
The smallest input that shows it, of {found.inputs} looked at, to paste into Python:
  import numpy as np
  from verification import check_gradient
  from {__name__} import cubes
  from {__name__} import positive_cubes_gradient
  x = np.array([-1.0])
  print(check_gradient(cubes, positive_cubes_gradient, x))"""
    )


def test_a_decorated_gradient_is_a_test():
    @verify_gradient(cubes, arrays((2,)), seed=0)
    def test_cubes(x):
        """Of cubes."""
        return positive_cubes_gradient(x)

    with pytest.raises(GradientError) as raised:
        test_cubes()
    assert raised.value.check.diagnoses[0].mode is FailureMode.WRONG_SIGN
    assert "x = np.array([0.0, -1.0])" in raised.value.__notes__[0]
    assert test_cubes.__name__ == "test_cubes"
    assert test_cubes.__doc__ == "Of cubes."
    assert test_cubes.gradient(np.array([-1.0])) == -3
    verify_gradient(cubes, arrays((2,)), seed=0)(cubes_gradient)()


def test_kinks_do_not_count():
    strategy = st.one_of(near_kinks((2,)), away_from_kinks((2,)))
    assert find_counterexample(lambda x: np.abs(x).sum(), np.sign, strategy, seed=0) is None


UNTOLD = {
    "flat": (lambda x: np.sign(x).sum(), np.zeros_like, arrays((2,)), "f is flat at x"),
    "kinks": (
        lambda x: np.abs(x - 1).sum(),
        lambda x: np.sign(x - 1),
        near_kinks((2,), at=1, within=1e-14),
        "kink",
    ),
    "random": (lambda x: np.sum(x) + np.random.default_rng().normal(), np.ones_like, arrays((2,)), "random f"),
}


@pytest.mark.parametrize(("f", "gradient", "strategy", "reason"), UNTOLD.values(), ids=UNTOLD)
def test_the_reason_is_told_where_nearly_nothing_tells(f, gradient, strategy, reason):
    with pytest.raises(GradientError) as raised:
        find_counterexample(f, gradient, strategy, seed=0, max_examples=10)
    text = " ".join(str(raised.value).split())
    assert text.startswith("INCONCLUSIVE: nothing is told by ")
    assert reason in text
    assert raised.value.check.diagnoses[0].mode is FailureMode.UNTOLD


def test_what_a_gradient_raises_is_passed_on_with_code_that_raises_it():
    def fragile(x):
        return cubes_gradient(x) if x[0] < 50 else 1 // 0

    with pytest.raises(ZeroDivisionError) as raised:
        find_counterexample(cubes, fragile, arrays((2,)), seed=0, max_examples=500)
    (note,) = [note for note in raised.value.__notes__ if "to paste into Python" in note]
    (x,) = [line for line in note.splitlines() if line.startswith("  x = ")]
    assert fails(fragile, eval(x.partition(" = ")[2]))


def fails(function, x):
    try:
        function(x)
    except ZeroDivisionError:
        return True
    return False


def test_a_seed_repeats_a_search():
    texts = {str(find_counterexample(cubes, lambda x: 3 * x, arrays((2,)), seed=7)) for _ in range(2)}
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: find_counterexample(cubes, cubes_gradient, np.ones(2)),
            "Expected strategy to be a Hypothesis strategy",
        ),
        (lambda: verify_gradient(cubes, cubes_gradient), "Expected strategy to be a Hypothesis strategy"),
        (lambda: find_counterexample(cubes, 3.0, arrays((2,)), max_examples=1), "Expected gradient to be a function"),
    ],
)
def test_what_is_no_search_is_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_strategy_that_draws_nothing_proves_nothing():
    for strategy in (arrays((2,)).filter(lambda _: False), st.nothing()):
        with pytest.raises(GradientError, match="no input was looked at"):
            find_counterexample(cubes, cubes_gradient, strategy)


def test_large_inputs_are_drawn():
    seen = []

    def gradient(x):
        seen.append(x.shape)
        return np.ones_like(x)

    strategy = arrays((60, 60), smallest=-1, largest=1)
    assert find_counterexample(np.sum, gradient, strategy, max_examples=3, seed=0) is None
    assert set(seen) == {(60, 60)}


def test_the_fault_before_shrinking_is_told():
    def gradient(X):  # of two samples the sign is wrong, and of more the mean is missing
        return -X if len(X) == 2 else 2 * X

    strategy = batches((1,), max_samples=6)
    found = (
        find_counterexample(lambda X: np.mean(np.sum(X**2, axis=1)), gradient, strategy, seed=seed)
        for seed in range(20)
    )
    one = next(one for one in found if one.first.diagnoses[0].mode is not one.check.diagnoses[0].mode)
    assert f"Before it was shrunk: {one.first.reason}" in str(one)
    assert "Before it was shrunk" not in str(find_counterexample(cubes, positive_cubes_gradient, arrays((1,)), seed=0))


def test_an_input_that_was_found_is_not_rejected_as_one_of_too_many():
    x = np.array([-1.0])
    hunt = search._Hunt(cubes, positive_cubes_gradient, check_gradient)
    hunt.first = check_gradient(cubes, positive_cubes_gradient, x)  # and Hypothesis looks at it again, to shrink it
    hunt.inputs, hunt.untold, hunt.enough = 100, Counter({"f is flat at x": 99}), 50
    with pytest.raises(search._Found):
        hunt._look(x)


def test_a_check_may_be_any_function():
    found = find_counterexample(
        cubes,
        positive_cubes_gradient,
        arrays((1,)),
        check=lambda f, g, x: check_vjp(f, lambda x, u: u * g(x), x),
        seed=0,
    )
    assert "# check is " in found.code
    assert "print(check(cubes, positive_cubes_gradient, x))" in found.code
