"""What one check costs, for a process of its own to measure."""

import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from benchmarks.claims import Claim, GivenUpError, quietly
from benchmarks.gradcheck import by_gradcheck

import verification

__all__ = ["CHECKS", "STATUS", "Cost", "cost", "logistic"]

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")

MOST_EVALUATIONS = 25_000


class Cost(NamedTuple):
    """What a check says, and takes."""

    says: str
    evaluations: int
    seconds: float
    of_one: float
    """Seconds of one evaluation of f."""
    memory: int
    """Bytes by which the peak of the process rises."""


def ours(claim):
    check = verification.check_gradient(claim.f, claim.gradient, claim.x)
    if check.verdict is verification.Verdict.DISAGREES:
        return f"wrong: {', '.join(entry.name for entry in check.entries)}"
    return "right" if check else "inconclusive"


def gradcheck(claim, *, fast_mode):
    try:
        return "right" if by_gradcheck(claim, fast_mode=fast_mode) else "wrong"
    except GivenUpError:
        return "given up"


CHECKS = {
    "check_gradient": ours,
    "torch gradcheck, fast": partial(gradcheck, fast_mode=True),
    "torch gradcheck": partial(gradcheck, fast_mode=False),
}


def logistic(n, *, wrong):
    """Return the claimed gradient of n logistic losses, a parameter each, right or with one slope of another sign."""
    rng = np.random.default_rng(0)
    x, weights = rng.uniform(-2, 2, n), rng.uniform(0.5, 2, n)

    def f(x):
        return weights @ np.logaddexp(0, x)

    def gradient(x):
        slopes = weights / (1 + np.exp(-x))
        slopes[n // 3] *= -1 if wrong else 1
        return slopes

    return Claim(f, gradient, x, at_most=MOST_EVALUATIONS)


def seconds(function, *args):
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def memory(name):
    """Return what the system says of the memory of this process, in bytes."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return 1024 * int(line.split()[1])


def cost(n, wrong, name):
    """Return the cost of one check, after a small one: what is loaded once does not count."""
    check = CHECKS[name]
    with quietly():
        check(logistic(10, wrong=wrong))
        claim = logistic(n, wrong=wrong)
        of_one = min(seconds(claim.f, claim.x) for _ in range(5))
        claim.evaluations = 0
        RESET.write_text("5")  # forget the peak so far
        before, start = memory("VmRSS"), time.perf_counter()
        says = check(claim)
        taken = time.perf_counter() - start
    return Cost(says, claim.evaluations, taken, of_one, memory("VmHWM") - before)
