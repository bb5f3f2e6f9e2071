"""Calls, answers and log entries by a packaged ABI, from and to bytes; in a tenth of web3.py's time.

(contract, function, arguments) -> Call -> calldata ... eth_call ... answer -> Call.decoded
calldata -> decode_call -> the function and its arguments by name
(contract, event, topics) -> Event -> filter ... eth_getLogs ... entry -> Event.entry
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from eth_typing import HexStr
from eth_utils import keccak

from bridge.artifacts import artifact
from bridge.chain.rpc import as_address, as_bytes, as_number
from bridge.chain.values import Argument, Misfit, by_name, decode_values, encode_values, types_of
from bridge.errors import ChainError, UsageError


@dataclass(frozen=True)
class Function:
    """A function of a contract, as its ABI describes it."""

    abi: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return its name."""
        return str(self.abi["name"])

    @cached_property
    def signature(self) -> str:
        """Return its name with the types of its arguments: the same name may be there with others."""
        return f"{self.name}({','.join(types_of(self.inputs))})"

    @cached_property
    def selector(self) -> bytes:
        """Return the four bytes that calls begin with."""
        return keccak(text=self.signature)[:4]

    @property
    def inputs(self) -> Sequence[Argument]:
        """Return its arguments."""
        return self.abi.get("inputs", ())  # type: ignore[no-any-return]

    def encoded(self, answer: Any) -> bytes:
        """Encode an answer as the contract returns it; raises `Misfit`."""
        outputs = self.abi.get("outputs", ())
        return encode_values(outputs, [answer] if len(outputs) == 1 else answer)

    def decoded(self, answer: bytes) -> Any:
        """Decode what it returned: one value as it is, several as a list; raises `Misfit`."""
        values = decode_values(self.abi.get("outputs", ()), answer, strict=True)
        return values[0] if len(values) == 1 else values


@dataclass(frozen=True)
class Event:
    """An event of a contract, as its ABI describes it."""

    name: str
    inputs: tuple[Argument, ...]

    @cached_property
    def topic(self) -> bytes:
        """Return the hash that its entries begin with."""
        return keccak(text=f"{self.name}({','.join(types_of(self.inputs))})")

    @cached_property
    def indexed(self) -> tuple[Argument, ...]:
        """Return what entries are found by: values of one word as they are, others by their hash."""
        return tuple(
            {**each, "type": "bytes32"} if _is_hashed(each) else each for each in self.inputs if each["indexed"]
        )

    def topics(self, wanted: Mapping[str, Any]) -> list[Any]:
        """Return the filter of entries: a value, or one of a list of values, for each name.

        Raises
        ------
        UsageError
            The event has no such indexed argument, or it is of another kind.
        """
        unknown = wanted.keys() - {each["name"] for each in self.indexed}
        if unknown:
            raise UsageError(f"the event {self.name} is not found by {', '.join(sorted(unknown))}")
        return ["0x" + self.topic.hex(), *(self._alternatives(each, wanted.get(each["name"])) for each in self.indexed)]

    def _alternatives(self, argument: Argument, value: Any) -> list[str] | None:
        if value is None:
            return None
        values = value if isinstance(value, (list, tuple)) else [value]
        try:
            return ["0x" + encode_values([argument], [each]).hex() for each in values]
        except Misfit as error:
            raise UsageError(f"the event {self.name} is not found by that {argument['name']}: {error}") from error

    def origin(self, log: Any, action: str) -> str:
        """Return the contract that logged an entry, nothing where its topics are not as many as this event's.

        Raises
        ------
        ChainError
            It is no entry.
        """
        if not isinstance(log, dict) or not isinstance(log.get("topics"), list):
            raise ChainError(f"{action}: the node's answer is no log entry")
        return as_address(log.get("address"), action) if len(log["topics"]) == 1 + len(self.indexed) else ""

    def entry(self, log: Any, action: str) -> dict[str, Any]:
        """Decode an entry of the log: its arguments by name under `args`, and its place on the chain.

        Raises
        ------
        ChainError
            It is no entry of this event.
        """
        if not isinstance(log, dict) or not isinstance(log.get("topics"), list):
            raise ChainError(f"{action}: the node's answer is no log entry")
        first, *words = [as_bytes(topic, action) for topic in log["topics"]] or [b""]
        rest = [each for each in self.inputs if not each["indexed"]]
        if first != self.topic or len(words) != len(self.indexed):
            raise ChainError(f"{action}: the node answered with entries of another event")
        try:
            found = iter(decode_values(self.indexed, b"".join(words)))
            others = iter(decode_values(rest, as_bytes(log.get("data"), action)))
        except Misfit as error:
            raise ChainError(f"{action}: an entry does not decode ({error})") from error
        values = [next(found if each["indexed"] else others) for each in self.inputs]
        named = [{**each, "type": "bytes32"} if each["indexed"] and _is_hashed(each) else each for each in self.inputs]
        return {
            "event": self.name,
            "args": by_name(named, values),
            "address": as_address(log.get("address"), action),
            "blockHash": as_bytes(log.get("blockHash"), action),
            "blockNumber": as_number(log.get("blockNumber"), action),
            "transactionHash": as_bytes(log.get("transactionHash"), action),
            "transactionIndex": as_number(log.get("transactionIndex"), action),
            "logIndex": as_number(log.get("logIndex"), action),
        }


@dataclass(frozen=True)
class LogEntry:
    """An entry as the node answered it, not decoded yet: one that does not decode must not hide the others."""

    event: Event
    log: Any
    action: str

    def decoded(self) -> dict[str, Any]:
        """Return it as `Event.entry` does; raises `ChainError`."""
        return self.event.entry(self.log, self.action)


def _is_hashed(argument: Argument) -> bool:
    return argument["type"] in ("string", "bytes") or argument["type"].startswith("tuple") or "[" in argument["type"]


@dataclass(frozen=True)
class Call:
    """A function with arguments that fit it."""

    function: Function
    data: bytes

    @property
    def hex(self) -> HexStr:
        """Return the calldata."""
        return HexStr("0x" + self.data.hex())


@cache
def functions(contract: str) -> tuple[Function, ...]:
    """Return the functions of a contract by the name of its ABI."""
    return tuple(Function(entry) for entry in artifact(contract).abi if entry["type"] == "function")


@cache
def event(contract: str, name: str) -> Event:
    """Return a contract's event by name.

    Raises
    ------
    UsageError
        Its ABI has none of that name, or several.
    """
    found = [entry for entry in artifact(contract).abi if entry["type"] == "event" and entry["name"] == name]
    if len(found) != 1:
        raise UsageError(f"{contract} has {len(found) or 'no'} events {name}")
    return Event(name, tuple(found[0]["inputs"]))


def encode_call(contract: str, function: str, *arguments: Any) -> Call:
    """Find the function that a name, or a whole signature, and the arguments fit, and encode the call.

    Raises
    ------
    UsageError
        No function fits, or several do.
    """
    named = [each for each in functions(contract) if function in (each.name, each.signature)]
    fitting, why = [], ""
    for each in named:
        try:
            fitting.append(Call(each, each.selector + encode_values(each.inputs, arguments)))
        except Misfit as error:
            why = f": {error}"
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"{contract} has {len(fitting)} functions {function} for these arguments: write the signature")
    if not named:
        raise UsageError(f"{contract} has no function {function}")
    raise UsageError(f"{' or '.join(each.signature for each in named)} of {contract} takes other arguments{why}")


def function_of(contract: str, data: bytes) -> str:
    """Return the name of the function that the first bytes of calldata are of, nothing where there is none."""
    return next((each.name for each in functions(contract) if each.selector == data[:4]), "")


def decode_call(contract: str, data: bytes) -> tuple[Function, dict[str, Any]]:
    """Find the function that calldata calls, and return it with its arguments by name, structs as dicts.

    Raises
    ------
    UsageError
        The ABI has no such function, or the data is not its arguments.
    """
    for each in functions(contract):
        if each.selector == data[:4]:
            try:
                return each, by_name(each.inputs, decode_values(each.inputs, data[4:]))
            except Misfit as error:
                raise UsageError(f"the arguments of {contract}.{each.name} do not decode: {error}") from error
    raise UsageError(f"{contract} has no function 0x{data[:4].hex()}")
