"""`alvh oracle`: quote, sign, submit, report, status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import (
    AsOption,
    BlockOption,
    ConfigOption,
    FromOption,
    JsonOption,
    KeystoreOption,
    LiveOption,
    RelayOption,
    SendOption,
    Session,
    choose_sender,
    choose_signer,
    open_session,
    print_json,
    print_line,
    require_one_source,
    say,
)
from bridge.cli.mined import mined, mined_words

if TYPE_CHECKING:
    from bridge.config import Config
    from bridge.snapshot import Snapshot
    from bridge.sources.oracle import FeedStatus
    from bridge.sources.reporter import Done
    from hedge.instruments.option_chain import OptionChain

app = typer.Typer(
    no_args_is_help=True, help="The volatility oracle: quote an index, sign reports, submit them, see their age."
)
AssetArgument = Annotated[str, typer.Argument(help="ETH or BTC.")]
ChainFileOption = Annotated[
    Path | None, typer.Option("--chain", help="Option chain file instead of the configured one.")
]
BoardOption = Annotated[
    str | None,
    typer.Option("--board", help="Folder or URL where reporters leave reports; default: in the state folder."),
]
WaitOption = Annotated[
    str | None, typer.Option("--wait", help="Time to wait for others' signatures; default: a quarter of --every.")
]


def _quotes(
    session: Session, chain_file: Path | None, block: int | None, live: bool
) -> tuple[dict[str, OptionChain], Snapshot]:
    """Return the option chain of each asset, and the block that they are read for."""
    from bridge.sources.option_chains import read_option_chains
    from bridge.sources.prices import read_prices
    from hedge.instruments.option_chain import require_spot

    snapshot = session.snapshot(block)
    spots = read_prices(snapshot, session.config.book).spots
    snapshot.confirm()
    require_one_source(chain_file, live)
    terms = session.config.live_options() if live else session.config.options.reading(chain_file)
    chains = read_option_chains(terms, spots, snapshot.block.timestamp)
    for asset, chain in chains.items():
        require_spot(chain, spots[asset])
    return chains, snapshot


@app.command()
def quote(
    chain_file: ChainFileOption = None,
    live: LiveOption = False,
    block: BlockOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Compute the 30-day volatility index of each asset from its option chain, by both methods.

    One is Cboe's sum over the listed strikes, the other a dense integral over the fitted smile; the setting
    oracle.index names the one that reports take. Beside them stands the last close of a published index, such as DVOL,
    where the folder of histories has one.

    Examples: alvh oracle quote --live; alvh oracle quote --chain quotes.csv --json
    """
    from bridge.cli.index_text import print_indices, print_indices_json
    from bridge.sources.quoted_index import quoted_index, read_published

    session = open_session(config)
    chains, snapshot = _quotes(session, chain_file, block, live)
    found = {asset: quoted_index(chain, session.config.oracle.index) for asset, chain in chains.items()}
    published = read_published(session.config.signals, found, snapshot.block.timestamp)
    if as_json:
        print_indices_json(chains, found, published, snapshot.block.timestamp)
    else:
        print_indices(chains, found, published)


@app.command()
def sign(
    asset: AssetArgument,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    chain_file: ChainFileOption = None,
    live: LiveOption = False,
    block: BlockOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Sign another value of a round, or a jump beyond oracle.max_jump.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Sign a report for the feed's next round and print it as JSON. Nothing is sent.

    All reporters of a round sign for the same --block. What was signed is kept in the state folder: a round is not
    signed twice with another value. The setting oracle.index names the method, and the report says it. Made-up quotes
    are signed on the local chain only.

    Example: alvh oracle sign ETH --block 1200 --as reporter-1 > r1.json
    """
    from bridge.errors import UnknownAddress
    from bridge.sources.oracle import build_report, report_json, require_report_observed, sign_report
    from bridge.sources.quoted_index import index_source, quoted_volatility
    from bridge.sources.signed_rounds import keep_round, require_steady
    from bridge.units import volatility_to_e8

    session = open_session(config)
    chains, snapshot = _quotes(session, chain_file, block, live)
    if asset not in chains:
        raise UnknownAddress(asset, f"an asset with an option chain ({', '.join(chains)})")
    quotes = chains[asset]
    method = session.config.oracle.index
    value = volatility_to_e8(quoted_volatility(quotes, method))
    report = build_report(snapshot, asset, value, index_source(quotes, method), quotes.provenance)
    require_report_observed(report)
    reporter = choose_signer(session, role, keystore)
    if not force:
        require_steady(snapshot, report, session.config.oracle.max_jump)
    snapshot.confirm()
    signed = sign_report(report, reporter)
    keep_round(session.config.state, report, reporter.address, force)
    print_json(report_json(signed))


@app.command()
def submit(
    files: Annotated[list[Path], typer.Argument(help="Signed reports of one round.")],
    send: SendOption = False,
    relay: RelayOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Submit signed reports of one round; anyone may, the signatures count.

    Example: alvh oracle submit r1.json r2.json r3.json --as operator --send
    """
    from bridge.sources.oracle import (
        read_signed_reports,
        rehearse_reports,
        report_json,
        require_own_feeds,
        submit_reports,
        used_reports,
    )

    session = open_session(config, relay)
    snapshot = session.snapshot()
    signed = [report for file in files for report in read_signed_reports(file)]
    require_own_feeds(snapshot, signed)
    who = choose_sender(session, send, role, keystore, sender, anyone=True)
    rehearse_reports(snapshot, who, signed)
    snapshot.confirm()
    left = [entry.reporter for entry in signed if entry not in used_reports(signed)]
    said = f"; that of {left[0]} is left out: the median needs an odd number" if left else ""
    if not send:
        if as_json:
            print_json({"sent": False, "reports": [report_json(report) for report in signed], "left_out": left})
        else:
            say(f"{len(signed)} reports read and rehearsed{said}; not sent: repeat with --send")
        return
    receipt = submit_reports(session.chain, who.key(), signed)
    if as_json:
        print_json({"sent": True} | mined(receipt) | {"left_out": left})
    else:
        say(f"submitted {mined_words(receipt)}{said}")


@app.command()
def report(
    assets: Annotated[list[str] | None, typer.Argument(help="ETH, BTC; all feeds without any.")] = None,
    every: Annotated[str, typer.Option("--every", help="Time from one round to the next: 15m, 1h.")] = "1h",
    board: BoardOption = None,
    wait: WaitOption = None,
    count: Annotated[int | None, typer.Option("--count", min=1, help="Rounds; without it until it is stopped.")] = None,
    send: SendOption = False,
    relay: RelayOption = None,
    chain_file: ChainFileOption = None,
    live: LiveOption = False,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Report by itself: quote, sign, leave the report for the others, and with --send submit a round with its quorum.

    All reporters sign for the last block before each full --every of the chain's time, so that their reports fit
    together. With --send one of them submits, in turn; without it reports are signed and left, and nothing is sent.
    What fails in a round is said on stderr, and the next one comes. Exit code 1 if no round came further than that.

    Examples: alvh oracle report --live --every 1h --board /srv/reports --keystore key.json --send; alvh oracle report
    ETH --live --board https://reports.example/alvh --keystore key.json
    """
    from bridge.cli.fetch import read_duration
    from bridge.sources.report_boards import board_of
    from bridge.sources.reporter import Reporter
    from bridge.venues.clock import SYSTEM

    require_one_source(chain_file, live)
    session, seconds = open_session(config, relay), read_duration(every)
    settings = session.config
    reporter = Reporter(
        head=session.snapshot,
        quotes=lambda number: _quotes(session, chain_file, number, live),
        signer=choose_signer(session, role, keystore),
        board=board_of(board or str(settings.state / "board")),
        assets=tuple(dict.fromkeys(assets or sorted(session.deployment.feeds))),
        every=seconds,
        patience=read_duration(wait, "--wait") if wait else seconds / 4,
        **_terms(settings),
        send=send,
        clock=SYSTEM,
        told=partial(_tell_done, as_json),
    )
    reporter.run(count)
    if not set(reporter.tally) - {"failed", "late"}:
        raise typer.Exit(1)


def _terms(settings: Config) -> dict[str, Any]:
    """Return how a reporter measures, how far it may jump, and where it remembers what it signed."""
    return {"method": settings.oracle.index, "max_jump": settings.oracle.max_jump, "state": settings.state}


def _tell_done(as_json: bool, done: Done) -> None:
    from bridge.units import utc

    if as_json:
        print_line(asdict(done))
    else:
        place = f"{done.asset} {utc(done.at)}".strip()
        say(f"{place}: {done.words}", stderr=done.state in {"failed", "late"})


@app.command()
def status(block: BlockOption = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show every feed (answer, round, age, what held it back), its breaker, and the automation.

    A stale feed is marked and makes the exit code 1; clamped answers and tripped breakers raise alerts.
    """
    from bridge.alerts.rules import raise_alerts
    from bridge.alerts.watch import take_oracle_snapshot
    from bridge.cli.monitor import print_alerts
    from bridge.cli.safeguards import safeguard_lines
    from bridge.cli.show import console, table

    snapshot = open_session(config).snapshot(block)
    seen = take_oracle_snapshot(snapshot)
    snapshot.confirm()
    alerts = raise_alerts(seen)
    if as_json:
        content = asdict(seen)
        del content["block"]
        print_json(content | {"alerts": [asdict(alert) for alert in alerts]})
    else:
        columns = ("asset", "state", "index", "round", "observed", "age / most", "quorum", "held by")
        out = console()
        out.print(table("Volatility feeds", columns, _feed_rows(seen.feeds), left=2))
        for line in safeguard_lines(seen.breakers, seen.automations):
            out.print(line, markup=False)
        print_alerts(alerts)
    if any(feed.stale for feed in seen.feeds):
        raise typer.Exit(1)


def _feed_rows(feeds: Sequence[FeedStatus]) -> list[list[str]]:
    from bridge.cli.show import percent
    from bridge.units import utc, volatility_from_e8

    return [
        [
            feed.asset,
            "OUTAGE" if feed.outage else "UNANCHORED" if feed.unanchored else "STALE" if feed.stale else "fresh",
            percent(volatility_from_e8(feed.volatility_e8), 2),
            str(feed.round),
            utc(feed.observed_at),
            f"{feed.age_seconds} / {feed.max_age_seconds} s",
            f"{feed.quorum} of {feed.signers}",
            ", ".join(feed.clamped) or "-",
        ]
        for feed in feeds
    ]
