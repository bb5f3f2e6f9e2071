"""A drafted proposal as people read it; plans and governance actions share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.governance.proposals import Draft


def print_draft(draft: Draft, sent: bool) -> None:
    """Print what the guard promises, when the proposal could run, and whether it exists, was sent or would be."""
    from bridge.cli.show import console
    from bridge.governance.proposals import DEAD_STATES
    from bridge.units import utc

    out = console()
    if draft.postconditions:
        out.print("executed only if then: " + "; ".join(draft.postconditions), markup=False)
    out.print(f"executable from about {utc(draft.executable_at)}")
    if sent:
        out.print(f"proposed: {draft.id}")
    elif draft.state in DEAD_STATES:
        out.print(
            f"this proposal exists and is {draft.state}: {draft.id}; nothing was sent: --again brings it once more"
        )
    elif draft.state is not None:
        out.print(f"this proposal exists and is {draft.state}: {draft.id}; nothing was sent")
    else:
        out.print(f"preflight passed; would be proposal {draft.id}; not sent: repeat with --send")
