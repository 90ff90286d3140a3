"""Hypothesis strategies for the parameters of nets."""

from hypothesis import strategies as st

from numgrad import TwoLayerNet
from verification.strategies.magnitudes import arrays

__all__ = ["nets"]


@st.composite
def nets(draw: st.DrawFn, features: int, classes: int, *, largest: int = 1) -> TwoLayerNet:
    """Nets of up to five hidden units with weights up to 10**largest, zero and saturating ones among them.

    Parameters
    ----------
    features, classes: how many inputs and outputs they have.
    largest: a power of ten, -1 at least.

    Raises
    ------
    ValueError: when it is drawn from, largest is less than -1.

    Examples
    --------
    >>> from hypothesis import find
    >>> from verification.strategies import nets
    >>> find(nets(2, 3), lambda net: net.params["b1"].all()).params["W2"].shape
    (1, 3)

    """
    hidden = draw(st.sampled_from([1, 2, 3, 5]), label="hidden units")
    net = TwoLayerNet(features, hidden, classes, rng=0)
    for name, param in net.params.items():
        net.params[name] = draw(arrays(param.shape, smallest=-3, largest=largest), label=name)
    return net
