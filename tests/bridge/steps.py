"""Steps that tests of the bridge share: plan, propose, vote, queue, execute, and act through a Safe."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from eth_typing import HexStr
from web3.types import TxReceipt

from bridge.config import Config
from bridge.genesis import GovernanceTerms
from bridge.governance.actions import build_action
from bridge.governance.governor import Proposal, find_proposal, send_execute, send_queue, send_vote
from bridge.governance.proposals import UpdateDraft, draft_action, draft_proposal, send_proposal
from bridge.local.accounts import account, accounts
from bridge.local.anvil import advance_time
from bridge.local.rounds import submit_rounds
from bridge.local.world import World
from bridge.plans.make import Planned, make_plan_at
from bridge.plans.observe import read_governed
from bridge.plans.records import PlanRecord
from bridge.safe.multisig import build_safe_transaction, send_safe_transaction, sign_safe_transaction
from bridge.snapshot import Call
from hedge.policy.parameters import KEYS

TERMS = GovernanceTerms()
LIFE = 14 * 86_400
VOTERS = ("voter-1", "voter-2", "operator")


def plan_now(world: World, config: Config) -> Planned:
    """Make a plan at the newest block."""
    return make_plan_at(world.snapshot(), config, owner=world.deployment.address("lp"))


def with_changes(record: PlanRecord, changes: dict[int, int]) -> PlanRecord:
    """Return a copy of a record that proposes these new values by key."""
    plan: dict[str, Any] = copy.deepcopy(record.plan)
    plan["update"]["changes"] = [
        {"key": key, "old": plan["inputs"]["parameters"][key], "new": new, "reason": "test", "effect": "test"}
        for key, new in sorted(changes.items())
    ]
    return replace(record, plan=plan)


def draft(
    world: World, record: PlanRecord, life: int = LIFE, proposer: str = "operator", again: bool = False
) -> UpdateDraft:
    """Draft the proposal of a record at the newest block."""
    return draft_proposal(world.snapshot(), record, life, account(proposer).address, again)


def propose(world: World, record: PlanRecord) -> int:
    """Propose a record as the operator and return the proposal's id."""
    drafted = draft(world, record)
    assert send_proposal(world.snapshot(), account("operator"), drafted)
    return drafted.id


def found(world: World, number: int) -> Proposal:
    """Read a proposal at the newest block."""
    return find_proposal(world.snapshot(), number)


def vote(world: World, number: int, support: str = "for", names: tuple[str, ...] = VOTERS) -> None:
    """Let the voting delay pass and cast votes."""
    advance_time(world.chain, TERMS.voting_delay + 1)
    for name in names:
        send_vote(world.snapshot(), account(name), found(world, number), support)


def queue(world: World, number: int) -> None:
    """Let the voting period pass and put the proposal into the timelock."""
    advance_time(world.chain, TERMS.voting_period + 1)
    send_queue(world.snapshot(), account("outsider"), found(world, number))


def carry(world: World, record: PlanRecord) -> int:
    """Propose, vote, queue and execute a record; returns the proposal's id."""
    number = propose(world, record)
    vote(world, number)
    queue(world, number)
    advance_time(world.chain, TERMS.timelock_delay + 1)
    send_execute(world.snapshot(), account("outsider"), found(world, number))
    return number


def carried_action(world: World, name: str, *arguments: str) -> int:
    """Carry a governance action through its vote and return its proposal."""
    operator = account("operator")
    action = build_action(world.snapshot(), name, arguments)
    made = draft_action(world.snapshot(), action, operator.address)
    assert send_proposal(world.snapshot(), operator, made)
    vote(world, made.id)
    queue(world, made.id)
    advance_time(world.chain, TERMS.timelock_delay + 1)
    send_execute(world.snapshot(), operator, found(world, made.id))
    return made.id


def values(world: World) -> list[int]:
    """Read the parameters in force, by key."""
    return read_governed(world.snapshot()).parameters.to_values()


def parameters_call(world: World, function: str, *arguments: object) -> Call:
    """Return address and calldata of a call of HedgeParameters."""
    return world.snapshot().call("HedgeParameters", function, *arguments)


WHOLE = (tuple(range(len(KEYS))), True)
"""What a rollback of every key is asked, of those that were de-risked too."""


def act_through_safe(world: World, safe: str, to: str, data: HexStr, signers: int = 2) -> TxReceipt:
    """Let a Safe make a call, signed by so many of its owners and sent by anyone."""
    transaction = build_safe_transaction(world.snapshot(), world.deployment.address(safe), (to, data))
    signatures = sign_safe_transaction(transaction, accounts(safe)[:signers])
    return send_safe_transaction(world.chain, account("outsider"), transaction, signatures)


def act_as(world: World, sender: str, to: str, data: HexStr, gas: int = 1_000_000) -> None:
    """Send a call from an address that no key is known of, as only a local chain allows."""
    request = world.chain.request
    request("anvil_setBalance", sender, hex(10**18))
    request("anvil_impersonateAccount", sender)
    sent = request("eth_sendTransaction", {"from": sender, "to": to, "data": data, "gas": hex(gas)})
    world.chain.web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
    request("anvil_stopImpersonatingAccount", sender)


def trade(world: World, moves: Sequence[float], seconds: int = 3600) -> None:
    """Trade every pool to its first price times each move and back, so many seconds apart."""
    spots = {asset: float(prices[-1]) for asset, prices in world.path.prices.items()}
    for move in moves:
        advance_time(world.chain, seconds)
        world.market.move_to({"USD": 1.0} | {asset: price * move for asset, price in spots.items()}, noise=0.01)


def tear(world: World) -> None:
    """Let prices jump by a third every hour for a day, which no option market prices, and report a round after it."""
    trade(world, [1.35, 1.0] * 12)
    advance_time(world.chain, 3600)
    submit_rounds(world.snapshot(), Config())
