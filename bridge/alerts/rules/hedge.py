"""Alerts of the hedge that was bought: what covers the book, what expires, what is owed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from bridge.alerts.rules import alert_rule
from bridge.alerts.snapshots import Alert, LayerState, MonitorSnapshot, Severity
from bridge.formats import number, percent, plain
from hedge.decision.held import LayerCover

EXPIRY_ALERT_DAYS: Final = 3.0
MARGIN_NEAR: Final = 0.25
"""Share of the maintenance margin that should be left beyond it."""
COVER_BAND: Final = 0.25
"""Share by which what a layer covers may differ from what the plan intended."""
LEAST_INTENDED: Final = 1e-4
"""Share of the book's value that a layer's delta or gamma of one percent has at least, to be compared."""
LEAST_NAKED: Final = 1e-4
"""Coins: less than any venue's lot."""


def _unknown(seen: MonitorSnapshot) -> bool:
    """Tell whether nobody knows what is held: the ledger cannot be read, or nothing can be marked."""
    return seen.held is None and (bool(seen.ledger_trouble) or seen.exposure is None)


@alert_rule(
    MonitorSnapshot,
    kind="coverage",
    who="treasury",
    runbook="the-hedge-is-not-what-was-planned",
    step="`alvh watch --once` shows held beside intended; do the orders that are left, or make a new plan",
    leave=0.8,
    worse_by=1.0,
)
def layer_uncovered(seen: MonitorSnapshot) -> list[Alert] | None:
    """What the ledger holds of a layer differs from what the plan on record intended by more than a quarter."""
    if _unknown(seen):
        return None
    if seen.held is None or seen.exposure is None:
        return []
    covers = {(cover.asset, cover.layer): cover for cover in seen.held.covers}
    whole = {layer.asset: _gamma_away(layer.asset, seen.layers, seen.held.covers) for layer in seen.layers}
    found = []
    for layer in seen.layers:
        measured = _measured(layer, seen.exposure.value_usd)
        if measured and layer.days_left > 0.0:
            cover = covers.get((layer.asset, layer.name))
            share = getattr(cover, measured) / getattr(layer, measured) if cover else 0.0
            away = min(abs(1.0 - share), whole[layer.asset] if measured == "gamma_usd" else math.inf)
            words = "nothing" if cover is None else plain(percent(share))
            text = f"{layer.asset} {layer.name} holds {words} of the {measured[:-4]} that the plan on record intended"
            found.append(Alert("coverage", text, f"{layer.asset} {layer.name}", away / COVER_BAND))
    return found


def _gamma_away(asset: str, layers: Sequence[LayerState], covers: Sequence[LayerCover]) -> float:
    """Return by which share the gamma of all that is held of an asset differs from all that was intended.

    An option may be counted to another layer than it was bought for, once its delta has moved: then all of them
    together are as intended, and nothing is missing.
    """
    intended, held = (math.fsum(each.gamma_usd for each in rows if each.asset == asset) for rows in (layers, covers))
    return abs(1.0 - held / intended) if intended else math.inf


def _measured(layer: LayerState, book_usd: float) -> str:
    """Return by which greek a layer is compared: gamma, delta where it has none, none where it has next to neither."""
    return next(
        (name for name in ("gamma_usd", "delta_usd") if abs(getattr(layer, name)) > LEAST_INTENDED * book_usd > 0.0), ""
    )


@alert_rule(
    MonitorSnapshot,
    kind="coverage",
    severity=Severity.INFORMATION,
    who="treasury",
    runbook="the-hedge-is-not-what-was-planned",
    step="expect the next plan to sell of it; nothing is wrong where the market fell",
    leave=0.9,
    worse_by=1.0,
)
def layer_above_cap(seen: MonitorSnapshot) -> list[Alert] | None:
    """What is held of a layer is worth more than its governed key lets a plan put into it."""
    if _unknown(seen):
        return None
    return [_above_cap(cover) for cover in (seen.held.covers if seen.held else ()) if cover.cap_usd > 0.0]


def _above_cap(cover: LayerCover) -> Alert:
    worth, cap = (plain(number(usd)) for usd in (cover.value_usd, cover.cap_usd))
    text = f"{cover.asset} {cover.layer} is worth {worth} USD, the governed cap is {cap}"
    return Alert("coverage", text, f"{cover.asset} {cover.layer}", cover.value_usd / cover.cap_usd)


@alert_rule(
    MonitorSnapshot,
    kind="roll",
    who="treasury",
    runbook="legs-expire",
    step="`alvh plan` names the legs that follow; trade both in one go",
    worse_by=0.5,
)
def leg_expires(seen: MonitorSnapshot) -> list[Alert] | None:
    """A leg that is held expires within 3 days, or has; of the plan on record where no ledger says what is held."""
    if _unknown(seen):
        return None
    if seen.held:
        at = seen.held.ledger.at
        left = [(each.leg.label, each.leg.label, each.days_left(at)) for each in seen.held.legs]
    else:
        left = [
            (f"{each.asset} {each.name}: a leg", f"{each.asset} {each.name}", each.days_left) for each in seen.layers
        ]
    found = []
    for name, about, days in left:
        if days < EXPIRY_ALERT_DAYS:
            when = f"expires in {days:.1f} days" if days > 0 else "has expired"
            found.append(Alert("roll", f"{name} {when}", about, 2.0 - max(days, 0.0) / EXPIRY_ALERT_DAYS))
    return found


@alert_rule(
    MonitorSnapshot,
    kind="ledger",
    who="operator of this monitor",
    runbook="the-monitor-sees-nothing",
    step="read what it says: the place of the ledger, its quotes or an entry is wrong",
)
def ledger_unreadable(seen: MonitorSnapshot) -> list[Alert]:
    """The ledger cannot be read, or what it holds cannot be valued."""
    return [Alert("ledger", seen.ledger_trouble)] if seen.ledger_trouble else []


@alert_rule(
    MonitorSnapshot,
    kind="naked",
    severity=Severity.CRITICAL,
    who="treasury",
    runbook="margin-is-short",
    step="buy the wing, or buy the sold option back",
    worse_by=1.0,
)
def sold_without_wing(seen: MonitorSnapshot) -> list[Alert] | None:
    """A sold option has no wing that covers it; told again each time that its amount has doubled."""
    if _unknown(seen):
        return None
    naked = [each for each in seen.held.legs if each.naked] if seen.held else []
    text = "are sold without a wing of their expiry and kind beyond them: their loss has no end"
    return [
        Alert("naked", f"{number(each.naked, 4)} of {each.leg.label} {text}", each.leg.label, _doublings(each.naked))
        for each in naked
    ]


def _doublings(amount: float) -> float:
    """Return a size that grows by 1 where an amount doubles."""
    return 1.0 + max(math.log2(amount / LEAST_NAKED), 0.0)


@alert_rule(
    MonitorSnapshot,
    kind="margin",
    severity=Severity.CRITICAL,
    who="treasury",
    runbook="margin-is-short",
    step="send margin to the venue, or close sold legs",
    leave=0.8,
    worse_by=0.5,
)
def margin_short(seen: MonitorSnapshot) -> list[Alert] | None:
    """What is left on the account beyond the maintenance margin is less than a quarter of it; critical below 0."""
    if _unknown(seen):
        return None
    if seen.held is None or math.isnan(seen.held.margin_left_usd):
        return []
    left, kept = seen.held.margin_left_usd, seen.held.margin.maintenance
    near = kept * MARGIN_NEAR
    size = 2.0 - left / near if near else 3.0 if left < 0.0 else 0.0
    told_left, told_kept = (plain(number(usd)) for usd in (left, kept))
    text = f"{told_left} USD are left beyond a maintenance margin of about {told_kept}: add money, or close legs"
    return [Alert("margin", text, size=size, severity=Severity.WARNING if left > 0.0 else None)]


@alert_rule(
    MonitorSnapshot,
    kind="expiry",
    who="treasury",
    runbook="legs-expire",
    step="enter the delivery price of the venue: `alvh hedge close`",
)
def expiry_unsettled(seen: MonitorSnapshot) -> list[Alert] | None:
    """An expired option waits for its delivery price, or was delivered more than it was held."""
    if _unknown(seen):
        return None
    if seen.held is None:
        return []
    waiting, over = seen.held.ledger.account.unsettled, seen.held.ledger.account.over_delivered
    text = "has expired and waits for its delivery price: `alvh hedge close"
    return [
        Alert("expiry", f"{each.instrument} {text} {each.instrument} --delivery PRICE`", each.instrument)
        for each in waiting
    ] + [
        Alert(
            "expiry",
            f"{each.instrument} was delivered more than it was held: `alvh hedge list` says what to do",
            f"over {each.instrument}",
        )
        for each in over
    ]


@alert_rule(
    MonitorSnapshot,
    kind="orders",
    who="treasury",
    runbook="the-hedge-is-not-what-was-planned",
    step="do the orders that are left, and enter their fills: `alvh hedge import` or `record`",
)
def orders_left(seen: MonitorSnapshot) -> list[Alert] | None:
    """Orders of the plan on record are not done, so the hedge is not what was voted."""
    if seen.ledger_trouble and not seen.orders:
        return None
    left = [each for each in seen.orders if each.left]
    if not left:
        return []
    first = f"{left[0].side} {plain(number(left[0].left, 4))} {left[0].instrument}"
    return [
        Alert("orders", f"{len(left)} of {len(seen.orders)} orders of the plan on record are not done: {first}, ...")
    ]
