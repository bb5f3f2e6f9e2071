"""The ledger of tuples against a plain model: whatever happens in whatever order, the three tuples are the model's."""

from __future__ import annotations

import pytest
from governed import GUARDIAN, steer, vote, widen
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger import Ledger
from onchain import DAY, ON_A_NODE, Deployed, Node, refusal

pytestmark = [pytest.mark.chain, pytest.mark.prop]
# Keys of all three words, and few values, so that old ones come back; no rule across keys refuses one of them.
CHANGES = st.dictionaries(st.sampled_from([5, 11, 13, 22]), st.sampled_from([1000, 1100, 1200]), min_size=1)
ACTIONS = st.one_of(st.tuples(st.sampled_from(["vote", "steer"]), CHANGES), st.just(("rollback", {})))


@settings(ON_A_NODE, max_examples=12)
@given(actions=st.lists(ACTIONS, min_size=4, max_size=12))
def test_ledger__any_history__keeps_the_tuples_of_the_model(
    parameters: Deployed, node: Node, actions: list[tuple[str, dict[int, int]]]
) -> None:
    snapshot = node.request("evm_snapshot")
    widen(parameters)
    model = Ledger()
    for action, wanted in actions:
        node.advance(DAY)
        changes = model.legal(action, wanted)
        if action != "rollback" and not changes:
            continue
        if action == "rollback" and model.current == model.voted == model.last_good:
            assert parameters.refusal("rollback", sender=GUARDIAN) == refusal("NothingToRollBack")
            continue
        if action == "rollback":
            parameters.send("rollback", sender=GUARDIAN)
        else:
            {"vote": vote, "steer": steer}[action](parameters, changes)
        model.apply(action, changes)
        assert list(parameters.read("values")) == model.current
        assert list(parameters.read("voted")) == model.voted
        assert list(parameters.read("lastGood")) == model.last_good
    node.request("evm_revert", snapshot)
