import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numgrad import (
    cross_entropy_error,
    cross_entropy_error_labels,
    cross_entropy_error_one_hot,
    mean_squared_error,
    softmax,
    softmax_cross_entropy,
)
from verification.strategies import labels, logits, probabilities, shapes

Y = np.array([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]])
T = np.array([[0, 1], [1, 0], [1, 0]])
BATCH_LOSS = -(np.log(0.75) + np.log(0.5)) / 3


def test_the_chapters_mean_squared_error():
    assert mean_squared_error([0.1, 0.05, 0.6, 0.05, 0.2], [0, 0, 1, 0, 0]) == 0.10750000000000003


def test_the_chapters_cross_entropy():
    y, t = [0.1, 0.05, 0.6, 0, 0.1, 0.05, 0, 0.1], [0, 0, 1, 0, 0, 0, 0, 0]
    assert cross_entropy_error(y, t) == 0.510825457099338


def test_the_batch_forms_give_the_mean():
    assert cross_entropy_error_one_hot(Y, T) == pytest.approx(BATCH_LOSS, rel=1e-15)
    assert cross_entropy_error_labels(Y, [1, 0, 0]) == pytest.approx(BATCH_LOSS, rel=1e-15)


@given(data=st.data())
def test_one_hot_labels_and_logits_tell_the_same(data):
    shape = data.draw(shapes(2, 2), label="shape")
    a = data.draw(logits(shape), label="logits").clip(-300, 300)
    t = data.draw(labels(shape[:1], shape[1]), label="labels")
    one_hot = np.eye(shape[1])[t]
    expected = pytest.approx(softmax_cross_entropy(a, t), rel=1e-12, abs=1e-15)
    assert softmax_cross_entropy(a, one_hot) == expected
    assert cross_entropy_error_labels(softmax(a), t) == expected
    assert cross_entropy_error_one_hot(softmax(a), one_hot) == expected


@given(data=st.data())
def test_a_batch_is_the_mean_of_its_rows(data):
    shape = data.draw(shapes(2, 2), label="shape")
    y = data.draw(probabilities(shape), label="y")
    t = data.draw(labels(shape[:1], shape[1]), label="t")
    rows = [cross_entropy_error_labels(row, label) for row, label in zip(y, t, strict=True)]
    assert cross_entropy_error_labels(y, t) == pytest.approx(np.mean(rows), rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("loss", "t", "expected"),
    [
        (cross_entropy_error_one_hot, [1, 0], 0.0),
        (cross_entropy_error_one_hot, [0, 1], np.inf),
        (cross_entropy_error_one_hot, [0, 0], 0.0),
        (cross_entropy_error_labels, 0, 0.0),
        (cross_entropy_error_labels, 1, np.inf),
        (lambda y, t: cross_entropy_error(y, t, delta=0), [1, 0], 0.0),
        (lambda y, t: cross_entropy_error(y, t, delta=0), [0, 1], np.inf),
    ],
)
def test_zero_log_zero_is_zero_and_a_target_on_zero_is_inf(loss, t, expected):
    assert loss([1.0, 0.0], t) == expected


def test_logits_too_far_apart_give_inf_not_nan():
    assert softmax_cross_entropy([1.7e308, -1.7e308], 1) == np.inf
    assert softmax_cross_entropy([1.7e308, -1.7e308], [1, 0]) == 0


def test_a_negative_probability_is_nan_only_where_it_is_aimed_at():
    assert np.isnan(cross_entropy_error_one_hot([-0.1, 1.1], [1, 0]))
    assert cross_entropy_error_one_hot([-0.1, 1.0], [0, 1]) == 0


@pytest.mark.parametrize("loss", [cross_entropy_error, cross_entropy_error_one_hot])
@pytest.mark.parametrize("target", [0.01, -0.5])
def test_any_target_but_0_counts(loss, target):
    assert loss([0.25, 0.75], [target, 0.0]) == pytest.approx(-target * np.log(0.25), rel=1e-6)


def test_integer_targets_may_aim_at_two_classes():
    assert softmax_cross_entropy([[0.0, 0.0, 0.0]], [[1, 1, 0]]) == pytest.approx(2 * np.log(3))


def test_the_wider_of_two_precisions_is_kept():
    y, t = np.array([0.25, 0.75], np.float32), np.array([1 / 3, 2 / 3])
    assert cross_entropy_error_one_hot(y, t).dtype == np.float64
    assert cross_entropy_error_one_hot(y, t) == pytest.approx(-(np.log(y) @ t), rel=1e-15)


def test_unsigned_integers_do_not_wrap_around():
    assert mean_squared_error(np.array([0], np.uint8), np.array([2], np.uint8)) == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(dtype):
    y, t = np.array([0.25, 0.75], dtype), np.array([0, 1], dtype)
    assert mean_squared_error(y, t).dtype == dtype
    assert softmax_cross_entropy(y, 1).dtype == dtype


ONE_HOT_LOSSES = [mean_squared_error, cross_entropy_error, cross_entropy_error_one_hot, softmax_cross_entropy]
LABEL_LOSSES = [cross_entropy_error_labels, softmax_cross_entropy]


@pytest.mark.parametrize("loss", ONE_HOT_LOSSES)
@pytest.mark.parametrize(
    ("y", "t", "message"),
    [
        (
            np.ones((2, 3)),
            np.ones((2, 4)),
            r"Expected t to have the shape of (y|logits), \(2, 3\), but got shape \(2, 4\)",
        ),
        (
            np.zeros((0, 3)),
            np.zeros((0, 3)),
            r"Expected (y|logits) to hold at least one sample but got shape \(0, 3\)",
        ),
        ([0.5, 0.5], [np.nan, 1], r"Expected t to be finite but got t\[0\] = nan"),
        ([0.5, 0.5], [1, np.inf], r"Expected t to be finite but got t\[1\] = inf"),
    ],
)
def test_bad_targets_are_refused(loss, y, t, message):
    with pytest.raises(ValueError, match=message):
        loss(y, t)


@pytest.mark.parametrize("loss", LABEL_LOSSES)
@pytest.mark.parametrize(
    ("t", "message"),
    [
        ([0, 2], r"class numbers from 0 to 1 but got t\[1\] = 2"),
        ([-1, 0], r"class numbers from 0 to 1 but got t\[0\] = -1"),
        ([0, 1, 1], r"Expected t to have shape \(2,\) but got shape \(3,\)"),
    ],
)
def test_bad_labels_are_refused(loss, t, message):
    with pytest.raises(ValueError, match=message):
        loss([[0.5, 0.5], [0.5, 0.5]], t)


@pytest.mark.parametrize("loss", LABEL_LOSSES)
def test_labels_that_are_no_integers_are_refused(loss):
    with pytest.raises(TypeError, match="Expected t to hold class numbers but got dtype=float64"):
        loss([[0.5, 0.5], [0.5, 0.5]], [0.0, 1.0])


def test_one_hot_where_labels_are_wanted_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"as one-hot targets have.*Pass np.argmax\(t, axis=-1\)"):
        cross_entropy_error_labels(Y, T)


def test_labels_where_one_hot_is_wanted_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match="For class numbers call cross_entropy_error_labels"):
        cross_entropy_error_one_hot(Y, [1, 0, 0])


@pytest.mark.parametrize("loss", [cross_entropy_error_one_hot, cross_entropy_error_labels, softmax_cross_entropy])
def test_more_than_a_batch_is_refused(loss):
    with pytest.raises(ValueError, match=r"have shape \(N, K\) or \(K,\) but got shape \(2, 2, 2\)"):
        loss(np.ones((2, 2, 2)), np.ones((2, 2, 2)))


@pytest.mark.parametrize("delta", [-1e-7, np.nan, np.inf])
def test_a_bad_delta_is_refused(delta):
    with pytest.raises(ValueError, match="Expected delta to be finite and not negative"):
        cross_entropy_error([0.5, 0.5], [0, 1], delta)


def test_what_an_array_of_its_own_kind_complains_of_is_passed_on():
    class Complaining:
        def __array__(self, *_, **__):
            raise ValueError("own complaint")

    with pytest.raises(ValueError, match="own complaint"):
        softmax(Complaining())
