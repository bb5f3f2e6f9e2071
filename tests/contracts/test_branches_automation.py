"""Branches of RegimeAutomation that no story of its own leads through."""

from __future__ import annotations

import pytest
from governed import LIMITS, TIMELOCK, changed, values
from onchain import DAY
from regimes import KEYS, TABLE, Regimes
from reporters import PERCENT

pytestmark = pytest.mark.chain


def test_apply__while_every_key_of_the_row_rests__takes_the_row_and_leaves_the_values(regimes: Regimes) -> None:
    regimes.set_table()
    for key in KEYS:
        regimes.parameters.send("setLimits", key, LIMITS[key], sender=TIMELOCK)
    version = regimes.parameters.read("version")
    regimes.hours(4, 90 * PERCENT)
    receipt = regimes.apply()
    (event,) = regimes.automation.events(receipt, "RowApplied")
    assert (event["row"], event["changedKeys"], event["newValues"]) == (1, [], [])
    assert regimes.automation.read("row") == 1
    assert (regimes.parameters.read("version"), values(regimes.parameters)) == (version, changed({}))
    regimes.hours(DAY // 3600, 90 * PERCENT)
    regimes.apply()
    assert values(regimes.parameters) == changed(dict(zip(KEYS, TABLE[1][1], strict=True)))
