"""A report as one HTML file: what was found, worst first shown, and all of it, to be filtered by its verdict."""

import html
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from string import Template

__all__ = ["Finding", "render"]

LOOKS = {"AGREES": "good", "FLAGGED": "good", "INCONCLUSIVE": "unsure"}
"""Classes of the style sheet; all other verdicts are bad."""


@dataclass(frozen=True)
class Finding:
    """One gradient, or one case, and what was found."""

    verdict: str
    name: str
    note: str
    """What is seen of it at a glance, beside the name."""
    text: str
    """All that there is to say, as a terminal shows it."""
    chart: str = ""
    """HTML: the only part that is not escaped."""


def render(title: str, summary: str, findings: Sequence[Finding], worst: Finding | None, command: str) -> str:
    """Return the page.

    Parameters
    ----------
    title, summary: plain text.
    findings: all that was found; verdicts are filtered by in the order in which they first come.
    worst: the one to show first, if any.
    command: what made the page, plain text.

    Examples
    --------
    >>> page = render("Gradients", "1 gradient: 1 agrees", [Finding("AGREES", "f <&>", "", "x")], None, "pytest")
    >>> "f &lt;&amp;&gt;" in page, "<script" in page
    (True, False)

    """
    verdicts = Counter(finding.verdict for finding in findings)
    return Template(_asset("verification.pages", "report.html")).substitute(
        title=html.escape(title),
        style="\n".join(
            [_asset("numgrad.lessons", "style.css"), _asset("verification.pages", "report.css"), _hiding(verdicts)]
        ),
        summary=html.escape(summary),
        worst="" if worst is None else _worst(worst),
        filter="\n".join(
            [_choice("", f"all ({len(findings)})"), *(_choice(v, f"{v} ({n})") for v, n in verdicts.items())]
        ),
        findings="\n".join(map(_finding, findings)) or "<p>Nothing was found.</p>",
        colophon=_colophon(command),
    )


def _asset(package: str, name: str) -> str:
    return resources.files(package).joinpath("assets", name).read_text(encoding="utf-8")


def _id(verdict: str) -> str:
    return f"show-{verdict.lower().replace(' ', '-') or 'all'}"


def _hiding(verdicts: Counter[str]) -> str:
    """Return the rules by which the page is filtered: of a choice all findings of other verdicts are hidden."""
    return "\n".join(
        f'body:has(#{_id(v)}:checked) .finding:not([data-verdict="{html.escape(v)}"]) {{ display: none; }}'
        for v in verdicts
    )


def _choice(verdict: str, label: str) -> str:
    checked = "" if verdict else " checked"
    return f'<label><input type="radio" name="show" id="{_id(verdict)}"{checked}>{html.escape(label)}</label>'


def _mark(verdict: str) -> str:
    return f'<span class="mark {LOOKS.get(verdict, "bad")}">{html.escape(verdict)}</span>'


def _worst(finding: Finding) -> str:
    heading = f"<h2>{_mark(finding.verdict)} {html.escape(finding.name)}</h2>"
    text = html.escape(finding.text)
    return f'<section class="worst" id="worst">{heading}\n<pre>{text}</pre>\n{finding.chart}</section>'


def _finding(finding: Finding) -> str:
    summary = (
        f'{_mark(finding.verdict)}<span class="name">{html.escape(finding.name)}</span>'
        f'<span class="note">{html.escape(finding.note)}</span>'
    )
    return (
        f'<details class="finding" data-verdict="{html.escape(finding.verdict)}"><summary>{summary}</summary>'
        f"<pre>{html.escape(finding.text)}</pre>{finding.chart}</details>"
    )


def _colophon(command: str) -> str:
    versions = f"numgrad-verify {metadata.version('numgrad-verify')}, Python {platform.python_version()}"
    return f"Made by <code>{html.escape(command)}</code>, {html.escape(versions)}."
