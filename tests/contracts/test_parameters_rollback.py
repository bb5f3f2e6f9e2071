"""Going back to voted values without a vote, and nowhere else."""

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
)
from onchain import DAY, GAS_LIMIT, HOUR, Deployed, Node, refusal

pytestmark = pytest.mark.chain
NOTHING = refusal("NothingToRollBack")


def roll_back(parameters: Deployed) -> dict[str, object]:
    """Roll back as the guardian and return the event."""
    (event,) = parameters.events(parameters.send("rollback", *WHOLE, sender=GUARDIAN), "RolledBack")
    return event


def test_rollback__at_genesis__nothing_to_roll_back(parameters: Deployed) -> None:
    assert parameters.refusal("rollback", *WHOLE, sender=GUARDIAN) == NOTHING


def test_rollback__bad_but_passed_update__the_tuple_voted_before(parameters: Deployed, node: Node) -> None:
    vote(parameters, {5: 900, 11: 1100, 21: 95})
    assert list(parameters.read("lastGood")) == VALUES
    event = roll_back(parameters)
    assert values(parameters) == list(parameters.read("voted")) == VALUES
    assert event["ofSteward"] is False
    assert list(event["oldValues"]) == changed({5: 900, 11: 1100, 21: 95})
    assert list(event["newValues"]) == VALUES
    assert parameters.refusal("rollback", *WHOLE, sender=GUARDIAN) == NOTHING


def test_rollback__votes_on_different_words__last_good_is_whole(parameters: Deployed) -> None:
    vote(parameters, {11: 1100})
    vote(parameters, {5: 900})
    assert list(parameters.read("lastGood")) == changed({11: 1100})
    vote(parameters, {21: 95})
    assert list(parameters.read("lastGood")) == changed({5: 900, 11: 1100})
    roll_back(parameters)
    assert values(parameters) == changed({5: 900, 11: 1100})


def test_rollback__steward_drift__the_voted_tuple_then_the_one_before(parameters: Deployed, node: Node) -> None:
    vote(parameters, {11: 1100})
    node.advance(DAY)
    steer(parameters, {5: 900, 11: 1200})
    steer(parameters, {11: 1300, 21: 95})
    assert list(parameters.read("voted")) == changed({11: 1100})
    assert roll_back(parameters)["ofSteward"] is True
    assert values(parameters) == changed({11: 1100})
    assert roll_back(parameters)["ofSteward"] is False
    assert values(parameters) == VALUES
    assert parameters.refusal("rollback", *WHOLE, sender=GUARDIAN) == NOTHING


def test_rollback__drift_that_the_steward_took_back__counts_as_none(parameters: Deployed, node: Node) -> None:
    steer(parameters, {11: 1100})
    steer(parameters, {11: 1000})
    assert values(parameters) == list(parameters.read("voted")) == VALUES
    assert parameters.refusal("rollback", *WHOLE, sender=GUARDIAN) == NOTHING


def test_rollback__vote_after_drift__last_good_is_the_vote_before_not_the_drift(parameters: Deployed) -> None:
    vote(parameters, {10: 2100})
    steer(parameters, {5: 900, 11: 1200})
    vote(parameters, {12: 22})
    assert list(parameters.read("voted")) == changed({5: 900, 10: 2100, 11: 1200, 12: 22})
    assert list(parameters.read("lastGood")) == changed({10: 2100})
    roll_back(parameters)
    assert values(parameters) == changed({10: 2100})


def test_rollback__vote_that_restates_the_voted_tuple__keeps_the_last_good_one(parameters: Deployed) -> None:
    vote(parameters, {10: 2100})
    steer(parameters, {11: 1200})
    vote(parameters, {11: 1000})
    assert values(parameters) == changed({10: 2100})
    assert list(parameters.read("lastGood")) == VALUES
    roll_back(parameters)
    assert values(parameters) == VALUES


def vote_in_one_block(parameters: Deployed, *votes: dict[int, int]) -> None:
    """Apply updates as the DAO, each observed a second after the one before, in one block."""
    node, seen = parameters.node, parameters.node.now
    node.advance(len(votes))
    node.request("evm_setAutomine", False)
    sent = []
    for number, changes in enumerate(votes, start=1):
        data = parameters.encode("applyUpdate", update(parameters, changes, observed_at=seen + number))
        call = {"from": TIMELOCK, "to": parameters.address, "data": data, "gas": hex(GAS_LIMIT // 8), "gasPrice": "0x0"}
        sent.append(node.request("eth_sendTransaction", call))
    node.request("evm_mine")
    node.request("evm_setAutomine", True)
    receipts = [node.request("eth_getTransactionReceipt", transaction) for transaction in sent]
    assert [receipt["status"] for receipt in receipts] == ["0x1"] * len(votes)
    assert len({receipt["blockNumber"] for receipt in receipts}) == 1


@pytest.mark.parametrize(
    "votes",
    [
        ({13: 1200}, {18: VALUES[18] + 1}),
        ({5: 1200}, {6: VALUES[6] + 1}),
        ({13: 900}, {11: VALUES[11] + 1}),
        ({18: VALUES[18] + 1}, {21: 95}),
        ({5: 1200}, {6: VALUES[6] + 1}, {13: 900}, {21: 95}),
    ],
    ids=["of different words", "of the first word", "of the second", "of the third", "of all"],
)
def test_rollback__votes_of_one_block__undone_as_one(parameters: Deployed, votes: tuple[dict[int, int], ...]) -> None:
    node = parameters.node
    vote(parameters, {10: 2100})
    before, version = changed({10: 2100}), parameters.read("version")
    vote_in_one_block(parameters, *votes)
    after = changed({key: value for changes in votes for key, value in changes.items()}, before)
    assert parameters.read("version") == version + len(votes)
    assert values(parameters) == list(parameters.read("voted")) == after
    assert list(parameters.read("lastGood")) == before
    roll_back(parameters)
    assert values(parameters) == list(parameters.read("voted")) == before
    assert parameters.refusal("rollback", *WHOLE, sender=GUARDIAN) == NOTHING
    node.advance(DAY)
    vote(parameters, {12: 22})
    assert list(parameters.read("lastGood")) == before


def test_rollback__vote_that_restates_and_another_in_its_block__undoes_that_other_alone(parameters: Deployed) -> None:
    vote(parameters, {10: 2100})
    steer(parameters, {11: 1200})
    vote_in_one_block(parameters, {11: 1000}, {12: 22})
    assert values(parameters) == changed({10: 2100, 12: 22})
    assert list(parameters.read("lastGood")) == changed({10: 2100})
    roll_back(parameters)
    assert values(parameters) == changed({10: 2100})


def test_rollback__while_paused__works(parameters: Deployed) -> None:
    vote(parameters, {11: 1100})
    parameters.send("pause", sender=GUARDIAN)
    roll_back(parameters)
    assert values(parameters) == VALUES


def test_rollback__larger_than_any_step_and_inside_the_cooldown__works(parameters: Deployed, node: Node) -> None:
    low = VALUES[11] - DOWN[11]
    assert VALUES[11] - low > UP[11]
    vote(parameters, {11: low})
    roll_back(parameters)
    assert values(parameters) == VALUES


def test_rollback__bounds_narrowed_since__refused_with_the_reason(parameters: Deployed, node: Node) -> None:
    vote(parameters, {11: 1200})
    parameters.send("setLimits", 11, (1100, 3000, 200, 500, DAY), sender=TIMELOCK)
    assert parameters.refusal("rollback", *WHOLE, sender=GUARDIAN) == refusal("OutOfBounds", 11, 1000, 1100, 3000)
    parameters.send("setLimits", 11, LIMITS[11], sender=TIMELOCK)
    roll_back(parameters)
    assert values(parameters) == VALUES


@pytest.mark.parametrize(("voted", "limits"), [(1200, (1000, 3000)), (900, (200, 1000))], ids=["min", "max"])
def test_rollback__to_a_value_at_the_edge_of_narrowed_bounds__works(
    parameters: Deployed, voted: int, limits: tuple[int, int]
) -> None:
    vote(parameters, {11: voted})
    parameters.send("setLimits", 11, (*limits, 200, 500, DAY), sender=TIMELOCK)
    parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    assert parameters.read("value", 11) == 1000


def test_rollback__of_a_vote__starts_the_cooldown_of_changed_keys_for_all(parameters: Deployed, node: Node) -> None:
    vote(parameters, {11: 1100})
    node.advance(DAY)
    roll_back(parameters)
    assert parameters.read("readyAt", 11, DAO) == node.now + DAY
    wanted = update(parameters, {11: 1100})
    expected = refusal("CoolingDown", 11, node.now, node.now + DAY)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected
    vote(parameters, {12: 22})


def test_rollback__of_the_first_key__is_judged_and_starts_its_cooldown(parameters: Deployed, node: Node) -> None:
    vote(parameters, {0: 1})
    node.advance(DAY)
    most = LIMITS[0][1]
    parameters.send("setLimits", 0, (1, most, 2, 2, HOUR), sender=TIMELOCK)
    assert parameters.refusal("rollback", *WHOLE, sender=GUARDIAN) == refusal("OutOfBounds", 0, 0, 1, most)
    parameters.send("setLimits", 0, LIMITS[0], sender=TIMELOCK)
    node.advance(HOUR)
    parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    assert parameters.read("readyAt", 0, DAO) == node.now + DAY


def test_rollback__of_the_last_key__is_judged_and_starts_its_cooldown(parameters: Deployed, node: Node) -> None:
    last = COUNT - 1
    vote(parameters, {last: 3100})
    node.advance(DAY)
    most = LIMITS[last][1]
    parameters.send("setLimits", last, (3050, most, 600, 600, HOUR), sender=TIMELOCK)
    assert parameters.refusal("rollback", *WHOLE, sender=GUARDIAN) == refusal("OutOfBounds", last, 3000, 3050, most)
    parameters.send("setLimits", last, LIMITS[last], sender=TIMELOCK)
    node.advance(HOUR)
    parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    assert parameters.read("readyAt", last, DAO) == node.now + DAY


def test_rollback__of_a_steward__makes_the_steward_wait_but_not_the_vote(parameters: Deployed, node: Node) -> None:
    steer(parameters, {11: 1100})
    node.advance(DAY)
    roll_back(parameters)
    assert parameters.read("readyAt", 11, BY_STEWARD) == node.now + DAY
    vote(parameters, {11: 1200})
    assert values(parameters) == changed({11: 1200})


def test_rollback__of_a_steward_after_the_dao_set_limits__does_not_make_the_dao_wait_again(
    parameters: Deployed, node: Node
) -> None:
    steer(parameters, {11: 1100})
    parameters.send("setLimits", 11, LIMITS[11], sender=TIMELOCK)
    limits_at = node.now
    node.advance(HOUR)
    roll_back(parameters)
    assert [parameters.read("readyAt", 11, source) for source in (DAO, BY_STEWARD)] == [limits_at + DAY] * 2
    start, _, _, ends_at = parameters.read("windows")[11]
    assert (start, ends_at) == (VALUES[11], node.now + 7 * DAY)


def test_rollback__of_a_vote__leaves_the_steward_s_mark_on_other_keys_and_makes_none(
    parameters: Deployed, node: Node
) -> None:
    steer(parameters, {5: 900})
    steer(parameters, {5: VALUES[5]})
    vote(parameters, {11: 1100})
    parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    rests = parameters.read("restsUntil")[12]
    assert [parameters.read("readyAt", key, DAO) for key in (5, 11, 12)] == [0, node.now + DAY, rests]


def test_rollback__then_a_replay_of_the_bad_update__not_newer(parameters: Deployed, node: Node) -> None:
    bad = update(parameters, {11: 1100})
    parameters.send("applyUpdate", bad, sender=TIMELOCK)
    roll_back(parameters)
    node.advance(2 * DAY)
    assert parameters.refusal("applyUpdate", bad, sender=TIMELOCK) == refusal("NotNewer", bad[2], bad[2])


def test_rollback__by_the_dao_or_the_steward__unauthorised(parameters: Deployed) -> None:
    role = parameters.read("GUARDIAN_ROLE")
    for sender in (TIMELOCK, STEWARD):
        expected = refusal("AccessControlUnauthorizedAccount", sender.lower(), role)
        assert parameters.refusal("rollback", *WHOLE, sender=sender) == expected


def test_version__every_change_of_the_tuple__counts_one(parameters: Deployed, node: Node) -> None:
    assert parameters.read("version") == 1
    vote(parameters, {11: 1100})
    steer(parameters, {10: 2100})
    roll_back(parameters)
    assert parameters.read("version") == 4
