"""Where the ledger is. Imports no database: a command that finds none must not wait for one to be loaded."""

from __future__ import annotations

import os
from typing import Final

from bridge.config import Config

URL_VARIABLE: Final = "ALVH_LEDGER_URL"
FILE: Final = "alvh.db"


def ledger_address(config: Config) -> str:
    """Return the URL or path of the ledger: of the environment, else of the settings, else in the state folder."""
    return os.environ.get(URL_VARIABLE) or config.ledger.url or str(config.state / FILE)


def ledger_there(config: Config) -> bool:
    """Tell whether there may be a ledger: a file or a link that is there, or any server."""
    address = ledger_address(config)
    try:
        return "://" in address or os.path.lexists(address)  # a link to nothing is refused, not overlooked
    except OSError:
        return True  # a folder that may not be looked into: opening says so
