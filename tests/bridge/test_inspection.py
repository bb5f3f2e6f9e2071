"""Who holds a role is looked at on the chain: accounts, Safes with everything that has power over them, and liars."""

from __future__ import annotations

import json

import pytest
from eth_abi import encode
from eth_utils import keccak, to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.chain.node import Chain
from bridge.errors import NodeUnreachable
from bridge.governance.inspection import (
    CONTRACT,
    GUARD_SLOT,
    HANDLER_SLOT,
    MODULE_GUARD_SLOT,
    MOST_MODULES,
    SAFE,
    Inspected,
    inspect_address,
    inspect_holders,
)
from bridge.governance.safe_builds import HANDLERS, PROXIES, SINGLETONS
from bridge.local.accounts import account
from bridge.local.anvil import free_port
from bridge.local.world import World
from bridge.snapshot import Snapshot
from tests.bridge.safes import (
    false_safe,
    flooding,
    guarded,
    link_modules,
    made_safe,
    published,
    selector,
    store,
    with_module,
)

SIGNERS = ("guardian-1", "guardian-2", "guardian-3")


def inspected(world: World, address: str) -> Inspected:
    seen = inspect_address(world.snapshot(), address)
    assert json.loads(json.dumps(seen.to_dict()))["warnings"] == list(seen.warnings)
    return seen


def only_warning(world: World, address: str) -> str:
    (words,) = inspected(world, address).warnings
    return words


def test_inspect__safe_of_the_deployment__is_known_and_warns_of_nothing(world: World) -> None:
    for role, seen in inspect_holders(world.snapshot()).items():
        assert (seen.kind, seen.address) == (SAFE, world.deployment.address(role))
        assert seen.owners == tuple(account(f"{role}-{number}").address for number in (1, 2, 3))
        assert (seen.threshold, seen.nonce, seen.proxy, seen.modules) == (2, 0, "1.4.1", ())
        assert seen.block == world.chain.head().number
        handler = "CompatibilityFallbackHandler 1.4.1"
        assert seen.words == f"a Safe of 2 of 3 owners, Safe 1.4.1, {handler}, no guard, no modules"
        assert seen.warnings == ()


def test_known_builds__packages_that_are_installed__have_their_hashes() -> None:
    for table, path, build in (
        (SINGLETONS, "Safe.sol/Safe.json", "Safe 1.4.1"),
        (SINGLETONS, "SafeL2.sol/SafeL2.json", "Safe 1.4.1 L2"),
        (
            HANDLERS,
            "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json",
            "CompatibilityFallbackHandler 1.4.1",
        ),
        (PROXIES, "proxies/SafeProxy.sol/SafeProxy.json", "1.4.1"),
    ):
        assert table[keccak(bytes.fromhex(published(path)[2][2:])).hex()] == build


def test_inspect__guard_and_module__are_said_and_the_module_needs_no_signature(world: World) -> None:
    guard, module, safe = guarded(world), with_module(world), world.deployment.address("guardian")
    seen = inspected(world, safe)
    assert (seen.guard, seen.modules, seen.more_modules) == (guard, (module,), False)
    assert seen.warnings == (
        f"{safe} has a guard, {guard}: it can refuse every transaction that the owners sign",
        f"{safe} has the module {module} that can make every call of the Safe and move everything, without a signature "
        "of its owners",
    )
    pause = world.snapshot().call("HedgeParameters", "pause")
    world.chain.send(account("outsider"), "SafeModule", module, "act", safe, *pause)
    assert world.snapshot().read("HedgeParameters", "paused")


def test_inspect__at_an_older_block__sees_what_was_then(world: World) -> None:
    before = world.snapshot()
    guarded(world)
    assert inspect_address(before, world.deployment.address("guardian")).guard is None


def test_inspect__other_handler_or_singleton__is_named_with_what_it_can_do(world: World) -> None:
    votes = world.deployment.address("HedgeVotes")
    handled = made_safe(world, SIGNERS, 2, CompatibilityFallbackHandler=votes)
    assert f"has the fallback handler {votes}, which is none known here" in only_warning(world, handled)
    abi, code, _ = published("Safe.sol/Safe.json")
    # The last bytes of the code are a hash of its sources and the compiler: the same program under another name.
    other = world.chain.deploy_code(account("deployer"), "Safe", abi, code[:-60] + "00" + code[-58:])
    run = made_safe(world, SIGNERS, 2, Safe=other)
    assert f"runs the code at {other}, which is no Safe 1.3.0, 1.4.1 or 1.5.0" in only_warning(world, run)
    moved = world.deployment.model_copy(update={"contracts": world.deployment.contracts | {"Safe": other}})
    seen = inspect_address(Snapshot(world.chain, moved, world.chain.head()), run)
    assert (seen.warnings, seen.singleton and seen.singleton.build) == ((), "Safe of this deployment")


def test_inspect__l2_safe_and_no_handler__are_known(world: World) -> None:
    abi, code, _ = published("SafeL2.sol/SafeL2.json")
    other = world.chain.deploy_code(account("deployer"), "SafeL2", abi, code)
    safe = made_safe(world, SIGNERS, 3, Safe=other, CompatibilityFallbackHandler="0x" + "00" * 20)
    seen = inspected(world, safe)
    assert (seen.warnings, seen.handler) == ((), None)
    assert seen.words.startswith("a Safe of 3 of 3 owners, Safe 1.4.1 L2, no handler")


def test_inspect__one_owner_or_one_signature__is_said(world: World) -> None:
    alone, any_of = made_safe(world, SIGNERS[:1], 1), made_safe(world, SIGNERS, 1)
    assert "is a Safe with one owner" in only_warning(world, alone)
    assert "is a Safe of 3 owners of whom one is enough" in only_warning(world, any_of)


def test_inspect__account_delegated_account_nobody_or_contract__is_told_apart(world: World) -> None:
    lp, trader, votes = account("lp").address, account("trader").address, world.deployment.address("HedgeVotes")
    assert only_warning(world, lp) == (
        f"{lp} has no code: whoever has its one key has the whole role, or there is no key at all"
    )
    world.chain.request("anvil_setCode", trader, "0xef0100" + votes[2:])
    seen = inspected(world, trader)
    assert (seen.kind, seen.delegate, seen.words) == (
        "delegated account",
        votes,
        f"an account that runs the code of {votes}",
    )
    assert f"runs the code of {votes} (EIP-7702)" in seen.warnings[0]
    assert "nobody can act from it" in only_warning(world, "0x" + "00" * 20)
    first, *rest = inspected(world, votes).warnings
    assert first == f"{votes} is a contract and no Safe: who may act through it is not known here"
    assert "does not answer getOwners as a Safe does" in rest[0]


def test_inspect__delegated_to_the_safe_singleton__is_no_safe(world: World) -> None:
    trader = account("trader").address
    world.chain.request("anvil_setCode", trader, "0xef0100" + world.deployment.address("Safe")[2:])
    assert inspected(world, trader).kind == "delegated account"


def test_inspect__module_guard__is_said_with_the_version_that_obeys_it(world: World) -> None:
    safe, votes = world.deployment.address("guardian"), world.deployment.address("HedgeVotes")
    store(world.chain, safe, MODULE_GUARD_SLOT, int(votes, 16))
    assert f"has a module guard, {votes}: it can refuse what modules do (from Safe 1.5 on)" in only_warning(world, safe)


def test_inspect__guard_without_code_or_dirty_words__are_named(world: World) -> None:
    safe, lp = world.deployment.address("guardian"), account("lp").address
    store(world.chain, safe, GUARD_SLOT, int(lp, 16))
    assert f"the guard {lp} of {safe} has no code" in inspected(world, safe).warnings[1]
    store(world.chain, safe, GUARD_SLOT, 0)
    handler = world.deployment.address("CompatibilityFallbackHandler")
    store(world.chain, safe, HANDLER_SLOT, int(handler, 16) + (1 << 200))
    assert "which is no address" in only_warning(world, safe)
    assert inspected(world, safe).handler is not None


@pytest.mark.parametrize("count", [MOST_MODULES, MOST_MODULES + 1])
def test_inspect__as_many_modules_as_are_read_or_one_more__says_whether_there_are_others(
    world: World, count: int
) -> None:
    safe = world.deployment.address("guardian")
    link_modules(world, safe, range(1000, 1000 + count))
    seen = inspected(world, safe)
    assert (len(seen.modules), seen.more_modules) == (MOST_MODULES, count > MOST_MODULES)
    assert f"and {MOST_MODULES - 5} more" in seen.warnings[0]
    assert ("which were not read" in seen.warnings[0]) == (count > MOST_MODULES)
    assert (f"{MOST_MODULES} or more modules" in seen.words) == (count > MOST_MODULES)


def test_inspect__modules_in_a_loop_or_broken_off__are_named_once(world: World) -> None:
    safe, (first, second) = world.deployment.address("guardian"), (1001, 1002)
    both = tuple(to_checksum_address(module.to_bytes(20)) for module in (first, second))
    link_modules(world, safe, [first, second], last=first)
    seen = inspected(world, safe)
    assert seen.modules == both
    assert seen.troubles == (f"the list of modules of {safe} goes round: {both[0]} is in it more than once",)
    link_modules(world, safe, [first, second], last=0)
    seen = inspected(world, safe)
    assert seen.modules == both
    assert seen.troubles == (f"the list of modules of {safe} breaks off: there may be others",)


def test_inspect__contract_that_answers_like_a_safe__is_not_believed(world: World) -> None:
    false = false_safe(world)
    store(world.chain, false, 0, int(world.deployment.address("Safe"), 16))
    seen = inspected(world, false)
    assert (seen.kind, seen.singleton and seen.singleton.build) == (SAFE, "Safe 1.4.1")
    assert "has code that is no Safe proxy known here: what it says of itself need not be true" in seen.warnings[0]


@pytest.mark.parametrize(
    ("owners", "threshold", "words"),
    [
        ([], 0, "0 of 0 owners must sign"),
        (["0x" + "11" * 20], 2, "2 of 1 owners must sign"),
        (["0x" + "11" * 20] * 2, 1, "1 of 2 owners must sign, who are not all different accounts"),
        (["0x" + "00" * 20], 1, "who are not all different accounts"),
        ([f"0x{number:040x}" for number in range(2, 203)], 2, "does not answer getOwners as a Safe does"),
        (["0x" + "11" * 20], 2**256 - 1, "of 1 owners must sign"),
    ],
)
def test_inspect__owners_that_no_safe_has__is_a_contract_that_is_none(
    world: World, owners: list[str], threshold: int, words: str
) -> None:
    false = false_safe(world, getOwners=encode(["address[]"], [owners]), getThreshold=encode(["uint256"], [threshold]))
    seen = inspected(world, false)
    assert (seen.kind, seen.owners, seen.threshold) == (CONTRACT, (), None)
    assert words in seen.warnings[1]
    assert len(seen.warnings[1]) < 200


def test_inspect__modules_that_were_not_asked_for_garbage_or_a_flood__are_named(world: World) -> None:
    many = [f"0x{number:040x}" for number in range(1000, 1000 + 3 * MOST_MODULES)]
    false = false_safe(world, getModulesPaginated=encode(["address[]", "address"], [many, "0x" + "22" * 20]))
    seen = inspected(world, false)
    assert (len(seen.modules), seen.more_modules) == (MOST_MODULES, True)
    assert f"answers {3 * MOST_MODULES} modules where {MOST_MODULES} were asked for" in seen.troubles[0]
    false = false_safe(world, getModulesPaginated=b"\xff" * 31)
    (trouble,) = inspected(world, false).troubles
    assert "does not answer getModulesPaginated as a Safe does (its answer is none, or too long)" in trouble
    for size in (1_000_000, 2**200):  # the second burns all gas that a call may have
        flooding(world, false, "getModulesPaginated", size)
        assert "does not answer getModulesPaginated" in inspected(world, false).troubles[0]
        flooding(world, false, "getOwners", size)
        assert inspected(world, false).kind == CONTRACT
        flooding(world, false, "getOwners", 0)


@pytest.mark.prop
def test_inspect__any_answer_to_any_question__raises_nothing(world: World) -> None:
    at, false = account("trader").address, false_safe(world)
    words = st.lists(st.one_of(st.integers(0, 64), st.integers(0, 2**256 - 1)), max_size=12)
    answers = st.one_of(st.binary(max_size=200), words.map(lambda each: b"".join(one.to_bytes(32) for one in each)))

    @given(function=st.sampled_from(["getOwners", "getThreshold", "nonce", "getModulesPaginated"]), answer=answers)
    @settings(max_examples=40)
    def holds(function: str, answer: bytes) -> None:
        world.chain.request("anvil_setCode", at, answering(answer))
        assert inspected(world, at).warnings
        before = world.chain.request("evm_snapshot")
        world.chain.send(account("deployer"), "FalseSafe", false, "say", selector(function), answer)
        assert inspected(world, false).warnings
        world.chain.request("evm_revert", before)

    holds()


def answering(answer: bytes) -> str:
    """Return code that answers every call with these bytes."""
    size = len(answer).to_bytes(2).hex()
    return f"0x61{size}600c5f3961{size}5ff3" + answer.hex()


def test_inspect__no_node__is_raised_and_not_taken_for_the_contracts_fault(world: World) -> None:
    gone = Chain(f"http://127.0.0.1:{free_port()}", world.chain.chain_id)
    with pytest.raises(NodeUnreachable):
        inspect_address(Snapshot(gone, world.deployment, world.chain.head()), account("lp").address)
