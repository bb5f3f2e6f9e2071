"""From a plan, or a governance action, to a governor proposal: build, preflight, show, find or send.

    plan -> may it be proposed? -> Update -> check (the contract's own rules, at the time it would run)
         -> promises for the guard -> the whole batch simulated -> proposal id -> is it there? -> send -> note it

The proposal's identity is a hash of its calls and its description, and both come from the plan alone. So a second run,
a second machine or a run after a crash finds the proposal that is already there and sends nothing. A proposal that was
defeated or cancelled stays what it is; only who asks for it `again` brings the same content as the next attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, TypeVar

from bridge.chain.node import BlockRef, Chain
from bridge.chain.receipts import REVERTED, found_receipt
from bridge.errors import ChainError, NotProposable, NotTaken, RefusedAction, TransactionFailed, UntrustedNumber
from bridge.foreign import title_of
from bridge.governance.actions import GovernanceAction
from bridge.governance.brought import Action, proposal_id
from bridge.governance.forms import GOVERNOR, is_ours, read_clock
from bridge.governance.governor import Proposal, read_state, send_execute
from bridge.governance.journal import JournalEntry
from bridge.governance.postconditions import GUARD, Postcondition, guard_call, postcondition_lines, update_calls
from bridge.governance.preflight import simulate_execution
from bridge.governance.proposal_text import close_description, describe
from bridge.governance.updates import Update, build_update, check_update, decode_update
from bridge.plans.observe import read_governed
from bridge.plans.records import PlanRecord
from bridge.snapshot import Call, Snapshot
from bridge.sources.made_up import made_up_sources, require_observed
from hedge.policy.parameters import KEYS

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from bridge.chain.signers import Sender, Signer

PROPOSABLE = "hedge"
LOOKS, LOOK_SECONDS = 6, 0.5
"""How often, and how far apart, a proposal is looked for whose transaction a node was handed that then failed."""
DEAD_STATES = ("canceled", "defeated", "expired")
MOST_ATTEMPTS = 100
"""How often one proposal is brought again: which of them failed is the node's word alone."""


@dataclass(frozen=True)
class Draft:
    """A proposal that passed its preflight; `state` is that of the same proposal on chain, None if it is not there.

    `promises` says in words what the guard will check; empty where the deployment has no guard.
    """

    id: int
    action: Action
    attempt: int
    postconditions: tuple[str, ...]
    executable_at: int
    state: str | None


D = TypeVar("D", bound=Draft)


@dataclass(frozen=True)
class UpdateDraft(Draft):
    """The draft of a plan's update."""

    update: Update


def require_proposable(record: PlanRecord, asset: str = "") -> None:
    """Check that a plan calls for a vote: the steward's rules made it, and its answer is to hedge.

    Raises
    ------
    NotProposable
        It is a baseline such as the promoter's, or its answer is to hold, not to hedge, or to leave the pool.
    UntrustedNumber
        It rests on made-up numbers, and is of another chain than the local one.
    """
    require_observed(record.chain_id, made_up_sources(record.plan["inputs"]), "the plan")
    answer = str(record.plan["decision"]["answer"])
    if record.update(asset).get("proposable") is not True:
        raise NotProposable(answer, "its parameters are not the steward's: make one with `alvh plan`")
    if answer != PROPOSABLE:
        why = "; ".join(record.plan["decision"]["reasons"])
        raise NotProposable(answer, f"its answer is {answer!r}, and only {PROPOSABLE!r} is proposed ({why})")


def require_own_chain(snapshot: Snapshot, record: PlanRecord) -> None:
    """Check that a plan was made on this chain, at a block that is still on it.

    Raises
    ------
    RefusedAction
        It is of another chain.
    Reorganised
        Its block is gone.
    """
    if record.chain_id != snapshot.chain.chain_id:
        raise RefusedAction(
            f"the plan is for chain {record.chain_id}, this is chain {snapshot.chain.chain_id}: make a new plan"
        )
    snapshot.chain.confirm(BlockRef(record.block_number, record.block_hash, record.observed_at))


def require_old_values(snapshot: Snapshot, record: PlanRecord, asset: str = "") -> None:
    """Check that every value that a plan would change is on the chain what the plan says it is.

    Parameters
    ----------
    snapshot
        Of the ledger that `asset` has of its own, where it names one.

    Raises
    ------
    RefusedAction
        One of them is another: it was changed since, or the file says what never was.
    """
    values = read_governed(snapshot).parameters.to_values()
    for change in record.update(asset)["changes"]:
        key, old = KEYS[change["key"]], change["old"]
        if values[key.id] != old:
            raise RefusedAction(
                f"the plan would change {key.name} from {old}, and the chain has {values[key.id]} ({key.unit}): it was "
                "changed since the plan was made, or the file was; make a new plan"
            )


def draft_proposal(
    snapshot: Snapshot,
    record: PlanRecord,
    life_seconds: int,
    proposer: str,
    again: bool = False,
    unpause: bool = False,
    asset: str = "",
) -> UpdateDraft:
    """Build the proposal of a plan, check it with the contracts, and look whether it exists.

    Parameters
    ----------
    again
        Bring it once more where it was cancelled or defeated.
    unpause
        End the guardian's pause first, in the same proposal.
    asset
        Whose own ledger the proposal is for; empty for the main one.

    Raises
    ------
    NotProposable, RefusedAction
        The plan is not for a vote, changes nothing, is of another chain, or says old values that the chain has not.
    Reorganised
        The block that the plan was made from is gone.
    ContractReverted
        The update would break a rule when it runs: the rule's name and numbers.
    """
    require_own_chain(snapshot, record)
    ledger = snapshot.of(asset)
    _require_changes(record, asset)
    update = build_update(record.changes(asset), record.observed_at, life_seconds, record.inputs_hash, asset)
    require_proposable(record, asset)
    calls, postconditions = update_calls(snapshot, update, unpause)
    describing = partial(describe, record, proposer, unpause=unpause, asset=asset)
    found = _found(snapshot, calls, postconditions, describing, again)
    if found.state is None:
        require_old_values(ledger, record, asset)
        if unpause and not ledger.read("HedgeParameters", "paused"):
            raise RefusedAction("the parameters are not paused, so there is no pause to end: leave --unpause out")
        if not unpause:  # while it is paused the contract judges nothing: the whole batch is played instead
            check_update(snapshot, update, "dao", found.executable_at)
        _play(snapshot, found)
    snapshot.confirm()
    return UpdateDraft(**found.__dict__, update=update)


def _require_changes(record: PlanRecord, asset: str) -> None:
    """Refuse a plan that changes nothing in a ledger, and say in which other it does."""
    if record.changes(asset):
        return
    others = {"": "", **{each: f" --of {each}" for each in record.plan.get("own_updates", {})}}
    found = [f"`alvh propose{of}`" for each, of in others.items() if each != asset and record.changes(each)]
    elsewhere = f"; it does elsewhere: {', '.join(found)}" if found else " (see its reasons with `alvh plan`)"
    whose = f"the parameters of {asset}" if asset else "the main parameters"
    raise RefusedAction(f"nothing to propose: the plan changes none of {whose}{elsewhere}")


def draft_action(snapshot: Snapshot, action: GovernanceAction, proposer: str, again: bool = False) -> Draft:
    """Build the proposal of a governance action, simulate its execution, and look whether it exists.

    Raises
    ------
    ContractReverted
        One of the calls would revert when it runs.
    """
    describing = partial(close_description, action.text, proposer)
    found = _found(snapshot, action.calls, action.postconditions, describing, again)
    if found.state is None:
        _play(snapshot, found)
    snapshot.confirm()
    return found


def _found(
    snapshot: Snapshot,
    calls: Sequence[Call],
    postconditions: Sequence[Postcondition],
    describing: Callable[[int], str],
    again: bool,
) -> Draft:
    """Put the guard last, and find the attempt that is on the chain, or the one to make."""
    guarded = GUARD in snapshot.deployment.contracts
    last = [guard_call(snapshot, postconditions)] if guarded else []
    targets, data = zip(*calls, *last, strict=True)
    calldatas = tuple(bytes.fromhex(call[2:]) for call in data)
    words = tuple(postcondition_lines(postconditions)) if guarded else ()
    at = snapshot.block.timestamp + _path_to_execution(snapshot)
    before: Draft | None = None
    for attempt in range(1, MOST_ATTEMPTS + 1):
        action = Action(tuple(targets), (0,) * len(targets), calldatas, describing(attempt))
        number = proposal_id(*action.hashed())
        draft = Draft(number, action, attempt, words, at, read_state(snapshot, number))
        if draft.state is None and before is not None and not again:
            return before
        if draft.state not in DEAD_STATES:
            return draft
        before = draft
    raise RefusedAction(
        f"the governor says that {MOST_ATTEMPTS} such proposals were brought and failed: ask another node"
    )


def _play(snapshot: Snapshot, draft: Draft) -> None:
    """Play the execution of a draft; one of a governor of others is played when it is executed, with the guard."""
    if is_ours(snapshot):
        simulate_execution(snapshot, draft.action, draft.executable_at)


def _path_to_execution(snapshot: Snapshot) -> int:
    """Return the seconds from proposing to the earliest execution: voting delay, voting period, timelock.

    An estimate where the governor's clock counts blocks.
    """
    clock = read_clock(snapshot)
    votes = sum(int(snapshot.read(GOVERNOR, name)) for name in ("votingDelay", "votingPeriod"))
    waits = "HedgeTimelock" in snapshot.deployment.contracts
    delay = int(snapshot.read("HedgeTimelock", "getMinDelay")) if waits else 0
    return delay + (round(votes * clock.pace) if clock.counts_blocks else votes)


def send_proposal(snapshot: Snapshot, proposer: Signer, draft: Draft) -> TxReceipt | None:
    """Send the proposal unless it exists; returns the receipt where it was sent now, else None.

    Raises
    ------
    ContractReverted
        The governor refused it, for anything but being there already.
    PendingTransactions
        The account has transactions on their way, perhaps this very proposal by another bridge.
    """
    if draft.state is not None:
        return None
    action = draft.action
    try:
        return snapshot.send(
            proposer, "HedgeGovernor", "propose", action.targets, action.values, action.calldatas, action.description
        )
    except ChainError as error:
        # Another bridge may have been faster between our look and our transaction.
        state = _state_after(snapshot, error, draft)
        if state is None:
            raise
        return _receipt_of_ours(snapshot, error, draft, state)


def _state_after(snapshot: Snapshot, error: ChainError, draft: Draft) -> str | None:
    """Return the state of a proposal that could not be sent; of one that may be on its way, after a while."""
    state = read_state(snapshot.head(), draft.id)
    for _ in range(LOOKS if _is_unknown(error) else 0):
        if state is not None:
            break
        sleep(LOOK_SECONDS)
        state = read_state(snapshot.head(), draft.id)
    return state


def _is_unknown(error: ChainError) -> bool:
    """Tell whether a transaction was handed over, and nobody knows what became of it."""
    taken = isinstance(error, TransactionFailed) and not isinstance(error, NotTaken)
    return taken and error.reason != REVERTED  # type: ignore[attr-defined]


def _receipt_of_ours(snapshot: Snapshot, error: ChainError, draft: Draft, state: str) -> TxReceipt | None:
    """Return the receipt of a transaction that failed on its way and brought the proposal; None where another one did.

    Raises
    ------
    TransactionFailed
        It was handed over, and nobody knows what became of it.
    """
    if not isinstance(error, TransactionFailed) or not _is_unknown(error):
        return None
    receipt = found_receipt(snapshot.chain, error.transaction)
    if receipt is None:
        there = f"; proposal {draft.id} is there now and is {state}: run the command again, which sends nothing twice"
        raise TransactionFailed(error.action, error.transaction, error.reason + there) from error
    return receipt if receipt["status"] == 1 else None


def bring_proposal(snapshot: Snapshot, sender: Sender, draft: D, send: bool) -> tuple[D, TxReceipt | None]:
    """Rehearse a proposal as its sender would send it, and send it where asked to.

    Returns
    -------
    tuple
        The draft with the state that the proposal has now, and the receipt where it was sent now: another run may be
        faster.

    Raises
    ------
    ContractReverted, PendingTransactions, ChainError
        As `send_proposal`; in a dry run what sending would raise.
    Reorganised
        The block that it was drafted and rehearsed at is gone: nothing was sent.
    """
    if draft.state is not None:
        snapshot.confirm()
        return draft, None
    action, sent = draft.action, None
    try:
        snapshot.rehearse(
            sender, "HedgeGovernor", "propose", action.targets, action.values, action.calldatas, action.description
        )
        snapshot.confirm()
        if send:
            sent = send_proposal(snapshot, sender.key(), draft)
    except ChainError as error:
        state = read_state(snapshot.head(), draft.id)
        if state is None or (isinstance(error, TransactionFailed) and not isinstance(error, NotTaken)):
            raise
        return replace(draft, state=state), None
    return (replace(draft, state=read_state(snapshot.head(), draft.id)) if send else draft), sent


def note_proposal(chain: Chain, draft: Draft, proposer: str, state: Path) -> Path:
    """Note in the journal that a proposal, sent now or found on the chain, is ours."""
    title = title_of(draft.action.description)
    return JournalEntry(str(draft.id), chain.chain_id, title, proposer, chain.head().number).save(state)


def confirm_execution(snapshot: Snapshot, proposal: Proposal) -> None:
    """Read the parameters back after an execution and compare them with what was voted.

    Raises
    ------
    UntrustedNumber
        The chain does not hold what the proposal said; look at it before anything else.
    """
    for target, call in zip(proposal.action.targets, proposal.action.calldatas, strict=True):
        update = decode_update(snapshot, target, call)
        values = read_governed(snapshot.of(update.asset)).parameters.to_values() if update else []
        for key, value in zip(update.keys, update.values, strict=True) if update else ():
            if values[key] != value:
                raise UntrustedNumber(f"{KEYS[key].name} is {values[key]} after the execution, the vote said {value}")


def send_confirmed_execution(snapshot: Snapshot, sender: Signer, proposal: Proposal) -> TxReceipt:
    """Execute a queued proposal and compare what the chain holds afterwards with the vote; see `confirm_execution`."""
    receipt = send_execute(snapshot, sender, proposal)
    confirm_execution(snapshot.head(), proposal)
    return receipt
