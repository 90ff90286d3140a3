"""``python -m numgrad``."""

import sys

from numgrad._command_line import run
from numgrad.cli import main

sys.exit(run(main))
