"""What `alvh oracle quote` shows: the index of each asset by both methods, beside what others published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bridge.cli.flags import print_json, say
from bridge.cli.show import console, percent, table
from bridge.sources.quoted_index import Close, Published, QuotedIndex
from bridge.units import utc, volatility_to_e8
from hedge.instruments.option_chain import OptionChain

COLUMNS: Final = ("asset", "Cboe", "dense", "feed takes", "published", "source")


def print_indices(chains: Mapping[str, OptionChain], found: Mapping[str, QuotedIndex], published: Published) -> None:
    """Print a row per asset, then a line for each number that is not there."""
    rows = [
        [
            asset,
            percent(index.by("cboe"), 2),
            percent(index.by("dense"), 2),
            index.taken,
            _close(published.closes.get(asset)),
            f"{chains[asset].source} ({chains[asset].provenance})",
        ]
        for asset, index in found.items()
    ]
    console().print(table("30-day implied volatility index", COLUMNS, rows, left=len(COLUMNS)))
    for asset, index in found.items():
        if index.lacking:
            say(f"{asset}: no index by {index.lacking}")
    if published.lacking:
        say(f"no published index: {published.lacking}")


def print_indices_json(
    chains: Mapping[str, OptionChain], found: Mapping[str, QuotedIndex], published: Published, at: int
) -> None:
    """Print the same as JSON; volatility is the number that the feed takes."""
    print_json(
        [
            {
                "asset": asset,
                "volatility": index.volatility,
                "volatility_e8": volatility_to_e8(index.volatility),
                "method": index.taken,
                "cboe": index.by("cboe"),
                "dense": index.by("dense"),
                "lacking": index.lacking,
                "published": close._asdict() if (close := published.closes.get(asset)) else None,
                "observed_at": at,
                "source": chains[asset].source,
                "provenance": str(chains[asset].provenance),
            }
            for asset, index in found.items()
        ]
    )


def _close(close: Close | None) -> str:
    return f"{percent(close.volatility, 2)} ({utc(close.known_at)})" if close else "-"
