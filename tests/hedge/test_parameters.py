"""The governed keys: order, first values, and the rules across them."""

import dataclasses
import math

import pytest

from hedge.errors import InvalidParameters
from hedge.policy.parameters import KEYS, Key, Parameters, broken_rules

pytestmark = pytest.mark.unit


def test_keys__against_the_fields_of_parameters__agree_in_order_name_and_first_value() -> None:
    fields = [field.name for field in dataclasses.fields(Parameters)]
    assert [key.field for key in KEYS] == fields
    assert [key.id for key in KEYS] == list(range(24))
    assert [key.initial for key in KEYS] == Parameters().to_values()


def test_keys__first_values__lie_inside_their_bounds() -> None:
    assert all(key.least <= key.initial <= key.most for key in KEYS)


def test_from_values__one_too_few__says_how_many() -> None:
    with pytest.raises(InvalidParameters) as refused:
        Parameters.from_values([1] * 23)
    assert (refused.value.value, refused.value.expected) == (23, 24)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_parameters__value_out_of_its_bounds_or_no_integer__is_refused_by_name(key: Key) -> None:
    for value in (-5, key.least - 1, key.most + 1, math.nan, float(key.initial)):
        with pytest.raises(InvalidParameters, match=f"{key.name} is .*, expected a whole number from {key.least} to"):
            Parameters(**{key.field: value})  # type: ignore[arg-type]
    assert Parameters().replaced({key.id: key.most}).to_values()[key.id] == key.most


def test_replaced__two_keys__changes_only_them() -> None:
    changed = Parameters().replaced({3: 400, 19: 300})
    assert changed == Parameters(cash_budget_bps=400, tail_premium_cap_bps=300)


EDGES = (
    ({4: 250}, {4: 251}, (3, 4)),
    ({15: 250}, {15: 251}, (3, 15)),
    ({19: 250}, {19: 251}, (3, 19)),
    ({1: 30, 17: 30}, {1: 30, 17: 29}, (1, 17, 21)),
    ({1: 30, 21: 30}, {1: 30, 21: 29}, (1, 17, 21)),
    ({10: 3000}, {10: 3001}, (10, 23)),
    ({16: 44}, {16: 45}, (16, 17)),
    ({20: 90, 21: 91}, {20: 90, 21: 90}, (20, 21)),
    ({22: 1999, 23: 2000}, {22: 2000, 23: 2000}, (22, 23)),
    ({18: 3001}, {18: 3000}, (18, 23)),
)
"""Changes at the edge of each rule, one step beyond it, and the keys of the rule."""


@pytest.mark.parametrize(("edge", "beyond", "keys"), EDGES)
def test_broken_rules__one_step_beyond__names_exactly_that_rule(
    edge: dict[int, int], beyond: dict[int, int], keys: tuple[int, ...]
) -> None:
    assert broken_rules(Parameters().replaced(edge)) == ()
    assert [rule.keys for rule in broken_rules(Parameters().replaced(beyond))] == [keys]


def test_edges__against_the_rules__name_every_one() -> None:
    assert len({keys for _, _, keys in EDGES}) == 9
