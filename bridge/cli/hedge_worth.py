"""`alvh hedge list --returns` and `--plan`: what the hedge is worth and returned; orders of a plan that were done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bridge.cli.flags import print_json

if TYPE_CHECKING:
    from bridge.config import Config
    from bridge.plans.ledger_book import Held, LedgerBook
    from bridge.plans.records import PlanRecord
    from hedge.valuation.hedge_return import HedgeReturn

FLOW_COLUMNS = ("flows", "USD")


def show_returns(
    config: Path | None, book: str | None, at: str | None, quotes: tuple[Path | None, int | None], as_json: bool
) -> None:
    """Show what a book is worth at quotes and what it has returned.

    Parameters
    ----------
    quotes
        The chain file and how old its quotes may be; the settings' where they are None.
    """
    from bridge.config import load_config
    from bridge.plans.ledger_worth import mark_by_file, returns_of

    settings, (file, max_age) = load_config(config), quotes
    if max_age:
        options = settings.options.model_copy(update={"max_age_seconds": max_age})
        settings = settings.model_copy(update={"options": options})
    held = mark_by_file(_book(settings, book, at), settings, file)
    found = returns_of(held, settings.capital)
    if as_json:
        print_json({"held": held.to_dict(), "returns": found.to_dict()})
    else:
        print_returns(held, found)


def print_returns(held: Held, found: HedgeReturn) -> None:
    """Print what is held at its marks, then the return against the cost of capital."""
    from bridge.cli.held_text import print_held
    from bridge.cli.show import console, table, usd
    from bridge.formats import plain
    from bridge.plans.ledger_words import return_lines

    print_held(held)
    out = console()
    out.print()
    rows = [[str(kind), usd(amount)] for kind, amount in found.result.totals.items() if amount]
    out.print(table("Cash flows, in USD", FLOW_COLUMNS, rows))
    for line in map(plain, return_lines(found)):
        out.print(line, markup=False, soft_wrap=True)


def show_orders(config: Path | None, book: str | None, at: str | None, plan: str, as_json: bool) -> None:
    """Show which orders of a plan on record were done, at what slippage, and what is left."""
    from bridge.cli.held_text import print_orders
    from bridge.cli.show import console
    from bridge.config import load_config
    from bridge.plans.orders_done import orders_done

    settings = load_config(config)
    record, ledger = _record(settings, plan), _book(settings, book, at)
    orders = orders_done(record, ledger.fills)
    if as_json:
        print_json({"plan": record.inputs_hash, "book": ledger.book, "orders": [order.to_dict() for order in orders]})
        return
    print_orders(orders, f"Orders of plan {record.inputs_hash[:18]}, by book {ledger.book} of the ledger")
    left = sum(1 for order in orders if order.left)
    console().print(f"{len(orders) - left} of {len(orders)} done, {left} left", markup=False)


def _book(settings: Config, book: str | None, at: str | None) -> LedgerBook:
    """Return a book of the ledger as of a time.

    Raises
    ------
    UsageError
        It holds no fills by then.
    """
    from bridge.errors import UsageError
    from bridge.ledger.hand import asked_time
    from bridge.ledger.store import now_ms
    from bridge.plans.ledger_book import read_ledger

    ledger = read_ledger(settings, (asked_time(at) if at else now_ms()) // 1000, book)
    if ledger is None:
        name = book or settings.ledger.book
        raise UsageError(f"book {name} of the ledger has no fills: `alvh hedge import FILE` brings them")
    return ledger


def _record(settings: Config, plan: str) -> PlanRecord:
    """Return a plan on record by its hash, the beginning of its hash, or as the newest one.

    Raises
    ------
    BadFile
        There is no such plan here.
    UsageError
        Several begin so.
    """
    from bridge.errors import BadFile, UsageError
    from bridge.plans.records import load_record, newest_record

    if plan == "newest":
        try:
            return newest_record(settings.state)
        except BadFile as error:
            raise BadFile(error.path, f"{error.reason}; plans of a stated book (--book) are not kept") from None
    wanted = plan.removeprefix("0x").lower()
    folder = settings.state / "plans"
    found = sorted(folder.glob(f"0x{wanted}*.json")) if wanted.isalnum() else []
    if len(found) > 1:
        raise UsageError(f"--plan {wanted}: {len(found)} plans begin so; give more of the hash")
    if not found:
        raise BadFile(folder, "holds no such plan: give the hash that `alvh plan --json` says, or `newest`")
    return load_record(found[0])
