import gzip
import hashlib
import http.server
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from numgrad import datasets, load_mnist

SAMPLE = Path(datasets.__file__).parent / "mnist_sample"
IMAGES = "t10k-images-idx3-ubyte"


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Neither a data folder nor a cache: only what a test puts there."""
    monkeypatch.delenv("NUMGRAD_MNIST_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return datasets.cache_folder()


@pytest.fixture
def small(monkeypatch):
    """The shipped sample in the place of the whole of MNIST, so that a few hundred kB pass for it."""
    monkeypatch.setattr(datasets, "MNIST", datasets.SAMPLE)


@pytest.fixture
def folder(tmp_path, small):
    copy = tmp_path / "mnist"
    shutil.copytree(SAMPLE, copy)
    return copy


@pytest.fixture
def mirror(folder, monkeypatch):
    """A mirror on this machine that serves ``folder``, and the list of what it was asked for."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=folder)

        def log_message(self, *_):
            asked.append(self.path)

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(datasets, "MIRRORS", (f"http://127.0.0.1:{server.server_port}/",))
    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_whole_of_mnist(mnist_dir):
    (x_train, t_train), (x_test, t_test) = load_mnist(one_hot_label=True, data_dir=mnist_dir)
    assert x_train.shape == (60000, 784)
    assert t_train.shape == (60000, 10)
    assert x_test.shape == (10000, 784)
    assert t_test.shape == (10000, 10)
    assert (t_train.sum(axis=1) == 1).all()


def test_the_sample_is_part_of_mnist(mnist_dir):
    whole, sample = load_mnist(False, data_dir=mnist_dir), load_mnist(False, sample=True)
    for (x, t), (x_sample, t_sample) in zip(whole, sample, strict=True):
        known = {image.tobytes(): label for image, label in zip(x, t, strict=True)}
        assert [known[image.tobytes()] for image in x_sample] == t_sample.tolist()


def test_the_sample_is_balanced_small_and_attributed():
    (x_train, t_train), (x_test, t_test) = load_mnist(sample=True)
    assert np.bincount(t_train).tolist() == [400] * 10
    assert np.bincount(t_test).tolist() == [100] * 10
    assert (x_train.min(), x_train.max(), x_test.dtype) == (0.0, 1.0, np.float64)
    assert sum(file.stat().st_size for file in SAMPLE.iterdir()) <= 1_000_000
    assert "LeCun" in (SAMPLE / "README.md").read_text(encoding="utf-8")


def test_pixels_shapes_and_labels_as_asked():
    (x, t), _ = load_mnist(normalize=False, flatten=False, one_hot_label=True, sample=True)
    assert (x.shape, x.dtype, x.max()) == ((4000, 1, 28, 28), np.uint8, 255)
    assert (t.shape, t.dtype) == ((4000, 10), np.float64)
    x[0] = 0  # what is returned is the caller's


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("by_environment", [False, True])
def test_a_folder_with_the_files(folder, monkeypatch, raw, by_environment):
    if raw:
        for path in folder.glob("*.gz"):
            path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
            path.unlink()
    if by_environment:
        monkeypatch.setenv("NUMGRAD_MNIST_DIR", str(folder))
    (x, _), _ = load_mnist(data_dir=None if by_environment else folder)
    assert x.shape == (4000, 784)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def tamper(path):
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[-1] ^= 1
    path.write_bytes(gzip.compress(bytes(content)))


def swap(path):
    shutil.copy(path.with_name("train-images-idx3-ubyte.gz"), path)


def empty(path):
    path.write_bytes(b"")


def no_gzip(path):
    path.write_bytes(b"<html>404</html>")


DAMAGES = [truncate, tamper, swap, empty, no_gzip]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_by_name_and_left_to_its_owner(folder, damage):
    path = folder / f"{IMAGES}.gz"
    damage(path)
    content = path.read_bytes()
    with pytest.raises(ValueError, match=rf"Expected .*{path.name} to hold {IMAGES} \(SHA-256 b97c8bfeb834…\) but got"):
        load_mnist(data_dir=folder)
    assert path.read_bytes() == content


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_never_stays_in_the_cache(nowhere, folder, damage):
    shutil.copytree(folder, nowhere)
    path = nowhere / f"{IMAGES}.gz"
    damage(path)
    with pytest.raises(ValueError, match="was removed from the cache"):
        load_mnist()
    assert not path.exists()


def test_the_cache_is_used_without_asking(nowhere, folder):
    shutil.copytree(folder, nowhere)
    assert load_mnist()[0][0].shape == (4000, 784)


def test_nothing_anywhere_names_the_folder_the_files_and_the_ways(nowhere):
    with pytest.raises(FileNotFoundError) as error:
        load_mnist()
    for part in (
        str(nowhere),
        IMAGES,
        "data_dir=",
        "NUMGRAD_MNIST_DIR",
        "download=True",
        "sample=True",
        "no such folder",
    ):
        assert part in str(error.value)


@pytest.mark.parametrize("missing", [file.name for file in datasets.SAMPLE])
def test_a_missing_file_is_named_and_nothing_takes_its_place(folder, nowhere, missing):
    shutil.copytree(folder, nowhere)
    (folder / f"{missing}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=f"but got no {missing}"):
        load_mnist(data_dir=folder)


@pytest.mark.parametrize(
    "places",
    [{"sample": True, "data_dir": "x"}, {"sample": True, "download": True}, {"data_dir": "x", "download": True}],
    ids=str,
)
def test_one_place_is_asked_for_at_a_time(places):
    with pytest.raises(ValueError, match="Expected one place to be asked for but got"):
        load_mnist(**places)


def test_an_empty_name_of_a_folder_is_refused():
    with pytest.raises(ValueError, match="Expected data_dir to name a folder but got ''"):
        load_mnist(data_dir="")


def test_any_truth_value_asks_for_the_sample():
    assert load_mnist(sample="yes", download=None)[1][0].shape == (1000, 784)


@pytest.mark.parametrize("base", ["", "relative", "~/c"])
def test_a_cache_that_is_not_absolute_is_not_followed(monkeypatch, tmp_path, base):
    monkeypatch.setenv("XDG_CACHE_HOME", base)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert datasets.cache_folder() == tmp_path / ".cache" / "numgrad" / "mnist"


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError, match=r"each raw or .gz\) but got a file"):
        load_mnist(data_dir=tmp_path / "file")


def test_the_home_folder_may_be_written_with_a_tilde(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert load_mnist(data_dir=f"~/{folder.name}")[0][0].shape == (4000, 784)


def test_download_fills_the_cache_once(nowhere, mirror):
    assert load_mnist(download=True)[0][0].shape == (4000, 784)
    assert len(mirror) == 4
    load_mnist(download=True)
    load_mnist()
    assert len(mirror) == 4
    for file in datasets.SAMPLE:
        assert hashlib.sha256((nowhere / f"{file.name}.gz").read_bytes()).hexdigest() == file.gz_sha256


def test_download_asks_for_nothing_that_the_cache_holds_raw(nowhere, mirror, folder):
    shutil.copytree(folder, nowhere)
    for path in nowhere.glob("*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert load_mnist(download=True)[0][0].shape == (4000, 784)
    assert mirror == []


def test_download_is_not_overruled_by_the_environment(nowhere, mirror, monkeypatch, tmp_path):
    monkeypatch.setenv("NUMGRAD_MNIST_DIR", str(tmp_path / "none"))
    assert load_mnist(download=True)[0][0].shape == (4000, 784)
    assert len(mirror) == 4


@pytest.mark.parametrize("error", [TimeoutError(), OSError("first line\nsecond line")], ids=repr)
def test_a_mirror_that_fails_without_a_word_is_told_beside_the_next(nowhere, small, monkeypatch, error):
    def retrieve(*_):
        raise error

    monkeypatch.setattr("pooch.retrieve", retrieve)
    with pytest.raises(ConnectionError) as refused:
        load_mnist(download=True)
    assert str(refused.value).count(type(error).__name__) == len(datasets.MIRRORS)
    assert "second line" not in str(refused.value)


def test_a_cache_that_cannot_be_made_is_not_called_a_fault_of_the_mirrors(nowhere, small):
    nowhere.parent.parent.mkdir(parents=True)
    nowhere.parent.touch()
    with pytest.raises(OSError, match=str(nowhere)) as refused:
        load_mnist(download=True)
    assert not isinstance(refused.value, ConnectionError)


def test_a_damaged_file_leaves_the_cache_even_if_no_mirror_answers(nowhere, mirror, folder, monkeypatch):
    shutil.copytree(folder, nowhere)
    truncate(nowhere / f"{IMAGES}.gz")
    monkeypatch.setattr(datasets, "MIRRORS", ("http://127.0.0.1:9/",))
    with pytest.raises(ConnectionError, match=f"No mirror gave {IMAGES}.gz"):
        load_mnist(download=True)
    assert not (nowhere / f"{IMAGES}.gz").exists()


def test_download_goes_on_to_the_next_mirror(nowhere, mirror, monkeypatch):
    gone = "http://127.0.0.1:9/"
    monkeypatch.setattr(datasets, "MIRRORS", (gone, *datasets.MIRRORS))
    assert load_mnist(download=True)[0][0].shape == (4000, 784)


def test_download_mends_a_damaged_cache(nowhere, mirror):
    shutil.copytree(SAMPLE, nowhere)
    truncate(nowhere / f"{IMAGES}.gz")
    assert load_mnist(download=True)[1][0].shape == (1000, 784)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_mirror_with_a_damaged_file_is_refused_and_leaves_nothing(nowhere, mirror, folder, damage):
    damage(folder / f"{IMAGES}.gz")
    with pytest.raises(ConnectionError, match=rf"No mirror gave {IMAGES}.gz.*\n.*ValueError"):
        load_mnist(download=True)
    assert not list(nowhere.glob("t10k-images*"))
    assert not list(nowhere.glob("tmp*"))
