"""An HTML table."""

import html
from collections.abc import Sequence

__all__ = ["html_table"]


def html_table(caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with everything escaped.

    >>> html_table("<f>", ["step"], [["1"]])
    '<table><caption>&lt;f&gt;</caption><tr><th>step</th></tr><tr><td>1</td></tr></table>'
    """
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in headings)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><caption>{html.escape(caption)}</caption><tr>{head}</tr>{body}</table>"
