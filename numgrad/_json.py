"""What JSON can hold."""

import math
from typing import Any

import numpy as np

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """Return lists for arrays and tuples, Python's numbers for NumPy's, and None for NaN and inf.

    >>> plain({"steps": np.array([0.5, np.inf]), "order": np.int64(2)})
    {'steps': [0.5, None], 'order': 2}
    >>> plain(np.array(np.nan)) is None
    True
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
