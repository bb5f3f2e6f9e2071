"""Every fact that a deployment's proof rests on: one that is otherwise is a finding of its own, on two chains."""

from __future__ import annotations

import pytest
from eth_abi import encode

from bridge.chain.codec import encode_call
from bridge.chain.node import Chain
from bridge.deploy.contracts import role_findings
from bridge.deploy.seats import ADMIN, role
from bridge.deploy.watchers import Watchers, watcher_findings
from bridge.genesis import GovernanceTerms
from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.lying_node import Answering, Asked, lying_node
from tests.bridge.steps import act_as
from tests.bridge.test_deploy import members

NOBODY = "0x00000000000000000000000000000000000000aa"


def findings(world: World, chain: Chain | None = None) -> list[str]:
    """Return every finding of the deployment and of what watches it, as `chain` tells it."""
    at, by = world.deployment, chain or world.chain
    who, block = (members(world), account("deployer").address, at.deployed_at), world.chain.head()
    found = role_findings(by, at.contracts, at.feeds, *who, block)
    watchers = Watchers(at.realized, at.breakers, at.address("RegimeAutomation"))
    parameters = at.address("HedgeParameters")
    return found + watcher_findings(by, watchers, parameters, at.feeds, at.price_pools, GovernanceTerms(), block)


def lied_to(world: World, contract: str, at: str, function: str, answer: str) -> list[str]:
    """Return the findings where one contract gives one other answer."""
    data = encode_call(contract, function).hex

    def lie(answering: Answering, asked: Asked) -> bool:
        call = asked["params"][0] if asked["method"] == "eth_call" else {}
        is_it = (str(call.get("to")).lower(), call.get("data")) == (at.lower(), data)
        return is_it and answering.result(asked, answer)

    with lying_node(world.chain.url, lie) as node:
        return findings(world, Chain(node.url, world.chain.chain_id))


WORD = "0x" + encode(["address"], [NOBODY]).hex()
NAMED = {
    "governor's timelock": ("HedgeGovernor", "timelock", ""),
    "governor's token": ("HedgeGovernor", "token", ""),
    "proposal guardian": ("HedgeGovernor", "proposalGuardian", ""),
    "owner of the BTC feed": ("VolatilityOracle", "owner", "BTC"),
    "owner of the ETH feed": ("VolatilityOracle", "owner", "ETH"),
    "pool of the BTC measurement": ("RealizedVolatility", "pool", "BTC"),
    "pool of the ETH measurement": ("RealizedVolatility", "pool", "ETH"),
    "roles of the BTC breaker": ("VolatilityBreaker", "ROLES", "BTC"),
    "feed of the BTC breaker": ("VolatilityBreaker", "ORACLE", "BTC"),
    "measurement of the ETH breaker": ("VolatilityBreaker", "REALIZED", "ETH"),
    "ROLES of the automation": ("RegimeAutomation", "ROLES", ""),
    "PARAMETERS of the automation": ("RegimeAutomation", "PARAMETERS", ""),
    "ORACLE of the automation": ("RegimeAutomation", "ORACLE", ""),
    "BREAKER of the automation": ("RegimeAutomation", "BREAKER", ""),
}


def test_findings__world_as_built__are_none(anywhere: World) -> None:
    assert findings(anywhere) == []


@pytest.mark.parametrize("what", NAMED)
def test_findings__contract_names_another_address__is_the_one_finding(anywhere: World, what: str) -> None:
    contract, function, asset = NAMED[what]
    places = {"VolatilityOracle": "feeds", "RealizedVolatility": "realized", "VolatilityBreaker": "breakers"}
    at = anywhere.deployment
    address = getattr(at, places[contract])[asset] if asset else at.address(contract)
    (line,) = lied_to(anywhere, contract, address, function, WORD)
    assert line.lower().startswith(f"{what} is {NOBODY}, should be 0x".lower())


@pytest.mark.parametrize("asset", ["BTC", "ETH"])
def test_findings__feed_with_one_reporter_less_or_more__is_the_one_finding(anywhere: World, asset: str) -> None:
    feed, own = anywhere.deployment.feeds[asset], list(members(anywhere).reporters)
    for reporters in (own[1:], [*own, NOBODY], []):
        answer = "0x" + encode(["address[]"], [reporters]).hex()
        (line,) = lied_to(anywhere, "VolatilityOracle", feed, "signers", answer)
        assert line.startswith(f"reporters of the {asset} feed are ")


DUTIES = [
    ("HedgeTimelock", "DEFAULT_ADMIN_ROLE", "HedgeTimelock"), ("HedgeTimelock", "PROPOSER_ROLE", "HedgeGovernor"),
    ("HedgeTimelock", "EXECUTOR_ROLE", "HedgeGovernor"), ("HedgeTimelock", "CANCELLER_ROLE", "HedgeGovernor"),
    ("HedgeParameters", "DEFAULT_ADMIN_ROLE", "HedgeTimelock"), ("HedgeParameters", "STEWARD_ROLE", "steward"),
    ("HedgeParameters", "GUARDIAN_ROLE", "guardian"), ("HedgeParameters", "AUTOMATION_ROLE", ""),
]  # fmt: skip


@pytest.mark.parametrize(("contract", "name", "holder"), DUTIES, ids=lambda each: each)
def test_findings__role_held_by_one_more_or_by_nobody__is_the_one_finding(
    anywhere: World, contract: str, name: str, holder: str
) -> None:
    at, outsider = anywhere.deployment, account("outsider").address
    duty = ADMIN if name == "DEFAULT_ADMIN_ROLE" else role(name)
    admin = at.address("HedgeTimelock")

    def change(function: str, whom: str) -> None:
        act_as(anywhere, admin, *anywhere.snapshot().call(contract, function, duty, whom))

    change("grantRole", outsider)
    (line,) = findings(anywhere)
    assert line.startswith(f"{contract} {name} is held by ")
    assert outsider in line.partition(", should be ")[0]
    change("revokeRole", outsider)
    assert findings(anywhere) == []
    if holder:
        change("revokeRole", at.address(holder))
        assert findings(anywhere) == [f"{contract} {name} is held by nobody, should be {at.address(holder)}"]
