"""A governance action: another voting delay of the governor."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.errors import UsageError
from bridge.governance.actions import GovernanceAction, governance_action
from bridge.governance.calls import register_meaning
from bridge.governance.postconditions import Answer, Postcondition
from bridge.snapshot import Snapshot


def _set_delay(snapshot: Snapshot, arguments: Sequence[str]) -> GovernanceAction:
    (seconds,) = arguments
    if not seconds.isdecimal():
        raise UsageError(f"the delay is {seconds!r}: a whole number of seconds")
    delay, governor = int(seconds), snapshot.deployment.address("HedgeGovernor")
    call = snapshot.call("HedgeGovernor", "setVotingDelay", delay)
    held = Answer("votingDelay", (), delay, f"a vote begins {delay} s after its proposal")
    text = f"# Another voting delay\n\n{delay} seconds."
    return GovernanceAction(text, (call,), (Postcondition("HedgeGovernor", governor, (held,)),))


register_meaning("HedgeGovernor", "setVotingDelay", "Set the seconds from a proposal to its vote")
governance_action("set-voting-delay", ("SECONDS",), "let votes begin later or earlier", _set_delay)
