"""Views of a monitor as the page's tests show them: one with every field filled, one of which nothing is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

AT = 1_796_000_000
PRICES = [1000.0 + 25.0 * step for step in range(81)]
PROPOSAL = "94837261504938271605948372615049382716059483726150493827160594837261504938271"


def _payoff() -> dict[str, Any]:
    lp = [12_000.0 * (1.0 - math.exp(-(price - 2000.0) / 900.0)) for price in PRICES]
    tail = [max(0.0, 1600.0 - price) * 12.0 - 900.0 for price in PRICES]
    volatility = [abs(price - 2000.0) * 2.0 - 700.0 for price in PRICES]
    layers = {"LP": lp, "tail": tail, "volatility": volatility}
    later = {name: [0.9 * value + 60.0 for value in values] for name, values in layers.items()}
    return {"spot": 2000.0, "prices": PRICES, "now": layers, "horizon": later, "horizon_days": 7}


def _held(at: int) -> dict[str, Any]:
    leg = {
        "instrument": "ETH-27MAR26-1600-P", "asset": "ETH", "layer": "tail", "quantity": 12.5, "mark_usd": 39.5,
        "mark_source": "quote", "marked_at": at - 90, "value_usd": 493.75, "days_left": 12.3, "naked": 0.0,
        "delta_usd": -2150.0,
    }  # fmt: skip
    cover = {
        "asset": "ETH", "layer": "tail", "legs": 2, "value_usd": 493.0, "cap_usd": 800.0, "delta_usd": -2150.0,
        "delta_share": 0.41, "gamma_usd": 830.0, "gamma_share": 0.32,
    }  # fmt: skip
    return {
        "book": "main", "entries": 12, "later": 1,
        "legs": [leg, leg | {"instrument": "ETH-27MAR26-2600-C", "layer": "financing", "quantity": -4.0, "naked": 1.5,
                             "mark_source": "surface", "marked_at": at - 7300, "value_usd": -212.0},
                 leg | {"instrument": "ETH-PERPETUAL", "layer": "delta", "days_left": None, "mark_source": "index"}],
        "covers": [cover, cover | {"layer": "volatility", "value_usd": 960.0, "delta_share": None},
                   cover | {"layer": "delta", "cap_usd": 0.0}],
        "unpriced": ["BTC-26JUN26-90000-C"],
        "margin": {"initial": 1800.0, "maintenance": 1350.0, "left_usd": 4200.0, "estimate": True},
    }  # fmt: skip


def _proposal(at: int) -> dict[str, Any]:
    return {
        "id": PROPOSAL, "short_id": "9483…8271", "title": "Lower the CVaR target", "state": "active", "ours": True,
        "proposer": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "votes_for": "400000.0", "votes_against": "1200.0",
        "votes_abstain": "10.0", "quorum": "500000.0", "vote_start": at - 7200, "deadline": at + 9000, "eta": None,
        "next": {"what": "vote", "who": "voters", "from": at - 7200, "until": at + 9000,
                 "command": f"alvh gov vote {PROPOSAL} for"},
        "changes": [{"what": "targetCvarBps", "before": "300", "after": "250"}],
        "calls": ["HedgeParameters.update(targetCvarBps = 250, ...)"],
        "hashes": {"proposal": "0x" + "ab" * 32, "calldata": "0x" + "cd" * 32, "description": "0x" + "ef" * 32},
    }  # fmt: skip


def an_alert(key: str = "drift:ETH", severity: str = "warning", at: int = AT, **changed: Any) -> dict[str, Any]:
    """Return one alert as a view lists it."""
    return {
        "key": key, "rule": key.partition(":")[0], "kind": "drift", "about": "ETH", "severity": severity, "size": 1.4,
        "text": "ETH tail is 14 % below what the plan holds", "opened_at": at - 600, "seen_at": at, "told_at": at - 600,
        "acknowledged_at": None, "acknowledged_by": "", "silenced_until": 0, "escalated_at": None, "cleared_at": None,
        "who": "treasury", "runbook": "drift", "step": "Make a new plan and trade its ticket.",
    } | changed  # fmt: skip


def _positions() -> list[dict[str, Any]]:
    pool = {
        "id": "uniswap-v3:1", "pool": "ETH/USDC 0.30%", "value_usd": 54_321.0, "price": 2000.0, "in_range": True,
        "lower": 1800.0, "upper": 2500.0, "to_lower": -0.1, "to_upper": 0.25, "il_usd": -812.0, "fees_usd": 1203.0,
        "lvr_usd_per_year": 2900.0, "time_in_range": 0.75,
    }  # fmt: skip
    aside = {"id": "uniswap-v3:2", "pool": "WBTC/ETH 0.05%", "in_range": False, "price": 1700.0, "to_lower": 0.06,
             "il_usd": None, "time_in_range": None}  # fmt: skip
    pair = {"id": "uniswap-v2:0xb4e1", "pool": "ETH/USDC v2"}
    return [pool, pool | aside, pool | pair | dict.fromkeys(("lower", "upper", "to_lower", "to_upper"))]


def _governed(at: int) -> dict[str, Any]:
    return {
        "feeds": [{"asset": "ETH", "round": 41, "volatility": 0.62, "reported": 0.65, "answered_at": at - 1800,
                   "max_age_seconds": 7200, "state": "fresh", "words": "", "clamped": ["hour"]},
                  {"asset": "BTC", "round": 7, "volatility": 0.48, "reported": 0.48, "answered_at": at - 90_000,
                   "max_age_seconds": 7200, "state": "stale", "words": "no report for 25 h", "clamped": []}],
        "breakers": [{"asset": "ETH", "tripped_at": at - 300, "implied": 0.6, "realized": 0.9, "trouble": ""}],
        "automation": [{"asset": "ETH", "row": 1, "next_row": 2, "stopped": False, "in_power": True}],
        "parameters": [{"asset": "", "version": 3, "paused": False, "steward_suspended": True,
                        "values": {"targetCvarBps": 300, "cashBudgetBps": 200, "horizonDays": 7}}],
        "proposals": [_proposal(at), _proposal(at) | {"id": PROPOSAL[::-1], "short_id": "1728…3849", "ours": False,
                      "title": "Pay me", "state": "canceled", "changes": [], "next": {"what": "wait", "who": "nobody",
                      "from": None, "until": None, "command": ""}}],
        "steward_updates": [{"hash": "0x" + "56" * 32, "of": "", "ready_at": at + 3600, "veto_seconds": 86_400,
                             "words": ["volatilityCapBps 300 -> 320"]}],
        "safes": [{"role": "guardian", "address": "0x" + "78" * 20, "words": "2 of 3 owners sign",
                   "warnings": ["an owner has no balance for gas"]}],
    }  # fmt: skip


def full_view(at: int = AT) -> dict[str, Any]:
    """Return a view in which every field says something."""
    greeks = {"delta": 10.25, "delta_usd": 20_500.0, "gamma_usd": -3100.0}
    parts = [("pools", "price", -900.0), ("pools", "impermanent loss", -310.0), ("pools", "fees", 420.0),
             ("pools", "LVR", -150.0), ("hedge", "tail", 660.0), ("hedge", "financing", 80.0),
             ("hedge", "slippage", -22.0), ("hedge", "funding", -9.0), ("moved", "paid in", 0.0)]  # fmt: skip
    return {
        "version": "0.1.0", "book": "main", "owner": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "chain_id": 8453,
        "network": "base", "cycle": 12, "at": at, "interval": 15.0, "trouble": "", "lateness": 0.4, "took": 1.9,
        "caught_up": "from block 100 to 140, 25 min after the last look",
        "block": {"number": 140, "hash": "0x" + "12" * 32, "timestamp": at - 6},
        "decision": {
            "answer": "hedge", "plan": "0x" + "34" * 32, "made_at": at - 10_000, "drift": 0.04, "drift_band": 0.1,
            "words": ["CVaR95 of the book is 5.1 % of its value, above the target of 3.0 %."],
            "orders": [{"order": 1, "instrument": "ETH-27MAR26-1600-P", "side": "buy", "asked": 3.0, "done": 1.0,
                        "left": 2.0, "limit_usd": 40.0, "average_usd": 39.5, "slippage_usd": -1.5}],
        },
        "totals": {"value_usd": 98_765.0, "il_usd": -1234.0, "fees_usd": 2345.0, "fee_usd_per_year": 18_250.0,
                   "lvr_usd_per_year": 12_100.0, "hedge_value_usd": 777.0, "net_delta_usd": 13_579.0},
        "untrusted": "",
        "assets": [{"asset": "ETH", "spot": 2000.0,
                    "lp": greeks | {"value_usd": 98_765.0, "delta_fall_usd": 31_000.0, "delta_rise_usd": 9000.0},
                    "net": greeks | {"delta": 6.79, "vega_usd": 120.0, "theta_usd": -35.0}}],
        "positions": _positions(),
        "positions_left": 3, "unread": ["uniswap-v4:9: no price of FOO"], "dust": {"count": 3, "usd": 12.0},
        "held": _held(at), "ledger_trouble": "",
        "explained": {"since": at - 86_400, "until": at, "profit_usd": sum(usd for *_, usd in parts),
                      "parts": [{"group": group, "name": name, "usd": usd} for group, name, usd in parts]},
        "payoff": {"ETH": _payoff()},
        "sources": [{"name": "ETH price", "value": 2000.0, "at": at - 6, "from": "feed"},
                    {"name": "BTC price", "value": None, "at": None, "from": "venue"}],
        "chains": [{"network": "base", "chain_id": 8453, "block": 140, "timestamp": at - 6, "value_usd": 98_765.0,
                    "last_usd": None, "last_at": None, "trouble": None},
                   {"network": "arbitrum", "chain_id": 42161, "block": 9, "timestamp": at - 900, "value_usd": None,
                    "last_usd": 5.0, "last_at": at - 900, "trouble": "the node does not answer"}],
        "proposals_left": 2, "proposals_trouble": "logs before block 7 are pruned",
        "alerts": [an_alert(at=at), an_alert("breaker:ETH", "critical", at, kind="breaker", text="ETH breaker tripped"),
                   an_alert("roll:ETH", "information", at, acknowledged_at=at - 60, acknowledged_by="ann"),
                   an_alert("lag:base", "warning", at, cleared_at=at - 3600, text="base lagged by 4 min")],
    } | _governed(at)  # fmt: skip


def empty_view(at: int = AT) -> dict[str, Any]:
    """Return a view of an owner who is observed only: nothing held, nothing read, no number known."""
    names = ("value_usd", "il_usd", "fees_usd", "fee_usd_per_year", "lvr_usd_per_year", "hedge_value_usd")
    return full_view(at) | {
        "network": None, "caught_up": "", "totals": dict.fromkeys((*names, "net_delta_usd")),
        "decision": {"answer": None, "plan": None, "made_at": None, "words": [], "drift": None, "drift_band": None,
                     "orders": []},
        "untrusted": "exposure not valued: no price of ETH", "positions_left": 0, "dust": {"count": 0, "usd": 0.0},
        "held": None, "explained": None, "payoff": {}, "unread": [],
    } | {name: [] for name in ("assets", "positions", "feeds", "breakers", "automation", "parameters", "proposals",
                               "steward_updates", "safes", "sources", "chains", "alerts")}  # fmt: skip


def with_texts(value: Any, change: Callable[[str, str], str], path: str = "") -> Any:
    """Return a view with every text of it changed; keys of objects are ours and stay."""
    if isinstance(value, str):
        return change(path, value)
    if isinstance(value, dict):
        return {name: with_texts(each, change, f"{path}.{name}") for name, each in value.items()}
    if isinstance(value, list):
        return [with_texts(each, change, path) for each in value]
    return value


def texts(view: dict[str, Any]) -> list[str]:
    """Return where texts are in a view, each once."""
    found: dict[str, None] = {}
    with_texts(view, lambda path, text: found.setdefault(path) or text)
    return [*found]
