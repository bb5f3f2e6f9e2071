"""The Safe app's Transaction Builder: its batch files, read into calls and written from them.

    file -> checksum -> chain and Safe -> calls (calldata, or a method with the inputs that people typed)

A file is a carrier: what its calls do is told from their bytes. Source: the format and the checksum of the app's
Transaction Builder, version 1.0 of its files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_typing import HexStr
from eth_utils import keccak

from bridge.chain.addresses import checked_address
from bridge.chain.codec import Function
from bridge.chain.values import Misfit, encode_values
from bridge.errors import BadFile, UnknownAddress
from bridge.files import write_whole
from bridge.foreign import foreign, is_hex
from bridge.json_files import read_json, reading
from bridge.safe.batch import SafeCall

VERSION: Final = "1.0"
WRITTEN_BY: Final = "1.16.5"
"""The version of the app whose files these are like."""
CALL_FIELDS: Final = {"to", "value", "data", "contractMethod", "contractInputsValues", "operation"}
MOST_WEI: Final = 2**256
NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,127}")
NUMBER: Final = re.compile(r"-?[0-9]{1,78}|0x[0-9a-fA-F]{1,64}")
KIND: Final = re.compile(r"([a-z][a-z0-9]{0,11})((?:\[(?:[1-9][0-9]{0,3})?\]){0,4})")
OTHER_NAMES: Final = {"uint": "uint256", "int": "int256", "byte": "bytes1"}
"""What people write for a type; a signature, and so what a call is found by, has the whole name."""
KINDS: Final = frozenset(
    {"address", "bool", "bytes", "string", "tuple", *(f"bytes{size}" for size in range(1, 33))}
    | {f"{sign}int{bits}" for sign in ("", "u") for bits in range(8, 257, 8)}
)
"""The types that Solidity encodes. It knows no value of a fixed-point number."""


@dataclass(frozen=True)
class Batch:
    """The calls of a file, and whether its checksum was there."""

    calls: tuple[SafeCall, ...]
    checked: bool


def checksum(content: Mapping[str, Any]) -> str:
    """Return the checksum of a file's content, as the app computes it: of all but the name and the checksum itself.

    >>> checksum({"meta": {"name": "a"}}) == checksum({"meta": {"name": "b", "checksum": "0x"}})
    True
    """
    meta = {name: each for name, each in content["meta"].items() if name != "checksum"}
    text = _serialised({**content, "meta": {**meta, "name": None}})
    return "0x" + keccak(text.encode("utf-8", errors="surrogatepass")).hex()


def _serialised(value: Any) -> str:
    """Write a value as the app hashes it: an object is its sorted names, then its values, each before a comma."""
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", errors="surrogatepass"))
        return "{" + _plain(names) + "".join(f"{_serialised(value[name])}," for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_serialised, value)) + "]"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def load_batch(path: Path, chain_id: int, safe: str) -> Batch:
    """Read a file of the Transaction Builder.

    Raises
    ------
    BadFile
        It is absent or no such file, was changed, is for another chain or Safe, or has no call that can be made.
    """
    with reading(path, absent="no such file", otherwise="not a batch of the Safe app's Transaction Builder"):
        content = read_json(path)
        meta, transactions, version = content["meta"], content["transactions"], content["version"]
        if version != VERSION or not isinstance(transactions, list) or not transactions:
            raise ValueError(f"version {foreign(version, 20)}, or no transactions")
        made_for = meta.get("createdFromSafeAddress") or safe
        _require_own(path, content, meta, chain_id)
        if checked_address(made_for) != safe:
            raise BadFile(path, f"was made for the Safe {made_for}, not for {safe}: give the Safe with --safe")
        calls = tuple(_call(number, each) for number, each in enumerate(transactions, start=1))
    return Batch(calls, bool(meta.get("checksum")))


def _require_own(path: Path, content: Mapping[str, Any], meta: Mapping[str, Any], chain_id: int) -> None:
    if str(content["chainId"]) != str(chain_id):
        raise BadFile(path, f"is for chain {foreign(content['chainId'], 20)}, the node serves {chain_id}")
    given = meta.get("checksum")
    if given and given != checksum(content):
        raise BadFile(path, "its checksum is not that of its content: it was changed, ask for it again")


def _call(number: int, written: Mapping[str, Any]) -> SafeCall:
    """Read one call; a `ValueError` or `Misfit` says what is wrong with it."""
    unknown = sorted(written.keys() - CALL_FIELDS)
    if unknown or written.get("operation", 0) not in (0, "0"):
        raise ValueError(f"transaction {number} has {foreign((unknown or ['operation'])[0])}, which is not known here")
    try:
        to, value = checked_address(written["to"]), _wei(written["value"])
        given, method = written.get("data"), written.get("contractMethod")
        data = None if given is None else _hex(given)
        made = _encoded(method, written.get("contractInputsValues") or {}) if method else None
    except (Misfit, UnknownAddress, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"transaction {number}: {foreign(error)}") from None
    if data not in (None, "0x") and made not in (None, data):
        raise ValueError(f"transaction {number}: its data is not what its method and inputs say")
    return to, value, made if data in (None, "0x") and made is not None else data or HexStr("0x")


def _wei(written: Any) -> int:
    text = str(written)
    if not NUMBER.fullmatch(text) or text.startswith(("-", "0x")) or int(text) >= MOST_WEI:
        raise ValueError(f"the value is {foreign(text, 40)!r}, not a number of wei")
    return int(text)


def _hex(written: str) -> HexStr:
    if not is_hex(written):
        raise ValueError("its data is not 0x and bytes in hex")
    return HexStr(written.lower())


def _encoded(method: Mapping[str, Any], inputs: Mapping[str, Any]) -> HexStr:
    """Encode a method and what people typed for its inputs."""
    function = Function({"name": method["name"], "inputs": _arguments(method["inputs"])})
    if not NAME.fullmatch(function.name):
        raise ValueError(f"{foreign(function.name, 40)!r} is no name of a method")
    values = [_typed(argument, inputs[argument["name"]]) for argument in function.inputs]
    return HexStr("0x" + (function.selector + encode_values(function.inputs, values)).hex())


def _arguments(written: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for each in written:
        written_as = KIND.fullmatch(each["type"])
        kind = OTHER_NAMES.get(written_as[1], written_as[1]) if written_as else ""
        if written_as is None or kind not in KINDS:
            raise ValueError(f"{foreign(each['type'], 40)!r} is no type of an input")
        parts = {"components": _arguments(each["components"])} if kind == "tuple" else {}
        found.append({"name": str(each["name"]), "type": kind + written_as[2], **parts})
    return found


def _typed(argument: Mapping[str, Any], written: Any) -> Any:
    """Return the value that somebody typed for an input."""
    kind = argument["type"]
    if kind.endswith("]") or kind == "tuple":
        items = json.loads(written) if isinstance(written, str) else written
        if kind == "tuple":
            return [_typed(part, item) for part, item in zip(argument["components"], items, strict=True)]
        inner = {**argument, "type": kind[: kind.rindex("[")]}
        return [_typed(inner, item) for item in items]
    if kind == "bool":
        return {"true": True, "false": False}[str(written).strip().lower()]
    if kind.startswith(("uint", "int")):
        text = str(written).strip()
        if not NUMBER.fullmatch(text):
            raise ValueError(f"{foreign(text, 40)!r} is no {kind}")
        return int(text, 16 if text.startswith("0x") else 10)
    return checked_address(str(written).strip()) if kind == "address" else str(written)


def batch_text(name: str, chain_id: int, safe: str, calls: Sequence[SafeCall], at: int) -> str:
    """Return the text of a file of the Transaction Builder; `at` is its time in unix seconds."""
    content: dict[str, Any] = {
        "version": VERSION,
        "chainId": str(chain_id),
        "createdAt": at * 1000,
        "meta": {
            "name": name,
            "description": "",
            "txBuilderVersion": WRITTEN_BY,
            "createdFromSafeAddress": safe,
            "createdFromOwnerAddress": "",
        },
        "transactions": [
            {"to": to, "value": str(value), "data": data, "contractMethod": None, "contractInputsValues": None}
            for to, value, data in calls
        ],
    }
    content["meta"]["checksum"] = checksum(content)
    return json.dumps(content, indent=2) + "\n"


def save_batch(path: Path, text: str) -> None:
    """Write a file whole, to a new place or over an older batch.

    Raises
    ------
    BadFile
        Something else is there, which would be lost.
    """
    if path.exists() or path.is_symlink():
        with reading(
            path, absent="", otherwise="is there and is no batch: name another place, nothing is written over it"
        ):
            content = read_json(path)
            if content["version"] != VERSION or not isinstance(content["transactions"], list):
                raise ValueError("another file")
    write_whole(path, text)
