"""``python -m verification check``: a gradient of the user's, at a point or on inputs that are hunted."""

import argparse
import contextlib
import inspect
import re
import shlex
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import verification
from numgrad._command_line import count, html_file, seed
from numgrad._validation import expected, missing
from numgrad.cli.functions import FunctionError, load_function, load_object
from verification.checking import GradientCheck, GradientError
from verification.checking.gradient_check import WIDTH
from verification.comparison import Verdict
from verification.gradient_report import Gathering, Row, as_html, as_json, as_row, report_of
from verification.records import Record, listening, name_of

__all__ = ["add_command"]

KINDS = ("gradient", "vjp", "jvp", "jacobian")
CODES = {Verdict.AGREES: 0, Verdict.DISAGREES: 1, Verdict.INCONCLUSIVE: 3}
"""What the command returns; 2 is for arguments that it cannot use, and for functions that raise."""

Check = Callable[..., GradientCheck]
Function = Callable[..., Any]

EPILOG = (
    "x is an array of random numbers (--shape), or comes from a file (--at): of .npz all arrays as a dict. Either may "
    "be given again, for a tuple that is spread over the arguments. With --strategy a Hypothesis strategy draws "
    "inputs, and the smallest is shown that breaks the gradient. Exit code: 0 it agrees, 1 it disagrees, 2 it could "
    "not be checked, 3 that cannot be told."
)


def add_command(commands: Any) -> None:
    """Add the command to those of the parser."""
    command = commands.add_parser(
        "check",
        help="check a gradient of yours",
        description="Say whether a gradient is right, without a tolerance, and what is wrong with it.",
        epilog=EPILOG,
    )
    command.set_defaults(run=_run, refuse=command.error)
    add = command.add_argument
    add("function", metavar="FUNCTION", help="what is differentiated, as mymodule:loss")
    add("--gradient", required=True, metavar="FUNCTION", help="what claims to be its gradient, or product, or Jacobian")
    add("--kind", choices=KINDS, default="gradient", help="which of these it is (default: %(default)s)")
    add("--shape", action="append", type=_shape, metavar="N,N,...", help="of x, as 3,4; () of a single number")
    add("--at", action="append", type=Path, metavar="FILE", help="x, as .npy or .npz")
    add("--strategy", metavar="STRATEGY", help="draws x, as mymodule:inputs: a strategy, or a function that makes one")
    add("--max-examples", type=count, metavar="N", help="inputs that a strategy draws (default: Hypothesis's)")
    add(
        "--seed",
        type=seed,
        default=0,
        metavar="N",
        help="of directions and of --shape; with --strategy, of what it draws (default: %(default)s)",
    )
    add("--json", action="store_true", help="print the report as JSON")
    add(
        "--html",
        type=html_file,
        metavar="FILE",
        help="write the report as a page, with difference quotients against steps",
    )


def _shape(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\(\)|[0-9]+(, ?[0-9]+)*,?|\([0-9]+(, ?[0-9]+)*,?\)", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no shape: write 3,4 or ()")
    return tuple(map(int, re.findall("[0-9]+", text)))


def _run(args: argparse.Namespace) -> int:
    if sum(given is not None for given in (args.shape, args.at, args.strategy)) != 1:
        args.refuse("give one of --shape, --at and --strategy, to say where to check")
    if args.max_examples is not None and args.strategy is None:
        args.refuse("--max-examples is of --strategy")
    check = getattr(verification, f"check_{args.kind}")
    with contextlib.redirect_stdout(sys.stderr):  # what the user's modules and functions print is not the report
        f, gradient = load_function(args.function), load_function(args.gradient)
        row, text = (_at_point if args.strategy is None else _hunted)(args, check, f, gradient)
    report = report_of([row], command="python -m verification check")
    if args.html:
        args.html.write_text(as_html(report), encoding="utf-8", errors="replace")
    print(as_json(report) if args.json else text, end="" if args.json else "\n")
    return CODES[Verdict(row["verdict"])]


def _command(args: argparse.Namespace) -> str:
    """Return the command that repeats the check."""
    shapes = (f"--shape={','.join(map(str, shape)) or '()'}" for shape in args.shape or ())
    where = [*shapes, *(f"--at={path}" for path in args.at or ())]
    options = [f"--gradient={args.gradient}", f"--kind={args.kind}", *where, f"--seed={args.seed}"]
    return shlex.join(["python", "-m", "verification", "check", args.function, *options])


def _at_point(args: argparse.Namespace, check: Check, f: Function, gradient: Function) -> tuple[Row, str]:
    x = _one_or_several([_loaded(path) for path in args.at] if args.at else _random(args.shape, args.seed))
    try:
        found = check(f, gradient, x, seed=args.seed)
    except TypeError as error:
        if not _takes(f, len(x) if isinstance(x, tuple) else 1):
            error.add_note("Give --shape or --at once for each argument; () is the shape of a single number.")
        raise
    found = replace(found, call=_command(args), displaced=None)
    record = Record(check.__name__, name_of(f), name_of(gradient), found)
    return as_row(record, code=_command(args)), str(found)


def _takes(f: Function, count: int) -> bool:
    """Return whether a function is known to take so many arguments."""
    try:
        inspect.signature(f).bind(*range(count))
    except (TypeError, ValueError):  # one that is not written in Python may have no signature
        return False
    return True


def _random(shapes: Sequence[tuple[int, ...]], seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(shape)) for shape in shapes]


def _one_or_several(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else tuple(values)


def _loaded(path: Path) -> Any:
    """Return the array of a file, or all arrays of it, by their names."""
    reason, remedy = "x is read from it", "Write it by numpy.save or numpy.savez."
    try:
        with path.open("rb") as file:
            found = np.load(file)  # no pickles: they could hold anything
            return found if isinstance(found, np.ndarray) else {name: found[name] for name in found.files}
    except OSError as error:
        got = f"{path}: {error.strerror or error}"
        raise expected("--at", "name a file that can be read", got, reason, remedy) from error
    except Exception as error:  # whatever a damaged file makes of it
        raise expected("--at", "name a file of arrays", str(path), reason, remedy) from error


def _hunted(args: argparse.Namespace, check: Check, f: Function, gradient: Function) -> tuple[Row, str]:
    """Return what a hunt has found, and all its checks as one row."""
    strategy = load_object(args.strategy, "the strategy")
    try:
        search = verification.find_counterexample
    except ModuleNotFoundError as error:
        raise missing("hypothesis", "verify") from error
    gathering = Gathering()
    with listening(gathering.add):
        try:
            drawn = strategy() if callable(strategy) and not hasattr(strategy, "example") else strategy
            found = search(f, gradient, drawn, check=check, max_examples=args.max_examples, seed=args.seed)
        except GradientError as error:
            (row,) = gathering.rows("") or [as_row(Record(check.__name__, name_of(f), name_of(gradient), error.check))]
            return {**row, "reason": error.check.reason, "text": str(error)}, str(error)
        except (FunctionError, ValueError, TypeError, ArithmeticError):
            raise
        except Exception as error:  # whatever the user's strategy raises
            raise FunctionError(f"{args.strategy} raised {type(error).__name__}: {error}") from error
    (row,) = gathering.rows("", code=None if found is None else found.code)
    return row, _summed_up(row, args.strategy) if found is None else str(found)


def _summed_up(row: Row, strategy: str) -> str:
    """Return in how far all inputs agree."""
    untold = row["verdicts"].get(Verdict.INCONCLUSIVE.value, 0)
    start = f"AGREES: no counterexample among {row['checks']} inputs of {strategy}"
    start += f"; nothing is told by {untold} of them" * (untold > 0)
    text = f"{start}; the least sure is the same to {row['digits']:.1f} digits."
    return textwrap.fill(text, WIDTH, subsequent_indent="  ")
