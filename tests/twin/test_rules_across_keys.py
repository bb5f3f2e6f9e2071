"""The rules across keys: the first one that hedge finds broken is the one with which HedgeParameters refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from governed import DAO, GUARDIAN, RULE_ERRORS, STEWARD, TIMELOCK, VALUES, WIDE, update
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from onchain import DAY, ON_A_NODE, Deployed, named, refusal, running_node

from hedge.policy.parameters import KEYS, Parameters, broken_rules

pytestmark = [pytest.mark.chain, pytest.mark.prop]
BOUND = ((1, 17, 21), (3, 4), (3, 15), (3, 19), (10, 23), (16, 17), (18, 23), (20, 21), (22, 23))
"""The keys of each rule."""
DAYS, CASH, DELTAS = (1, 16, 17, 20, 21), (3, 4, 15, 19), (10, 18, 22, 23)
"""Keys that rules compare with each other, by unit."""
EDGES = {key: values for keys, values in (
    (DAYS, (3, 7, 8, 29, 30, 31)), (CASH, (0, 1, 69, 70, 71)), (DELTAS, (1000, 2499, 2500, 2501, 3500, 5000)),
) for key in keys}  # fmt: skip
"""Values of one unit that meet, and pass each other by one."""


@pytest.fixture(scope="module")
def parameters() -> Iterator[Deployed]:
    """Deploy parameters without limits on steps, their first cooldown over, on a node of their own."""
    with running_node() as node:
        yield node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, VALUES, WIDE)


def value_of(key: int) -> st.SearchStrategy[int]:
    """Draw a value of a key inside its bounds, three times in four one that meets those of its neighbours."""
    least, most = KEYS[key].least, KEYS[key].most
    near = [min(max(value, least), most) for value in EDGES.get(key, ())]
    anywhere = st.integers(least, most)
    return st.one_of(*[st.sampled_from(near)] * 3, anywhere) if near else anywhere


@st.composite
def tuples(draw: st.DrawFn) -> list[int]:
    """Draw a tuple in which the keys of one rule have moved, and up to two others, so that every rule breaks first.

    Keys without a rule lie anywhere inside their bounds.
    """
    moved = {*draw(st.sampled_from(BOUND)), *draw(st.sets(st.sampled_from(sorted(EDGES)), max_size=2))}
    return [draw(value_of(key)) if key in moved or key not in EDGES else VALUES[key] for key in range(len(KEYS))]


@settings(ON_A_NODE, max_examples=400)
@given(values=tuples())
def test_rules__any_tuple_inside_its_bounds__both_languages_name_the_same_first_rule_and_numbers(
    parameters: Deployed, values: list[int]
) -> None:
    """Both sides are integers: the tolerance is zero."""
    changes = {key: value for key, value in enumerate(values) if value != VALUES[key]}
    assume(changes)
    at = parameters.node.now + DAY
    reason = bytes(parameters.read("check", update(parameters, changes), DAO, at))
    broken = broken_rules(Parameters.from_values(values))
    event(broken[0].rule if broken else "none is broken")
    if broken:
        first = broken[0]
        assert named(reason, parameters.abi) == refusal(RULE_ERRORS[first.rule], first.left, first.right)
    else:
        assert reason == b""
