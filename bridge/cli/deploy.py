"""`alvh deploy`: the contracts on a real network, a dry run first; and the proof of any deployment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from bridge.cli.flags import (
    AsOption,
    ConfigOption,
    FromOption,
    JsonOption,
    KeystoreOption,
    RelayOption,
    SendOption,
    print_json,
    say,
)

if TYPE_CHECKING:
    from bridge.chain.node import Chain
    from bridge.chain.signers import Sender
    from bridge.config import Config
    from bridge.deploy.plan import Plan
    from bridge.deploy.settings import DeploySettings

DEFAULT = "run"


class _Defaulting(TyperGroup):
    """A group whose first word may be a file: `alvh deploy FILE` is `alvh deploy run FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command before what names none."""
        named = next((word for word in args if not word.startswith("-")), None)
        if args and args[0] != "--help" and named not in self.commands:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Defaulting,
    no_args_is_help=True,
    help="Deploy the contracts on a real network beside a new DAO or one that exists, and prove any deployment. "
    "Dry run without --send.\n\n`alvh deploy FILE` is `alvh deploy run FILE`.",
)
RpcOption = Annotated[str | None, typer.Option("--rpc", help="URL of the node; default: the one of the settings.")]
StateOption = Annotated[
    Path, typer.Option("--state", help="Where journals and files of deployments are kept, in a folder for each.")
]


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The settings; `alvh deploy init` writes an example.")],
    send: SendOption = False,
    relay: RelayOption = None,
    propose: Annotated[
        bool, typer.Option("--propose", help="Also bring the proposal by which a governor of before accepts it.")
    ] = False,
    renumber: Annotated[
        bool, typer.Option("--renumber", help="Go on from the next nonce where another transaction took a step's.")
    ] = False,
    outbid: Annotated[
        bool, typer.Option("--outbid", help="Offer more for the same where a transaction waits and is not mined.")
    ] = False,
    rpc: RpcOption = None,
    role: AsOption = None,
    keystore: KeystoreOption = None,
    sender: FromOption = None,
    state: StateOption = Path(".alvh"),
    as_json: JsonOption = False,
) -> None:
    """Show every transaction of a deployment in its order, with address, gas and cost; with --send carry it out.

    A run that was interrupted anywhere is gone on with by the same line: nothing is sent twice.

    Examples: alvh deploy deploy.toml --from 0xabc...; alvh deploy deploy.toml --keystore key.json --send
    """
    from bridge.cli.deploy_text import print_done
    from bridge.cli.ways import say_if_alone
    from bridge.deploy.finish import carry_out_plan
    from bridge.deploy.journal import folder_of, held_folder
    from bridge.deploy.plan import make_plan
    from bridge.deploy.sending import Sending
    from bridge.deploy.settings import load_settings

    _require_send(propose, send)
    chain = _connect(settings := load_settings(file), rpc, relay)
    who = _sender(chain, send, role, keystore, sender)
    say_if_alone(chain)
    folder = folder_of(state, settings.chain.id, settings.name)
    if not send:
        return _show(chain, make_plan(chain, settings, who.address, folder, renumber=renumber), as_json)
    how = Sending(who.key(), settings.chain.confirmations, lambda step, words: _tell(f"{step.name}: {words}"), outbid)
    with held_folder(folder):
        plan = make_plan(chain, settings, who.address, folder, renumber=renumber)
        print_done(carry_out_plan(chain, how, plan, _tell, propose), as_json)


def _require_send(propose: bool, send: bool) -> None:
    from bridge.errors import UsageError

    if propose and not send:
        raise UsageError("--propose sends a proposal: it goes with --send")


def _show(chain: Chain, plan: Plan, as_json: bool) -> None:
    """Rehearse what a plan has left to send, and print it with its costs; nothing is signed.

    What the send would be refused for before its first transaction is raised behind it.
    """
    from bridge.cli.deploy_text import plan_json, print_plan
    from bridge.deploy.rehearsal import read_fees, rehearse_steps, require_sendable
    from bridge.errors import BridgeError

    measured = rehearse_steps(chain, plan.layout.deployer, plan.left, plan.block, lambda step: None)
    fees, refused = read_fees(chain), None
    try:
        require_sendable(chain, plan.layout.deployer, measured, fees, plan.block)
    except BridgeError as error:
        refused = error
    chain.confirm(plan.block)
    if as_json:
        print_json(plan_json(plan, measured, fees))
    else:
        print_plan(plan, measured, fees)
    if refused:
        raise refused
    if not as_json:
        say(
            "nothing was signed or sent: repeat with --send"
            if plan.left
            else "everything is sent: --send proves it again"
        )


def _tell(words: str) -> None:
    """Say how far it is, beside what is printed for machines."""
    say(words, stderr=True)


def _connect(settings: DeploySettings, rpc: str | None, relay: str | None) -> Chain:
    from bridge.chain.node import connect
    from bridge.chain.ways import Ways
    from bridge.cli.reading import reading_shown
    from bridge.cli.ways import relay_url

    at, ways = settings.chain, Ways(relay=relay_url(relay), warned=_tell)
    return connect(rpc or at.rpc_url, at.id, at.caps, told=reading_shown(), ways=ways)


def _sender(chain: Chain, send: bool, role: str | None, keystore: Path | None, given: str | None) -> Sender:
    """Return who deploys: the one who signs, or in a dry run the address that would."""
    from bridge.cli.flags import Session, choose_sender
    from bridge.config import Config
    from bridge.deployment import Deployment

    nothing = Deployment(chain_id=chain.chain_id, contracts={}, feeds={}, assets={}, price_pools={})
    return choose_sender(Session(Config(), chain, nothing), send, role, keystore, given)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The address file of a deployment: deployment.json.")],
    rpc: RpcOption = None,
    block: Annotated[int | None, typer.Option("--block", min=0, help="At this block; default: the newest one.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Prove a deployment from its address file: code with every immutable, roles, owners, links, feeds, first values.

    It needs a node and this program, and believes neither the deployer nor the file. With `chain.rpc_urls` a second
    node must say the same; --rpc asks one alone, and a line says so. Ends with 1 where anything is wrong or could not
    be compared.

    Examples: alvh deploy verify deployment.json --rpc https://...; alvh deploy verify .alvh/deployment.json --json
    """
    from bridge.cli.deploy_text import print_checks
    from bridge.cli.ways import say_if_alone
    from bridge.config import load_config
    from bridge.deploy.verify import proven, verify_deployment
    from bridge.deployment import load_deployment
    from bridge.snapshot import Snapshot, require_own_node

    deployment = load_deployment(file)
    chain = _witness(load_config(config), rpc, deployment.chain_id)
    require_own_node(chain, deployment if rpc is None else deployment.model_copy(update={"rpc_url": None}), file)
    say_if_alone(chain)
    snapshot = Snapshot(chain, deployment, chain.head() if block is None else chain.at(block))
    checks = verify_deployment(snapshot, lambda words: None)
    snapshot.confirm()
    if as_json:
        print_json({"block": snapshot.block.number, "proven": proven(checks), "checks": [c._asdict() for c in checks]})
    else:
        print_checks(checks)
    if not proven(checks):
        raise typer.Exit(1)


def _witness(config: Config, rpc: str | None, chain_id: int) -> Chain:
    """Connect to the nodes of the settings, or to the one of the option alone; nothing is read that was kept."""
    from bridge.chain.node import connect
    from bridge.chain.place import node_url
    from bridge.cli.reading import reading_shown
    from bridge.cli.ways import ways_of

    at = config.chain
    beside = config if rpc is None else config.model_copy(update={"chain": at.model_copy(update={"rpc_urls": ()})})
    url, ways = rpc or node_url(at.rpc_url), ways_of(beside, None, kept=False)
    return connect(url, chain_id, at.caps, at.max_wait_seconds, reading_shown(), ways=ways)


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the example goes; nothing may be there.")] = Path(
        "deploy.toml"
    ),
) -> None:
    """Write settings with a comment to each, to be filled in.

    Example: alvh deploy init deploy.toml
    """
    import os

    from bridge.deploy.example import EXAMPLE
    from bridge.errors import BadFile
    from bridge.files import write_whole

    if os.path.lexists(file):
        raise BadFile(file, "is there already: name another place, nothing is written over it")
    write_whole(file, EXAMPLE, shared=True)
    say(f"written: {file}")
