"""What all tests share: Hypothesis profiles, floating-point errors that raise, where the real MNIST is."""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=50, deadline=None, print_blob=True)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(autouse=True)
def floating_point_errors_raise(request: pytest.FixtureRequest) -> Iterator[None]:
    """Overflow, division by zero and NaN raise; so does underflow, unless a test is marked ``underflow``."""
    under = "ignore" if request.node.get_closest_marker("underflow") else "raise"
    with np.errstate(all="raise", under=under):
        yield


@pytest.fixture
def mnist_dir() -> Path:
    """Return the folder with the four real IDX files; without it, skip."""
    folder = os.environ.get("NUMGRAD_MNIST_DIR")
    if not folder:
        pytest.skip("NUMGRAD_MNIST_DIR is not set: the full MNIST files were NOT tested")
    return Path(folder)


@pytest.fixture(scope="session")
def torch_is_loaded() -> None:
    """Load torch, which a process can do only once: what a test of pytester loads is unloaded after it."""
    importlib.import_module("torch")


@pytest.fixture
def run_with_plugin(
    torch_is_loaded: None, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., pytest.RunResult]:
    """Return a function that runs pytest, with the plugin, on a module."""
    # Of two modules of one length, written within a second, Python would take the second for the first, if it kept it.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def run(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=source)
        return pytester.runpytest_inprocess("-p", "verification.pytest_plugin", "-p", "no:gradients", *arguments)

    return run
