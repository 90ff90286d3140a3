"""``python -m numgrad``: the commands, each in a module."""

import argparse
import sys
import warnings
from collections.abc import Sequence

from numgrad.cli import curves, pages, training
from numgrad.cli.functions import FunctionError
from numgrad.cli.refusal import refused

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 refused or diverged, 2 bad arguments, 130 Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m numgrad", description="Numerical gradients at work.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in (training, curves, pages):
        command.add_command(commands)
    args = parser.parse_args(argv)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: print(f"numgrad: {message}", file=sys.stderr)
        try:
            return int(args.run(args))
        except (ValueError, TypeError, MemoryError, ModuleNotFoundError, FunctionError) as error:
            return refused(error)
