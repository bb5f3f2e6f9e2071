"""A local node for the contract tests: deploy what is packaged, call and send as anyone, read refusals by name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_abi import decode
from eth_utils import function_abi_to_4byte_selector, get_abi_input_types
from hypothesis import HealthCheck, settings
from web3 import HTTPProvider, Web3

from bridge.artifacts import Artifact, artifact
from bridge.local.anvil import anvil_process, free_port

GENESIS = 1_767_225_600  # 2026-01-01 00:00:00Z, so that every run has the same times
GAS_LIMIT = 16_000_000
# Examples share the test's snapshot of the node, which is meant. Hypothesis 6.27 (Brownie's pin) begins with inputs cut
# so short that data of a fixed size overruns them, and counts that against the test.
ON_A_NODE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large])
HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Refusal:
    """A custom error: its name and numbers."""

    name: str
    values: tuple[Any, ...]


def refusal(name: str, *values: Any) -> Refusal:
    """Write a refusal as a test expects it."""
    return Refusal(name, values)


class Node:
    """A running anvil that lets every address send, without fees."""

    def __init__(self, url: str) -> None:
        self.web3 = Web3(HTTPProvider(url))
        self.deployer = self.web3.eth.accounts[0]

    def request(self, method: str, *parameters: Any) -> Any:
        """Send a raw request; an error of the node is an assertion that fails."""
        answer = self.web3.provider.make_request(method, list(parameters))
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    @property
    def now(self) -> int:
        """Time of the newest block, which calls see as now."""
        return int(self.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def advance(self, seconds: int) -> None:
        """Mine one block this much later."""
        self.advance_to(self.now + seconds)

    def advance_to(self, time: int) -> None:
        """Mine one block at a time."""
        self.request("evm_setNextBlockTimestamp", time)
        self.request("evm_mine")

    def transact(self, transaction: dict[str, Any]) -> dict[str, Any]:
        """Send from any address and return the receipt of a success."""
        sent = self.request("eth_sendTransaction", {"gas": hex(GAS_LIMIT), "gasPrice": "0x0", **transaction})
        receipt = self._receipt(sent)
        assert receipt["status"] == "0x1", f"reverted: {self.revert_data(transaction).hex()}"
        return receipt

    def _receipt(self, sent: str) -> dict[str, Any]:
        deadline = time.monotonic() + 10
        while (receipt := self.request("eth_getTransactionReceipt", sent)) is None:
            assert time.monotonic() < deadline, f"{sent} was not mined within 10 s"
            time.sleep(0.005)
        return dict(receipt)

    def revert_data(self, transaction: dict[str, Any]) -> bytes:
        """Return what a call reverts with; that it does not is an assertion that fails."""
        answer = self.web3.provider.make_request("eth_call", [{"gas": hex(GAS_LIMIT), **transaction}, "latest"])
        assert "error" in answer, "the call did not revert"
        return bytes.fromhex(answer["error"]["data"][2:])

    def deploy(self, name: str, *arguments: Any, sender: str | None = None) -> Deployed:
        """Deploy a packaged contract, from the node's first account or another one."""
        built = artifact(name)
        receipt = self.transact(self._creation(built, arguments) | {"from": sender or self.deployer})
        return Deployed(self, receipt["contractAddress"], built.abi)

    def deploy_refusal(self, name: str, *arguments: Any) -> Refusal:
        """Return the error with which a constructor refuses."""
        built = artifact(name)
        return named(self.revert_data(self._creation(built, arguments)), built.abi)

    def _creation(self, built: Artifact, arguments: tuple[Any, ...]) -> dict[str, Any]:
        factory = self.web3.eth.contract(abi=built.abi, bytecode=built.bytecode)
        return {"from": self.deployer, "data": factory.constructor(*arguments).data_in_transaction}


class Deployed:
    """A contract on the node."""

    def __init__(self, node: Node, address: str, abi: list[dict[str, Any]]) -> None:
        self.node, self.abi = node, abi
        self.address = Web3.to_checksum_address(address)
        self.contract = node.web3.eth.contract(address=self.address, abi=abi)

    def encode(self, function: str, *arguments: Any) -> str:
        """Encode a call."""
        return str(self.contract.encode_abi(function, args=list(arguments)))

    def read(self, function: str, *arguments: Any) -> Any:
        """Call a view."""
        return self.contract.functions[function](*arguments).call()

    def send(self, function: str, *arguments: Any, sender: str) -> dict[str, Any]:
        """Send a call that succeeds."""
        return self.node.transact(self._transaction(function, arguments, sender))

    def revert_data(self, function: str, *arguments: Any, sender: str) -> bytes:
        """Return the raw bytes that a call reverts with."""
        return self.node.revert_data(self._transaction(function, arguments, sender))

    def refusal(self, function: str, *arguments: Any, sender: str | None = None) -> Refusal:
        """Return the error that a call reverts with."""
        data = self.revert_data(function, *arguments, sender=sender or self.node.deployer)
        return named(data, self.abi)

    def events(self, receipt: dict[str, Any], name: str) -> list[dict[str, Any]]:
        """Return the arguments of every event of a name in a receipt."""
        found = self.node.web3.eth.get_transaction_receipt(receipt["transactionHash"])
        topic = self.contract.events[name]().topic
        entries = [entry for entry in found["logs"] if entry["address"] == self.address]
        own = [entry for entry in entries if "0x" + bytes(entry["topics"][0]).hex() == topic]
        return [dict(self.contract.events[name]().process_log(entry)["args"]) for entry in own]

    def _transaction(self, function: str, arguments: tuple[Any, ...], sender: str) -> dict[str, Any]:
        return {"from": sender, "to": self.address, "data": self.encode(function, *arguments)}


def named(data: bytes, abi: list[dict[str, Any]]) -> Refusal:
    """Decode revert bytes by selector."""
    for entry in abi:
        if entry["type"] == "error" and function_abi_to_4byte_selector(entry) == data[:4]:
            return Refusal(entry["name"], decode(get_abi_input_types(entry), data[4:]))
    return Refusal("0x" + data.hex(), ())


@contextmanager
def running_node(chain_id: int = 31_337) -> Iterator[Node]:
    """Run anvil on a free port for the length of a `with` block."""
    port = free_port()
    chain = f"--port {port} --chain-id {chain_id} --timestamp {GENESIS} --hardfork cancun"
    arguments = [*chain.split(), "--auto-impersonate", "--base-fee", "0", "--silent"]
    with anvil_process(arguments) as process:
        deadline = time.monotonic() + 30
        while not Web3(HTTPProvider(f"http://127.0.0.1:{port}")).is_connected():
            assert process.poll() is None, "anvil ended at once"
            assert time.monotonic() < deadline, "anvil did not answer within 30 s"
            time.sleep(0.05)
        node = Node(f"http://127.0.0.1:{port}")
        node.request("anvil_setBlockTimestampInterval", 1)
        yield node
