"""What is rehearsed runs at the second in which it would run, and what was executed is read back: on two chains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.chain.codec import encode_call
from bridge.governance.steward import read_pending_updates
from bridge.governance.updates import Update, build_update, update_call
from bridge.local.accounts import account, accounts
from bridge.plans.records import PlanRecord, newest_record
from bridge.units import utc
from tests.bridge.lying_node import Answering, Asked, LyingNode, lying_node
from tests.bridge.steps import TERMS, act_as, act_through_safe, parameters_call, with_changes
from tests.e2e.places import Place, through
from tests.e2e.test_commands import assert_one_line_error
from tests.e2e.test_made_up import quotes

DAY = 86_400
CONDOR_CAP = 13
PATH = TERMS.voting_delay + TERMS.voting_period + TERMS.timelock_delay
SIGNERS = ("set-signers", "ETH", "3", *(signer.address for signer in accounts("reporter")))


def planned(place: Place, folder: Path) -> PlanRecord:
    """Plan on quotes of now and return what is kept of it."""
    told = place.run("plan", "--json", "--chain", quotes(place.world, folder, name="quotes.csv"))
    assert told.code == 0, told
    return newest_record(folder / ".alvh")


def simulated(node: LyingNode) -> list[int]:
    """Return the times at which calls were run, where they were run at another time than their block's."""
    return [int(params[3]["time"], 16) for params in node.asked("eth_call") if len(params) == 4]


def passed_to(place: Place, second: int) -> None:
    """Mine a block of that time."""
    place.pass_time(second - place.world.chain.head().timestamp)
    assert place.world.chain.head().timestamp == second


def test_propose__key_that_rests_now_and_no_longer_when_it_would_run__is_possible(place: Place, tmp_path: Path) -> None:
    now = place.world.chain.head().timestamp
    nudge = build_update({CONDOR_CAP: 999}, now, DAY, "0x" + "11" * 32).argument()
    timelock = place.world.deployment.address("HedgeTimelock")
    act_as(place.world, timelock, *parameters_call(place.world, "applyUpdate", nudge))
    with_changes(planned(place, tmp_path), {CONDOR_CAP: 900}).save(tmp_path / ".alvh")
    with lying_node(place.world.chain.url) as node, through(place, tmp_path, node):
        told = place.run("propose", "--json", role="operator")
    assert told.code == 0, told
    head = place.world.chain.head().timestamp
    assert told.json()["executable_at"] == head + PATH
    assert simulated(node) == [head + PATH, head + 1]  # the execution, and the proposal itself in the next block


def test_propose__expires_before_it_could_run__is_refused_with_that_second(place: Place, tmp_path: Path) -> None:
    with (tmp_path / "alvh.toml").open("a", encoding="utf-8") as settings:
        settings.write("[governance]\nupdate_life_seconds = 3600\n")
    planned(place, tmp_path)
    said = f"the update was refused by the contract: Expired(expiry={utc(place.world.chain.head().timestamp + 3600)}, "
    then = f"at={utc(place.world.chain.head().timestamp + PATH)})"
    assert_one_line_error(place.run("propose", role="operator"), 1, said + then)


def test_gov_propose__action__is_run_for_the_second_in_which_it_can_be_executed(place: Place, tmp_path: Path) -> None:
    with lying_node(place.world.chain.url) as node, through(place, tmp_path, node):
        told = place.run("gov", "propose", *SIGNERS, "--json", role="operator").json()
    head = place.world.chain.head().timestamp
    assert (told["executable_at"], simulated(node)) == (head + PATH, [head + PATH, head + 1])


def test_gov_show__update_that_expires_on_its_way__says_that_it_would_fail_and_when(place: Place) -> None:
    snapshot, operator = place.world.snapshot(), account("operator")
    update = build_update({CONDOR_CAP: 900}, snapshot.block.timestamp, DAY, "0x" + "11" * 32)
    to, data = update_call(snapshot, update)
    snapshot.send(operator, "HedgeGovernor", "propose", [to], [0], [bytes.fromhex(data[2:])], "late")
    (number,) = [found["id"] for found in place.run("gov", "list", "--json").json()]
    told = place.run("gov", "show", number)
    assert told.code == 0
    first = place.run("gov", "show", number, "--json").json()["deadline"] + 1 + TERMS.timelock_delay
    assert f"in today's state it would fail at {utc(first)}: " in told.out
    assert f"Expired(expiry={utc(update.expiry)}, at={utc(first)})" in " ".join(told.out.split())


def test_execute__next_second_is_the_first_one__is_possible_and_a_second_earlier_not(place: Place) -> None:
    number = str(place.sent("gov", "propose", *SIGNERS, role="operator")["proposal"])
    place.pass_time(TERMS.voting_delay + 1)
    for voter in ("voter-1", "voter-2"):
        place.sent("gov", "vote", number, "for", role=voter)
    place.pass_time(TERMS.voting_period + 1)
    place.sent("gov", "queue", number, role="outsider")
    eta = place.run("gov", "show", number, "--json").json()["eta"]
    passed_to(place, eta - 2)
    assert_one_line_error(place.run("gov", "execute", number), 1, "TimelockUnexpectedOperationState")
    passed_to(place, eta - 1)
    assert place.run("gov", "execute", number).code == 0


def announced(place: Place, life: int) -> tuple[str, Update, int]:
    """Let the steward announce an update; return its hash, the update, and from when on it may be applied."""
    update = build_update({CONDOR_CAP: 900}, place.world.chain.head().timestamp, life, "0x" + "11" * 32)
    call = parameters_call(place.world, "scheduleUpdate", update.argument())
    act_through_safe(place.world, "steward", *call)
    (waiting,) = read_pending_updates(place.world.snapshot())
    return waiting.hash, waiting.update, waiting.ready_at


def test_safe_apply__next_second_is_the_first_one__is_possible_and_a_second_earlier_not(place: Place) -> None:
    digest, _, ready = announced(place, 14 * DAY)
    passed_to(place, ready - 2)
    assert_one_line_error(place.run("safe", "propose", "apply", digest), 1, f"TooEarly(updateHash={digest}")
    passed_to(place, ready - 1)
    assert place.run("safe", "propose", "apply", digest).code == 0


def waiting(place: Place) -> list[str]:
    return [update["hash"] for update in place.run("watch", "--once", "--json").json()["steward_updates"]]


def test_stewards_update__at_its_expiry_second__can_be_applied_and_vetoed_and_a_second_later_is_gone(
    place: Place,
) -> None:
    digest, update, _ = announced(place, 2 * DAY)
    passed_to(place, update.expiry - 1)
    assert place.run("safe", "propose", "apply", digest).code == 0  # the next second is the last one
    passed_to(place, update.expiry)
    assert waiting(place) == [digest]
    assert place.run("safe", "propose", "veto", digest).code == 0
    last = f"Expired(expiry={utc(update.expiry)}, at={utc(update.expiry + 1)})"
    assert_one_line_error(place.run("safe", "propose", "apply", digest), 1, last)
    passed_to(place, update.expiry + 1)
    assert waiting(place) == []
    for action in ("veto", "apply"):
        assert_one_line_error(
            place.run("safe", "propose", action, digest), 1, f"0 steward's updates wait under {digest}"
        )


def test_stewards_update__mined_in_its_expiry_second__is_applied(place: Place) -> None:
    _, update, _ = announced(place, 2 * DAY)
    passed_to(place, update.expiry - 1)
    place.world.chain.request("evm_setNextBlockTimestamp", update.expiry)
    act_through_safe(place.world, "steward", *parameters_call(place.world, "applyScheduled", update.argument()))
    assert place.world.snapshot().read("HedgeParameters", "values")[CONDOR_CAP] == 900


VALUES = encode_call("HedgeParameters", "values").hex
REPORTERS = [f"0x{number:040x}" for number in (0x1001, 0x1002, 0x1003)]


@pytest.fixture
def executable(place: Place, tmp_path: Path) -> str:
    """Bring a plan to the second in which it can be executed, and return its proposal."""
    planned(place, tmp_path)
    number = str(place.sent("propose", role="operator")["proposal"])
    place.pass_time(TERMS.voting_delay + 1)
    for voter in ("voter-1", "voter-2"):
        place.sent("gov", "vote", number, "for", role=voter)
    place.pass_time(TERMS.voting_period + 1)
    place.sent("gov", "queue", number, role="outsider")
    place.pass_time(TERMS.timelock_delay + 1)
    return number


def test_execute__chain_holds_another_value_afterwards__is_said_and_no_success(
    place: Place, tmp_path: Path, executable: str
) -> None:
    old: Any = place.world.chain.request(
        "eth_call", {"to": place.world.deployment.address("HedgeParameters"), "data": VALUES}, "latest"
    )

    def holds_the_old_values(answering: Answering, asked: Asked) -> bool:
        read = asked["method"] == "eth_call" and asked["params"][0].get("data") == VALUES
        return read and answering.result(asked, old)

    with lying_node(place.world.chain.url, holds_the_old_values) as node, through(place, tmp_path, node):
        done = place.run("gov", "execute", executable, "--send", role="outsider")
    assert_one_line_error(done, 1, " after the execution, the vote said ")
    assert (done.out, len(node.asked("eth_sendRawTransaction"))) == ("", 1)
    assert place.run("gov", "show", executable, "--json").json()["state"] == "executed"


@pytest.mark.parametrize("step", ["queue", "execute"])
def test_proposal__passed_and_left_alone_for_two_weeks__is_expired_and_no_step_of_it_is_possible(
    place: Place, step: str
) -> None:
    number = str(place.sent("gov", "propose", "set-signers", "ETH", "3", *REPORTERS, role="operator")["proposal"])
    place.pass_time(TERMS.voting_delay + 1)
    for voter in ("voter-1", "voter-2"):
        place.sent("gov", "vote", number, "for", role=voter)
    place.pass_time(TERMS.voting_period + 1)
    if step == "execute":
        place.sent("gov", "queue", number, role="outsider")
        place.pass_time(TERMS.timelock_delay)
    place.pass_time(14 * DAY + 60)
    assert place.run("gov", "show", number, "--json").json()["state"] == "expired"
    assert_one_line_error(place.run("gov", step, number, role="outsider"), 1, f"cannot {step}", "is expired")
    assert json.loads(place.run("watch", "--once", "--json").out)["proposals"] == []
