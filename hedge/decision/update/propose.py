"""The steward: proposes to move the governed limits that bind, with their price, in place of rules of its own.

A limit that binds has a price: by how much one USD more of it lowers CVaR95. Where the tail stands above its target,
each key whose limit binds is moved as far as bounds, step, cooldown and window allow, the programme is solved again,
and the change stays if it alone takes enough off the tail. Where the target is reached nothing is proposed: more budget
would buy nothing that was asked for. So a proposal always changes trades and CVaR95, and says by how much. What binds
and is not proposed is listed with its reason. The contract checks everything again: this only spares the voters what
it would refuse.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import numpy as np

from hedge.decision.metrics import PlanMetrics
from hedge.decision.programme.answer import LEAST_PRICE, Answer
from hedge.decision.programme.goal import MONTH
from hedge.decision.programme.pose import Posed, rebudgeted
from hedge.decision.programme.solve import Optimum, least_cvar
from hedge.policy.parameters import KEY_IDS, KEYS, Key, LastChange, Limits, Parameters, broken_rules
from hedge.units import BPS

MOST_CHANGES: Final = 3
"""Keys that one proposal moves: the dearest limits first; the next plan sees what is left."""
FULL: Final = 1e-6
"""Units from its end within which a perpetual is said to be at it."""
REACH: Final = 2.0
"""By which a limit that binds is asked to grow; steps and bounds usually leave less."""


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
    """Hold a change that is not proposed, and why."""

    key: int
    wanted: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types, with the key's name."""
        return {"key": self.key, "name": KEYS[self.key].name, "wanted": self.wanted, "reason": self.reason}


@dataclass(frozen=True)
class ProposedUpdate:
    """Hold the steward's changes on their way to the contract, by key, and what is not proposed.

    Parameters
    ----------
    reason : why there is no change; empty where there is one. before, after : what the old and the new parameters lead
        to, lots aside; None where nothing changes.
    """

    changes: tuple[Change, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    reason: str = ""
    before: PlanMetrics | None = None
    after: PlanMetrics | None = None
    proposable: ClassVar[bool] = True

    def applied(self, parameters: Parameters) -> Parameters:
        """Return `parameters` with the changes made."""
        return parameters.replaced({change.key: change.new for change in self.changes})

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        effect = None
        if self.before and self.after:
            effect = {"before": self.before.to_dict(), "after": self.after.to_dict()}
        return {
            "proposable": self.proposable,
            "changes": [change.to_dict() for change in self.changes],
            "skipped": [skipped.to_dict() for skipped in self.skipped],
            "reason": self.reason,
            "effect": effect,
        }


def propose_update(
    posed: Posed | None,
    answer: Answer | None,
    parameters: Parameters,
    limits: Mapping[int, Limits] | None,
    last_changes: Mapping[int, LastChange] | None,
    at: int,
    asset: str = "",
) -> ProposedUpdate:
    """Propose the bounded changes of the keys whose limits bind.

    Parameters
    ----------
    posed, answer : of the plan under `parameters`; None for a book that is worth nothing.
    limits : per key id; None for the keys' absolute bounds without step or cooldown. A key without limits is skipped.
    last_changes : per key id. Where a key's is unknown, no window binds it, and it is skipped if it has a cooldown.
    at : unix seconds of the proposal. asset : whose own ledger the parameters are of; empty for the main one.
    """
    if posed is None or answer is None or answer.optimum is None:
        return ProposedUpdate(reason="no programme was solved: there is nothing to hedge, or nothing listed fits")
    problem, optimum = posed.problem, answer.optimum
    if optimum.cvar <= problem.target * (1.0 + 1e-6):
        return ProposedUpdate(reason="the target is reached within the budgets: no key is short")
    binding = _binding(posed, answer, asset)
    if not binding:
        return ProposedUpdate(reason="no limit of a key binds: more of any would change neither trades nor CVaR95")
    kept, skipped = dict[int, Change](), list[Skipped]()
    now, least = optimum, posed.goal.parameters.rehedge_bps / BPS * abs(optimum.cvar)
    for name, price in binding.items():
        key = KEYS[KEY_IDS[name]]
        old = parameters.to_values()[key.id]
        wanted = min(max(math.ceil(REACH * old), old + 1), key.most)
        found = _bounded(key, wanted, old, limits, (last_changes or {}).get(key.id), at)
        if isinstance(found, Skipped):
            skipped.append(found)
            continue
        tried = parameters.replaced({**{change.key: change.new for change in kept.values()}, key.id: found})
        then, why_not = _tried(posed, tried, now, least, asset)
        if why_not or len(kept) == MOST_CHANGES:
            skipped.append(Skipped(key.id, wanted, why_not or f"{MOST_CHANGES} keys are proposed already"))
            continue
        kept[key.id] = Change(key.id, old, found, _reason(name, price, wanted, found), "")
        now = then
    left = tuple(sorted(skipped, key=lambda skip: skip.key))
    if not kept:
        return ProposedUpdate((), left, _why_none(left))
    changes = _with_effects(posed, optimum, parameters, [kept[key] for key in sorted(kept)], asset)
    return ProposedUpdate(changes, left, "", _metrics(posed, optimum), _metrics(posed, now))


def _why_none(skipped: Iterable[Skipped]) -> str:
    return "; ".join(f"{KEYS[skip.key].name} to {skip.wanted}: {skip.reason}" for skip in skipped)


def _tried(posed: Posed, tried: Parameters, now: Optimum, least: float, asset: str) -> tuple[Optimum, str]:
    """Return the optimum under other parameters, and why they are not worth a vote; empty where they are."""
    broken = _broken(tried)
    if broken:
        return now, broken
    then = least_cvar(rebudgeted(posed, tried, asset), first=now.last)
    cut = max(now.cvar - then.cvar, 0.0)
    return then, "" if cut > least else f"it would take {cut:,.0f} USD off CVaR95, {least:,.0f} is worth a vote"


def _binding(posed: Posed, answer: Answer, asset: str) -> dict[str, float]:
    """Return a ledger's keys whose limits bind, with the price of the dearest of each; the dearest per step first."""
    found: dict[str, float] = {}
    values = posed.goal.of(asset).to_values()
    for limit in posed.problem.limits:
        price = answer.prices.get(limit.name, 0.0)
        if limit.asset == asset and limit.key and limit.key != "gammaCapBps" and price > LEAST_PRICE:
            found[limit.key] = max(price, found.get(limit.key, 0.0))
    assert answer.optimum is not None
    units, (low, high) = answer.optimum.units, posed.problem.bounds
    at_end = np.minimum(units - low, high - units) < FULL
    for column, full in zip(posed.columns, at_end & (low < high) & (units != 0.0), strict=True):
        if column.is_perpetual and full and posed.goal.whose(column.asset) == asset:
            found.setdefault("deltaShareBps", 0.0)
    weight = {name: price * max(values[KEY_IDS[name]], 1) for name, price in found.items()}
    return {name: found[name] for name in sorted(found, key=lambda name: (-weight[name], name))}


def _broken(parameters: Parameters) -> str:
    broken = broken_rules(parameters)
    return "would break " + "; ".join(map(str, broken)) if broken else ""


def _metrics(posed: Posed, optimum: Optimum) -> PlanMetrics:
    problem, month = posed.problem, MONTH / posed.goal.horizon_days
    return PlanMetrics(problem.tied_up(optimum.units), problem.expected_cost(optimum.units) * month, optimum.cvar)


def _reason(name: str, price: float, wanted: int, new: int) -> str:
    binds = f"it binds: 100 USD more would take {100.0 * price:,.0f} USD off CVaR95" if price else "it binds"
    return binds if new == wanted else f"{binds}; wanted {wanted}, limits give {new}"


def _with_effects(
    posed: Posed, optimum: Optimum, parameters: Parameters, changes: Sequence[Change], asset: str
) -> tuple[Change, ...]:
    """Return the changes with what the proposal would leave without each of them."""
    every = {change.key: change.new for change in changes}
    after = least_cvar(rebudgeted(posed, parameters.replaced(every), asset), first=optimum.last)
    found = []
    for change in changes:
        others = {key: new for key, new in every.items() if key != change.key}
        left_out = rebudgeted(posed, parameters.replaced(others), asset)
        without = least_cvar(left_out, first=optimum.last) if others else optimum
        found.append(replace(change, effect=_effect(posed, without, after)))
    return tuple(found)


def _effect(posed: Posed, without: Optimum, after: Optimum) -> str:
    """Return what the proposal leaves with and without a change, lots aside."""
    cost = [_metrics(posed, optimum).expected_cost_30d_usd for optimum in (without, after)]
    return (
        f"CVaR95 over {posed.goal.horizon_days:g} days would be {without.cvar:,.0f} USD without it and "
        f"{after.cvar:,.0f} with it, expected cost in 30 days {cost[0]:,.0f} and {cost[1]:,.0f} USD"
    )


def _bounded(
    key: Key, wanted: int, old: int, limits: Mapping[int, Limits] | None, last: LastChange | None, at: int
) -> int | Skipped:
    """Return the value inside bounds, steps and window, or why it is skipped."""
    limit = _unlimited(key) if limits is None else limits.get(key.id)
    if limit is None:
        return Skipped(key.id, wanted, "the key's limits are unknown")
    waiting = _cooldown(limit, last, at)
    if waiting:
        return Skipped(key.id, wanted, waiting)
    least, most = max(limit.min, old - limit.step_down), min(limit.max, old + limit.step_up)
    if last and at < last.window_ends_at:
        least, most = max(least, last.least), min(most, last.most)
    new = min(max(wanted, least), most)
    if new == old or least > most:
        return Skipped(key.id, wanted, f"bounds, steps and window leave {least} to {most}, now {old}")
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
