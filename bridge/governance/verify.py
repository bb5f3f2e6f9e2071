"""Is a proposal, or a steward's update, what a plan calls for? For those who do not trust whoever brought it.

    proposal's bytes -> update -> its inputs' hash
    published inputs -> plan made again here -> hash, changes, calls, text, each compared with the proposal
                     -> what this node says of the plan's block, compared with the inputs

What no chain knows, quotes, histories and what is held at a venue, is taken from the file, and named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any, Final, NamedTuple

from bridge.chain.blocks import BlockRef
from bridge.config import BookConfig
from bridge.errors import BridgeError, NotProposable, RefusedAction, UntrustedNumber
from bridge.foreign import foreign
from bridge.governance.governor import Proposal
from bridge.governance.postconditions import GUARD, guard_call, update_calls
from bridge.governance.proposal_text import describe
from bridge.governance.proposals import require_proposable
from bridge.governance.updates import Update, decode_update, update_words
from bridge.plans.observe import observe
from bridge.plans.owners import each_owner
from bridge.plans.records import PlanRecord
from bridge.snapshot import Snapshot
from bridge.units import utc
from hedge.decision.programme.scenarios import COUNT
from hedge.instruments.fees import DERIBIT
from hedge.plan.inputs import own_inputs, plan_inputs
from hedge.signals.regime import RegimeRules
from hedge.signals.spec import signal_names

MOST_ATTEMPTS: Final = 50
MOST_NAMED: Final = 6  # differences that are written out
PARAMETERS: Final = ("parameters", "limits", "last_changes", "own")
NODE: Final = "this node says"
OURS: Final = "this program takes"


class Outcome(StrEnum):
    """What a comparison gave; unknown where it could not be made, trusted where nobody can make it."""

    SAME = "same"
    DIFFERENT = "DIFFERENT"
    UNKNOWN = "NOT COMPARED"
    TRUSTED = "trusted"


class Check(NamedTuple):
    """One thing that was compared, what came of it, and the numbers in words."""

    what: str
    outcome: Outcome
    words: str


def verdict(checks: Sequence[Check]) -> Outcome:
    """Return what came of all: different where one is, not compared where one could not be, else the same."""
    outcomes = {check.outcome for check in checks}
    return next((each for each in (Outcome.DIFFERENT, Outcome.UNKNOWN) if each in outcomes), Outcome.SAME)


def proposed_update(snapshot: Snapshot, proposal: Proposal) -> Update:
    """Return the one parameter update of a proposal.

    Raises
    ------
    RefusedAction
        It has none, or more than one: no plan makes such a proposal.
    """
    calls = [] if proposal.trouble else zip(proposal.action.targets, proposal.action.calldatas, strict=True)
    found = [update for target, call in calls if (update := decode_update(snapshot, target, call))]
    if len(found) != 1:
        raise RefusedAction(
            f"proposal {proposal.short_id} holds {len(found)} updates of parameters, a plan's has one: "
            f"`alvh gov show {proposal.short_id}` says what it does"
        )
    return found[0]


def verify_proposal(
    snapshot: Snapshot, proposal: Proposal, record: PlanRecord, owner: str, terms: BookConfig
) -> list[Check]:
    """Compare a proposal with the plan that was made again from its published inputs.

    Parameters
    ----------
    snapshot
        Of the chain now.
    record
        The plan made again (`bridge.plans.published.remake`).
    owner
        Whose book the parameters are for, as this machine knows it: a plan of any other book proves nothing.
    terms
        How this machine reads a book at the plan's block.

    Raises
    ------
    RefusedAction
        As `proposed_update`.
    """
    update = proposed_update(snapshot, proposal)
    own = [
        _calls(snapshot, proposal, _made(record, update)),
        _text(proposal, record, _unpauses(snapshot.of(update.asset), proposal), update.asset),
    ]
    return own + verify_update(snapshot, update, record, owner, terms)


def verify_update(snapshot: Snapshot, update: Update, record: PlanRecord, owner: str, terms: BookConfig) -> list[Check]:
    """Compare an update, voted on or announced by the steward, with the plan made again; see `verify_proposal`."""
    made = _made(record, update)
    return [
        _same("inputs", update.inputs_hash, made.inputs_hash),
        _same("changes", *("; ".join(update_words(each)) or "none" for each in (update, made))),
        _answer(record, update.asset),
        _settings(record),
        _owner(record, owner),
        *_chain(snapshot, record, update, terms),
        Check("quotes, histories, what is held", Outcome.TRUSTED, _on_trust(record)),
    ]


def _made(record: PlanRecord, brought: Update) -> Update:
    """Return the update that a plan calls for in the ledger of the one that was brought, whose end its bringer sets."""
    changes = record.changes(brought.asset)
    keys = tuple(sorted(changes))
    values = tuple(changes[key] for key in keys)
    return Update(keys, values, record.observed_at, brought.expiry, record.inputs_hash, brought.asset)


def _owner(record: PlanRecord, owner: str) -> Check:
    """Compare whose book was planned: anybody can make a small one whose plan is what he wants."""
    if {each.lower() for each in each_owner(record.owner)} == {each.lower() for each in each_owner(owner)}:
        return Check("book's owner", Outcome.SAME, owner)
    words = f"planned for the book of {foreign(record.owner)}, yours is {owner}"
    return Check("book's owner", Outcome.DIFFERENT, words)


def _same(what: str, said: object, found: object) -> Check:
    if said == found:
        return Check(what, Outcome.SAME, str(found))
    return Check(what, Outcome.DIFFERENT, f"the proposal says {said}, made again it is {found}")


def _answer(record: PlanRecord, asset: str) -> Check:
    try:
        require_proposable(record, asset)
    except (NotProposable, UntrustedNumber) as error:
        return Check("answer", Outcome.DIFFERENT, str(error))
    return Check("answer", Outcome.SAME, str(record.plan["decision"]["answer"]))


def _settings(record: PlanRecord) -> Check:
    """Compare what the plan was made with beside the market and the book: whoever chooses it chooses the plan."""
    inputs = record.plan["inputs"]
    names = sorted(str(signal["name"]) for signal in inputs["signals"])
    wanted: dict[str, Any] = {
        "scenarios": COUNT,
        "regime_rules": asdict(RegimeRules()),
        "expected_signals": names,
        "indices": {},
        "at": inputs["market"]["observed_at"],
    }
    found = [each for key, value in wanted.items() for each in _differences(key, inputs[key], value, OURS)]
    for asset, chain in inputs["chains"].items():
        found += _differences(f"{asset} options.fees", chain["fees"], asdict(DERIBIT), OURS)
    missing = sorted(set(signal_names()) - set(names))
    if found:
        return Check("settings", Outcome.DIFFERENT, _named(found))
    left_out = f"; without the signals {', '.join(missing)}" if missing else ""
    return Check("settings", Outcome.SAME, f"{COUNT} scenarios, our rules of regimes, Deribit's fees{left_out}")


def _calls(snapshot: Snapshot, proposal: Proposal, made: Update) -> Check:
    """Compare every call with those that the plan's update makes: itself, then the guard that holds it to it.

    Before it may stand the end of a pause, which is then in the text too.
    """
    calls, promises = update_calls(snapshot, made, _unpauses(snapshot.of(made.asset), proposal))
    if GUARD in snapshot.deployment.contracts:
        calls.append(guard_call(snapshot, promises))
    wanted = [(to.lower(), data, 0) for to, data in calls]
    action = proposal.action
    said = [
        (to.lower(), "0x" + data.hex(), value)
        for to, data, value in zip(action.targets, action.calldatas, action.values, strict=True)
    ]
    if said == wanted:
        words = f"{len(wanted)} calls, no coins; observed {utc(made.observed_at)}, expires {utc(made.expiry)}"
        return Check("calls", Outcome.SAME, words)
    if len(said) != len(wanted):
        return Check("calls", Outcome.DIFFERENT, f"it makes {len(said)} calls, the plan's makes {len(wanted)}")
    first = next(number for number, pair in enumerate(zip(said, wanted, strict=True), 1) if pair[0] != pair[1])
    return Check("calls", Outcome.DIFFERENT, f"call {first} is not the plan's: `alvh gov show {proposal.short_id}`")


def _unpauses(snapshot: Snapshot, proposal: Proposal) -> bool:
    """Tell whether a proposal's first call ends a pause of the parameters."""
    to, data = snapshot.call("HedgeParameters", "unpause")
    first = [*zip(proposal.action.targets, proposal.action.calldatas, strict=True)][:1]
    return [(target.lower(), "0x" + call.hex()) for target, call in first] == [(to.lower(), data)]


def _text(proposal: Proposal, record: PlanRecord, unpause: bool, asset: str) -> Check:
    """Compare the description with what this program writes of the plan, at any attempt."""
    said = proposal.action.description
    for attempt in range(1, MOST_ATTEMPTS + 1):
        if said == describe(record, proposal.proposer, attempt, unpause, asset):
            return Check("text", Outcome.SAME, f"as the plan's, attempt {attempt}")
    ours = describe(record, proposal.proposer, unpause=unpause, asset=asset).splitlines()
    theirs = said.splitlines()
    at = next((i for i, line in enumerate(ours) if i >= len(theirs) or theirs[i] != line), len(ours))
    words = theirs[at] if at < len(theirs) else "nothing"
    mine = ours[at] if at < len(ours) else "nothing"
    return Check("text", Outcome.DIFFERENT, f"line {at + 1} says {foreign(words)!r}, the plan's {foreign(mine)!r}")


def _chain(snapshot: Snapshot, record: PlanRecord, update: Update, terms: BookConfig) -> Iterator[Check]:
    """Compare the inputs with what this node says of the block that they are of."""
    if record.chain_id != snapshot.chain.chain_id:
        yield _same("chain", snapshot.chain.chain_id, record.chain_id)
        return
    yield _same("observed", utc(update.observed_at), utc(record.observed_at))
    block = BlockRef(record.block_number, record.block_hash, record.observed_at)
    try:
        snapshot.chain.confirm(block)
    except BridgeError as error:
        yield Check("block", Outcome.DIFFERENT, str(error))
        return
    yield Check("block", Outcome.SAME, f"{record.block_number} {record.block_hash}")
    try:
        seen = observe(Snapshot(snapshot.chain, snapshot.deployment, block), record.owner, terms)
    except BridgeError as error:
        yield Check("what the chain says", Outcome.UNKNOWN, f"this node does not tell of block {block.number}: {error}")
        return
    governed = seen.governed
    mine = plan_inputs(seen.book, seen.market, {}, {}, governed.parameters, governed.limits, governed.last_changes)
    held = {asset: terms for asset, terms in governed.own_terms().items() if asset in seen.book.assets}
    mine |= {"own": {}} | own_inputs(held)
    for what, keys in (("book and prices", ("market", "book")), ("parameters", PARAMETERS)):
        found = [each for key in keys for each in _differences(key, record.plan["inputs"].get(key, {}), mine[key])]
        own = f"of {foreign(record.owner)}, " if what.startswith("book") else ""
        words = own + (_named(found) if found else f"as this node says at block {block.number}")
        yield Check(what, Outcome.DIFFERENT if found else Outcome.SAME, words)


def _differences(where: str, said: Any, found: Any, who: str = NODE) -> Iterator[str]:
    """Name every leaf in which two JSON values differ; `who` says the second one."""
    if isinstance(said, dict) and isinstance(found, dict):
        for key in sorted({*said, *found}, key=str):
            yield from _differences(f"{where}.{key}", said.get(key), found.get(key), who)
    elif isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        for number, pair in enumerate(zip(said, found, strict=True)):
            yield from _differences(f"{where}[{number}]", *pair, who)
    elif isinstance(said, list) and isinstance(found, list):
        yield f"{where}: {len(said)} entries, {who} {len(found)}"
    elif said != found:
        yield f"{where}: {said!r}, {who} {found!r}"


def _named(differences: Sequence[str]) -> str:
    more = len(differences) - MOST_NAMED
    return foreign("; ".join(differences[:MOST_NAMED]), None) + (f"; and {more} more" if more > 0 else "")


def _on_trust(record: PlanRecord) -> str:
    """Say what no chain knows: where it is said to be from, to be compared with one's own."""
    inputs = record.plan["inputs"]
    parts = [
        f"{each['quotes']} quotes of {asset} from {each['source']} ({each['provenance']})"
        for asset, each in inputs["chains"].items()
    ]
    parts.append(f"{len(inputs['signals'])} signals")
    held = inputs["holdings"]
    parts.append(f"{len(held['options']) + len(held['perpetuals'])} contracts held at venues")
    return foreign("; ".join(parts), None)
