"""What a failure mode means, in words and by an example that is run."""

import contextlib
import io
import textwrap

from verification.diagnosis import FailureMode
from verification.examples import of_batches, of_functions, of_patterns, of_products, of_shapes, of_values

__all__ = ["EXAMPLES", "explain", "output_of"]

WIDTH = 80

EXAMPLES: dict[FailureMode, str] = {
    **of_batches.EXAMPLES,
    **of_functions.EXAMPLES,
    **of_shapes.EXAMPLES,
    **of_values.EXAMPLES,
    **of_patterns.EXAMPLES,
    **of_products.EXAMPLES,
}
"""Code that shows each mode, and prints what a check says of it."""


def explain(mode: FailureMode) -> str:
    """Return what a mode means, an example with what it prints, and the remedy, for a terminal.

    >>> print(explain(FailureMode.WRONG_SIGN).splitlines()[0])
    wrong sign
    """
    code = EXAMPLES[mode]
    return "\n".join(
        [
            mode.title,
            *_wrapped(_sentence(mode.explanation)),
            "",
            "for example",
            textwrap.indent(code.strip(), "  "),
            "",
            "prints",
            textwrap.indent(output_of(code).rstrip(), "  "),
            "",
            "do",
            *_wrapped(mode.remedy),
        ]
    )


def output_of(code: str) -> str:
    """Return what an example prints.

    >>> print(output_of("print(1 + 1)"), end="")
    2
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<example>", "exec"), {})  # noqa: S102 - it comes with the package
    return printed.getvalue()


def _sentence(text: str) -> str:
    return text if text.startswith("f ") else text[:1].upper() + text[1:]  # f is the name of a function


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
