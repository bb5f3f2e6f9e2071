"""Every command that sends says where its transaction is: block, gas and hash, in text and in JSON."""

from __future__ import annotations

import re
from typing import Any

from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.steps import TERMS
from tests.e2e.command import Run
from tests.e2e.places import Place

MINED = re.compile(r"in block (\d+) for ([\d,]+) gas, transaction (0x[0-9a-f]{64})\b")


def proven(world: World, done: dict[str, Any], sender: str) -> None:
    """Check that what a command says of its transaction is what the chain has of it."""
    found = world.chain.request("eth_getTransactionReceipt", done["transaction"])
    assert (int(found["blockNumber"], 16), int(found["gasUsed"], 16)) == (done["block"], done["gas"])
    assert found["from"].lower() == account(sender).address.lower()


def test_steps_of_a_proposal__sent__name_their_transactions(place: Place) -> None:
    world, new = place.world, account("operator").address
    made = place.sent("gov", "propose", "set-guardian", place.world.deployment.address("HedgeVotes"), role="operator")
    proven(world, made, "operator")
    proven(world, place.sent("gov", "delegate", new, role="voter-3"), "voter-3")
    place.pass_time(TERMS.voting_delay + 1)
    for voter in ("voter-1", "operator"):
        proven(world, place.sent("gov", "vote", made["proposal"], "for", role=voter), voter)
    said = place.run("gov", "vote", made["proposal"], "for", "--send", role="voter-2")
    block, gas, digest = MINED.search(said.out).groups()  # type: ignore[union-attr]
    proven(world, {"block": int(block), "gas": int(gas.replace(",", "")), "transaction": digest}, "voter-2")
    place.pass_time(TERMS.voting_period + 1)
    proven(world, place.sent("gov", "queue", made["proposal"], role="outsider"), "outsider")
    place.pass_time(TERMS.timelock_delay + 1)
    proven(world, place.sent("gov", "execute", made["proposal"], role="outsider"), "outsider")
    dry = place.run("gov", "delegate", new, "--json", role="voter-3").json()
    assert not {"transaction", "gas", "block"} & dry.keys()


def test_propose_and_safe_create__sent__name_their_transactions(run: Run, project: World) -> None:
    assert run("plan").code == 0
    text = run("propose", "--as", "operator", "--send")
    assert text.code == 0, text
    assert MINED.search(text.out)
    owners = [account(name).address for name in ("guardian-1", "guardian-2")]
    created = run("safe", "create", *owners, "--threshold", "2", "--as", "operator", "--send", "--json").json()
    proven(project, created, "operator")
