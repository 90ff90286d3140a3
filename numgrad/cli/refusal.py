"""How a command says that it cannot go on."""

import sys

__all__ = ["refused"]


def refused(error: Exception) -> int:
    """Say what an error says, with its notes, and return the exit code."""
    print("\n".join([f"numgrad: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
    return 1
