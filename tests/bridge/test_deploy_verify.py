"""`alvh deploy verify`: a deployment is proven, and every single wrong byte, immutable, role and number is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak

from bridge.artifacts import artifact
from bridge.chain.node import Chain
from bridge.deploy.code import deployed_places, immutables
from bridge.deploy.finish import Done
from bridge.deploy.seats import ADMIN, role
from bridge.deploy.verify import RIGHT, UNKNOWN, WRONG, Check, proven, verify_deployment
from bridge.local.world import World
from bridge.snapshot import Snapshot
from tests.bridge.deploying import MAKER, address, bare_chain, before, deployed, new_dao, settings_text, written

pytestmark = pytest.mark.chain
ROLES_SLOT = 0
OWNER_SLOT = 0
OUTSIDER = address("outsider")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chain, Done]]:
    """Deploy once on a chain of its own."""
    folder = tmp_path_factory.mktemp("verified")
    with bare_chain(1) as chain:
        written(folder, settings_text(chain, before(chain), new_dao()))
        yield chain, deployed(folder)


@pytest.fixture
def made(built: tuple[Chain, Done]) -> Iterator[tuple[Chain, Done]]:
    """Give the deployment to one test and take back whatever it did to the chain."""
    snapshot = built[0].request("evm_snapshot")
    yield built
    built[0].request("evm_revert", snapshot)


def checked(chain: Chain, done: Done, **changed: Any) -> list[Check]:
    book = done.deployment.model_copy(update=changed)
    return verify_deployment(Snapshot(chain, book, chain.head()), lambda words: None)


def wrong(chain: Chain, done: Done, **changed: Any) -> list[Check]:
    return [check for check in checked(chain, done, **changed) if check.outcome != RIGHT]


def acting(chain: Chain, sender: str, to: str, contract: str, function: str, *arguments: Any) -> None:
    """Make a call as an account whose key nobody has."""
    chain.request("anvil_impersonateAccount", sender)
    chain.request("anvil_setBalance", sender, hex(10**20))
    data = chain.contract(contract, to).encode_abi(function, args=list(arguments))
    sent = chain.request("eth_sendTransaction", {"from": sender, "to": to, "data": data})
    assert chain.web3.eth.wait_for_transaction_receipt(sent)["status"] == 1


def test_verify__as_deployed__is_proven_in_every_row(made: tuple[Chain, Done]) -> None:
    checks = checked(*made)
    assert proven(checks)
    assert len(checks) > 45
    assert {f"code of {name}" for name, _, _ in deployed_places(made[1].deployment)} <= {check.what for check in checks}


def test_verify__any_single_immutable__is_named(made: tuple[Chain, Done]) -> None:
    chain, done = made
    changed = 0
    for name, contract, at in deployed_places(done.deployment):
        code = chain.code(at, chain.head())
        for place in immutables(bytes.fromhex(artifact(contract).runtime[2:])):
            other = bytearray(code)
            other[place + 31] ^= 1
            chain.request("anvil_setCode", at, "0x" + other.hex())
            (found,) = wrong(chain, done)
            assert found.what == f"code of {name}"
            assert f"another immutable at byte {place:,}" in found.words
            changed += 1
        chain.request("anvil_setCode", at, "0x" + code.hex())
    assert changed > 60
    assert wrong(chain, done) == []


def test_verify__any_single_byte_of_code__is_named(made: tuple[Chain, Done]) -> None:
    chain, done = made
    for name, contract, at in deployed_places(done.deployment):
        code = chain.code(at, chain.head())
        places = immutables(bytes.fromhex(artifact(contract).runtime[2:]))
        for byte in (0, len(code) // 3, len(code) // 2, len(code) - 60, len(code) - 1):
            byte = next(b for b in range(byte, -1, -1) if not any(p <= b < p + 32 for p in places))
            other = bytearray(code)
            other[byte] ^= 0x10
            chain.request("anvil_setCode", at, "0x" + other.hex())
            (found,) = wrong(chain, done)
            assert (found.what, found.outcome) == (f"code of {name}", WRONG)
            assert f"differs at byte {byte:,}" in found.words
        for size in (0, len(code) - 1):
            chain.request("anvil_setCode", at, "0x" + code[:size].hex())
            assert [check.what for check in wrong(chain, done)] == [f"code of {name}"]
        chain.request("anvil_setCode", at, "0x" + code.hex())


ROLES = {
    "HedgeTimelock": ("DEFAULT_ADMIN_ROLE", "PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE"),
    "HedgeParameters": ("DEFAULT_ADMIN_ROLE", "STEWARD_ROLE", "GUARDIAN_ROLE", "AUTOMATION_ROLE"),
}
DUTIES = [(contract, name) for contract, names in ROLES.items() for name in names]


def role_slot(name: str, holder: str) -> str:
    duty = ADMIN if name == "DEFAULT_ADMIN_ROLE" else role(name)
    data = int.from_bytes(keccak(encode(["bytes32", "uint256"], [duty, ROLES_SLOT])))
    return "0x" + keccak(encode(["address", "uint256"], [holder, data])).hex()


@pytest.mark.parametrize(("contract", "name"), DUTIES)
def test_verify__one_more_holder_of_any_role__is_named(made: tuple[Chain, Done], contract: str, name: str) -> None:
    chain, done = made
    at, duty = done.deployment.address(contract), ADMIN if name == "DEFAULT_ADMIN_ROLE" else role(name)
    acting(chain, done.deployment.address("HedgeTimelock"), at, contract, "grantRole", duty, OUTSIDER)
    assert any(f"{contract} {name}" in check.what and OUTSIDER in check.words for check in wrong(chain, done))


@pytest.mark.parametrize(("contract", "name"), DUTIES)
@pytest.mark.parametrize("holder", ["deployer", "guardian", "steward"])
def test_verify__a_role_without_an_event__is_named(
    made: tuple[Chain, Done], contract: str, name: str, holder: str
) -> None:
    chain, done = made
    account, at = done.deployment.address(holder), done.deployment.address(contract)
    right = {"GUARDIAN_ROLE": "guardian", "STEWARD_ROLE": "steward"}.get(name) == holder
    chain.request("anvil_setStorageAt", at, role_slot(name, account), "0x" + f"{0 if right else 1:064x}")
    (found,) = wrong(chain, done)
    assert found.what == f"roles of {contract}, asked one by one"
    assert f"{account} {'has lost' if right else 'holds'} {name}" in found.words


@pytest.mark.parametrize("asset", ["BTC", "ETH"])
def test_verify__another_owner_of_a_feed__is_named(made: tuple[Chain, Done], asset: str) -> None:
    chain, done = made
    word = "0x" + OUTSIDER[2:].lower().rjust(64, "0")
    chain.request("anvil_setStorageAt", done.deployment.feeds[asset], f"0x{OWNER_SLOT:064x}", word)
    assert [check.what for check in wrong(chain, done)] == [f"owner of the {asset} feed"]


def test_verify__other_guardian_of_proposals__is_named(made: tuple[Chain, Done]) -> None:
    chain, done = made
    governor = done.deployment.address("HedgeGovernor")
    slot = next(
        slot
        for slot in range(30)
        if done.deployment.accounts["guardian"].lower()[2:] in f"{chain.storage(governor, slot, chain.head()):064x}"
    )
    word = "0x" + OUTSIDER[2:].lower().rjust(64, "0")
    chain.request("anvil_setStorageAt", governor, f"0x{slot:064x}", word)
    assert "proposal guardian" in [check.what for check in wrong(chain, done)]


def test_verify__a_first_value_or_a_limit_in_storage__is_named(made: tuple[Chain, Done]) -> None:
    chain, done = made
    at, named = done.deployment.address("HedgeParameters"), set()
    both = {"values of the keys", "limits of the keys"}
    for slot in range(2, 60):
        word = chain.storage(at, slot, chain.head())
        if not word:
            continue
        chain.request("anvil_setStorageAt", at, f"0x{slot:064x}", f"0x{word ^ 1:064x}")
        named |= {check.what for check in wrong(chain, done)}
        chain.request("anvil_setStorageAt", at, f"0x{slot:064x}", f"0x{word:064x}")
        if both <= named:
            break
    assert both <= named


def test_verify__constructor_arguments_of_others__are_named(made: tuple[Chain, Done]) -> None:
    chain, done = made
    at = done.deployment.feeds["ETH"]
    other = done.deployment.created[done.deployment.feeds["BTC"]]
    (found,) = wrong(chain, done, created=done.deployment.created | {at: other})
    assert found.what == "code of VolatilityOracle ETH"
    assert "immutable" in found.words


def test_verify__creation_code_of_others_that_leaves_the_same_code__is_named(made: tuple[Chain, Done]) -> None:
    chain, done = made
    runtime = artifact("ProposalGuard").runtime[2:]
    size = len(runtime) // 2
    writes = bytes.fromhex("6001600055")  # a word of storage, of which no event tells
    returns = bytes.fromhex(f"61{size:04x}8060105f395ff3")  # what lies behind it, 16 bytes from the start
    code = (writes + returns).ljust(16, b"\0").hex() + runtime
    hostile = chain.deploy_code(MAKER, "ProposalGuard", [], "0x" + code)
    book = done.deployment
    (sent,) = [
        each["hash"]
        for each in chain.request("eth_getBlockByNumber", "latest", True)["transactions"]
        if each["to"] is None
    ]
    changed = {
        "contracts": book.contracts | {"ProposalGuard": hostile},
        "created": book.created | {hostile: "0x"},
        "transactions": book.transactions | {hostile: sent},
    }
    (found,) = wrong(chain, done, **changed)
    assert (found.what, found.outcome) == ("creation of ProposalGuard", WRONG)
    assert "ran other creation code" in found.words


def test_verify__a_transaction_that_created_something_else_or_is_gone__is_named(made: tuple[Chain, Done]) -> None:
    chain, done = made
    guard, feed = done.deployment.address("ProposalGuard"), done.deployment.feeds["ETH"]
    sent = done.deployment.transactions
    (found,) = wrong(chain, done, transactions=sent | {guard: sent[feed]})
    assert (found.what, found.outcome) == ("creation of ProposalGuard", WRONG)
    (found,) = wrong(chain, done, transactions=sent | {guard: "0x" + "12" * 32})
    assert (found.what, found.outcome) == ("creation of ProposalGuard", UNKNOWN)


def test_verify__a_file_without_arguments__is_not_proven(made: tuple[Chain, Done]) -> None:
    chain, done = made
    found = wrong(chain, done, created={})
    assert {check.outcome for check in found} == {UNKNOWN}
    assert len(found) == len(deployed_places(done.deployment))


def test_verify__swapped_feeds__are_named(made: tuple[Chain, Done]) -> None:
    chain, done = made
    feeds = dict(zip(done.deployment.feeds, [*done.deployment.feeds.values()][::-1], strict=True))
    named = {check.what for check in wrong(chain, done, feeds=feeds)}
    assert {"feed of the ETH breaker", "reporters and name of the ETH feed"} <= named


def test_verify__a_change_by_the_dao__is_right(made: tuple[Chain, Done]) -> None:
    chain, done = made
    timelock, feed = done.deployment.address("HedgeTimelock"), done.deployment.feeds["ETH"]
    signers = sorted((address(f"voter-{n}") for n in (1, 2, 3)), key=str.lower)
    acting(chain, timelock, feed, "VolatilityOracle", "setSigners", signers, 3)
    acting(chain, timelock, timelock, "HedgeTimelock", "updateDelay", 3 * 86_400)
    assert wrong(chain, done) == []


def test_verify__deployed_at_too_late__is_said(made: tuple[Chain, Done]) -> None:
    chain, done = made
    found = wrong(chain, done, deployed_at=chain.head().number)
    assert any("too late a block" in check.words for check in found)


def test_deployment_file__of_a_deployment__is_read_by_the_other_commands(made: tuple[Chain, Done]) -> None:
    from bridge.deployment import load_deployment

    assert load_deployment(Path(made[1].path)) == made[1].deployment


def test_verify__local_world__is_proven_as_well(world: World) -> None:
    checks = verify_deployment(world.snapshot(), lambda words: None)
    assert [check for check in checks if check.outcome != RIGHT] == []
