"""`alvh plan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.flags import (
    BlockOption,
    ConfigOption,
    JsonOption,
    LiveOption,
    OwnerOption,
    RpcOption,
    open_book,
    print_json,
    require_one_source,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.cli.plan_ideas import Shown
    from bridge.config import Config
    from bridge.plans.ideas import PlanIdeas
    from bridge.plans.make import Asked, Planned
    from bridge.venues.leg_sizes import LegSize

ChainFileOption = Annotated[
    Path | None, typer.Option("--chain", help="Option chain file instead of the configured one.")
]
SignalsOption = Annotated[
    Path | None, typer.Option("--signals", help="Folder of histories instead of the configured one.")
]
BookOption = Annotated[
    Path | None,
    typer.Option(
        "--book",
        help="TOML file that states a book, planned on --chain alone: a table `position` for each, with base, lower, "
        "upper, value_usd and fee_apr (0.25 is 25 % a year).",
    ),
]
AtOption = Annotated[
    str | None, typer.Option("--at", help="With --book: the newest quotes of the chain file not later than this.")
]
MaxAgeOption = Annotated[
    int | None,
    typer.Option("--max-age", min=1, help="Seconds that quotes may be old; default: options.max_age_seconds."),
]
HoldingsOption = Annotated[
    Path | None,
    typer.Option("--holdings", help="CSV of what is held, instrument,quantity; without it the ledger says it."),
]
NoLedgerOption = Annotated[bool, typer.Option("--no-ledger", help="Plan as if nothing were held.")]
OrdersOption = Annotated[Path | None, typer.Option("--orders", help="Write the ticket here, a CSV file.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="KEY=VALUE of a governed key: what if, beside the governed plan.")
]
ScreensOption = Annotated[
    Path | None, typer.Option("--screens", help="TOML of valuation screens that cap exposure; default: book.screens.")
]
PromoterOption = Annotated[
    bool, typer.Option("--as-promoter", help="Show a yield-chaser's plan beside it: no ticket, not kept, no proposal.")
]
ReportOption = Annotated[Path | None, typer.Option("--report", help="Write the HTML report here.")]


def plan(
    owner: OwnerOption = None,
    rpc: RpcOption = None,
    block: BlockOption = None,
    chain_file: ChainFileOption = None,
    signals: SignalsOption = None,
    book: BookOption = None,
    at: AtOption = None,
    max_age: MaxAgeOption = None,
    live: LiveOption = False,
    holdings: HoldingsOption = None,
    no_ledger: NoLedgerOption = False,
    orders: OrdersOption = None,
    values: SetOption = None,
    screens: ScreensOption = None,
    as_promoter: PromoterOption = False,
    report: ReportOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Say what to buy and sell against the tail of an owner's book, whether at all, and what to change on chain.

    The plan begins with what is held (the ledger of `alvh hedge`, or --holdings) and answers with trades, each for a
    layer: 0 delta, 1 condors, 2 volatility, 3 tail. Of all hedges within the governed budgets it is the one that leaves
    the least mean loss in the worst 5 % of weeks, or the cheapest one that reaches the target.

    The plan is kept under the hash of its inputs; `alvh propose` takes it from there. A plan of a stated book is of no
    chain, is not kept and cannot be proposed.

    Examples: alvh plan --signals .alvh/signals; alvh plan --chain quotes.csv --report plan.html; alvh plan --json;
    alvh plan --live; alvh plan --holdings held.csv --orders orders.csv;
    alvh plan --set costBudgetBps=100 --set targetCvarBps=200;
    alvh plan --book book.toml --chain deribit.parquet --at 2026-03-02T12:00Z --max-age 86400;
    alvh plan --screens screens.toml; alvh plan --as-promoter;
    alvh plan --rpc https://node.example --owner 0xabc... --chain deribit.parquet
    """
    from bridge.cli.live_sizes import read_sizes, size_lines, sizes_json
    from bridge.cli.plan_checks import check_flags, check_own, check_paths, read_values
    from bridge.cli.plan_ideas import plan_json, print_shown

    what_if = read_values(values or [])
    check_flags(book, owner, block, at, bool(what_if and (orders or report)), rpc)
    check_paths(orders, report, [book, chain_file, holdings, screens])
    require_one_source(chain_file, live, book)
    given = (chain_file, signals, max_age, config)
    make, settings = _stated(book, at, *given) if book else _on_chain(owner, rpc, block, *given, live)
    check_own(settings, orders, report, config)
    shown = _planned(make, settings, (holdings, not no_ledger), what_if, screens, as_promoter, keep=not book)
    sizes = None if book else read_sizes(settings.options, shown.planned.plan.trades)
    _write_files(shown.planned, settings, shown.ideas, orders, report, sizes or ())
    if as_json:
        print_json(plan_json(shown) | sizes_json(sizes))
    else:
        print_shown(shown, report, orders, size_lines(sizes or ()))


def _planned(
    make: Callable[[Asked], Planned],
    settings: Config,
    held: tuple[Path | None, bool],
    what_if: dict[str, int],
    screens: Path | None,
    as_promoter: bool,
    keep: bool,
) -> Shown:
    """Make the plan and what is shown beside it, and keep the plan where it is of a chain and of positions.

    `held` : a file of holdings, and whether the ledger is read.
    """
    from bridge.cli.plan_ideas import Shown
    from bridge.plans.ideas import plan_ideas
    from bridge.plans.make import Asked
    from bridge.plans.promoter import promoted
    from bridge.plans.published import keep_plan

    planned = make(asked := Asked(*held))
    ideas = plan_ideas(planned, settings.book, screens)
    other = make(replace(asked, parameters=what_if)) if what_if else None
    chaser = promoted(planned.observation.governed.parameters, make, asked) if as_promoter else None
    kept = keep_plan(planned, settings.state) if keep and not is_empty(planned) else None
    return Shown(planned, kept, ideas, what_if, other, chaser)


def is_empty(planned: Planned) -> bool:
    """Tell whether a plan is of a book without positions, and say so: it is not kept, the newest plan stays."""
    from bridge.units import utc

    if planned.observation.book.positions:
        return False
    words = "no position was read, so the plan is not kept and the newest one stays: check --owner"
    block = planned.observation.block
    when = utc(block.timestamp) if len(planned.observed) > 1 else f"block {block.number}"
    say(f"the book of {planned.observation.owner} is empty at {when}: {words}", stderr=True)
    return True


def _write_files(
    planned: Planned,
    settings: Config,
    ideas: PlanIdeas,
    orders: Path | None,
    report: Path | None,
    sizes: Sequence[LegSize],
) -> None:
    """Write the ticket and the report, each where it is asked for."""
    if orders:
        from bridge.plans.orders import write_orders

        write_orders(orders, planned.plan.trades, planned.record.inputs_hash, sizes)
    if report:
        from bridge.cli.live_sizes import size_lines
        from bridge.plans.ledger_worth import marked_hedge
        from bridge.report.content import report_content
        from bridge.report.html import write_report

        hedge = marked_hedge(planned, settings.capital) if planned.ledger else None
        shown = tuple(size_lines(sizes))
        write_report(report, report_content(planned, "Hedge plan", ideas=ideas, hedge=hedge, shown=shown))


def _stated(
    book: Path, at: str | None, chain_file: Path | None, signals: Path | None, max_age: int | None, config: Path | None
) -> tuple[Callable[[Asked], Planned], Config]:
    """Return what plans a stated book, and the settings."""
    from bridge.config import load_config
    from bridge.plans.make import make_stated_plan
    from bridge.plans.stated_book import read_time

    settings = with_flags(load_config(config), chain_file, signals, max_age)
    time = None if at is None else read_time(at)
    return lambda asked: make_stated_plan(book, settings, time, asked), settings


def _on_chain(
    owner: list[str] | None,
    rpc: str | None,
    block: int | None,
    chain_file: Path | None,
    signals: Path | None,
    max_age: int | None,
    config: Path | None,
    live: bool,
) -> tuple[Callable[[Asked], Planned], Config]:
    """Return what plans the owner's book at one block, and the settings."""
    session = open_book(config, rpc)
    from bridge.cli.book import dust_lines, print_unread
    from bridge.files import require_writable
    from bridge.plans.make import make_plan_at  # only now: a node that does not answer is said at once

    settings = with_flags(session.config, chain_file, signals, max_age, live)
    require_writable(settings.state / "plans" / "newest")
    snapshot, who = session.snapshot(block), session.owner(owner)

    def make(asked: Asked) -> Planned:
        planned = make_plan_at(snapshot, settings, owner=who, asked=asked)
        if not asked.parameters:
            print_unread(planned.observation.unread)
            for line in dust_lines(planned.observation.dust, settings.book.dust_usd):
                say(line, stderr=True)
        return planned

    return make, settings


def with_flags(
    settings: Config, chain_file: Path | None, signals: Path | None, max_age: int | None, live: bool = False
) -> Config:
    """Return the settings with the quotes, the folder of histories and the age that the command line gives."""
    options, histories = settings.live_options() if live else settings.options.reading(chain_file), settings.signals
    if max_age:
        options = options.model_copy(update={"max_age_seconds": max_age})
    return settings.model_copy(
        update={"options": options, "signals": histories.model_copy(update={"folder": signals or histories.folder})}
    )
