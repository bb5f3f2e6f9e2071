"""Revert data in the contract's own words, and malformed data as it is."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak
from web3.exceptions import ContractLogicError

from bridge.artifacts import error_abi
from bridge.chain.answers import node_refused
from bridge.chain.reverts import ERROR_STRING, PANIC, decode_reason, decode_revert
from bridge.errors import ContractReverted

pytestmark = pytest.mark.unit
STEP = "StepTooLarge(uint8,uint32,uint32,uint32)"


def selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


def test_decode_reason__error_with_a_string__is_its_message() -> None:
    found = decode_reason(ERROR_STRING + encode(["string"], ["GS026"]), "the Safe")
    assert (found.error, found.arguments, found.action) == ("Error", {"message": "GS026"}, "the Safe")
    assert str(found) == "the Safe was refused by the contract: Error(message=GS026)"


def test_decode_reason__panic__is_its_code() -> None:
    found = decode_reason(PANIC + encode(["uint256"], [0x11]), "adding")
    assert (found.error, found.arguments) == ("Panic", {"code": 0x11})


def test_decode_reason__our_custom_error__has_its_name_numbers_and_meaning() -> None:
    body = encode(["uint8", "uint32", "uint32", "uint32"], [3, 1000, 1600, 200])
    found = decode_reason(selector(STEP) + body, "the update")
    assert found.error == "StepTooLarge"
    assert found.arguments == {"key": 3, "oldValue": 1000, "newValue": 1600, "maxStep": 200}
    assert str(found) == (
        "the update was refused by the contract: StepTooLarge(key=3, oldValue=1000, newValue=1600, maxStep=200): "
        "The change is larger than one update may make in that direction"
    )


def test_decode_reason__bytes_in_the_error__are_shown_as_hex() -> None:
    found = decode_reason(selector("Vetoed(bytes32)") + b"\xab" * 32, "applying")
    assert found.arguments == {"updateHash": "0x" + "ab" * 32}


def test_decode_reason__same_name_other_arguments__is_told_apart_by_its_selector() -> None:
    oracle, parameters = selector("NotNewer(uint64,uint64)"), selector("NotNewer(uint64,uint256)")
    body = encode(["uint64", "uint64"], [1, 2])
    assert [list(decode_reason(head + body, "x").arguments) for head in (oracle, parameters)] == [
        ["observedAt", "lastObservedAt"],
        ["observedAt", "lastObservedAt"],
    ]


def test_decode_reason__every_packaged_error__is_found_by_its_selector() -> None:
    for entry in error_abi():
        kinds = [argument["type"] for argument in entry["inputs"]]
        if any(kind.startswith("tuple") or "[" in kind or kind in ("bytes", "string") for kind in kinds):
            continue
        data = selector(f"{entry['name']}({','.join(kinds)})") + bytes(32 * len(kinds))
        assert decode_reason(data, "x").error == entry["name"]


def test_decode_reason__unknown_selector__is_shown_with_its_data() -> None:
    found = decode_reason(bytes.fromhex("deadbeef") + b"\x01\x02", "calling")
    assert (found.error, found.arguments) == ("0xdeadbeef", {"data": "0x0102"})


@pytest.mark.parametrize(
    "data",
    [
        ERROR_STRING + b"\x01",
        ERROR_STRING + encode(["bytes"], [b"\xff\xfe"]),
        ERROR_STRING + (32).to_bytes(32, "big") + (2**255).to_bytes(32, "big"),
        ERROR_STRING + (2**255).to_bytes(32, "big") + bytes(32),
        PANIC + b"\x00" * 5,
        selector(STEP) + b"\x00" * 31,
        selector(STEP) + b"\xff" * 128,
    ],
)
def test_decode_reason__malformed_arguments__is_shown_as_it_is(data: bytes) -> None:
    found = decode_reason(data, "calling")
    assert (found.error, found.arguments) == ("0x" + data[:4].hex(), {"data": "0x" + data[4:].hex()})


@pytest.mark.parametrize("data", [b"", b"\x12", bytes.fromhex("deadbeef")])
def test_decode_reason__no_arguments__has_none(data: bytes) -> None:
    assert decode_reason(data, "calling").arguments == {}


def test_decode_revert__data_wrapped_by_the_node__is_unwrapped() -> None:
    data = "0x" + (selector("NoAnswer()")).hex()
    for given in (data, {"data": data}):
        assert decode_revert(ContractLogicError("execution reverted", given), "reading").error == "NoAnswer"


@pytest.mark.parametrize("data", [None, "0x", "no data", {"message": "x"}])
def test_decode_revert__no_data__is_the_nodes_message(data: object) -> None:
    found = decode_revert(ContractLogicError("execution reverted", data), "reading")  # type: ignore[arg-type]
    assert isinstance(found, ContractReverted)
    assert found.arguments == {"message": "execution reverted"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"code": 3, "message": "execution reverted", "data": "0x12"}, "execution reverted"),
        ({"code": -32000, "message": " "}, "the node refuses (error -32000)"),
        ({"code": {"a": 1}, "message": {"b": 2}}, "the node refuses without a reason"),
        ({}, "the node refuses without a reason"),
        (["no"], "the node refuses without a reason"),
        (None, "the node refuses without a reason"),
        ("no\x1b[2J", "no[2J"),
    ],
)
def test_node_refused__error_of_any_shape__is_told_in_plain_words(error: Any, words: str) -> None:
    assert str(node_refused(error, "reading positions")) == f"reading positions: {words}"
