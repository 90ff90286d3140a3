"""Hypothesis strategies for the inputs of functions whose gradients are verified.

Numbers are short decimals that a person can read, they shrink towards 0 and 1, and every draw is labelled.

- by magnitude and dtype: ``numbers``, ``shapes``, ``arrays``, ``broadcastable_arrays``, ``batches``
- of classifiers: ``probabilities``, ``tiny_probabilities``, ``edge_probabilities``, ``logits``, ``one_hot``,
  ``soft_targets``, ``labels``, ``pixels``, ``nets``
- matrices: ``positive_definite``
- about kinks: ``near_kinks``, ``away_from_kinks``
- of products: ``tangents``, ``cotangents``
"""

from verification.strategies.classification import (
    edge_probabilities,
    labels,
    logits,
    one_hot,
    pixels,
    probabilities,
    soft_targets,
    tiny_probabilities,
)
from verification.strategies.definite import positive_definite
from verification.strategies.magnitudes import arrays, batches, broadcastable_arrays, numbers, shapes
from verification.strategies.parameters import nets
from verification.strategies.thresholds import away_from_kinks, near_kinks
from verification.strategies.vectors import cotangents, tangents

__all__ = [
    "arrays",
    "away_from_kinks",
    "batches",
    "broadcastable_arrays",
    "cotangents",
    "edge_probabilities",
    "labels",
    "logits",
    "near_kinks",
    "nets",
    "numbers",
    "one_hot",
    "pixels",
    "positive_definite",
    "probabilities",
    "shapes",
    "soft_targets",
    "tangents",
    "tiny_probabilities",
]
