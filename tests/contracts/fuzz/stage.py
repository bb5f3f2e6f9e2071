"""A fast stage for state machines: one connection to a node, every call tried on the real bytecode and counted.

A call is executed by `eth_call` at the second at which it would be mined, which says why it is refused. What is not
refused is then mined at that second, and its events are decoded. Reads go in one batch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from eth_abi import decode, encode
from eth_utils import (
    event_abi_to_log_topic,
    function_abi_to_4byte_selector,
    get_abi_input_types,
    get_abi_output_types,
    to_checksum_address,
)
from onchain import GAS_LIMIT, Deployed, Node, Refusal

from bridge.artifacts import error_abi

Event = tuple[str, dict[str, Any]]
View = tuple["Target", str, tuple[Any, ...]]


@cache
def errors_by_selector() -> dict[bytes, dict[str, Any]]:
    """Return every custom error of our contracts and of their libraries."""
    return {function_abi_to_4byte_selector(entry): entry for entry in error_abi()}


def named(data: bytes) -> Refusal:
    """Decode revert bytes of whatever contract they come from."""
    entry = errors_by_selector().get(data[:4])
    if entry is None:
        return Refusal("0x" + data.hex(), ())
    return Refusal(entry["name"], tuple(decode(get_abi_input_types(entry), data[4:])))


class Target:
    """A contract with its codec looked up once."""

    def __init__(self, contract: Deployed) -> None:
        self.address = contract.address
        functions = [entry for entry in contract.abi if entry["type"] == "function"]
        self.functions = {
            entry["name"]: (
                function_abi_to_4byte_selector(entry), get_abi_input_types(entry), get_abi_output_types(entry),
            ) for entry in functions
        }  # fmt: skip
        self.events = {event_abi_to_log_topic(entry): entry for entry in contract.abi if entry["type"] == "event"}

    def encode(self, function: str, arguments: tuple[Any, ...]) -> str:
        """Encode a call."""
        selector, types, _ = self.functions[function]
        return "0x" + (selector + encode(types, arguments)).hex()

    def decode(self, function: str, data: bytes) -> Any:
        """Decode an answer: the one value, or a tuple of several."""
        found = decode(self.functions[function][2], data)
        return found[0] if len(found) == 1 else found

    def event(self, log: dict[str, Any]) -> Event:
        """Decode a log of this contract."""
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        entry = self.events[topics[0]]
        indexed = [argument for argument in entry["inputs"] if argument["indexed"]]
        plain = [argument for argument in entry["inputs"] if not argument["indexed"]]
        data = bytes.fromhex(log["data"][2:])
        values = [decode([argument["type"]], topic)[0] for argument, topic in zip(indexed, topics[1:], strict=True)]
        values += decode(get_abi_input_types({"type": "function", "name": "", "inputs": plain}), data)
        names = [argument["name"] for argument in indexed + plain]
        return entry["name"], dict(zip(names, values, strict=True))


@dataclass
class Outcome:
    """What became of a call: at which second, why it was refused, or its events by contract."""

    at: int
    data: bytes = b""
    refusal: Refusal | None = None
    events: dict[str, list[Event]] = field(default_factory=dict)


class Stage:
    """The node as machines use it, from one snapshot."""

    def __init__(self, node: Node) -> None:
        parts = urlsplit(node.web3.provider.endpoint_uri)  # type: ignore[attr-defined]
        self.connection = HTTPConnection(parts.hostname or "", parts.port)
        self.now = self.start = node.now
        self.snapshot = self.request("evm_snapshot")
        self.targets: dict[str, Target] = {}
        self.calls = self.accepted = 0

    def add(self, contract: Deployed) -> Target:
        """Make a contract known, so that its events are decoded."""
        target = Target(contract)
        self.targets[target.address] = target
        return target

    def reset(self) -> None:
        """Go back to where the stage was set up."""
        self.request("evm_revert", self.snapshot)
        self.snapshot, self.now = self.request("evm_snapshot"), self.start

    def play(self, sender: str, target: Target, function: str, *arguments: Any, gap: int = 1) -> Outcome:
        """Call a contract under test as an actor, some seconds after the last block."""
        outcome = self.call(sender, target, function, *arguments, gap=gap)
        self.calls += 1
        self.accepted += outcome.refusal is None
        return outcome

    def call(self, sender: str, target: Target, function: str, *arguments: Any, gap: int = 1) -> Outcome:
        """Call without counting."""
        at = self.now + gap
        call = {"from": sender, "to": target.address, "data": target.encode(function, arguments)}
        call |= {"gas": hex(GAS_LIMIT), "gasPrice": "0x0"}
        (tried,) = self._post([("eth_call", [call, "latest", {}, {"time": hex(at)}])])
        if "error" in tried:
            assert "data" in tried["error"], f"{function}: {tried['error']}"
            data = bytes.fromhex(tried["error"]["data"][2:])
            return Outcome(at, data, named(data))
        return self._mine(call, at, bytes.fromhex(tried["result"][2:]))

    def _mine(self, call: dict[str, Any], at: int, answer: bytes) -> Outcome:
        self.request("evm_setNextBlockTimestamp", at)
        receipt = self.request("eth_sendTransactionSync", call)
        assert receipt["status"] == "0x1", "a call that was not refused failed when it was mined"
        self.now = at
        events: dict[str, list[Event]] = {}
        for log in receipt["logs"]:
            target = self.targets.get(to_checksum_address(log["address"]))
            if target:
                events.setdefault(target.address, []).append(target.event(log))
        return Outcome(at, answer, None, events)

    def read(self, views: list[View], at: int | None = None) -> list[Any]:
        """Read views in one batch, at the newest block or as they would answer later; a revert is a Refusal."""
        time = [{}, {"time": hex(at)}] if at else []
        calls = [{"to": target.address, "data": target.encode(name, arguments)} for target, name, arguments in views]
        answers = self._post([("eth_call", [call, "latest", *time]) for call in calls])
        found: list[Any] = []
        for (target, name, _), answer in zip(views, answers, strict=True):
            if "error" in answer:
                found.append(named(bytes.fromhex(answer["error"]["data"][2:])))
            else:
                found.append(target.decode(name, bytes.fromhex(answer["result"][2:])))
        return found

    def request(self, method: str, *parameters: Any) -> Any:
        """Send one raw request that succeeds."""
        (answer,) = self._post([(method, list(parameters))])
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def _post(self, requests: list[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
        if not requests:
            return []
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
            for number, (method, parameters) in enumerate(requests)
        ]
        self.connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        answers = json.loads(self.connection.getresponse().read())
        return sorted(answers, key=lambda answer: int(answer["id"]))
