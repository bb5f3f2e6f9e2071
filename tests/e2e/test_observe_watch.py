"""`alvh watch --rpc`: a book on a public network, beside the ledger and the newest plan; nothing of ours is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.local.world import World
from tests.e2e.observing import Observed
from tests.e2e.test_commands import assert_one_line_error
from tests.e2e.test_made_up import quotes

pytestmark = pytest.mark.e2e


def looked(observed: Observed, *words: str) -> Any:
    done = observed.run("watch", "--once", "--json", *words)
    assert done.code == 1, done  # the made chain's newest block is of another day than this machine's clock
    return json.loads(done.out)


def test_watch__network_without_quotes__has_value_and_delta_and_says_what_is_not_known(observed: Observed) -> None:
    seen, exposure = looked(observed), observed.exposure()
    assert (seen["network"], seen["value_usd"]) == ("testnet", exposure["value_usd"])
    assert seen["exposure"]["ETH"]["delta"] == exposure["assets"]["ETH"]["delta"]
    kinds = [alert["kind"] for alert in seen["alerts"]]
    assert sorted(set(kinds) - {"range"}) == ["chain", "exposure"]
    assert sum("volatility of" in alert["text"] for alert in seen["alerts"]) == 2
    assert (seen["feeds"], seen["proposals"], seen["plan"], seen["drift"]) == ([], [], None, None)


def test_watch__after_a_plan_of_the_network__compares_with_it_and_sees_it_drift(
    observed: Observed, world: World, tmp_path: Path
) -> None:
    chain = ("--chain", quotes(world, tmp_path))
    plan = observed.run("plan", "--json", *chain).json()
    seen = looked(observed, *chain)
    assert (seen["plan"], seen["drift"]) == (plan["inputs_hash"], 0.0)
    assert {alert["kind"] for alert in seen["alerts"]} - {"range", "target"} == {"chain"}
    text = observed.run("watch", "--once", *chain).out
    assert "observed on Test network (777001): no contract of ours is read" in text
    assert "parameters as stated: " in text
    assert "proposal" not in text
    other = observed.call("watch", "--once", "--json", *chain, "--rpc", observed.chain.url, "--owner", "0x" + "11" * 20)
    assert json.loads(other.out)["plan"] is None


def test_watch__what_was_bought__is_held_at_the_quotes(observed: Observed, world: World, tmp_path: Path) -> None:
    chain = ("--chain", quotes(world, tmp_path))
    plan = observed.run("plan", "--json", *chain).json()["plan"]
    bought = next(trade for trade in plan["trades"] if trade["side"] == "buy" and trade["instrument"].endswith("-P"))
    at, spot = observed.chain.head().timestamp - 60, observed.spots[bought["instrument"][:3]]
    price = ("--price", str(bought["limit_coin"]), "--index", str(spot), "--time", str(1000 * at))
    size = ("--side", "buy", "--quantity", str(bought["quantity"]))
    recorded = observed.call("hedge", "record", "--instrument", bought["instrument"], *size, *price)
    assert recorded.code == 0, recorded
    seen = looked(observed, *chain)
    assert [leg["instrument"] for leg in seen["held"]["legs"]] == [bought["instrument"]]


def test_watch__quotes_for_a_deployment__are_refused_and_keys_are_shown_nowhere(
    observed: Observed, tmp_path: Path
) -> None:
    both = observed.run("watch", "--once", "--live", "--chain", "quotes.csv")
    assert_one_line_error(both, 2, "--live and --chain name two sources of quotes")
    url = "http://user:hunter2@127.0.0.1:9/v3/s3cret"
    dead = observed.call("watch", "--once", "--rpc", url, "--owner", observed.owner)
    assert dead.code != 0
    assert not [secret for secret in ("hunter2", "s3cret") if secret in dead.out + dead.err]
