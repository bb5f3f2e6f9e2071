"""`alvh plan` and `alvh propose`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import (
    AgainOption,
    AsOption,
    BlockOption,
    ConfigOption,
    JsonOption,
    KeystoreOption,
    OwnerOption,
    SendOption,
    choose_signer,
    open_session,
    print_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.config import Config
    from bridge.governance.proposals import UpdateDraft
    from bridge.plans.make import Asked, Planned
    from bridge.plans.records import PlanRecord

LEG_COLUMNS = ("asset", "layer", "leg", "quantity", "price", "cost USD")
TRADE_COLUMNS = ("do", "instrument", "units", "limit USD", "cash USD", "layer", "why")
LIMIT_COLUMNS = ("limit", "key", "most", "used", "100 USD more take off")
COMPARISON_COLUMNS = ("hedge", "cash", "expected cost in 30 days", "CVaR95", "variance removed")
FRONTIER_COLUMNS = ("budget", "expected cost in 30 days", "cash", "CVaR95")
WHAT_IF_COLUMNS = ("", "as governed", "what if")
GREEK_COLUMNS = ("asset", "book", "delta", "gamma per 1 %", "vega per point", "theta per day")


ChainFileOption = Annotated[
    Path | None, typer.Option("--chain", help="Option chain file instead of the configured one.")
]
SignalsOption = Annotated[
    Path | None, typer.Option("--signals", help="Folder of histories instead of the configured one.")
]
BookOption = Annotated[
    Path | None, typer.Option("--book", help="File that states a book: planned on --chain alone, without a node.")
]
AtOption = Annotated[
    str | None, typer.Option("--at", help="With --book: the newest quotes of the chain file not later than this.")
]
MaxAgeOption = Annotated[
    int | None,
    typer.Option("--max-age", min=1, help="Seconds that quotes may be old; default: options.max_age_seconds."),
]
HoldingsOption = Annotated[
    Path | None, typer.Option("--holdings", help="CSV of what is held: instrument,quantity. Nothing where left out.")
]
OrdersOption = Annotated[Path | None, typer.Option("--orders", help="Write the ticket here, a CSV file.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="KEY=VALUE of a governed key: what if, beside the governed plan.")
]
ReportOption = Annotated[Path | None, typer.Option("--report", help="Write the HTML report here.")]


def plan(
    owner: OwnerOption = None,
    block: BlockOption = None,
    chain_file: ChainFileOption = None,
    signals: SignalsOption = None,
    book: BookOption = None,
    at: AtOption = None,
    max_age: MaxAgeOption = None,
    holdings: HoldingsOption = None,
    orders: OrdersOption = None,
    values: SetOption = None,
    report: ReportOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Say what to buy and sell against the tail of an owner's book, whether at all, and what to change on chain.

    The plan begins with what is held (--holdings) and answers with trades, each for a layer: 0 delta, 1 condors, 2
    volatility, 3 tail. Of all hedges within the governed budgets it is the one that leaves the least mean loss in the
    worst 5 % of weeks, or the cheapest one that reaches the target.

    The plan is kept under the hash of its inputs; `alvh propose` takes it from there. A plan of a stated book is of no
    chain, is not kept and cannot be proposed.

    Examples: alvh plan --signals .alvh/signals; alvh plan --chain quotes.csv --report plan.html; alvh plan --json;
    alvh plan --holdings held.csv --orders orders.csv; alvh plan --set costBudgetBps=100 --set targetCvarBps=200;
    alvh plan --book book.toml --chain deribit.parquet --at 2026-03-02T12:00Z --max-age 86400
    """
    from bridge.cli.show import console
    from bridge.errors import UsageError
    from bridge.plans.make import Asked

    if book:
        if owner or block is not None:
            raise UsageError("--book states the book: leave --owner and --block out")
        make, state = _stated(book, at, chain_file, signals, max_age, config), None
    else:
        if at:
            raise UsageError("--at goes with --book; a book on chain is read at --block")
        make, state = _on_chain(owner, block, chain_file, signals, max_age, config)
    what_if = read_values(values or [])
    planned = make(Asked(holdings))
    other = make(Asked(holdings, what_if)) if what_if else None
    kept = planned.record.save(state) if state else None
    if orders:
        from bridge.plans.orders import write_orders

        write_orders(orders, planned.plan.trades)
    if report:
        from bridge.report.content import report_content
        from bridge.report.html import write_report

        write_report(report, report_content(planned, "Hedge plan"))
    if as_json:
        content = {**planned.record.__dict__, "file": str(kept) if kept else None}
        print_json(content | ({"what_if": {"values": what_if, "plan": other.record.plan}} if other else {}))
    else:
        print_plan(planned, kept, report)
        if orders:
            console().print(f"orders {orders}: {len(planned.plan.trades)}", markup=False)
        if other:
            print_what_if(planned, other, what_if)


def read_values(texts: list[str]) -> dict[str, int]:
    """Return KEY=VALUE texts as values by name.

    Raises
    ------
    UsageError
        One of them has no `=`, or its value is no whole number.
    """
    from bridge.errors import UsageError

    found: dict[str, int] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        try:
            found[name.strip()] = int(value.replace("_", ""))
        except ValueError:
            raise UsageError(f"--set {text!r}: write KEY=VALUE with a whole number, as costBudgetBps=100") from None
        if not sign:
            raise UsageError(f"--set {text!r}: write KEY=VALUE")
    return found


def _stated(
    book: Path, at: str | None, chain_file: Path | None, signals: Path | None, max_age: int | None, config: Path | None
) -> Callable[[Asked], Planned]:
    """Return what plans a stated book."""
    from bridge.config import load_config
    from bridge.plans.make import make_stated_plan
    from bridge.plans.stated_book import read_time

    settings = _with_flags(load_config(config), chain_file, signals, max_age)
    time = read_time(at) if at else None
    return lambda asked: make_stated_plan(book, settings, time, asked)


def _on_chain(
    owner: str | None,
    block: int | None,
    chain_file: Path | None,
    signals: Path | None,
    max_age: int | None,
    config: Path | None,
) -> tuple[Callable[[Asked], Planned], Path]:
    """Return what plans the owner's book at one block, and where plans are kept."""
    session = open_session(config)
    from bridge.cli.book import print_unread
    from bridge.plans.make import make_plan_at  # only now: a node that does not answer is said at once

    settings = _with_flags(session.config, chain_file, signals, max_age)
    snapshot, who = session.snapshot(block), session.owner(owner)

    def make(asked: Asked) -> Planned:
        planned = make_plan_at(snapshot, settings, owner=who, asked=asked)
        if not asked.parameters:
            print_unread(planned.observation.unread)
        return planned

    return make, settings.state


def _with_flags(settings: Config, chain_file: Path | None, signals: Path | None, max_age: int | None) -> Config:
    """Return the settings with the chain file, the folder of histories and the age that the command line gives."""
    options, histories = settings.options.reading(chain_file), settings.signals
    if max_age:
        options = options.model_copy(update={"max_age_seconds": max_age})
    return settings.model_copy(
        update={"options": options, "signals": histories.model_copy(update={"folder": signals or histories.folder})}
    )


def print_plan(planned: Planned, kept: Path | None, report: Path | None) -> None:
    """Print the plan as people read it, with the reason of every layer and where it is kept."""
    from bridge.cli.show import console

    out = console()
    for line in heading(planned):
        out.print(line, markup=False, soft_wrap=True)
    out.print()
    print_decision(planned)
    out.print("\n[bold]Why these layers[/bold]")
    for layer in planned.plan.layers:
        out.print(f"  {layer.underlying} {layer.name}: {layer.reason}", markup=False)
    for note in planned.plan.notes:
        out.print(f"  note: {note}", markup=False)
    where = f"kept as {kept}" if kept else "of a stated book: not kept, nothing to propose"
    out.print(f"\n{where}" + (f", report {report}" if report else ""), markup=False)


def heading(planned: Planned) -> list[str]:
    """Return what a plan is of: owner, block or time of the quotes, positions, prices, and where numbers are from."""
    from bridge.cli.show import number, usd
    from bridge.plans.records import NO_CHAIN
    from bridge.units import utc

    seen, exposure = planned.observation, planned.plan.exposure
    market, block = seen.market, seen.block
    book = f"of {seen.owner}, block {block.number} of chain {planned.record.chain_id}, {utc(block.timestamp)}"
    if planned.record.chain_id == NO_CHAIN:
        book = f"{seen.owner}, quotes of {utc(block.timestamp)}"
    count = len(exposure.positions)
    spots = ", ".join(f"{asset} {number(spot, 7)}" for asset, spot in sorted(market.spots.items()))
    quotes = [
        f"{asset} options: {chain.source}, {utc(chain.observed_at)} ({chain.provenance})"
        for asset, chain in sorted(planned.option_chains.items())
    ]
    return [
        f"Book {book}: {count} position{'' if count == 1 else 's'}, {usd(exposure.value_usd)} USD",
        f"prices in USD: {spots} ({market.spot_provenance}: {market.spot_source})",
        f"volatility: {market.vol_source} ({market.vol_provenance})",
        *quotes,
    ]


def print_decision(planned: Planned) -> None:
    """Print answer, trades, limits, greeks and tail before and after, cost, and the proposed changes."""
    from rich.markup import escape

    from bridge.cli.show import console, number, table, usd

    out, plan_ = console(), planned.plan
    answer, named = plan_.decision.answer, plan_.decision.headline.removeprefix(plan_.decision.answer)
    out.print(f"[bold]{answer.upper()}[/bold]" + escape(f"{named}: " + "; ".join(plan_.decision.reasons)))
    out.print()
    rows = [
        [trade.action, trade.instrument, number(trade.quantity if trade.side == "buy" else -trade.quantity, 6),
         number(trade.limit_usd, 6), usd(trade.cash_usd), trade.layer, trade.reason]
        for trade in plan_.trades
    ]  # fmt: skip
    kept = ", if the pool is kept" if answer == "leave the pool" else ""
    out.print(table(f"Trades, at the ask where bought and the bid where sold{kept}", TRADE_COLUMNS, rows, left=2))
    if not rows:
        out.print("no trades", markup=False)
    _print_held(planned)
    out.print()
    out.print(table("The book before and after, in USD", GREEK_COLUMNS, _greek_rows(planned), left=2))
    out.print("\n".join(_figures(planned)), markup=False, soft_wrap=True)
    print_limits(planned)
    print_comparison(planned)
    changes = [
        [row["name"], str(row["old"]), str(row["new"]), row["unit"], row["reason"]]
        for row in plan_.update.to_dict()["changes"]
    ]
    out.print()
    if changes:
        out.print(table("Proposed parameters", ("parameter", "old", "new", "unit", "why"), changes))
    else:
        out.print(f"Proposed parameters: none, as {plan_.update.reason}", markup=False)


def _figures(planned: Planned) -> list[str]:
    """Return the tail before and after over both horizons, and what the plan costs."""
    from bridge.cli.show import usd

    risk, costs = planned.plan.risk, planned.plan.costs
    spent, in_options = usd(costs["cash_usd"]), usd(costs["premium_usd"])
    expected, most = usd(costs["expected_cost_30d_usd"]), usd(costs["cost_budget_usd"])
    return [
        f"CVaR95 over {risk.horizon_days:g} days: unhedged {usd(risk.unhedged)}, as held {usd(risk.held)}, with the "
        f"plan {usd(risk.hedged)} (target {usd(risk.target)})",
        f"over 30 days: unhedged {usd(risk.month_unhedged)}, with the plan left alone {usd(risk.month_hedged)}",
        f"cash {spent}, fees of {usd(costs['fees_usd'])} in it; in options {in_options} of {usd(costs['budget_usd'])}",
        f"expected cost in 30 days {expected} of {most}; closing it all now would cost about {usd(costs['exit_usd'])}",
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
        out.print(
            table("Limits in USD, and what 100 USD more of each would take off CVaR95", LIMIT_COLUMNS, rows, left=2)
        )


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
        out.print(table(title, FRONTIER_COLUMNS, points, left=0))


def print_what_if(planned: Planned, other: Planned, values: dict[str, int]) -> None:
    """Print the governed plan beside one under other values."""
    from bridge.cli.show import console, table, usd

    def column(made: Planned) -> list[str]:
        plan_, costs = made.plan, made.plan.costs
        return [
            plan_.decision.answer, str(len(plan_.trades)), usd(plan_.risk.hedged), usd(plan_.risk.month_hedged),
            usd(costs["cash_usd"]), usd(costs["expected_cost_30d_usd"]),
        ]  # fmt: skip

    names = ("answer", "trades", "CVaR95", "CVaR95 over 30 days", "cash", "expected cost in 30 days")
    rows = [list(row) for row in zip(names, column(planned), column(other), strict=True)]
    out = console()
    out.print()
    title = "What if " + ", ".join(f"{name} = {value}" for name, value in values.items())
    out.print(table(title, WHAT_IF_COLUMNS, rows))
    out.print("  " + "; ".join(other.plan.decision.reasons), markup=False)


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
        for net in [planned.plan.greeks[stage][asset]]
    ]


def propose(
    plan_file: Annotated[Path | None, typer.Option("--plan", help="Plan to propose; default: the newest one.")] = None,
    send: SendOption = False,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    proposer: Annotated[
        str | None, typer.Option("--proposer", help="Address that would propose, for a dry run without a key.")
    ] = None,
    again: AgainOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Turn a plan into a governor proposal: preflight by the contract's own rules, difference, then dry run or send.

    Running it again finds the proposal that is already there. One that was cancelled or defeated stays so: make a new
    plan, or bring the same once more with --again.

    Examples: alvh propose --as operator; alvh propose --as operator --send
    """
    from bridge.governance.proposals import draft_proposal, note_proposal, send_proposal
    from bridge.plans.records import load_record, newest_record

    session = open_session(config)
    record = load_record(plan_file) if plan_file else newest_record(session.config.state)
    signer = None if proposer and not send else choose_signer(session, role, keystore)
    address = signer.address if signer else str(proposer)
    life = session.config.governance.update_life_seconds
    snapshot = session.snapshot()
    draft = draft_proposal(snapshot, record, life, address, again)
    sent = send_proposal(snapshot, signer, draft) if send and signer else False
    if send and signer:
        note_proposal(session.chain, draft, signer.address, session.config.state)
    if as_json:
        print_json(_draft_json(record, draft, sent))
    else:
        _print_draft(record, draft, sent)


def _draft_json(record: PlanRecord, draft: UpdateDraft, sent: bool) -> dict[str, Any]:
    return {
        "proposal": str(draft.id),
        "state": draft.state,
        "existed": draft.state is not None,
        "sent": sent,
        "inputs_hash": record.inputs_hash,
        "changes": record.plan["update"]["changes"],
        "expiry": draft.update.expiry,
        "executable_at": draft.executable_at,
        "attempt": draft.attempt,
        "postconditions": list(draft.postconditions),
        "description": draft.action.description,
        "calldata": ["0x" + call.hex() for call in draft.action.calldatas],
        "targets": list(draft.action.targets),
    }


def _print_draft(record: PlanRecord, draft: UpdateDraft, sent: bool) -> None:
    from bridge.cli.drafts import print_draft
    from bridge.cli.show import console, table
    from bridge.units import utc

    out = console()
    rows = [
        [row["name"], str(row["old"]), str(row["new"]), row["unit"], row["reason"], row["effect"]]
        for row in record.plan["update"]["changes"]
    ]
    out.print(table("Difference", ("parameter", "old", "new", "unit", "why", "effect"), rows))
    out.print(f"\nexpires {utc(draft.update.expiry)}")
    print_draft(draft, sent)
