"""Which proposal a command is about: an id, its first digits, `latest`, or nothing where one alone is open.

Anyone with votes can bring a proposal a moment after yours: what signs takes `latest` only while no other one is open.
"""

from __future__ import annotations

from bridge.errors import UsageError
from bridge.governance.governor import OPEN_STATES, Proposal, list_proposals, named_proposal
from bridge.snapshot import Snapshot

LATEST = "latest"


def chosen_proposal(snapshot: Snapshot, wanted: str | None, *, certain: bool) -> Proposal:
    """Read the proposal that is meant whole.

    Parameters
    ----------
    wanted
        An id, the first digits of one, `latest`; None is the only open one.
    certain
        Take the latest only while it is the only open one, or none is open.

    Raises
    ------
    UsageError
        None is meant, or it is not clear which.
    """
    if wanted is not None and wanted != LATEST:  # an empty text is a variable that was not set
        return named_proposal(snapshot, wanted)
    every = list_proposals(snapshot)
    if not every:
        raise UsageError("there is no proposal yet: `alvh propose --send` brings one")
    opened = [proposal for proposal in every if proposal.state in OPEN_STATES]
    if wanted == LATEST and (not certain or not opened or opened == every[-1:]):
        return named_proposal(snapshot, str(every[-1].id))
    if len(opened) != 1:
        raise UsageError(
            f"{len(opened)} proposals are open: name one by the first digits of its id, see `alvh gov list`"
        )
    return named_proposal(snapshot, str(opened[0].id))
