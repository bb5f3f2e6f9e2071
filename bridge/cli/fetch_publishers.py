"""`alvh fetch prices` and `alvh fetch macro`: candles of Binance, first releases of FRED."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.fetch import (
    SINCE,
    AssetsArgument,
    FolderOption,
    SinceOption,
    app,
    fetch_into,
    read_assets,
    span_since,
    told_shown,
)
from bridge.cli.flags import ConfigOption, JsonOption

if TYPE_CHECKING:
    from bridge.venues.histories import Fetched, Folder


@app.command()
def prices(
    assets: AssetsArgument = None,
    every: Annotated[str, typer.Option("--every", help="A candle an hour or a day: 1h, 1d.")] = "1d",
    quote: Annotated[str, typer.Option("--quote", help="What prices are in: USDT, USDC.")] = "USDT",
    url: Annotated[str, typer.Option("--url", help="Of Binance's API.")] = "https://api.binance.com",
    since: SinceOption = SINCE,
    out: FolderOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch candles of Binance's spot market as price_ASSET.csv. A dollar coin is counted as a dollar.

    `alvh fetch index` has no volume and is of the venue that lists the options. An interrupted fetch goes on.

    Example: alvh fetch prices ETH BTC --every 1h --since 2024-01-01
    """
    from bridge.errors import UsageError
    from bridge.foreign import foreign
    from bridge.venues.binance import Binance
    from bridge.venues.histories import candles

    if every not in ("1h", "1d"):
        raise UsageError(f"--every {foreign(every, 20)}: write 1h or 1d")
    if quote not in ("USDT", "USDC"):
        raise UsageError(f"--quote {foreign(quote, 20)}: write USDT or USDC, a price in another coin is none in USD")
    venue, span = Binance(url), span_since(since)

    def of(asset: str) -> Callable[[Folder], tuple[Fetched, str]]:
        return lambda folder: candles(venue, folder, asset + quote, asset, every, span, told_shown())

    fetch_into(out, config, as_json, [of(asset) for asset in read_assets(assets)])


@app.command()
def macro(
    url: Annotated[str, typer.Option("--url", help="Of FRED's API.")] = "https://api.stlouisfed.org",
    since: SinceOption = "2015-01-01",
    out: FolderOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Fetch CPI, PPI, output, the policy rate and the dollar as they were first released: releases.csv, dollar.csv.

    The key of FRED is in the environment's ALVH_FRED_KEY.

    Example: alvh fetch macro --since 2015-01-01
    """
    from datetime import UTC, datetime

    from bridge.venues.fred import METHOD, Fred
    from bridge.venues.histories import Origin, written
    from bridge.venues.macro import DOLLAR, GROWTH, LEVELS, dollar_rows, release_rows

    venue, span = Fred(url), span_since(since)
    first = datetime.fromtimestamp(span[0] / 1000, UTC).date()
    series = " ".join((*GROWTH.values(), *LEVELS.values()))
    fetch_into(out, config, as_json, [
        lambda folder: written(folder, "releases.csv", ("known_at", "event", "actual"),
                               release_rows(venue.figures, first), Origin(venue.place, f"{METHOD} {series}", *span)),
        lambda folder: written(folder, "dollar.csv", ("known_at", "close"), dollar_rows(venue.figures, first),
                               Origin(venue.place, f"{METHOD} {DOLLAR}", *span)),
    ])  # fmt: skip
