"""A drafted proposal as people read it; plans and governance actions share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bridge.cli.mined import mined_words

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from bridge.governance.proposals import Draft
    from bridge.governance.rivals import Rival


def rivals_json(rivals: Sequence[Rival]) -> list[dict[str, Any]]:
    """Return the other open proposals of the same as JSON."""
    return [{"id": str(rival.id), "state": rival.state, "shares": list(rival.shares)} for rival in rivals]


def print_draft(draft: Draft, sent: TxReceipt | None, rivals: Sequence[Rival]) -> None:
    """Print what the guard promises, when the proposal could run, and whether it exists, was sent or would be."""
    from bridge.cli.show import console
    from bridge.governance.proposals import DEAD_STATES
    from bridge.governance.rivals import rival_lines
    from bridge.units import utc

    out = console()
    if draft.postconditions:
        out.print("executed only if then: " + "; ".join(draft.postconditions), markup=False)
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
