"""Option chains from whichever source the settings name: `options.source`.

To add a source, write a file that registers a `QuoteSource` in `QUOTE_SOURCES`; docs/extending.md walks through one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from bridge.config import OptionsConfig
from bridge.errors import UntrustedNumber
from bridge.registry import Registry
from bridge.units import utc
from hedge.instruments.option_chain import OptionChain


class QuoteSource(Protocol):
    """Where option quotes come from."""

    def read(self, terms: OptionsConfig, spots: Mapping[str, float], observed_at: int) -> dict[str, OptionChain]:
        """Return a chain by asset, each with its provenance, source and time of observation.

        Parameters
        ----------
        terms
            The settings of `[options]`.
        spots
            USD price by asset, from the chain that the book is on; other assets may be left out.
        observed_at
            Unix seconds of the book's block.

        Raises
        ------
        BridgeError
            The source cannot be used.
        """
        ...


QUOTE_SOURCES: Final[Registry[QuoteSource]] = Registry("source of quotes", "bridge.sources.quotes")


def read_option_chains(terms: OptionsConfig, spots: Mapping[str, float], observed_at: int) -> dict[str, OptionChain]:
    """Return the option chains of the source that the settings name, each of the book's time.

    Parameters: as `QuoteSource.read` takes them.

    Raises
    ------
    BadConfig
        There is no such source.
    BadFile, UntrustedNumber
        The source cannot be used, or its quotes are not of this time.
    """
    chains = QUOTE_SOURCES[terms.source_name].read(terms, spots, observed_at)
    check_age(chains, observed_at, terms.max_age_seconds, "the book's block")
    return chains


def check_age(chains: Mapping[str, OptionChain], at: int, most_seconds: int, what: str) -> None:
    """Check that no chain is of another time.

    Parameters
    ----------
    at, what
        Unix seconds, and what they are the time of.
    most_seconds
        That a chain may be away from it.

    Raises
    ------
    UntrustedNumber
        A chain is too far away.
    """
    for asset, chain in chains.items():
        away = abs(at - chain.observed_at)
        if away > most_seconds:
            raise UntrustedNumber(
                f"{chain.source}: {asset} quotes of {utc(chain.observed_at)} are {away} s away from {what} "
                f"({utc(at)}), at most {most_seconds} s: take fresh quotes, or allow it with --max-age SECONDS "
                "(options.max_age_seconds)"
            )
