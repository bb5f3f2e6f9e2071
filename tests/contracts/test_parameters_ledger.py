"""The ledger of tuples against a plain model: whatever happens in whatever order, the three tuples are the model's."""

from __future__ import annotations

from typing import Any

import pytest
from governed import COUNT, GUARDIAN, steer, vote, widen
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger import Ledger
from onchain import DAY, ON_A_NODE, Deployed, Node, refusal

pytestmark = [pytest.mark.chain, pytest.mark.prop]
# Keys of all three words, and few values, so that old ones come back; no rule across keys refuses one of them.
CHANGES = st.dictionaries(st.sampled_from([5, 11, 13, 22]), st.sampled_from([1000, 1100, 1200]), min_size=1)
NAMED = st.one_of(st.just(list(range(COUNT))), st.lists(st.sampled_from([5, 11, 13, 22]), max_size=3))
BACK = st.tuples(NAMED, st.booleans())
ACTIONS = st.one_of(st.tuples(st.sampled_from(["vote", "steer"]), CHANGES), st.tuples(st.just("rollback"), BACK))


@settings(ON_A_NODE, max_examples=12)
@given(actions=st.lists(ACTIONS, min_size=4, max_size=12))
def test_ledger__any_history__keeps_the_tuples_of_the_model(
    parameters: Deployed, node: Node, actions: list[tuple[str, Any]]
) -> None:
    snapshot = node.request("evm_snapshot")
    widen(parameters)
    model = Ledger()
    for action, wanted in actions:
        node.advance(DAY)
        if action == "rollback":
            goal, of_steward = model.behind(*wanted)
            if goal == model.current:
                assert parameters.refusal("rollback", *wanted, sender=GUARDIAN) == refusal("NothingToRollBack")
                continue
            parameters.send("rollback", *wanted, sender=GUARDIAN)
            model.roll_back(goal, of_steward)
        elif changes := model.legal(action, wanted):
            {"vote": vote, "steer": steer}[action](parameters, changes)
            model.apply(action, changes)
        else:
            continue
        assert list(parameters.read("values")) == model.current
        assert list(parameters.read("voted")) == model.voted
        assert list(parameters.read("lastGood")) == model.last_good
    node.request("evm_revert", snapshot)
