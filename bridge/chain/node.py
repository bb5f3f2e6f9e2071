"""One node: connect, read at a pinned block, send, and turn every failure into a `BridgeError`.

    connect -> Chain.head() -> BlockRef -> Chain.read(..., block) ... -> Chain.confirm(block)

A read always names its block. `confirm` asks again for the block's hash after the last read, so that a re-organisation
in between is an error and not a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from eth_typing import ChecksumAddress, HexStr

from bridge.artifacts import artifact
from bridge.chain.blocks import BlockRef
from bridge.chain.bounds import within
from bridge.chain.codec import LogEntry, encode_call
from bridge.chain.codec import event as event_of
from bridge.chain.compared import SEND
from bridge.chain.fees import DEFAULT_CAPS, FeeCaps, require_gas
from bridge.chain.log_cache import LogCache
from bridge.chain.logs import Told
from bridge.chain.pinned import PinnedReads
from bridge.chain.providers import Providers
from bridge.chain.receipts import hand_over, possible, receipt_of
from bridge.chain.reverts import call_refused
from bridge.chain.rpc import PATIENCE_SECONDS, Rpc, as_bytes, as_number, checksummed, share_of
from bridge.chain.values import Misfit
from bridge.chain.ways import ALONE, Ways
from bridge.errors import (
    ChainError,
    ContractReverted,
    NodesDisagree,
    NodeUnreachable,
    NotTaken,
    PendingTransactions,
    UnknownAddress,
    WrongChain,
)

if TYPE_CHECKING:  # who only reads waits for none of them
    from web3 import Web3
    from web3.contract import Contract
    from web3.types import Nonce, TxParams, TxReceipt, Wei

    from bridge.chain.signers import Sender, Signer


class Chain(PinnedReads):
    """A node by its URL, and the id of the chain that it serves: `connect` checks it. Connects when first asked.

    Raises
    ------
    NodeUnreachable
        It is no URL of http or https.
    """

    def __init__(
        self,
        url: str,
        chain_id: int,
        caps: FeeCaps = DEFAULT_CAPS,
        patience: float = PATIENCE_SECONDS,
        told: Told | None = None,
        one_clock: bool = False,
        ways: Ways = ALONE,
    ) -> None:
        self.url, self.chain_id, self.caps, self.ways = url, chain_id, caps, ways
        urls = dict.fromkeys((url, *ways.others))
        nodes = [Rpc(each, patience, told, one_clock, share_of(patience, len(urls))) for each in urls]
        self._rpc = nodes[0] if len(nodes) == 1 else Providers(nodes, ways.max_lag_seconds, ways.warned)
        self._relay = Rpc(ways.relay) if ways.relay else None
        self._cache = LogCache(ways.logs, chain_id, ways.warned) if ways.logs else None
        self._contracts: dict[tuple[str, str], Contract] = {}
        self.created = dict[str, str]()  # encoded constructor arguments, as 0x hex, by what was deployed from here

    @cached_property
    def web3(self) -> Web3:
        """Return web3.py's connection to the node, for what is sent and deployed; reads do without it."""
        from web3 import Web3

        from bridge.chain.provider import Provider

        return Web3(Provider(self._rpc))

    def contract(self, name: str, address: str) -> Contract:
        """Return web3.py's contract object for a packaged ABI at an address."""
        key = (name, address)
        if key not in self._contracts:
            checked = checksummed(address)
            self._contracts[key] = self.web3.eth.contract(address=checked, abi=artifact(name).abi)
        return self._contracts[key]

    def read(
        self,
        name: str,
        address: str,
        function: str,
        *arguments: Any,
        block: BlockRef,
        sender: str = "",
        most_bytes: int | None = None,
    ) -> Any:
        """Call a view function at a pinned block.

        Parameters
        ----------
        name, address, function, arguments
            Artifact name, contract address, function name and its arguments.
        block
            The block to read at.
        sender
            The address to call from, for static calls of functions that check it.
        most_bytes
            A longer answer is none; of contracts that may answer megabytes.

        Raises
        ------
        ContractReverted
            The contract refused; the error carries its name and numbers.
        UnknownAddress
            Nothing at the address answers to this ABI.
        UsageError
            The ABI has no such function, or it takes other arguments.
        """
        call, action = encode_call(name, function, *arguments), f"{name}.{function}"
        transaction = {"to": checksummed(address), "data": call.hex}
        if sender:
            transaction["from"] = checksummed(sender)
        answer = self.ask("eth_call", transaction, hex(block.number))
        if "error" in answer:
            raise call_refused(answer["error"], action)
        found = as_bytes(answer["result"], action)
        if most_bytes is not None and len(found) > most_bytes:
            raise UnknownAddress(address, f"a {name}")
        try:
            return within(name, function, call.function.decoded(found))
        except Misfit as error:
            raise UnknownAddress(address, f"a {name}") from error

    def logs(
        self, name: str, address: str, event: str, since: int, block: BlockRef, **topics: Any
    ) -> list[dict[str, Any]]:
        """Read an event's log entries from block `since` up to the pinned block.

        Parameters
        ----------
        topics
            By the name of an indexed argument: the value, or the values, that entries must have.

        Returns each as `Event.entry` does.
        """
        source, action = event_of(name, event), f"reading the {event} events of {name}"
        wanted = {"address": checksummed(address), "topics": source.topics(topics)}
        place = (wanted, since, block.number, action)
        found = self._cache.read(self._rpc, *place) if self._cache else self._rpc.logs.read(*place)
        return [source.entry(log, action) for log in found]

    def forget_logs(self) -> bool:
        """Have the events that were read from the disk read from the node again; False where none were."""
        return self._cache.forget() if self._cache else False

    def emitters(self, name: str, event: str, since: int, block: BlockRef, **topics: Any) -> list[str]:
        """Return the contracts that logged an event, whoever they are, from block `since` on: newest first, each once.

        Anyone can log anything: of an entry only where it is from is read, and that it has the topics of the event.
        """
        source, action = event_of(name, event), f"reading who logged {event}"
        wanted = {"topics": source.topics(topics)}
        place = (wanted, since, block.number, action)
        found = self._cache.read(self._rpc, *place) if self._cache else self._rpc.logs.read(*place)
        named = [source.origin(log, action) for log in found]
        return list(dict.fromkeys(each for each in reversed(named) if each))

    def walk(self, name: str, address: str, event: str, since: int, until: int) -> Iterator[list[LogEntry]]:
        """Read an event's log entries page by page: who keeps little of each needs memory for one page."""
        source, action = event_of(name, event), f"reading the {event} events of {name}"
        wanted = {"address": checksummed(address), "topics": source.topics({})}
        for page in self._rpc.logs.walk(wanted, since, until, action):
            yield [LogEntry(source, log, action) for log in page]

    def reading(
        self, calls: Iterable[tuple[str, str, str, tuple[Any, ...]]], block: BlockRef
    ) -> AbstractContextManager[None]:
        """Ask many view functions at once, each by artifact, address, function and arguments; inside of the `with`
        block `read` finds their answers.
        """
        return self.reading_at((*call, block) for call in calls)

    def reading_at(
        self, calls: Iterable[tuple[str, str, str, tuple[Any, ...], BlockRef]]
    ) -> AbstractContextManager[None]:
        """Ask many view functions at once as `reading` does, each at a block of its own."""
        questions = list[tuple[str, Sequence[Any]]]()
        for name, address, function, arguments, block in calls:
            data = encode_call(name, function, *arguments).hex
            questions.append(("eth_call", ({"to": checksummed(address), "data": data}, hex(block.number))))
        return self._rpc.ahead(questions)

    def ahead(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> AbstractContextManager[None]:
        """Ask many questions at once; see `Rpc.ahead`."""
        return self._rpc.ahead(questions)

    def send(
        self, signer: Signer, name: str, address: str, function: str, *arguments: Any, value: int = 0
    ) -> TxReceipt:
        """Sign and send a call, wait until it is mined, and return the receipt.

        Raises
        ------
        ContractReverted
            It would revert: nothing was sent.
        TransactionFailed
            It was sent and mined with status 0, was not mined in time, or was replaced by another of the account's.
        PendingTransactions
            The account has transactions on their way: nothing was sent, or another sender was faster.
        FeeTooHigh
            It would cost more than the settings allow: nothing was sent.
        """
        data = encode_call(name, function, *arguments).hex
        return self.send_raw(signer, checksummed(address), data, f"{name}.{function}", value)

    def deploy(self, signer: Signer, name: str, *arguments: Any) -> str:
        """Deploy one of our contracts from its packaged bytecode and return its address."""
        built = artifact(name)
        return self.deploy_code(signer, name, built.abi, built.bytecode, *arguments)

    def deploy_code(self, signer: Signer, name: str, abi: list[Any], bytecode: str, *arguments: Any) -> str:
        """Deploy any ABI and bytecode and return the address."""
        factory = self.web3.eth.contract(abi=abi, bytecode=HexStr(bytecode))
        data = factory.constructor(*arguments).data_in_transaction
        receipt = self.send_raw(signer, None, data, f"deploying {name}")
        made = str(receipt["contractAddress"])
        self.created[made] = "0x" + data[len(bytecode) :]
        return made

    def send_raw(
        self, signer: Signer, to: ChecksumAddress | None, data: HexStr, action: str, value: int = 0
    ) -> TxReceipt:
        """Sign and send calldata; see `send`."""
        transaction: TxParams = {"from": signer.address, "data": data, "value": cast("Wei", value)}
        if to is not None:
            transaction["to"] = to
        transaction["gas"] = self.gas(transaction, action)
        transaction |= self._fees_and_nonce(signer)
        self.caps.require(transaction)
        nonce = transaction["nonce"]
        try:
            sent = hand_over(self, signer, transaction, action)
        except NotTaken as error:
            after = int(nonce)
            with suppress(ChainError):
                after = self.nonces(signer)[1]
            if after > nonce:  # another sender of the account was faster
                raise PendingTransactions(signer.address, nonce, after - nonce, error.transaction) from error
            raise
        return possible(self, receipt_of(self, signer, nonce, sent, action, to), transaction["gas"], action)

    def take(self, raw: bytes) -> dict[str, Any]:
        """Give signed bytes to the relay where there is one, and to nobody else; without one to the node.

        Raises
        ------
        ChainError
            It failed, and may have taken them.
        """
        if self._relay is None:
            return self.ask(SEND, "0x" + raw.hex())
        try:
            return self._relay.ask(SEND, "0x" + raw.hex())
        except NodeUnreachable as error:
            raise ChainError(f"the relay at {error.url} does not answer ({error.reason})") from error

    def gas(self, transaction: Mapping[str, Any], action: str) -> int:
        """Return the gas to give a transaction: a quarter more than the node measures, and no more than a block takes.

        Raises
        ------
        ContractReverted
            It would revert.
        ChainError
            It needs more gas than a block has, or by the node's word less than any transaction.
        """
        asked = {name: hex(each) if isinstance(each, int) else each for name, each in transaction.items()}
        answer = self.ask("eth_estimateGas", asked, "latest")  # not what waits to be mined
        if "error" in answer:
            raise call_refused(answer["error"], action)
        most = as_number(self._newest(action).get("gasLimit"), action)
        return min(require_gas(as_number(answer["result"], action), most, action) * 5 // 4, most)

    def nonces(self, signer: Signer | Sender) -> tuple[int, int]:
        """Read an account's next nonce: after what is mined, and after what the node still holds to be mined."""
        action = f"reading the nonce of {signer.address}"
        mined, after = (
            as_number(self._result(action, "eth_getTransactionCount", signer.address, state), action)
            for state in ("latest", "pending")
        )
        return mined, after

    def _fees_and_nonce(self, signer: Signer) -> TxParams:
        mined, after = self.nonces(signer)
        if after > mined:
            raise PendingTransactions(signer.address, mined, after - mined)
        return self.fees() | {"chainId": self.chain_id, "nonce": cast("Nonce", mined)}

    def fees(self) -> TxParams:
        """Read what a transaction should offer now: the node's tip, above twice the base fee of the newest block.

        Raises
        ------
        FeeTooHigh
            It is more than the settings allow.
        """
        action = "reading the fees"
        head = self._newest(action)
        # A chain without EIP-1559 has no base fee, or null in its place.
        base = as_number(head.get("baseFeePerGas") or "0x0", action)
        tip = as_number(self._result(action, "eth_maxPriorityFeePerGas"), action)
        offered = {"maxPriorityFeePerGas": cast("Wei", tip), "maxFeePerGas": cast("Wei", 2 * base + tip)}
        self.caps.require(offered)
        return offered  # type: ignore[return-value]

    def _newest(self, action: str) -> dict[str, Any]:
        head = self._result(action, "eth_getBlockByNumber", "latest", False)
        if not isinstance(head, dict):
            raise ChainError(f"{action}: the node's answer is no block")
        self.newest = as_number(head.get("number"), action)
        return head

    def simulate(
        self,
        sender: str,
        to: str,
        data: HexStr,
        at: int,
        block: BlockRef,
        action: str,
        stored: Mapping[str, Mapping[str, str]] | None = None,
        value: int = 0,
    ) -> None:
        """Run a call as it would run at unix time `at`, on the state of a block, without sending it.

        Parameters
        ----------
        stored
            Storage words to replace those of the block: by contract, by slot, all as 0x hex.
        value
            Wei that go with it.

        Raises
        ------
        ContractReverted
            It would revert.
        """
        call = {"from": sender, "to": to, "data": data} | ({"value": hex(value)} if value else {})
        state = {address: {"stateDiff": dict(words)} for address, words in (stored or {}).items()}
        answer = self.ask("eth_call", call, hex(block.number), state, {"time": hex(at)})
        if "error" in answer:
            raise call_refused(answer["error"], action)


def connect(
    url: str, chain_id: int, caps: FeeCaps = DEFAULT_CAPS, patience: float = PATIENCE_SECONDS, told: Told | None = None,
    one_clock: bool = False, ways: Ways = ALONE,
) -> Chain:  # fmt: skip
    """Connect to a node and check that it serves the chain it should.

    Parameters
    ----------
    caps, ways
        What a transaction may cost, and what there is beside the node.
    patience, told, one_clock
        As `Rpc` takes them.

    Raises
    ------
    NodeUnreachable
        Nothing answers at the URL.
    WrongChain
        It serves another chain id.
    """
    chain = Chain(url, chain_id, caps, patience, told, one_clock, ways)
    try:
        found = as_number(chain.request("eth_chainId"), "asking for the chain")
    except (NodeUnreachable, NodesDisagree):
        raise
    except ChainError as error:
        raise NodeUnreachable(url, str(error)) from error
    if found != chain_id:
        raise WrongChain(chain_id, found)
    return chain


__all__ = ["BlockRef", "Chain", "ContractReverted", "connect"]
