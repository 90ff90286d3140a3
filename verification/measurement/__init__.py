"""Derivatives measured beside the claimed ones, whatever claims them: no tolerance, and no verdict yet."""

from verification.measurement.claims import CANCELLED, Claim, MatrixClaim, TangentClaim, granted, norm
from verification.measurement.directions import Group, random_direction
from verification.measurement.examination import (
    CLOSE,
    FEW,
    MISS,
    TELLING,
    Trial,
    close_up,
    examine,
    read_along,
    read_entries,
    read_group,
)
from verification.measurement.naming import argument_names, leaf_names
from verification.measurement.primal import Counted, Primal, Slopes, beside, signed_uniform
from verification.measurement.readings import Reading
from verification.measurement.realified import Realified, realify

__all__ = [
    "CANCELLED",
    "CLOSE",
    "FEW",
    "MISS",
    "TELLING",
    "Claim",
    "Counted",
    "Group",
    "MatrixClaim",
    "Primal",
    "Reading",
    "Realified",
    "Slopes",
    "TangentClaim",
    "Trial",
    "argument_names",
    "beside",
    "close_up",
    "examine",
    "granted",
    "leaf_names",
    "norm",
    "random_direction",
    "read_along",
    "read_entries",
    "read_group",
    "realify",
    "signed_uniform",
]
