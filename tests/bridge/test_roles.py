"""Whether a Safe holds its role everywhere, and alone."""

from __future__ import annotations

from bridge.deploy.seats import role
from bridge.governance.roles import holders, holds_role, proposal_guardian
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.snapshot import Snapshot
from tests.bridge.steps import act_as, parameters_call


def test_holds_role__guardian_that_the_governor_does_not_name__holds_it_no_more(world: World) -> None:
    timelock, other, safe = (
        world.deployment.address("HedgeTimelock"), account("outsider").address, world.deployment.address("guardian")
    )  # fmt: skip
    assert (holds_role(world.snapshot(), "guardian"), holds_role(world.snapshot(), "steward")) == (True, True)
    for function, holder in (("grantRole", other), ("revokeRole", safe)):
        act_as(world, timelock, *parameters_call(world, function, role("GUARDIAN_ROLE"), holder))
    named = world.deployment.model_copy(update={"accounts": world.deployment.accounts | {"guardian": other}})
    snapshot = Snapshot(world.chain, named, world.chain.head())
    assert (holders(snapshot, "guardian"), proposal_guardian(snapshot)) == ([other], safe)
    assert (holds_role(snapshot, "guardian"), holds_role(snapshot, "steward")) == (False, True)


def test_holds_role__beside_another__holds_it_not_alone(world: World) -> None:
    timelock, other = world.deployment.address("HedgeTimelock"), account("outsider").address
    act_as(world, timelock, *parameters_call(world, "grantRole", role("STEWARD_ROLE"), other))
    assert (holds_role(world.snapshot(), "guardian"), holds_role(world.snapshot(), "steward")) == (True, False)
