"""Options that commands share, and the session that most of them open: settings, node and deployment."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bridge.chain.node import BlockRef, Chain
    from bridge.chain.signers import Sender, Signer
    from bridge.cli.networks_open import Opened
    from bridge.config import Config
    from bridge.deployment import Deployment
    from bridge.networks import Network
    from bridge.snapshot import Snapshot

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings file; without it alvh.toml of this folder, or the defaults.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
SendOption = Annotated[bool, typer.Option("--send", help="Sign and send. Without it nothing leaves this machine.")]
RelayOption = Annotated[
    str | None,
    typer.Option(
        "--relay",
        help="Give signed transactions to this private endpoint, and to no node. One whose URL holds a key belongs in "
        "ALVH_RELAY_URL: others of this machine can read a command line.",
    ),
]
AgainOption = Annotated[bool, typer.Option("--again", help="Bring it once more where it was cancelled or defeated.")]
OwnerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--owner",
        help="Whose positions: an address or a name of book.labels, again for each of several; default: book.owner, "
        "then the demo LP.",
    ),
]
RpcOption = Annotated[
    str | None,
    typer.Option("--rpc", help="A node of a public network (`alvh networks`): observe only, nothing need be deployed."),
]
BlockOption = Annotated[int | None, typer.Option("--block", help="Read at this block; default: the newest one now.")]
AsOption = Annotated[
    str | None, typer.Option("--as", help="Sign as this role of the local chain, such as operator or voter-1.")
]
KeystoreOption = Annotated[Path | None, typer.Option("--keystore", help="Sign with this encrypted keystore.")]

OfOption = Annotated[
    str, typer.Option("--of", help="Asset whose own ledger of parameters it is for; default: the main one.")
]
LiveOption = Annotated[
    bool, typer.Option("--live", help="Ask the venue of venue.url for its quotes now, instead of any file.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Address that would send, for a dry run without its key.")
]


def require_one_source(chain_file: Path | None, live: bool, book: Path | None = None) -> None:
    """Refuse two sources of quotes, and a stated book without a file of them.

    Raises
    ------
    UsageError
        `--live` is given beside `--chain` or `--book`.
    """
    from bridge.errors import UsageError

    if live and chain_file:
        raise UsageError("--live and --chain name two sources of quotes: give one")
    if live and book:
        raise UsageError("--book takes a file of quotes: `alvh fetch chains ETH --out quotes.parquet` first")


def require_of(of: str, action: str, known: Collection[str], arguments: Sequence[str] = ()) -> None:
    """Refuse `--of` with an action that is on no ledger of parameters, or with limits of a key that none reads there.

    Raises
    ------
    UsageError
        It has no meaning there.
    """
    from bridge.errors import UsageError
    from hedge.policy.parameters import KEY_IDS, LEG_KEYS

    if of and action not in known:
        raise UsageError(f"--of {of}: {action} is on nothing that an asset has of its own; leave it out")
    for name in (argument.partition("=")[0] for argument in arguments if of and action == "set-limits"):
        if name in KEY_IDS and name not in LEG_KEYS:
            raise UsageError(f"{name} is read from the main ledger alone: leave --of {of} out")


@dataclass(frozen=True)
class Session:
    """What a command works with."""

    config: Config
    chain: Chain
    deployment: Deployment
    network: Network | None = field(default=None, kw_only=True)
    elsewhere: tuple[Opened, ...] = field(default=(), kw_only=True)
    needed: bool = field(default=True, kw_only=True)

    def block(self, number: int | None) -> BlockRef:
        """Pin the block to read at: the one that was asked for, or the newest."""
        from bridge.errors import UsageError

        if number is not None and number < 0:
            raise UsageError(f"--block {number}: blocks are numbered from 0 on; leave it out for the newest")
        return self.chain.head() if number is None else self.chain.at(number)

    def snapshot(self, number: int | None = None) -> Snapshot:
        """Pin a block: the one that was asked for, or the newest; of other chains of the book the newest.

        Raises
        ------
        UsageError
            A block was asked for, and the book is on several chains.
        """
        from bridge.errors import UsageError
        from bridge.snapshot import Snapshot

        if self.elsewhere and number is not None:
            raise UsageError(f"--block {number} is of one chain, and the book is on several: leave it out")
        others = tuple(opened.pinned() for opened in self.elsewhere)
        at = self.block(number)
        return Snapshot(self.chain, self.deployment, at, network=self.network, elsewhere=others, needed=self.needed)

    def owner(self, asked: Sequence[str] | None) -> str:
        """Return whose book it is, as `bridge.plans.owners` writes it, with checksums."""
        from bridge.chain.addresses import checked_address
        from bridge.errors import BadConfig, UnknownAddress, UsageError
        from bridge.plans.owners import together

        stated, labels = self.config.book.owner, self.config.book.labels
        stated = (stated,) if isinstance(stated, str) else stated
        given = (asked or None, stated, (self.deployment.accounts["lp"],) if "lp" in self.deployment.accounts else None)
        chosen = next((each for each in given if each is not None), None)
        if not chosen:
            raise UsageError("whose book? give --owner or set book.owner in alvh.toml")
        try:
            return together(checked_address(labels.get(each, each)) for each in chosen)
        except UnknownAddress as error:
            if asked:
                raise
            where = "book.owner in alvh.toml" if stated is not None else "lp in the deployment file"
            raise BadConfig(f"{where}: must be {error.expected}") from None


def open_book(config_path: Path | None, rpc: str | None) -> Session:
    """Open what a book is looked at with: a deployment where there is one, else a public network.

    Parameters
    ----------
    rpc
        URL of a node of a public network, whose book is then only observed, whatever deployment there is.

    Raises
    ------
    BadConfig
        The node's chain is no network that is known, or no node is named.
    BadFile
        There is neither a network nor a deployment.
    """
    from bridge.config import load_config
    from bridge.deployment import load_deployment
    from bridge.errors import UsageError

    if rpc is not None and not rpc.strip():
        raise UsageError("--rpc is empty: give the URL of a node, or leave it out")
    config = load_config(config_path)
    if rpc is None and config.chains:
        warn_of_keys(config)
        return _observing_several(config)
    if rpc is None and (config.chain.network is None or config.chain.deployment.is_file()):
        load_deployment(config.chain.deployment)  # before a node is asked: an empty folder has neither
        return open_session(config_path)
    from bridge.cli.networks_open import observing

    warn_of_keys(config, rpc)
    return observing(config, rpc)


def _observing_several(config: Config) -> Session:
    """Connect to the networks of `[[chains]]`: the first one is the session's."""
    from bridge.cli.networks_open import open_networks

    first, *others = open_networks(config)
    assert first.chain is not None  # one that does not answer was raised
    place = (by_feeds(config), first.chain, first.deployment)
    return Session(*place, network=first.network, elsewhere=tuple(others), needed=first.needed)


def warn_of_keys(config: Config, rpc: str | None = None) -> None:
    """Say which URL of a node may hold a key or a login where others can read it; it is used all the same."""
    from bridge.chain.place import VARIABLE, may_hold_key, network_variable

    at = config.chain
    if rpc is not None:
        found = [("--rpc", f"chain.network and {VARIABLE}")] if may_hold_key(rpc) else []
    else:
        found = [("chain.rpc_url", VARIABLE)] if may_hold_key(at.rpc_url) else []
        places = (place for place in config.chains if may_hold_key(place.rpc_url))
        found += [(f"rpc_url of {place.network}", network_variable(place.network)) for place in places]
    for what, instead in found:
        say(f"warning: {what} may hold a key or a login that others can read there: use {instead}", stderr=True)


def by_feeds(config: Config) -> Config:
    """Return the settings with feeds as the source of prices, where they name that of a deployment."""
    source = {"price_source": "feeds"} if config.book.price_source == "pools" else {}
    return config.model_copy(update={"book": config.book.model_copy(update=source)})


def open_session(config_path: Path | None, relay: str | None = None, kept: bool = True) -> Session:
    """Load the settings, connect, load the deployment, and check that it is of this chain.

    Parameters
    ----------
    relay
        Where signed transactions go instead of the node; else what the environment names.
    kept
        Whether events may be those that were kept of an earlier reading: no proof rests on them.
    """
    from bridge.chain.node import connect
    from bridge.chain.place import node_url
    from bridge.cli.reading import reading_shown
    from bridge.cli.ways import ways_of
    from bridge.config import load_config
    from bridge.deployment import load_deployment
    from bridge.errors import BadFile, UnknownAddress
    from bridge.snapshot import require_own_node

    config = load_config(config_path)
    warn_of_keys(config)
    at = config.chain
    told, ways = reading_shown(), ways_of(config, relay, kept)
    url = node_url(at.rpc_url)
    chain = connect(url, at.chain_id, at.caps, at.max_wait_seconds, told, one_clock=True, ways=ways)
    deployment = load_deployment(config.chain.deployment)
    require_own_node(chain, deployment, config.chain.deployment)
    parameters = deployment.contracts.get("HedgeParameters")
    if parameters is None:
        missing = (
            "has no address for HedgeParameters: add it, or write the file anew (`alvh up` does for a local chain)"
        )
        raise BadFile(config.chain.deployment, missing)
    if not chain.has_code(parameters, chain.head()):
        raise UnknownAddress(parameters, "HedgeParameters (the deployment file is of another or an older chain)")
    return Session(config, chain, deployment)


def choose_signer(session: Session, role: str | None, keystore: Path | None) -> Signer:
    """Return who signs: a local role, a keystore, or the key in the environment."""
    from bridge.chain.blocks import LOCAL_CHAIN_ID
    from bridge.chain.signers import environment_signer, keystore_signer
    from bridge.errors import RefusedAction, UsageError
    from bridge.local.accounts import INDEX, account

    if role is None:
        return keystore_signer(keystore) if keystore else environment_signer()
    if keystore is not None:
        raise UsageError("--as and --keystore name two signers: give one")
    if session.chain.chain_id != LOCAL_CHAIN_ID:
        raise RefusedAction(
            f"--as is for the local chain {LOCAL_CHAIN_ID} only; use --keystore on {session.chain.chain_id}"
        )
    if role not in INDEX:
        raise UsageError(f"no local role {role!r}: one of {', '.join(INDEX)}")
    return account(role)


def choose_sender(
    session: Session,
    send: bool,
    role: str | None,
    keystore: Path | None,
    given: str | None,
    anyone: bool = False,
    flag: str = "--from",
) -> Sender:
    """Return who sends: the signer, or in a dry run the address that would.

    Parameters
    ----------
    given, flag
        The address that a dry run is asked for, and the option that gives it.
    anyone
        Anyone may send this: a dry run needs neither key nor address.

    Raises
    ------
    UnknownAddress
        The address is none.
    UsageError
        The address is not that of the key which signs.
    BadConfig
        Neither key nor address is given.
    """
    import os

    from bridge.chain.addresses import checked_address
    from bridge.chain.rehearsal import ANYONE
    from bridge.chain.signers import KEY_VARIABLE, Sender
    from bridge.errors import BadConfig, UsageError

    address = None if given is None else checked_address(given)
    keyless = role is None and keystore is None and not send
    if keyless and address is not None:
        return Sender(address)
    if keyless and not os.environ.get(KEY_VARIABLE):
        if anyone:
            return ANYONE
        why = f"set {KEY_VARIABLE}, name a keystore with --keystore, or for a dry run an address with {flag}"
        raise BadConfig(f"no key to sign with: {why}")
    signer = choose_signer(session, role, keystore)
    if address not in (None, signer.address):
        raise UsageError(f"{flag} {address} is not the account that signs, {signer.address}: leave one of them out")
    return Sender.of(signer)


def print_json(content: Any) -> None:
    """Print one JSON document; a NaN in it is a fault, never printed, and no text in it disguises what it says."""
    from bridge.foreign import cleaned

    sys.stdout.write(json.dumps(cleaned(content), indent=2, allow_nan=False) + "\n")


def print_line(content: Any) -> None:
    """Print one JSON document on a line of its own, as a stream of them has it; see `print_json`."""
    from bridge.foreign import cleaned

    sys.stdout.write(json.dumps(cleaned(content), allow_nan=False) + "\n")
    sys.stdout.flush()


def say(text: str, stderr: bool = False) -> None:
    """Print a line in which words of others may stand: of what a terminal shows of it, only the first is at the margin.

    Lines that follow in the same text are indented on a pipe too.
    """
    from bridge.cli.show import console

    console(stderr).print(text, markup=False)
