"""What the bridge says a rollback would do is what HedgeParameters does, key by key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from governed import GUARDIAN, STEWARD, TIMELOCK, VALUES, WIDE, steer, vote
from hypothesis import event, given, settings
from hypothesis import strategies as st
from onchain import DAY, ON_A_NODE, Deployed, refusal, running_node

from bridge.governance.rollback import rolled_back

pytestmark = [pytest.mark.chain, pytest.mark.prop]
FREE = [2, 5, 6, 7, 8, 11, 12, 13]
"""Keys of each direction that no rule across keys binds."""
CHANGES = st.dictionaries(st.sampled_from(FREE), st.sampled_from([9, 10, 11]), max_size=5)
"""New values, in tenths of the first ones."""


@pytest.fixture(scope="module")
def parameters() -> Iterator[Deployed]:
    """Deploy parameters without limits on steps, their first cooldown over, on a node of their own."""
    with running_node() as node:
        yield node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, VALUES, WIDE)


@settings(ON_A_NODE, max_examples=60)
@given(
    votes=st.lists(CHANGES, max_size=2), steered=CHANGES, keys=st.sets(st.sampled_from(FREE)), derisked=st.booleans()
)
def test_rollback__any_history_and_keys__is_what_the_bridge_says(
    parameters: Deployed, votes: list[dict[int, int]], steered: dict[int, int], keys: set[int], derisked: bool
) -> None:
    """Both sides are integers: the tolerance is zero."""
    node = parameters.node
    snapshot = node.request("evm_snapshot")
    for wanted in votes:
        node.advance(DAY)
        move(parameters, wanted, vote)
    node.advance(DAY)
    move(parameters, steered, steer)
    tuples = [list(parameters.read(name)) for name in ("values", "voted", "lastGood")]
    said = rolled_back(*tuples, keys, derisked)
    event(f"of {'steward' if said.of_steward else 'vote'}, {len(said.kept)} stay")
    if said.before == said.after:
        assert parameters.refusal("rollback", [*keys], derisked, sender=GUARDIAN) == refusal("NothingToRollBack")
    else:
        (done,) = parameters.events(parameters.send("rollback", [*keys], derisked, sender=GUARDIAN), "RolledBack")
        assert (done["oldValues"], done["newValues"]) == ([*said.before], [*said.after])
        assert done["ofSteward"] is said.of_steward
    node.request("evm_revert", snapshot)


def move(parameters: Deployed, wanted: dict[int, int], way: object) -> None:
    """Vote or steer what would change."""
    now, goal = parameters.read("values"), {key: VALUES[key] * tenths // 10 for key, tenths in sorted(wanted.items())}
    changes = {key: value for key, value in goal.items() if now[key] != value}
    if changes:
        assert callable(way)
        way(parameters, changes)
