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


@pytest.mark.parametrize("package", [numgrad])
def test_each_public_function_has_an_example(package):
    finder = doctest.DocTestFinder()
    for name in package.__all__:
        if name != "History":
            assert any(test.examples for test in finder.find(getattr(package, name), name)), name
