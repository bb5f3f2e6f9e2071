"""The monitor and the exposure beside a ledger: held beside intended, orders, what changed, and what is wrong."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bridge.alerts.watch import watched_json
from bridge.cli.monitor import print_watched
from bridge.cli.plan_text import held_line
from bridge.config import Config
from bridge.ledger.place import ledger_address
from bridge.ledger.store import open_store
from bridge.local.anvil import advance_time
from bridge.local.rounds import submit_rounds
from bridge.local.world import World
from bridge.plans.records import PlanRecord
from hedge.ledger.fills import Fill, FillKind
from tests.bridge.watch_steps import alerted, hedged, watched

pytestmark = pytest.mark.chain
D = Decimal


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(state=tmp_path)


def entry(number: int, record: PlanRecord, instrument: str, quantity: Decimal, price: Decimal, **terms: Any) -> Fill:
    asset = instrument.split("-")[0]
    index = D(str(record.plan["inputs"]["market"]["spots"][asset]))
    option = instrument.endswith(("-P", "-C"))
    at = terms.pop("at", record.observed_at + 1) * 1000 + number
    return Fill("main", "deribit", f"trade:{number}", at, FillKind.TRADE, instrument, quantity, price, asset,
                -quantity * price if option else D(0), D(0), index, **terms)  # fmt: skip


def fills(record: PlanRecord) -> list[Fill]:
    """Return the fills of every order of a plan, at its limits."""
    found = []
    for number, trade in enumerate(record.plan["trades"], 1):
        sign, limit, units = (
            (1 if trade["side"] == "buy" else -1),
            D(str(trade["limit_usd"])),
            D(str(trade["quantity"])),
        )
        if trade["layer"] == "delta":
            quantity, price = sign * units * limit, limit
        else:
            quantity, price = sign * units, D(str(trade["limit_coin"]))
        names = {"plan": record.inputs_hash[:18], "order": str(number)}
        found.append(entry(number, record, trade["instrument"], quantity, price, **names))
    return found


def keep(config: Config, entries: list[Fill]) -> None:
    with open_store(ledger_address(config)) as store:
        store.append(entries)


def test_watch__plan_bought__shows_held_beside_intended_and_what_changed(
    world: World, config: Config, record: PlanRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    hedged(world, config, record)
    keep(config, fills(record))
    found = watched(world, config)
    seen = found.seen
    assert seen.held is not None
    assert {held.leg.label for held in seen.held.legs} == {trade["instrument"] for trade in record.plan["trades"]}
    assert [order.left for order in seen.orders] == [0.0] * len(record.plan["trades"])
    assert alerted(found, "orders") == alerted(found, "ledger") == alerted(found, "naked") == []
    assert seen.explained is not None
    assert seen.explained.since == record.observed_at
    content = json.loads(json.dumps(watched_json(found), allow_nan=False))
    assert content["intended"]
    assert content["held"]["book"] == "main"
    assert {leg["mark_source"] for leg in content["held"]["legs"]} <= {"quote", "surface", "index"}
    assert sum(part["usd"] for part in content["explained"]["parts"]) == pytest.approx(
        content["explained"]["profit_usd"]
        + sum(part["usd"] for part in content["explained"]["parts"] if part["group"] == "moved")
    )
    print_watched(found)
    shown = capsys.readouterr().out
    for words in ("intended", "Held: book main of the ledger", "covers", "Orders of the plan on record", "slippage"):
        assert words in shown


def test_watch__half_of_the_orders_done__alerts_of_the_rest(world: World, config: Config, record: PlanRecord) -> None:
    hedged(world, config, record)
    keep(config, fills(record)[:1])
    found = watched(world, config)
    count = len(record.plan["trades"])
    assert alerted(found, "orders")[0].startswith(f"{count - 1} of {count} orders of the plan on record are not done")


def test_watch__nothing_bought__says_nothing_of_orders(world: World, config: Config, record: PlanRecord) -> None:
    hedged(world, config, record)
    found = watched(world, config)
    assert (found.seen.held, found.seen.orders) == (None, ())
    assert found.seen.explained is not None  # the pools alone


def test_watch__naked_and_expired_legs__are_alerts_of_their_own(
    world: World, config: Config, record: PlanRecord
) -> None:
    option = next(trade["instrument"] for trade in record.plan["trades"] if trade["layer"] != "delta")
    asset, day, strike, _ = option.split("-")
    naked = f"{asset}-{day}-{strike}-C"
    hedged(world, config, record)
    expired, over = f"{asset}-1JAN21-1000-P", f"{asset}-8JAN21-1000-P"
    legs = [entry(1, record, naked, D(-3), D("0.05")), entry(2, record, expired, D(2), D("0.01"), at=1_609_000_000)]
    delivered = entry(3, record, over, D(-2), D("900"), at=1_610_092_800)
    keep(config, [*legs, replace(delivered, kind=FillKind.DELIVERY, cash=D("0.2"))])
    found = watched(world, config)
    assert alerted(found, "naked")[0].startswith(f"3.0000 of {naked} are sold without a wing")
    assert alerted(found, "expiry")[0].startswith(f"{expired} has expired and waits for its delivery price")
    assert alerted(found, "expiry")[1].startswith(f"{over} was delivered more than it was held")
    assert found.seen.held is not None
    assert found.seen.market is not None
    assert "1 delivered more than was held" in held_line(found.seen.held.ledger, found.seen.market)
    assert found.seen.held.margin.initial > 0.0
    assert math.isnan(found.seen.held.margin_left_usd)


def test_watch__ledger_that_cannot_be_read__is_said_and_the_rest_is_shown(
    world: World, config: Config, record: PlanRecord
) -> None:
    hedged(world, config, record)
    Path(ledger_address(config)).write_bytes(b"this is no database, whatever its name says" * 100)
    found = watched(world, config)
    assert len(alerted(found, "ledger")) == 1
    assert "alvh.db" in alerted(found, "ledger")[0]
    assert found.seen.exposure is not None
    assert found.seen.on_record == record


def test_watch__entries_of_a_later_time__do_not_count(world: World, config: Config, record: PlanRecord) -> None:
    hedged(world, config, record)
    later = world.chain.head().timestamp + 5_000
    perpetual = f"{record.plan['trades'][0]['asset']}-PERPETUAL"
    keep(config, [*fills(record), entry(99, record, perpetual, D(-100), D(2_000), at=later)])
    before = watched(world, config).seen.held
    assert before is not None
    assert before.ledger.later == 1
    advance_time(world.chain, 6_000)
    submit_rounds(world.snapshot(), config)
    after = watched(world, config).seen.held
    assert after is not None
    assert after.ledger.later == 0
