"""`python -m pinnaux` is the command `pinnaux`."""

from __future__ import annotations

import sys

from pinnaux.cli import main

if __name__ == "__main__":
    sys.exit(main())
