"""``python -m verification``."""

import sys

from numgrad._command_line import run
from verification.cli import main

sys.exit(run(main))
