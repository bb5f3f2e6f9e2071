"""A view of one look with a number in every place that is measured, and one that knows nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

NOW = 1_796_000_000
BLOCK_TIME = NOW - 10


def asset(name: str, value: float) -> dict[str, Any]:
    """Return the row of an asset whose positions are worth so much."""
    pools = {"value_usd": value, "delta": 1.0, "delta_usd": value / 2, "gamma_usd": -value / 10}
    net = {"delta": 0.1, "delta_usd": value / 20, "gamma_usd": 5.0, "vega_usd": 30.0, "theta_usd": -7.0}
    return {"asset": name, "spot": 2_000.0, "lp": pools, "net": net}


FULL: dict[str, Any] = {
    "version": "0.1.0", "book": "main", "owner": "0xabc", "chain_id": 8453, "network": "base", "cycle": 12, "at": NOW,
    "interval": 15.0, "trouble": "", "lateness": 0.4, "took": 1.9, "untrusted": "",
    "block": {"number": 140, "hash": "0x1", "timestamp": BLOCK_TIME},
    "decision": {"answer": "hedge", "made_at": NOW - 900, "drift": 0.04, "drift_band": 0.1,
                 "orders": [{"order": 1, "left": 2.0}, {"order": 2, "left": 0.0}]},
    "totals": {"value_usd": 100_000.0, "il_usd": -812.5, "fees_usd": 91.0, "fee_usd_per_year": 9_000.0,
               "lvr_usd_per_year": 7_000.0, "hedge_value_usd": 2_500.0, "net_delta_usd": 5_000.0},
    "assets": [asset("ETH", 100_000.0), asset("BTC", 20_000.0)],
    "positions": [{"id": "uniswap-v3:1", "in_range": True, "to_lower": -0.1, "to_upper": 0.25},
                  {"id": "uniswap-v3:2", "in_range": True, "to_lower": None, "to_upper": 0.3},
                  {"id": "uniswap-v3:3", "in_range": False, "to_lower": 0.05, "to_upper": 0.4}],
    "positions_left": 0, "unread": ["uniswap-v3:9: why"],
    "held": {"legs": [{"instrument": "ETH-27MAR26-1600-P", "days_left": 12.5, "naked": 0.0, "marked_at": NOW - 40},
                      {"instrument": "ETH-PERPETUAL", "days_left": None, "naked": 1.0, "marked_at": NOW - 90}],
             "covers": [{"asset": "ETH", "layer": "tail", "value_usd": 400.0, "cap_usd": 1_000.0, "delta_usd": -300.0,
                         "delta_share": 0.4, "gamma_share": 0.3},
                        {"asset": "ETH", "layer": "delta", "value_usd": 4.0, "cap_usd": 1_000.0, "delta_usd": -3.0,
                         "delta_share": None, "gamma_share": None}],
             "margin": {"initial": 900.0, "maintenance": 600.0, "left_usd": 1_500.0}},
    "explained": {"parts": [{"group": "pools", "name": "price", "usd": -12.0}]},
    "feeds": [{"asset": "ETH", "volatility": 0.62, "answered_at": BLOCK_TIME - 30, "max_age_seconds": 7_200,
               "state": "fresh", "clamped": ["hour"]}],
    "breakers": [{"asset": "ETH", "tripped_at": 0}, {"asset": "BTC", "tripped_at": NOW - 60}],
    "automation": [{"asset": "", "row": 1, "stopped": False, "in_power": True}],
    "parameters": [{"asset": "", "version": 3, "paused": False, "steward_suspended": False}],
    "proposals": [{"id": "1", "state": "active", "ours": True, "next": {"until": BLOCK_TIME + 7_200}},
                  {"id": "2", "state": "executed", "ours": True, "next": {"until": None}},
                  {"id": "3", "state": "queued", "ours": False, "next": {"until": BLOCK_TIME - 5}}],
    "steward_updates": [{"hash": "0x2"}], "safes": [{"role": "guardian", "warnings": ["a", "b"]}],
    "chains": [{"network": "base", "block": 140, "timestamp": BLOCK_TIME, "value_usd": 90_000.0, "trouble": None},
               {"network": "optimism", "block": 0, "timestamp": 0, "value_usd": None, "trouble": "no answer"}],
    "alerts": [{"kind": "drift", "severity": "warning", "acknowledged_at": None, "cleared_at": None},
               {"kind": "drift", "severity": "warning", "acknowledged_at": NOW, "cleared_at": None},
               {"kind": "feed", "severity": "critical", "acknowledged_at": None, "cleared_at": NOW}],
}  # fmt: skip


def without_numbers(view: Any) -> Any:
    """Return a view with its shape, and null in place of every number."""
    if isinstance(view, dict):
        return {name: without_numbers(each) for name, each in view.items()}
    if isinstance(view, list):
        return [without_numbers(each) for each in view]
    return None if isinstance(view, (bool, int, float)) else view


def full() -> dict[str, Any]:
    """Return a view of one's own to change."""
    return deepcopy(FULL)
