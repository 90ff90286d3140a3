"""``python -m verification check``: a gradient of the user's, at a point or on inputs that are hunted."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import verification
from numgrad._command_line import count, page, seed
from numgrad._validation import expected, missing
from numgrad.cli.functions import load_function, load_object
from verification.checking import GradientCheck, GradientError
from verification.comparison import Verdict
from verification.gradient_report import as_row, report_of, write_report
from verification.records import Record, name_of

__all__ = ["add_command"]

KINDS = ("gradient", "vjp", "jvp", "jacobian")
CODES = {Verdict.AGREES: 0, Verdict.DISAGREES: 1, Verdict.INCONCLUSIVE: 3}
"""What the command returns; 2 is for arguments that it cannot use."""

EPILOG = (
    "x is an array of random numbers (--shape), or comes from a file (--at): of .npz all arrays as a dict. Either may "
    "be given again, for a tuple that is spread over the arguments. With --strategy a Hypothesis strategy draws "
    "inputs, and the smallest is shown that breaks the gradient. Exit code: 0 it agrees, 1 it disagrees, 3 that cannot "
    "be told."
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
        help="of directions, of --shape and --strategy (default: %(default)s)",
    )
    add("--json", action="store_true", help="print the report as JSON")
    add("--html", type=page, metavar="FILE", help="write the report as a page, with difference quotients against steps")


def _shape(text: str) -> tuple[int, ...]:
    sides = text.strip("() ").rstrip(",")
    try:
        shape = tuple(int(side) for side in sides.split(",")) if sides else ()
    except ValueError:
        shape = (-1,)
    if min(shape, default=0) < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no shape: write 3,4 or ()")
    return shape


def _run(args: argparse.Namespace) -> int:
    if sum(given is not None for given in (args.shape, args.at, args.strategy)) != 1:
        args.refuse("one of --shape, --at and --strategy says where to check")
    if args.max_examples is not None and args.strategy is None:
        args.refuse("--max-examples is of --strategy")
    f, gradient = load_function(args.function), load_function(args.gradient)
    check = getattr(verification, f"check_{args.kind}")
    if args.strategy is None:
        found, text = _at_point(args, check, f, gradient)
    else:
        found, text = _hunted(args, check, f, gradient)
    rows = [as_row(Record(f"check_{args.kind}", name_of(f), name_of(gradient), found))]
    if args.html:
        write_report(args.html, rows)
    print(json.dumps(report_of(rows), indent=2, ensure_ascii=False, allow_nan=False) if args.json else text)
    return CODES[found.verdict]


Check = Callable[..., GradientCheck]
Function = Callable[..., Any]


def _at_point(args: argparse.Namespace, check: Check, f: Function, gradient: Function) -> tuple[GradientCheck, str]:
    x = _one_or_several([_loaded(path) for path in args.at] if args.at else _random(args.shape, args.seed))
    found = check(f, gradient, x, seed=args.seed)
    return found, str(found)


def _random(shapes: Sequence[tuple[int, ...]], seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(shape)) for shape in shapes]


def _one_or_several(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else tuple(values)


def _loaded(path: Path) -> Any:
    """Return the array of a file, or all arrays of it, by their names."""
    reason, remedy = "x is read from it", "Write it by numpy.save or numpy.savez."
    try:
        found = np.load(path)  # no pickles: they could hold anything
    except OSError as error:
        raise expected(
            "--at", "name a file that can be read", f"{path}: {error.strerror or error}", reason, remedy
        ) from error
    except (ValueError, EOFError) as error:
        raise expected("--at", "name a file of arrays", str(path), reason, remedy) from error
    return found if isinstance(found, np.ndarray) else {name: found[name] for name in found.files}


def _hunted(args: argparse.Namespace, check: Check, f: Function, gradient: Function) -> tuple[GradientCheck, str]:
    strategy = load_object(args.strategy)
    try:
        search = verification.find_counterexample
    except ModuleNotFoundError as error:
        raise missing("hypothesis", "verify") from error
    if callable(strategy) and not hasattr(strategy, "example"):
        strategy = strategy()
    try:
        found = search(f, gradient, strategy, check=check, max_examples=args.max_examples, seed=args.seed)
    except GradientError as error:
        return error.check, str(error)
    if found is not None:
        return found.check, str(found)
    text = f"no counterexample was found among the inputs of {args.strategy}."
    return GradientCheck(Verdict.AGREES, text, call=f"--seed {args.seed}"), f"AGREES: {text}"
