"""``python -m verification explain``: what a failure mode means, an example, and its remedy."""

import argparse
import difflib
import re
from typing import Any

from numgrad._validation import expected
from verification.diagnosis import FailureMode
from verification.examples import explain

__all__ = ["add_command"]


def add_command(commands: Any) -> None:
    """Add the command to those of the parser."""
    command = commands.add_parser(
        "explain",
        help="what a failure mode means",
        description="Say what a failure mode means, show it in a minimal example that is run, and how to mend it.",
    )
    command.set_defaults(run=_run)
    command.add_argument(
        "mode", nargs="*", metavar="MODE", help="as a check names it: wrong sign; without, all are listed"
    )


def _run(args: argparse.Namespace) -> int:
    print(explain(_mode(" ".join(args.mode))) if args.mode else "\n".join(mode.title for mode in FailureMode))
    return 0


def _mode(text: str) -> FailureMode:
    """Return the mode that is called so, by its title or its name, however it is written."""
    by_key = {_key(name): mode for mode in FailureMode for name in (mode.name, mode.title)}
    if _key(text) in by_key:
        return by_key[_key(text)]
    near = [by_key[key].title for key in difflib.get_close_matches(_key(text), by_key, n=3)]
    near = near or [mode.title for mode in FailureMode if text.lower() in mode.explanation.lower()][:3]
    remedy = f"Did you mean {' or '.join(dict.fromkeys(near))}?" if near else "Call explain without a mode to list all."
    raise expected("MODE", "be a failure mode", repr(text), "no check finds it", remedy)


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.lower())
