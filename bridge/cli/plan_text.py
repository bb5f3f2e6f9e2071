"""What people read of a plan in the terminal: heading, answer, trades, limits, benchmarks, frontier, what if."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.plans.ledger_book import LedgerBook
    from bridge.plans.make import Planned
    from hedge.decision.trades import Trade
    from hedge.decision.update.propose import ProposedUpdate
    from hedge.market import Market

LEG_COLUMNS = ("asset", "layer", "leg", "quantity", "price", "cost USD")
TRADE_COLUMNS = ("do", "instrument", "units", "limit USD", "cash USD", "layer", "why")
LIMIT_COLUMNS = ("limit", "key", "most", "used", "100 USD more take off")
COMPARISON_COLUMNS = ("hedge", "cash", "expected cost in 30 days", "CVaR95", "variance removed")
FRONTIER_COLUMNS = ("budget", "expected cost in 30 days", "cash", "CVaR95")
WHAT_IF_COLUMNS = ("", "as governed", "what if")
GREEK_COLUMNS = ("asset", "book", "delta", "gamma per 1 %", "vega per point", "theta per day")


def print_plan(planned: Planned, sizes: Sequence[str] = ()) -> None:
    """Print the plan as people read it, with the reason of every layer; `sizes` : lines below the ticket."""
    from bridge.cli.show import console

    out = console()
    for line in heading(planned):
        out.print(line, markup=False, soft_wrap=True)
    out.print()
    print_decision(planned, sizes)
    out.print("\n[bold]Why these layers[/bold]")
    for layer in planned.plan.layers:
        out.print(f"  {layer.underlying} {layer.name}: {layer.reason}", markup=False)
    for note in planned.plan.notes:
        out.print(f"  note: {note}", markup=False)


def print_kept(kept: Path | None, report: Path | None, orders: Path | None) -> None:
    """Say where the plan is kept, and what was written."""
    from bridge.cli.show import console

    where = f"kept as {kept}" if kept else "of a stated or empty book: not kept, nothing to propose"
    written = (f", report {report}" if report else "") + (f", orders {orders}" if orders else "")
    console().print(f"\n{where}{written}", markup=False)


def heading(planned: Planned) -> list[str]:
    """Return what a plan is of: owner, block or time of the quotes, positions, prices, and where numbers are from."""
    from bridge.cli.show import number, usd
    from bridge.plans.records import NO_CHAIN
    from bridge.units import utc

    seen, exposure = planned.observation, planned.plan.exposure
    market, block = seen.market, seen.block
    place = f"block {block.number} of chain {planned.record.chain_id}, "
    book = f"of {seen.owner}, {'' if len(planned.observed) > 1 else place}{utc(block.timestamp)}"
    if planned.record.chain_id == NO_CHAIN:
        book = f"{seen.owner}, quotes of {utc(block.timestamp)}"
    count = len(exposure.positions)
    spots = ", ".join(f"{asset} {number(spot, 7)}" for asset, spot in sorted(market.spots.items()))
    quotes = [
        f"{asset} options: {chain.source}, {len(chain.quotes)} quotes of {utc(chain.observed_at)} ({chain.provenance})"
        for asset, chain in sorted(planned.option_chains.items())
    ]
    past = planned.readings.source_words()
    book_held = [held_line(planned.ledger, market)] if planned.ledger else []
    held = [*([f"histories: {past}"] if past else []), *book_held]
    return [
        f"Book {book}: {count} position{'' if count == 1 else 's'}, {usd(exposure.value_usd)} USD",
        *planned.observed,
        f"prices in USD: {spots} ({market.spot_provenance}: {market.spot_source})",
        f"volatility: {market.vol_source} ({market.vol_provenance})",
        *quotes,
        *held,
    ]


def held_line(ledger: LedgerBook, market: Market) -> str:
    """Return what the ledger says is held, in a line."""
    open_legs = [each for each in ledger.account.positions.values() if each.quantity and not each.expired]
    later = f"; {ledger.later} entries of a later time do not count" if ledger.later else ""
    waiting = f"; {len(ledger.account.unsettled)} expired without a delivery price" if ledger.account.unsettled else ""
    without = ledger.account.unpriced(ledger.book, market.spots)
    waiting += f"; not in this plan, without a price here: {', '.join(without)}" if without else ""
    if ledger.account.over_delivered:
        waiting += f"; {len(ledger.account.over_delivered)} delivered more than was held: `alvh hedge list` names them"
    legs = f"{len(open_legs)} instrument{'' if len(open_legs) == 1 else 's'}"
    return f"held: {legs} by book {ledger.book} of the ledger, {len(ledger.fills)} entries{waiting}{later}"


def print_decision(planned: Planned, sizes: Sequence[str] = ()) -> None:
    """Print answer, trades, limits, greeks and tail before and after, cost, and the proposed changes."""
    from rich.markup import escape

    from bridge.cli.show import console, first_lines, table

    out, plan_ = console(), planned.plan
    answer, named = plan_.decision.answer, plan_.decision.headline.removeprefix(plan_.decision.answer)
    reasons = first_lines(plan_.decision.reasons, "more reasons: `--json` has them all")
    out.print(f"[bold]{answer.upper()}[/bold]" + escape(f"{named}: " + "; ".join(reasons)))
    _print_trades(planned, ", if the pool is kept" if answer == "leave the pool" else "")
    for line in sizes:
        out.print(line, markup=False, soft_wrap=True)
    _print_held(planned)
    out.print()
    out.print(table("The book before and after, in USD", GREEK_COLUMNS, _greek_rows(planned), left=2))
    for line in _figures(planned):
        out.print(line, markup=False)
    print_limits(planned)
    print_comparison(planned)
    for asset, update in ({"": plan_.update} | dict(plan_.own_updates)).items():
        _print_update(f"Proposed parameters of {asset}" if asset else "Proposed parameters", update)


def _print_update(title: str, update: ProposedUpdate) -> None:
    """Print what a ledger is asked to change, or why nothing is."""
    from bridge.cli.show import console, table

    out = console()
    rows = [
        [row["name"], str(row["old"]), str(row["new"]), row["unit"], row["reason"]]
        for row in update.to_dict()["changes"]
    ]
    out.print()
    if rows:
        out.print(table(title, ("parameter", "old", "new", "unit", "why"), rows))
    else:
        out.print(f"{title}: none, as {update.reason}", markup=False)


def _print_trades(planned: Planned, when: str) -> None:
    """Print the ticket; `when` : in the title, what it is for."""
    from bridge.cli.show import console, table

    out = console()
    out.print()
    rows = trade_rows(planned.plan.trades)
    out.print(table(f"Trades, at the ask where bought and the bid where sold{when}", TRADE_COLUMNS, rows, left=2))
    if not rows:
        out.print("no trades", markup=False)


def trade_rows(trades: Sequence[Trade]) -> list[list[str]]:
    """Return a row per order of a ticket, units negative where sold."""
    from bridge.cli.show import number, usd

    return [
        [trade.action, trade.instrument, number(trade.quantity if trade.side == "buy" else -trade.quantity, 6),
         number(trade.limit_usd, 6), usd(trade.cash_usd), trade.layer, trade.reason]
        for trade in trades
    ]  # fmt: skip


def _figures(planned: Planned) -> list[str]:
    """Return the tail before and after over both horizons, and what the plan costs."""
    from bridge.cli.show import usd
    from hedge.decision.programme.goal import MONTH

    risk, costs = planned.plan.risk, planned.plan.costs
    spent, in_options = usd(costs["cash_usd"]), usd(costs["premium_usd"])
    once, total = costs["trading_cost_usd"], costs["expected_cost_usd"]
    most = costs["cost_budget_usd"] * risk.horizon_days / MONTH
    return [
        f"CVaR95 over {risk.horizon_days:g} days: unhedged {usd(risk.unhedged)}, as held {usd(risk.held)}, with the "
        f"plan {usd(risk.hedged)} (target {usd(risk.target)})",
        f"over 30 days: unhedged {usd(risk.month_unhedged)}, with the plan left alone {usd(risk.month_hedged)}",
        f"cash {spent}, fees of {usd(costs['fees_usd'])} in it; in options {in_options} of {usd(costs['budget_usd'])}",
        f"expected cost over {risk.horizon_days:g} days {usd(total)} of {usd(most)}: trading {usd(once)} once, decay "
        f"{usd(total - once)}; at that pace {usd(costs['expected_cost_30d_usd'])} in 30 days",
        f"closing it all now would cost about {usd(costs['exit_usd'])}",
    ]


def _print_held(planned: Planned) -> None:
    """Print what is held from then on, where it is not what the trades say already."""
    from bridge.cli.show import console, number, table, usd

    if planned.plan.holdings.empty:
        return
    legs = [
        [layer.underlying, layer.name, leg.label, number(leg.quantity, 6), number(leg.price, 6), usd(leg.cost_usd)]
        for layer in planned.plan.layers
        for leg in layer.legs
    ]
    out = console()
    out.print()
    out.print(table("Held from then on, at the ask where bought and the bid where sold", LEG_COLUMNS, legs, left=3))


def print_limits(planned: Planned) -> None:
    """Print every limit with its use and its price."""
    from bridge.cli.show import console, table, usd

    rows = [
        [limit.name, limit.key, usd(limit.most_usd), usd(limit.used_usd),
         usd(100.0 * limit.price) if limit.price > 0.005 else "-"]
        for limit in planned.plan.limits
    ]  # fmt: skip
    if rows:
        out = console()
        out.print()
        title = "Limits in USD, and what 100 USD more of each would take off CVaR95"
        out.print(table(title, LIMIT_COLUMNS, rows, left=2))
        risk = planned.plan.risk
        if risk.hedged <= risk.target * (1.0 + 1e-6):
            out.print("the target is reached: more of any budget would buy nothing that was asked for", markup=False)


def print_comparison(planned: Planned) -> None:
    """Print the regime and what it leaves of the budgets, the plan beside its benchmarks, and the frontier."""
    from bridge.cli.show import console, percent, table, usd

    out, regime_policy = console(), planned.plan.regime_policy
    out.print(f"regime [bold]{regime_policy.regime.name}[/bold] (score {regime_policy.regime.score:.2f})")
    for line in (*regime_policy.regime.reasons, *regime_policy.reasons[1:]):
        out.print(f"  {line}", markup=False)
    comparison = planned.plan.comparison
    rows = [
        [row.name, usd(row.cash_usd), usd(row.expected_cost_30d_usd), usd(row.cvar_usd),
         percent(row.variance_removed, 0)]
        for row in comparison.alternatives
    ]  # fmt: skip
    if rows:
        out.print()
        out.print(table("The plan beside a delta hedge and the strip, in USD", COMPARISON_COLUMNS, rows))
    points = [
        [usd(point.cost_budget_30d_usd), usd(point.expected_cost_30d_usd), usd(point.cash_usd), usd(point.cvar_usd)]
        for point in comparison.frontier
    ]
    if points:
        out.print()
        title = "Frontier: the least CVaR95 for a budget of expected cost in 30 days, in USD, lots aside"
        out.print(title, markup=False, soft_wrap=True)
        out.print(table("", FRONTIER_COLUMNS, points, left=0))


def print_what_if(planned: Planned, other: Planned, values: dict[str, int]) -> None:
    """Print the governed plan beside one under other values."""
    from bridge.cli.show import console, table, usd

    def column(made: Planned) -> list[str]:
        plan_, costs = made.plan, made.plan.costs
        return [
            counted_against(made), plan_.decision.answer, str(len(plan_.trades)), usd(plan_.risk.hedged),
            usd(plan_.risk.month_hedged), usd(costs["cash_usd"]), usd(costs["expected_cost_30d_usd"]),
        ]  # fmt: skip

    names = (
        "a loss is counted against",
        "answer",
        "trades",
        "CVaR95",
        "CVaR95 over 30 days",
        "cash",
        "expected cost in 30 days",
    )
    rows = [list(row) for row in zip(names, column(planned), column(other), strict=True)]
    out = console()
    out.print()
    title = "What if " + ", ".join(f"{name} = {value}" for name, value in values.items())
    out.print(title, markup=False, soft_wrap=True)
    out.print(table("", WHAT_IF_COLUMNS, rows))
    out.print("  " + "; ".join(other.plan.decision.reasons), markup=False)
    _print_trades(other, ", what if")
    print_limits(other)


def counted_against(made: Planned) -> str:
    """Return what a plan counts losses against: USD, holding, half and half."""
    from hedge.decision.programme.goal import Benchmark

    return list(Benchmark)[int(made.plan.inputs["parameters"][0])].value


def role_labels() -> tuple[str, str]:
    """Return what people call the protection and what finances it."""
    from hedge.instruments.layer import LayerRole
    from hedge.layers.registry import role_label

    return role_label(LayerRole.PROTECTION), role_label(LayerRole.FINANCING)


def _greek_rows(planned: Planned) -> list[list[str]]:
    """Return a row per asset and stage; vega per point of volatility, theta per day."""
    from bridge.cli.show import usd

    protection, financing = role_labels()
    stages = {"unhedged": "LP alone", "protected": f"with {protection}", "hedged": f"with {financing}"}
    return [
        [asset, words, usd(net.delta_usd), usd(net.gamma_usd), usd(net.vega_usd / 100), usd(net.theta_usd / 365)]
        for asset in sorted(planned.plan.greeks["unhedged"])
        for stage, words in stages.items()
        if stage != "hedged" or planned.plan.greeks["hedged"] != planned.plan.greeks["protected"]
        for net in [planned.plan.greeks[stage][asset]]
    ]
