import os
import pickle
import stat
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_training import DATA, same_bits

from numgrad import History, TwoLayerNet, checkpoint, train
from numgrad.checkpoint import Checkpoint, digest, load_checkpoint, save_checkpoint
from numgrad.history import Evaluation

OPTIONS = {"iterations": 7, "batch_size": 2, "learning_rate": 0.1, "evaluate_every": 3, "rng": 1}

SAVED = Checkpoint(
    {"W1": np.array([[0.1, -0.0], [5e-324, np.pi]]), "b1": np.array([1, 2], np.float32), "empty": np.zeros((0, 2))},
    History([2.3, 0.1 + 0.2], [Evaluation(0, 0.1, 1 / 3), Evaluation(2, 0.5, 0.7)], iterations_per_epoch=7),
    {"state": {"state": 2**127 + 1, "inc": 3}},
    {"learning_rate": 0.1},
)


def same(first, second):
    others = (first.history, first.rng, first.origin) == (second.history, second.rng, second.origin)
    return others and same_bits(first.params, second.params)


@pytest.fixture
def saved(tmp_path):
    save_checkpoint(SAVED, tmp_path / "run.npz")
    return tmp_path / "run.npz"


def test_what_is_saved_comes_back_bit_for_bit(saved):
    assert same(load_checkpoint(saved), SAVED)
    assert [path.name for path in saved.parent.iterdir()] == ["run.npz"]


def test_there_is_nothing_pickled_in_it(saved):
    with zipfile.ZipFile(saved) as file:
        for name in file.namelist():
            assert np.lib.format.read_array(file.open(name), allow_pickle=False) is not None


@given(data=st.data())
def test_any_damage_is_refused_or_does_no_harm(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("damaged") / "run.npz"
    save_checkpoint(SAVED, path)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1), label="place")
    if data.draw(st.booleans(), label="cut off"):
        del content[place:]
    else:
        content[place] ^= data.draw(st.integers(1, 255), label="flipped")
    path.write_bytes(content)
    try:
        found = load_checkpoint(path)
    except ValueError as error:
        assert f"Expected {path} to hold a numgrad training checkpoint" in str(error)  # noqa: PT017 - or no error
    else:
        assert same(found, SAVED)


def test_a_flipped_weight_is_refused(saved):
    """Also where the archive itself is sound: its checksums are for accidents, ours for all."""
    with np.load(saved) as file:
        arrays = dict(file)
    arrays["param W1"][0, 0] += 1e-9
    np.savez(saved, **arrays)
    with pytest.raises(ValueError, match="but got a damaged file"):
        load_checkpoint(saved)


def write_arrays(path):
    np.savez(path, W1=np.ones(3))


class Dangerous:
    """What writes a file as soon as it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.write_text, (self.path, "it ran")


def write_pickle(path):
    path.write_bytes(pickle.dumps(Dangerous(path.parent / "ran")))


def write_pickle_in_arrays(path):
    np.savez(path, digest=np.array([Dangerous(path.parent / "ran")], object))


FOREIGN = {
    "text": lambda path: path.write_text("W1 = 3"),
    "nothing": lambda path: path.write_bytes(b""),
    "array": lambda path: np.save(path.open("wb"), np.ones(3)),
    "other arrays": write_arrays,
    "pickled arrays": write_pickle_in_arrays,
    "pickle": write_pickle,
    "archive": lambda path: zipfile.ZipFile(path, "w").close(),
}


@pytest.mark.parametrize("write", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.filterwarnings("ignore:unclosed file")
def test_what_is_no_checkpoint_is_refused_and_stays_as_it_is(write, tmp_path):
    path = tmp_path / "thesis.npz"
    write(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"Expected .*thesis.npz to hold a numgrad .* but got another kind of file"):
        train(TwoLayerNet(2, 3, 2, rng=0), DATA, **OPTIONS, checkpoint=path)
    assert path.read_bytes() == before
    assert not (tmp_path / "ran").exists()


def test_a_checkpoint_whose_arrays_were_renamed_is_refused(saved):
    with np.load(saved) as file:
        arrays = dict(file)
    names = {"param W1": "param b1", "param b1": "param W1"}
    np.savez(saved, **{names.get(name, name): value for name, value in arrays.items()})
    with pytest.raises(ValueError, match="but got a damaged file"):
        load_checkpoint(saved)


def test_the_files_of_others_stay_as_they_are(saved):
    others = [
        saved.parent / name for name in ("run.npz.partial", ".run.npz.partial", ".run.npz.mine.partial", "a.partial")
    ]
    for other in others:
        other.write_text("mine")
    save_checkpoint(SAVED, saved)
    assert [other.read_text() for other in others] == ["mine"] * 4


def test_what_a_killed_process_has_left_is_removed(saved):
    (saved.parent / ".run.npz.01234567.partial").write_text("half a checkpoint")
    save_checkpoint(SAVED, saved)
    assert [path.name for path in saved.parent.iterdir()] == ["run.npz"]


@pytest.fixture
def shared(saved):
    """A folder in which another process writes, too."""
    fcntl = pytest.importorskip("fcntl")
    folder = os.open(saved.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_SH)
    yield saved.parent
    os.close(folder)


def test_while_others_write_nothing_of_theirs_is_removed(saved, shared):
    theirs = shared / ".run.npz.01234567.partial"
    theirs.write_text("half a checkpoint")
    save_checkpoint(SAVED, saved)
    assert theirs.read_text() == "half a checkpoint"
    assert same(load_checkpoint(saved), SAVED)


@pytest.mark.usefixtures("shared")
def test_no_link_is_followed_and_no_file_overwritten_under_the_name_of_a_new_one(saved, monkeypatch):
    monkeypatch.setattr(checkpoint.secrets, "token_hex", lambda _: "89abcdef")
    other, link = saved.parent / "mine", saved.parent / ".run.npz.89abcdef.partial"
    other.write_text("mine")
    link.symlink_to(other)
    with pytest.raises(FileExistsError):
        save_checkpoint(SAVED, saved)
    assert (link.is_symlink(), other.read_text()) == (True, "mine")


@pytest.mark.parametrize("broken", ["flock", "fsync"])
def test_folders_that_cannot_be_locked_or_synced_hold_checkpoints_too(tmp_path, monkeypatch, broken):
    def fail(file, *_):
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError("not here")

    monkeypatch.setattr(*{"flock": (pytest.importorskip("fcntl"), "flock"), "fsync": (os, "fsync")}[broken], fail)
    save_checkpoint(SAVED, tmp_path / "run[1].npz")
    assert same(load_checkpoint(tmp_path / "run[1].npz"), SAVED)


def test_a_name_that_reads_as_a_pattern_is_cleaned_up_after(tmp_path):
    (tmp_path / ".run[1].npz.01234567.partial").touch()
    (tmp_path / ".run1.npz.01234567.partial").touch()
    save_checkpoint(SAVED, tmp_path / "run[1].npz")
    assert {path.name for path in tmp_path.iterdir()} == {"run[1].npz", ".run1.npz.01234567.partial"}


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path):
    save_checkpoint(SAVED, tmp_path / ("n" * 250))
    assert same(load_checkpoint(tmp_path / ("n" * 250)), SAVED)


def test_a_folder_in_the_place_of_what_was_left_does_no_harm(saved):
    (saved.parent / ".run.npz.01234567.partial").mkdir()
    save_checkpoint(SAVED, saved)
    assert same(load_checkpoint(saved), SAVED)


def test_many_may_save_at_once(saved):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: save_checkpoint(SAVED, saved), range(60)))
    assert same(load_checkpoint(saved), SAVED)
    assert [path.name for path in saved.parent.iterdir()] == ["run.npz"]


def test_saving_leaves_no_file_open(saved):
    open_files = Path("/proc/self/fd")
    if not open_files.exists():
        pytest.skip("the system does not tell")
    before = len(list(open_files.iterdir()))
    for _ in range(5):
        save_checkpoint(SAVED, saved)
    assert len(list(open_files.iterdir())) == before


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(ValueError, match="but got a folder or a device"):
        load_checkpoint(tmp_path)


def test_long_doubles_are_known_by_their_numbers_alone():
    numbers = np.linspace(0, 1, 7)
    assert len({digest(numbers.astype(np.longdouble)) for _ in range(5)}) == 1
    assert digest(numbers.astype(np.longdouble)) != digest(numbers)


def test_permissions_are_those_of_before(saved):
    saved.chmod(0o600)
    save_checkpoint(SAVED, saved)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_a_file_that_was_cut_off_is_called_damaged(saved):
    saved.write_bytes(saved.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"Expected .*run.npz to hold a numgrad .* but got a damaged file"):
        load_checkpoint(saved)


def test_the_data_is_known_by_its_entries_shapes_and_dtypes():
    arrays = [np.zeros(2), np.zeros((1, 2)), np.zeros(2, int), np.zeros(2, ">f8"), np.array([0, -0.0])]
    assert len({digest(array, array) for array in arrays}) == len(arrays)
    assert digest(np.zeros((2, 3)).T) == digest(np.zeros((3, 2)))


def test_a_checkpoint_has_reached_the_disk_with_its_name(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(stat.S_ISDIR(os.fstat(file).st_mode)))
    save_checkpoint(SAVED, tmp_path / "run.npz")
    assert synced == [False, True]


def test_a_checkpoint_of_another_version_is_refused(saved, monkeypatch):
    monkeypatch.setattr(checkpoint, "FORMAT", "numgrad training checkpoint 2")
    with pytest.raises(ValueError, match="training checkpoint 2 but got one of another version"):
        load_checkpoint(saved)


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_earlier_one(saved, monkeypatch, broken):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[broken], fail)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(Checkpoint({}, History(), {}, {}), saved)
    assert same(load_checkpoint(saved), SAVED)
    assert [path.name for path in saved.parent.iterdir()] == ["run.npz"]


def test_a_link_stays_a_link(saved):
    link = saved.parent / "latest"
    link.symlink_to(saved)
    save_checkpoint(Checkpoint({}, History([1.0]), {}, {}), link)
    assert link.is_symlink()
    assert load_checkpoint(saved).history.loss == [1.0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
@pytest.mark.parametrize("runs", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_a_run_killed_at_any_line_again_and_again_ends_as_if_it_had_not_been(runs):
    command = [sys.executable, str(Path(__file__).parent / "killed_training.py"), "0", str(runs)]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert ended.stderr == ""
    assert int(ended.stdout) > 20 * runs
