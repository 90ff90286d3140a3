"""Claimed gradients, wrong and right, for a gradient checker to be measured on."""

from gradient_corpus.example import Example, Kind, at
from gradient_corpus.hard_computations import HARD_COMPUTATIONS
from gradient_corpus.hard_functions import HARD_FUNCTIONS
from gradient_corpus.hard_points import HARD_POINTS
from gradient_corpus.kinks import KINKS
from gradient_corpus.wrong_activations import WRONG_ACTIVATIONS
from gradient_corpus.wrong_layers import WRONG_LAYERS
from gradient_corpus.wrong_likelihoods import WRONG_LIKELIHOODS
from gradient_corpus.wrong_losses import WRONG_LOSSES
from gradient_corpus.wrong_maths import WRONG_MATHS
from gradient_corpus.wrong_matrices import WRONG_MATRICES
from gradient_corpus.wrong_places import WRONG_PLACES
from gradient_corpus.wrong_sequences import WRONG_SEQUENCES

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
