"""Code that makes a value or a check again: it gives back the same, digit for digit."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from verification.replay import expression, importing
from verification.strategies import arrays


def test_what_has_a_name_is_imported():
    assert importing(f=np.linalg.norm, gradient=alike) == (
        ["from numpy.linalg import norm", f"from {__name__} import alike"],
        {"f": "norm", "gradient": "alike"},
    )


VALUES = st.recursive(
    st.one_of(
        st.floats(),
        st.complex_numbers(),
        st.floats(width=32).map(np.float32),
        arrays(st.sampled_from([(), (0, 3), (2,), (2, 2)]), dtype=np.float32),
        arrays((2,), dtype=np.complex128),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.tuples(inner), st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(value=VALUES)
@example(value=np.eye(20))
@example(value=-np.zeros(200))
@example(value=np.zeros((12, 12)))
@example(value=np.zeros((0, 3), dtype=np.complex128))
@example(value=np.where(np.arange(200) == 3, np.inf, 0.0))
def test_an_expression_gives_the_value_back_digit_for_digit(value):
    assert alike(eval(expression(value), {"np": np}), value)


def alike(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    a, b = np.asarray(one), np.asarray(other)
    return a.dtype == b.dtype and a.shape == b.shape and repr(a.tolist()) == repr(b.tolist())  # the sign of zero counts
