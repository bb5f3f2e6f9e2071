"""`alvh watch`: the monitor as a terminal loop, or as JSON lines."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.options import ConfigOption, JsonOption, OwnerOption, open_session

if TYPE_CHECKING:
    from bridge.watch import Look


def watch(
    owner: OwnerOption = None,
    once: Annotated[
        bool, typer.Option("--once", help="Look once and stop; exit code 1 if there is a warning.")
    ] = False,
    interval: Annotated[float | None, typer.Option("--interval", min=0.1, help="Seconds between looks.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Compare exposure with the hedge on record, and watch feeds, parameters and proposals. Never signs anything.

    Examples: alvh watch; alvh watch --once; alvh watch --json --interval 60 >> watch.jsonl
    """
    from bridge.errors import ChainError
    from bridge.watch import look, look_json

    session = open_session(config)
    holder, pause = session.owner(owner), interval or session.config.watch.interval_seconds
    while True:
        try:
            seen = look(session.chain, session.deployment, session.config, holder)
        except ChainError as error:
            if once:
                raise
            _say_trouble(str(error), as_json)
        else:
            if as_json:
                sys.stdout.write(json.dumps(look_json(seen), allow_nan=False) + "\n")
                sys.stdout.flush()
            else:
                print_look(seen, clear=not once and sys.stdout.isatty())
            if once:
                raise typer.Exit(1 if seen.warnings else 0)
        time.sleep(pause)


def _say_trouble(text: str, as_json: bool) -> None:
    """Say that there was no look this time; the loop goes on."""
    sys.stdout.write((json.dumps({"error": text}) if as_json else f"no look this time: {text}") + "\n")
    sys.stdout.flush()


def print_look(seen: Look, clear: bool = False) -> None:
    """Print what the monitor saw."""
    from bridge.cli.show import console, number, percent, table, usd
    from bridge.units import utc, volatility_from_e8
    from hedge.parameters import KEYS

    out = console()
    if clear:
        out.clear()
    band = seen.governed.parameters.drift_band_bps / 10_000
    value = usd(seen.exposure.value_usd) if seen.exposure else "not valued"
    out.print(f"[bold]alvh watch[/bold]  block {seen.block.number}, {utc(seen.block.timestamp)}, book {value} USD")
    assets = seen.exposure.assets if seen.exposure else {}
    rows = [
        [
            layer.asset,
            layer.name,
            str(layer.legs),
            usd(layer.paid_usd),
            usd(layer.value_usd),
            usd(layer.value_usd - layer.paid_usd),
            usd(layer.delta_usd),
            number(layer.days_left, 3),
        ]
        for layer in seen.layers
    ]
    rows += [
        [asset, "LP", "", "", usd(one.value_usd), "", usd(one.delta_usd), ""] for asset, one in sorted(assets.items())
    ]
    columns = ("asset", "layer", "legs", "paid", "worth", "P&L", "delta USD", "days left")
    out.print(table("Exposure and the plan on record", columns, rows, left=2))
    plan = seen.on_record.inputs_hash[:12] if seen.on_record else "-"
    out.print(f"  drift {percent(seen.drift)} (band {percent(band)}), plan {plan}")
    feeds = ", ".join(
        f"{feed.asset} {percent(volatility_from_e8(feed.volatility_e8), 2)} "
        f"{'STALE' if feed.stale else 'fresh'} ({feed.age_seconds} s)"
        for feed in seen.feeds
    )
    out.print(f"Feeds: {feeds}")
    values = zip(KEYS, seen.governed.parameters.to_values(), strict=True)
    state = "PAUSED" if seen.governed.paused else "active"
    out.print(
        f"Parameters (version {seen.governed.version}, {state}): "
        + ", ".join(f"{key.name} {value}" for key, value in values)
    )
    for proposal in seen.proposals:
        out.print(f"Proposal {str(proposal.id)[:10]}: {proposal.state}, vote ends {utc(proposal.deadline)}")
    if not seen.proposals:
        out.print("No open proposals")
    for warning in seen.warnings:
        out.print(f"[bold yellow]warning[/bold yellow] {warning.kind}: {warning.text}")
    if not seen.warnings:
        out.print("[green]no warnings[/green]")
