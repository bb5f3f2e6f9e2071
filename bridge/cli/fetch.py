"""`alvh fetch` and `alvh collect`: quotes and histories of a venue as files. Nothing is signed, no key is needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import ConfigOption, JsonOption, print_json, say

if TYPE_CHECKING:
    from bridge.config import Config
    from bridge.venues.cached import Told
    from bridge.venues.deribit import Deribit
    from bridge.venues.histories import Fetch, Fetched, Folder

app = typer.Typer(
    no_args_is_help=True,
    help="Fetch option chains and histories from a venue into files that plan, oracle and signals read. Read-only.",
)
AssetsArgument = Annotated[list[str] | None, typer.Argument(help="Assets, such as ETH BTC; both by default.")]
LinearOption = Annotated[
    bool, typer.Option("--linear", help="Options in USDC of BTC and ETH too; other assets have these alone.")
]
FolderOption = Annotated[
    Path | None, typer.Option("--out", help="Folder of histories; default: signals.folder, else signals.")
]
SinceOption = Annotated[str, typer.Option("--since", help="First day, as 2024-01-01.")]
OWN = ("ETH", "BTC")
SINCE = "2021-03-24"
_ASSET = re.compile(r"[A-Z][A-Z0-9]{1,11}")
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def read_assets(given: list[str] | None) -> tuple[str, ...]:
    """Return names of assets, each once.

    Raises
    ------
    UsageError
        One of them is none.
    """
    from bridge.errors import UsageError
    from bridge.foreign import foreign

    for name in given or ():
        if not _ASSET.fullmatch(name):
            raise UsageError(f"{foreign(name, 40)} is no asset: write capitals, as ETH")
    return tuple(dict.fromkeys(given or OWN))


def read_duration(text: str, flag: str = "--every") -> int:
    """Return seconds of a text such as 30s, 5m or 1h, which an option gave.

    Raises
    ------
    UsageError
        It is none.
    """
    from bridge.errors import UsageError
    from bridge.foreign import foreign

    found = _DURATION.fullmatch(text)
    if found is None:
        raise UsageError(f"{flag} {foreign(text, 20)}: write a number and s, m, h or d, as 5m")
    return int(found[1]) * _SECONDS[found[2]]


def _venue(config: Path | None) -> tuple[Deribit, Config]:
    from bridge.config import load_config
    from bridge.venues.deribit import Deribit

    settings = load_config(config)
    return Deribit(settings.venue.url), settings


def told_shown() -> Told:
    """Return what shows on a terminal how far a fetch is; elsewhere nothing is shown."""
    from bridge.cli.reading import reading_shown

    return reading_shown() or (lambda what, share: None)


@app.command()
def chains(
    assets: AssetsArgument = None,
    out: Annotated[Path, typer.Option("--out", help="Chain file, .parquet or .csv.")] = Path("chain.parquet"),
    linear: LinearOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch the whole option chains of assets as they are quoted now, as one chain file.

    Examples: alvh fetch chains; alvh fetch chains ETH SOL --out quotes.csv; alvh fetch chains BTC --linear --json
    """
    from bridge.files import require_writable
    from bridge.sources.collect import require_form, take, told_json, told_words, write_chain
    from bridge.venues.option_rows import Listed

    wanted = read_assets(assets)
    require_form(out)
    require_writable(out)
    venue, settings = _venue(config)
    found = take(venue, wanted, Listed(venue), linear=linear or settings.venue.linear)
    write_chain(out, found)
    if as_json:
        print_json({"file": str(out), "source": venue.place, "assets": [told_json(each) for each in found]})
        return
    for each in found:
        say(told_words(each))
    say(f"{out}: from {venue.place}; read it with `alvh plan --chain {out}`")


@app.command()
def dvol(
    assets: AssetsArgument = None,
    every: Annotated[str, typer.Option("--every", help="A bar an hour or a day: 1h, 1d.")] = "1d",
    since: SinceOption = SINCE,
    out: FolderOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch the venue's volatility index as index_ASSET.csv. An interrupted fetch goes on where it was.

    Examples: alvh fetch dvol; alvh fetch dvol ETH --every 1h --since 2024-01-01 --out signals
    """
    from bridge.errors import UsageError
    from bridge.foreign import foreign

    if every not in ("1h", "1d"):
        raise UsageError(f"--every {foreign(every, 20)}: write 1h or 1d")
    _histories(assets, since, out, as_json, config, lambda fetch, asset: fetch.volatility_index(asset, every))


@app.command()
def funding(
    assets: AssetsArgument = None,
    since: SinceOption = SINCE,
    out: FolderOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch what perpetual futures paid in each eight hours as funding_ASSET.csv. It goes on where it was.

    Example: alvh fetch funding ETH BTC --since 2023-01-01
    """
    _histories(assets, since, out, as_json, config, lambda fetch, asset: fetch.funding(asset))


@app.command()
def index(
    assets: AssetsArgument = None,
    span: Annotated[str, typer.Option("--span", help="1m, 1y or all; the venue is coarse for long ones.")] = "all",
    since: SinceOption = SINCE,
    out: FolderOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch the venue's own price index, the last one of each day, as price_ASSET.csv.

    Example: alvh fetch index ETH --span 1y
    """
    from bridge.errors import UsageError
    from bridge.foreign import foreign

    if span not in ("1m", "1y", "all"):
        raise UsageError(f"--span {foreign(span, 20)}: write 1m, 1y or all")
    _histories(assets, since, out, as_json, config, lambda fetch, asset: fetch.index(asset, span))


@app.command()
def delivery(
    assets: AssetsArgument = None,
    since: SinceOption = SINCE,
    out: Annotated[Path, typer.Option("--out", help="Folder.")] = Path("deliveries"),
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch the prices at which options were delivered each day at 08:00 UTC, as delivery_ASSET.csv.

    Example: alvh fetch delivery ETH --since 2026-01-01
    """
    _histories(assets, since, out, as_json, config, lambda fetch, asset: fetch.deliveries(asset))


@app.command()
def trades(
    assets: AssetsArgument = None,
    out: Annotated[Path, typer.Option("--out", help="Folder.")] = Path("trades"),
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch the option trades of the last day as trades_ASSET.csv, and add them to those that are there.

    The venue keeps no older ones: run it once a day. Example: alvh fetch trades ETH
    """
    _histories(assets, SINCE, out, as_json, config, lambda fetch, asset: fetch.trades(asset))


def span_since(since: str) -> tuple[int, int]:
    """Return the first millisecond of a day, and that of now."""
    from bridge.venues.clock import SYSTEM

    return read_day(since) * 1000, int(SYSTEM.now() * 1000)


def _histories(
    assets: list[str] | None,
    since: str,
    out: Path | None,
    as_json: bool,
    config: Path | None,
    one: Callable[[Fetch, str], tuple[Fetched, str]],
) -> None:
    """Fetch one history of each asset from the venue of the settings."""
    from bridge.venues.histories import Fetch

    wanted, span = read_assets(assets), span_since(since)
    venue, _ = _venue(config)

    def of(asset: str) -> Callable[[Folder], tuple[Fetched, str]]:
        return lambda folder: one(Fetch(venue, folder, *span, told_shown()), asset)

    fetch_into(out, config, as_json, [of(asset) for asset in wanted])


def fetch_into(
    out: Path | None, config: Path | None, as_json: bool, fetches: list[Callable[[Folder], tuple[Fetched, str]]]
) -> None:
    """Fetch one file after the other into a folder, and say what is there now."""
    from bridge.config import load_config
    from bridge.venues.histories import Folder

    folder = Folder(out or load_config(config).signals.folder or Path("signals"))
    made, words = [], ""
    try:
        for fetch in fetches:
            fetched, words = fetch(folder)
            made.append(fetched)
            if not as_json:
                _say_fetched(folder.path, fetched)
    finally:
        folder.close()
    if words:
        say(words, stderr=True)
    if as_json:
        print_json({"folder": str(folder.path), "files": [each.to_json() for each in made]})


def _say_fetched(folder: Path, fetched: Fetched) -> None:
    missing = f", {fetched.missing} rows missing between them" if fetched.missing else ""
    span = f"{fetched.first} to {fetched.last}"
    say(f"{folder / fetched.file}: {fetched.rows:,} rows, {span}{missing}, from {fetched.source} {fetched.method}")


def read_day(text: str) -> int:
    """Return the first second of a day.

    Raises
    ------
    UsageError
        It is none.
    """
    from datetime import UTC, datetime

    from bridge.errors import UsageError
    from bridge.foreign import foreign
    from bridge.times import EARLIEST

    try:
        found = int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        found = 0
    if found < EARLIEST:
        raise UsageError(f"--since {foreign(text, 20)}: write a day from 2009 on, as 2024-01-01")
    return found


def collect(
    assets: AssetsArgument = None,
    every: Annotated[str, typer.Option("--every", help="Time from one round to the next: 5m, 1h.")] = "5m",
    count: Annotated[int | None, typer.Option("--count", min=1, help="Rounds; without it until it is stopped.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder of the parts.")] = Path("chains"),
    linear: LinearOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Take option chains on a schedule into a folder, one part a round, which `--chain FOLDER` reads as one file.

    A round that fails is said on stderr, and the next one comes at its time. Exit code 1 if no round gave anything.

    Examples: alvh collect; alvh collect ETH BTC --every 1h --out chains; alvh collect SOL --every 5m --count 12
    """
    from bridge.sources.collect import Collector, told_json, told_words
    from bridge.venues.clock import SYSTEM

    wanted, seconds = read_assets(assets), read_duration(every)
    venue, settings = _venue(config)
    taken: list[dict[str, Any]] = []
    collector = Collector(
        venue,
        wanted,
        out,
        seconds,
        linear or settings.venue.linear,
        SYSTEM,
        took=lambda each: taken.append(told_json(each)) if as_json else say(told_words(each)),
        failed=lambda error: say(f"left out in this round: {error}", stderr=True),
    )
    collector.run(count)
    if as_json:
        totals = {"rounds": collector.rounds, "parts": collector.parts, "faults": collector.faults}
        print_json({"folder": str(out), "source": venue.place, **totals, "taken": taken})
    if not collector.parts:
        raise typer.Exit(1)
