"""The catalogue: every function, its twin in torch, the inputs it is verified on."""

from verification.cases import activations, incremental, losses, network, smooth, training
from verification.cases.case import ESTIMATED, Case, Flaw, estimated

__all__ = ["CASES", "ESTIMATED", "Case", "Flaw"]

AT_A_FIXED_STEP: tuple[Case, ...] = (
    *losses.CASES,
    *activations.CASES,
    *network.CASES,
    *incremental.CASES,
    *training.CASES,
    *smooth.CASES,
)

CASES = (*AT_A_FIXED_STEP, *estimated(AT_A_FIXED_STEP))
