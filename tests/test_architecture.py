import ast
import importlib
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from each import each

import numgrad
import verification

ROOT = Path(__file__).parent.parent
TOP_LEVEL = {"numgrad", "verification", "tests", "pyproject.toml", "README.md", "tox.ini"}

VALIDATED = {"_typing", "_validation"}
NUMGRAD = {
    "_typing": set(),
    "_validation": {"_typing"},
    "_json": set(),
    "_command_line": set(),
    "activations": VALIDATED,
    "losses": VALIDATED | {"activations"},
    "datasets": VALIDATED,
    "finite_differences": VALIDATED,
    "parallel": VALIDATED,
    "derivatives": VALIDATED | {"parallel"},
    "flawed": VALIDATED | {"finite_differences"},
    "perturbation": VALIDATED | {"activations"},
    "network": VALIDATED | {"losses", "activations", "finite_differences", "perturbation"},
    "history": VALIDATED,
    "checkpoint": VALIDATED | {"history"},
    "training_run": VALIDATED | {"network", "datasets", "history", "checkpoint"},
    "training": VALIDATED | {"network", "datasets", "history", "training_run"},
    "plotting": VALIDATED | {"history"},
    "error_curves": VALIDATED | {"_json", "derivatives", "plotting"},
    "__init__": {
        "activations",
        "datasets",
        "derivatives",
        "error_curves",
        "finite_differences",
        "history",
        "losses",
        "network",
        "training",
    },
    "console": {"_command_line", "_typing", "datasets", "history", "network", "training_run"},
    "lessons": VALIDATED
    | {
        "_json",
        "activations",
        "datasets",
        "derivatives",
        "error_curves",
        "finite_differences",
        "flawed",
        "network",
        "training",
        "training_run",
    },
    "cli": VALIDATED
    | {
        "_command_line",
        "checkpoint",
        "console",
        "datasets",
        "error_curves",
        "history",
        "lessons",
        "network",
        "plotting",
        "training",
    },
    "__main__": {"cli", "_command_line"},
}
VERIFICATION = {
    "_typing": set(),
    "pairs": {"_typing"},
    "records": set(),
    "comparison": {"_typing"},
    "strategies": {"_typing"},
    "replay": set(),
    "torch_oracle": {"_typing"},
    "probes": {"_typing"},
    "measurement": {"_typing", "comparison", "pairs"},
    "purity": {"_typing", "diagnosis"},
    "localization": {"_typing", "measurement"},
    "checking": {"_typing", "comparison", "diagnosis", "localization", "measurement", "pairs", "purity", "records"},
    "relations": {"_typing", "checking", "comparison", "diagnosis", "measurement", "purity", "records"},
    "torch_checks": {"_typing", "checking", "comparison", "diagnosis", "measurement", "purity", "records"},
    "pages": set(),
    "minimization": {"checking", "comparison", "records"},
    "gradient_report": {"checking", "comparison", "pages", "records"},
    "pytest_plugin": {"checking", "comparison", "gradient_report", "records"},
    "search": {"checking", "comparison", "diagnosis", "records", "replay"},
    "teaching": {"_typing", "checking", "diagnosis", "relations", "torch_oracle"},
    "cases": {"_typing", "torch_oracle", "strategies", "comparison"},
    "diagnosis": {"_typing", "pairs", "probes"},
    "specimens": {"_typing", "cases", "diagnosis", "comparison", "relations", "torch_oracle", "strategies"},
    "results": {"_typing", "cases", "specimens", "comparison"},
    "report": {"cases", "replay", "results", "specimens"},
    "suite": {"_typing", "results", "cases", "specimens", "comparison", "torch_oracle"},
    "evidence_page": {"_typing", "checking", "pages", "report", "results"},
    "examples": {"diagnosis"},
    "cli": {
        "checking",
        "evidence_page",
        "comparison",
        "diagnosis",
        "examples",
        "gradient_report",
        "records",
        "report",
        "suite",
    },
    "__main__": {"cli"},
    "__init__": {"checking", "comparison", "diagnosis", "minimization", "relations", "search", "suite", "torch_checks"},
}
TORCH = {"verification/torch_oracle.py"} | {
    f"verification/torch_checks/{name}.py"
    for name in ("called", "checks", "drop_in", "pullback", "pushforward", "reuse", "tensors")
}
HEAVY = {"torch", "hypothesis", "matplotlib", "rich", "pooch"}


def sources():
    return sorted(path for package in ("numgrad", "verification") for path in (ROOT / package).rglob("*.py"))


def imported(path):
    """Return the dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(path):
    """Return the first module name under the package: a folder counts as one module."""
    return path.relative_to(ROOT).with_suffix("").parts[1]


@each(sources())
def test_every_arrow_points_down(path):
    package = path.relative_to(ROOT).parts[0]
    arrows = {"numgrad": NUMGRAD, "verification": VERIFICATION}[package]
    own = module_of(path)
    assert own in arrows, "say in this file what the new module may import"
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == package and len(parts) > 1 and parts[1] in arrows:
            assert parts[1] in arrows[own] | {own}
        assert not (package == "numgrad" and parts[0] in {"verification", "torch", "hypothesis"})
        assert parts[0] != "torch" or str(path.relative_to(ROOT)) in TORCH


def test_the_arrows_have_no_cycle():
    for arrows in (NUMGRAD, VERIFICATION):
        below = set()
        while len(below) < len(arrows):
            ready = {module for module, imports in arrows.items() if imports <= below} - below
            assert ready, f"a cycle among {set(arrows) - below}"
            below |= ready


def test_the_top_level_is_as_listed():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("no git checkout: the top level was NOT tested")
    found = {line.partition("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in found if not name.startswith(".")} == TOP_LEVEL


@each(sources())
def test_one_noun_a_file_under_300_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@each(sources())
def test_all_is_true(path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    if name.endswith("__main__"):
        return
    module = importlib.import_module(name)
    for exported in module.__all__:
        assert getattr(module, exported) is not None


def test_what_one_module_takes_of_another_is_in_its_all():
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] in TOP_LEVEL:
                home = importlib.import_module(node.module)
                for name in (alias.name for alias in node.names):
                    is_module = hasattr(home, "__path__") and find_spec(f"{node.module}.{name}") is not None
                    assert is_module or name in home.__all__, f"{path.name} takes {name} of {node.module}"


PROBE = "import sys; import {}; print(*sorted(set(sys.modules) & {!r}))"


@pytest.mark.parametrize(
    ("module", "loaded"),
    [
        ("numgrad", ""),
        ("numgrad.cli", ""),
        ("verification", ""),
        ("verification.cli", ""),
        ("verification.comparison", ""),
        ("verification.diagnosis", ""),
        ("verification.checking", ""),
        ("verification.relations", ""),
        ("verification.torch_oracle", "torch"),
    ],
)
def test_what_importing_loads(module, loaded):
    run = subprocess.run(
        [sys.executable, "-c", PROBE.format(module, HEAVY)], capture_output=True, text=True, check=True
    )
    assert set(loaded.split()) <= set(run.stdout.split())
    if not loaded:
        assert run.stdout.strip() == ""


IMPORT_EACH = """
import importlib, sys
def load_afresh(name):
    package = name.partition(".")[0]  # numgrad may stay for verification, to which no arrow returns
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == package]:
        del sys.modules[loaded]
    importlib.import_module(name)
    return set(sys.modules)
with_parent = {{}}
for name in {!r}:
    parent = name.rpartition(".")[0]
    if parent not in with_parent:
        with_parent[parent] = load_afresh(parent)
    if name not in with_parent[parent]:  # whoever imports a module imports its package first: that was enough
        load_afresh(name)
"""


def test_each_module_is_importable_on_its_own():
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources() if "__" not in path.name]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORT_EACH.format(names)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_no_module_shares_the_name_of_what_its_package_exports():
    for package in (numgrad, verification):
        modules = {module_of(path) for path in sources() if path.relative_to(ROOT).parts[0] == package.__name__}
        assert not modules & set(package.__all__)


def test_the_lazy_contents_page_gives_what_it_lists_and_no_more():
    assert dir(verification) == list(verification.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = verification.nothing
