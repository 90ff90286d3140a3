"""What the caller passed, and how Python warns, are afterwards as they were."""

import warnings

import numpy as np
import pytest
from test_purity import X, changing, changing_gradient, f, gradient

from verification import FailureMode, Verdict, check_gradient, check_the_check


@pytest.mark.parametrize("changing", [changing, f])
def test_the_callers_bytes_stay_as_they_are(changing):
    x = X.copy()
    check_gradient(changing, changing_gradient, x)
    assert x.tobytes() == X.tobytes()


def test_what_reaches_around_its_argument_is_undone_and_told():
    x = X.copy()

    def reaching(at):
        x[0] += 1
        return np.sum(at**2)

    check = check_gradient(reaching, gradient, x)
    assert x.tobytes() == X.tobytes()
    assert check.verdict is Verdict.INCONCLUSIVE
    assert check.diagnoses[0].mode is FailureMode.CALLER_CHANGED


def test_what_was_passed_is_restored_whatever_becomes_of_its_places():
    params = {"a": X.copy(), "b": X.copy()}
    kept = params["b"]

    def interrupted(_):
        params["a"] = np.zeros(5)
        params["c"] = 1
        kept[0] = 99
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_gradient(interrupted, gradient, params)
    assert kept.tobytes() == X.tobytes()


def test_a_list_that_is_changed_is_put_back_and_a_read_only_view_is_said_not_to_be():
    numbers, base = [1.0, -2.0, 3.0], X.copy()
    view = base.view()
    view.flags.writeable = False

    def reaching(x):
        numbers[0] = base[0] = 9.0
        return np.sum(np.asarray(x) ** 2)

    check = check_gradient(reaching, lambda x: 2 * np.asarray(x), numbers)
    assert check.diagnoses[0].mode is FailureMode.CALLER_CHANGED
    assert numbers == [1.0, -2.0, 3.0]
    base[:] = X
    assert "read-only, and was not put back" in check_gradient(reaching, gradient, view).reason


def test_the_check_of_the_check_restores_too():
    x = X.copy()

    def reaching(at):
        x[0] += 1
        return np.sum(at**2)

    check_the_check(reaching, gradient, x)
    assert x.tobytes() == X.tobytes()


def test_the_check_of_the_check_lets_no_warning_out():
    def bent(x):
        return np.sum(np.where(x > 0, x**2, np.log(x + 1)))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = check_the_check(bent, lambda x: np.where(x > 0, 2 * x, 1 / (x + 1)), np.array([1.0, 2.0, 3.0]))
    assert found.better is not None
