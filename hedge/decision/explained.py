"""Why the book and its hedge are worth more or less than they were: parts that add up to the change, to the cent.

    pools    price (what the amounts of then gained), LVR (as expected), IL beyond it, fees that came to be owed
    hedge    the market, by layer; slippage against the middle of the plan; fees of trading; funding
    moved    liquidity added and taken out: no profit

"Expected LVR" is the pool's loss to arbitrage at the implied volatility of then over the time between; what convexity
really cost is LVR and "IL beyond it" together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from hedge.book.exposure import PositionExposure
from hedge.errors import Untied
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.instruments import read_instrument
from hedge.ledger.results import Account
from hedge.market import USD
from hedge.units import DAY, YEAR_DAYS

CENT: Final = 0.005
"""USD by which the parts and the change may differ."""


class Group(StrEnum):
    """What a part belongs to."""

    POOLS = "pools"
    HEDGE = "hedge"
    MOVED = "moved"


@dataclass(frozen=True)
class Part:
    """Hold one part of a change: what it belongs to, its name, and USD, negative for a loss."""

    group: Group
    name: str
    usd: float


@dataclass(frozen=True)
class PoolNow:
    """Hold one position at one time: what tells whether it is still the same, its units of liquidity, and its exposure.

    Parameters
    ----------
    identity : of pool and range; liquidity : in any unit, NaN where it has none to compare.
    """

    identity: tuple[Any, ...]
    liquidity: float
    exposure: PositionExposure


@dataclass(frozen=True)
class Explained:
    """Hold the parts of a change between two times (unix seconds), and the USD that they add up to."""

    since: int
    until: int
    parts: tuple[Part, ...]

    @property
    def profit_usd(self) -> float:
        """Return the profit: the change without what was moved in or out."""
        return math.fsum(part.usd for part in self.parts if part.group is not Group.MOVED)

    def of(self, group: Group) -> float:
        """Return the sum of a group's parts."""
        return math.fsum(part.usd for part in self.parts if part.group is group)

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        rows = [asdict(part) | {"group": str(part.group)} for part in self.parts]
        return {"since": self.since, "until": self.until, "profit_usd": self.profit_usd, "parts": rows}


def explain_pools(
    before: Mapping[str, PoolNow],
    after: Mapping[str, PoolNow],
    spots_before: Mapping[str, float],
    spots_after: Mapping[str, float],
    seconds: float,
) -> tuple[Part, ...]:
    """Return what changed the value of the pools, fees owed included.

    Parameters
    ----------
    before, after : positions by id. spots_before, spots_after : USD by asset; an asset that has no price at one of the
    times counts as unmoved. seconds : between both.

    Raises
    ------
    Untied : the parts do not add up to the change.
    """
    price = lvr = beyond = fees = moved = 0.0
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old is None or new is None or old.identity != new.identity:
            moved += _worth(new) - _worth(old)
            continue
        share = new.liquidity / old.liquidity if old.liquidity > 0.0 and math.isfinite(new.liquidity) else 1.0
        grown = math.fsum(
            units * (spots_after.get(asset, spots_before[asset]) - spots_before[asset])
            for asset, units in old.exposure.deltas.items()
            if asset != USD and asset in spots_before
        )
        kept = new.exposure.value_usd / share if share > 0.0 else old.exposure.value_usd + grown
        expected = -old.exposure.lvr_usd_per_year * seconds / (YEAR_DAYS * DAY)
        price, lvr, beyond = price + grown, lvr + expected, beyond + kept - old.exposure.value_usd - grown - expected
        fees += new.exposure.fees_usd - old.exposure.fees_usd
        moved += new.exposure.value_usd - kept
    parts = (
        Part(Group.POOLS, "price", price), Part(Group.POOLS, "LVR, as expected", lvr),
        Part(Group.POOLS, "IL beyond it", beyond), Part(Group.POOLS, "fees owed", fees),
        Part(Group.MOVED, "liquidity", moved),
    )  # fmt: skip
    change = math.fsum(map(_worth, after.values())) - math.fsum(map(_worth, before.values()))
    _tie(parts, change)
    return parts


def explain_hedge(
    before: Account,
    after: Account,
    marks_before: Mapping[str, Decimal],
    marks_after: Mapping[str, Decimal],
    layers: Mapping[str, str],
    middles: Mapping[str, float],
) -> tuple[Part, ...]:
    """Return what changed the worth of the hedge: by layer, slippage, fees, funding.

    Parameters
    ----------
    before, after : accounts of the same ledger at both times, both without entries that were taken back since.
    marks_before, marks_after : USD by instrument; what is held without one at one of the times is left out.
    layers : by instrument.
    middles : price in the middle of the plan by instrument, USD; a trade of another one has no slippage that could be
    told from the market.

    Raises
    ------
    Untied : the parts do not add up to the change. KeyError : something that has a mark has no layer.
    """
    then = {(p.book, p.venue, p.instrument): p for p in before.profit(marks_before)}
    slipped = _slippage(after.counted, before, middles)
    market: dict[str, Decimal] = {}
    fees = funding = change = Decimal(0)
    for now in after.profit(marks_after):
        old = then.get((now.book, now.venue, now.instrument))
        if now.total is None or now.unrealised is None or (old is not None and old.total is None):
            continue
        fees += now.fees - (old.fees if old else 0)
        funding += now.funding - (old.funding if old else 0)
        change += now.total - (old.total or 0 if old else 0)
        gain = now.realised + now.unrealised
        if old is not None and old.unrealised is not None:
            gain -= old.realised + old.unrealised
        if now.instrument:
            layer = layers[now.instrument]
            market[layer] = market.get(layer, Decimal(0)) + gain - slipped.get(now.instrument, Decimal(0))
    named = [Part(Group.HEDGE, layer, float(market[layer])) for layer in sorted(market)]
    rest = (("slippage", sum(slipped.values(), Decimal(0))), ("fees of trading", -fees), ("funding", funding))
    parts = (*named, *(Part(Group.HEDGE, name, float(usd)) for name, usd in rest))
    _tie(parts, float(change))
    return parts


def _slippage(fills: Iterable[Fill], before: Account, middles: Mapping[str, float]) -> dict[str, Decimal]:
    """Return what trades since then lost against the middle of the plan, by instrument, USD: negative for a loss."""
    known = {fill.key for fill in before.counted}
    found: dict[str, Decimal] = {}
    for fill in fills:
        if fill.kind is not FillKind.TRADE or fill.key in known or fill.instrument not in middles:
            continue
        traded, middle = read_instrument(fill.instrument), Decimal(middles[fill.instrument])
        if traded.is_option:
            lost = fill.quantity * middle + fill.cash * fill.index
        else:
            units = fill.quantity if traded.linear else fill.quantity / fill.price
            lost = units * (middle - fill.price)
        found[fill.instrument] = found.get(fill.instrument, Decimal(0)) + lost
    return found


def _worth(pool: PoolNow | None) -> float:
    return pool.exposure.value_usd + pool.exposure.fees_usd if pool else 0.0


def _tie(parts: Iterable[Part], change: float) -> None:
    gap = math.fsum(part.usd for part in parts) - change
    if not abs(gap) <= CENT:
        raise Untied(0, gap, CENT)
