"""Run a whole proposal as the timelock will: all of its calls, in one transaction, at the time when it can run.

The proposal is not in the timelock yet, so two things are put into storage for the length of one `eth_call`: in the
timelock that its operation is ready, in the governor that it expects the calls to itself. Everything else is the block.
A slot that moved would make the call revert, never pass.
"""

from __future__ import annotations

from eth_abi import encode
from eth_typing import HexStr
from eth_utils import keccak

from bridge.chain.node import BlockRef, Chain
from bridge.deployment import Deployment
from bridge.errors import ContractReverted
from bridge.governance.governor import Action, Proposal
from bridge.units import utc

TIMESTAMPS_SLOT = 1  # TimelockController._timestamps, after AccessControl._roles
GOVERNANCE_CALL_SLOT = 5  # Governor._governanceCall, a deque: begin and end in this slot, its data in the next one
READY = 2  # a time long past; 1 means done


def simulate_execution(chain: Chain, deployment: Deployment, action: Action, at: int, block: BlockRef) -> None:
    """Execute a proposal's calls from the timelock at unix time `at`, without sending anything.

    Raises
    ------
    ContractReverted
        One of the calls, or the guard behind them, would revert; then nothing of the proposal would happen.
    """
    governor, timelock = deployment.address("HedgeGovernor"), deployment.address("HedgeTimelock")
    targets, values, calldatas, description = action.hashed()
    salt = (int.from_bytes(bytes.fromhex(governor[2:]) + bytes(12)) ^ int.from_bytes(description)).to_bytes(32)
    batch = (targets, values, calldatas, bytes(32), salt)
    operation = chain.read("HedgeTimelock", timelock, "hashOperationBatch", *batch, block=block)
    data = chain.contract("HedgeTimelock", timelock).encode_abi("executeBatch", args=list(batch))
    stored = {timelock: {_mapped(bytes(operation), TIMESTAMPS_SLOT): _word(READY)}}
    own = [call for target, call in zip(targets, calldatas, strict=True) if target.lower() == governor.lower()]
    if own:
        stored[governor] = {_word(GOVERNANCE_CALL_SLOT): _word(len(own) << 128)}
        for index, call in enumerate(own):
            place = _mapped(index.to_bytes(32), GOVERNANCE_CALL_SLOT + 1)
            stored[governor][place] = "0x" + keccak(call).hex()
    chain.simulate(governor, timelock, HexStr(data), at, block, "executing the proposal", stored)


def rehearsal(chain: Chain, deployment: Deployment, proposal: Proposal, block: BlockRef) -> str:
    """Say whether an open proposal would execute as things stand, at the first second when it can."""
    timelock = deployment.address("HedgeTimelock")
    delay = int(chain.read("HedgeTimelock", timelock, "getMinDelay", block=block))
    voted = max(proposal.deadline + 1, block.timestamp)
    at = max(proposal.eta, block.timestamp + 1) if proposal.eta else voted + delay
    try:
        simulate_execution(chain, deployment, proposal.action, at, block)
    except ContractReverted as error:
        return f"as things stand it would fail at {utc(at)}: {error}"
    return f"as things stand it would execute at {utc(at)}"


def _mapped(key: bytes, slot: int) -> str:
    return "0x" + keccak(encode(["bytes32", "uint256"], [key, slot])).hex()


def _word(value: int) -> str:
    return "0x" + value.to_bytes(32).hex()
