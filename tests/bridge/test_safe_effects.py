"""What a Safe transaction changes, measured before anyone signs it, and its hashes as devices show them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi import encode
from eth_typing import HexStr
from eth_utils import keccak, to_checksum_address

from bridge.chain.node import connect
from bridge.chain.play import Entry
from bridge.cli.safe_text import _print_moves
from bridge.errors import RefusedAction, UnknownAddress, UsageError
from bridge.governance.rollback import EVERY_KEY
from bridge.local.accounts import account, accounts
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.safe.actions import SAFE_ACTIONS, SafeContext
from bridge.safe.batch import MOST_CALLS, batch_call, calls_of, find_multisend, packed, unpacked
from bridge.safe.effects import Effects, read_effects
from bridge.safe.moves import MOST_MOVES, moves_of
from bridge.safe.multisig import build_safe_transaction, read_safe, send_safe_transaction, sign_safe_transaction
from bridge.safe.transactions import CALL, DELEGATE_CALL, SafeTransaction
from bridge.safe.words import transaction_words
from bridge.snapshot import Call
from hedge.policy.parameters import KEYS
from tests.bridge.lying_node import Answering, Asked, lying_node
from tests.bridge.steps import LIFE, act_through_safe, carry, parameters_call, values, with_changes
from tests.bridge.test_safe_actions import context, no_plan

OWNERS = accounts("guardian")


def guardian(world: World) -> str:
    return world.deployment.address("guardian")


def effects(world: World, call: Call, **more: int) -> Effects:
    transaction = build_safe_transaction(world.snapshot(), guardian(world), call, **more)
    return read_effects(world.snapshot(), transaction)


def changed(found: Effects) -> dict[str, tuple[str, str]]:
    assert (found.trouble, found.unread) == ("", ())
    assert found.compared > 60
    return {each.what: (each.before, each.after) for each in found.changes}


def proposed(world: World, name: str, *arguments: str) -> Call:
    made = SafeContext(world.chain, world.deployment, world.chain.head(), guardian(world), no_plan, LIFE)
    return SAFE_ACTIONS.find(name, arguments).build(made, arguments)


def carried(world: World, call: Call, value: int = 0, operation: int = CALL, signers: int = 2) -> None:
    snapshot = world.snapshot()
    made = build_safe_transaction(snapshot, guardian(world), call, None, value, operation)
    now = read_safe(snapshot, guardian(world)).owners
    signing = [each for name in ("guardian", "outsider", "lp") for each in accounts(name) if each.address in now]
    signatures = sign_safe_transaction(made, signing[:signers])
    send_safe_transaction(world.chain, account("outsider"), made, signatures)


def test_hashes__of_a_transaction__are_those_that_the_safe_itself_computes(anywhere: World) -> None:
    call = parameters_call(anywhere, "pause")
    made = build_safe_transaction(anywhere.snapshot(), guardian(anywhere), call)
    snapshot, hashes = anywhere.snapshot(), made.hashes()
    assert hashes.domain == bytes(snapshot.read("Safe", "domainSeparator", at=made.safe))
    kind = b"EIP712Domain(uint256 chainId,address verifyingContract)"
    assert hashes.domain == keccak(
        encode(["bytes32", "uint256", "address"], [keccak(kind), anywhere.chain.chain_id, made.safe])
    )
    told = snapshot.read("Safe", "encodeTransactionData", *made.arguments(), made.nonce, at=made.safe)
    assert bytes(told) == b"\x19\x01" + hashes.domain + hashes.message
    assert keccak(bytes(told)) == hashes.transaction == made.digest()
    assert made.hashes().to_dict()["message_hash"] == "0x" + hashes.message.hex()


def test_effects__pause__is_the_one_thing_that_changes(anywhere: World) -> None:
    assert changed(effects(anywhere, parameters_call(anywhere, "pause"))) == {"updates": ("possible", "paused")}


def test_effects__rollback__shows_each_key_before_and_after_as_it_then_is(world: World, record: PlanRecord) -> None:
    before = values(world)
    carry(world, with_changes(record, {13: 900, 19: before[19] - 5}))
    call = parameters_call(world, "rollback", EVERY_KEY, True)
    now = changed(effects(world, call))
    assert now == {
        KEYS[key].name: (f"{values(world)[key]} ({KEYS[key].unit})", f"{before[key]} ({KEYS[key].unit})")
        for key in (13, 19)
    }
    act_through_safe(world, "guardian", *call)
    assert values(world) == before


def test_effects__owner_orders__show_owners_and_threshold_and_then_hold(world: World) -> None:
    lp, outsider = account("lp").address, account("outsider").address
    first = ", ".join(sorted((o.address for o in OWNERS), key=str.lower))
    for name, arguments, what in (
        ("add-owner", (lp, "3"), {"owners of the Safe", "owners who must sign"}),
        ("change-threshold", ("2",), {"owners who must sign"}),
        ("swap-owner", (lp, outsider), {"owners of the Safe"}),
        ("remove-owner", (outsider, "2"), {"owners of the Safe"}),
    ):
        call = proposed(world, name, *arguments)
        told = changed(effects(world, call))
        assert told.keys() == what
        threshold = read_safe(world.snapshot(), guardian(world)).threshold
        carried(world, call, signers=threshold)
        safe = read_safe(world.snapshot(), guardian(world))
        if "owners of the Safe" in what:
            assert told["owners of the Safe"][1] == ", ".join(sorted(safe.owners, key=str.lower))
        if "owners who must sign" in what:
            assert told["owners who must sign"] == (str(threshold), str(safe.threshold))
    assert told["owners of the Safe"][1] == first


def test_owner_orders__that_cannot_be__are_refused_with_the_reason(world: World) -> None:
    first, lp, safe = OWNERS[0].address, account("lp").address, guardian(world)
    for name, arguments, words in (
        ("add-owner", (first, "2"), "is an owner already"),
        ("add-owner", (safe, "2"), "cannot sign"),
        ("add-owner", ("0x" + "00" * 20, "2"), "cannot sign"),
        ("add-owner", ("0x" + "00" * 19 + "01", "2"), "cannot sign"),
        ("swap-owner", (first, "0x" + "00" * 19 + "01"), "cannot sign"),
        ("add-owner", (lp, "5"), "a Safe of 4 owners cannot need 5 signatures"),
        ("add-owner", (lp, "0"), "a Safe of 4 owners cannot need 0 signatures"),
        ("remove-owner", (lp, "2"), "is not an owner"),
        ("remove-owner", (first, "3"), "a Safe of 2 owners cannot need 3 signatures"),
        ("change-threshold", ("4",), "a Safe of 3 owners cannot need 4 signatures"),
        ("change-threshold", ("2",), "2 of 3 owners must sign already"),
    ):
        with pytest.raises(RefusedAction, match=words):
            proposed(world, name, *arguments)
    for text in ("two", "-1", "²", "1" * 400):
        with pytest.raises(UsageError, match="give how many must, as a number"):
            proposed(world, "change-threshold", text)


def test_owner_orders__that_leave_one_key__are_warned_of(world: World) -> None:
    for name, arguments in (("change-threshold", ("1",)), ("remove-owner", (OWNERS[0].address, "1"))):
        made = build_safe_transaction(world.snapshot(), guardian(world), proposed(world, name, *arguments))
        said = transaction_words(world.snapshot(), made)
        assert "WARNING: the key of one owner is then enough for every transaction of the Safe" in said


def test_reject__of_a_nonce_on_its_way__uses_it_up_and_changes_nothing(anywhere: World) -> None:
    call = parameters_call(anywhere, "pause")
    pausing = build_safe_transaction(anywhere.snapshot(), guardian(anywhere), call)
    rejecting = build_safe_transaction(
        anywhere.snapshot(), guardian(anywhere), proposed(anywhere, "reject"), pausing.nonce
    )
    assert (rejecting.to, rejecting.value, rejecting.data) == (guardian(anywhere), 0, "0x")
    assert "does nothing but use up its nonce" in transaction_words(anywhere.snapshot(), rejecting)
    found = read_effects(anywhere.snapshot(), rejecting)
    assert changed(found) == {}
    assert "none would change" in found.words
    signatures = sign_safe_transaction(rejecting, OWNERS[:2])
    send_safe_transaction(anywhere.chain, account("outsider"), rejecting, signatures)
    with pytest.raises(RefusedAction, match=f"{pausing.nonce} is used up"):
        build_safe_transaction(anywhere.snapshot(), guardian(anywhere), call, pausing.nonce)


def test_effects__veto_of_an_update__shows_what_becomes_of_it(world: World, record: PlanRecord) -> None:
    steward = context(world, "steward", lambda: record)
    safe = world.deployment.address("steward")
    call = SAFE_ACTIONS["schedule"].build(steward, [])
    made = build_safe_transaction(world.snapshot(), safe, call)
    found = read_effects(world.snapshot(), made)
    wanted = {KEYS[key].name: value for key, value in record.changes().items()}
    now = values(world)
    assert {each.what: int(each.after.split()[0]) for each in found.later} == wanted
    assert [int(each.before.split()[0]) for each in found.later] == [now[key] for key in sorted(record.changes())]
    ((name, (before, after)),) = changed(found).items()
    assert (name[:9], before, after[:12]) == ("update 0x", "never announced", "waits until ")
    stranger = build_safe_transaction(world.snapshot(), safe, (world.deployment.contracts["WETH9"], call[1]))
    assert read_effects(world.snapshot(), stranger).later == ()  # the same bytes announce nothing to anyone else
    act_through_safe(world, "steward", *call)
    refused = effects(world, proposed(world, "veto", name[7:17]))
    ((again, states),) = changed(refused).items()
    assert (again, states[1], refused.later) == (name, "vetoed", found.later)
    ((again, states),) = changed(every := effects(world, proposed(world, "veto-all"))).items()
    assert (again, states[1], every.later) == (name, "vetoed", found.later)


def test_effects__call_that_would_fail__says_why_in_the_contracts_words(world: World) -> None:
    found = effects(world, parameters_call(world, "rollback", EVERY_KEY, False))
    assert (found.changes, "NothingToRollBack" in found.trouble) == ((), True)
    assert "could not be played" in found.words


@pytest.mark.parametrize("code", ["0x", "0xfe", "0x5f5ff3"])
def test_effects__contract_that_does_not_answer__is_named_as_not_compared(world: World, code: str) -> None:
    feed = world.deployment.feeds["ETH"]
    world.chain.request("anvil_setCode", feed, code)
    found = effects(world, parameters_call(world, "pause"))
    assert [each.what for each in found.changes] == ["updates"]
    assert found.unread == (f"signers of {feed}", f"quorum of {feed}", f"owner of {feed}")
    assert f"NOT COMPARED, as they do not answer: signers of {feed}" in found.words


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        [7],
        [{"calls": []}],
        [{"calls": [7] * 500}],
        [{"calls": [{"status": "0x1"}]}],
        [{"calls": [{"status": "0x1", "logs": [7]}] * 500}],
    ],
)
def test_effects__node_that_cannot_play_calls_or_answers_nonsense__is_named(world: World, answer: object) -> None:
    def lie(node: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_simulateV1":
            return False
        no_such = {"code": -32601, "message": "the method does not exist"}
        return node.error(asked, no_such) if answer is None else node.result(asked, answer)

    made = build_safe_transaction(world.snapshot(), guardian(world), parameters_call(world, "pause"))
    with lying_node(world.chain.url) as node:
        node.lie = lie
        through = replace(world, chain=connect(node.url, world.chain.chain_id))
        found = read_effects(through.snapshot(), made)
    assert (found.changes, "eth_simulateV1" in found.trouble) == ((), True)


def test_batch__of_calls__is_made_by_the_real_multisend_all_or_none(anywhere: World) -> None:
    safe, lp = guardian(anywhere), account("lp").address
    anywhere.chain.request("anvil_setBalance", safe, hex(10**18))
    to, pause = parameters_call(anywhere, "pause")
    calls = [(to, 0, pause), (lp, 5, HexStr("0x")), (safe, 0, proposed(anywhere, "change-threshold", "3")[1])]
    (place, value, data), operation = batch_call(anywhere.snapshot(), calls)
    assert (place, value, operation) == (find_multisend(anywhere.snapshot()), 0, DELEGATE_CALL)
    made = build_safe_transaction(anywhere.snapshot(), safe, (place, data), None, 0, operation)
    assert calls_of(anywhere.snapshot(), made) == calls
    said = transaction_words(anywhere.snapshot(), made).splitlines()
    assert said[0].startswith("3 calls, all or none, by MultiSendCallOnly 1.4.1 at 0x")
    assert said[1].startswith("  1. HedgeParameters.pause()")
    assert said[2] == f"  2. 5 wei with no call to {lp}"
    told = changed(read_effects(anywhere.snapshot(), made))
    assert told == {"updates": ("possible", "paused"), "owners who must sign": ("2", "3")}
    before = int(anywhere.chain.request("eth_getBalance", lp, "latest"), 16)
    carried(anywhere, (place, data), operation=operation)
    assert read_safe(anywhere.snapshot(), safe).threshold == 3
    assert int(anywhere.chain.request("eth_getBalance", lp, "latest"), 16) == before + 5


def test_effects__batch_of_tokens_and_coins__says_what_moves_and_who_may_move_it(anywhere: World) -> None:
    safe, lp = guardian(anywhere), account("lp").address
    anywhere.chain.request("anvil_setBalance", safe, hex(10**18))
    token = anywhere.deployment.contracts["WETH9"]
    deposit = anywhere.snapshot().call("WETH9", "deposit", at=token)
    send, allow = (
        anywhere.snapshot().call("WETH9", name, lp, amount, at=token)
        for name, amount in (("transfer", 60), ("approve", 2**256 - 1))
    )
    calls = [(deposit[0], 100, deposit[1]), (send[0], 0, send[1]), (allow[0], 0, allow[1]), (lp, 7, HexStr("0x"))]
    (place, value, data), operation = batch_call(anywhere.snapshot(), calls)
    made = build_safe_transaction(anywhere.snapshot(), safe, (place, data), None, value, operation)
    found = read_effects(anywhere.snapshot(), made)
    assert (found.trouble, found.changes) == ("", ())
    assert found.moves == (
        f"moves 100 wei from the Safe to {token}",
        f"moves 7 wei from the Safe to {lp}",
        f"moves 60 units of the token {token} from the Safe to {lp}",
        f"{lp} may then move endless units of the token {token} of the Safe",
    )


def test_moves__entries_of_others_or_malformed__are_left_out() -> None:
    safe, lp, token = (account(name).address for name in ("guardian-1", "lp", "trader"))
    word = {name: bytes(12) + bytes.fromhex(at[2:]) for name, at in (("safe", safe), ("lp", lp))}
    kind = {
        name: keccak(text=name)
        for name in ("Transfer(address,address,uint256)", "ApprovalForAll(address,address,bool)")
    }
    transfer, approval = kind.values()

    def told(*topics: bytes, data: bytes = b"") -> tuple[str, ...]:
        leaving, coming = moves_of(safe, [], [Entry(token, topics, data)])
        return leaving + coming

    assert told(transfer, word["lp"], word["lp"], data=bytes(32)) == ()
    assert told(transfer, word["safe"]) == told() == told(b"") == told(transfer, b"\x01", word["safe"]) == ()
    assert told(transfer, word["lp"], word["safe"], (9).to_bytes(32)) == (
        f"moves number 9 of the token {token} from {lp} to the Safe",
    )
    assert told(approval, word["safe"], word["lp"], data=(1).to_bytes(32)) == (
        f"{lp} may then move everything of the token {token} of the Safe",
    )
    assert told(approval, word["safe"], word["lp"], data=bytes(32))[0].startswith(f"{lp} may no longer move")


def test_moves__entries_of_strangers_without_end__hide_nothing_that_leaves() -> None:
    safe, thief, ours, theirs = (account(name).address for name in ("guardian-1", "outsider", "trader", "lp"))
    transfer, approval = (keccak(text=f"{name}(address,address,uint256)") for name in ("Transfer", "Approval"))

    def entry(token: str, kind: bytes, first: str, second: str, amount: int) -> Entry:
        words = [bytes(12) + bytes.fromhex(at[2:]) for at in (first, second)]
        return Entry(token, (kind, *words), amount.to_bytes(32))

    def stranger(number: int) -> str:
        return to_checksum_address(number.to_bytes(20))

    noise = [entry(theirs, transfer, stranger(number), safe, 1) for number in range(1, 500)]
    noise += [entry(stranger(number), transfer, safe, stranger(1), 5) for number in range(1, 200)]
    noise += [entry(ours, transfer, safe, stranger(number), 0) for number in range(1, 500)]  # none of it moves
    taken = [entry(ours, transfer, safe, thief, 900), entry(ours, approval, safe, thief, 7)]
    taken += [entry(ours, transfer, safe, thief, 100), entry(ours, approval, safe, thief, 2**256 - 1)]
    leaving, coming = moves_of(safe, [], noise + taken, {ours.lower()})
    assert leaving[:2] == (
        f"moves 1000 units of the token {ours} from the Safe to {thief}",
        f"{thief} may then move endless units of the token {ours} of the Safe",
    )
    assert (len(leaving), len(coming)) == (2 + 199, 499)
    many = [entry(ours, transfer, safe, stranger(number), number) for number in range(1, 101)]
    assert moves_of(safe, [], many)[0] == (
        f"moves 5050 units of the token {ours} from the Safe to 100 receivers, 100 of them to {stranger(100)}",
    )


def test_print_seen__more_movements_than_anyone_reads__warns_of_those_that_leave(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for leaving, coming, said in ((60, 3, "WARNING: not shown whole"), (20, 100, "and 70 more movements to the Safe")):
        moves, received = (tuple(map(f"{way} {{}}".format, range(n))) for way, n in (("out", leaving), ("in", coming)))
        _print_moves(Effects(1, moves=moves, received=received), stderr=False)
        lines = capsys.readouterr().out.splitlines()
        assert sum(line.startswith("out") for line in lines) == min(leaving, MOST_MOVES)
        assert said in "\n".join(lines)
        assert len(lines) <= MOST_MOVES + 2


def test_batch__code_that_is_not_known_or_no_batch__is_refused_before_anyone_signs(world: World) -> None:
    place = find_multisend(world.snapshot())
    batch = batch_call(world.snapshot(), [(guardian(world), 0, HexStr("0x")), (guardian(world), 0, HexStr("0x"))])[0]
    for to, value, data, words in (
        (world.deployment.address("HedgeParameters"), 0, batch[2], "no MultiSendCallOnly that is known"),
        (place, 1, batch[2], "no MultiSendCallOnly that is known"),
        (place, 0, "0x12345678", "what is no batch"),
        (place, 0, batch[2][:10], "what is no batch"),
    ):
        made = SafeTransaction(world.chain.chain_id, guardian(world), to, HexStr(data), 0, value, DELEGATE_CALL)
        for looked_at in (transaction_words, read_effects):
            with pytest.raises(RefusedAction, match=words):
                looked_at(world.snapshot(), made)
    world.chain.request("anvil_setCode", place, "0x00")
    with pytest.raises(UnknownAddress, match="several calls need one on this chain"):
        batch_call(world.snapshot(), [(guardian(world), 0, HexStr("0x"))] * 2)


def test_unpacked__cut_off_a_delegate_call_to_nobody_or_too_many__is_refused() -> None:
    call = ("0x" + "11" * 20, 0, HexStr("0x1234"))
    raw = packed([call])
    assert unpacked(raw) == [call]
    assert unpacked(b"") == []
    delegating, to_nobody = b"\x01" + raw[1:], raw[:1] + bytes(20) + raw[21:]
    huge = raw[:53] + b"\xff" * 32 + raw[85:]
    for bad in (raw[:-1], raw[:50], delegating, to_nobody, huge, packed([call] * (MOST_CALLS + 1))):
        with pytest.raises(RefusedAction, match="sign nothing"):
            unpacked(bad)


@pytest.mark.parametrize("count", [0, MOST_CALLS + 1])
def test_batch_call__none_or_too_many__is_refused(world: World, count: int) -> None:
    with pytest.raises(UsageError, match=f"these are {count}"):
        batch_call(world.snapshot(), [(guardian(world), 0, HexStr("0x"))] * count)
