import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numgrad import History
from numgrad.history import Evaluation

shares = st.floats(0, 1)
histories = st.builds(
    History,
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=9, max_size=9),
    st.lists(
        st.builds(Evaluation, st.integers(0, 9), shares, shares), max_size=9, unique_by=lambda found: found.iteration
    ),
    st.booleans(),
    st.integers(1, 9),
)


@given(history=histories)
def test_json_holds_every_bit(history, tmp_path_factory):
    path = tmp_path_factory.mktemp("history") / "history.json"
    history.save(path)
    found = json.loads(path.read_text())
    evaluations = [Evaluation(**evaluation) for evaluation in found.pop("evaluations")]
    assert History(evaluations=evaluations, **found) == history


@given(history=histories)
def test_csv_has_a_row_an_iteration_and_every_bit(history, tmp_path_factory):
    path = tmp_path_factory.mktemp("history") / "history.CSV"
    history.save(path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["iteration"]) for row in rows] == list(range(10))
    assert [float(row["loss"]) for row in rows[1:]] == history.loss
    evaluations = {
        Evaluation(int(row["iteration"]), float(row["train_accuracy"]), float(row["test_accuracy"]))
        for row in rows
        if row["train_accuracy"]
    }
    assert evaluations == set(history.evaluations)


def test_epochs_are_parts_of_the_samples():
    history = History([1.0] * 5, [Evaluation(0, 0, 0), Evaluation(5, 0, 0)], iterations_per_epoch=2)
    assert history.epochs == [0, 2.5]


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"Expected the path of a history to end in \.json or \.csv but got '.*txt'"):
        History().save(tmp_path / "history.txt")
    assert not list(tmp_path.iterdir())
