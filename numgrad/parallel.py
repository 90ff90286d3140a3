"""Work on ranges of entries, spread over processes or machines: ``workers=``."""

import math
import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

import numpy as np

from numgrad._validation import expected

__all__ = ["MapLike", "spread"]

Result = TypeVar("Result")

Range = tuple[int, int]

MapLike = Callable[[Callable[[Range], Any], Iterable[Range]], Iterable[Any]]
"""What ``map`` is: ``pool.map``, ``executor.map``, ``client.get_executor().map``."""

CHUNKS = 4
"""Ranges for each worker: a few, so that one that is slow does not hold up all."""

UNKNOWN_WORKERS = 8
"""So many are assumed behind a map-like callable."""


def spread(task: Callable[[Range], Result], count: int, workers: int | MapLike) -> list[Result]:
    """Return what ``task`` makes of consecutive ranges (start, stop) that cover 0 to ``count``, in their order.

    Parameters
    ----------
    task: a function that can be sent to where the work is done.
    count: of entries.
    workers: how many processes, -1 for one for each core; or a map-like callable, which gets the task and a few
        ranges and returns the results in their order.

    Raises
    ------
    ValueError: workers is neither; the task cannot be sent to a process; the map-like callable returns something else.
    RuntimeError: a process has died.
    Whatever the task raises.

    Examples
    --------
    >>> spread(sum, 4, 1)
    [4]
    >>> spread(lambda some: some[1] - some[0], 20, map)
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]

    """
    if callable(workers):
        return _collect(task, _ranges(count, UNKNOWN_WORKERS), workers)
    processes = _processes(workers)
    if processes == 1 or count < 2:
        return [task((0, count))]
    return _in_processes(task, _ranges(count, processes), processes)


def _processes(workers: Any) -> int:
    if isinstance(workers, bool) or not isinstance(workers, int | np.integer) or (workers < 1 and workers != -1):
        reason, remedy = "it says who does the work", "Pass 1, a number of processes, -1 for all cores, or pool.map."
        raise expected("workers", "be a number of processes or map-like", repr(workers), reason, remedy)
    return int(workers) if workers > 0 else os.cpu_count() or 1


def _ranges(count: int, workers: int) -> list[Range]:
    """Return consecutive ranges of about one length."""
    length = max(1, math.ceil(count / (CHUNKS * workers)))
    return [(start, min(start + length, count)) for start in range(0, count, length)]


def _collect(task: Callable[[Range], Result], ranges: list[Range], workers: MapLike) -> list[Result]:
    """Return the results of a map-like callable, each of which must belong to its range."""
    results = list(workers(_Labelled(task), ranges))
    if [label for label, _ in results] != ranges:
        got = f"{len(results)} results of {len(ranges)} ranges, or in another order"
        reason, remedy = "each entry needs its own", "Pass map itself, pool.map or executor.map, not an unordered one."
        raise expected("workers", "return all results in order", got, reason, remedy)
    return [result for _, result in results]


class _Labelled:
    """A task whose results say which range they belong to."""

    def __init__(self, task: Callable[[Range], Any]) -> None:
        self.task = task

    def __call__(self, some: Range) -> tuple[Range, Any]:
        return some, self.task(some)


def _in_processes(task: Callable[[Range], Result], ranges: list[Range], processes: int) -> list[Result]:
    _require_picklable(task)
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)  # fork copies locks that threads hold, and deadlocks
    try:
        with ProcessPoolExecutor(min(processes, len(ranges)), mp_context=context) as pool:
            return _collect(task, ranges, pool.map)
    except BrokenProcessPool as error:
        reason = "it was killed, ran out of memory, or could not start"
        remedy = 'Call it again or with fewer workers; in a script, under `if __name__ == "__main__":`.'
        raise expected("workers", "finish", "a process that died", reason, remedy, kind=RuntimeError) from error


def _require_picklable(task: Any) -> None:
    try:
        pickle.dumps(task)
    except Exception as error:  # pickle raises whatever an object's own methods do
        reason = f"processes do not share memory ({error})"
        remedy = "Define f with def at the top of a module, or pass the map of a thread pool, or workers=1."
        raise expected("f and x", "be sendable to another process", type(error).__name__, reason, remedy) from error
