"""`alvh db`: the database of the ledger and the monitor: what is in it, copies of it, and what is thinned by age."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import ConfigOption, JsonOption, print_json, say

if TYPE_CHECKING:
    from bridge.config import Config
    from bridge.monitor.store import MonitorStore
    from bridge.monitor.upkeep import Checked

app = typer.Typer(
    no_args_is_help=True,
    help="The database of the ledger and the monitor: check it, copy it, export it, thin it by age.",
)
MIB = 1 << 20


@contextmanager
def _opened(config: Path | None) -> Iterator[tuple[MonitorStore, Config]]:
    """Open the database of the settings, which must be there."""
    from bridge.config import load_config
    from bridge.errors import UsageError
    from bridge.ledger.place import ledger_address, ledger_there
    from bridge.monitor.store import MonitorStore

    settings = load_config(config)
    if not ledger_there(settings):
        where = ledger_address(settings)
        raise UsageError(f"there is no database at {where} yet: `alvh hedge import` and `alvh watch --serve` make it")
    with MonitorStore(ledger_address(settings)) as store:
        yield store, settings


@app.command()
def check(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Say what is in the database, and whether it is sound. Exit code 1 if it is not.

    SQLite reads all of it; a server checks by itself.

    Examples: alvh db check; alvh db check --json
    """
    from dataclasses import asdict

    from bridge.monitor.upkeep import check as looked_through

    with _opened(config) as (store, _):
        found = looked_through(store)
    if as_json:
        print_json(asdict(found))
    else:
        _print_checked(found)
    if found.faults:
        raise typer.Exit(1)


def _print_checked(found: Checked) -> None:
    from bridge.cli.show import console, table
    from bridge.units import utc

    say(f"{found.where}: version {found.version}, {found.size_bytes / MIB:,.1f} MiB")
    for fault in found.faults:
        say(f"not sound: {fault}")
    if not found.faults and "://" not in found.where:
        say("sound: the database's own check found nothing")
    console().print(table("", ("table", "rows"), [[name, f"{count:,}"] for name, count in found.rows.items()]))
    for look in found.last_looks:
        say(f"last look at {look.book}: {utc(look.at)}, block {look.block_number:,} of chain {look.chain_id}")
    told = ", ".join(f"{count:,} {state}" for state, count in found.notices.items())
    say(f"alerts that stand: {found.open_alerts:,}; notices: {told}")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="New file of the copy.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Copy the SQLite database into one new file, while a monitor runs. For PostgreSQL it says how pg_dump does it.

    The copy is a database as it is: name it as ledger.url, or put it back in the place of one that was lost.

    Examples: alvh db backup alvh-2026-03-27.db
    """
    from bridge.monitor.upkeep import backup as copied

    with _opened(config) as (store, _):
        size = copied(store, file)
    if as_json:
        print_json({"file": str(file), "size_bytes": size})
    else:
        say(f"copied into {file}, {size / MIB:,.1f} MiB, and checked")


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Folder of the files; made where it is missing.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Write every table as a parquet file, all of one state; each file says where it is from.

    Examples: alvh db export exported; alvh db export exported --json
    """
    from time import time

    from bridge.extras import require_extra
    from bridge.monitor.export import export as written

    require_extra("parquet", "an export")
    with _opened(config) as (store, _):
        counts = written(store, folder, int(time()))
    _answer(counts, f"written into {folder}", as_json)


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Remove looks by age, as the section `keep` of alvh.toml says: then one an hour stays, later one a day.

    A monitor that runs does so by itself. Fills, alerts, their log, proposals, rounds, plans and notices always stay.

    Examples: alvh db prune --dry-run; alvh db prune
    """
    from time import time

    from bridge.monitor.upkeep import thin

    with _opened(config) as (store, settings):
        counts = thin(store, int(time()), settings.keep, dry_run=dry_run)
    _answer(counts, "would be removed" if dry_run else "removed", as_json)


def _answer(counts: dict[str, int], what: str, as_json: bool) -> None:
    """Say how many rows of each table it was."""
    if as_json:
        document: dict[str, Any] = {"rows": counts}
        print_json(document)
    else:
        say(f"{what}: " + ", ".join(f"{count:,} {name}" for name, count in counts.items() if count or name == "looks"))
