"""Run a whole proposal as the timelock will: all of its calls, in one transaction, at the time when it can run.

The proposal is not in the timelock yet, so two things are put into storage for the length of one `eth_call`: in the
timelock that its operation is ready, in the governor that it expects the calls to itself. Everything else is the block.
A slot that moved would make the call revert, never pass.
"""

from __future__ import annotations

from eth_abi import encode
from eth_utils import keccak

from bridge.errors import ChainError, ContractReverted, NodeUnreachable
from bridge.governance.brought import Action
from bridge.governance.forms import is_ours
from bridge.governance.governor import Proposal
from bridge.snapshot import Snapshot
from bridge.units import utc

TIMESTAMPS_SLOT = 1  # TimelockController._timestamps, after AccessControl._roles
GOVERNANCE_CALL_SLOT = 5  # Governor._governanceCall, a deque: begin and end in this slot, its data in the next one


def simulate_execution(snapshot: Snapshot, action: Action, at: int, ready: int | None = None) -> None:
    """Execute a proposal's calls from the timelock at unix time `at`, without sending anything.

    `ready` is since when the timelock would let it, `at` itself by default; our timelock refuses it two weeks later.

    Raises
    ------
    ContractReverted
        One of the calls, or the guard behind them, would revert; then nothing of the proposal would happen.
    """
    governor, timelock = snapshot.deployment.address("HedgeGovernor"), snapshot.deployment.address("HedgeTimelock")
    targets, values, calldatas, description = action.hashed()
    salt = (int.from_bytes(bytes.fromhex(governor[2:]) + bytes(12)) ^ int.from_bytes(description)).to_bytes(32)
    batch = (targets, values, calldatas, bytes(32), salt)
    operation = snapshot.read("HedgeTimelock", "hashOperationBatch", *batch)
    _, data = snapshot.call("HedgeTimelock", "executeBatch", *batch)
    stored = {timelock: {_mapped(bytes(operation), TIMESTAMPS_SLOT): _word(at if ready is None else ready)}}
    own = [call for target, call in zip(targets, calldatas, strict=True) if target.lower() == governor.lower()]
    if own:
        stored[governor] = {_word(GOVERNANCE_CALL_SLOT): _word(len(own) << 128)}
        for index, call in enumerate(own):
            place = _mapped(index.to_bytes(32), GOVERNANCE_CALL_SLOT + 1)
            stored[governor][place] = "0x" + keccak(call).hex()
    snapshot.chain.simulate(governor, timelock, data, at, snapshot.block, "executing the proposal", stored)


def rehearsal(snapshot: Snapshot, proposal: Proposal) -> str:
    """Say whether an open proposal would execute in today's state, at the first second when it can."""
    if not is_ours(snapshot):
        return "whether it would execute is not played for a governor of others: `alvh gov execute` tries when it can"
    delay = int(snapshot.read("HedgeTimelock", "getMinDelay"))
    voted = max(proposal.deadline + 1, snapshot.block.timestamp)
    at = max(proposal.eta, snapshot.block.timestamp + 1) if proposal.eta else voted + delay
    try:
        simulate_execution(snapshot, proposal.action, at, proposal.eta or None)
    except ContractReverted as error:
        return f"in today's state it would fail at {utc(at)}: {error}"
    except NodeUnreachable:
        raise
    except ChainError as error:
        return f"whether it would execute at {utc(at)} cannot be told: {error}"
    return f"in today's state it would execute at {utc(at)}"


def _mapped(key: bytes, slot: int) -> str:
    return "0x" + keccak(encode(["bytes32", "uint256"], [key, slot])).hex()


def _word(value: int) -> str:
    return "0x" + value.to_bytes(32).hex()
