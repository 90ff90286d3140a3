"""A real browser, and the pages in it: whatever goes wrong there fails the test."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numgrad import lessons
from verification import check_gradient
from verification.cli import main
from verification.gradient_report import as_row, write_report
from verification.records import Record

NAMES = ("chromium", "chromium-browser", "google-chrome")
LARGEST = 300_000
"""Bytes of a page."""

OWN = lessons.Subject("<script>alert('own')</script>", np.tanh, 0.5)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield headless Chromium; without it, skip."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: the pages were NOT tried in a browser; run tox run -e browser"
    )
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed: the pages were NOT tried in a browser")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # root has none
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=path, args=sandbox)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all pages, those that take a function with one of a dangerous name."""
    place: Path = tmp_path_factory.mktemp("lessons")
    (place / lessons.INDEX).write_text(lessons.build_index(), encoding="utf-8")
    for name, lesson in lessons.LESSONS.items():
        own = OWN if lesson.takes_function else None
        page = lessons.build_lesson(name, own=own, index=lessons.INDEX)
        assert len(page.encode()) <= LARGEST
        (place / lesson.file).write_text(page, encoding="utf-8")
    write_report(place / "gradients.html", rows(), command="pytest")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        arguments = ["--case", "sin x", "--case", "v2: reduced", "--max-examples", "5", "--seed", "1", "--quiet"]
        assert main([*arguments, "--html", "evidence.html"]) == 0
    return place


def rows() -> list[dict[str, Any]]:
    """Return what is found of a right gradient, a wrong one of a dangerous name, and one at a kink."""
    x = np.array([[1.0, 2.0], [3.0, -1.0]])
    checks = {
        "right": check_gradient(lambda W: np.sum(np.sin(W)), np.cos, x),
        "<script>alert('name')</script>": check_gradient(lambda W: np.sum(np.sin(W)), lambda W: 1.5 * np.cos(W), x),
        "kink": check_gradient(lambda W: np.sum(np.abs(W)), np.sign, 0 * x),
    }
    return [as_row(Record("check_gradient", "f", name, check), test="t.py::test") for name, check in checks.items()]


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Callable[..., Any]]:
    """Yield what opens a page, and look at the end whether all was quiet."""
    contexts, noise = [], []

    def open_page(name: str, **options: Any) -> Any:
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: noise.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: noise.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (noise.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: _leaving(request.url, folder) and noise.append(f"request: {request.url}"))
        page.goto((folder / f"{name}.html").as_uri())
        return page

    open_page.noise = noise  # type: ignore[attr-defined]
    yield open_page
    for context in contexts:
        context.close()
    assert noise == []


def _leaving(url: str, folder: Path) -> bool:
    return not url.startswith((folder.as_uri(), "data:"))
