"""The smallest data there is to train on, and whether two trainings have led to the same place."""

import numpy as np

__all__ = ["DATA", "T", "X", "same_bits"]

X = np.array([[0.0, 1.0], [1.0, 0.0], [0.9, 0.1], [0.2, 0.8]])
T = np.array([0, 1, 1, 0])
DATA = (X, T), (X[:2], T[:2])


def same_bits(params, others):
    """Return whether two nets have the same parameters, bit for bit."""
    return params.keys() == others.keys() and all(
        (value.tobytes(), value.dtype, value.shape) == (others[name].tobytes(), others[name].dtype, others[name].shape)
        for name, value in params.items()
    )
