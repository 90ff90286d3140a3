"""A minimal example of each failure mode, as code that can be pasted, and what a check says of it."""

from verification.examples.explanation import EXAMPLES, explain, output_of

__all__ = ["EXAMPLES", "explain", "output_of"]
