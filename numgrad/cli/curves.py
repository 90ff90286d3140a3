"""``python -m numgrad curve``: the error of difference quotients against their step."""

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

from numgrad._command_line import require_distinct, writable
from numgrad.cli.functions import load_function, require_value
from numgrad.error_curves import ErrorCurve, error_curve
from numgrad.plotting import require_matplotlib, write_figure

__all__ = ["add_command"]

EPILOG = "The function is called with NumPy scalars; with complex ones too, if it takes them, as numpy.sin does."


def add_command(commands: Any) -> None:
    """Add the command to those of the parser."""
    command = commands.add_parser(
        "curve",
        help="the error of difference quotients against their step",
        description="Measure the error of difference quotients at steps over many decades, and predict it from the "
        "derivatives and the noise of the function.",
        epilog=EPILOG,
    )
    command.set_defaults(run=_run, refuse=command.error)
    add = command.add_argument
    add("function", metavar="FUNCTION", help="for example numpy.sin, or mymodule:f")
    add("--at", type=float, required=True, metavar="X", help="where to differentiate")
    add("--exact", metavar="FUNCTION|NUMBER", help="the derivative (default: the estimate of numgrad.derivative)")
    add("--dtype", choices=["float64", "float32", "float16"], default="float64", help="(default: %(default)s)")
    for kind, what in (("png", "the plot"), ("svg", "the plot"), ("json", "all numbers")):
        add(f"--{kind}", type=partial(_ending_in, f".{kind}"), metavar=f"FILE.{kind}", help=f"write {what}")


def _ending_in(suffix: str, text: str) -> Path:
    if not text.lower().endswith(suffix):
        raise argparse.ArgumentTypeError(f"{text!r} does not end in {suffix}")
    return writable(text)


def _run(args: argparse.Namespace) -> int:
    require_distinct((args.png, args.svg, args.json), args.refuse)
    if args.png or args.svg:
        require_matplotlib()  # not only after the work
    exact = None if args.exact is None else _number_or_function(args.exact)
    f = load_function(args.function)
    require_value(f, args.function, args.at)
    curve = error_curve(f, args.at, exact=exact, dtype=args.dtype, name=args.function)
    print(curve)
    if args.png or args.svg:
        _draw(curve, {"png": args.png, "svg": args.svg})
    if args.json:
        args.json.write_text(f"{json.dumps(curve.to_dict(), allow_nan=False)}\n", encoding="utf-8")
        _wrote(args.json)
    return 0


def _draw(curve: ErrorCurve, paths: dict[str, Path | None]) -> None:
    figure = curve.plot()
    for kind, path in paths.items():
        if path is not None:
            write_figure(figure, path, kind)
            _wrote(path)


def _wrote(path: Path) -> None:
    print(f"Wrote {path}")


def _number_or_function(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return load_function(text)
