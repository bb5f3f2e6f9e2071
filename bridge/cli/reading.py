"""What a terminal shows while a node is slow to give its events: how far the reading is, and then nothing of it."""

from __future__ import annotations

import sys
from typing import Final

from bridge.chain.logs import Told
from bridge.foreign import foreign

CLEAR: Final = "\r\x1b[K"


def reading_shown() -> Told | None:
    """Return what shows a reading's name and the share of it that is done; None where nobody watches a terminal."""
    stream = sys.stderr
    if not stream.isatty():
        return None

    def show(action: str, share: float) -> None:
        stream.write(CLEAR + (f"{foreign(action)}: {share:.1%}" if share < 1 else ""))
        stream.flush()

    return show
