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

__all__ = ["MapLike", "require_workers", "spread"]

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
    RuntimeError: a process has died; or the task raised in one what cannot be sent back, whose name and message it has.
    Exception: all else that the task raises, as it is.

    Examples
    --------
    >>> def squares(some):
    ...     return [i**2 for i in range(*some)]
    >>> spread(squares, 5, 1)
    [[0, 1, 4, 9, 16]]
    >>> spread(squares, 5, map)
    [[0], [1], [4], [9], [16]]

    """
    require_workers(workers)
    if count < 2 or workers == 1:
        return [task((0, count))]
    if callable(workers):
        return _collect(task, _ranges(count, UNKNOWN_WORKERS), workers)
    processes = int(workers) if workers > 0 else os.cpu_count() or 1
    return _in_processes(task, _ranges(count, processes), processes)


def require_workers(workers: Any) -> None:
    """Refuse what neither is a number of processes nor can be called."""
    is_number = isinstance(workers, int | np.integer) and not isinstance(workers, bool)
    if not callable(workers) and not (is_number and (workers >= 1 or workers == -1)):
        reason, remedy = "it says who does the work", "Pass 1, a number of processes, -1 for all cores, or pool.map."
        raise expected("workers", "be a number of processes or map-like", repr(workers), reason, remedy)


def _ranges(count: int, workers: int) -> list[Range]:
    """Return consecutive ranges of about one length."""
    length = max(1, math.ceil(count / (CHUNKS * workers)))
    return [(start, min(start + length, count)) for start in range(0, count, length)]


def _collect(task: Callable[[Range], Result], ranges: list[Range], workers: MapLike) -> list[Result]:
    """Return the results of a map-like callable, each of which must belong to its range."""
    found: Any = workers(_Labelled(task), ranges)
    results = list(found) if isinstance(found, Iterable) else [found]
    if [result[0] if isinstance(result, tuple) and len(result) == 2 else result for result in results] != ranges:
        got = f"{len(results)} results of {len(ranges)} ranges, in another order or of another kind"
        reason, remedy = "each entry needs its own", "Pass map itself, pool.map or executor.map, not an unordered one."
        raise expected("workers", "return all results in order", got, reason, remedy)
    return [result for _, result in results]


class _Labelled:
    """A task whose results say which range they belong to, and whose exceptions survive the way back."""

    def __init__(self, task: Callable[[Range], Any]) -> None:
        self.task = task
        self.home = os.getpid()

    def __call__(self, some: Range) -> tuple[Range, Any]:
        try:
            return some, self.task(some)
        except Exception as error:
            if os.getpid() == self.home or _survives_pickling(error):
                raise
            message = f"{type(error).__qualname__}: {error}"
        raise RuntimeError(message)  # the exception itself would break the process pool, or be waited for forever


def _survives_pickling(error: Exception) -> bool:
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301 - its own bytes
    except Exception:  # noqa: BLE001 - pickle raises whatever an object's own methods do
        return False


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
