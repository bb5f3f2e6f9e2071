"""The governed keys: order, first values, and the rules across them."""

import dataclasses

import pytest

from hedge.errors import InvalidParameters
from hedge.policy.parameters import KEYS, Parameters, broken_rules

pytestmark = pytest.mark.unit


def test_keys__against_the_fields_of_parameters__agree_in_order_name_and_first_value() -> None:
    fields = [field.name for field in dataclasses.fields(Parameters)]
    assert [key.field for key in KEYS] == fields
    assert [key.id for key in KEYS] == list(range(18))
    assert [key.initial for key in KEYS] == Parameters().to_values()


def test_keys__first_values__lie_inside_their_bounds() -> None:
    assert all(key.least <= key.initial <= key.most for key in KEYS)


def test_from_values__one_too_few__says_how_many() -> None:
    with pytest.raises(InvalidParameters) as refused:
        Parameters.from_values([1] * 17)
    assert (refused.value.value, refused.value.expected) == (17, 18)


def test_replaced__two_keys__changes_only_them() -> None:
    changed = Parameters().replaced({5: 6000, 6: 9500})
    assert changed == Parameters(ramp_start_vol_bps=6000, ramp_full_vol_bps=9500)


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({5: 8501}, (5, 6)),
        ({13: 249}, (8, 12, 13)),
        ({4: 2_000_001}, (4, 17)),
        ({7: 7, 2: 7}, (2, 7)),
        ({7: 121}, (7, 10)),
        ({9: 2000}, (9, 0)),
        ({3: 5001}, (3, 11)),
    ],
)
def test_broken_rules__one_step_beyond__names_exactly_that_rule(changes: dict[int, int], keys: tuple[int, ...]) -> None:
    assert [rule.keys for rule in broken_rules(Parameters().replaced(changes))] == [keys]


@pytest.mark.parametrize("changes", [{5: 8500}, {13: 250}, {4: 2_000_000}, {7: 8}, {7: 120}, {9: 1999}, {3: 5000}])
def test_broken_rules__exactly_at_the_edge__breaks_none(changes: dict[int, int]) -> None:
    assert broken_rules(Parameters().replaced(changes)) == ()
