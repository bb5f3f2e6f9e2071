"""A Safe's call is rehearsed as of the next second, not before its time; who has not signed is named."""

from __future__ import annotations

import pytest

from bridge.errors import ContractReverted, RefusedAction
from bridge.governance.steward import read_pending_updates
from bridge.local.accounts import account, accounts
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from bridge.safe.actions import SAFE_ACTIONS
from bridge.safe.multisig import build_safe_transaction, rehearse_call, require_executable
from tests.bridge.steps import act_through_safe
from tests.bridge.test_safe_actions import context


def test_rehearse_call__announced_update__fails_until_the_second_before_it_is_ready(
    world: World, record: PlanRecord
) -> None:
    steward = context(world, "steward", lambda: record)
    act_through_safe(world, "steward", *SAFE_ACTIONS["schedule"].build(steward, []))
    (waiting,) = read_pending_updates(world.snapshot())
    assert waiting.veto_seconds(world.chain.head().timestamp) == waiting.ready_at - world.chain.head().timestamp
    advance_time(world.chain, waiting.ready_at - 2 - world.chain.head().timestamp)
    call = SAFE_ACTIONS["apply"].build(context(world, "steward"), [waiting.hash])
    made = build_safe_transaction(world.snapshot(), world.deployment.address("steward"), call)
    with pytest.raises(ContractReverted):
        rehearse_call(world.snapshot(), made)
    advance_time(world.chain, 1)
    rehearse_call(world.snapshot(), made)


def test_require_executable__one_signature_of_two__names_those_that_have_not_signed(world: World) -> None:
    signed, *others = (owner.address for owner in accounts("guardian"))
    call = SAFE_ACTIONS["pause"].build(context(world), [])
    made = build_safe_transaction(world.snapshot(), world.deployment.address("guardian"), call)
    with pytest.raises(RefusedAction, match="1 of 2 signatures: let one more sign of ") as caught:
        require_executable(world.snapshot(), made, [signed])
    assert signed not in str(caught.value)
    assert all(other in str(caught.value) for other in others)
    stranger = account("outsider").address
    with pytest.raises(RefusedAction, match=f"signed by {stranger}, no owner of the Safe"):
        require_executable(world.snapshot(), made, [signed, others[0], stranger])
    assert require_executable(world.snapshot(), made, [signed, others[0]]).nonce == 0
