"""Who may do what after a deployment, read back from the chain; a wrong role is found and named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_typing import HexStr
from web3.types import Nonce
from web3.utils.address import get_create_address

import bridge.deploy.contracts
from bridge.chain.node import Chain
from bridge.chain.signers import Signer
from bridge.deploy.contracts import Members, deploy_governance, role_findings
from bridge.deploy.seats import ADMIN, role
from bridge.deploy.watchers import Watchers, deploy_watchers, watcher_findings
from bridge.errors import DeploymentUnsafe
from bridge.genesis import GovernanceTerms
from bridge.local.accounts import account, accounts
from bridge.local.world import VOTES, World
from bridge.safe.transactions import ZERO
from tests.bridge.steps import act_as

ROLES = ("PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE", "STEWARD_ROLE", "GUARDIAN_ROLE")


def members(world: World) -> Members:
    holders = [(voter.address, votes * 10**18) for voter, votes in zip(accounts("voter"), VOTES, strict=True)]
    safes = [world.deployment.address(name) for name in ("guardian", "steward")]
    return Members(holders, *safes, [reporter.address for reporter in accounts("reporter")])


def findings(world: World, wanted: Members | None = None) -> list[str]:
    book, chain = world.deployment, world.chain
    deployer = account("deployer").address
    place = (book.contracts, book.feeds, wanted or members(world), deployer, book.deployed_at, chain.head())
    return role_findings(chain, *place)


def timelock_call(world: World, function: str, *arguments: object) -> tuple[str, HexStr]:
    address = world.deployment.address("HedgeTimelock")
    return address, HexStr(world.chain.contract("HedgeTimelock", address).encode_abi(function, args=list(arguments)))


def test_role_findings__world_as_built__is_empty(world: World) -> None:
    assert findings(world) == []


def test_role_findings__events_before_the_block_it_starts_from__are_not_read(world: World) -> None:
    book, chain = world.deployment, world.chain
    place = (book.contracts, book.feeds, members(world), account("deployer").address)
    assert len(role_findings(chain, *place, chain.head().number, chain.head())) == 7


@pytest.mark.parametrize("contract", ["HedgeTimelock", "HedgeParameters"])
def test_deployer__access_control__holds_no_role(world: World, contract: str) -> None:
    address, deployer, block = world.deployment.address(contract), account("deployer").address, world.chain.head()
    for duty in (ADMIN, *map(role, ROLES)):
        assert not world.chain.read(contract, address, "hasRole", duty, deployer, block=block)


def test_deployer__votes_safes_and_feeds__has_no_part_in_them(world: World) -> None:
    book, deployer, block = world.deployment, account("deployer").address, world.chain.head()
    for function in ("balanceOf", "getVotes"):
        assert world.chain.read("HedgeVotes", book.address("HedgeVotes"), function, deployer, block=block) == 0
    for safe in ("guardian", "steward"):
        assert not world.chain.read("Safe", book.address(safe), "isOwner", deployer, block=block)
    for feed in book.feeds.values():
        assert world.chain.read("VolatilityOracle", feed, "owner", block=block) == book.address("HedgeTimelock")
        assert not world.chain.read("VolatilityOracle", feed, "isSigner", deployer, block=block)


@pytest.mark.parametrize("safe", ["guardian", "steward"])
def test_safes__as_built__are_two_of_three_of_their_owners(world: World, safe: str) -> None:
    address, block = world.deployment.address(safe), world.chain.head()
    assert world.chain.read("Safe", address, "getThreshold", block=block) == 2
    owners = world.chain.read("Safe", address, "getOwners", block=block)
    assert set(owners) == {owner.address for owner in accounts(safe)}


def test_role_findings__another_guardian_than_agreed__names_both(world: World) -> None:
    outsider = account("outsider").address
    found = findings(world, replace(members(world), guardian=outsider))
    guardian = world.deployment.address("guardian")
    assert found == [
        f"proposal guardian is {guardian}, should be {outsider}",
        f"HedgeParameters GUARDIAN_ROLE is held by {guardian}, should be {outsider}",
    ]


def test_role_findings__reporters_differ__names_the_feed(world: World) -> None:
    found = findings(world, replace(members(world), reporters=[account("outsider").address]))
    assert [line.split(" are ")[0] for line in found] == ["reporters of the BTC feed", "reporters of the ETH feed"]


@pytest.mark.parametrize("name", ["PROPOSER_ROLE", "EXECUTOR_ROLE", "DEFAULT_ADMIN_ROLE", "BREW_COFFEE_ROLE"])
def test_role_findings__one_more_holder_of_a_timelock_role__is_found(world: World, name: str) -> None:
    outsider = account("outsider").address
    duty = ADMIN if name == "DEFAULT_ADMIN_ROLE" else role(name)
    act_as(world, world.deployment.address("HedgeTimelock"), *timelock_call(world, "grantRole", duty, outsider))
    (line,) = findings(world)
    assert line.startswith(f"HedgeTimelock {'0x' + duty.hex() if 'COFFEE' in name else name} is held by")
    assert outsider in line


def test_role_findings__governor_lost_its_role__is_found(world: World) -> None:
    governor = world.deployment.address("HedgeGovernor")
    call = timelock_call(world, "revokeRole", role("CANCELLER_ROLE"), governor)
    act_as(world, world.deployment.address("HedgeTimelock"), *call)
    assert f"HedgeTimelock CANCELLER_ROLE is held by nobody, should be {governor}" in findings(world)


def test_role_findings__deployer_got_votes__is_found(world: World) -> None:
    votes, deployer = world.deployment.address("HedgeVotes"), account("deployer").address
    world.chain.send(account("voter-1"), "HedgeVotes", votes, "transfer", deployer, 1)
    assert findings(world) == ["the deployer holds votes that nobody gave it"]


def test_deploy_governance__timelock_with_one_more_proposer__is_unsafe(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outsider = account("outsider").address

    def careless(chain: Chain, deployer: Signer, delay: int) -> str:
        nonce = chain.web3.eth.get_transaction_count(deployer.address)
        governor = get_create_address(deployer.address, Nonce(nonce + 1))
        return chain.deploy(deployer, "HedgeTimelock", delay, [governor, outsider], [governor], ZERO)

    monkeypatch.setattr(bridge.deploy.contracts, "_deploy_timelock", careless)
    place = (world.chain, account("deployer"), members(world), GovernanceTerms(), ("ETH",), lambda step: None)
    with pytest.raises(DeploymentUnsafe, match="HedgeTimelock PROPOSER_ROLE is held by") as caught:
        deploy_governance(*place)
    assert [line for line in caught.value.findings if outsider in line] == caught.value.findings


def test_deploy_governance__again__is_safe_and_says_its_steps(world: World) -> None:
    steps: list[str] = []
    place = (world.chain, account("outsider"), members(world), GovernanceTerms(), ("ETH",), steps.append)
    contracts, feeds = deploy_governance(*place)
    assert set(contracts) == {"HedgeVotes", "HedgeTimelock", "HedgeGovernor", "HedgeParameters", "ProposalGuard"}
    assert set(feeds) == {"ETH"}
    assert steps == ["votes and timelock", "governor", "hedge parameters", "volatility oracle ETH"]


def test_role_findings__automation_named_by_the_dao__is_right_and_anyone_else_is_not(world: World) -> None:
    book, duty = world.deployment, role("AUTOMATION_ROLE")
    timelock, parameters = book.address("HedgeTimelock"), book.address("HedgeParameters")
    contract = world.chain.contract("HedgeParameters", parameters)
    for holder, lines in ((book.address("RegimeAutomation"), 0), (account("outsider").address, 1)):
        data = HexStr(contract.encode_abi("grantRole", args=[duty, holder]))
        act_as(world, timelock, parameters, data)
        assert len(findings(world)) == lines


def test_watchers__as_built__read_what_they_should_and_borrow_the_daos_roles(world: World) -> None:
    book = world.deployment
    watchers = Watchers(book.realized, book.breakers, book.address("RegimeAutomation"))
    place = (book.address("HedgeParameters"), book.feeds, book.price_pools, GovernanceTerms(), world.chain.head())
    assert watcher_findings(world.chain, watchers, *place) == []
    swapped = replace(watchers, breakers=dict(zip(book.breakers, [*book.breakers.values()][::-1], strict=True)))
    found = watcher_findings(world.chain, swapped, *place)
    assert any(line.startswith("feed of the ETH breaker is ") for line in found)
    assert any(line.startswith("BREAKER of the automation is ") for line in found)


def test_automation__as_built__is_stopped_and_powerless(world: World) -> None:
    book, block = world.deployment, world.chain.head()
    automation, parameters = book.address("RegimeAutomation"), book.address("HedgeParameters")
    assert world.chain.read("RegimeAutomation", automation, "stopped", block=block) is True
    duty = role("AUTOMATION_ROLE")
    assert world.chain.read("HedgeParameters", parameters, "getRoleMembers", duty, block=block) == []


def test_deploy_watchers__breaker_of_another_feed__is_unsafe(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    book = world.deployment
    honest = world.chain.deploy

    def careless(signer: Signer, name: str, *arguments: Any) -> str:
        if name == "VolatilityBreaker" and arguments[1] == book.feeds["BTC"]:
            arguments = (arguments[0], book.feeds["ETH"], *arguments[2:])
        return honest(signer, name, *arguments)

    monkeypatch.setattr(world.chain, "deploy", careless)
    place = (book.address("HedgeParameters"), book.feeds, book.price_pools, GovernanceTerms(), lambda step: None)
    with pytest.raises(DeploymentUnsafe, match="feed of the BTC breaker"):
        deploy_watchers(world.chain, account("deployer"), *place)
