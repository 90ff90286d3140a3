import pytest
from each import each


def test_what_fails_is_told_and_all_are_tried():
    tried = []

    @each([1, 2, 3, 4])
    def test_is_odd(number):
        tried.append(number)
        assert number % 2

    with pytest.raises(AssertionError) as raised:
        test_is_odd()
    assert raised.value.__notes__ == ["of 2; of 4 examples 2 fail"]
    assert tried == [1, 2, 3, 4]
    assert test_is_odd.__name__ == "test_is_odd"
    each([1, 3])(lambda number: None)()
