"""The lessons there are, and how their pages are made."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numgrad._validation import expected
from numgrad.lessons import batch, kinks, step, training, verdict
from numgrad.lessons.page import Link, render
from numgrad.lessons.subject import Subject

__all__ = ["INDEX", "LESSONS", "Lesson", "build_index", "build_lesson"]

INDEX, TITLE = "index.html", "Finite differences"
"""The file name and the title of the page that links all lessons."""


@dataclass(frozen=True)
class Lesson:
    """One lesson."""

    name: str
    title: str
    summary: str
    data: Callable[..., Any]
    """Returns what the page shows."""
    takes_function: bool = True
    """Whether ``data`` takes functions of the user's."""

    @property
    def file(self) -> str:
        """Where its page is, beside the others."""
        return f"{self.name}.html"


LESSONS = {
    lesson.name: lesson
    for lesson in (
        Lesson("step", "The step", "why h = 1e−4, why not 1e−12, and what float32 does.", step.data),
        Lesson("verdict", "Reading a verdict", "break a gradient, and watch what a check says of it.", verdict.data),
        Lesson(
            "batch",
            "The batch that lied",
            "a batch gradient step by step, and ten ways in which it is wrong.",
            batch.data,
            takes_function=False,
        ),
        Lesson("kinks", "Kinks and noise", "what a kink does to a check, and what float32 does.", kinks.data),
        Lesson(
            "training",
            "Training by differences",
            "a net that learns without a formula for its derivative, beside autograd.",
            training.data,
            takes_function=False,
        ),
    )
}


def build_lesson(name: str, *, own: Subject | None = None, index: str | None = None) -> str:
    """Return a lesson as one HTML page that needs nothing else: no network, no other file.

    Parameters
    ----------
    name: one of ``LESSONS``.
    own: a function of yours, which the page shows first.
    index: the file name of the page that links all lessons, where their pages will lie side by side.

    Raises
    ------
    ValueError: there is no such lesson, or it takes no function; or own has no slope where it is looked at.
    ModuleNotFoundError: the lesson shows what a check says, and ``verification`` is not installed.

    Examples
    --------
    >>> page = build_lesson("batch")
    >>> page.splitlines()[0], len(page.encode()) < 300_000
    ('<!DOCTYPE html>', True)

    """
    if name not in LESSONS:
        reason, remedy = "there is no other lesson", "Leave the name out for all of them."
        raise expected("the lesson", f"be one of {', '.join(LESSONS)}", repr(name), reason, remedy)
    lesson = LESSONS[name]
    if own is not None and not lesson.takes_function:
        those = ", ".join(other.name for other in LESSONS.values() if other.takes_function)
        reason, remedy = f"the lesson {name} shows functions of its own", f"Pass it to {those}."
        raise expected("function", "be left out", own.name, reason, remedy)
    data = lesson.data([own]) if own is not None else lesson.data()
    command = name if own is None else f"{name} --function {shlex.quote(own.name)} --at {own.x!r}"
    return render(lesson.title, name, data, command, () if index is None else _links(lesson.title, index))


def build_index(file: str = INDEX) -> str:
    """Return the page that links all lessons, for a file of that name beside theirs.

    >>> "step.html" in build_index()
    True
    """
    pages = [{"title": lesson.title, "file": lesson.file, "summary": lesson.summary} for lesson in LESSONS.values()]
    return render(TITLE, "index", {"pages": pages}, "", _links(TITLE, file))


def _links(here: str, index: str) -> list[Link]:
    """Return the navigation, without a link to the page itself."""
    pages = {TITLE: index, **{lesson.title: lesson.file for lesson in LESSONS.values()}}
    return [Link(title, "" if title == here else file) for title, file in pages.items()]
