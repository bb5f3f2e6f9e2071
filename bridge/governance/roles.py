"""Who holds the roles of guardian and steward now, as the contracts say it."""

from __future__ import annotations

from eth_utils import keccak

from bridge.snapshot import Snapshot

ADMIN = bytes(32)
AUTOMATION_ROLE = keccak(text="AUTOMATION_ROLE")
PROPOSER_ROLE, EXECUTOR_ROLE, CANCELLER_ROLE = (
    keccak(text=name) for name in ("PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE")
)
ROLES = {"guardian": keccak(text="GUARDIAN_ROLE"), "steward": keccak(text="STEWARD_ROLE")}
ROLE_NAMES = {
    ADMIN: "admin",
    AUTOMATION_ROLE: "automation",
    PROPOSER_ROLE: "proposer",
    EXECUTOR_ROLE: "executor",
    CANCELLER_ROLE: "canceller",
} | {digest: role for role, digest in ROLES.items()}


def holders(snapshot: Snapshot, role: str) -> list[str]:
    """Read who holds a role on HedgeParameters; breaker and automation ask there too."""
    return list(snapshot.read("HedgeParameters", "getRoleMembers", ROLES[role]))


def other_role(snapshot: Snapshot, role: str, account: str) -> str | None:
    """Return another role of HedgeParameters that an account holds: then no grant gives it this one."""
    others = [digest for digest, name in ROLE_NAMES.items() if name != role]
    held = [digest for digest in others if snapshot.read("HedgeParameters", "hasRole", digest, account)]
    return ROLE_NAMES[held[0]] if held else None


def proposal_guardian(snapshot: Snapshot) -> str:
    """Read who may cancel proposals of the governor."""
    return str(snapshot.read("HedgeGovernor", "proposalGuardian"))


def holds_role(snapshot: Snapshot, role: str) -> bool:
    """Tell whether the Safe that the deployment names, and nobody else, holds its role everywhere."""
    named = snapshot.deployment.address(role)
    alone = holders(snapshot, role) == [named]
    return alone and (role != "guardian" or proposal_guardian(snapshot) == named)
