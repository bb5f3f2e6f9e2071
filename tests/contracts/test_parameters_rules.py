"""Rules across keys: judged on the tuple that results, whatever part of it an update names."""

from __future__ import annotations

import pytest
from eth_abi import decode
from governed import (
    BY_STEWARD,
    COUNT,
    DAO,
    GUARDIAN,
    LIMITS,
    RULE_ERRORS,
    STEWARD,
    TIMELOCK,
    VALUES,
    WIDE,
    changed,
    update,
    values,
    vote,
    widen,
)
from onchain import DAY, Deployed, Node, named, refusal

from hedge.policy.parameters import Parameters, broken_rules

pytestmark = pytest.mark.chain

BROKEN = [
    ({1: 30, 17: 29}, "HorizonAboveLongestTenor", (30, 29)),
    ({1: 30, 21: 29}, "HorizonAboveLongestTenor", (30, 29)),
    ({1: 12, 17: 11, 21: 10}, "HorizonAboveLongestTenor", (12, 10)),
    ({1: 12, 17: 10, 21: 11}, "HorizonAboveLongestTenor", (12, 10)),
    ({4: 251}, "CostBudgetAboveCashBudget", (251, 250)),
    ({3: 69, 15: 69, 19: 69}, "CostBudgetAboveCashBudget", (70, 69)),
    ({15: 251}, "VolatilityPremiumCapAboveCashBudget", (251, 250)),
    ({3: 199}, "VolatilityPremiumCapAboveCashBudget", (200, 199)),
    ({19: 251}, "TailPremiumCapAboveCashBudget", (251, 250)),
    ({3: 199, 15: 199}, "TailPremiumCapAboveCashBudget", (200, 199)),
    ({10: 3001}, "CondorDeltaAboveTailDelta", (3001, 3000)),
    ({23: 1999}, "CondorDeltaAboveTailDelta", (2000, 1999)),
    ({16: 45}, "VolatilityLeastDaysNotBelowMostDays", (45, 45)),
    ({16: 8, 17: 7}, "VolatilityLeastDaysNotBelowMostDays", (8, 7)),
    ({18: 3000}, "TailDeltaNotBelowVolatilityDelta", (3000, 3000)),
    ({18: 4999, 23: 5000}, "TailDeltaNotBelowVolatilityDelta", (5000, 4999)),
    ({20: 90, 21: 90}, "TailLeastDaysNotBelowMostDays", (90, 90)),
    ({20: 31, 21: 30}, "TailLeastDaysNotBelowMostDays", (31, 30)),
    ({22: 2500, 23: 2500}, "TailLeastDeltaNotBelowMostDelta", (2500, 2500)),
    ({22: 2001, 23: 2000}, "TailLeastDeltaNotBelowMostDelta", (2001, 2000)),
]
EDGES = [
    {1: 30, 17: 30}, {1: 30, 21: 30}, {17: 7}, {21: 7}, {4: 250}, {3: 200}, {3: 70, 15: 70, 19: 70}, {15: 250},
    {19: 250}, {10: 3000}, {23: 2000}, {16: 44}, {16: 7, 17: 8}, {18: 3001}, {18: 5001, 23: 5000}, {20: 89, 21: 90},
    {20: 29, 21: 30}, {22: 2499, 23: 2500}, {22: 1999, 23: 2000},
]  # fmt: skip


def test_rules__that_are_tested_here__are_all_of_hedge(parameters: Deployed) -> None:
    assert {name for _, name, _ in BROKEN} == set(RULE_ERRORS.values())
    errors = {entry["name"] for entry in parameters.abi if entry["type"] == "error"}
    assert set(RULE_ERRORS.values()) <= errors


@pytest.mark.parametrize(("changes", "name", "numbers"), BROKEN)
def test_rule__tuple_that_breaks_it__named_with_numbers_in_both_languages(
    parameters: Deployed, changes: dict[int, int], name: str, numbers: tuple[int, ...]
) -> None:
    widen(parameters)
    wanted = update(parameters, changes)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal(name, *numbers)
    broken, *_ = broken_rules(Parameters.from_values(changed(changes)))
    assert refusal(RULE_ERRORS[broken.rule], broken.left, broken.right) == refusal(name, *numbers)


@pytest.mark.parametrize("changes", EDGES)
def test_rule__tuple_at_its_edge__accepted(parameters: Deployed, changes: dict[int, int]) -> None:
    widen(parameters)
    vote(parameters, changes)
    assert values(parameters) == changed(changes)


def test_rule__coupled_values_moved_apart__each_half_refused_but_together_accepted(parameters: Deployed) -> None:
    widen(parameters)
    for half in ({3: 150}, {23: 1500}):
        assert parameters.read("check", update(parameters, half), DAO, parameters.node.now) != b""
    vote(parameters, {3: 150, 10: 1500, 15: 150, 19: 150, 23: 1500})
    assert values(parameters) == changed({3: 150, 10: 1500, 15: 150, 19: 150, 23: 1500})


@pytest.mark.parametrize(("changes", "name", "numbers"), BROKEN)
def test_genesis__tuple_that_breaks_a_rule__refused(
    node: Node, changes: dict[int, int], name: str, numbers: tuple[int, ...]
) -> None:
    terms = (TIMELOCK, STEWARD, GUARDIAN, DAY, changed(changes), WIDE)
    assert node.deploy_refusal("HedgeParameters", *terms) == refusal(name, *numbers)


def test_genesis__value_outside_its_bounds__refused(node: Node) -> None:
    terms = (TIMELOCK, STEWARD, GUARDIAN, DAY, changed({11: 199}), LIMITS)
    assert node.deploy_refusal("HedgeParameters", *terms) == refusal("OutOfBounds", 11, 199, 200, 3000)


@pytest.mark.parametrize(
    "changes",
    [{11: 3001}, {11: VALUES[11]}, {11: 1201}, {12: 22, 10: 2100}, {COUNT: 1}, {}, {3: 199}, {10: 2400, 23: 2399}],
)
def test_check__any_broken_rule__gives_the_bytes_the_setter_reverts_with(
    parameters: Deployed, changes: dict[int, int]
) -> None:
    wanted = update(parameters, changes)
    reason = bytes(parameters.read("check", wanted, DAO, parameters.node.now))
    assert reason == parameters.revert_data("applyUpdate", wanted, sender=TIMELOCK)
    assert not named(reason, parameters.abi).name.startswith("0x")


def test_judge__any_source_and_time__reverts_with_the_bytes_that_check_returns(parameters: Deployed) -> None:
    wanted = update(parameters, {11: 1201})
    for source, at in ((DAO, parameters.node.now), (BY_STEWARD, wanted[3]), (BY_STEWARD, wanted[3] + 1)):
        reason = bytes(parameters.read("check", wanted, source, at))
        assert reason == parameters.revert_data("judge", wanted, source, at, sender=STEWARD)
    assert parameters.read("judge", update(parameters, {11: 1200}), DAO, parameters.node.now) == []


def test_check__too_little_gas_to_judge__refuses_and_never_answers_that_all_is_well(parameters: Deployed) -> None:
    node, data = parameters.node, parameters.encode("check", update(parameters, {3: 199}), DAO, parameters.node.now)
    answers = set()
    for gas in range(24_000, 90_000, 500):
        call = {"from": STEWARD, "to": parameters.address, "data": data, "gas": hex(gas)}
        answer = node.web3.provider.make_request("eth_call", [call, "latest"])
        if "error" in answer:
            said = answer["error"].get("data") or "0x"
            answers.add(named(bytes.fromhex(said[2:]), parameters.abi).name)
        else:
            (reason,) = decode(["bytes"], bytes.fromhex(answer["result"][2:]))
            answers.add(named(reason, parameters.abi).name)
    assert answers == {"0x", "NoReason", "VolatilityPremiumCapAboveCashBudget"}


def test_check__update_that_passes__is_empty_and_the_setter_accepts(parameters: Deployed) -> None:
    wanted = update(parameters, {5: 900, 11: 1100})
    assert parameters.read("check", wanted, DAO, parameters.node.now) == b""
    parameters.send("applyUpdate", wanted, sender=TIMELOCK)
    assert values(parameters) == changed({5: 900, 11: 1100})
