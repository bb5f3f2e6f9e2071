"""From a plan to a governor proposal: build, preflight, show, find or send.

    plan -> Update -> check (the contract's own rules, at the time it would run) -> difference -> proposal id -> is it
    there? -> send

The proposal's identity is a hash of its calls and its description, and both come from the plan alone. So a second run,
a second machine or a run after a crash finds the proposal that is already there and sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_typing import HexStr
from web3 import Web3
from web3.types import TxReceipt

from bridge.chain import BlockRef, Chain
from bridge.deployment import Deployment
from bridge.errors import ContractReverted, RefusedAction, TransactionFailed, UntrustedNumber
from bridge.governance import Action, Proposal, proposal_id, read_state, send_execute
from bridge.observe import read_governed
from bridge.records import PlanRecord
from bridge.signers import Signer
from bridge.units import utc
from bridge.updates import Update, build_update, check_update, decode_update, encode_update
from hedge.parameters import KEYS


@dataclass(frozen=True)
class Draft:
    """A proposal that passed its preflight; `state` is that of the same proposal on chain, None if it is not there."""

    id: int
    action: Action
    update: Update
    executable_at: int
    state: str | None


def describe(record: PlanRecord, proposer: str) -> str:
    """Write what voters read: what changes, why, what it does, and the block and inputs that it can be checked with.

    The last line binds the proposal to its proposer, so that nobody else can bring and then cancel it.
    """
    rows, answer = record.plan["update"]["changes"], record.plan["decision"]["answer"]
    lines = [
        f"# Hedge parameters: {len(rows)} change{'s' if len(rows) != 1 else ''}",
        "",
        f"Observed at block {record.block_number} ({utc(record.observed_at)}). Decision of the plan: {answer}.",
        f"Inputs hash: {record.inputs_hash}",
        "",
        "| parameter | old | new | unit | why | effect |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        name, unit = KEYS[int(row["key"])].name, KEYS[int(row["key"])].unit
        lines.append(f"| {name} | {row['old']} | {row['new']} | {unit} | {row['reason']} | {row['effect']} |")
    return "\n".join([*lines, "", f"#proposer={Web3.to_checksum_address(proposer)}"])


def draft_proposal(
    chain: Chain, deployment: Deployment, record: PlanRecord, life_seconds: int, proposer: str, block: BlockRef
) -> Draft:
    """Build the proposal of a plan, check it with the contract, and look whether it exists.

    Raises
    ------
    RefusedAction
        The plan changes nothing, or is of another chain.
    ContractReverted
        The update would break a rule when it runs: the rule's name and numbers.
    """
    if record.chain_id != chain.chain_id:
        raise RefusedAction(f"the plan is of chain {record.chain_id}, this is chain {chain.chain_id}: make a new plan")
    update = build_update(record.changes(), record.observed_at, life_seconds, record.inputs_hash)
    call = bytes.fromhex(encode_update(chain, deployment, update)[2:])
    action = Action((deployment.address("HedgeParameters"),), (0,), (call,), describe(record, proposer))
    number = proposal_id(chain, deployment, action, block)
    state = read_state(chain, deployment, number, block)
    executable_at = block.timestamp + _path_to_execution(chain, deployment, block)
    if state is None:
        check_update(chain, deployment, update, "dao", executable_at, block)
        timelock, parameters = deployment.address("HedgeTimelock"), deployment.address("HedgeParameters")
        chain.simulate(timelock, parameters, HexStr("0x" + call.hex()), executable_at, block, "executing the update")
    return Draft(number, action, update, executable_at, state)


def _path_to_execution(chain: Chain, deployment: Deployment, block: BlockRef) -> int:
    """Return the seconds from proposing to the earliest execution: voting delay, voting period, timelock."""
    governor, timelock = deployment.address("HedgeGovernor"), deployment.address("HedgeTimelock")
    waits: list[Any] = [
        chain.read("HedgeGovernor", governor, "votingDelay", block=block),
        chain.read("HedgeGovernor", governor, "votingPeriod", block=block),
        chain.read("HedgeTimelock", timelock, "getMinDelay", block=block),
    ]
    return sum(int(wait) for wait in waits)


def send_proposal(chain: Chain, deployment: Deployment, proposer: Signer, draft: Draft) -> bool:
    """Send the proposal unless it exists; returns whether it was sent now.

    Raises
    ------
    ContractReverted
        The governor refused it, for anything but being there already.
    """
    if draft.state is not None:
        return False
    action = draft.action
    try:
        chain.send(
            proposer,
            "HedgeGovernor",
            deployment.address("HedgeGovernor"),
            "propose",
            action.targets,
            action.values,
            action.calldatas,
            action.description,
        )
    except (ContractReverted, TransactionFailed):
        # Another bridge may have been faster between our look and our transaction.
        if read_state(chain, deployment, draft.id, chain.head()) is None:
            raise
        return False
    return True


def confirm_execution(chain: Chain, deployment: Deployment, proposal: Proposal, block: BlockRef) -> None:
    """Read the parameters back after an execution and compare them with what was voted.

    Raises
    ------
    UntrustedNumber
        The chain does not hold what the proposal said; look at it before anything else.
    """
    values = read_governed(chain, deployment, block).parameters.to_values()
    for target, call in zip(proposal.action.targets, proposal.action.calldatas, strict=True):
        update = decode_update(chain, deployment, target, call)
        for key, value in zip(update.keys, update.values, strict=True) if update else ():
            if values[key] != value:
                raise UntrustedNumber(f"{KEYS[key].name} is {values[key]} after the execution, the vote said {value}")


def send_confirmed_execution(chain: Chain, deployment: Deployment, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Execute a queued proposal and compare what the chain holds afterwards with the vote; see `confirm_execution`."""
    receipt = send_execute(chain, deployment, sender, proposal)
    confirm_execution(chain, deployment, proposal, chain.head())
    return receipt
