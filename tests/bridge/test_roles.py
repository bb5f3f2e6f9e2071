"""Whether a Safe holds its role everywhere, and alone."""

from __future__ import annotations

from bridge.deploy.contracts import role
from bridge.governance.roles import holds_role, proposal_guardian
from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.steps import act_as, parameters_call


def test_holds_role__guardian_that_the_governor_does_not_name__holds_it_no_more(world: World) -> None:
    timelock, other = world.deployment.address("HedgeTimelock"), account("outsider").address
    assert proposal_guardian(world.snapshot()) == world.deployment.address("guardian")
    assert (holds_role(world.snapshot(), "guardian"), holds_role(world.snapshot(), "steward")) == (True, True)
    act_as(world, timelock, *world.snapshot().call("HedgeGovernor", "setProposalGuardian", other))
    assert proposal_guardian(world.snapshot()) == other
    assert (holds_role(world.snapshot(), "guardian"), holds_role(world.snapshot(), "steward")) == (False, True)


def test_holds_role__beside_another__holds_it_not_alone(world: World) -> None:
    timelock, other = world.deployment.address("HedgeTimelock"), account("outsider").address
    act_as(world, timelock, *parameters_call(world, "grantRole", role("STEWARD_ROLE"), other))
    assert (holds_role(world.snapshot(), "guardian"), holds_role(world.snapshot(), "steward")) == (True, False)
