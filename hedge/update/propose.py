"""The steward: deterministic rules that move the governed parameters toward what the book and the market ask for.

A rule names a target and why. The target is rounded (direction stated per rule), then brought inside the contract's
bounds, step limits, cooldowns and windows; a change is dropped if the tuple would break a rule across keys. What is not
proposed is listed with its reason. The contract checks everything again: these rules only spare the voters what it
would refuse.

Rules
-----
ramp         the start at 90 % of the book's value-weighted index, rounded down to 100, but never above the first
             value on chain; full size `RAMP_SPREAD_BPS` above it. In calm markets the hedge begins before volatility
             rises; in a storm the ramp stays where it was, or the hedge would shrink as the index climbs: it moves up
             only while the index is known to be below `STORM` of its own past.
coverage     the share of CVaR95 above its cap, rounded up to 100, never below `LEAST_COVERAGE_BPS` of the regime: the
             tail is covered by more when signals worsen.
condor size  what the risk rules of the gate allow, as a share of the assets' value, rounded down to 50.
notionals    the overlay's the book's value, rounded up to 50,000 USD; the condor's its size cap in USD, up to 10,000.
premiums     half of the budget for the tail and a third for volatility, rounded down to 5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from hedge.book.exposure import BookExposure
from hedge.layers.gate import GateReport
from hedge.layers.volatility import ramp
from hedge.market import Market
from hedge.policy.parameters import KEY_IDS, KEYS, Key, LastChange, Limits, Parameters, broken_rules
from hedge.signals.signal import State
from hedge.units import BPS

CONDOR_SIZE: Final = KEY_IDS["condorSizeCapBps"]
CONDOR_NOTIONAL: Final = KEY_IDS["condorNotionalCapUsd"]
RAMP_START: Final = KEY_IDS["rampStartVolBps"]
RAMP_FULL: Final = KEY_IDS["rampFullVolBps"]
VOLATILITY_PREMIUM: Final = KEY_IDS["volatilityPremiumCapBps"]
COVERAGE: Final = KEY_IDS["tailCoverageBps"]
TAIL_PREMIUM: Final = KEY_IDS["tailPremiumCapBps"]
OVERLAY_NOTIONAL: Final = KEY_IDS["overlayNotionalCapUsd"]

RAMP_SPREAD_BPS: Final = 3500
"""Width of the ramp, 35 points of volatility: that of the first values on chain."""
STORM: Final = 0.75
"""Percentile of the index in its own past from which the ramp is not moved up: where its state becomes stressed."""
LEAST_COVERAGE_BPS: Final = {State.COMPRESSED: 5000, State.NORMAL: 5000, State.STRESSED: 6000, State.CRISIS: 7500}
"""Coverage of the tail loss that the steward never asks to go below, by regime."""


class Target(NamedTuple):
    """Hold what a rule wants of one key, already rounded; smaller moves than `material` are not worth a vote.

    `refused` says why the steward does not propose it all the same; empty where it does.
    """

    key: int
    value: int
    material: int
    reason: str
    refused: str = ""


@dataclass(frozen=True)
class Change:
    """Hold one proposed change of a key, in the key's unit, with why and what it does."""

    key: int
    old: int
    new: int
    reason: str
    effect: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types, with the key's name and unit."""
        key = KEYS[self.key]
        return {
            "key": self.key,
            "name": key.name,
            "unit": key.unit,
            "old": self.old,
            "new": self.new,
            "reason": self.reason,
            "effect": self.effect,
        }


@dataclass(frozen=True)
class Skipped:
    """Hold a target that is not proposed, and why."""

    key: int
    wanted: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types, with the key's name."""
        return {"key": self.key, "name": KEYS[self.key].name, "wanted": self.wanted, "reason": self.reason}


@dataclass(frozen=True)
class ProposedUpdate:
    """Hold the steward's changes on their way to the contract, by key, and the targets that are not.

    Parameters
    ----------
    reason : why there is no change; empty where there is one.
    """

    changes: tuple[Change, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    reason: str = ""
    proposable: ClassVar[bool] = True

    def applied(self, parameters: Parameters) -> Parameters:
        """Return `parameters` with the changes made."""
        return parameters.replaced({change.key: change.new for change in self.changes})

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {
            "proposable": self.proposable,
            "changes": [change.to_dict() for change in self.changes],
            "skipped": [skipped.to_dict() for skipped in self.skipped],
            "reason": self.reason,
        }


def propose_update(
    exposure: BookExposure,
    market: Market,
    parameters: Parameters,
    limits: Mapping[int, Limits] | None,
    last_changes: Mapping[int, LastChange] | None,
    gate: GateReport,
    at: int,
    regime: State = State.NORMAL,
    *,
    index_percentile: float = math.nan,
) -> ProposedUpdate:
    """Propose the bounded changes that the module's rules ask for.

    Parameters
    ----------
    limits : per key id; None for the keys' absolute bounds without step or cooldown. A key without limits is skipped.
    last_changes : per key id. Where a key's is unknown, no window binds it, and it is skipped if it has a cooldown.
    gate : of the plan under `parameters`. at : unix seconds of the proposal. regime : that the protection is sized by.
    index_percentile : of the book's index in its own past, 0 to 1; NaN where it is not known.

    Returns
    -------
    ProposedUpdate : empty where nothing is worth a change, or the book is worth nothing.
    """
    if exposure.value_usd <= 0.0:
        return ProposedUpdate(reason="the book is worth nothing")
    allowed: dict[int, tuple[int, Target]] = {}
    skipped: list[Skipped] = []
    for target in _targets(exposure, market, parameters, gate, regime, index_percentile):
        old = parameters.to_values()[target.key]
        if abs(target.value - old) < target.material:
            continue
        found = _bounded(target, old, limits, (last_changes or {}).get(target.key), at)
        if isinstance(found, Skipped):
            skipped.append(found)
        else:
            allowed[target.key] = (found, target)
    kept, dropped = _consistent(parameters, allowed)
    after = parameters.replaced({key: allowed[key][0] for key in kept})
    changes = tuple(_change(key, parameters, after, allowed[key][1], exposure, market) for key in sorted(kept))
    left = tuple(sorted([*skipped, *dropped], key=lambda skip: skip.key))
    return ProposedUpdate(changes, left, "" if changes else _why_none(left))


def _why_none(skipped: tuple[Skipped, ...]) -> str:
    """Return why nothing changes."""
    if not skipped:
        return "every key is as near to what the rules ask for as a change is worth"
    return "; ".join(f"{KEYS[skip.key].name} to {skip.wanted}: {skip.reason}" for skip in skipped)


def _targets(
    exposure: BookExposure, market: Market, parameters: Parameters, gate: GateReport, regime: State, percentile: float
) -> list[Target]:
    """Return every rule's target, the steward's whole opinion."""
    targets = [*_ramp(exposure, market, parameters, percentile), _coverage(gate, regime), *_premiums(parameters)]
    size = _condor_size(exposure, gate)
    if size:
        targets.append(size)
    return targets + _notionals(exposure, parameters, size)


def index_level(exposure: BookExposure, market: Market) -> float:
    """Return the value-weighted index of the book's assets (decimal)."""
    value = math.fsum(total.value_usd for total in exposure.assets.values())
    return math.fsum(total.value_usd * market.vol(total.asset) for total in exposure.assets.values()) / value


def _ramp(exposure: BookExposure, market: Market, parameters: Parameters, percentile: float) -> list[Target]:
    level, highest = index_level(exposure, market), KEYS[RAMP_START].initial
    start, now = min(_down(0.9 * level * BPS, 100), highest), parameters.ramp_start_vol_bps
    reason, refused = f"the book's index is at {level:.1%}", ""
    if not math.isnan(percentile):
        reason += f", at {percentile:.0%} of its own past"
    if start > now and not percentile < STORM:
        refused = f"the ramp moves up only while the index is known to be below {STORM:.0%} of its own past"
    begins = f"{reason}; the volatility hedge begins at 90 % of it, at {highest / BPS:.0%} at the latest"
    full = f"{reason}; full size 35 points above the start"
    return [
        Target(RAMP_START, start, 500, begins, refused),
        Target(RAMP_FULL, start + RAMP_SPREAD_BPS, 500, full, refused),
    ]


def _coverage(gate: GateReport, regime: State) -> Target:
    risk = gate.risk
    above = max(1.0 - risk.cap / risk.unhedged, 0.0) if risk.unhedged > 0.0 else 0.0
    wanted = max(_up(above * BPS, 100), LEAST_COVERAGE_BPS[regime])
    reason = f"unhedged CVaR95 of {risk.unhedged:,.0f} USD is {above:.1%} above its cap of {risk.cap:,.0f}"
    if above == 0.0:
        reason = f"unhedged CVaR95 of {risk.unhedged:,.0f} USD is within its cap of {risk.cap:,.0f}"
    return Target(COVERAGE, wanted, 250, f"{reason}; {regime}: {LEAST_COVERAGE_BPS[regime] / BPS:.0%} at least")


def _premiums(parameters: Parameters) -> list[Target]:
    budget = parameters.budget_bps
    return [
        Target(TAIL_PREMIUM, _down(budget / 2, 5), 5, f"half of the budget of {budget} bps"),
        Target(VOLATILITY_PREMIUM, _down(budget / 3, 5), 5, f"a third of the budget of {budget} bps"),
    ]


def _condor_size(exposure: BookExposure, gate: GateReport) -> Target | None:
    """Return the condor size target, or None where no condor is listed: the gate says nothing then."""
    value = math.fsum(exposure.assets[condor.underlying].value_usd for condor in gate.condors)
    if value <= 0.0:
        return None
    allowed = math.fsum(condor.risk_units * exposure.assets[condor.underlying].spot for condor in gate.condors)
    share = _down(allowed / value * BPS, 50)
    return Target(CONDOR_SIZE, share, 100, f"net gamma and CVaR95 allow condors on {allowed:,.0f} USD of notional")


def _notionals(exposure: BookExposure, parameters: Parameters, size: Target | None) -> list[Target]:
    value = exposure.value_usd
    overlay = _up(value, 50_000)
    share = size.value if size else parameters.condor_size_cap_bps
    condor = _up(share / BPS * value, 10_000)
    return [
        Target(OVERLAY_NOTIONAL, overlay, max(overlay // 10, 1), f"the book is worth {value:,.0f} USD"),
        Target(CONDOR_NOTIONAL, condor, max(condor // 10, 1), f"the size cap of {share} bps of {value:,.0f} USD"),
    ]


def _bounded(
    target: Target, old: int, limits: Mapping[int, Limits] | None, last: LastChange | None, at: int
) -> int | Skipped:
    """Return the target inside bounds, steps and window, or why it is skipped."""
    key = KEYS[target.key]
    if target.refused:
        return Skipped(key.id, target.value, target.refused)
    limit = _unlimited(key) if limits is None else limits.get(key.id)
    if limit is None:
        return Skipped(key.id, target.value, "the key's limits are unknown")
    waiting = _cooldown(limit, last, at)
    if waiting:
        return Skipped(key.id, target.value, waiting)
    least, most = max(limit.min, old - limit.step_down), min(limit.max, old + limit.step_up)
    if last and at < last.window_ends_at:
        least, most = max(least, last.least), min(most, last.most)
    new = min(max(target.value, least), most)
    if new == old or least > most:
        return Skipped(key.id, target.value, f"bounds, steps and window leave {least} to {most}, now {old}")
    return new


def _unlimited(key: Key) -> Limits:
    return Limits(key.least, key.most, key.most, key.most, 0)


def _cooldown(limit: Limits, last: LastChange | None, at: int) -> str:
    """Return why the key cannot change yet, empty if it can."""
    if limit.cooldown_seconds == 0:
        return ""
    if last is None:
        return f"the time of its last update is unknown, its cooldown is {limit.cooldown_seconds} s"
    left = last.at + limit.cooldown_seconds - at
    return f"in cooldown for another {left} s" if left > 0 else ""


def _consistent(parameters: Parameters, allowed: Mapping[int, tuple[int, Target]]) -> tuple[set[int], list[Skipped]]:
    """Return changes, added one or two at a time in key order, whose tuple breaks no rule across keys; and the rest.

    Two at a time, because rules bind pairs: a ramp that shifts may pass only as a whole.
    """
    kept: set[int] = set()
    groups = [{key} for key in sorted(allowed)] + [{a, b} for a in sorted(allowed) for b in sorted(allowed) if a < b]
    progress = True
    while progress:
        progress = False
        for group in groups:
            tried = kept | group
            if tried != kept and not broken_rules(parameters.replaced({key: allowed[key][0] for key in tried})):
                kept, progress = tried, True
    dropped = []
    for key in sorted(allowed.keys() - kept):
        broken = broken_rules(parameters.replaced({changed: allowed[changed][0] for changed in kept | {key}}))
        dropped.append(Skipped(key, allowed[key][1].value, "would break " + "; ".join(map(str, broken))))
    return kept, dropped


def _change(
    key: int, before: Parameters, after: Parameters, target: Target, exposure: BookExposure, market: Market
) -> Change:
    old, new = before.to_values()[key], after.to_values()[key]
    reason = target.reason
    if new != target.value:
        reason += f"; wanted {target.value}, limits give {new}"
    return Change(key, old, new, reason, _effect(key, before, after, exposure, market))


def _effect(key: int, before: Parameters, after: Parameters, exposure: BookExposure, market: Market) -> str:
    """Return what the change does, in numbers of this book; the ramp's is that of the whole update."""
    old, new, value = before.to_values()[key], after.to_values()[key], exposure.value_usd
    if key in (RAMP_START, RAMP_FULL):
        level = index_level(exposure, market)
        shares = f"{ramp(level, before):.1%} to {ramp(level, after):.1%}"
        return f"at an index of {level:.1%} the volatility hedge goes from {shares} of full size"
    if key == COVERAGE:
        loss = math.fsum(total.tail_loss_usd for total in exposure.assets.values())
        return f"tail loss to cover goes from {old / BPS * loss:,.0f} to {new / BPS * loss:,.0f} USD"
    if key in (CONDOR_NOTIONAL, OVERLAY_NOTIONAL):
        return f"largest notional goes from {old:,} to {new:,} USD"
    what = "largest condor notional" if key == CONDOR_SIZE else "largest premium"
    return f"{what} goes from {old / BPS * value:,.0f} to {new / BPS * value:,.0f} USD"


def _down(value: float, grain: int) -> int:
    return math.floor(value / grain + 1e-9) * grain


def _up(value: float, grain: int) -> int:
    return math.ceil(value / grain - 1e-9) * grain
