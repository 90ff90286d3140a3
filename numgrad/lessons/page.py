"""A lesson as one HTML file that needs nothing else."""

import html
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from string import Template
from typing import Any

import numpy as np

from numgrad._json import plain

__all__ = ["GENERATOR", "Link", "render"]

GENERATOR = '<meta name="generator" content="numgrad lesson">'
"""What tells a page from other files."""


@dataclass(frozen=True)
class Link:
    """An entry of the navigation."""

    title: str
    file: str
    """Beside the page; empty for the page itself."""


def _asset(name: str) -> str:
    """Return the text of a file that comes with the lessons."""
    return resources.files("numgrad.lessons").joinpath("assets", name).read_text(encoding="utf-8")


def render(title: str, name: str, data: Any, command: str, links: Sequence[Link] = ()) -> str:
    """Return a page: its text and script are the assets of that name, and its numbers are ``data``.

    Parameters
    ----------
    title: plain text.
    name: of the assets.
    data: what JSON can hold; the script finds it as ``data``.
    command: the arguments that made the page, plain text.
    links: the navigation; none where the page stands alone.

    """
    return Template(_asset("page.html")).substitute(
        generator=GENERATOR,
        title=html.escape(title),
        style=_asset("style.css"),
        navigation=_navigation(links),
        body=_asset(f"{name}.html"),
        colophon=_colophon(command),
        data=embedded(data),
        script="\n".join([_asset("page.js"), _asset(f"{name}.js")]),
    )


def embedded(data: Any) -> str:
    r"""Return JSON that can stand in a script element: no tag can end it or begin in it.

    >>> print(embedded({"f": "</script><!--"}))
    {"f":"\u003c/script\u003e\u003c!--"}
    """
    text = json.dumps(plain(data), separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _navigation(links: Sequence[Link]) -> str:
    anchors = "\n".join(map(_anchor, links))
    return f'<nav aria-label="Lessons">{anchors}</nav>' if links else ""


def _anchor(link: Link) -> str:
    title = html.escape(link.title)
    return (
        f'<a href="{html.escape(link.file)}">{title}</a>' if link.file else f'<span aria-current="page">{title}</span>'
    )


def _colophon(command: str) -> str:
    version = metadata.version("numgrad-verify")
    made = f"python -m numgrad lesson {command}".strip()
    return (
        f"The numbers on this page were computed by <code>{html.escape(made)}</code>: numgrad {html.escape(version)}, "
        f"NumPy {html.escape(np.__version__)}, Python {platform.python_version()}."
    )
