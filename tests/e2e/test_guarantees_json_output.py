"""What every command writes as JSON is JSON that any reader takes, whatever is unknown: on two chains."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bridge.local.accounts import account
from tests.bridge.plain_market import plain_way
from tests.bridge.steps import TERMS
from tests.e2e.command import Done
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error

NOBODY = account("outsider").address
EACH = (
    ("exposure",), ("exposure", "--owner", NOBODY), ("plan",), ("plan", "--owner", NOBODY), ("oracle", "quote"),
    ("oracle", "status"), ("gov", "list"), ("safe", "show"), ("watch", "--once"),
    ("watch", "--once", "--owner", NOBODY), ("doctor",), ("hedge", "list"),
)  # fmt: skip


def strict(done: Done) -> Any:
    """Return a command's JSON; NaN and infinity, which Python writes and few others read, are none."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    assert "Traceback" not in done.err, done
    return json.loads(done.out, parse_constant=refuse)


@pytest.fixture
def young(place: Place) -> str:
    """Mint a position of which nobody knows yet what it earns in a year, and return its id."""
    pool = place.world.market.pool_v4
    assert pool is not None
    with plain_way():
        return f"uniswap-v4:{replace(pool, chain=place.world.chain).mint(account('lp'), (0.8, 1.25), 1_000, 3000.0)}"


def test_json__of_every_command__has_no_nan_and_no_infinity(place: Place, young: str) -> None:
    told = {words: strict(place.run(*words, "--json")) for words in EACH}
    (position,) = [position for position in told["exposure",]["positions"] if position["id"] == young]
    assert (position["fee_usd_per_year"], position["break_even_vol"]) == (None, None)
    assert told["exposure", "--owner", NOBODY]["value_usd"] == 0
    assert told["watch", "--once"]["drift"] is None


def test_json__where_feeds_are_stale__has_null_for_what_is_unknown(place: Place) -> None:
    place.pass_time(TERMS.oracle_max_age + 10)
    status = place.run("oracle", "status", "--json")
    assert (status.code, {feed["stale"] for feed in strict(status)["feeds"]}) == (1, {True})
    seen = strict(place.run("watch", "--once", "--json"))
    assert (seen["value_usd"], seen["exposure"], seen["held"]) == (None, None, None)
    done = place.run("plan", "--json")
    assert_one_line_error(done, 1, "gives no usable answer")
    assert done.out == ""
    book = strict(place.run("exposure", "--json"))  # value and delta need no volatility
    assert book["value_usd"] > 0.0
    assert (book["lvr_usd_per_year"], set(book["market"]["vols"].values())) == (None, {None})
    assert {each["id"] for each in book["unread"]} == {"volatility of BTC", "volatility of ETH"}
    assert all("gives no usable answer" in each["reason"] for each in book["unread"])
