import pytest
from checking_bugs import BUGS


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_is_found(bug, monkeypatch):
    bug.plant(monkeypatch)
    with pytest.raises((bug.raises, pytest.fail.Exception)):
        bug.found_by()


@pytest.mark.slow  # each of them is one of the tests anyway
@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_without_a_bug_the_same_tests_pass(bug):
    bug.found_by()
