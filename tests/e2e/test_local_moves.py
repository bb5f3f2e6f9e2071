"""`alvh local`: a crash, a position, a day and a round by hand, on the local chain and on no other."""

from __future__ import annotations

import pytest

from bridge.local.world import World
from bridge.sources.oracle import read_status
from tests.e2e.command import Run
from tests.e2e.places import ELSEWHERE, Place
from tests.e2e.test_commands import assert_one_line_error

pytestmark = pytest.mark.e2e


def test_trade__fall_over_hours__every_pool_is_there_and_exposure_follows(run: Run, project: World) -> None:
    before = run("local", "trade", "ETH=-0%", "--over", "0", "--settle", "0", "--json").json()["prices"]
    done = run("local", "trade", "ETH=-20%", "BTC=60000", "--over", "2h", "--feeds", "--json").json()
    assert done["to"]["ETH"] == pytest.approx(before["ETH"] * 0.8, rel=1e-4)
    assert done["to"]["BTC"] == pytest.approx(60_000, rel=1e-4)
    assert [each["asset"] for each in done["rounds"]] == ["BTC", "ETH"]
    shown = run("exposure", "--json").json()
    assert shown["assets"]["ETH"]["spot"] == pytest.approx(before["ETH"] * 0.8, rel=2e-3)
    assert {position["id"].partition(":")[0] for position in shown["positions"]} == {
        "uniswap-v2",
        "uniswap-v3",
        "uniswap-v4",
    }


def test_mint__in_a_local_pool__is_the_owners_next_position(run: Run, project: World) -> None:
    before = {row["id"] for row in run("exposure", "--json").json()["positions"]}
    done = run("local", "mint", "BTC/USD", "--lower", "0.9", "--upper", "1.1", "--json").json()
    after = {row["id"]: row for row in run("exposure", "--json").json()["positions"]}
    [new] = after.keys() - before
    assert new == f"uniswap-v3:{done['token_id']}"
    assert after[new]["value_usd"] == pytest.approx(100_000, rel=0.2)
    assert after[new]["in_range"] is True


def test_time__passes_by_what_was_said__and_feeds_grow_old(run: Run, project: World) -> None:
    before = project.snapshot()
    ages = {feed.asset: feed.age_seconds for feed in read_status(before)}
    said = run("local", "time", "2d").out
    assert "172,800 seconds passed" in said
    now = project.snapshot()
    assert now.block.timestamp == before.block.timestamp + 172_800
    assert {feed.asset: feed.age_seconds - ages[feed.asset] for feed in read_status(now)} == {
        "BTC": 172_800,
        "ETH": 172_800,
    }
    assert "feed ETH" in run("local", "feeds").out
    assert not any(feed.stale for feed in read_status(project.snapshot()))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("trade", "ETH"), "write ASSET=PRICE or ASSET=-20%"),
        (("trade", "DOGE=1"), "the local chain has BTC and ETH"),
        (("trade", "ETH=cheap"), "is no price and no move"),
        (("trade", "ETH=-100%"), "a price above 0"),
        (("trade", "ETH=nan"), "a price above 0"),
        (("trade", "ETH=1e9"), "within 1,000 times"),
        (("trade", "ETH=1900", "--over", "soon"), "--over soon: write a number and s, m, h or d"),
        (("time", "401d"), "at most 400 days at once"),
        (("mint", "ETH/EUR"), "one of ETH/USD, BTC/USD, ETH/BTC"),
        (("mint", "ETH/USD", "--lower", "1.2", "--upper", "0.8"), "not 1.2 to 0.8"),
        (("mint", "ETH/USD", "--as", "nobody"), "no local role"),
    ],
)
def test_local__what_cannot_be__is_refused_in_one_line(
    run: Run, project: World, words: tuple[str, ...], why: str
) -> None:
    assert_one_line_error(run("local", *words), 2, why)


@pytest.mark.parametrize("place", [ELSEWHERE], indirect=True)
def test_local__on_another_chain__is_refused(place: Place, run: Run) -> None:
    before = place.world.chain.head()
    assert_one_line_error(run("local", "time", "1d"), 1, f"chain {ELSEWHERE}", "alvh up")
    assert place.world.chain.head() == before
