"""The verification run: every numerical gradient of numgrad against PyTorch autograd."""

import argparse
import contextlib
import fnmatch
import itertools
import json
import random
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from numgrad._command_line import count, html_file, on_terminal, require_distinct, seed, writable
from numgrad._validation import missing

__all__ = ["add_options", "run"]

DEFAULT_EXAMPLES = 50


def run(args: argparse.Namespace) -> int:
    """Run what is selected, or list it, and return the exit code."""
    require_distinct((args.json, args.html), args.refuse)
    try:
        from verification import suite  # noqa: PLC0415 - loads torch and hypothesis
    except ModuleNotFoundError as error:
        args.refuse(str(missing(str(error.name), "verify")))
    selected = [name for name in suite.case_names() if _is_selected(name, args)]
    if not selected:
        args.refuse(f"no case matches {' or '.join(args.case)}; --list names them all")
    if args.list:
        print("\n".join(selected))
        return 0
    return _run(selected, args)


def _is_selected(name: str, args: argparse.Namespace) -> bool:
    return args.case is None or any(_matches(name, pattern) for pattern in args.case)


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name.lower(), f"*{pattern.lower()}*")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the run to those of the parser."""
    parser.set_defaults(run=run, refuse=parser.error)
    parser.add_argument(
        "--max-examples",
        type=count,
        default=DEFAULT_EXAMPLES,
        metavar="N",
        help="inputs for each case (default: %(default)s); a failure mode is searched among 500 at least",
    )
    parser.add_argument("--seed", type=seed, metavar="N", help="replays a run (default: random, and printed)")
    parser.add_argument(
        "--case",
        action="append",
        metavar="PATTERN",
        help="only cases whose name holds this (* and ? match); may be given again",
    )
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--json", type=writable, metavar="FILE", help="write the evidence as JSON")
    parser.add_argument("--html", type=html_file, metavar="FILE", help="write the evidence as a page")
    parser.add_argument("--quiet", action="store_true", help="print surprises and the summary only")


def _run(selected: Sequence[str], args: argparse.Namespace) -> int:
    from verification import report  # noqa: PLC0415 - loads torch and hypothesis
    from verification.evidence_page import evidence_page  # noqa: PLC0415 - likewise

    seed = random.SystemRandom().randrange(2**32) if args.seed is None else args.seed
    start, results, planned = time.monotonic(), [], len(selected)
    with contextlib.suppress(KeyboardInterrupt):
        for result in _results(selected, args, seed):
            results.append(result)  # noqa: PERF402 - what was found before Ctrl-C is kept
    seconds = time.monotonic() - start
    summary = report.summary(results, seed=seed, seconds=seconds, planned=planned)
    if args.json:  # first, for whoever reads what is printed may have gone
        evidence = report.to_dict(results, seed=seed, max_examples=args.max_examples, planned=planned)
        args.json.write_text(json.dumps(evidence, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if args.html:
        cases = [part for pattern in args.case or () for part in ("--case", pattern)]
        options = ["--max-examples", str(args.max_examples), "--seed", str(seed)]
        command = shlex.join(["python", "-m", "verification", *cases, *options])
        args.html.write_text(evidence_page(results, summary, command), encoding="utf-8")
    print("\n".join(summary))
    if len(results) < planned:
        return 130
    return int(any(result.outcome.surprising for result in results))


def _results(selected: Sequence[str], args: argparse.Namespace, seed: int) -> Iterator[Any]:
    """Run what is selected; write each result and yield it."""
    from verification import report, suite  # noqa: PLC0415 - loads torch and hypothesis

    with _console(len(selected), args.quiet) as (write, started):
        if not args.quiet:
            write(report.header())
        for result in suite.run_suite(selected, max_examples=args.max_examples, seed=seed, started=started):
            if result.outcome.surprising or not args.quiet:
                write("\n".join(report.lines(result)))
            yield result


@contextlib.contextmanager
def _console(total: int, quiet: bool) -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:  # noqa: FBT001
    """Yield what writes lines and what hears the name of the next case: a bar on a terminal, plain lines elsewhere."""
    try:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        terminal = False
    else:
        terminal = on_terminal() and not quiet
    if not terminal:
        yield lambda text: print(text, flush=True), lambda _: None
        return
    with Progress(MofNCompleteColumn(), BarColumn(), TextColumn("{task.description}"), transient=True) as bar:
        task, done = bar.add_task("", total=total), itertools.count()
        yield (
            lambda text: bar.console.print(text, highlight=False, markup=False, soft_wrap=True),
            lambda name: bar.update(task, completed=next(done), description=name),
        )
