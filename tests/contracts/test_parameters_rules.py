"""Rules across keys: judged on the tuple that results, whatever part of it an update names."""

from __future__ import annotations

import pytest
from governed import DAO, GUARDIAN, LIMITS, STEWARD, TIMELOCK, VALUES, WIDE, changed, update, values, vote, widen
from onchain import DAY, Deployed, Node, named, refusal

pytestmark = pytest.mark.chain

BROKEN = [
    ({5: 8501}, "RampTooNarrow", (8501, 9000, 500)),
    ({6: 5999}, "RampTooNarrow", (5500, 5999, 500)),
    ({5: 20_000, 6: 1500}, "RampTooNarrow", (20_000, 1500, 500)),
    ({8: 151}, "PremiumCapsAboveBudget", (151, 150, 300)),
    ({12: 201}, "PremiumCapsAboveBudget", (100, 201, 300)),
    ({13: 249}, "PremiumCapsAboveBudget", (100, 150, 249)),
    ({4: 2_000_001}, "CondorCapAboveOverlayCap", (2_000_001, 2_000_000)),
    ({17: 499_999}, "CondorCapAboveOverlayCap", (500_000, 499_999)),
    ({3: 5000, 11: 4999}, "CondorSizeAboveTailCoverage", (5000, 4999)),
    ({11: 999}, "CondorSizeAboveTailCoverage", (1000, 999)),
    ({2: 21, 7: 21}, "CondorTenorNotBelowVolatilityTenor", (21, 21)),
    ({7: 121}, "VolatilityTenorAboveTailTenor", (121, 120)),
    ({7: 92, 10: 91}, "VolatilityTenorAboveTailTenor", (92, 91)),
    ({0: 1500, 9: 1500}, "TailDeltaNotBelowCondorDelta", (1500, 1500)),
    ({9: 2000}, "TailDeltaNotBelowCondorDelta", (2000, 2000)),
]
EDGES = [
    {5: 8500}, {8: 150}, {12: 200}, {13: 250}, {4: 2_000_000}, {17: 500_000}, {3: 5000}, {11: 1000},
    {2: 21, 7: 22}, {7: 120}, {7: 90, 10: 90}, {0: 1501, 9: 1500}, {9: 1999},
]  # fmt: skip


@pytest.mark.parametrize(("changes", "name", "numbers"), BROKEN)
def test_rule__tuple_that_breaks_it__named_with_numbers(
    parameters: Deployed, changes: dict[int, int], name: str, numbers: tuple[int, ...]
) -> None:
    widen(parameters)
    wanted = update(parameters, changes)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal(name, *numbers)


@pytest.mark.parametrize("changes", EDGES)
def test_rule__tuple_at_its_edge__accepted(parameters: Deployed, changes: dict[int, int]) -> None:
    widen(parameters)
    vote(parameters, changes)
    assert values(parameters) == changed(changes)


def test_rule__coupled_values_moved_apart__each_half_refused_but_together_accepted(parameters: Deployed) -> None:
    widen(parameters)
    for half in ({6: 5000}, {13: 200}):
        assert parameters.read("check", update(parameters, half), DAO, parameters.node.now) != b""
    vote(parameters, {5: 4000, 6: 5000, 8: 50, 13: 200})
    assert values(parameters) == changed({5: 4000, 6: 5000, 8: 50, 13: 200})


@pytest.mark.parametrize(("changes", "name", "numbers"), BROKEN[:4])
def test_genesis__tuple_that_breaks_a_rule__refused(
    node: Node, changes: dict[int, int], name: str, numbers: tuple[int, ...]
) -> None:
    terms = (TIMELOCK, STEWARD, GUARDIAN, DAY, changed(changes), WIDE)
    assert node.deploy_refusal("HedgeParameters", *terms) == refusal(name, *numbers)


def test_genesis__value_outside_its_bounds__refused(node: Node) -> None:
    terms = (TIMELOCK, STEWARD, GUARDIAN, DAY, changed({1: 199}), LIMITS)
    assert node.deploy_refusal("HedgeParameters", *terms) == refusal("OutOfBounds", 1, 199, 200, 3000)


@pytest.mark.parametrize(
    "changes",
    [{1: 3001}, {1: VALUES[1]}, {1: 1201}, {2: 5, 0: 2100}, {18: 1}, {}, {5: 6600, 6: 7000}, {8: 50, 13: 160}],
)
def test_check__any_broken_rule__gives_the_bytes_the_setter_reverts_with(
    parameters: Deployed, changes: dict[int, int]
) -> None:
    wanted = update(parameters, changes)
    reason = bytes(parameters.read("check", wanted, DAO, parameters.node.now))
    assert reason == parameters.revert_data("applyUpdate", wanted, sender=TIMELOCK)
    assert not named(reason, parameters.abi).name.startswith("0x")


def test_check__update_that_passes__is_empty_and_the_setter_accepts(parameters: Deployed) -> None:
    wanted = update(parameters, {1: 1100, 9: 900})
    assert parameters.read("check", wanted, DAO, parameters.node.now) == b""
    parameters.send("applyUpdate", wanted, sender=TIMELOCK)
    assert values(parameters) == changed({1: 1100, 9: 900})
