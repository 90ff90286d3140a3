"""How the code of an example ends: with the check."""

__all__ = ["checked"]

TEMPLATE = """
import numpy as np
from verification import {check}

{code}

print({check}(f, {claim}, {at}))
"""


def checked(code: str, *, check: str = "check_gradient", claim: str = "gradient", at: str = "x") -> str:
    """Return an example in which what ``claim`` names is checked by ``check``, where ``at`` says."""
    return TEMPLATE.format(check=check, code=code.strip(), claim=claim, at=at)
