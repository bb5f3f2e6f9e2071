"""Who holds the offices of guardian and steward now, as the contracts say it."""

from __future__ import annotations

from eth_utils import keccak

from bridge.chain.node import BlockRef, Chain
from bridge.deployment import Deployment

AUTOMATION_ROLE = keccak(text="AUTOMATION_ROLE")
ROLES = {"guardian": keccak(text="GUARDIAN_ROLE"), "steward": keccak(text="STEWARD_ROLE")}
ROLE_NAMES = {AUTOMATION_ROLE: "automation", bytes(32): "admin"} | {role: office for office, role in ROLES.items()}


def holders(chain: Chain, deployment: Deployment, office: str, block: BlockRef) -> list[str]:
    """Read who holds an office's role on HedgeParameters; breaker and automation ask there too."""
    parameters = deployment.address("HedgeParameters")
    return list(chain.read("HedgeParameters", parameters, "getRoleMembers", ROLES[office], block=block))


def proposal_guardian(chain: Chain, deployment: Deployment, block: BlockRef) -> str:
    """Read who may cancel proposals of the governor."""
    return str(chain.read("HedgeGovernor", deployment.address("HedgeGovernor"), "proposalGuardian", block=block))


def in_office(chain: Chain, deployment: Deployment, office: str, block: BlockRef) -> bool:
    """Tell whether the Safe that the deployment names, and nobody else, holds its office everywhere."""
    named = deployment.address(office)
    alone = holders(chain, deployment, office, block) == [named]
    return alone and (office != "guardian" or proposal_guardian(chain, deployment, block) == named)
