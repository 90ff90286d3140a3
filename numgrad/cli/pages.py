"""``python -m numgrad lesson``: pages that teach finite-difference error."""

import argparse
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from numgrad._command_line import html_file, on_terminal, require_distinct
from numgrad._validation import expected
from numgrad.cli.functions import load_function, require_value
from numgrad.lessons import GENERATOR, INDEX, LESSONS, Subject, build_index, build_lesson

__all__ = ["add_command"]

FOLDER = "lessons"


def add_command(commands: Any) -> None:
    """Add the command to those of the parser."""
    names = "; ".join(f"{lesson.name}: {lesson.summary}" for lesson in LESSONS.values())
    command = commands.add_parser(
        "lesson",
        help="a page that teaches finite-difference error",
        description="Write a lesson as one HTML file, for any browser of 2024 or later: it needs nothing else. "
        f"Without NAME write all of them, and a page that links them. The lessons are: {names}",
    )
    command.set_defaults(run=_run, refuse=command.error)
    add = command.add_argument
    add("name", nargs="?", choices=list(LESSONS), metavar="NAME", help=f"one of {', '.join(LESSONS)}")
    add("--function", metavar="FUNCTION", help="show a function of yours, as mymodule:f, where a lesson takes one")
    add("--at", type=float, metavar="X", help="where to look at it")
    add(
        "--output",
        type=html_file,
        metavar="FILE",
        help=f"the page to write (default: NAME.html, or {FOLDER}/{INDEX} with all others beside it)",
    )
    add("--open", action="store_true", help="open it in a browser")


def _run(args: argparse.Namespace) -> int:
    if (args.function is None) != (args.at is None):
        args.refuse("--function and --at belong together")
    own = None if args.function is None else _own(args.function, args.at)
    if args.name is None:
        pages = _all_pages(args.output or Path(FOLDER, INDEX), own, args.refuse)
    else:
        pages = _one_page(args.name, args.output or Path(LESSONS[args.name].file), own)
    next(iter(pages)).parent.mkdir(exist_ok=True)
    for path, page in pages.items():
        path.write_text(page, encoding="utf-8")
        print(f"Wrote {path}")
    if args.open:
        webbrowser.open(next(iter(pages)).resolve().as_uri())
    return 0


def _own(name: str, x: float) -> Subject:
    f = load_function(name)
    require_value(f, name, x)
    return Subject(name, f, x)


def _one_page(name: str, path: Path, own: Subject | None) -> dict[Path, str]:
    _require_replaceable(path)
    return {path: build_lesson(name, own=own)}


def _all_pages(index: Path, own: Subject | None, refuse: Callable[[str], NoReturn]) -> dict[Path, str]:
    """Return all pages, the one that links them first."""
    paths = {lesson: index.parent / lesson.file for lesson in LESSONS.values()}
    require_distinct((index, *paths.values()), refuse)
    for path in (index, *paths.values()):
        _require_replaceable(path)
    pages = {index: build_index(index.name)}
    for lesson, path in paths.items():
        if on_terminal():
            print(f"Making {lesson.title} ...", flush=True)
        pages[path] = build_lesson(lesson.name, own=own if lesson.takes_function else None, index=index.name)
    return pages


def _require_replaceable(path: Path) -> None:
    """Refuse to write over a file that is no lesson."""
    if path.exists() and not path.is_file():
        raise expected(f"{path}", "be a file", "something else", "a page is written there", "Pass another --output.")
    if path.exists() and GENERATOR not in path.read_text(encoding="utf-8", errors="replace"):
        reason, remedy = "what is in it would be lost", "Pass another --output, or move it away."
        raise expected(f"{path}", "be a lesson or not to exist", "another file", reason, remedy)
