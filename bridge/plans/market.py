"""The market of one block or of quotes: prices and volatilities with their sources, and what of them nobody knows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from bridge.adapters.pool_position import Unread
from bridge.config import BookConfig
from bridge.errors import ContractReverted, UntrustedNumber
from bridge.snapshot import Snapshot
from bridge.sources.oracle import feed_of, require_past
from bridge.sources.prices import Prices, asset_pairs, read_prices
from bridge.units import utc, volatility_from_e8
from hedge.errors import HedgeError
from hedge.instruments.option_chain import OptionChain
from hedge.market import Market, Provenance
from hedge.volatility.index import index_from_chain

INDEX_DAYS: Final = 30.0
NO_QUOTES: Final = "no quotes of it: give --chain, or --live for the venue's of now, or set options.file"


class SeenMarket(NamedTuple):
    """A market with the prices behind it, and which prices and volatilities nobody knows, each with its reason."""

    market: Market
    prices: Prices
    unknown: tuple[Unread, ...]


def look_at_market(
    snapshot: Snapshot, terms: BookConfig, chains: Mapping[str, OptionChain] | None = None, prices: Prices | None = None
) -> SeenMarket:
    """Read prices and volatilities; one that nobody knows stops neither the others nor what does not rest on it.

    Parameters
    ----------
    chains
        Quotes by asset, for the volatilities of a book that is only observed on a public network.
    prices
        Where the caller has read them.

    Raises
    ------
    UntrustedNumber
        No price can be believed.
    """
    prices = prices or read_prices(snapshot, terms)
    vols, source, kind, unknown = _volatilities(snapshot, prices, chains or {})
    market = Market(
        observed_at=snapshot.block.timestamp,
        spots=prices.spots,
        vols=vols,
        correlations=dict.fromkeys(asset_pairs(list(prices.spots)), terms.correlation),
        vol_source=f"{source}; correlation configured",
        vol_provenance=kind,
        spot_source=prices.source,
        spot_provenance=prices.provenance,
    )
    silent = [Unread(f"price of {asset}", reason) for asset, reason in sorted(prices.missing.items())]
    return SeenMarket(market, prices, (*silent, *unknown))


def read_market(snapshot: Snapshot, terms: BookConfig) -> Market:
    """Read the market of a deployment for a plan; see `look_at_market`.

    Raises
    ------
    UntrustedNumber
        A volatility feed gives no answer.
    """
    return trusted_market(look_at_market(snapshot, terms), snapshot)


def trusted_market(seen: SeenMarket, snapshot: Snapshot) -> Market:
    """Return what a plan may be made of: a market without volatilities that nobody knows.

    Raises
    ------
    UntrustedNumber
        A volatility feed of the deployment gives no answer.
    """
    if snapshot.network is None and seen.unknown:
        raise UntrustedNumber(seen.unknown[0].reason)
    known = {asset: vol for asset, vol in seen.market.vols.items() if not math.isnan(vol)}
    return replace(seen.market, vols=known)


def _volatilities(
    snapshot: Snapshot, prices: Prices, chains: Mapping[str, OptionChain]
) -> tuple[dict[str, float], str, Provenance, list[Unread]]:
    """Return volatilities by asset, NaN where nobody knows one, where they are from, and the reasons."""
    if snapshot.network is None:
        found, unknown = look_at_volatilities(snapshot)
        return found, f"on-chain feeds at block {snapshot.block.number}", Provenance.ON_CHAIN, unknown
    quoted = {asset: chain_volatility(chain) for asset, chain in chains.items() if asset in prices.spots}
    found = dict.fromkeys(prices.spots, math.nan) | {asset: vol for asset, (vol, _) in quoted.items()}
    unknown = [Unread(f"volatility of {asset}", NO_QUOTES) for asset in sorted(set(found) - set(quoted))]
    kind = shared_provenance(chains[asset].provenance for asset in quoted) if quoted else Provenance.UNSTATED
    return found, "; ".join(f"{asset}: {how}" for asset, (_, how) in quoted.items()) or "no volatility", kind, unknown


def look_at_volatilities(snapshot: Snapshot) -> tuple[dict[str, float], list[Unread]]:
    """Read every feed's fresh answer, as a decimal a year; NaN for one without, and why.

    Raises
    ------
    UntrustedNumber
        A feed is that of another asset.
    """
    found, unknown = dict[str, float](), list[Unread]()
    for asset in sorted(snapshot.deployment.feeds):
        feed = feed_of(snapshot, asset)
        try:
            answer, observed_at = snapshot.read("VolatilityOracle", "latest", at=feed)
            require_past(asset, observed_at, snapshot.block)
            found[asset] = volatility_from_e8(answer)
        except ContractReverted as error:
            why = f"gives no usable answer, {error.words}: have the reporters submit a round"
            found[asset] = math.nan
            unknown.append(Unread(f"volatility of {asset}", f"the {asset} volatility feed {why}"))
    return found, unknown


def read_volatilities(snapshot: Snapshot) -> dict[str, float]:
    """Read every feed's fresh answer, as a decimal a year.

    Raises
    ------
    UntrustedNumber
        A feed has no answer, its answer is stale, or it is the feed of another asset.
    """
    found, unknown = look_at_volatilities(snapshot)
    if unknown:
        raise UntrustedNumber(unknown[0].reason)
    return found


def quoted_market(chains: Mapping[str, OptionChain], correlation: float) -> Market:
    """Return the market that option chains alone tell: their spots, their 30-day indices, one correlation.

    Raises
    ------
    UntrustedNumber
        The quotes of a chain give no volatility.
    """
    told = {asset: chain_volatility(chain) for asset, chain in chains.items()}
    kind = shared_provenance(chain.provenance for chain in chains.values())
    return Market(
        min(chain.observed_at for chain in chains.values()),
        {asset: chain.spot for asset, chain in chains.items()},
        {asset: vol for asset, (vol, _) in told.items()},
        dict.fromkeys(asset_pairs(list(chains)), correlation),
        "; ".join(f"{asset}: {how}" for asset, (_, how) in told.items()) + "; correlation configured",
        kind,
        "spots of the option chains",
        kind,
    )


def shared_provenance(kinds: Iterable[Provenance]) -> Provenance:
    """Return the provenance of numbers that come from several: stated where they differ."""
    found = set(kinds)
    return found.pop() if len(found) == 1 else Provenance.STATED


def chain_volatility(chain: OptionChain) -> tuple[float, str]:
    """Return the 30-day index of a chain; where too little is quoted for it, the mark at the money near 30 days."""
    try:
        return index_from_chain(chain.quotes).vol, f"30-day index of {chain.source}"
    except HedgeError:
        rows = [row for row in chain.rows if math.isfinite(row.vol)]
        if not rows:
            raise UntrustedNumber(
                f"{chain.underlying} quotes of {utc(chain.observed_at)} give no volatility: take a fuller chain"
            ) from None
        near = min(
            rows, key=lambda row: (abs(chain.days_to(row.expiry_at) - INDEX_DAYS), abs(row.strike - row.forward))
        )
        days = chain.days_to(near.expiry_at)
        return near.vol, f"mark at {near.strike:g} over {days:.0f} days of {chain.source}, too little is quoted"
