"""Histories of the signals from whichever source the settings name: `signals.source`.

To add a source, write a file that registers a `HistorySource` in `HISTORY_SOURCES`; docs/extending.md walks
through one.
"""

from __future__ import annotations

from typing import Final, Protocol

from bridge.config import SignalsConfig
from bridge.registry import Registry
from hedge.signals.histories import Histories


class HistorySource(Protocol):
    """Where the histories of the signals come from."""

    def read(self, terms: SignalsConfig, latest: int) -> Histories:
        """Return every table that the source has, with its provenance and origin.

        Parameters
        ----------
        terms
            The settings of `[signals]`.
        latest
            Unix seconds of now, or of the plan where that is later: a row known after it is refused.

        Raises
        ------
        BridgeError
            A table cannot be used.
        """
        ...


HISTORY_SOURCES: Final[Registry[HistorySource]] = Registry("source of histories", "bridge.sources.histories")


def read_histories(terms: SignalsConfig, latest: int) -> Histories:
    """Return the histories of the source that the settings name.

    Raises
    ------
    BadConfig
        There is no such source.
    BadFile
        A history cannot be used.
    """
    return HISTORY_SOURCES[terms.source].read(terms, latest)
