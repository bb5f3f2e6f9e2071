"""What people see of one look: pure JSON, made once a cycle. Page, metrics and stored looks are this.

A number that is not known is None. Every text of strangers' words is shown through `bridge.foreign`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from bridge.alerts.snapshots import MonitorSnapshot
from bridge.foreign import TEXT, cleaned, foreign
from bridge.monitor.governance_view import ProposalTold, governance_view
from bridge.monitor.payoff import payoff_view
from bridge.plans.ledger_book import Held
from bridge.plans.ranges import range_columns
from hedge.book.exposure import PositionExposure
from hedge.book.positions import Position
from hedge.decision.held import HeldLeg
from hedge.units import DAY, json_number

MOST_POSITIONS: Final = 200
"""Positions that are listed, the most valuable first."""
MOST_UNREAD: Final = 50
TOTALS: Final = ("value_usd", "il_usd", "fees_usd", "fee_usd_per_year", "lvr_usd_per_year")
OF_POOLS: Final = ("value_usd", "delta", "delta_usd", "gamma_usd", "delta_fall_usd", "delta_rise_usd")


def look_view(seen: MonitorSnapshot, chain_id: int, told: Mapping[int, ProposalTold]) -> dict[str, Any]:
    """Return what people see of a look.

    Parameters
    ----------
    chain_id
        Of the block.
    told
        What open proposals do, in words, by their ids.
    """
    assets = _assets(seen)
    content = {
        "chain_id": chain_id,
        "network": seen.network.name if seen.network else None,
        "block": asdict(seen.block),
        "decision": _decision(seen),
        "totals": _totals(seen, assets),
        "untrusted": foreign(seen.untrusted or "", TEXT),
        "assets": assets,
        **_positions(seen),
        "held": _held(seen.held) if seen.held else None,
        "ledger_trouble": foreign(seen.ledger_trouble, TEXT),
        "explained": seen.explained.to_dict() if seen.explained else None,
        "payoff": payoff_view(seen),
        "sources": _sources(seen),
        "chains": [chain.to_dict() for chain in seen.networks],
        **governance_view(seen, told),
    }
    found: dict[str, Any] = cleaned(content)
    return found


def series_of(view: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a view that charts show over time: those that are known, by name."""
    found = {name: view["totals"][name] for name in ("value_usd", "fees_usd", "il_usd", "hedge_value_usd")}
    found["net_delta_usd"] = view["totals"]["net_delta_usd"]
    for row in view["assets"]:
        asset, net = row["asset"], row["net"] or {}
        found |= {f"spot:{asset}": row["spot"], f"delta_usd:{asset}": row["lp"]["delta_usd"]}
        found[f"net_delta_usd:{asset}"] = net.get("delta_usd")
    found |= {f"volatility:{feed['asset']}": feed["volatility"] for feed in view["feeds"]}
    return {name: float(value) for name, value in found.items() if value is not None}


def _decision(seen: MonitorSnapshot) -> dict[str, Any]:
    """Return the plan on record in short: its answer, its reasons, what of its orders is done, and the drift since."""
    record = seen.on_record
    plan = record.plan["decision"] if record else {}
    drift = seen.drift if seen.drift is not None and math.isfinite(seen.drift) else None
    return {
        "answer": plan.get("answer"),
        "plan": record.inputs_hash if record else None,
        "made_at": record.observed_at if record else None,
        "words": [foreign(str(reason), TEXT) for reason in plan.get("reasons", ())][:10],
        "drift": drift,
        "drift_band": seen.drift_band,
        "orders": [order.to_dict() for order in seen.orders],
    }


def _totals(seen: MonitorSnapshot, assets: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Return the book's sums: of the pools, of what is held, and both together."""
    pools = {name: json_number(getattr(seen.exposure, name)) if seen.exposure else None for name in TOTALS}
    worth = math.fsum(each.value_usd for each in seen.held.legs) if seen.held else None
    deltas = [row["net"]["delta_usd"] if row["net"] else row["lp"]["delta_usd"] for row in assets]
    net = math.fsum(deltas) if seen.exposure else None
    return pools | {"hedge_value_usd": worth, "net_delta_usd": net}


def _assets(seen: MonitorSnapshot) -> list[dict[str, Any]]:
    """Return each asset before the hedge, and with it where something is held."""
    greeks = seen.held.greeks if seen.held else {}
    rows = []
    for asset, pools in sorted(seen.exposure.assets.items()) if seen.exposure else ():
        lp = {name: json_number(getattr(pools, name)) for name in OF_POOLS}
        net = {name: json_number(value) for name, value in asdict(greeks[asset]).items()} if asset in greeks else None
        rows.append({"asset": foreign(asset), "spot": pools.spot, "lp": lp, "net": net})
    return rows


def _positions(seen: MonitorSnapshot) -> dict[str, Any]:
    """Return the most valuable positions with their ranges, and what is not in the book."""
    exposures = seen.exposure.positions if seen.exposure else ()
    pairs = sorted(zip(exposures, seen.positions, strict=True), key=lambda pair: -pair[0].value_usd)
    unread = [f"{each.id}: {each.reason}" for each in seen.unread[:MOST_UNREAD]]
    left = len(seen.unread) - len(unread)
    return {
        "positions": [_position(exposure, position) for exposure, position in pairs[:MOST_POSITIONS]],
        "positions_left": max(len(pairs) - MOST_POSITIONS, 0),
        "unread": [foreign(words, TEXT) for words in unread] + ([f"{left} more"] if left else []),
        "dust": {"count": len(seen.dust), "usd": math.fsum(dust.worth_usd for dust in seen.dust)},
    }


def _position(exposure: PositionExposure, position: Position) -> dict[str, Any]:
    names = ("value_usd", "price", "in_range", "il_usd", "fees_usd", "lvr_usd_per_year")
    known = {name: json_number(getattr(exposure, name)) for name in names}
    words = {"id": foreign(exposure.id), "pool": foreign(exposure.pool)}
    return words | known | range_columns(position, exposure.price)


def _held(held: Held) -> dict[str, Any]:
    """Return the legs of the ledger at their marks, what each layer covers, and the margin."""
    covers = [cover.to_dict() for cover in held.covers]
    margin = held.margin._asdict() | {"left_usd": json_number(held.margin_left_usd), "estimate": True}
    return {
        "book": foreign(held.ledger.book),
        "entries": len(held.ledger.fills),
        "later": held.ledger.later,
        "legs": [_leg(each, held.ledger.at) for each in held.legs],
        "covers": covers,
        "margin": margin,
        "unpriced": [foreign(name) for name in held.unpriced],
    }


def _leg(each: HeldLeg, at: int) -> dict[str, Any]:
    days = each.days_left(at)
    return {
        "instrument": foreign(each.leg.label),
        "asset": foreign(each.leg.underlying),
        "layer": each.layer,
        "quantity": each.leg.quantity,
        "mark_usd": each.leg.price,
        "mark_source": str(each.source),
        "marked_at": each.marked_at,
        "value_usd": each.value_usd,
        "days_left": json_number(days),
        "expiry_at": round(at + days * DAY) if math.isfinite(days) else None,
        "naked": each.naked,
        "delta_usd": json_number(each.greeks.delta * each.spot),
    }


def _sources(seen: MonitorSnapshot) -> list[dict[str, Any]]:
    """Return where each price and volatility of the market is from, and of when."""
    market = seen.market
    if market is None:
        return []
    told = (
        ("price in USD", market.spots, f"{market.spot_provenance}: {market.spot_source}"),
        ("volatility", market.vols, f"{market.vol_provenance}: {market.vol_source}"),
    )
    return [
        {
            "name": foreign(f"{asset} {what}"),
            "value": json_number(value),
            "at": market.observed_at,
            "from": foreign(words, TEXT),
        }
        for what, values, words in told
        for asset, value in sorted(values.items())
    ]
