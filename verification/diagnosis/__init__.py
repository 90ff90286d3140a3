"""What is wrong with a gradient: failure modes by name, and how to tell them apart."""

from verification.diagnosis.batch import diagnose_batch_gradient
from verification.diagnosis.diagnosing import diagnose
from verification.diagnosis.diagnosis import Diagnosis
from verification.diagnosis.evidence import Evidence, Part
from verification.diagnosis.explanation import Rank
from verification.diagnosis.failure_mode import FailureMode
from verification.diagnosis.samples import sample_sizes

__all__ = [
    "Diagnosis",
    "Evidence",
    "FailureMode",
    "Part",
    "Rank",
    "diagnose",
    "diagnose_batch_gradient",
    "sample_sizes",
]
