"""A snapshot: a chain, a deployment and the block that everything of one cycle is read at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bridge.chain.blocks import BlockRef
from bridge.errors import BadFile, ChainError, MissingBlock
from bridge.foreign import url_place

if TYPE_CHECKING:  # a plan of a stated book needs no node, and web3 takes longer to import than the plan to make
    from eth_typing import HexStr
    from web3.types import TxReceipt

    from bridge.chain.codec import LogEntry
    from bridge.chain.node import Chain
    from bridge.chain.signers import Sender, Signer
    from bridge.deployment import Deployment
    from bridge.networks import Network

Call = tuple[str, "HexStr"]
"""Address and calldata."""


@dataclass(frozen=True)
class Elsewhere:
    """Another chain of the same book: its network, whether a plan needs it, and its block, or why there is none."""

    network: Network
    needed: bool
    snapshot: Snapshot | None
    trouble: str = ""

    def pinned(self) -> Snapshot:
        """Return its snapshot.

        Raises
        ------
        ChainError
            There is none.
        """
        if self.snapshot is None:
            raise ChainError(self.trouble)
        return self.snapshot


@dataclass(frozen=True)
class Snapshot:
    """One block of one deployment. Contracts are named by artifact, at the deployment's address where none is given.

    `network` is the public network that a book is only observed on; None where there is a deployment of ours.
    `elsewhere` are the other chains of the book; `needed` says whether a plan of it needs this one.
    """

    chain: Chain
    deployment: Deployment
    block: BlockRef
    network: Network | None = field(default=None, kw_only=True)
    elsewhere: tuple[Elsewhere, ...] = field(default=(), kw_only=True)
    needed: bool = field(default=True, kw_only=True)

    def read(
        self,
        contract: str,
        function: str,
        *arguments: Any,
        at: str | None = None,
        sender: str = "",
        most_bytes: int | None = None,
    ) -> Any:
        """Call a view function at the block; see `Chain.read`."""
        address = at or self.deployment.address(contract)
        how: Any = {"block": self.block, "sender": sender, "most_bytes": most_bytes}
        return self.chain.read(contract, address, function, *arguments, **how)

    def logs(
        self, contract: str, event: str, *, at: str | None = None, since: int | None = None, **topics: Any
    ) -> Sequence[Any]:
        """Read an event's log entries up to the block, from the deployment's first block where `since` is None."""
        address = at or self.deployment.address(contract)
        start = self.deployment.deployed_at if since is None else since
        return self.chain.logs(contract, address, event, start, self.block, **topics)

    def walk(self, contract: str, event: str, blocks: tuple[int, int] | None = None) -> Iterator[list[LogEntry]]:
        """Read an event's log entries page by page, each to be decoded by itself.

        They are of the first to the last of `blocks`; without any, of all since the deployment.
        """
        first, last = blocks or (self.deployment.deployed_at, self.block.number)
        return self.chain.walk(contract, self.deployment.address(contract), event, first, min(last, self.block.number))

    def ahead(self, calls: Sequence[Call]) -> AbstractContextManager[None]:
        """Ask many view functions at once; inside of the block `read` has what was answered, and asks for the rest."""
        at = hex(self.block.number)
        return self.chain.ahead([("eth_call", ({"to": to, "data": data}, at)) for to, data in calls])

    def call(self, contract: str, function: str, *arguments: Any, at: str | None = None) -> Call:
        """Return the address and the calldata of a call; nothing is sent."""
        from eth_utils import to_checksum_address

        from bridge.chain.codec import encode_call

        target = to_checksum_address(at or self.deployment.address(contract))
        return target, encode_call(contract, function, *arguments).hex

    def rehearse(self, sender: Sender, contract: str, function: str, *arguments: Any, at: str | None = None) -> None:
        """Run a transaction as `send` would send it, at the block; raises what `send` would raise of it."""
        from bridge.chain.rehearsal import rehearse

        to, data = self.call(contract, function, *arguments, at=at)
        rehearse(self.chain, sender, to, data, self.block, f"{contract}.{function}")

    def send(self, sender: Signer, contract: str, function: str, *arguments: Any, at: str | None = None) -> TxReceipt:
        """Send a transaction and wait until it is mined: the block of the snapshot is then an older one."""
        return self.chain.send(sender, contract, at or self.deployment.address(contract), function, *arguments)

    def has_code(self, address: str) -> bool:
        """Tell whether there is a contract at an address."""
        return self.chain.has_code(address, self.block)

    def code(self, address: str) -> bytes:
        """Return the runtime code at an address."""
        return self.chain.code(address, self.block)

    def storage(self, address: str, slot: int) -> int:
        """Return a word of a contract's storage."""
        return self.chain.storage(address, slot, self.block)

    def code_hash(self, address: str) -> bytes:
        """Return the keccak-256 of the code at an address."""
        return self.chain.code_hash(address, self.block)

    def confirm(self) -> None:
        """Check that the block is still canonical; raises `Reorganised` where it is not."""
        self.chain.confirm(self.block)

    def of(self, asset: str) -> Snapshot:
        """Return a snapshot that takes an asset's own ledger of parameters for the main one; see `Deployment.of`.

        For an empty name it is this one.
        """
        return replace(self, deployment=self.deployment.of(asset)) if asset else self

    def on(self, network: str) -> Snapshot:
        """Return the snapshot of a chain of the book by its network's name; this one for an empty name."""
        if not network or (self.network is not None and self.network.name == network):
            return self
        return next(other for other in self.elsewhere if other.network.name == network).pinned()

    def head(self) -> Snapshot:
        """Return a snapshot of the newest block."""
        return replace(self, block=self.chain.head())


def require_own_node(chain: Chain, deployment: Deployment, path: Path) -> None:
    """Check that a deployment, read from `path`, is of the node that is asked: local chains all have equal addresses.

    Raises
    ------
    BadFile
        It is for another chain id, was written for a node at another URL, or that node began anew meanwhile.
    """
    if deployment.chain_id != chain.chain_id:
        raise BadFile(
            path,
            f"is for chain {deployment.chain_id}, the node serves {chain.chain_id}: set chain.rpc_url or "
            "chain.deployment",
        )
    if deployment.rpc_url is not None and _place(deployment.rpc_url) != _place(chain.url):
        own, asked = url_place(deployment.rpc_url), url_place(chain.url)
        raise BadFile(
            path,
            f"was written for the node at {own}, the settings name {asked + ' with another path' * (own == asked)}: "
            "set chain.rpc_url to the first, or chain.deployment to the file of the other",
        )
    _require_past(chain, deployment, path)
    if deployment.seen_block is not None:
        try:
            found = chain.at(deployment.seen_block).hash
        except MissingBlock:
            found = "gone"
        if found != deployment.seen_hash:
            raise BadFile(
                path,
                f"was written for another chain than the node has now (its block {deployment.seen_block} differs): "
                "start `alvh up` in this folder, or set chain.rpc_url to the node that it was written for",
            )


def _require_past(chain: Chain, deployment: Deployment, path: Path) -> None:
    """Check that events are read from before the contracts were: those of a later start are not seen, and not missed.

    A node that keeps no state of that block cannot tell, and nothing is concluded from that.
    """
    head = chain.head().number
    for name in ("start_block", "deployed_at"):
        if getattr(deployment, name) > head:
            raise BadFile(path, f"{name} is {getattr(deployment, name)}, and the chain has {head} blocks: set it right")
    contract = deployment.contracts.get("HedgeParameters")
    if contract and 0 < deployment.deployed_at < head:
        with suppress(ChainError):
            if chain.has_code(contract, chain.at(deployment.deployed_at)):
                raise BadFile(
                    path,
                    f"deployed_at is {deployment.deployed_at}, and HedgeParameters was there by then: what happened "
                    "before would not be seen; set it to a block before the deployment",
                )


def _place(url: str) -> tuple[str, int | None, str]:
    """Return host, port and path, the loopback by one name."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url, None, ""
    return "127.0.0.1" if host in ("localhost", "::1") else host, port, parts.path.rstrip("/")
