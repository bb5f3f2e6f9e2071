"""Alerts of the book in the pools: what is not in it, where a range ends, how far it is from the plan on record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bridge.alerts.rules import alert_rule
from bridge.alerts.snapshots import Alert, MonitorSnapshot, Severity
from bridge.formats import number, percent, plain
from bridge.plans.ranges import NEAR, range_columns
from hedge.units import BPS

MOST_UNREAD: Final = 20
"""Positions that are named one by one: anyone can send thousands."""
LEAST_SHARE: Final = 0.01
"""Share of the book from which a position has alerts of its own; smaller ones are counted together."""
TARGET_SLACK: Final = 1.05
"""A plan ends near its target, and the book's value moves a little: this much above it is above it."""


@alert_rule(
    MonitorSnapshot,
    kind="exposure",
    who="operator of this monitor",
    runbook="pool-drained-or-a-value-is-wrong",
    step="`alvh exposure` says what is not believed; make no plan of it",
)
def exposure_incomplete(seen: MonitorSnapshot) -> list[Alert]:
    """The book is not valued, or positions are not in it."""
    left = len(seen.unread) - MOST_UNREAD
    unread = [
        Alert(
            "exposure",
            f"{position.id} is not in the book: {position.reason}",
            position.id,
            severity=None if position.stops else Severity.INFORMATION,
        )
        for position in seen.unread[:MOST_UNREAD]
    ]
    if left > 0:
        text = f"{left} more are not in the book: `alvh exposure --json` names them all"
        unread.append(Alert("exposure", text, "more", severity=Severity.INFORMATION))
    return [*unread, Alert("exposure", seen.untrusted, "book")] if seen.untrusted else unread


@alert_rule(
    MonitorSnapshot,
    kind="range",
    who="treasury",
    runbook="a-position-leaves-its-range",
    step="look at `alvh exposure`: move the range, or leave it and make a new plan",
    leave=0.8,
    worse_by=2.0,
)
def range_left(seen: MonitorSnapshot) -> list[Alert] | None:
    """A position's price is out of its range, so it earns no fees; over when it is 1 % of the price inside again."""
    if seen.exposure is None:
        return None
    found, small = list[Alert](), 0
    for name, side, end, inside, share in _ranges(seen):
        if share < LEAST_SHARE:
            small += inside < 0.0
            continue
        beyond = f"{plain(percent(-inside))} beyond" if inside < 0.0 else f"{plain(percent(inside))} inside"
        text = f"{name} is {'out of' if inside < 0.0 else 'back in'} its range, {beyond} the {side} end {end}"
        found.append(Alert("range", text, name, 1.0 - inside / NEAR))
    if small:
        text = f"{small} small positions are out of their ranges: `alvh exposure --json` names them"
        found.append(Alert("range", text, "small", severity=Severity.INFORMATION))
    return found


@alert_rule(
    MonitorSnapshot,
    kind="range",
    severity=Severity.INFORMATION,
    who="treasury",
    runbook="a-position-leaves-its-range",
    step="decide now whether the range is moved when it is left",
    leave=0.75,
)
def range_near(seen: MonitorSnapshot) -> list[Alert] | None:
    """A position's price is within 5 % of an end of its range; over at 6.25 %."""
    if seen.exposure is None:
        return None
    found = []
    for name, side, end, inside, share in _ranges(seen):
        if share >= LEAST_SHARE:
            text = f"{name} is {plain(percent(abs(inside)))} from the {side} end of its range, {end}"
            if inside >= 0.0:  # out of it `range_left` speaks
                found.append(Alert("range", text, name, 2.0 - inside / NEAR))
    return found


def _ranges(seen: MonitorSnapshot) -> Iterator[tuple[str, str, str, float, float]]:
    """Return of each position with a range its name, the nearest end's side and price, how far the price is inside of
    it as a share of the price, negative outside, and the position's share of the book."""
    assert seen.exposure is not None
    total = seen.exposure.value_usd
    for exposure, position in zip(seen.exposure.positions, seen.positions, strict=False):
        columns = range_columns(position, exposure.price)
        moves = {side: columns[f"to_{side}"] for side in ("lower", "upper")}
        inside = {side: move if side == "upper" else -move for side, move in moves.items() if move is not None}
        if inside:
            side = min(inside, key=lambda each: inside[each])
            share = exposure.value_usd / total if total > 0.0 else 0.0
            yield exposure.id, side, f"{columns[side]:,.6g}", inside[side], share


@alert_rule(
    MonitorSnapshot,
    kind="plan",
    who="voters",
    runbook="bad-update-executed",
    step="`alvh watch --once` shows the parameters in force; roll back what is not known, or make a plan",
)
def plan_missing(seen: MonitorSnapshot) -> list[Alert]:
    """The parameters in force are not of a plan that is known here."""
    inputs = f"inputs {seen.governed.inputs_hash[:10]}.."
    text = f"no plan on record here for the parameters in force ({inputs})"
    about = seen.governed.inputs_hash  # other parameters are another alert
    return [Alert("plan", text, about)] if "" in seen.unplanned and seen.network is None else []


@alert_rule(
    MonitorSnapshot,
    kind="drift",
    who="treasury",
    runbook="the-hedge-is-not-what-was-planned",
    step="`alvh plan` makes a new plan; trade it once it is voted, or at once where it needs no vote",
    leave=0.8,
    worse_by=0.5,
)
def exposure_drifted(seen: MonitorSnapshot) -> list[Alert] | None:
    """The exposure has drifted from the plan on record by more than the band (`watch.drift_band`)."""
    if seen.exposure is None and seen.on_record is not None:
        return None
    if seen.drift is None or not seen.drift > 0.0:
        return []
    moved, band = plain(percent(seen.drift)), plain(percent(seen.drift_band))
    size = seen.drift / seen.drift_band if seen.drift_band else float("inf")
    return [Alert("drift", f"exposure has drifted {moved} from the plan on record, the band is {band}", size=size)]


@alert_rule(
    MonitorSnapshot,
    kind="target",
    who="treasury",
    runbook="the-hedge-is-not-what-was-planned",
    step="`alvh plan` says what would reach the target and what it costs; do the orders that are left",
    leave=0.95,
    worse_by=0.25,
)
def target_exceeded(seen: MonitorSnapshot) -> list[Alert] | None:
    """CVaR95 of the book as held, by the plan on record, is more than 5 % above the governed target of now."""
    if seen.on_record is None:
        return []
    if seen.exposure is None or seen.ledger_trouble:
        return None
    numbers = seen.on_record.plan["decision"]["numbers"]
    undone = any(order.left for order in seen.orders)
    loss = numbers.get("cvar_held_usd" if undone else "cvar_hedged_usd")
    target = seen.governed.parameters.target_cvar_bps / BPS * seen.exposure.value_usd
    if loss is None or not target > 0.0:
        return []
    state = "as held when it was made, orders are left" if undone else "with its hedge"
    text = f"CVaR95 of the book is {plain(number(loss))} USD by the plan on record ({state})"
    text = f"{text}, the target of now is {plain(number(target))}"
    text += "" if loss > target else ": it is reached, and the alert is over below the target by a little more"
    return [Alert("target", text, size=loss / target / TARGET_SLACK)]


@alert_rule(
    MonitorSnapshot,
    kind="sources",
    who="operator of this monitor",
    runbook="pool-drained-or-a-value-is-wrong",
    step="compare both with a third source; make no plan until they agree",
    leave=0.8,
    worse_by=1.0,
)
def sources_apart(seen: MonitorSnapshot) -> list[Alert] | None:
    """The book's price of an asset and the one of the quotes differ by more than `book.max_price_gap`."""
    if seen.market is None:
        return None
    found = []
    for asset, quoted in sorted(seen.quoted_spots.items()):
        spot = seen.market.spots.get(asset)
        if spot:
            gap = abs(quoted / spot - 1.0)
            text = (
                f"{asset} is {spot:,.6g} USD in the book and {quoted:,.6g} in the quotes, {plain(percent(gap))} apart"
            )
            most = seen.config.book.max_price_gap
            found.append(Alert("sources", text, asset, gap / most if most else float("inf") if gap else 0.0))
    return found
