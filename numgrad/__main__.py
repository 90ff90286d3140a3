"""``python -m numgrad``."""

import sys

from numgrad.cli import main

sys.exit(main())
