"""Claimed gradients, wrong and right, for a gradient checker to be measured on."""

from corpus_example import Example, Kind, at
from corpus_hard_computations import HARD_COMPUTATIONS
from corpus_hard_functions import HARD_FUNCTIONS
from corpus_hard_points import HARD_POINTS
from corpus_kinks import KINKS
from corpus_wrong_activations import WRONG_ACTIVATIONS
from corpus_wrong_layers import WRONG_LAYERS
from corpus_wrong_likelihoods import WRONG_LIKELIHOODS
from corpus_wrong_losses import WRONG_LOSSES
from corpus_wrong_maths import WRONG_MATHS
from corpus_wrong_matrices import WRONG_MATRICES
from corpus_wrong_places import WRONG_PLACES
from corpus_wrong_sequences import WRONG_SEQUENCES

__all__ = ["EXAMPLES", "Example", "Kind", "at"]

EXAMPLES = (
    *WRONG_LAYERS,
    *WRONG_SEQUENCES,
    *WRONG_ACTIVATIONS,
    *WRONG_LOSSES,
    *WRONG_LIKELIHOODS,
    *WRONG_MATHS,
    *WRONG_MATRICES,
    *WRONG_PLACES,
    *HARD_POINTS,
    *HARD_FUNCTIONS,
    *HARD_COMPUTATIONS,
    *KINKS,
)
