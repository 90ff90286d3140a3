"""The snippets of the README for each library, run as they are written."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent.parent / "README.md"


@pytest.fixture
def snippet():
    """Return a function that runs the README's snippet for a library, and returns the names that it defines."""

    def run(library):
        blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
        (block,) = [block for block in blocks if f"# {library}" in block.splitlines()[0]]
        names = {}
        exec(compile(block, f"README.md, {library}", "exec"), names)
        return names

    return run
