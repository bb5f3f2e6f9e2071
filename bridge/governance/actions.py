"""What the DAO can be asked to do beside parameters, by name: each becomes a proposal with calls and postconditions.

To add an action, write a function that builds it and register it here with `governance_action`: the help of
`alvh gov propose` and the check of its arguments come from the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bridge.action_kinds import ActionKind, ActionRegistry
from bridge.chain.addresses import checked_address
from bridge.errors import RefusedAction, UnknownAddress, UsageError
from bridge.governance.inspection import RESERVED, inspect_address, warning_lines
from bridge.governance.postconditions import NOT_PAUSED, Answer, Postcondition
from bridge.governance.regime_table import AUTOMATION, load_table, require_fitting, table_lines
from bridge.governance.roles import AUTOMATION_ROLE, ROLES, holders, other_role, proposal_guardian
from bridge.governance.safeguards import breaker_of
from bridge.governance.settings_actions import (
    GovernanceAction,
    build_feed_owner,
    build_governor,
    build_limits,
    build_revocation,
    build_timelock,
)
from bridge.plans.observe import read_governed
from bridge.snapshot import Snapshot
from bridge.sources.oracle import feed_of

GOVERNANCE_ACTIONS: Final = ActionRegistry[ActionKind]("governance action")


def governance_action(
    name: str, arguments: tuple[str, ...], words: str, build: Callable[[Snapshot, Sequence[str]], GovernanceAction]
) -> ActionKind:
    """Register an action under its name; see `ActionKind`.

    Raises
    ------
    BadConfig
        Another action has that name.
    """
    return GOVERNANCE_ACTIONS.add(ActionKind(name, arguments, words, build))


def build_action(snapshot: Snapshot, name: str, arguments: Sequence[str]) -> GovernanceAction:
    """Build a governance action by its name.

    Raises
    ------
    UsageError
        There is no such action, or it takes other arguments.
    """
    action: GovernanceAction = GOVERNANCE_ACTIONS.find(name, arguments).build(snapshot, arguments)
    return action


def _unpause(snapshot: Snapshot, _: Sequence[str]) -> GovernanceAction:
    at = snapshot.deployment.address("HedgeParameters")
    text = "# End the pause of the hedge parameters\n\nThe guardian paused them; only a vote ends that."
    calls = (snapshot.call("HedgeParameters", "unpause"),)
    return GovernanceAction(text, calls, (Postcondition("HedgeParameters", at, (NOT_PAUSED,)),))


def _resume_steward(snapshot: Snapshot, _: Sequence[str]) -> GovernanceAction:
    at = snapshot.deployment.address("HedgeParameters")
    free = Answer("stewardSuspended", (), False, "the steward is not suspended")
    text = "# Let the steward go on\n\nThe guardian suspended it; only a vote ends that."
    calls = (snapshot.call("HedgeParameters", "resumeSteward"),)
    return GovernanceAction(text, calls, (Postcondition("HedgeParameters", at, (free,)),))


def _set_signers(snapshot: Snapshot, arguments: Sequence[str]) -> GovernanceAction:
    asset, quorum, *given = arguments
    if not quorum.isdecimal() or not 0 < int(quorum) < 256:
        raise UsageError(f"the quorum is {quorum!r}: a number of reports, odd and more than half of the signers")
    at = feed_of(snapshot, asset)
    signers = sorted(map(checked_address, given), key=lambda signer: int(signer, 16))
    names = ", ".join(signers)
    answers = (
        Answer("signers", (), signers, f"the {asset} feed's reporters are {names}"),
        Answer("quorum", (), int(quorum), f"{quorum} of them make a round"),
    )
    text = f"# Replace the reporters of the {asset} feed\n\nFeed {at}. Quorum {quorum} of {len(signers)}: {names}."
    call = snapshot.call("VolatilityOracle", "setSigners", signers, int(quorum), at=at)
    return GovernanceAction(text, (call,), (Postcondition("VolatilityOracle", at, answers),))


def _reset_breaker(snapshot: Snapshot, arguments: Sequence[str]) -> GovernanceAction:
    (asset,) = arguments
    at = breaker_of(snapshot, asset)
    tripped = snapshot.read("VolatilityBreaker", "trippedAt", at=at)
    closed = Answer("trippedAt", (), 0, f"the {asset} breaker is closed")
    text = f"# Close the {asset} breaker\n\nBreaker {at}, tripped at {tripped} (unix seconds)."
    calls = (snapshot.call("VolatilityBreaker", "reset", at=at),)
    return GovernanceAction(text, calls, (Postcondition("VolatilityBreaker", at, (closed,)),))


def _set_role(role: str, snapshot: Snapshot, arguments: Sequence[str]) -> GovernanceAction:
    """Give a role to another Safe and take it from who holds it; the guardian also cancels in the governor."""
    new, role_hash = checked_address(arguments[0]), ROLES[role]
    if int(new, 16) < RESERVED:
        raise UnknownAddress(new, "a Safe: a role needs several people")
    if held := other_role(snapshot, role, new):
        raise RefusedAction(f"{new} is {held} of the parameters, and no account may hold two roles: name another Safe")
    inspected = inspect_address(snapshot, new)
    old = [holder for holder in holders(snapshot, role) if holder != new]
    calls = [snapshot.call("HedgeParameters", "grantRole", role_hash, new)]
    calls += [snapshot.call("HedgeParameters", "revokeRole", role_hash, holder) for holder in old]
    answers = [Answer("hasRole", (role_hash, new), True, f"{new} is {role}")]
    answers += [Answer("hasRole", (role_hash, holder), False, f"{holder} is not") for holder in old]
    parameters, governor = (snapshot.deployment.address(name) for name in ("HedgeParameters", "HedgeGovernor"))
    postconditions = [Postcondition("HedgeParameters", parameters, tuple(answers))]
    if role == "guardian":
        calls.append(snapshot.call("HedgeGovernor", "setProposalGuardian", new))
        cancels = Answer("proposalGuardian", (), new, f"{new} may cancel proposals")
        postconditions.append(Postcondition("HedgeGovernor", governor, (cancels,)))
        old = sorted({*old, proposal_guardian(snapshot)} - {new})
    if not old:
        raise RefusedAction(f"{new} is {role} already")
    text = f"# Another {role}\n\n{new} instead of {', '.join(old)}."
    return GovernanceAction(text, tuple(calls), tuple(postconditions), tuple(warning_lines(inspected)))


def _set_table(snapshot: Snapshot, arguments: Sequence[str]) -> GovernanceAction:
    """Vote a regime table, and the role that gives the automation its power where it has none."""
    table = load_table(Path(arguments[0]))
    at, parameters = snapshot.deployment.address(AUTOMATION), snapshot.deployment.address("HedgeParameters")
    followed = snapshot.read(AUTOMATION, "ORACLE")
    if feed_of(snapshot, table.asset) != followed:
        raise RefusedAction(f"the automation follows the feed {followed}, which is not that of {table.asset}")
    require_fitting(table, read_governed(snapshot))
    keys, rows, terms, row = table.arguments()
    words = table_lines(keys, rows, terms, row)
    answers: tuple[Answer, ...] = (
        Answer("table", (), (keys, rows, terms), "its table is the voted one"),
        Answer("row", (), row, f"row {row} holds"),
        Answer("stopped", (), False, "the automation is not stopped"),
    )
    calls = [snapshot.call(AUTOMATION, "setTable", *table.arguments())]
    if table.together:
        calls.append(snapshot.call(AUTOMATION, "setWholeRows", table.together))
        whole = [Answer("isWhole", (number,), True, f"row {number} moves all or none") for number in table.together]
        answers = (*answers, *whole)
        words.append(f"rows that move all of their keys or none: {', '.join(map(str, table.together))}")
    postconditions = [Postcondition(AUTOMATION, at, answers)]
    if not snapshot.read("HedgeParameters", "hasRole", AUTOMATION_ROLE, at):
        calls.append(snapshot.call("HedgeParameters", "grantRole", AUTOMATION_ROLE, at))
        power = Answer("hasRole", (AUTOMATION_ROLE, at), True, "the automation may set values inside its limits")
        postconditions.append(Postcondition("HedgeParameters", parameters, (power,)))
    text = f"# Regime table by the volatility of {table.asset}\n\n" + "\n".join(words)
    return GovernanceAction(text, tuple(calls), tuple(postconditions))


governance_action("unpause", (), "end a pause of the hedge parameters", _unpause)
governance_action("resume-steward", (), "let a suspended steward go on", _resume_steward)
governance_action("set-signers", ("ASSET", "QUORUM", "SIGNER..."), "replace a feed's reporters", _set_signers)
governance_action("reset-breaker", ("ASSET",), "close a tripped breaker", _reset_breaker)
governance_action("set-table", ("FILE",), "let a table of values by volatility apply, by anyone", _set_table)
governance_action("set-guardian", ("SAFE",), "name another guardian", partial(_set_role, "guardian"))
governance_action("set-steward", ("SAFE",), "name another steward", partial(_set_role, "steward"))
governance_action(
    "set-limits", ("KEY=MIN,MAX,UP,DOWN,COOLDOWN...",), "set limits of keys; what is empty stays", build_limits
)
governance_action(
    "set-governor", ("SETTING=VALUE...",), "set delay, period, threshold or quorum of votes", build_governor
)
governance_action("set-timelock-delay", ("SECONDS",), "set how long what passed waits", build_timelock)
governance_action("give-feed", ("ASSET", "OWNER"), "give a feed another owner", build_feed_owner)
governance_action("revoke-automation", (), "take the automation's power over values", build_revocation)

__all__ = ["GOVERNANCE_ACTIONS", "GovernanceAction", "build_action", "governance_action"]
