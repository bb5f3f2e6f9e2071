"""Attacks 1 to 7, 26, 29 to 31, 33 to 36 and 43: on the parameters, each in one short story."""

from __future__ import annotations

import pytest
from governed import (
    BY_STEWARD,
    COUNT,
    DAO,
    DOWN,
    GUARDIAN,
    LIMITS,
    STEWARD,
    TIMELOCK,
    UP,
    VALUES,
    WHOLE,
    changed,
    steer,
    update,
    values,
    vote,
    widen,
)
from onchain import DAY, HOUR, Deployed, Node, named, refusal

from hedge.policy.parameters import KEYS

pytestmark = pytest.mark.chain
WING, MOST = 11, 2**32 - 1
ROBOT = "0x0000000000000000000000000000000000000b07"
_, WAITING, VETOED, LAPSED = range(4)


def test_attack_01__one_of_two_coupled_values_alone__rule_across_keys(parameters: Deployed) -> None:
    widen(parameters)
    found = parameters.refusal("applyUpdate", update(parameters, {3: 199}), sender=TIMELOCK)
    assert found == refusal("VolatilityPremiumCapAboveCashBudget", 200, 199)
    found = parameters.refusal("applyUpdate", update(parameters, {18: 3000}), sender=TIMELOCK)
    assert found == refusal("TailDeltaNotBelowVolatilityDelta", 3000, 3000)


def test_attack_02__largest_step_again_and_again__stops_at_three_steps_a_week(parameters: Deployed, node: Node) -> None:
    start, goal = VALUES[WING], VALUES[WING] + 3 * UP[WING]
    steer(parameters, {WING: start + UP[WING]})
    for step in (2, 3):  # whoever moves it
        vote(parameters, {WING: start + step * UP[WING]})
        node.advance(DAY)
    wanted = update(parameters, {WING: goal + 1})
    expected = refusal("DriftTooLarge", WING, start, goal + 1, 3 * UP[WING])
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected


@pytest.mark.parametrize("keys", [[11, 11], [12, 11]])
def test_attack_03__keys_twice_or_unsorted__not_ascending(parameters: Deployed, keys: list[int]) -> None:
    amounts = [{11: 1100, 12: 22}[key] for key in keys]
    wanted = (keys, amounts, parameters.node.now, parameters.node.now + DAY, bytes(32))
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal("KeysNotAscending", *keys)


def test_attack_04__first_update_right_after_deployment__cooling_down(node: Node) -> None:
    fresh = node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, VALUES, LIMITS)
    found = fresh.refusal("applyUpdate", update(fresh, {WING: 1100}), sender=TIMELOCK)
    assert found == refusal("CoolingDown", WING, node.now, node.now + DAY)


@pytest.mark.parametrize("key", range(len(KEYS)))
def test_attack_05__values_at_the_edges_of_type_and_bounds__out_of_bounds(parameters: Deployed, key: int) -> None:
    least, most = LIMITS[key][:2]
    outside = {value for value in (least - 1, most + 1, 0, MOST) if not least <= value <= most and value >= 0}
    for value in outside:
        found = parameters.refusal("applyUpdate", update(parameters, {key: value}), sender=TIMELOCK)
        assert found == refusal("OutOfBounds", key, value, least, most)


def test_attack_06__update_kept_until_the_market_has_turned__expired(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {WING: 1100}, expiry=node.now + DAY)
    node.advance(DAY + 1)
    found = parameters.refusal("applyUpdate", wanted, sender=TIMELOCK)
    assert found == refusal("Expired", wanted[3], node.now)


def test_attack_07__older_update_replayed_over_a_newer_one__not_newer(parameters: Deployed, node: Node) -> None:
    old = update(parameters, {WING: 1100})
    parameters.send("applyUpdate", old, sender=TIMELOCK)
    node.advance(DAY)
    vote(parameters, {WING: 1000})
    node.advance(DAY)
    newest = parameters.read("lastVotedObservedAt")
    assert parameters.refusal("applyUpdate", old, sender=TIMELOCK) == refusal("NotNewer", old[2], newest)


def test_attack_26__bad_but_passed_update__rolled_back_without_a_vote_and_not_to_be_replayed(
    parameters: Deployed, node: Node
) -> None:
    bad = update(parameters, {WING: VALUES[WING] - DOWN[WING]})
    parameters.send("applyUpdate", bad, sender=TIMELOCK)
    parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    assert values(parameters) == VALUES
    node.advance(2 * DAY)
    assert bytes(parameters.read("check", bad, DAO, node.now)) != b""


def test_attack_29__bounds_narrowed_around_a_steward_s_value__refused_so_that_the_rollback_stays(
    parameters: Deployed, node: Node
) -> None:
    voted = VALUES[WING]
    steer(parameters, {WING: voted + UP[WING]})
    narrow = (voted + 1, LIMITS[WING][1], 200, 500, DAY)
    expected = refusal("OutOfBounds", WING, voted, voted + 1, LIMITS[WING][1])
    assert parameters.refusal("setLimits", WING, narrow, sender=TIMELOCK) == expected
    parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    assert values(parameters) == VALUES
    steer(parameters, {WING: voted + UP[WING]})
    vote(parameters, {WING: voted + UP[WING]})  # who wants these bounds votes for the value first
    parameters.send("setLimits", WING, narrow, sender=TIMELOCK)


def test_attack_30__many_announcements_at_once__one_veto_refuses_them_all_for_good(
    parameters: Deployed, node: Node
) -> None:
    announced = [update(parameters, {key: value}) for key, value in ((WING, 1100), (12, 22), (13, 1100))]
    for wanted in announced:
        parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    (event,) = parameters.events(parameters.send("vetoAll", sender=GUARDIAN), "AllVetoed")
    assert event["guardian"] == GUARDIAN
    later = update(parameters, {5: 900})
    parameters.send("scheduleUpdate", later, sender=STEWARD)
    node.advance(DAY)
    for wanted in announced:
        name = parameters.read("hashUpdate", wanted)
        assert parameters.refusal("applyScheduled", wanted, sender=STEWARD) == refusal("Vetoed", name)
        assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD) == refusal("Vetoed", name)
        assert parameters.refusal("veto", name, sender=GUARDIAN) == refusal("Vetoed", name)
        assert parameters.read("scheduled", name)[0] == VETOED
    parameters.send("applyScheduled", later, sender=STEWARD)


def test_attack_31__announcement_overlooked_for_weeks__too_late_three_days_after_it_was_ready(
    parameters: Deployed, node: Node
) -> None:
    wanted = update(parameters, {WING: 1100}, expiry=node.now + 60 * DAY)
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    name, last = parameters.read("hashUpdate", wanted), node.now + 4 * DAY
    node.advance_to(last)
    assert parameters.read("scheduled", name)[0] == WAITING
    assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD).name == "AlreadyScheduled"
    node.advance_to(last + 1)
    assert parameters.read("scheduled", name)[0] == LAPSED
    expected = refusal("TooLate", name, last, last + 1)
    assert parameters.refusal("applyScheduled", wanted, sender=STEWARD) == expected
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)  # people see it again, and have a day to veto it
    assert parameters.refusal("applyScheduled", wanted, sender=STEWARD).name == "TooEarly"
    node.advance_to(node.now + 4 * DAY)
    parameters.send("veto", name, sender=GUARDIAN)  # one that lapsed can be refused too
    assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD) == refusal("Vetoed", name)


def test_attack_31__in_the_last_second_of_its_life__applies(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {WING: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    node.advance(4 * DAY - 1)
    parameters.send("applyScheduled", wanted, sender=STEWARD)
    assert parameters.read("value", WING) == 1100


ROLES = {"DEFAULT_ADMIN_ROLE": TIMELOCK, "STEWARD_ROLE": STEWARD, "GUARDIAN_ROLE": GUARDIAN, "AUTOMATION_ROLE": ROBOT}


@pytest.mark.parametrize("asked", ROLES)
def test_attack_33__role_granted_to_the_holder_of_another__refused_whenever_it_comes(
    parameters: Deployed, asked: str
) -> None:
    hashes = {name: parameters.read(name) for name in ROLES}
    parameters.send("grantRole", hashes["AUTOMATION_ROLE"], ROBOT, sender=TIMELOCK)
    for held, holder in ROLES.items():
        if held == asked:
            parameters.send("grantRole", hashes[asked], holder, sender=TIMELOCK)  # changes nothing
            continue
        expected = refusal("RoleHeldAlready", holder.lower(), hashes[held], hashes[asked])
        assert parameters.refusal("grantRole", hashes[asked], holder, sender=TIMELOCK) == expected
    parameters.send("revokeRole", hashes["AUTOMATION_ROLE"], ROBOT, sender=TIMELOCK)
    parameters.send("grantRole", hashes[asked], ROBOT, sender=TIMELOCK)


TARGET, CASH, GAMMA, CONDORS, PREMIUM = 2, 3, 7, 13, 15
NOTHING = refusal("NothingToRollBack")


def test_attack_34__one_bad_key_among_derisked_ones__goes_back_without_them(parameters: Deployed, node: Node) -> None:
    vote(parameters, {GAMMA: 9000, CONDORS: 1200})  # less gamma is sold, and more condors
    steer(parameters, {TARGET: 200})
    every = list(range(COUNT))
    assert parameters.refusal("rollback", [TARGET, GAMMA], False, sender=GUARDIAN) == NOTHING
    (event,) = parameters.events(parameters.send("rollback", every, False, sender=GUARDIAN), "RolledBack")
    assert values(parameters) == list(event["newValues"]) == changed({TARGET: 200, GAMMA: 9000})
    assert event["ofSteward"] is False
    assert list(parameters.read("voted")) == changed({GAMMA: 9000})
    assert parameters.refusal("rollback", every, False, sender=GUARDIAN) == NOTHING
    parameters.send("rollback", [GAMMA], True, sender=GUARDIAN)  # who asks for it gets it
    assert values(parameters) == changed({TARGET: 200})
    parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    assert values(parameters) == list(parameters.read("voted")) == VALUES
    assert parameters.refusal("rollback", *WHOLE, sender=GUARDIAN) == NOTHING


def test_attack_34__bad_keys_of_steward_and_vote__each_goes_back_alone(parameters: Deployed, node: Node) -> None:
    vote(parameters, {WING: 1100, CONDORS: 1200})
    steer(parameters, {TARGET: 310, GAMMA: 11_000})
    parameters.send("rollback", [CONDORS], False, sender=GUARDIAN)
    assert values(parameters) == changed({WING: 1100, GAMMA: 11_000, TARGET: 310})
    assert list(parameters.read("voted")) == changed({WING: 1100})
    parameters.send("rollback", [GAMMA, GAMMA, WING], False, sender=GUARDIAN)  # the steward's first, then the vote's
    assert values(parameters) == changed({WING: 1100, TARGET: 310})
    assert parameters.refusal("rollback", [], True, sender=GUARDIAN) == NOTHING
    assert parameters.refusal("rollback", [COUNT], True, sender=GUARDIAN) == refusal("UnknownKey", COUNT, COUNT)


def test_attack_34__half_of_two_coupled_keys__refused_until_both_are_named(parameters: Deployed, node: Node) -> None:
    vote(parameters, {CASH: 200})
    node.advance(DAY)
    vote(parameters, {CASH: 240, PREMIUM: 240})
    expected = refusal("VolatilityPremiumCapAboveCashBudget", 240, 200)
    assert parameters.refusal("rollback", [CASH], True, sender=GUARDIAN) == expected
    parameters.send("rollback", [CASH, PREMIUM], True, sender=GUARDIAN)
    assert values(parameters) == changed({CASH: 200})


def test_attack_34__half_of_what_a_steward_changed_of_two_coupled_keys__refused_until_both_are_named(
    parameters: Deployed, node: Node
) -> None:
    steer(parameters, {CASH: 300, PREMIUM: 240})
    node.advance(DAY)
    steer(parameters, {PREMIUM: 280})
    expected = refusal("VolatilityPremiumCapAboveCashBudget", 280, 250)
    assert parameters.refusal("rollback", [CASH], True, sender=GUARDIAN) == expected
    parameters.send("rollback", [CASH, PREMIUM], True, sender=GUARDIAN)
    assert values(parameters) == VALUES


def test_attack_43__vote_undone_in_part_behind_a_steward__leaves_a_way_back_from_what_the_steward_does(
    parameters: Deployed, node: Node
) -> None:
    vote(parameters, {CASH: 300, PREMIUM: 240})
    steer(parameters, {PREMIUM: 200})
    values_that_hold = changed({CASH: 300, PREMIUM: 200})
    assert values(parameters) == values_that_hold
    # Cash alone would leave 240 of a budget of 250 voted; 240 of 200 it would not.
    vote(parameters, {CASH: 250, PREMIUM: 240})
    node.advance(DAY)
    vote(parameters, {CASH: 300, PREMIUM: 280})
    steer(parameters, {PREMIUM: 230})
    expected = refusal("VolatilityPremiumCapAboveCashBudget", 280, 250)  # of the voted tuple: in force are 230 of 250
    assert parameters.refusal("rollback", [CASH], True, sender=GUARDIAN) == expected
    parameters.send("rollback", [CASH, PREMIUM], True, sender=GUARDIAN)  # the steward's first
    assert values(parameters) == changed({CASH: 300, PREMIUM: 280})
    parameters.send("rollback", [CASH, PREMIUM], True, sender=GUARDIAN)
    assert values(parameters) == list(parameters.read("voted")) == changed({CASH: 250, PREMIUM: 240})


def test_attack_34__direction_of_each_key__is_that_of_hedge(parameters: Deployed) -> None:
    assert [("none", "down", "up")[parameters.read("derisk", key)] for key in range(COUNT)] == [
        key.derisk for key in KEYS
    ]
    assert parameters.refusal("derisk", COUNT) == refusal("UnknownKey", COUNT, COUNT)


def test_attack_35__short_cooldown_and_wide_steps_voted_together__the_longer_rest_runs_first(
    parameters: Deployed, node: Node
) -> None:
    least, most = LIMITS[WING][:2]
    anything = (least, most, MOST, MOST, HOUR)
    parameters.send("setLimits", WING, anything, sender=TIMELOCK)
    ready = node.now + DAY
    parameters.send("setLimits", WING, anything, sender=TIMELOCK)  # the old cooldown is an hour now
    node.advance(HOUR)
    wanted = update(parameters, {WING: most})
    expected = refusal("CoolingDown", WING, node.now, ready)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected
    node.advance_to(ready)
    parameters.send("applyUpdate", wanted, sender=TIMELOCK)


def test_attack_35__limits_then_a_rollback__does_not_end_the_rest_of_the_limits(
    parameters: Deployed, node: Node
) -> None:
    vote(parameters, {WING: 1100})
    node.advance(DAY)
    parameters.send("setLimits", WING, (*LIMITS[WING][:2], MOST, MOST, HOUR), sender=TIMELOCK)
    ready = node.now + DAY
    parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    assert parameters.read("readyAt", WING, DAO) == ready


@pytest.mark.parametrize("key", range(COUNT))
def test_attack_35__bounds_beyond_those_of_the_code__refused_whatever_is_voted(parameters: Deployed, key: int) -> None:
    least, most, *others = LIMITS[key]
    assert parameters.read("outerBounds", key) == [KEYS[key].least, KEYS[key].most]
    for bounds in ((least, most + 1), (least, MOST), *([(least - 1, most)] if least else [])):
        expected = refusal("BeyondOuterBounds", key, *bounds, least, most)
        assert parameters.refusal("setLimits", key, (*bounds, *others), sender=TIMELOCK) == expected


def test_attack_36__steward_whose_keys_were_stolen__suspended_while_everything_else_goes_on(
    parameters: Deployed, node: Node
) -> None:
    waiting, other = update(parameters, {WING: 1100}), update(parameters, {CONDORS: 1100})
    parameters.send("scheduleUpdate", waiting, sender=STEWARD)
    (event,) = parameters.events(parameters.send("suspendSteward", sender=GUARDIAN), "StewardSuspended")
    assert (event["guardian"], parameters.read("stewardSuspended")) == (GUARDIAN, True)
    suspended = refusal("StewardIsSuspended")
    assert parameters.refusal("scheduleUpdate", other, sender=STEWARD) == suspended
    assert named(bytes(parameters.read("check", other, BY_STEWARD, node.now)), parameters.abi) == suspended
    assert parameters.refusal("suspendSteward", sender=GUARDIAN) == suspended
    node.advance(DAY)
    assert parameters.refusal("applyScheduled", waiting, sender=STEWARD) == suspended
    for sender in (STEWARD, GUARDIAN):
        expected = refusal("AccessControlUnauthorizedAccount", sender.lower(), bytes(32))
        assert parameters.refusal("resumeSteward", sender=sender) == expected
    vote(parameters, {TARGET: 290})  # the DAO, the automation and the guardian go on
    parameters.send("grantRole", parameters.read("AUTOMATION_ROLE"), ROBOT, sender=TIMELOCK)
    parameters.send("applyAutomated", update(parameters, {GAMMA: 9500}), sender=ROBOT)
    parameters.send("rollback", [GAMMA], True, sender=GUARDIAN)
    parameters.events(parameters.send("resumeSteward", sender=TIMELOCK), "StewardResumed")
    assert parameters.refusal("resumeSteward", sender=TIMELOCK) == refusal("StewardNotSuspended")
    steer(parameters, {CONDORS: 1100})
    assert values(parameters) == changed({TARGET: 290, CONDORS: 1100})


def test_attack_36__suspension_by_the_dao_or_a_stranger__unauthorised(parameters: Deployed) -> None:
    role = parameters.read("GUARDIAN_ROLE")
    for sender in (TIMELOCK, STEWARD, ROBOT):
        expected = refusal("AccessControlUnauthorizedAccount", sender.lower(), role)
        assert parameters.refusal("suspendSteward", sender=sender) == expected


def test_attack_36__announced_before_a_short_suspension__applies_after_it_and_lapses_in_a_long_one(
    parameters: Deployed, node: Node
) -> None:
    soon, late = update(parameters, {WING: 1100}), update(parameters, {CONDORS: 1100})
    for wanted in (soon, late):
        parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    parameters.send("suspendSteward", sender=GUARDIAN)
    node.advance(2 * DAY)
    parameters.send("resumeSteward", sender=TIMELOCK)
    parameters.send("applyScheduled", soon, sender=STEWARD)
    parameters.send("suspendSteward", sender=GUARDIAN)
    node.advance(3 * DAY)
    parameters.send("resumeSteward", sender=TIMELOCK)
    assert parameters.refusal("applyScheduled", late, sender=STEWARD).name == "TooLate"
