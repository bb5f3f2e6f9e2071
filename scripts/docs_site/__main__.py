"""Build the site of the documentation into site/: `make docs`. Nothing that is built asks another host for anything."""

from __future__ import annotations

import sys

from .build import build

if __name__ == "__main__":
    sys.exit(build())
