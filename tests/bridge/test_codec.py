"""Calls, answers and log entries are to the byte and the type those of web3.py, with what the bridge really reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from web3.exceptions import BadFunctionCallOutput, ContractLogicError, Web3Exception, Web3RPCError

from bridge.alerts.watch import watch
from bridge.artifacts import artifact, register_artifact
from bridge.chain.blocks import BlockRef
from bridge.chain.codec import decode_call, encode_call, event, functions
from bridge.chain.node import Chain
from bridge.chain.reverts import decode_revert
from bridge.chain.values import Misfit, decode_values
from bridge.config import Config
from bridge.deploy.seats import ADMIN
from bridge.errors import ChainError, ContractReverted, UnknownAddress, UsageError
from bridge.governance.actions import build_action
from bridge.governance.calls import action_words
from bridge.governance.governor import read_votes
from bridge.governance.proposals import draft_action
from bridge.governance.regime_table import read_step, send_row
from bridge.governance.safeguards import read_automation
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.rounds import submit_rounds
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.safe.multisig import build_safe_transaction
from bridge.safe.transactions import ZERO
from tests.bridge.steps import carried_action, found, parameters_call, plan_now, propose, trade


def same(*kinds: str) -> list[dict[str, Any]]:
    """Return functions of one name, each with an argument of another type."""
    return [
        {"type": "function", "name": "same", "inputs": [{"name": "x", "type": kind}], "outputs": []} for kind in kinds
    ]


register_artifact("TwiceForTests", same("uint8", "uint16"))
register_artifact(
    "MixedForTests",
    [
        {
            "type": "function",
            "name": "mixed",
            "inputs": [
                {
                    "name": "rows",
                    "type": "tuple[]",
                    "components": [
                        {"name": "who", "type": "address"},
                        {"name": "amounts", "type": "int64[2]"},
                        {"name": "raw", "type": "bytes"},
                        {"name": "inner", "type": "tuple", "components": [{"name": "words", "type": "string[]"}]},
                    ],
                },
                {"name": "on", "type": "bool"},
                {"name": "tag", "type": "bytes4"},
            ],
            "outputs": [],
        },
        *same("uint8", "address", "bytes32", "uint16[]"),
        {
            "type": "event",
            "name": "Said",
            "anonymous": False,
            "inputs": [
                {"name": "words", "type": "string", "indexed": True},
                {"name": "by", "type": "address", "indexed": True},
                {"name": "count", "type": "uint8", "indexed": False},
            ],
        },
    ],
)
WHO = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ROW = {"who": WHO, "amounts": [-1, 2**63 - 1], "raw": "0xabcd", "inner": {"words": ["a", "é" * 40]}}
TUPLE_ROW = (WHO, (-1, 2**63 - 1), b"\xab\xcd", (["a", "é" * 40],))


def typed(value: Any) -> Any:
    """Return a value with the type of everything in it."""
    inner = [typed(item) for item in value] if isinstance(value, (list, tuple)) else value
    return type(value).__name__, inner


def through_web3(
    chain: Chain, name: str, address: str, function: str, arguments: Sequence[Any], number: int, sender: str
) -> Any:
    call = chain.contract(name, address).functions[function](*arguments)
    return call.call({"from": sender} if sender else {}, block_identifier=number)  # type: ignore[typeddict-item]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Read everything both ways; give what was read."""
    read, seen = Chain.read, set()

    def both(
        chain: Chain,
        name: str,
        address: str,
        function: str,
        *arguments: Any,
        block: BlockRef,
        sender: str = "",
        **how: Any,
    ) -> Any:
        seen.add((name, function))
        try:
            theirs = through_web3(chain, name, address, function, arguments, block.number, sender)
        except ContractLogicError as error:
            words = re.escape(str(decode_revert(error, f"{name}.{function}")))
            with pytest.raises(ContractReverted, match=f"^{words}$") as caught:
                read(chain, name, address, function, *arguments, block=block, sender=sender, **how)
            raise caught.value from None
        except BadFunctionCallOutput:
            with pytest.raises(UnknownAddress) as unknown:
                read(chain, name, address, function, *arguments, block=block, sender=sender, **how)
            raise unknown.value from None
        except Web3RPCError as error:
            said = str((error.rpc_response or {})["error"]["message"])
            with pytest.raises(ChainError, match=f"^{name}.{function}: {re.escape(said)}$") as refused:
                read(chain, name, address, function, *arguments, block=block, sender=sender, **how)
            raise refused.value from None
        ours = read(chain, name, address, function, *arguments, block=block, sender=sender, **how)
        assert typed(ours) == typed(theirs), (name, function)
        return ours

    monkeypatch.setattr(Chain, "read", both)
    return seen


def literal_reads(root: Path) -> set[tuple[str, str]]:
    """Find what modules of the bridge that read a deployment name in their calls of `read`."""
    pairs = set()
    for path in (root / "bridge").rglob("*.py"):
        if not {"local", "deploy"} & set(path.relative_to(root).parts):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "read":
                    words = [part.value for part in node.args if isinstance(part, ast.Constant)]
                    if len(words) >= 2 and all(isinstance(word, str) for word in words):
                        pairs.add((str(words[0]), str(words[-1])))
    return {(name, function) for name, function in pairs if (Path(root) / f"bridge/artifacts/{name}.json").is_file()}


def test_read__everything_that_the_bridge_asks__is_what_web3_answers(
    world: World, record: PlanRecord, compared: set[tuple[str, str]], root: Path
) -> None:
    plan_now(world, Config())
    number = propose(world, record)
    snapshot = world.snapshot()
    watch(snapshot, Config(), world.deployment.address("lp"))
    action_words(snapshot, found(world, number).action)
    with suppress(ContractReverted):
        read_step(snapshot)  # another test votes a table
    draft_action(snapshot, build_action(snapshot, "set-guardian", [world.deployment.address("HedgeVotes")]), WHO)
    build_safe_transaction(snapshot, world.deployment.address("guardian"), parameters_call(world, "pause"))
    assert read_votes(snapshot, account("voter-1").address) > 0
    assert snapshot.read("HedgeVotes", "balanceOf", account("voter-1").address) >= 0
    assert snapshot.read("HedgeGovernor", "getVotes", account("voter-1").address, snapshot.block.timestamp - 1) > 0
    for feed in world.deployment.feeds.values():
        assert snapshot.read("VolatilityOracle", "lastRound", at=feed)
        assert len(snapshot.read("VolatilityOracle", "feedId", at=feed)) == 32
        assert snapshot.read("VolatilityOracle", "owner", at=feed) == world.deployment.address("HedgeTimelock")
    assert snapshot.read("HedgeParameters", "scheduled", "0x" + "ab" * 32) == [0, 0]
    assert snapshot.read("HedgeParameters", "readyAt", 3, 1) >= 0
    assert len(snapshot.read("HedgeParameters", "limits", 3)) == 5
    assert len(snapshot.read("SafeProxyFactory", "proxyCreationCode")) > 300
    assert snapshot.read("RegimeAutomation", "table") == [[], [], (0, 0, 0)]
    assert literal_reads(root) <= compared, literal_reads(root) - compared


def test_read__table_that_was_voted__is_what_web3_answers(
    world: World, root: Path, tmp_path: Path, compared: set[tuple[str, str]]
) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", (root / "docs" / "governance.md").read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "regimes.toml"
    file.write_text(text.replace("floor = 0.8", "floor = 0.5"), encoding="utf-8")
    trade(world, [1.01, 1.0, 1.01, 1.0])
    carried_action(world, "set-table", str(file))
    trade(world, [1.01, 1.0] * 12)
    for _ in range(4):
        advance_time(world.chain, 3600)
        submit_rounds(world.snapshot(), Config())
    assert read_step(world.snapshot())[0] == 1
    send_row(world.snapshot(), account("outsider"))
    assert read_automation(world.snapshot())
    assert world.snapshot().read("RegimeAutomation", "table")[1][0] == (0, [2000, 1000])
    assert ("RegimeAutomation", "preview") in compared


def test_read__every_view_without_arguments__is_what_web3_answers(
    world: World, compared: set[tuple[str, str]], root: Path
) -> None:
    snapshot, deployment = world.snapshot(), world.deployment
    places = [(name, at) for name, at in deployment.contracts.items()]
    places += [("VolatilityOracle", at) for at in deployment.feeds.values()]
    places += [("RealizedVolatility", at) for at in deployment.realized.values()]
    places += [("VolatilityBreaker", at) for at in deployment.breakers.values()]
    places += [("UniswapV3Pool", at) for at in deployment.price_pools.values()]
    places += [("IERC20Metadata", at) for at in deployment.assets]
    places += [("Safe", deployment.address("guardian"))]
    for name, at in places:
        if (root / f"bridge/artifacts/{name}.json").is_file():
            for each in functions(name):
                if each.abi["stateMutability"] in ("view", "pure") and not each.inputs:
                    with suppress(ChainError, UnknownAddress):
                        snapshot.read(name, each.name, at=at)
    assert len(compared) > 150


def test_logs__events_of_the_world__are_what_web3_reads(world: World, record: PlanRecord) -> None:
    propose(world, record)
    chain, block = world.chain, world.chain.head()
    admin = {"role": ADMIN}
    lp = world.deployment.address("lp")
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("HedgeGovernor", "ProposalCreated", {}),
        ("HedgeParameters", "RoleGranted", {}),
        ("HedgeParameters", "RoleGranted", admin),
        ("NonfungiblePositionManager", "IncreaseLiquidity", {"tokenId": [1, 2, 3]}),
        ("PositionManager", "Transfer", {"to": lp}),
        ("PoolManager", "ModifyLiquidity", {"sender": world.deployment.address("PositionManager")}),
        ("PoolManager", "Swap", {}),
    ]
    for name, kind, topics in asked:
        address = world.deployment.address(name)
        ours = chain.logs(name, address, kind, 0, block, **topics)
        source = chain.contract(name, address).events[kind]
        theirs = source.get_logs(from_block=0, to_block=block.number, argument_filters=topics or None)
        assert ours or kind == "Swap", (name, kind)
        assert ours == [
            {key: bytes(entry[key]) if key.endswith("Hash") else entry[key] for key in ours[0]} for entry in theirs
        ]
        assert [typed(list(dict(entry["args"]).values())) for entry in ours] == [
            typed(list(dict(entry["args"]).values())) for entry in theirs
        ]


@pytest.mark.parametrize("row", [ROW, TUPLE_ROW], ids=["mapping", "tuple"])
def test_encode_call__struct_in_an_array__is_what_web3_encodes_and_decodes(chain: Chain, row: Any) -> None:
    contract = chain.contract("MixedForTests", WHO)
    call = encode_call("MixedForTests", "mixed", [row, row], True, "0x01020304")
    assert call.hex == contract.encode_abi("mixed", args=[[row, row], True, "0x01020304"])
    function, arguments = decode_call("MixedForTests", call.data)
    known, expected = contract.decode_function_input(call.hex)
    assert (function.name, arguments) == (known.fn_name, expected)


@pytest.mark.parametrize(
    ("value", "kind"), [(255, "uint8"), (WHO, "address"), ("0x" + "11" * 32, "bytes32"), ([1, 2], "uint16[]")]
)
def test_encode_call__one_name_for_several__takes_the_one_that_fits(chain: Chain, value: Any, kind: str) -> None:
    call = encode_call("MixedForTests", "same", value)
    assert call.function.signature == f"same({kind})"
    assert call.hex == chain.contract("MixedForTests", WHO).encode_abi(f"same({kind})", args=[value])


@pytest.mark.parametrize(
    "value",
    [
        256, -1, True, 1.0, None, "1", b"", "", WHO.lower(), WHO[:-1], "0x" + "11" * 31, b"1" * 33, "11" * 32,
        "0x" + "zz" * 32, [1, -1], [2**16], {"x": 1}, [[1]],
    ],
)  # fmt: skip
def test_encode_call__what_web3_refuses__is_refused(chain: Chain, value: Any) -> None:
    with pytest.raises(Web3Exception):
        chain.contract("MixedForTests", WHO).encode_abi("same", args=[value])
    with pytest.raises(UsageError, match="takes other arguments"):
        encode_call("MixedForTests", "same", value)


@pytest.mark.parametrize(
    "row",
    [
        {**ROW, "amounts": [1]}, {**ROW, "amounts": [1, 2, 3]}, {**ROW, "amounts": [1, 2**63]}, {**ROW, "raw": "ab"},
        {**ROW, "inner": {}}, {**ROW, "who": None}, TUPLE_ROW[:-1], (*TUPLE_ROW, 1), "row", {"who": WHO},
    ],
)  # fmt: skip
def test_encode_call__struct_that_is_another__is_refused(row: Any) -> None:
    with pytest.raises(UsageError, match=r"mixed\(\(address,int64\[2\],bytes,\(string\[\]\)\)\[\],bool,bytes4\) of"):
        encode_call("MixedForTests", "mixed", [row], True, "0x01020304")


def test_encode_call__no_such_function_or_too_many__is_refused() -> None:
    with pytest.raises(UsageError, match="has no function nothing"):
        encode_call("MixedForTests", "nothing")
    with pytest.raises(UsageError, match="2 values for 1"):
        encode_call("MixedForTests", "same(uint8)", 1, 2)
    with pytest.raises(UsageError, match="2 functions same for these arguments: write the signature"):
        encode_call("TwiceForTests", "same", 1)
    assert encode_call("TwiceForTests", "same(uint16)", 1).function.signature == "same(uint16)"


@pytest.mark.parametrize("data", [b"", b"\x12", bytes(4), bytes(300)])
def test_decode_call__not_of_this_abi__is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match="has no function"):
        decode_call("MixedForTests", data)


def test_decode_call__arguments_that_end_early__are_refused() -> None:
    data = encode_call("MixedForTests", "mixed", [ROW], True, "0x01020304").data
    for cut in (4, 36, len(data) - 64):
        with pytest.raises(UsageError, match="do not decode"):
            decode_call("MixedForTests", data[:cut])


def test_decode_call__padding_that_is_dirty_or_cut_off__is_read_as_contracts_read_it() -> None:
    for kind, value in (
        ("bytes", b"abc"), ("string", "abc"), ("bytes[]", [b"abc", b"d" * 33]), ("(bytes,uint256)", (b"abc", 7)),
        ("(string,bytes)[]", [("abc", b"d"), ("", b"e" * 40)]), ("bytes[][]", [[b"abc"], [b"d"]]),
    ):  # fmt: skip
        argument = _argument(kind)
        clean = encode([kind], [value])
        right = decode_values([argument], clean)
        assert decode_values([argument], clean + b"\x01") == right
        ends = [at for at in range(len(clean)) if clean[at] == 0 and at % 32 == 31 and clean[at - 31]]
        assert ends or kind == "bytes"
        for at in ends:  # the last byte of a word that holds the end of bytes
            assert decode_values([argument], clean[:at] + b"\x01" + clean[at + 1 :]) == right
        last = len(clean.rstrip(b"\0"))
        assert decode_values([argument], clean[:last]) == right
        with pytest.raises(Misfit):
            decode_values([argument], clean[: last - 1])


def _argument(kind: str) -> dict[str, Any]:
    """Return an argument of an ABI."""
    if not kind.startswith("("):
        return {"name": "a", "type": kind}
    inner, _, rest = kind[1:].rpartition(")")
    parts = [{"name": f"c{number}", "type": each} for number, each in enumerate(inner.split(","))]
    return {"name": "a", "type": "tuple" + rest, "components": parts}


def test_event__topics_by_what_is_not_indexed__is_refused() -> None:
    said = event("MixedForTests", "Said")
    with pytest.raises(UsageError, match="is not found by count"):
        said.topics({"count": 1})
    with pytest.raises(UsageError, match="is not found by that by"):
        said.topics({"by": 1})
    with pytest.raises(UsageError, match="no events Nothing"):
        event("MixedForTests", "Nothing")


@pytest.mark.parametrize(
    "change",
    [
        {"topics": []}, {"topics": None}, {"topics": ["0x" + "00" * 32] * 3}, {"topics": ["0x12"]}, {"data": "0x"},
        {"data": None}, {"data": "0x" + "ff" * 32}, {"blockNumber": None}, {"logIndex": "x"}, {"blockHash": 1},
    ],
)  # fmt: skip
def test_entry__not_of_this_event__is_a_chain_error(change: dict[str, Any]) -> None:
    said = event("MixedForTests", "Said")
    log = {
        "topics": ["0x" + said.topic.hex(), "0x" + "ab" * 32, "0x" + WHO[2:].rjust(64, "0")],
        "data": "0x" + "5".rjust(64, "0"),
        "address": WHO,
        **dict.fromkeys(("blockHash", "transactionHash"), "0x" + "cd" * 32),
        **dict.fromkeys(("blockNumber", "logIndex", "transactionIndex"), "0x7"),
    }
    assert said.entry(log, "reading")["args"] == {"words": b"\xab" * 32, "by": WHO, "count": 5}
    with pytest.raises(ChainError, match="reading"):
        said.entry(log | change, "reading")
    with pytest.raises(ChainError, match="no log entry"):
        said.entry([], "reading")


def test_artifacts__functions_and_events__all_have_types_that_encode() -> None:
    for name in ("HedgeParameters", "HedgeGovernor", "Safe", "PoolManager", "PositionManager"):
        assert {each.name for each in functions(name)} == {
            entry["name"] for entry in artifact(name).abi if entry["type"] == "function"
        }
    assert decode_call("MixedForTests", encode_call("MixedForTests", "same", ZERO).data)[1]["x"] == ZERO
    assert account("lp").address == WHO
