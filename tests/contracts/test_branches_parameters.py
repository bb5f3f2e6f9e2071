"""Branches of HedgeParameters that no story of its own leads through."""

from __future__ import annotations

import pytest
from governed import STEWARD, VALUES, changed, steer, update, values, vote
from onchain import DAY, Deployed, refusal

pytestmark = pytest.mark.chain


def test_schedule__value_that_is_in_force__no_change_whoever_set_it(parameters: Deployed) -> None:
    found = parameters.refusal("scheduleUpdate", update(parameters, {3: VALUES[3]}), sender=STEWARD)
    assert found == refusal("NoChange", 3, VALUES[3])
    steer(parameters, {3: 900})
    parameters.node.advance(DAY)
    found = parameters.refusal("scheduleUpdate", update(parameters, {3: 900}), sender=STEWARD)
    assert found == refusal("NoChange", 3, 900)
    vote(parameters, {3: 900})  # to the DAO it is a change of what is voted
    assert parameters.read("voted") == changed({3: 900}) == values(parameters)
