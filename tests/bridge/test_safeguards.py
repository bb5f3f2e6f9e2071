"""What the monitor sees of breakers, automation, clamped rounds and waiting updates, and what it alerts of."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from eth_typing import HexStr

from bridge.alerts.rules import raise_alerts
from bridge.alerts.watch import take_oracle_snapshot, watch, watched_json
from bridge.config import Config
from bridge.deploy.seats import role
from bridge.governance.safeguards import AutomationStatus, BreakerStatus, read_automation, read_breakers
from bridge.local.accounts import account, accounts
from bridge.local.anvil import advance_time
from bridge.local.rounds import submit_rounds
from bridge.local.world import World
from bridge.snapshot import Snapshot
from bridge.sources.oracle import build_report, read_status, sign_report, submit_reports
from tests.bridge.steps import act_as, act_through_safe, parameters_call, tear, trade

HOUR = 3600
HYSTERESIS, DWELL_UP, DWELL_DOWN = 5 * 10**6, 2 * HOUR, 24 * HOUR
CONDOR_CAP = 13
STOPPED = "Stopped(): The guardian stopped it, or no table was voted yet"


def contract_call(world: World, name: str, address: str, function: str, *arguments: object) -> tuple[str, HexStr]:
    return address, HexStr(world.chain.contract(name, address).encode_abi(function, args=list(arguments)))


def automate(world: World, floor: int, size: int) -> None:
    """Let the DAO give the automation its role and a table of two rows: below the floor as it is, above it `size`."""
    timelock, automation = world.deployment.address("HedgeTimelock"), world.deployment.address("RegimeAutomation")
    act_as(world, timelock, *parameters_call(world, "grantRole", role("AUTOMATION_ROLE"), automation))
    rows, terms = [(0, [1000]), (floor, [size])], (HYSTERESIS, DWELL_UP, DWELL_DOWN)
    table = ([CONDOR_CAP], rows, terms, 0)
    act_as(world, timelock, *contract_call(world, "RegimeAutomation", automation, "setTable", *table))


def hours(world: World, count: int) -> None:
    for _ in range(count):
        advance_time(world.chain, HOUR)
        submit_rounds(world.snapshot(), Config())


def automation(world: World) -> AutomationStatus:
    found = read_automation(world.snapshot())
    assert found is not None
    return found


def breaker(world: World, asset: str = "ETH") -> BreakerStatus:
    return {status.asset: status for status in read_breakers(world.snapshot())}[asset]


def alerted(world: World, kind: str) -> list[str]:
    seen = replace(take_oracle_snapshot(world.snapshot()), breakers=(breaker(world),))
    return [alert.text for alert in raise_alerts(seen) if alert.kind == kind]


def test_safeguards__fresh_world__are_quiet_without_power(world: World) -> None:
    status = automation(world)
    assert (status.in_power, status.stopped, status.next_row, status.reason) == (False, True, None, STOPPED)
    assert breaker(world).trouble.startswith("TooFewObservations(")
    assert raise_alerts(take_oracle_snapshot(world.snapshot())) == ()


def test_read_automation__deployment_without_one__is_none(world: World) -> None:
    contracts = {name: at for name, at in world.deployment.contracts.items() if name != "RegimeAutomation"}
    bare = world.deployment.model_copy(update={"contracts": contracts})
    snapshot = Snapshot(world.chain, bare.model_copy(update={"breakers": {}}), world.chain.head())
    assert read_automation(snapshot) is None
    assert raise_alerts(take_oracle_snapshot(snapshot)) == ()


def test_automation__in_power_and_breaker_cannot_measure__says_that_nothing_passes(world: World) -> None:
    automate(world, 50 * 10**6, 900)
    assert automation(world).reason.startswith("TooFewObservations(")
    assert alerted(world, "breaker")[0].startswith("the ETH breaker lets nothing pass: TooFewObservations(")


def test_automation__row_above_the_floor_for_its_dwell__can_be_applied_and_then_waits_for_its_cooldown(
    world: World,
) -> None:
    trade(world, [1.01, 1.0, 1.01, 1.0])
    automate(world, 50 * 10**6, 100)
    hours(world, 1)
    before = automation(world)
    assert (before.in_power, before.stopped, before.row, before.next_row) == (True, False, 0, None)
    hours(world, 3)
    ready = automation(world)
    assert (ready.next_row, ready.possible_at, ready.reason) == (1, world.chain.head().timestamp, "")
    assert alerted(world, "automation") == [
        "anyone may apply row 1 now, row 0 holds: `alvh safe propose stop-automation` stops it"
    ]
    world.chain.send(account("outsider"), "RegimeAutomation", ready.address, "applyRow")
    after = automation(world)
    assert (after.row, after.next_row) == (1, None)
    assert after.reason.startswith("NothingToApply(row=1): The row holds")
    assert after.possible_at == world.chain.head().timestamp + 24 * HOUR
    act_through_safe(world, "guardian", *contract_call(world, "RegimeAutomation", ready.address, "stop"))
    assert alerted(world, "automation") == ["the automation is stopped until the DAO votes a table"]


def test_breaker__volatilities_torn_apart__alerts_then_says_since_when_it_is_tripped(world: World) -> None:
    tear(world)
    status = breaker(world)
    assert status.apart
    assert status.implied_e8 is not None
    assert status.realized_e8 is not None
    assert status.realized_e8 > 4 * status.implied_e8
    assert "are too far apart, anyone may trip the breaker" in alerted(world, "breaker")[0]
    world.chain.send(account("outsider"), "VolatilityBreaker", status.address, "trip")
    assert breaker(world).tripped_at == world.chain.head().timestamp
    (text,) = alerted(world, "breaker")
    assert "the ETH breaker has been tripped since 2026-" in text
    assert text.endswith("`alvh gov propose reset-breaker ETH` closes it")


@pytest.mark.parametrize(("seconds", "bounds"), [(HOUR, ("hour",)), (4 * HOUR, ("hour", "day")), (30, ("hour",))])
def test_read_status__median_beyond_a_bound__names_it_and_what_was_reported(
    world: World, seconds: int, bounds: tuple[str, ...]
) -> None:
    advance_time(world.chain, seconds)
    report = build_report(world.snapshot(), "ETH", 4 * 10**8)
    submit_reports(
        world.chain, account("operator"), [sign_report(report, reporter) for reporter in accounts("reporter")[:3]]
    )
    feed = read_status(world.snapshot())[1]
    assert feed.clamped == bounds
    assert feed.reported_e8 == 4 * 10**8 > feed.volatility_e8


def test_watch__everything_that_guards__is_in_its_json(world: World, tmp_path: Path) -> None:
    found = watch(world.snapshot(), Config(state=tmp_path), world.deployment.address("lp"))
    line = json.loads(json.dumps(watched_json(found), allow_nan=False))
    assert [breaker["asset"] for breaker in line["breakers"]] == ["BTC", "ETH"]
    assert line["automation"]["in_power"] is False
    assert line["steward_updates"] == []
    assert [feed["clamped"] for feed in line["feeds"]] == [[], []]


@pytest.mark.parametrize(("age", "count"), [(600, 0), (601, 1)])
def test_watch__newest_block_is_old__alerts_that_the_chain_has_stopped(
    world: World, tmp_path: Path, age: int, count: int
) -> None:
    now = world.chain.head().timestamp + age
    found = watch(world.snapshot(), Config(state=tmp_path), world.deployment.address("lp"), now)
    assert len([alert for alert in found.alerts if alert.kind == "chain"]) == count
