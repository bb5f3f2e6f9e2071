"""The registries that a user adds to: alert rules, governance actions, actions of a Safe."""

from __future__ import annotations

import pytest

from bridge.action_kinds import ActionKind, ActionRegistry
from bridge.alerts.rules import ALERT_RULES, alert_rule, raise_alerts
from bridge.alerts.snapshots import Alert, MonitorSnapshot, OracleSnapshot, Severity
from bridge.alerts.watch import take_oracle_snapshot
from bridge.errors import BadConfig, UsageError
from bridge.governance.actions import GOVERNANCE_ACTIONS, governance_action
from bridge.local.world import World
from bridge.registry import Registry
from bridge.safe.actions import SAFE_ACTIONS, safe_action


@pytest.mark.unit
def test_alert_rule__name_that_another_has__is_refused_and_the_first_stays() -> None:
    first = ALERT_RULES["plan_missing"].run

    def plan_missing(seen: MonitorSnapshot) -> list[Alert]:
        return []

    with pytest.raises(BadConfig, match="the alert rule 'plan_missing' is registered twice"):
        alert_rule(MonitorSnapshot)(plan_missing)
    assert ALERT_RULES["plan_missing"].run is first


def test_raise_alerts__of_the_oracle_alone__runs_the_rules_of_the_oracle_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.alerts.rules.ALERT_RULES", Registry("alert rule"))
    ran: list[str] = []

    @alert_rule(OracleSnapshot)
    def feeds_seen(seen: OracleSnapshot) -> list[Alert]:
        ran.append("oracle")
        return [Alert("oracle", f"{len(seen.feeds)} feeds")]

    @alert_rule(MonitorSnapshot)
    def never(seen: MonitorSnapshot) -> list[Alert]:
        ran.append("monitor")
        return []

    said = Alert("oracle", "2 feeds", severity=Severity.WARNING, rule="feeds_seen")
    assert raise_alerts(take_oracle_snapshot(world.snapshot())) == (said,)
    assert ran == ["oracle"]


@pytest.mark.unit
def test_registries__name_that_another_has__is_refused() -> None:
    build = GOVERNANCE_ACTIONS["unpause"].build
    with pytest.raises(BadConfig, match="the governance action 'unpause' is registered twice"):
        governance_action("unpause", (), "end it twice", build)
    with pytest.raises(BadConfig, match="the action 'pause' is registered twice"):
        safe_action("guardian", "pause", (), "pause it twice", SAFE_ACTIONS["pause"].build)
    assert GOVERNANCE_ACTIONS["unpause"].build is build


@pytest.mark.unit
@pytest.mark.parametrize(("given", "fits"), [([], False), (["a"], False), (["a", "b"], True), (["a", "b", "c"], True)])
def test_find__last_argument_repeats__takes_any_number_of_it(given: list[str], fits: bool) -> None:
    registry = ActionRegistry[ActionKind]("action")
    kind = registry.add(ActionKind("name", ("ASSET", "SIGNER..."), "do it", lambda *_: None))
    if fits:
        assert registry.find("name", given) is kind
    else:
        with pytest.raises(UsageError, match=r"usage: name ASSET SIGNER\.\.\. \(do it\)"):
            registry.find("name", given)
