"""``python -m verification``: verify every numerical gradient of numgrad against PyTorch autograd."""

import argparse
import contextlib
import fnmatch
import itertools
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from numgrad._command_line import count, on_terminal, seed, writable
from numgrad._validation import missing

__all__ = ["main"]

DEFAULT_EXAMPLES = 50


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 all as expected, 1 a surprise, 2 bad arguments, 130 Ctrl-C."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        from verification import suite  # noqa: PLC0415 - loads torch and hypothesis
    except ModuleNotFoundError as error:
        parser.error(str(missing(str(error.name), "verify")))
    selected = [name for name in suite.case_names() if _is_selected(name, args)]
    if not selected:
        parser.error(f"no case matches {' or '.join(args.case)}; --list names them all")
    if args.list:
        print("\n".join(selected))
        return 0
    return _run(selected, args)


def _is_selected(name: str, args: argparse.Namespace) -> bool:
    return args.case is None or any(_matches(name, pattern) for pattern in args.case)


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name.lower(), f"*{pattern.lower()}*")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m verification",
        description="Verify every numerical gradient of numgrad against PyTorch autograd.",
    )
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
    parser.add_argument("--quiet", action="store_true", help="print surprises and the summary only")
    return parser


def _run(selected: Sequence[str], args: argparse.Namespace) -> int:
    from verification import report  # noqa: PLC0415 - loads torch and hypothesis

    seed = random.SystemRandom().randrange(2**32) if args.seed is None else args.seed
    start, results, planned = time.monotonic(), [], len(selected)
    with contextlib.suppress(KeyboardInterrupt):
        for result in _results(selected, args, seed):
            results.append(result)  # noqa: PERF402 - what was found before Ctrl-C is kept
    seconds = time.monotonic() - start
    if args.json:  # first, for whoever reads what is printed may have gone
        evidence = report.to_dict(results, seed=seed, max_examples=args.max_examples, planned=planned)
        args.json.write_text(json.dumps(evidence, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n".join(report.summary(results, seed=seed, seconds=seconds, planned=planned)))
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
