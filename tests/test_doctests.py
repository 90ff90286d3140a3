import doctest
import importlib
import pkgutil

import pytest

import numgrad
import verification

MODULES = [
    module.name
    for package in (numgrad, verification)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name):
    assert doctest.testmod(importlib.import_module(name), raise_on_error=False).failed == 0


@pytest.mark.parametrize("package", [numgrad, verification], ids=["numgrad", "verification"])
def test_what_is_public_has_an_example(package):
    finder = doctest.DocTestFinder()
    for name in package.__all__:
        assert any(test.examples for test in finder.find(getattr(package, name), name)), name


@pytest.mark.parametrize("method", [name for name in vars(numgrad.TwoLayerNet) if not name.startswith("_")])
def test_each_public_method_has_an_example(method):
    finder = doctest.DocTestFinder()
    assert any(test.examples for test in finder.find(getattr(numgrad.TwoLayerNet, method), method))
