"""Faults planted into a gradient that is taken to be right, to see which of them a check at that point would find."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numgrad._validation import expected
from numgrad.derivatives.tree import leaves_of, unflatten
from verification._typing import Array
from verification.checking.checks import check_gradient
from verification.checking.claimants import GradientClaimant
from verification.checking.gradient_check import WIDTH, GradientCheck
from verification.checking.inspection import Subject
from verification.comparison import Verdict
from verification.diagnosis import FailureMode
from verification.measurement import Counted, Realified, beside
from verification.pairs import paired
from verification.purity import quiet
from verification.records import unrecorded

__all__ = ["CheckOfTheCheck", "PlantedFault", "check_the_check"]

POINTS = 8
"""So many points near x are tried, to find one at which more faults show."""

FAR = (0.3, 2.0)
"""So far they are from x, in units of its entries: of the same signs, and of others."""

SMALL, SHORT = 1e-5, 1e-2
"""A factor is off by so much, where x is in float64, and in less."""

Leaves = list[Array]


@dataclass(frozen=True)
class PlantedFault:
    """A fault, and what the check of a gradient that has it says.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_the_check
    >>> found = check_the_check(lambda x: np.sum(x**2), lambda x: 2 * x, np.array([3.0, -4.0]))
    >>> found.faults[0].name, found.faults[0].is_caught
    ('wrong sign', True)

    """

    name: str
    mode: FailureMode
    verdict: Verdict
    is_visible: bool
    """Whether it changes the gradient at this point at all."""

    @property
    def is_caught(self) -> bool:
        """Whether the check says that the gradient is wrong."""
        return self.verdict is Verdict.DISAGREES


@dataclass(frozen=True, repr=False)
class CheckOfTheCheck:
    """What a check at a point would find, and what would slip through.

    Attributes
    ----------
    check: the check of the gradient as it is.
    faults: all that were planted.
    better: a point nearby at which more of them change the gradient, structured as x; None if there is none.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_the_check
    >>> found = check_the_check(lambda x: np.sum(x**2), lambda x: 2 * x, np.zeros(2))
    >>> bool(found), len(found.survivors) == len(found.faults)
    (False, True)

    """

    check: GradientCheck
    faults: tuple[PlantedFault, ...]
    better: Any = field(default=None, repr=False)

    @property
    def survivors(self) -> tuple[PlantedFault, ...]:
        """The faults that the check does not find."""
        return tuple(fault for fault in self.faults if not fault.is_caught)

    def __bool__(self) -> bool:
        """Return whether every fault is found."""
        return not self.survivors

    def __repr__(self) -> str:
        """Return how many faults are found."""
        return f"<{type(self).__name__}: {len(self.faults) - len(self.survivors)} of {len(self.faults)} would be found>"

    def __str__(self) -> str:
        """Return how many faults are found, and which are not, each with the reason."""
        caught = len(self.faults) - len(self.survivors)
        lines = [f"{caught} of {len(self.faults)} planted faults would be found at this x."]
        if not self.check:
            itself = f"  the check itself is {self.check.verdict.value}: {self.check.reason}"
            lines += textwrap.wrap(itself, WIDTH, subsequent_indent="    ")
        for fault in self.survivors:
            why = "the check does not tell from the right gradient" if fault.is_visible else "changes nothing here"
            lines += textwrap.wrap(f"  survives: {fault.name}, which {why}", WIDTH, subsequent_indent="    ")
        if self.better is not None:
            lines.append("  try       .better, a point nearby at which more of them show")
        return "\n".join(lines)


def check_the_check(f: Callable[..., Any], gradient: Callable[..., Any], x: Any, *, seed: int = 0) -> CheckOfTheCheck:
    """Say which faults :func:`verification.check_gradient` would find in a gradient at this point, and which not.

    Each fault of a catalogue is planted into what the gradient returns: another sign or factor, a transposition, a
    shift, zeros, a forgotten term, ... At a point where all is zero or symmetric some change nothing, and a check there
    says nothing of them.

    Parameters
    ----------
    f, gradient, x, seed: as for :func:`verification.check_gradient`; the gradient must not disagree as it is.

    Returns
    -------
    :class:`CheckOfTheCheck`: true if every fault is found; its ``str()`` names those that are not.

    Raises
    ------
    ValueError: the gradient disagrees already. TypeError: x holds integers. And what check_gradient raises.

    Examples
    --------
    >>> import numpy as np
    >>> from verification import check_the_check
    >>> print(check_the_check(lambda W: np.sum(W**2), lambda W: 2 * W, np.array([[1.0, 2.0], [2.0, -3.0]])))
    11 of 12 planted faults would be found at this x.
      survives: W transposed, which changes nothing here
      try       .better, a point nearby at which more of them show

    """
    check = check_gradient(f, gradient, x, seed=seed)
    if check.verdict is Verdict.DISAGREES:
        reason, remedy = "faults are planted into one that is right", "Mend what check_gradient says of it first."
        raise expected("gradient", "agree with f", check.reason, reason, remedy)
    subject = Subject(Counted(f), GradientClaimant, gradient, x, np.random.default_rng(seed))
    try:
        with quiet(), unrecorded():
            planted = [_plant(subject, fault, seed) for fault in _faults(subject.names, subject.problem)]
            better = _better(subject, sum(fault.is_visible for fault in planted))
    finally:
        subject.restore()
    return CheckOfTheCheck(check, tuple(planted), better)


@dataclass(frozen=True)
class _Fault:
    name: str
    mode: FailureMode
    spoil: Callable[[Leaves, Leaves], None]
    """Writes into the arrays of a gradient, given those of x."""


def _faults(names: Sequence[str], problem: Realified) -> Iterator[_Fault]:
    """Yield the faults that arrays of such shapes can have."""
    leaves, everything = problem.passed(problem.leaves), range(len(problem.leaves))
    small = SMALL if all(leaf.dtype.itemsize >= np.dtype(np.float64).itemsize for leaf in problem.leaves) else SHORT
    for name, mode, spoil in (
        ("wrong sign", FailureMode.WRONG_SIGN, lambda g, _: -g),
        ("factor 2", FailureMode.CONSTANT_FACTOR, lambda g, _: 2 * g),
        (f"factor {1 + small}", FailureMode.CONSTANT_FACTOR, lambda g, _: (1 + small) * g),
        ("weight decay of 0.01 too much", FailureMode.EXTRA_TERM, lambda g, x: g + 0.01 * x),
        ("a factor x too much", FailureMode.MISSING_CHAIN_FACTOR, lambda g, x: g * x),
        ("zero where x < 0", FailureMode.BRANCH, lambda g, x: np.where(x.real < 0, 0, g)),
        ("wrong sign where x > 0", FailureMode.BRANCH, lambda g, x: np.where(x.real > 0, -g, g)),
    ):
        yield _Fault(name, mode, _of(everything, spoil))
    if any(problem.is_complex):
        yield _Fault("conjugate", FailureMode.CONJUGATE, _of(everything, lambda g, _: np.conj(g)))
    for i, (name, leaf) in enumerate(zip(names, leaves, strict=True)):
        yield _Fault(f"{name} zero", FailureMode.ZERO_BLOCK, _of([i], lambda g, _: 0 * g))
        yield from _of_shape(name, i, leaf)
        for j in range(i):
            if leaves[j].shape == leaf.shape:
                yield _Fault(f"{names[j]} and {name} swapped", FailureMode.SWAPPED_ARGUMENTS, _swap(j, i))


def _of_shape(name: str, i: int, leaf: Array) -> Iterator[_Fault]:
    """Yield the faults that an array of its shape can have."""
    if leaf.ndim == 2 and leaf.shape[0] == leaf.shape[1] > 1:
        yield _Fault(f"{name} transposed", FailureMode.TRANSPOSED, _of([i], lambda g, _: g.T))
    if leaf.ndim > 0 and leaf.shape[-1] > 1:
        yield _Fault(f"{name} moved by 1", FailureMode.SHIFTED_INDEX, _of([i], lambda g, _: np.roll(g, 1, axis=-1)))
        yield _Fault(f"{name} flipped", FailureMode.WRONG_AXIS, _of([i], lambda g, _: np.flip(g, axis=-1)))
    if leaf.ndim > 1 and leaf.shape[0] > 1:
        yield _Fault(f"row 0 of {name} zero", FailureMode.WRONG_SLICE, _of([i], _without_first_row))


def _without_first_row(g: Array, x: Array) -> Array:
    del x
    return np.concatenate([0 * g[:1], g[1:]])


def _of(some: Sequence[int], spoil: Callable[[Array, Array], Array]) -> Callable[[Leaves, Leaves], None]:
    def write(gradient: Leaves, x: Leaves) -> None:
        for i in some:
            gradient[i] = np.asarray(spoil(gradient[i], x[i]))

    return write


def _swap(i: int, j: int) -> Callable[[Leaves, Leaves], None]:
    def write(gradient: Leaves, x: Leaves) -> None:
        del x
        gradient[i], gradient[j] = gradient[j], gradient[i]

    return write


def _spoiled(subject: Subject, fault: _Fault, leaves: Leaves) -> tuple[Leaves, Leaves]:
    """Return the gradient at a point, and what the fault makes of it."""
    parts = zip(subject.claimant.ask(leaves).leaves, leaves, strict=True)
    right = subject.problem.passed([part.reshape(leaf.shape) for part, leaf in parts])
    wrong = [part.copy() for part in right]
    fault.spoil(wrong, subject.problem.passed(leaves))
    return right, wrong


def _plant(subject: Subject, fault: _Fault, seed: int) -> PlantedFault:
    tree = subject.problem.tree

    def gradient(*point: Any) -> Any:
        passed = leaves_of(point if isinstance(tree, tuple) else point[0])
        pairs = zip(passed, subject.problem.is_complex, strict=True)
        at = [paired(leaf) if is_pair else np.asarray(leaf) for leaf, is_pair in pairs]
        return unflatten(tree, iter(_spoiled(subject, fault, at)[1]))

    right, wrong = _spoiled(subject, fault, subject.problem.leaves)
    is_visible = not all(np.array_equal(a, b) for a, b in zip(right, wrong, strict=True))
    verdict = check_gradient(subject.f.f, gradient, subject.x, seed=seed).verdict
    return PlantedFault(fault.name, fault.mode, verdict, is_visible)


def _better(subject: Subject, visible: int) -> Any:
    """Return the point near x at which most faults change the gradient, if more do than at x."""
    problem, best = subject.problem, None
    for number in range(POINTS):
        rng = np.random.default_rng(number)
        leaves = beside(problem, FAR[number % 2], rng)
        count = _count_visible(subject, leaves)
        if count > visible:
            visible, best = count, leaves
    return None if best is None else problem.arguments(best)


def _count_visible(subject: Subject, leaves: Leaves) -> int:
    """Return how many faults change the gradient at a point; 0 where it is not finite or none is returned."""
    try:
        if not np.isfinite(np.asarray(subject.problem.call([leaf.copy() for leaf in leaves]), dtype=float)).all():
            return 0
        changed = [_spoiled(subject, fault, leaves) for fault in _faults(subject.names, subject.problem)]
    except Exception:  # noqa: BLE001 - the point may be outside of the domain
        return 0
    if not all(np.isfinite(part).all() for right, _ in changed for part in right):
        return 0
    return sum(not all(map(np.array_equal, right, wrong)) for right, wrong in changed)
