"""Compound's governors, Bravo and Alpha before it, and their timelock, as far as a deployment reads and calls them.

Source: the ABIs of GovernorAlpha and Timelock in the npm package @uniswap/governance; Bravo has these calls as well.
"""

from __future__ import annotations

from typing import Any, Final

from bridge.artifacts import register_artifact

BRAVO: Final = "GovernorBravo"
COMPOUND_TIMELOCK: Final = "CompoundTimelock"
TOKENS: Final = ("comp", "uni")
"""What Compound's governors, and those of DAOs that took them over, call their token."""


def _view(name: str, returned: str, *taken: str) -> dict[str, Any]:
    inputs = [{"name": f"argument{at}", "type": kind} for at, kind in enumerate(taken)]
    return {"type": "function", "name": name, "inputs": inputs, "outputs": [{"name": "", "type": returned}]}


_ACTIONS: Final = [
    {"name": name, "type": kind}
    for name, kind in (
        ("targets", "address[]"),
        ("values", "uint256[]"),
        ("signatures", "string[]"),
        ("calldatas", "bytes[]"),
    )
]
_PROPOSE: Final = {
    "type": "function",
    "name": "propose",
    "inputs": [*_ACTIONS, {"name": "description", "type": "string"}],
    "outputs": [{"name": "", "type": "uint256"}],
}
_GET_ACTIONS: Final = {
    "type": "function",
    "name": "getActions",
    "inputs": [{"name": "proposalId", "type": "uint256"}],
    "outputs": _ACTIONS,
}

register_artifact(
    BRAVO,
    [
        *(_view(name, "uint256") for name in ("votingDelay", "votingPeriod", "proposalCount", "proposalThreshold")),
        *(_view(name, "address") for name in ("timelock", *TOKENS)),
        _view("latestProposalIds", "uint256", "address"),
        _view("state", "uint8", "uint256"),
        _PROPOSE,
        _GET_ACTIONS,
    ],
)
register_artifact(COMPOUND_TIMELOCK, [_view("admin", "address"), _view("delay", "uint256")])
