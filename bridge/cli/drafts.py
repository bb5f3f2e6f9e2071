"""A drafted proposal as people read it; plans and governance actions share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bridge.cli.mined import mined, mined_words

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from bridge.governance.proposals import Draft
    from bridge.governance.rivals import Rival


def draft_json(draft: Draft, sent: TxReceipt | None, rivals: Sequence[Rival]) -> dict[str, Any]:
    """Return a draft as JSON: whether it exists or was sent now, where, and the other open proposals of the same."""
    return {
        "proposal": str(draft.id),
        "state": draft.state,
        "existed": draft.state is not None and not sent,
        "sent": sent is not None,
        **mined(sent),
        "executable_at": draft.executable_at,
        "attempt": draft.attempt,
        "postconditions": list(draft.postconditions),
        "rivals": [{"id": str(rival.id), "state": rival.state, "shares": list(rival.shares)} for rival in rivals],
    }


def print_draft(draft: Draft, sent: TxReceipt | None, rivals: Sequence[Rival]) -> None:
    """Print what the guard promises, when the proposal could run, and whether it exists, was sent or would be."""
    from bridge.cli.show import console
    from bridge.governance.proposals import DEAD_STATES
    from bridge.governance.rivals import rival_lines
    from bridge.units import utc

    out = console()
    if draft.postconditions:
        out.print("executed only if then: " + "; ".join(draft.postconditions), markup=False, soft_wrap=True)
    out.print(f"executable from about {utc(draft.executable_at)}")
    for line in rival_lines(rivals):
        out.print(line, markup=False, soft_wrap=True)
    if sent:
        out.print(f"proposed: {draft.id}, {mined_words(sent)}", soft_wrap=True)
    elif draft.state in DEAD_STATES:
        out.print(
            f"this proposal exists and is {draft.state}: {draft.id}; nothing was sent: --again brings it once more"
        )
    elif draft.state is not None:
        out.print(f"this proposal exists and is {draft.state}: {draft.id}; nothing was sent")
    else:
        out.print(f"preflight and rehearsal passed; would be proposal {draft.id}; not sent: repeat with --send")
