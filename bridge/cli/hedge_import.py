"""`alvh hedge import`: the fills of a venue's export, or of our own CSV."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import ConfigOption, JsonOption, print_json, say
from bridge.cli.hedge import BookOption, ForceOption, Ledger, PlanOption, app, open_ledger

if TYPE_CHECKING:
    from bridge.ledger.exports import Export
    from bridge.venues.deribit_account import DeribitAccount

BAR_FROM = 5000
"""Fills from which a bar is drawn."""
CARRY_FROM = 1000
"""New fills of an import from which the balance is carried forward."""


@app.command("import")
def import_(
    file: Annotated[
        Path | None, typer.Argument(help="A log or trades of Deribit, or our own CSV.", show_default=False)
    ] = None,
    venue: Annotated[
        str | None, typer.Option("--venue", help="deribit: ask the account of the key, in place of a file.")
    ] = None,
    since: Annotated[str, typer.Option("--since", help="With --venue: first day of its trades.")] = "2021-01-01",
    book: BookOption = None,
    currency: Annotated[
        str | None, typer.Option("--currency", help="Of a file whose rows and name do not say it, as ETH.")
    ] = None,
    index: Annotated[
        Path | None, typer.Option("--index", help="CSV time,price of the currency in USD, where the file has none.")
    ] = None,
    plan: PlanOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and compare; write nothing.")] = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Read a venue's export into the ledger: all of the file, or nothing of it.

    What is known already is not added again, so files may overlap, and one that was cut short is imported again. A
    fill that is there with other numbers stops the import, and so does a price that is more than three times away from
    the one nearest in time, unless --force is given.

    With --venue the account's trades are asked for, kept as a file in the state folder and imported, and what the venue
    holds is compared with the ledger. The key, which need only read, is in ALVH_DERIBIT_KEY and ALVH_DERIBIT_SECRET.

    Examples: alvh hedge import deribit_log.csv; alvh hedge import --venue deribit --since 2026-01-01; alvh hedge import
    trades.csv --book treasury --currency ETH --index eth_usd.csv; alvh hedge import fills.csv --plan 3f2a91c07b5d
    --dry-run
    """
    from bridge.cli.hedge_text import import_lines, told_json
    from bridge.ledger.rows import ImportRecord

    account, file = _asked(file, venue, since, currency, config)
    with open_ledger(config, book) as ledger:
        export = _read(file, ledger.book, currency, index, plan)
        if not force:
            _check_scale(file, ledger, export)
        record = ImportRecord(export.sha256, file.name, export.source, ledger.book, sum(export.left_out.values()))
        with _bar(len(export.fills), as_json) as progress:
            added = ledger.store.append(export.fills, record, dry_run=dry_run, progress=progress)
        if added.new >= CARRY_FROM and not dry_run:
            ledger.store.carry(ledger.book)
        content: dict[str, Any] = {"file": str(file), "source": export.source, "sha256": export.sha256}
        content |= {"book": ledger.book, "new": added.new, "known": added.known, "left_out": dict(export.left_out)}
        content |= {**told_json(added.told), "one_page_of_several": export.more, "written": not dry_run}
        content |= {"differences": _differences(account, ledger)} if account and not dry_run else {}
        _tell(content, [*import_lines(content, added.told, ledger.where), *_difference_lines(content)], as_json)


def _tell(content: dict[str, Any], lines: list[str], as_json: bool) -> None:
    """Print what was imported."""
    if as_json:
        print_json(content)
        return
    for line in lines:
        say(line)


def _asked(
    file: Path | None, venue: str | None, since: str, currency: str | None, config: Path | None
) -> tuple[DeribitAccount | None, Path]:
    """Return the account, if one is asked, and the file to import: the given one, or what the venue answered."""
    from bridge.cli.fetch import read_day
    from bridge.config import load_config
    from bridge.errors import UsageError
    from bridge.ledger.account_trades import keep_trades
    from bridge.ledger.store import now_ms
    from bridge.venues.deribit_account import CURRENCIES, DeribitAccount

    if (file is None) == (venue is None):
        raise UsageError("give a file, or --venue deribit")
    if file is not None:
        return None, file
    if venue != "deribit":
        raise UsageError("--venue: deribit is the one that is known")
    settings, first = load_config(config), read_day(since) * 1000
    account = DeribitAccount(settings.venue.url)
    currencies = (currency.upper(),) if currency else CURRENCIES
    if currencies[0] not in CURRENCIES:
        raise UsageError(f"--currency: with --venue one of {', '.join(CURRENCIES)}")
    return account, keep_trades(account, currencies, (first, now_ms()), settings.state / "venue")


def _differences(account: DeribitAccount, ledger: Ledger) -> list[dict[str, Any]]:
    from bridge.cli.hedge import account_of
    from bridge.ledger.account_trades import differences
    from bridge.ledger.store import now_ms

    positions = account_of(ledger, now_ms()).positions.values()
    ours = {held.instrument: held.quantity for held in positions if held.venue == "deribit" and held.quantity}
    return differences(account.holdings(), ours)


def _check_scale(file: Path, ledger: Ledger, export: Export) -> None:
    """Refuse a file whose prices are far from those known; see `bridge.ledger.scale`."""
    from bridge.errors import BadFile, RefusedAction
    from bridge.ledger.scale import check_fills

    try:
        check_fills(ledger.store, export.fills)
    except RefusedAction as error:
        raise BadFile(file, str(error)) from error


def _read(file: Path, book: str, currency: str | None, index: Path | None, plan: str | None) -> Export:
    """Read the file and its prices; what was typed is checked first."""
    from bridge.errors import UsageError
    from bridge.ledger.exports import read_export
    from bridge.ledger.exports.index import read_index
    from bridge.ledger.exports.row import CURRENCY, NAME
    from bridge.ledger.store import now_ms

    coin = (currency or "").upper()
    if coin and CURRENCY.fullmatch(coin) is None:
        raise UsageError("--currency: write it as ETH, BTC or USDC")
    if plan and NAME.fullmatch(plan) is None:
        raise UsageError("--plan: write the hash of a plan, as `alvh plan --json` says it")
    if index and not coin:
        raise UsageError("--index has prices of one coin: say which by --currency")
    indices = read_index(index, coin, now_ms=now_ms()) if index else None
    return read_export(file, book, now_ms=now_ms(), currency=coin or None, plan=plan or "", indices=indices)


@contextmanager
def _bar(count: int, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """Draw a bar on a terminal while many fills are written."""
    if quiet or count < BAR_FROM or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress

    from bridge.cli.show import console

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("fills", total=count)
        yield lambda done: bar.update(task, completed=done)


def _difference_lines(content: Mapping[str, Any]) -> list[str]:
    """Return what is to be said of the venue's positions beside ours, where they were asked for."""
    if "differences" not in content:
        return []
    why = "its log, which `alvh hedge import` reads too, has deliveries and older trades"
    return [
        f"{each['instrument']}: the venue holds {each['venue']:g}, the ledger {each['ledger']:g}: {why}"
        for each in content["differences"]
    ] or ["the ledger holds what the venue holds"]
