"""`alvh gov` follows a governor that is not ours: a plain one of OpenZeppelin's with a clock of blocks, and a Bravo."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.other_governors import DAY, Dao, bravo_dao, counting_dao, plain_dao
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error


@pytest.mark.parametrize("make", [plain_dao, bravo_dao])
def test_gov__governor_of_others__is_listed_shown_voted_queued_and_executed(
    place: Place, make: Callable[[World], Dao]
) -> None:
    dao = make(place.world)
    made = dao.propose("# Evil\x1b[2J\u202e words\n\nNothing.")
    named, at = str(made.id)[:10], ("--governor", dao.governor)
    assert made.blocks is not None
    (row,) = place.run("gov", "list", *at, "--json").json()
    assert (row["id"], row["state"], row["times_estimated"]) == (str(made.id), "pending", True)
    assert row["vote_blocks"] == list(made.blocks)
    listed = place.run("gov", "list", *at).out
    assert f"block {made.blocks[1]}, estimated 20" in " ".join(listed.split())
    assert "\x1b" not in listed
    shown = place.run("gov", "show", named, *at).out
    kind = "a governor with the functions of Compound's Bravo, a timelock" if make is bravo_dao else "no timelock"
    assert kind in shown
    assert "a clock of blocks of about" in shown
    assert "is not played for a governor of others" in shown
    assert place.run("gov", "list", "--json").json() == []
    dao.mine(made.blocks[0] - place.world.chain.head().number + 1)
    assert_one_line_error(place.run("gov", "vote", named, "for", *at, role="lp"), 1, "had no votes when the vote began")
    dry = place.run("gov", "vote", named, "for", *at, "--from", account("voter-1").address)
    assert "vote: possible now (active), rehearsed; not sent" in dry.out
    place.sent("gov", "vote", named, "for", *at, role="voter-1")
    dao.mine(made.blocks[1] - place.world.chain.head().number + 1)
    if make is bravo_dao:
        assert place.sent("gov", "queue", named, *at, role="outsider")["state"] == "queued"
        place.pass_time(DAY + 1)
    else:
        assert_one_line_error(place.run("gov", "queue", named, *at), 1, "this governor has no timelock")
    assert "execute: possible now" in place.run("gov", "execute", named, *at).out
    assert place.sent("gov", "execute", named, *at, role="outsider")["state"] == "executed"


def test_gov__governor_that_counts_its_proposals__each_is_found_by_its_own_number(place: Place) -> None:
    dao = counting_dao(place.world)
    for number in range(1, 12):
        assert dao.propose(f"# Number {number}").id == number
    at = ("--governor", dao.governor)
    shown = place.run("gov", "show", "1", *at, "--json").json()
    assert (shown["id"], shown["title"], shown["trouble"]) == ("1", "Number 1", "")
    assert shown["governor"].startswith(f"{dao.governor} is an OpenZeppelin Governor, no timelock")
    made = dao.proposal()
    dao.mine((made.blocks or (0, 0))[0] - place.world.chain.head().number + 1)
    place.sent("gov", "vote", "11", "for", *at, role="voter-1")
    rows = {row["id"]: row["votes"]["for"] for row in place.run("gov", "list", *at, "--json").json()}
    assert (rows["11"], rows["1"]) == (1_000_000.0, 0.0)


def test_gov_cancel__governor_of_others__its_proposer_cancels(place: Place) -> None:
    for dao in (plain_dao(place.world), bravo_dao(place.world)):
        named, at = str(dao.propose().id)[:10], ("--governor", dao.governor)
        assert place.run("gov", "cancel", named, *at, role="outsider").code == 1
        assert place.sent("gov", "cancel", named, *at, role="voter-1")["state"] == "canceled"


def test_gov__address_that_is_no_governor__is_refused(place: Place) -> None:
    votes = place.world.deployment.address("HedgeVotes")
    for words in (("list",), ("show", "1"), ("vote", "1", "for")):
        done = place.run("gov", *words, "--governor", votes)
        assert_one_line_error(done, 2, "an OpenZeppelin Governor or a Compound Bravo")
