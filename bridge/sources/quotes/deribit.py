"""Option chains as Deribit quotes them now: the rows that `alvh collect` keeps, checked as those of a file are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from bridge.config import LIVE, OptionsConfig
from bridge.errors import BadConfig, BadFile, SourceUnavailable
from bridge.sources.option_chains import QUOTE_SOURCES
from bridge.sources.quotes.files import chain_of, of_venue
from hedge.errors import HedgeError
from hedge.instruments.option_chain import OptionChain
from hedge.ledger.instruments import STABLE
from hedge.market import Provenance

if TYPE_CHECKING:
    from bridge.venues.option_rows import OptionRows

KEPT_SECONDS: Final = 60.0
METHOD: Final = "public/get_book_summary_by_currency"


class DeribitQuotes:
    """The options that the venue lists on the book's assets; an asset that it lists none on has no chain.

    One block has one answer for a minute: a plan and what stands beside it, such as a what-if, rest on the same quotes.
    """

    def __init__(self) -> None:
        self._last: tuple[tuple[object, ...], float, dict[str, OptionChain]] = ((), 0.0, {})

    def read(self, terms: OptionsConfig, spots: Mapping[str, float], observed_at: int) -> dict[str, OptionChain]:
        """Return the chains; see `QuoteSource`."""
        from bridge.venues.clock import SYSTEM
        from bridge.venues.deribit import Deribit
        from bridge.venues.option_rows import Listed, option_rows

        url, linear = terms.source_settings.get("url"), terms.source_settings.get("linear", False)
        if not isinstance(url, str) or not isinstance(linear, bool):
            raise BadConfig("options.source_settings: url is a text, and linear true or false; or set them in [venue]")
        assets = [asset for asset in spots if asset not in STABLE]
        asked = (url, linear, tuple(assets), observed_at)
        if self._last[0] == asked and SYSTEM.now() - self._last[1] < KEPT_SECONDS:
            return self._last[2]
        venue = Deribit(url)
        try:
            found = option_rows(venue, assets, Listed(venue), linear=linear)
        finally:
            venue.close()
        if not found:
            raise SourceUnavailable(venue.place, f"it lists no options on {', '.join(spots)}")
        chains = {each.asset: _chain(venue.place, each) for each in found}
        self._last = (asked, SYSTEM.now(), chains)
        return chains


def _chain(place: str, found: OptionRows) -> OptionChain:
    words = f"{place} {METHOD}, fees {found.rows[0]['fee']:.2%}"
    words += f", {found.words}" if found.words else ""
    rows = of_venue(pd.DataFrame(found.rows))
    try:
        return chain_of(Path(found.asset), found.asset, rows, found.observed_at, Provenance.LIVE, words)
    except BadFile as error:
        raise SourceUnavailable(place, error.reason) from error
    except (HedgeError, ValueError) as error:
        raise SourceUnavailable(place, f"{found.asset}: {error}") from error


QUOTE_SOURCES.register(LIVE, DeribitQuotes())
