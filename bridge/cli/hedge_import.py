"""`alvh hedge import`: the fills of a venue's export, or of our own CSV."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import ConfigOption, JsonOption, print_json, say
from bridge.cli.hedge import BookOption, ForceOption, Ledger, PlanOption, app, open_ledger

if TYPE_CHECKING:
    from bridge.ledger.exports import Export

BAR_FROM = 5000
"""Fills from which a bar is drawn."""
CARRY_FROM = 1000
"""New fills of an import from which the balance is carried forward."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A log or trades of Deribit, or our own CSV.", show_default=False)],
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

    Examples: alvh hedge import deribit_log.csv; alvh hedge import trades.csv --book treasury --currency ETH --index
    eth_usd.csv; alvh hedge import fills.csv --plan 3f2a91c07b5d --dry-run
    """
    from bridge.cli.hedge_text import import_lines, told_json
    from bridge.ledger.rows import ImportRecord

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
        if as_json:
            print_json(content)
        else:
            for line in import_lines(content, added.told, ledger.where):
                say(line)


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
