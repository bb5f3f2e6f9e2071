"""What hedge's steward proposes, HedgeParameters accepts; where limits held it back, one more is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache

import pytest
from governed import DAO, GUARDIAN, HASH, LIMITS, STEWARD, TIMELOCK, VALUES, changed
from hypothesis import event, given, settings
from hypothesis import strategies as st
from onchain import DAY, HOUR, ON_A_NODE, Deployed, named, running_node

from hedge.book.exposure import book_exposure
from hedge.decision.programme.answer import Answer, answer
from hedge.decision.programme.goal import Goal
from hedge.decision.programme.pose import Posed, pose
from hedge.decision.update.propose import propose_update
from hedge.instruments.listing import Listing
from hedge.policy.parameters import KEYS, LastChange, Limits, Parameters
from tests.hedge.sample_books import MARKET, chains, mixed_book

pytestmark = [pytest.mark.chain, pytest.mark.prop]
LIMITING = ("StepTooLarge", "OutOfBounds", "DriftTooLarge")
STEERED = (3, 4, 5, 6, 9, 13, 15, 19)
"""The keys whose limits can bind in the programme, which are those that the steward moves."""
EAGER = changed({2: 0, 8: 0})
"""First values without a target, where every cut is worth a vote: so steps of one unit are proposed too."""
SCENARIOS = 100


@pytest.fixture(scope="module")
def parameters() -> Iterator[Deployed]:
    """Deploy the parameters on a node of their own."""
    with running_node() as node:
        yield node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, EAGER, LIMITS)


@cache
def solved(values: tuple[int, ...], vol: float, scale: float, selling: bool) -> tuple[Posed, Answer]:
    """Pose and answer the programme of the mixed book under some parameters, at one volatility."""
    market, book = dataclasses.replace(MARKET, vols=dict.fromkeys(MARKET.vols, vol)), mixed_book()
    listings = {asset: Listing.of_chain(chain, {}) for asset, chain in chains(market).items()}
    value = book_exposure(book, market).value_usd
    goal = Goal(Parameters.from_values(values), value, scale, selling, scenarios=SCENARIOS)
    posed = pose(goal, book, market, listings)
    return posed, answer(posed.problem, 0.0)


@st.composite
def limits(draw: st.DrawFn, key: int) -> tuple[int, int, int, int, int]:
    """Draw limits around a key's first value."""
    bounds, value = KEYS[key], VALUES[key]
    least, most = draw(st.integers(bounds.least, value)), draw(st.integers(value, bounds.most))
    steps = st.one_of(st.integers(1, 3), st.integers(1, value), st.just(2**32 - 1))
    return least, most, draw(steps), draw(steps), draw(st.integers(HOUR, 2 * DAY))


@settings(ON_A_NODE, max_examples=30)
@given(
    drawn=st.tuples(*(limits(key) for key in STEERED)),
    vol=st.sampled_from([0.3, 0.6, 1.2]),
    scale=st.sampled_from([0.5, 1.0]),
    selling=st.booleans(),
    earlier=st.lists(st.booleans(), max_size=3),
    waited=st.sampled_from([HOUR, 2 * DAY, 2 * DAY, 7 * DAY]),
)
def test_proposed_update__any_limits_and_markets__accepted_and_no_step_larger_would_be(
    parameters: Deployed, drawn: tuple[tuple[int, ...], ...], vol: float, scale: float, selling: bool,
    earlier: list[bool], waited: int,
) -> None:  # fmt: skip
    """Both sides are integers, so the tolerance is zero: a second ends a cooldown or window, a unit a step or drift.

    Earlier votes (up or down) have used up a part of some windows.
    """
    node = parameters.node
    snapshot = node.request("evm_snapshot")
    for key, limit in zip(STEERED, drawn, strict=True):
        parameters.send("setLimits", key, limit, sender=TIMELOCK)
    for up in earlier:
        node.advance(2 * DAY)
        drift(parameters, up=up)
    node.advance(waited)
    known = {key: Limits(*limit) for key, limit in enumerate(parameters.read("allLimits"))}
    moved = zip(parameters.read("restsUntil"), known.values(), parameters.read("windows"), strict=True)
    last = {
        key: LastChange(until - limit.cooldown_seconds, least, most, ends_at)
        for key, (until, limit, (_, least, most, ends_at)) in enumerate(moved)
    }
    in_force = tuple(parameters.read("values"))
    posed, found = solved(in_force, vol, scale, selling)
    update = propose_update(posed, found, Parameters.from_values(in_force), known, last, node.now)
    changes = {change.key: change.new for change in update.changes}
    held_back = [change for change in update.changes if "; wanted " in change.reason]
    event(f"{len(changes)} changes, {len(held_back)} held back")
    if changes:
        assert refused(parameters, changes) == ""
    for change in held_back:
        further = change.new + (1 if change.new > change.old else -1)
        assert refused(parameters, {change.key: further}) in LIMITING
    resting = [skipped.key for skipped in update.skipped if skipped.reason.startswith("in cooldown")]
    for key in resting:
        assert parameters.read("readyAt", key, DAO) > node.now
    node.request("evm_revert", snapshot)


def drift(parameters: Deployed, *, up: bool) -> None:
    """Vote the largest step of every steered key that may make it alone."""
    for key in STEERED:
        old, (least, most, rise, fall, _) = parameters.read("value", key), parameters.read("limits", key)
        new = min(old + rise, most) if up else max(old - fall, least)
        if not refused(parameters, {key: new}):
            now = parameters.node.now
            parameters.send("applyUpdate", ([key], [new], now, now + DAY, HASH), sender=TIMELOCK)


def refused(parameters: Deployed, changes: dict[int, int]) -> str:
    """Return the error with which the contract would refuse a vote on these values now, empty if it would not."""
    now = parameters.node.now
    update = (list(changes), list(changes.values()), now, now + DAY, HASH)
    reason = bytes(parameters.read("check", update, DAO, now))
    return named(reason, parameters.abi).name if reason else ""
