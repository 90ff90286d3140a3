"""Gradient checkers side by side: wrong gradients that they catch, right ones that they refuse, what they say at kinks.

Each is called with its defaults, on the same claims in one run. The others say right or wrong, where ours says
inconclusive too: that neither catches a wrong gradient nor is it a false alarm. A check that takes too many
evaluations is given up: it catches nothing, and its time does not count. One that raises anything but its verdict has
none.
"""

import time
from typing import NamedTuple

import numpy as np
import pytest
from benchmarks.peer_checkers import CHECKERS, Outcome, outcome
from gradient_corpus import EXAMPLES, Kind

import verification

pytest.importorskip("pytest_benchmark", reason="benchmarks run in `tox run -e bench`")

CLAIMS = {
    kind: [(example.f, example.gradient, example.x) for example in EXAMPLES if example.kind is kind] for kind in Kind
}
RIGHT = [(example.f, example.right, example.x) for example in EXAMPLES if example.right]
"""The right gradients of the wrong ones too."""


class Record(NamedTuple):
    """What one checker says of all claims."""

    caught: int
    false_alarms: int
    unsure: int
    kinks_named: int
    kinks_accepted: int
    kinks_refused: int
    outside_caught: int
    unseen_not_accepted: int
    too_slow: int
    raised: int
    seconds: float
    milliseconds: float


def timed(checker, claim):
    start = time.perf_counter()
    said = outcome(checker, *claim)
    return said, time.perf_counter() - start


def record(checker):
    answers = {kind: [timed(checker, claim) for claim in claims] for kind, claims in CLAIMS.items()}
    answers[Kind.HARD] = [timed(checker, claim) for claim in RIGHT]
    said = {kind: [answer for answer, _ in rows] for kind, rows in answers.items()}
    everything = [answer for rows in said.values() for answer in rows]
    seconds = [duration for rows in answers.values() for answer, duration in rows if answer is not Outcome.TOO_SLOW]
    return Record(
        caught=said[Kind.WRONG].count(Outcome.REFUSED),
        false_alarms=said[Kind.HARD].count(Outcome.REFUSED),
        unsure=said[Kind.HARD].count(Outcome.UNSURE) + said[Kind.HARD].count(Outcome.KINK),
        kinks_named=said[Kind.KINK].count(Outcome.KINK),
        kinks_accepted=said[Kind.KINK].count(Outcome.ACCEPTED),
        kinks_refused=said[Kind.KINK].count(Outcome.REFUSED),
        outside_caught=said[Kind.OUTSIDE].count(Outcome.REFUSED),
        unseen_not_accepted=len(said[Kind.UNSEEN]) - said[Kind.UNSEEN].count(Outcome.ACCEPTED),
        too_slow=everything.count(Outcome.TOO_SLOW),
        raised=everything.count(Outcome.RAISED),
        seconds=sum(seconds),
        milliseconds=1e3 * np.median(seconds),
    )


COLUMNS = (
    (9, "{wrong}", "wrong:", "caught"),
    (9, "{right}", "right:", "refused"),
    (9, "", "incon-", "clusive"),
    (9, "{kinks}", "kinks:", "named"),
    (9, "", "", "accepted"),
    (9, "", "", "refused"),
    (9, "{outside}", "outside:", "caught"),
    (13, "{unseen}", "unseen: not", "said right"),
    (6, "", "too", "slow"),
    (7, "", "", "raised"),
    (8, "", "seconds", "in all"),
    (8, "", "median", "ms"),
)


def print_table(records):
    sizes = {kind.name.lower(): len(claims) for kind, claims in CLAIMS.items()}
    sizes |= {"right": len(RIGHT), "kinks": sizes["kink"]}
    print("\n")
    for line in range(1, 4):
        print(" " * 21 + "".join(f"{column[line].format(**sizes):>{column[0]}}" for column in COLUMNS))
    for name, row in records.items():
        cells = (f"{value:.1f}" if isinstance(value, float) else str(value) for value in row)
        print(f"{name:21}" + "".join(f"{cell:>{column[0]}}" for cell, column in zip(cells, COLUMNS, strict=True)))


def test_checkers_side_by_side(benchmark):
    records = {name: record(checker) for name, checker in CHECKERS.items()}
    print_table(records)
    benchmark(verification.check_gradient, lambda x: np.sum(np.sin(x)), np.cos, np.linspace(-1, 1, 20))
    ours = records.pop("check_gradient")
    benchmark.extra_info.update(ours._asdict())
    assert ours.caught >= 0.98 * len(CLAIMS[Kind.WRONG])
    assert ours.false_alarms <= 0.01 * len(RIGHT)
    assert ours.kinks_named == len(CLAIMS[Kind.KINK])
    assert ours.unseen_not_accepted == len(CLAIMS[Kind.UNSEEN])
    for row in records.values():
        assert row.caught <= ours.caught
        assert row.false_alarms >= ours.false_alarms
        assert_fairly_asked(row)


def assert_fairly_asked(row):
    """Each of the others works: most of what is easy it gets right."""
    assert row.raised == 0
    assert row.caught > 0.9 * len(CLAIMS[Kind.WRONG])
    assert row.false_alarms < 0.2 * len(RIGHT)
