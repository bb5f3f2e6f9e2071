"""Why pools and hedge changed since a plan on record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from bridge.plans.ledger_book import Held, by_day, instrument_marks
from bridge.plans.records import PlanRecord
from hedge.book.exposure import BookExposure, PositionExposure
from hedge.book.positions import Position
from hedge.decision.explained import Explained, Part, PoolNow, explain_hedge, explain_pools
from hedge.decision.held import HeldLeg, held_legs
from hedge.instruments.contract import Contract
from hedge.instruments.index_listing import read_leg
from hedge.instruments.leg import Leg
from hedge.ledger.instruments import read_instrument
from hedge.market import Market
from hedge.policy.parameters import Parameters

OF_NOW: Final = frozenset({"held_base", "held_quote", "held", "fees_base", "fees_quote", "fees", "fee_apr", "active"})
"""What a position says of its deposit and its fees: it may change while pool and range stay."""
LIQUIDITY: Final = ("liquidity", "invariant")


def explain_since(
    record: PlanRecord, positions: Iterable[Position], exposure: BookExposure, market: Market, held: Held | None
) -> Explained | None:
    """Return the parts of the change since a plan; None where it lies in the future or has no position or price.

    Parameters
    ----------
    positions, exposure, market
        The pools of now.
    held
        The ledger's book of now; without one the hedge has no part.

    Raises
    ------
    Untied
        The parts do not add up.
    """
    inputs, seconds = record.plan["inputs"], market.observed_at - record.observed_at
    if seconds < 0:
        return None
    before = market_of(inputs["market"])
    pools = explain_pools(_recorded(record), _now(positions, exposure), before.spots, market.spots, float(seconds))
    hedge = _hedge(record, before, held) if held else ()
    return Explained(record.observed_at, market.observed_at, (*pools, *hedge))


def market_of(content: Mapping[str, Any]) -> Market:
    """Return the market that a plan's inputs hold."""
    correlations = {tuple(pair.split("/")): value for pair, value in content["correlations"].items()}
    return Market(int(content["observed_at"]), content["spots"], content["vols"], correlations)


def _hedge(record: PlanRecord, before: Market, held: Held) -> tuple[Part, ...]:
    """Return the parts of the hedge; legs of then stand at the plan's value, or at what it closed them for."""
    earlier = held.ledger.account_at(record.observed_at)
    middles = _middles(record, before)
    closing = {
        by_day(read_instrument(trade["instrument"]).contract): float(trade["limit_usd"])
        for trade in record.plan["trades"]
        if trade["layer"] != "delta"
    }
    inputs = record.plan["inputs"]
    parameters = Parameters.from_values(inputs["parameters"])
    own = {asset: Parameters.from_values(apart["parameters"]) for asset, apart in inputs.get("own", {}).items()}
    legs = held_legs(earlier.holdings(held.ledger.book, before.spots), before, {}, parameters, own)
    known = closing | middles
    legs = tuple(_at(held_leg, known.get(by_day(Contract.of(held_leg.leg)))) for held_leg in legs)
    marks = instrument_marks(earlier, legs, before)
    named = _by_name(held, middles, before.spots)
    return explain_hedge(earlier, held.ledger.account, marks, held.marks, held.layers(), named)


def _at(held: HeldLeg, price: float | None) -> HeldLeg:
    return held if price is None else replace(held, leg=replace(held.leg, price=price))


def _middles(record: PlanRecord, before: Market) -> dict[Contract, float]:
    """Return the value of one unit of every option of the plan, USD, at its own volatility then."""
    found: dict[Contract, float] = {}
    for layer in record.plan["layers"]:
        for content in layer["legs"]:
            leg = read_leg(content)
            if type(leg) is Leg and leg.quantity:
                found[by_day(Contract.of(leg))] = float(leg.value(before.spot(leg.underlying))) / leg.quantity
    return found


def _by_name(held: Held, middles: Mapping[Contract, float], spots: Mapping[str, float]) -> dict[str, float]:
    """Return the middle of all that the ledger knows, by the venue's name: of a future the price of its asset."""
    found: dict[str, float] = {}
    for position in held.ledger.account.positions.values():
        traded = position.traded
        if traded is None:
            continue
        middle = middles.get(by_day(traded.contract)) if traded.is_option else spots.get(traded.asset)
        if middle is not None:
            found[traded.name] = middle
    return found


def _recorded(record: PlanRecord) -> dict[str, PoolNow]:
    exposures = {row["id"]: row for row in record.plan["exposure"]["positions"]}
    return {
        content["id"]: _pool(content, _exposure(exposures[content["id"]])) for content in record.plan["inputs"]["book"]
    }


def _now(positions: Iterable[Position], exposure: BookExposure) -> dict[str, PoolNow]:
    exposures = {each.id: each for each in exposure.positions}
    return {position.id: _pool(position.to_dict(), exposures[position.id]) for position in positions}


def _pool(content: Mapping[str, Any], exposure: PositionExposure) -> PoolNow:
    """Return a position as it can be compared: the same pool and range, and its liquidity."""
    fixed = {name: value for name, value in content.items() if name not in OF_NOW and name not in LIQUIDITY}
    liquidity = next((float(content[name]) for name in LIQUIDITY if content.get(name) is not None), math.nan)
    return PoolNow(tuple(sorted((name, str(value)) for name, value in fixed.items())), liquidity, exposure)


def _exposure(row: Mapping[str, Any]) -> PositionExposure:
    """Return a recorded exposure; what was unknown is NaN. Gammas are not asked for."""
    unknown: dict[str, Any] = {name: math.nan if value is None else value for name, value in row.items()}
    return PositionExposure(**(unknown | {"gammas": {}, "delta_moves": {}}))
