"""What was read and claimed, array by array, as a diagnosis is made of it."""

from dataclasses import replace

import numpy as np

from verification._typing import Array, Indices
from verification.checking.claimants import JacobianClaimant
from verification.checking.inspection import Subject
from verification.diagnosis import Part
from verification.measurement import MatrixClaim, Reading
from verification.pairs import component, paired

__all__ = ["parts_of"]

ROUNDINGS = 64
"""What a fault makes of the true derivative is matched to so many roundings, and the error bar."""


def parts_of(subject: Subject, measured: Indices, reading: Reading, *, agrees_elsewhere: bool) -> tuple[Part, ...]:
    """Return what was read of some entries array by array, in the user's units."""
    problem = subject.primal.problem
    rows = len(reading.claimed)
    filled = _filled(subject, measured, reading)
    parts = []
    for number, (name, leaf) in enumerate(zip(subject.names, problem.leaves, strict=True)):
        own = problem.owner == number
        others_agree = agrees_elsewhere and not np.isin(np.flatnonzero(own), measured).all()
        arrays = {key: values[:, own].reshape(rows, *leaf.shape) for key, values in filled.items()}
        parts.append(Part(name, leaf, **arrays, others_agree=others_agree, is_complex=problem.is_complex[number]))
    if not subject.claimant.shows_all_outputs:
        return tuple(parts)
    return tuple(jacobian for part in parts for jacobian in _jacobians(subject, part, is_alone=len(parts) == 1))


def _filled(subject: Subject, measured: Indices, reading: Reading) -> dict[str, Array]:
    """Return what was read as arrays (outputs, size), NaN where nothing was, in the user's units."""
    claim, scale = subject.claim, subject.primal.scale
    eps = claim.eps[measured] if isinstance(claim, MatrixClaim) else claim.precision
    read = {
        "claimed": reading.claimed,
        "numerical": np.where(np.isfinite(reading.slopes.error), reading.slopes.value, np.nan),
        "own_error": reading.slopes.error,
        "bar": reading.bar,
        "doubt": np.minimum(reading.slopes.error + ROUNDINGS * eps * np.abs(reading.claimed), reading.bar),
    }
    filled = {name: np.full((len(reading.claimed), len(scale)), np.nan) for name in read}
    for name, values in read.items():
        filled[name][:, measured] = values / scale[measured]
    if isinstance(claim, MatrixClaim):
        filled["claimed"] = claim.matrix / scale
    return filled


def _jacobians(subject: Subject, part: Part, *, is_alone: bool) -> list[Part]:
    """Return the derivatives of several outputs by an array as one Jacobian, whose first axes are theirs.

    By a complex array there are two, by its real and its imaginary parts; of a Jacobian of complex numbers the first
    says all.
    """
    name = "J" if is_alone else f"J[{part.name}]"
    if not part.is_complex:
        return [_jacobian(subject, part, name)]
    if subject.form is JacobianClaimant:
        return [_completed(*(_jacobian(subject, part, name, half) for half in range(2)))]
    return [_jacobian(subject, part, f"J[{component(part.name, (half,))}]", half) for half in range(2)]


def _completed(real: Part, imag: Part) -> Part:
    """Return the Jacobian by the real parts of x, -i times that by the imaginary parts where it was not measured."""
    missing = ~np.isfinite(real.numerical)

    def chosen(key: str, turn: Array) -> Array:
        return np.asarray(np.where(missing, getattr(imag, key)[..., ::-1] * turn, getattr(real, key)))

    turn = np.array([1.0, -1.0])
    return replace(
        real,
        claimed=chosen("claimed", turn),
        numerical=chosen("numerical", turn),
        own_error=chosen("own_error", np.ones(2)),
        bar=chosen("bar", np.ones(2)),
        doubt=chosen("doubt", np.ones(2)),
    )


def _jacobian(subject: Subject, part: Part, name: str, half: int | None = None) -> Part:
    """Return the Jacobian by an array, or by one half of its pairs; those of complex values are moved to the end."""
    outputs, has_pairs = subject.center.shape, subject.problem.has_complex_values

    def halved(array: Array) -> Array:
        return array if half is None else array[..., half]

    arrays = {}
    for key in ("claimed", "numerical", "own_error", "bar", "doubt"):
        array = halved(getattr(part, key).reshape(1, *outputs, *part.x.shape))
        arrays[key] = np.moveaxis(array, len(outputs), -1) if has_pairs else array
    x = halved(part.x)
    if has_pairs:
        x = part.x if part.is_complex else paired(part.x)
    shape = arrays["claimed"].shape[1:]
    return Part(name, np.broadcast_to(x, shape), **arrays, others_agree=part.others_agree, is_complex=has_pairs)
