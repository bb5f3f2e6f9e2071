"""Batch files of the Safe app's Transaction Builder: their checksum, what is read from them, what is refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import function_signature_to_4byte_selector, keccak
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BadFile
from bridge.safe.builder import batch_text, checksum, load_batch, save_batch

pytestmark = pytest.mark.unit
SAFE = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
BASE = 8453


@pytest.fixture
def theirs(vectors: Path) -> dict[str, Any]:
    """Return a batch whose checksum others computed."""
    return json.loads((vectors / "transaction_builder.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def written(path: Path, content: Any, sealed: bool = False) -> Path:
    if sealed:
        content["meta"]["checksum"] = checksum(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_checksum__of_a_file_of_others__is_theirs_and_the_name_is_not_in_it(theirs: dict[str, Any]) -> None:
    assert checksum(theirs) == theirs["meta"]["checksum"]
    theirs["meta"]["name"] = "another"
    assert checksum(theirs) == theirs["meta"]["checksum"]
    theirs["transactions"][1]["value"] = "6"
    assert checksum(theirs) != theirs["meta"]["checksum"]


def test_load_batch__file_of_others__has_the_calls_that_its_methods_and_inputs_say(
    tmp_path: Path, theirs: dict[str, Any]
) -> None:
    batch = load_batch(written(tmp_path / "b.json", theirs), BASE, SAFE)
    call = function_signature_to_4byte_selector("share(uint256,address[])")
    call += encode(["uint256", "address[]"], [2**256 - 1, [SAFE]])
    assert batch.calls == ((OTHER, 0, "0x" + call.hex()), (OTHER, 5, "0x"))
    assert batch.checked


@pytest.mark.parametrize(
    ("kind", "components", "typed", "value"),
    [
        ("int128", None, "-5", -5),
        ("uint8", None, "0xff", 255),
        ("bool", None, "True", True),
        ("bytes4", None, "0x01020304", bytes([1, 2, 3, 4])),
        ("bytes", None, "0x", b""),
        ("string", None, "héllo", "héllo"),
        ("uint256[2][]", None, "[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("bool[]", None, "[true, false]", [True, False]),
        ("tuple", [("uint256", "a"), ("address", "b")], f'["7", "{SAFE}"]', (7, SAFE)),
        ("tuple[]", [("uint256", "a")], "[[7], [8]]", [(7,), (8,)]),
    ],
)
def test_load_batch__each_kind_of_input__is_encoded_as_the_chain_reads_it(
    tmp_path: Path, theirs: dict[str, Any], kind: str, components: list[tuple[str, str]] | None, typed: str, value: Any
) -> None:
    argument: dict[str, Any] = {"name": "x", "type": kind, "internalType": kind}
    inner = f"({','.join(each for each, _ in components)})" if components else ""
    if components:
        argument["components"] = [{"type": each, "name": name} for each, name in components]
    method = {"name": "f", "inputs": [argument], "payable": False}
    theirs["transactions"] = [
        {"to": OTHER, "value": "0", "data": None, "contractMethod": method, "contractInputsValues": {"x": typed}}
    ]
    ((_, _, data),) = load_batch(written(tmp_path / "b.json", theirs, sealed=True), BASE, SAFE).calls
    whole = kind.replace("tuple", inner) if components else kind
    assert data == "0x" + (keccak(text=f"f({whole})")[:4] + encode([whole], [value])).hex()


@pytest.mark.parametrize(
    ("written_as", "components", "whole", "typed"),
    [
        ("uint", None, "uint256", "7"),
        ("int", None, "int256", "-7"),
        ("byte", None, "bytes1", "0x07"),
        ("uint[]", None, "uint256[]", "[7]"),
        ("int[2][]", None, "int256[2][]", "[[7, 8]]"),
        ("tuple[]", [("uint", "a"), ("int[]", "b")], "(uint256,int256[])[]", "[[7, [8]]]"),
    ],
)
def test_load_batch__type_under_another_name__is_found_by_its_whole_one(
    tmp_path: Path,
    theirs: dict[str, Any],
    written_as: str,
    components: list[tuple[str, str]] | None,
    whole: str,
    typed: str,
) -> None:
    parts = {"components": [{"type": each, "name": name} for each, name in components]} if components else {}
    method = {"name": "withdraw", "inputs": [{"name": "x", "type": written_as, **parts}]}
    call = {"to": OTHER, "value": "0", "data": None, "contractMethod": method, "contractInputsValues": {"x": typed}}
    theirs["transactions"] = [call]
    ((_, _, data),) = load_batch(written(tmp_path / "b.json", theirs, sealed=True), BASE, SAFE).calls
    assert data[:10] == "0x" + keccak(text=f"withdraw({whole})")[:4].hex()


@pytest.mark.parametrize(
    "kind",
    ["fixed", "ufixed", "fixed128x18", "function", "uint7", "uint08", "uint264", "uint0", "bytes0", "bytes33",
     "bytes01", "tuple2", "uint[0]", "uint[01]", "uint[", "addresses", "Uint256", "uint256 ", "string1",
     "enum", "tuplex[]"],
)  # fmt: skip
def test_load_batch__type_that_solidity_has_not__is_refused_by_name(
    tmp_path: Path, theirs: dict[str, Any], kind: str
) -> None:
    method = {"name": "f", "inputs": [{"name": "x", "type": "tuple", "components": [{"name": "y", "type": kind}]}]}
    call = {"to": OTHER, "value": "0", "data": None, "contractMethod": method, "contractInputsValues": {"x": "[1]"}}
    theirs["transactions"] = [call]
    with pytest.raises(BadFile, match="is no type of an input"):
        load_batch(written(tmp_path / "b.json", theirs, sealed=True), BASE, SAFE)


CALL = {"to": OTHER, "value": "0", "data": "0x12"}
METHOD = {"name": "f", "inputs": [{"name": "x", "type": "uint8"}], "payable": False}


@pytest.mark.parametrize(
    ("transactions", "words"),
    [
        ([], "no transactions"),
        ([CALL | {"operation": 1}], "transaction 1 has operation, which is not known here"),
        ([CALL, CALL | {"gas\x1b[31m": 1}], r"transaction 2 has gas\[31m, which"),
        ([CALL | {"to": "0x12"}], "transaction 1: 0x12 is not an address"),
        ([CALL | {"value": "1.5"}], "'1.5', not a number of wei"),
        ([CALL | {"value": -1}], "not a number of wei"),
        ([CALL | {"value": "9" * 78}], "not a number of wei"),
        ([CALL | {"data": "0x1"}], "not 0x and bytes in hex"),
        ([CALL | {"data": 7}], "transaction 1"),
        ([CALL | {"contractMethod": METHOD, "contractInputsValues": {"x": "7"}}], "not what its method and inputs say"),
        ([CALL | {"data": None, "contractMethod": METHOD, "contractInputsValues": {"x": "256"}}], "transaction 1"),
        ([CALL | {"data": None, "contractMethod": METHOD, "contractInputsValues": {"x": "one"}}], "'one' is no uint8"),
        ([CALL | {"data": None, "contractMethod": METHOD, "contractInputsValues": {}}], "transaction 1"),
        ([CALL | {"data": None, "contractMethod": {"name": "f(", "inputs": []}}], "no name of a method"),
        (
            [CALL | {"data": None, "contractMethod": {"name": "f", "inputs": [{"name": "x", "type": "map)"}]}}],
            "no type of an input",
        ),
        ([7], "Transaction Builder"),
        ("none", "no transactions"),
    ],
)
def test_load_batch__call_that_cannot_be__is_refused_with_its_number(
    tmp_path: Path, theirs: dict[str, Any], transactions: Any, words: str
) -> None:
    theirs["transactions"] = copy.deepcopy(transactions)
    with pytest.raises(BadFile, match=words):
        load_batch(written(tmp_path / "b.json", theirs, sealed=True), BASE, SAFE)


def test_load_batch__changed_other_chain_other_safe_or_no_batch__is_refused(
    tmp_path: Path, theirs: dict[str, Any]
) -> None:
    file = written(tmp_path / "b.json", theirs)
    with pytest.raises(BadFile, match="is for chain 8453, the node serves 1"):
        load_batch(file, 1, SAFE)
    with pytest.raises(BadFile, match=f"was made for the Safe {SAFE}, not for {OTHER}"):
        load_batch(file, BASE, OTHER)
    theirs["transactions"][0]["to"] = SAFE
    with pytest.raises(BadFile, match="it was changed, ask for it again"):
        load_batch(written(file, theirs), BASE, SAFE)
    del theirs["meta"]["checksum"]
    assert not load_batch(written(file, theirs), BASE, SAFE).checked
    for text in ("", "[]", "{}", "7", '{"version": "1.0"}', "[" * 50_000, '{"version": NaN}', "\ufeff{}"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BadFile, match="not a batch"):
            load_batch(file, BASE, SAFE)
    for path in (tmp_path, tmp_path / "none.json", Path("/dev/zero")):
        with pytest.raises(BadFile):
            load_batch(path, BASE, SAFE)


calls = st.lists(
    st.tuples(
        st.sampled_from([SAFE, OTHER]), st.integers(0, 2**256 - 1), st.binary(max_size=40).map(lambda b: "0x" + b.hex())
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.prop
@given(calls=calls, name=st.text(max_size=30))
def test_batch_text__any_calls__are_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, calls: list[Any], name: str
) -> None:
    file = tmp_path_factory.mktemp("batch") / "b.json"
    save_batch(file, batch_text(name, BASE, SAFE, calls, 1_700_000_000))
    batch = load_batch(file, BASE, SAFE)
    assert batch.calls == tuple(calls)
    assert batch.checked


def test_save_batch__something_else_is_there__is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text('{"crypto": 1}', encoding="utf-8")
    text = batch_text("x", BASE, SAFE, [(OTHER, 0, "0x")], 1)  # type: ignore[list-item]
    with pytest.raises(BadFile, match="nothing is written over it"):
        save_batch(file, text)
    assert file.read_text(encoding="utf-8") == '{"crypto": 1}'
    save_batch(tmp_path / "b.json", text)
    save_batch(tmp_path / "b.json", text)
