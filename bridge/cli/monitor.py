"""`alvh watch`: the monitor as a terminal loop, or as JSON lines."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bridge.cli.flags import (
    ConfigOption,
    JsonOption,
    LiveOption,
    OwnerOption,
    RpcOption,
    Session,
    open_book,
    print_line,
    require_one_source,
    say,
)
from bridge.cli.planning import ChainFileOption, MaxAgeOption

if TYPE_CHECKING:
    from bridge.alerts.snapshots import Alert, MonitorSnapshot
    from bridge.alerts.watch import Watched
    from bridge.config import Config

Place = tuple[Path | None, str | None, Path | None, bool, int | None]
"""Settings file, node, chain file, whether the venue is asked, and the age of quotes: as the command line gave them."""
OF_PROPOSALS = ("proposal", "foreign", "unreadable")
"""Kinds of alerts that anyone with votes can raise by hundreds: they come last, and the most of them are counted."""
LAYER_COLUMNS = ("asset", "layer", "legs", "paid", "worth", "P&L", "delta", "days left")


def watch(
    owner: OwnerOption = None,
    once: Annotated[bool, typer.Option("--once", help="Look once and stop; exit code 1 if there is an alert.")] = False,
    interval: Annotated[float | None, typer.Option("--interval", min=0.1, help="Seconds between looks.")] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Stay, remember, tell people, and serve a page (docs/monitor.md).")
    ] = False,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="With --serve: of the page, 0 for any free one.")
    ] = None,
    also: Annotated[
        list[Path] | None, typer.Option("--also", help="With --serve: settings of another book, again for each.")
    ] = None,
    plan_every: Annotated[
        str | None, typer.Option("--plan-every", help="With --serve: what a plan would trade, made anew each 1h or 1d.")
    ] = None,
    rpc: RpcOption = None,
    chain_file: ChainFileOption = None,
    live: LiveOption = False,
    max_age: MaxAgeOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Compare exposure with the hedge on record, and watch feeds, parameters and proposals. Never signs anything.

    With --rpc, or chain.network in alvh.toml, a book on a public network is compared with the ledger and the newest
    plan.

    Examples: alvh watch; alvh watch --once; alvh watch --serve; alvh watch --json --interval 60 >> watch.jsonl; alvh
    watch --rpc https://node.example --owner 0xabc... --live --once
    """
    if serve:
        stay = Stay(owner, once or as_json, interval, port, tuple(also or ()), plan_every)
        _serve(stay, (config, rpc, chain_file, live, max_age))
        return
    _refuse_without_serve(port, also, plan_every)
    raise typer.Exit(0 if _loop(owner, once, interval, as_json, (config, rpc, chain_file, live, max_age)) else 1)


def _loop(owner: list[str] | None, once: bool, interval: float | None, as_json: bool, place: Place) -> bool:
    """Look and print, again and again or once; tell whether the only look saw nothing to alert of."""
    from bridge.alerts import watch as monitor

    session, settings = _opened(*place)
    holder, pause = session.owner(owner), _pause(interval or settings.watch.interval_seconds)

    def look() -> Watched:
        session.chain.begin()
        return monitor.watch(session.snapshot(), settings, holder, wall_clock(session))

    def show(watched: Watched) -> bool:
        if as_json:
            _write_line(monitor.watched_json(watched))
        else:
            print_watched(watched, clear=not once and sys.stdout.isatty())
            sys.stdout.flush()
        return not watched.alerts

    def say(error: Exception) -> None:
        text = trouble_words(error, place[1] or settings.chain.rpc_url)
        _write_line({"error": text} if as_json else f"no look this time: {text}")

    try:
        return keep_looking(look, show, say, None if once else partial(time.sleep, pause))
    except BrokenPipeError:  # nobody reads on; the interpreter would complain of it again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False


@dataclass(frozen=True)
class Stay:
    """What was asked of a monitor that stays; `once` : what cannot be with it."""

    owner: list[str] | None
    once: bool
    interval: float | None
    port: int | None
    also: tuple[Path, ...]
    plan_every: str | None


def _serve(stay: Stay, place: Place) -> None:
    """Run the monitor that stays."""
    from bridge.cli.fetch import read_duration
    from bridge.cli.serve import Asked, serve
    from bridge.config import load_config
    from bridge.errors import UsageError

    if stay.once:
        raise UsageError("--serve stays, and its answers are a page, metrics and a log: leave --once and --json out")
    require_one_source(place[2], place[3])
    settings = load_config(place[0])
    changed = {"watch": {"interval_seconds": _pause(stay.interval or settings.watch.interval_seconds)}}
    changed |= {} if stay.port is None else {"page": {"port": stay.port}}
    settings = settings.model_copy(
        update={name: getattr(settings, name).model_copy(update=values) for name, values in changed.items()}
    )
    others = [Asked(partial(_opened, each, None, None, False, None), load_config(each)) for each in stay.also]
    every = read_duration(stay.plan_every, "--plan-every") if stay.plan_every else 0
    serve([Asked(lambda: _opened(*place), settings, stay.owner), *others], every)


def _refuse_without_serve(port: int | None, also: list[Path] | None, plan_every: str | None) -> None:
    """Refuse what only a monitor that stays can do."""
    from bridge.errors import UsageError

    given = {"--port": port, "--also": also or None, "--plan-every": plan_every}
    for flag, value in given.items():
        if value is not None:
            raise UsageError(f"{flag} is of a monitor that stays: give --serve with it")


def _opened(
    config: Path | None, rpc: str | None, chain_file: Path | None, live: bool, max_age: int | None
) -> tuple[Session, Config]:
    """Open a deployment or a public network, and return the settings with the quotes that were named."""
    from bridge.cli.book import refuse_quotes
    from bridge.cli.planning import with_flags

    require_one_source(chain_file, live)
    session = open_book(config, rpc)
    if session.network is None:
        refuse_quotes(chain_file, max_age, live)
    return session, with_flags(session.config, chain_file, None, max_age, live)


def wall_clock(session: Session) -> int | None:
    """Return the time by this machine's clock; None on a local chain, whose time is moved by hand."""
    from bridge.chain.blocks import LOCAL_CHAIN_ID

    return None if session.chain.chain_id == LOCAL_CHAIN_ID else int(time.time())


def _pause(seconds: float) -> float:
    """Return the seconds between two looks, which are no more than the settings may say."""
    from bridge.config import MOST_INTERVAL_SECONDS
    from bridge.errors import UsageError

    if not seconds <= MOST_INTERVAL_SECONDS:  # not a number is none either
        raise UsageError(f"--interval {seconds:g}: at most {MOST_INTERVAL_SECONDS:,.0f} seconds, a day, between looks")
    return seconds


Seen = TypeVar("Seen")


def keep_looking(
    look: Callable[[], Seen],
    show: Callable[[Seen], bool],
    say: Callable[[Exception], None],
    wait: Callable[[], Any] | None,
) -> bool:
    """Look and show, again and again; whatever stops one look is said, and the next one comes.

    Parameters
    ----------
    look, show
        Take one look; print or keep what it saw, and tell whether there was nothing to alert of.
    say
        Print why there was no look; what this one raises ends the loop.
    wait
        Let time pass between two looks, and tell whether to end; None for one look only.

    Returns
    -------
    bool
        Whether the only look saw nothing to alert of.
    """
    while True:
        try:
            quiet = show(look())
        except Exception as error:  # noqa: BLE001 - a monitor that stops at what nobody foresaw watches nothing
            say(error)
            quiet = False
        if wait is None or wait():
            return quiet


def trouble_words(error: Exception, url: str) -> str:
    """Return in one line why there was no look, without what the node's URL hides."""
    from bridge.errors import BridgeError
    from bridge.foreign import TEXT, foreign, without_url
    from hedge.errors import HedgeError

    known = isinstance(error, (BridgeError, HedgeError))
    words = str(error) if known else f"unexpected {type(error).__name__}: {error}"
    return foreign(without_url(words, url), TEXT)


def _write_line(content: Any) -> None:
    """Write a line at once: a text, which a terminal shows without a line of others' words at its margin, or JSON."""
    if isinstance(content, str):
        say(content)
        sys.stdout.flush()
    else:
        print_line(content)


def print_watched(watched: Watched, clear: bool = False) -> None:
    """Print what the monitor saw, and the alerts that it raises."""
    from bridge.cli.book import dust_lines, observed_lines
    from bridge.cli.safeguards import safeguard_lines
    from bridge.cli.show import console, percent, table, usd
    from bridge.units import utc

    out, seen = console(), watched.seen
    if clear:
        out.clear()
    value = f"{usd(seen.exposure.value_usd)} USD" if seen.exposure else "not valued"
    out.print(f"[bold]alvh watch[/bold]  block {seen.block.number}, {utc(seen.block.timestamp)}, book {value}")
    for line in observed_lines(seen.network, seen.market, seen.networks):
        out.print(line, markup=False, soft_wrap=True)
    out.print(table("Exposure, and what the plan on record intended, in USD", LAYER_COLUMNS, _layer_rows(seen), left=2))
    _print_hedge(seen)
    plan = seen.on_record.inputs_hash[:12] if seen.on_record else "- (`alvh plan` makes one)" if seen.network else "-"
    out.print(f"  drift {percent(seen.drift)} (band {percent(seen.drift_band)}), plan {plan}")
    dust = dust_lines(seen.dust, seen.config.book.dust_usd)
    for line in (*dust, *_feed_lines(seen), *safeguard_lines(seen.breakers, seen.automations)):
        out.print(line, markup=False, soft_wrap=True)
    print_alerts(alert for alert in watched.alerts if alert.kind not in OF_PROPOSALS)
    for line in _governance_lines(seen):
        out.print(line, markup=False, soft_wrap=True)
    for kind in OF_PROPOSALS:
        _print_first([alert for alert in watched.alerts if alert.kind == kind])
    if not watched.alerts:
        out.print("[green]no alerts[/green]")


def _print_hedge(seen: MonitorSnapshot) -> None:
    """Print what is held beside what was intended: legs, orders of the plan, and why all of it changed."""
    from bridge.cli.held_text import print_explained, print_held, print_orders
    from bridge.cli.show import console

    if seen.held:
        print_held(seen.held)
    else:
        console().print("  held: nothing on record; `alvh hedge import` or `record` says what was bought", markup=False)
    if seen.orders:
        print_orders(seen.orders, "Orders of the plan on record")
    if seen.explained:
        print_explained(seen.explained)


def _print_first(alerts: list[Alert]) -> None:
    """Print the first alerts of one kind, and count the others."""
    from bridge.cli.show import MOST_LINES, console

    print_alerts(alerts[:MOST_LINES])
    if len(alerts) > MOST_LINES:
        words = f"alert {alerts[0].kind}: {len(alerts) - MOST_LINES:,} more, `alvh watch --once --json` has them all"
        console().print(words, markup=False, soft_wrap=True)


def print_alerts(alerts: Iterable[Alert]) -> None:
    """Print a line for each alert."""
    from rich.text import Text

    from bridge.cli.show import console, hung
    from bridge.foreign import TEXT, foreign

    out, sign = console(), "alert "
    for alert in alerts:
        for line in hung(out, f"{foreign(alert.kind)}: {foreign(alert.text, TEXT)}", sign):
            head = len(sign) if line.startswith(sign) else 0
            out.print(Text.assemble((line[:head], "bold yellow"), line[head:]), soft_wrap=True)


def _layer_rows(seen: MonitorSnapshot) -> list[list[str]]:
    from bridge.cli.show import number, usd

    rows = []
    for layer in seen.layers:
        money = [usd(x) for x in (layer.paid_usd, layer.value_usd, layer.value_usd - layer.paid_usd, layer.delta_usd)]
        left = number(layer.days_left, 3) if math.isfinite(layer.days_left) else "-"
        rows.append([layer.asset, layer.name, str(layer.legs), *money, left])
    assets = seen.exposure.assets if seen.exposure else {}
    return rows + [
        [asset, "LP", "", "", usd(exposure.value_usd), "", usd(exposure.delta_usd), ""]
        for asset, exposure in sorted(assets.items())
    ]


def _feed_lines(seen: MonitorSnapshot) -> list[str]:
    from bridge.cli.show import percent
    from bridge.units import volatility_from_e8

    return [
        f"feed {feed.asset}: {percent(volatility_from_e8(feed.volatility_e8), 2)}, "
        f"{'STALE' if feed.stale else 'fresh'} ({feed.age_seconds} s, at most {feed.max_age_seconds} s)"
        for feed in seen.feeds
    ]


def _governance_lines(seen: MonitorSnapshot) -> list[str]:
    from bridge.cli.show import first_lines
    from bridge.units import utc
    from hedge.policy.parameters import KEYS, LEG_KEYS

    lines = []
    for asset, governed in ({"": seen.governed} | dict(seen.governed.own)).items():
        values = zip(KEYS, governed.parameters.to_values(), strict=True)
        legs = [f"{key.name} {value}" for key, value in values if not asset or key.name in LEG_KEYS]
        state, of = "PAUSED" if governed.paused else "active", f" of {asset}" if asset else ""
        state += ", steward SUSPENDED" if governed.steward_suspended else ""
        which = "as stated" if seen.network else f"version {governed.version}, {state}"
        lines.append(f"parameters{of} {which}: {', '.join(legs)}")
    if seen.network:
        return lines
    lines += [f"{role} {holder.address}: {holder.words}" for role, holder in seen.holders.items()]
    open_ = [f"proposal {p.short_id}: {p.state}, vote ends {utc(p.deadline)}" for p in seen.open_proposals]
    shown = first_lines(open_, "more open proposals: `alvh gov list` has them all")
    return [*lines, *(shown or ["no open proposals"])]
