"""``python -m verification``: the verification run, and commands of their own."""

import argparse
import sys
from collections.abc import Sequence

from numgrad.cli.functions import FunctionError
from verification.cli import check, explain, run

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 all as expected, 1 a surprise, 2 refused, 130 Ctrl-C.

    ``check`` returns 1 for a gradient that disagrees, 3 where that cannot be told, and 2 also for functions that raise.
    """
    parser = argparse.ArgumentParser(
        prog="python -m verification",
        description="Verify every numerical gradient of numgrad against PyTorch autograd; or run a command.",
    )
    run.add_options(parser)
    commands = parser.add_subparsers(metavar="command")
    for command in (check, explain):
        command.add_command(commands)
    given = sys.argv[1:] if argv is None else argv
    args = parser.parse_args(given)
    if args.run is not run.run and given[0] not in commands.choices:
        parser.error(f"options of a command come after it; without one there is no {given[0]}")
    try:
        return int(args.run(args))
    except (ValueError, TypeError, ArithmeticError, MemoryError, ModuleNotFoundError, FunctionError) as error:
        if args.run is run.run:
            raise  # it takes no functions of the user's
        print("\n".join([f"verification: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 2
