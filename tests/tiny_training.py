"""A training on the smallest data there is, Ctrl-C in it, and whether two trainings have led to the same place."""

import sys

import numpy as np

from numgrad import TwoLayerNet, train, training, training_run

__all__ = ["DATA", "T", "X", "run", "run_until_line", "same_bits"]

X = np.array([[0.0, 1.0], [1.0, 0.0], [0.9, 0.1], [0.2, 0.8]])
T = np.array([0, 1, 1, 0])
DATA = (X, T), (X[:2], T[:2])


def same_bits(params, others):
    """Return whether two nets have the same parameters, bit for bit."""
    return params.keys() == others.keys() and all(
        (value.tobytes(), value.dtype, value.shape) == (others[name].tobytes(), others[name].dtype, others[name].shape)
        for name, value in params.items()
    )


def run(**options):
    net = TwoLayerNet(2, 3, 2, rng=0)
    return net, train(net, DATA, **{"iterations": 6, "batch_size": 2, "evaluate_every": 2, "rng": 1, **options})


def run_until_line(line, **options):
    """Train, with Ctrl-C before the given line of what trains, counted as they run until it ends a run."""
    outer, passed = sys.gettrace(), 0

    def trace(frame, event, _):
        nonlocal passed
        if frame.f_code.co_filename not in {training.__file__, training_run.__file__}:
            return None
        passed += event == "line"
        if passed > line:
            sys.settrace(outer)
            raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        return run(**options)
    finally:
        sys.settrace(outer)
