"""Deployments beside DAOs that exist: who acts for them has the roles, and what is theirs to give they are asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak

from bridge.artifacts.vendor import node_modules
from bridge.chain.node import Chain
from bridge.chain.signers import Signer, local_signer
from bridge.deploy.finish import Done
from bridge.deploy.plan import make_plan
from bridge.deploy.seats import role
from bridge.deploy.verify import WRONG, proven, verify_deployment
from bridge.doctor import examine
from bridge.errors import BridgeError, ContractReverted, RefusedAction, UnknownAddress
from bridge.governance.governor import require_governor
from bridge.local.accounts import INDEX
from bridge.safe.multisig import send_safe_transaction, sign_safe_transaction
from bridge.safe.records import load_safe_record
from bridge.snapshot import Snapshot
from tests.bridge.deploying import (
    DEPLOYER,
    MAKER,
    address,
    bare_chain,
    before,
    create_address,
    deployed,
    governed,
    new_dao,
    owners,
    plainly_governed,
    safe_dao,
    settings_text,
    written,
)
from tests.bridge.test_deploy_verify import role_slot

pytestmark = pytest.mark.chain
VOTER = local_signer(INDEX["voter-1"])


@pytest.fixture(scope="module")
def arbitrum() -> Iterator[tuple[Chain, dict[str, str]]]:
    """Run a chain of Arbitrum's id with what is there before us."""
    with bare_chain(42161) as chain:
        yield chain, before(chain)


@pytest.fixture
def there(arbitrum: tuple[Chain, dict[str, str]]) -> Iterator[tuple[Chain, dict[str, str]]]:
    """Give the chain to one test and take back whatever it did."""
    snapshot = arbitrum[0].request("evm_snapshot")
    yield arbitrum
    arbitrum[0].request("evm_revert", snapshot)


def made(there: tuple[Chain, dict[str, str]], dao: str, folder: Path, propose: bool = False) -> Done:
    """Deploy beside a DAO, whose proposals voter-1 may bring."""
    written(folder, settings_text(*there, dao))
    return deployed(folder, propose=propose)


def holders(chain: Chain, done: Done, name: str) -> list[str]:
    at = done.deployment.address("HedgeParameters")
    return list(chain.read("HedgeParameters", at, "getRoleMembers", role(name), block=chain.head()))


def asked(done: Done) -> dict[str, Any]:
    assert done.consent is not None
    (path,) = done.consent.files
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def carry(chain: Chain, governor: str, content: dict[str, Any], proposer: Signer, queued: bool) -> None:
    """Vote for a proposal that counts blocks, and execute it."""
    calls = (content["targets"], content["values"], [bytes.fromhex(data[2:]) for data in content["calldatas"]])
    hashed = (*calls, keccak(text=content["description"]))
    chain.request("anvil_mine", hex(4))
    chain.send(VOTER, "HedgeGovernor", governor, "castVote", int(content["id"]), 1)
    chain.request("anvil_mine", hex(21))
    if queued:
        chain.send(proposer, "HedgeGovernor", governor, "queue", *hashed)
        chain.request("anvil_mine", hex(2), hex(86_401))
    chain.send(proposer, "HedgeGovernor", governor, "execute", *hashed)


def still_proven(chain: Chain, done: Done) -> bool:
    return proven(verify_deployment(Snapshot(chain, done.deployment, chain.head()), lambda words: None))


@pytest.mark.parametrize("timelock", [True, False], ids=["with a timelock", "without"])
def test_governor__that_counts_blocks__accepts_by_a_proposal_that_the_deployer_brings(
    there: tuple[Chain, dict[str, str]], tmp_path: Path, timelock: bool
) -> None:
    chain, _ = there
    dao = governed(chain) if timelock else plainly_governed(chain)
    governor = dao.split('"')[-2]
    votes = chain.read("HedgeGovernor", governor, "token", block=chain.head())
    chain.send(VOTER, "HedgeVotes", votes, "delegate", VOTER.address)
    done = made(there, dao, tmp_path, propose=True)
    acts = done.deployment.accounts["dao"]
    assert (acts == governor) is not timelock
    assert holders(chain, done, "DEFAULT_ADMIN_ROLE") == [acts]
    content = asked(done)
    assert done.proposed == f"proposal {content['id']} was brought to {governor}"
    assert "is there already: pending" in deployed(tmp_path, propose=True).proposed
    assert holders(chain, done, "AUTOMATION_ROLE") == []
    carry(chain, governor, content, DEPLOYER, timelock)
    assert holders(chain, done, "AUTOMATION_ROLE") == [done.deployment.address("RegimeAutomation")]
    assert still_proven(chain, done)


def test_proposal__whose_contract_was_changed_meanwhile__reverts(
    there: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, _ = there
    dao = plainly_governed(chain)
    governor = dao.split('"')[-2]
    votes = chain.read("HedgeGovernor", governor, "token", block=chain.head())
    chain.send(VOTER, "HedgeVotes", votes, "delegate", VOTER.address)
    done = made(there, dao, tmp_path, propose=True)
    chain.request("anvil_setCode", done.deployment.feeds["BTC"], "0x60")
    with pytest.raises(ContractReverted, match="CodeDiffers"):
        carry(chain, governor, asked(done), DEPLOYER, False)


def test_proposal__file__is_bound_to_the_proposer_that_the_settings_name(
    there: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, _ = there
    dao = governed(chain) + f'\nproposer = "{VOTER.address}"'
    done = made(there, dao, tmp_path)
    content = asked(done)
    assert content["description"].endswith(f"#proposer={VOTER.address}")
    assert done.proposed == ""
    sent = chain.nonces(DEPLOYER)
    with pytest.raises(RefusedAction, match="leave --propose out"):
        deployed(tmp_path, propose=True)
    assert chain.nonces(DEPLOYER) == sent


def test_safe__that_decides__signs_the_acceptance_and_then_the_grant(
    there: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, _ = there
    dao = safe_dao(*there)
    safe = dao.split('"')[-2]
    done = made(there, dao, tmp_path)
    assert holders(chain, done, "DEFAULT_ADMIN_ROLE") == [safe]
    assert done.consent is not None
    signers = [local_signer(INDEX[f"voter-{number}"]) for number in (1, 2)]
    first = load_safe_record(done.consent.files[0]).signed(signers[0])
    first.save(done.consent.files[0])
    again = deployed(tmp_path).consent
    assert again is not None
    assert load_safe_record(again.files[0]) == first  # a signature is not written over
    for file in again.files:
        record = load_safe_record(file)
        send_safe_transaction(chain, MAKER, record.transaction, sign_safe_transaction(record.transaction, signers))
    assert holders(chain, done, "AUTOMATION_ROLE") == [done.deployment.address("RegimeAutomation")]
    assert still_proven(chain, done)
    with pytest.raises(RefusedAction, match="has no proposals"):
        deployed(tmp_path, propose=True)


COMPOUND = "@uniswap/governance/build"
END_BLOCK = 8
"""Of a proposal's fields, which one says when its vote ends."""


def published(chain: Chain, name: str, *arguments: Any) -> str:
    """Deploy a contract as Uniswap published it: Compound's governor, timelock and token."""
    content = json.loads((node_modules() / COMPOUND / f"{name}.json").read_text())
    return chain.deploy_code(MAKER, name, content["abi"], "0x" + content["bytecode"], *arguments)


def acting(chain: Chain, name: str, at: str, sender: str, function: str, *arguments: Any) -> None:
    """Make a call of such a contract."""
    content = json.loads((node_modules() / COMPOUND / f"{name}.json").read_text())
    data = chain.web3.eth.contract(address=at, abi=content["abi"]).encode_abi(function, args=list(arguments))  # type: ignore[call-overload]
    sent = chain.request("eth_sendTransaction", {"from": sender, "to": at, "data": data, "gas": hex(10**7)})
    assert chain.web3.eth.wait_for_transaction_receipt(sent)["status"] == 1


def end_vote(chain: Chain, governor: str) -> None:
    """Let the vote on proposal 1 end now, in the governor's storage: 40,320 blocks take a minute to mine."""
    for place in range(8):
        slot = int.from_bytes(keccak(encode(["uint256", "uint256"], [1, place]))) + END_BLOCK
        word, now = chain.storage(governor, slot, chain.head()), chain.head().number
        if now < word <= now + 40_320:
            chain.request("anvil_setStorageAt", governor, f"0x{slot:064x}", f"0x{now:064x}")
            chain.request("anvil_mine", hex(2))
            return
    raise AssertionError("no end of a vote there")


def test_governor__of_compounds_kind__accepts_by_a_proposal(
    there: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, _ = there
    later = chain.head().timestamp + 10**6
    token = published(chain, "Uni", DEPLOYER.address, MAKER.address, later)
    governor = create_address(MAKER.address, chain.nonces(MAKER)[0] + 1)
    timelock = published(chain, "Timelock", governor, 2 * 86_400)
    assert published(chain, "GovernorAlpha", timelock, token) == governor
    acting(chain, "Uni", token, DEPLOYER.address, "delegate", DEPLOYER.address)
    chain.request("anvil_mine", hex(2))
    done = made(there, f'kind = "bravo"\ngovernor = "{governor}"', tmp_path, propose=True)
    assert done.proposed == f"proposal 1 was brought to {governor}"
    assert done.deployment.accounts["token"] == token
    assert deployed(tmp_path, propose=True).proposed == "proposal 1 is there already"
    assert holders(chain, done, "DEFAULT_ADMIN_ROLE") == [timelock]
    chain.request("anvil_mine", hex(2))
    acting(chain, "GovernorAlpha", governor, DEPLOYER.address, "castVote", 1, True)
    end_vote(chain, governor)
    acting(chain, "GovernorAlpha", governor, DEPLOYER.address, "queue", 1)
    chain.request("anvil_mine", hex(2), hex(2 * 86_400 + 1))
    acting(chain, "GovernorAlpha", governor, DEPLOYER.address, "execute", 1)
    assert holders(chain, done, "AUTOMATION_ROLE") == [done.deployment.address("RegimeAutomation")]
    assert still_proven(chain, done)


def test_dao__of_another_kind_than_stated__is_refused(there: tuple[Chain, dict[str, str]], tmp_path: Path) -> None:
    chain, found = there
    governor, safe = governed(chain).split('"')[-2], safe_dao(*there).split('"')[-2]
    for kind, name, at, words in (
        ("governor", "governor", safe, "is not an OpenZeppelin Governor"),
        ("bravo", "governor", governor, "is not a governor of Compound's kind"),
        ("safe", "safe", governor, "is not a Safe"),
        ("safe", "safe", address("outsider"), r"is not a contract \(dao.safe\)"),
    ):
        written(tmp_path, settings_text(chain, found, f'kind = "{kind}"\n{name} = "{at}"'))
        with pytest.raises(UnknownAddress, match=words):
            deployed(tmp_path)


def test_timelock__that_does_not_obey_the_governor__is_refused(
    there: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, found = there
    votes = chain.deploy(MAKER, "BlockVotes", address("voter-1"), 10**24)
    timelock = chain.deploy(MAKER, "HedgeTimelock", 86_400, [MAKER.address], [MAKER.address], MAKER.address)
    governor = chain.deploy(MAKER, "BlockGovernor", votes, 3, 20, timelock)
    written(tmp_path, settings_text(chain, found, f'kind = "governor"\ngovernor = "{governor}"'))
    with pytest.raises(RefusedAction, match="does not obey the governor"):
        deployed(tmp_path)


def test_new_governor__on_a_token_of_before__counts_its_votes(
    there: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, found = there
    token = chain.deploy(MAKER, "HedgeVotes", [address("voter-1")], [10**24])
    done = made(there, f'kind = "new"\ntoken = "{token}"', tmp_path)
    assert "HedgeVotes" not in done.deployment.contracts
    assert done.deployment.address("HedgeVotes") == token
    require_governor(Snapshot(chain, done.deployment, chain.head()))  # what `alvh gov` asks for first
    at = done.deployment.address("HedgeGovernor")
    assert chain.read("HedgeGovernor", at, "token", block=chain.head()) == token
    blocks = chain.deploy(MAKER, "BlockVotes", address("voter-1"), 10**24)
    with pytest.raises(BridgeError, match="mode=blocknumber, and HedgeGovernor's delays are seconds"):
        made(there, f'kind = "new"\ntoken = "{blocks}"', tmp_path / "blocks")
    assert found


def test_doctor__of_a_deployment_beside_a_dao__finds_nothing_wrong_with_its_contracts(
    there: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, _ = there
    done = made(there, safe_dao(*there), tmp_path)
    settings = f'[chain]\nrpc_url = "{chain.url}"\nchain_id = 42161\ndeployment = "{done.path}"\n'
    (tmp_path / "alvh.toml").write_text(settings, encoding="utf-8")
    found = {each.what: each for each in examine(tmp_path / "alvh.toml")}
    for what in ("deployment", "contracts", "code", "roles", "guardian Safe", "steward Safe"):
        assert found[what].ok, found[what]


def test_role__of_the_deployer_alone__is_refused_and_others_are_named(
    there: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    chain, found = there
    text = settings_text(chain, found, safe_dao(*there))
    alone = text.replace(f"owners = [{owners('guardian')}]", f'address = "{DEPLOYER.address}"')
    written(tmp_path, alone)
    with pytest.raises(BridgeError, match="would be guardian: the deployer holds no role, name a Safe"):
        deployed(tmp_path)
    among = written(tmp_path, text.replace(address("reporter-1"), DEPLOYER.address))
    plan = make_plan(chain, among, DEPLOYER.address, tmp_path / "journal")
    assert "the deployer is a reporter, as the settings say" in plan.remarks


def test_safe__of_a_build_that_nobody_knows__is_named(there: tuple[Chain, dict[str, str]], tmp_path: Path) -> None:
    chain, found = there
    text = settings_text(chain, found, safe_dao(*there))
    other = written(tmp_path, text.replace(found["CompatibilityFallbackHandler"], found["ETH"]))
    plan = make_plan(chain, other, DEPLOYER.address, tmp_path / "journal")
    assert [words for words in plan.remarks if "no known build of Safe's" in words and found["ETH"] in words]


def test_own_parameters__of_assets__are_deployed_governed_and_proven(
    there: tuple[Chain, dict[str, str]], tmp_path: Path
) -> None:
    text = settings_text(*there, new_dao()).replace('automation = "ETH"', 'automation = "ETH"\nown = ["BTC", "ETH"]')
    written(tmp_path, text)
    done, chain = deployed(tmp_path), there[0]
    own = done.deployment.own
    assert (own["BTC"].automation, own["ETH"].automation is not None) == (None, True)  # BTC has no breaker
    assert proven(done.checks)
    asked_alone = "roles of BTC HedgeParameters, asked one by one"
    assert {"BTC values of the keys", asked_alone} <= {check.what for check in done.checks}
    chain.request(
        "anvil_setStorageAt", own["BTC"].parameters, role_slot("STEWARD_ROLE", DEPLOYER.address), f"0x{1:064x}"
    )
    now = verify_deployment(Snapshot(chain, done.deployment, chain.head()), lambda words: None)
    (found,) = [check for check in now if check.outcome == WRONG]
    assert found.what == asked_alone
    with pytest.raises(BridgeError, match="own: assets of the file with a feed, each once"):
        written(tmp_path / "twice", text.replace('["BTC", "ETH"]', '["BTC", "BTC"]'))
