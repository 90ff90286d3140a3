"""The catalogue: every function, its twin in torch, the inputs it is verified on."""

from verification.cases import activations, losses, network, smooth, training
from verification.cases.case import Case, Flaw

__all__ = ["CASES", "Case", "Flaw"]

CASES: tuple[Case, ...] = (
    *losses.CASES,
    *activations.CASES,
    *network.CASES,
    *training.CASES,
    *smooth.CASES,
)
