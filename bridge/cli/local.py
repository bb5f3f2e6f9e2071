"""`alvh up`, `alvh demo` and `alvh doctor`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli import ENDED
from bridge.cli.flags import ConfigOption, JsonOption, print_json, say

if TYPE_CHECKING:
    from bridge.chain.node import Chain
    from bridge.config import Config
    from bridge.demo import DemoResult
    from bridge.local.price_path import PricePath
    from bridge.local.world import World

PricesOption = Annotated[
    Path | None, typer.Option("--prices", help="CSV or parquet with timestamp, ETH, BTC; default: a simulated path.")
]

ALIVE_SECONDS = 1.0
"""Between two looks whether anvil still runs."""


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """Yield a reporter: a bar on a terminal, a line per phase elsewhere, nothing when quiet."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from bridge.cli.show import console

    if quiet or not sys.stderr.isatty():
        yield (lambda text, share: None) if quiet else _line_reporter()
        return
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda text, share: bar.update(task, description=text, completed=share)


def _line_reporter() -> Callable[[str, float], None]:
    said: set[str] = set()

    def report(text: str, share: float) -> None:
        phase = text.split(",")[0]
        if phase not in said:
            said.add(phase)
            sys.stderr.write(f"{share:4.0%} {phase}\n")

    return report


def _path(prices: Path | None) -> PricePath:
    from bridge.local.price_path import read_price_path, simulated_path

    return read_price_path(prices) if prices else simulated_path()


def up(
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on 127.0.0.1.")] = 8545,
    prices: PricesOption = None,
    own: Annotated[
        list[str] | None, typer.Option("--own", help="BTC or ETH: deploy parameters of its own for it, repeatable.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Start a local chain with Uniswap v2, v3, v4, Safe and our contracts, pools moved along a price path, positions
    minted.

    Writes the deployment file that the other commands read, and runs until Ctrl-C.

    Examples: alvh up; alvh up --port 8600 --prices prices.csv; alvh up --own BTC
    """
    from bridge.config import load_config
    from bridge.files import require_writable
    from bridge.genesis import GovernanceTerms
    from bridge.governance.journal import forget_journal
    from bridge.local.anvil import anvil
    from bridge.local.histories import write_histories
    from bridge.local.rounds import submit_rounds
    from bridge.local.world import build_world
    from bridge.plans.market import read_volatilities
    from bridge.sources.signed_rounds import forget_rounds

    settings, path, terms = load_config(config), _path(prices), GovernanceTerms(own=_own_assets(own))
    _require_local_file(settings.chain.deployment)
    histories = settings.state / "signals"
    for place in (settings.chain.deployment, histories / "source.toml"):
        require_writable(place)
    with anvil(port) as chain:
        with progress(as_json) as told:
            world = build_world(chain, path, terms, told)
            submit_rounds(world.snapshot(), settings)
        snapshot = world.snapshot()
        write_histories(histories, path, snapshot.block.timestamp, read_volatilities(snapshot))
        seen = {"rpc_url": chain.url, "seen_block": snapshot.block.number, "seen_hash": snapshot.block.hash}
        world = replace(world, deployment=world.deployment.model_copy(update=seen))
        world.deployment.save(settings.chain.deployment)
        forget_journal(settings.state, chain.chain_id)
        forget_rounds(settings.state, chain.chain_id)
        _print_world(world, settings.chain.deployment, histories, as_json)
        _say_settings(settings, chain)
        _wait_for_interrupt(chain)


def _say_settings(settings: Config, chain: Chain) -> None:
    """Say what to set where the settings name another node or chain."""
    if (settings.chain.rpc_url, settings.chain.chain_id) != (chain.url, chain.chain_id):
        words = f'set chain.rpc_url = "{chain.url}" and chain.chain_id = {chain.chain_id} in alvh.toml'
        say(f"the settings name another node or chain: for the other commands {words}", stderr=True)


def _own_assets(asked: list[str] | None) -> tuple[str, ...]:
    """Return the assets that get parameters of their own, each once.

    Raises
    ------
    UsageError
        One of them is no asset of a local world.
    """
    from bridge.errors import UsageError
    from bridge.local.world import ASSETS

    asked = asked or []
    foreign = next((asset for asset in asked if asset not in ASSETS), None)
    if foreign is not None:
        raise UsageError(f"--own {foreign!r}: the local chain has {' and '.join(ASSETS)}")
    return tuple(dict.fromkeys(asked))


def _wait_for_interrupt(chain: Chain) -> None:
    """Wait until somebody ends it, or anvil ends by itself.

    Raises
    ------
    NodeUnreachable
        It has.
    """
    from bridge.errors import Terminated

    try:
        while True:
            time.sleep(ALIVE_SECONDS)
            if ENDED:
                raise Terminated(128 + ENDED[0])
            _require_alive(chain)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")


def _require_alive(chain: Chain) -> None:
    """Refuse to wait for a program that takes no connections any more; one that is busy still does."""
    import socket
    from urllib.parse import urlsplit

    from bridge.errors import NodeUnreachable

    place = urlsplit(chain.url)
    try:
        socket.create_connection((place.hostname, place.port), ALIVE_SECONDS).close()
    except ConnectionRefusedError as error:
        raise NodeUnreachable(chain.url, "the local chain has ended") from error


def _require_local_file(path: Path) -> None:
    """Refuse to replace the deployment file of a chain that people use; one that cannot be read is no loss.

    Raises
    ------
    BadFile
        It is of another chain than the local one.
    """
    from bridge.chain.blocks import LOCAL_CHAIN_ID
    from bridge.deployment import load_deployment
    from bridge.errors import BadFile

    try:
        found = load_deployment(path).chain_id
    except BadFile:
        return
    if found != LOCAL_CHAIN_ID:
        raise BadFile(
            path, f"is for chain {found}, and a local chain would replace it: set chain.deployment to another"
        )


def _print_world(world: World, file: Path, histories: Path, as_json: bool) -> None:
    from bridge.cli.show import console, table
    from bridge.local.accounts import INDEX, account

    deployment = world.deployment
    if as_json:
        print_json(
            {
                "deployment_file": str(file),
                "prices": world.path.source,
                "prices_left_out": world.path.left_out,
                "signals": str(histories),
                **deployment.model_dump(),
            }
        )
        sys.stdout.flush()
        return
    out = console()
    names = deployment.contracts | {f"feed {asset}": feed for asset, feed in deployment.feeds.items()}
    names |= {f"parameters of {asset}": own.parameters for asset, own in deployment.own.items()}
    names |= {f"automation of {asset}": own.automation for asset, own in deployment.own.items() if own.automation}
    names |= {f"pool {pool.name}": pool.address for pool in world.market.pools}
    names |= {
        f"{name} (Safe)" if name in ("guardian", "steward") else name: a for name, a in deployment.accounts.items()
    }
    out.print(
        table(
            f"Local chain {deployment.chain_id} at {world.chain.url}",
            ("what", "address"),
            [[*row] for row in names.items()],
            2,
        )
    )
    out.print(f"prices: {world.path.source}", markup=False)
    out.print(f"deployment: {file}", markup=False)
    out.print(f"simulated histories: {histories}, for alvh plan --signals", markup=False)
    roles = ", ".join(INDEX)
    out.print(f"accounts of the public test mnemonic, for --as: {roles}", markup=False)
    out.print(f"LP: {account('lp').address}")
    out.print("Ctrl-C stops it")


def demo(
    prices: PricesOption = None,
    report: Annotated[Path, typer.Option("--report", help="Where the HTML report goes.")] = Path("reports/demo.html"),
    watch: Annotated[
        bool, typer.Option("--watch", help="Buy the plan, let prices fall, and stay with the monitor's page.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Run the whole loop once on a local chain of its own, print a summary and write an HTML report.

    Examples: alvh demo; alvh demo --watch; alvh demo --prices prices.csv --report reports/real.html
    """
    from bridge.config import load_config
    from bridge.extras import require_extra

    require_extra("report", "the demo's report")
    from bridge.demo import after_demo, run_demo
    from bridge.files import PAGE, require_writable
    from bridge.local.anvil import anvil

    settings, path = load_config(config), _path(prices)
    settings = settings.model_copy(update={"state": settings.state / "demo"})
    require_writable(report, PAGE)
    require_writable(settings.state / "plans" / "newest")
    with anvil() as chain:
        with progress(as_json) as told:
            result = run_demo(chain, path, settings, report, told)
            settings = after_demo(result, settings, told) if watch else settings
        if as_json:
            print_json(_demo_json(result))
        else:
            _print_demo(result)
        if watch:
            _stay(result, settings)


def _stay(result: DemoResult, settings: Config) -> None:
    """Stay with the monitor of a demo's world until Ctrl-C."""
    from bridge.cli.flags import Session
    from bridge.cli.serve import Asked, serve

    session = Session(settings, result.world.chain, result.world.deployment)
    serve([Asked(lambda: (session, settings), settings)], 0)


def _demo_json(result: DemoResult) -> dict[str, object]:
    from bridge.alerts.watch import watched_json

    return {
        "prices": result.world.path.source,
        "prices_left_out": result.world.path.left_out,
        "plan": result.planned.record.plan,
        "proposal": None if result.proposal_id is None else str(result.proposal_id),
        "inputs_hash": result.planned.record.inputs_hash,
        "parameters_after": None if result.after is None else list(result.after),
        "steps": [step.__dict__ for step in result.steps],
        "gas": result.gas,
        "watch": watched_json(result.watched),
        "report": str(result.report),
    }


def _print_demo(result: DemoResult) -> None:
    from bridge.cli.exposure_text import print_exposure
    from bridge.cli.monitor import print_watched
    from bridge.cli.plan_text import print_decision
    from bridge.cli.show import console, table
    from bridge.units import utc

    out, planned = console(), result.planned
    out.print(f"prices: {result.world.path.source}\n", markup=False)
    print_exposure(planned.plan.exposure, f"{planned.record.owner} at block {planned.record.block_number}")
    out.print()
    print_decision(planned)
    rows = [
        [utc(s.timestamp) if s.timestamp else "", s.name, s.detail, f"{s.gas:,}" if s.gas else ""] for s in result.steps
    ]
    rows.append(["", "all steps", "", f"{result.gas:,}"])
    voted = result.proposal_id is not None
    title = f"Governance of proposal {str(result.proposal_id)[:10]}.." if voted else "No proposal"
    out.print()
    out.print(table(title, ("time on chain", "step", "detail", "gas"), rows, left=3))
    out.print()
    for step in result.steps:
        if step.transaction:
            out.print(f"{step.transaction}  {step.name}", markup=False, soft_wrap=True)
    out.print()
    print_watched(result.watched)
    held, changed = len(planned.plan.exposure.positions), len(planned.plan.update.changes)
    done = f"{changed} parameters proposed, voted, executed and read back" if voted else "nothing to vote on"
    out.print(f"\nThe whole loop: {held} positions read, {done}.", markup=False)
    out.print(f"Report: {result.report}", markup=False)


def doctor(as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Say what is missing or misconfigured, and how to mend it. Exit code 1 if something is."""
    from dataclasses import asdict

    from bridge.cli.show import console, table
    from bridge.doctor import examine

    findings = examine(config)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [
            [
                "ok" if f.ok else "MISSING" if f.needed else "WARNING" if f.warning else "absent",
                f.what,
                f.found,
                "" if f.ok else f.mend,
            ]
            for f in findings
        ]
        console().print(table("alvh doctor", ("state", "what", "found", "how to mend it"), rows, left=4))
    if any(not finding.ok and finding.needed for finding in findings):
        raise typer.Exit(1)
