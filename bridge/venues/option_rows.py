"""A venue's whole option chain as rows of a chain file: quotes joined with what is listed, one time for all of them.

    listing (once) + summaries (one answer) + index -> rows, and what was left out with its reason

What is listed and not open, has expired, or is of a name that the listing does not know, is left out and counted. The
quotes of an option that is older than a minute are none.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bridge.errors import SourceUnavailable
from bridge.units import utc
from bridge.venues.shapes import MS, Listing, Summary
from hedge.units import DAY

if TYPE_CHECKING:
    from bridge.venues.deribit import Deribit

INVERSE: Final = ("BTC", "ETH")
LINEAR_CURRENCY: Final = "USDC"
MOST_OLD_MS: Final = 60_000
LEAST_SHARE: Final = 0.9
"""Of the open options that are listed, which a whole chain quotes or says to be without quotes."""
LEAST_VOL, MOST_VOL = 0.01, 10.0


@dataclass(frozen=True)
class OptionRows:
    """The options of one asset at one moment.

    Parameters
    ----------
    observed_at
        Unix seconds, the venue's.
    rows
        By option, the columns of a chain file.
    left_out
        How many were left out, by reason.
    """

    asset: str
    observed_at: int
    rows: list[dict[str, Any]]
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def words(self) -> str:
        """Return what was left out, in words; empty where nothing was."""
        return ", ".join(f"{count} {reason}" for reason, count in sorted(self.left_out.items()))


class Listed:
    """What a venue lists, asked for once a day and where it quotes a name that is new since then."""

    def __init__(self, venue: Deribit) -> None:
        self._venue, self._kept = venue, dict[str, _Kept]()

    def of(self, currency: str, names: set[str]) -> tuple[dict[str, Listing], int]:
        """Return the options of a currency by name, and how many of the listing are of a kind that we do not know.

        `names` are those that the venue quotes now.
        """
        kept = self._kept.get(currency)
        if kept is None or self._venue.at_ms - kept.at_ms > DAY * MS or names - kept.listed.keys() - kept.unknown:
            listed, odd = self._venue.instruments(currency)
            kept = _Kept(self._venue.at_ms, listed, odd, names - listed.keys())
            self._kept[currency] = kept
        return kept.listed, kept.odd


class _Kept(NamedTuple):
    """A listing: when it was read, and the names that were quoted then and are not in it."""

    at_ms: int
    listed: dict[str, Listing]
    odd: int
    unknown: set[str]


def option_rows(venue: Deribit, assets: list[str], listed: Listed, *, linear: bool = False) -> list[OptionRows]:
    """Return the chain of each asset that the venue lists options on.

    Parameters
    ----------
    linear
        Take options in USDC of BTC and ETH too, in place of those in coin. Other assets have these alone.

    Raises
    ------
    SourceUnavailable
        The venue does not answer, its quotes are old, or the answer lacks options that are listed.
    """
    currencies: dict[str, list[str]] = {}
    for asset in dict.fromkeys(assets):
        currency = asset if asset in INVERSE and not linear else LINEAR_CURRENCY
        currencies.setdefault(currency, []).append(asset)
    found = []
    for currency, wanted in currencies.items():
        summaries = venue.summaries(currency)
        now_ms = venue.at_ms
        names, odd = listed.of(currency, {each.name for each in summaries})
        for asset in wanted:
            own = {name: each for name, each in names.items() if each.instrument.asset == asset}
            if own:
                found.append(_rows(venue, asset, own, summaries, now_ms, odd))
    return found


def _rows(
    venue: Deribit, asset: str, listed: dict[str, Listing], summaries: list[Summary], now_ms: int, odd: int
) -> OptionRows:
    known = [each for each in summaries if each.name in listed]
    open_now = {name for name, each in listed.items() if each.open and each.instrument.expiry_at * MS > now_ms}
    quoted = [each for each in known if each.name in open_now]
    if not quoted or len(quoted) < LEAST_SHARE * len(open_now):
        raise SourceUnavailable(venue.place, f"{asset}: {len(quoted)} of {len(open_now)} listed options are quoted")
    newest = max(each.at_ms for each in quoted)
    if abs(now_ms - newest) > MOST_OLD_MS:
        raise SourceUnavailable(
            venue.place, f"{asset}: its newest quotes are of {utc(newest // MS)}, and its time is {utc(now_ms // MS)}"
        )
    left_out = Counter({"of a kind that is not read": odd, "not open": len(known) - len(quoted)})
    (index, *others) = {listed[each.name].price_index for each in quoted}
    if others:
        raise SourceUnavailable(venue.place, f"{asset}: its options name two indices")
    spot = venue.index_price(index)
    rows = []
    for each in quoted:
        if math.isnan(each.forward):
            left_out["without a forward"] += 1
            continue
        stale = newest - each.at_ms > MOST_OLD_MS
        left_out["without quotes, as those are old"] += stale
        rows.append(_row(venue, asset, listed[each.name], each, (newest // MS, spot, stale)))
    return OptionRows(asset, newest // MS, rows, +left_out)


def _row(venue: Deribit, asset: str, listing: Listing, quote: Summary, seen: tuple[int, float, bool]) -> dict[str, Any]:
    """Return one row of a chain file; a volatility that is none, as of an option on its last day, is left open."""
    observed_at, spot, stale = seen
    instrument = listing.instrument
    return {
        "underlying": asset,
        "observed_at": observed_at,
        "spot": spot,
        "expiry_at": instrument.expiry_at,
        "strike": float(instrument.strike),
        "type": "C" if instrument.is_call else "P",
        "bid": math.nan if stale else quote.bid,
        "ask": math.nan if stale else quote.ask,
        "currency": "USD" if instrument.linear else "coin",
        "forward": quote.forward,
        "vol": quote.vol if LEAST_VOL <= quote.vol <= MOST_VOL else math.nan,
        "lot": listing.lot,
        "fee": listing.commission,
        "tick": listing.tick_at(quote.mark),
        "venue": venue.name,
        "instrument": quote.name,
        "mark_price": quote.mark,
        "open_interest": quote.open_interest,
        "volume": quote.volume,
    }
