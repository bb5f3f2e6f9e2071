"""What the ledger's hedge has come to, in lines of words: for the terminal and the page."""

from __future__ import annotations

import math

from bridge.formats import number, percent
from bridge.plans.ledger_book import Held
from hedge.valuation.hedge_return import HedgeReturn


def held_lines(held: Held) -> list[str]:
    """Return profit, margin and what is wrong in lines of words."""
    known = [profit for profit in held.profit if profit.total is not None]
    names = ("realised", "unrealised", "fees", "funding", "total")
    sums = {name: float(sum(getattr(profit, name) for profit in known)) for name in names}
    lines = [
        f"profit since the first entry {number(sums['total'])} USD: realised {number(sums['realised'])}, unrealised "
        f"{number(sums['unrealised'])}, fees {number(-sums['fees'])}, funding {number(sums['funding'])}"
    ]
    if held.margin.initial:
        left = "" if math.isnan(held.margin_left_usd) else f", {number(held.margin_left_usd)} beyond the second"
        rule = "margin by the venue's rules for single legs, an estimate: "
        lines.append(f"{rule}{number(held.margin.initial)} to open, {number(held.margin.maintenance)} to keep{left}")
    for position in held.ledger.account.unsettled:
        text = "has expired and has no delivery price; it is marked at the price of now"
        lines.append(f"not settled: {position.instrument} {text}")
    if held.unpriced:
        lines.append(f"without a price here, and in none of these numbers: {', '.join(held.unpriced)}")
    if held.ledger.later:
        lines.append(f"{held.ledger.later} entries of the ledger are of a later time and do not count")
    return lines


def return_lines(found: HedgeReturn) -> list[str]:
    """Return the return, what it is measured against, and whether the hedge may borrow, in words."""
    result = found.result
    rates = ", ".join(percent(rate, 2) for rate in result.rates)
    irr = "none" if math.isnan(result.rate) else percent(result.rate, 2)
    several = (
        f"; {len(result.rates)} rates fit ({rates}), so the net present value decides" if len(result.rates) > 1 else ""
    )
    wacc = "unknown: set own_cost (and margin_cost, borrowed_cost) of [capital] in alvh.toml"
    lines = [
        f"IRR {irr} a year over {result.days} days{several}; net {number(result.net_usd)} USD on at most "
        f"{number(result.invested_usd)} USD out of pocket",
        f"margin that it tied up, an estimate: at most {number(found.margin_usd)} USD",
        f"WACC {wacc if math.isnan(found.wacc) else percent(found.wacc, 2)}",
    ]
    if not math.isnan(found.wacc):
        lines.append(f"net present value at it {number(result.npv_usd)} USD")
    if not math.isnan(found.levered):
        lines.append(f"with what is borrowed, own capital and margin return {percent(found.levered, 2)} a year")
    return [*lines, f"leverage {found.leverage.reason}"]
