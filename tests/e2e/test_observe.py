"""A book on a public network where nothing of ours is deployed: `alvh exposure --rpc` and `alvh plan --rpc`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak

from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.lying_node import Answering, Asked, LyingNode, lying_node
from tests.e2e.observing import Observed
from tests.e2e.test_commands import assert_one_line_error
from tests.e2e.test_made_up import quotes

HOUR = 3_600


def test_exposure__node_and_owner_alone__values_every_position_as_with_a_deployment(
    observed: Observed, world: World, tmp_path: Path
) -> None:
    seen = observed.exposure()
    assert seen["observed"][0] == "observed on Test network (777001): no contract of ours is read"
    assert "feeds of Test network" in seen["observed"][1]
    world.chain.request("anvil_setChainId", 31_337)
    world.deployment.save(tmp_path / ".alvh" / "deployment.json")
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{world.chain.url}"\n', encoding="utf-8")
    done = observed.call("exposure", "--json", "--owner", observed.owner)
    assert done.code == 0, done
    ours = done.json()
    assert [each["id"] for each in seen["positions"]] == [each["id"] for each in ours["positions"]]
    for mine, theirs in zip(ours["positions"], seen["positions"], strict=True):
        assert math.isclose(mine["value_usd"], theirs["value_usd"], rel_tol=1e-6)
        for exact in ("amounts_units", "fees_units", "held_units", "liquidity"):
            assert mine[exact] == theirs[exact]
        assert theirs["lvr_usd_per_year"] in (None, 0.0)  # nobody said a volatility
        assert (theirs["lower"], theirs["upper"]) == (mine["lower"], mine["upper"])
        if theirs["in_range"]:
            assert (theirs["to_lower"] or -1.0) < 0.0 < (theirs["to_upper"] or 1.0)
    assert {each["id"] for each in seen["unread"]} == {"volatility of BTC", "volatility of ETH"}
    assert seen["market"]["vols"] == {"BTC": None, "ETH": None}


def test_exposure__quotes_beside_it__has_lvr_and_says_where_volatility_is_from(
    observed: Observed, world: World, tmp_path: Path
) -> None:
    seen = observed.exposure("--chain", quotes(world, tmp_path))
    assert seen["unread"] == []
    assert 0.4 < seen["market"]["vols"]["BTC"] < seen["market"]["vols"]["ETH"] < 0.9
    assert seen["lvr_usd_per_year"] > 0
    text = observed.run("exposure", "--chain", "quotes.csv")
    assert text.code == 0
    assert text.out.startswith("observed on Test network")
    assert "30-day index of" in text.out


def test_plan__node_owner_and_quotes__hedges_by_the_first_values_or_the_stated_ones(
    observed: Observed, world: World, tmp_path: Path
) -> None:
    name = quotes(world, tmp_path)
    assert_one_line_error(observed.run("plan"), 2, "a plan on a public network needs quotes", "--chain")
    done = observed.run("plan", "--chain", name, "--json")
    assert done.code == 0, done
    first = done.json()
    assert first["plan"]["inputs"]["chain_id"] == 777_001
    settings = tmp_path / "alvh.toml"
    settings.write_text(settings.read_text() + "[parameters]\ntargetCvarBps = 50\ncostBudgetBps = 100\n")
    tighter = observed.run("plan", "--chain", name, "--json").json()
    assert tighter["plan"]["inputs_hash"] != first["plan"]["inputs_hash"] if "inputs_hash" in first["plan"] else True
    settings.write_text(settings.read_text().replace("= 50\n", "= 999999\n"))
    assert_one_line_error(observed.run("plan", "--chain", name), 2, "parameters.targetCvarBps = 999999", "must be")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda at: at.say("ETH/USD", at.spots["ETH"], 2 * HOUR), "feed ETH/USD is of 2"),
        (lambda at: at.say("ETH/USD", at.spots["ETH"], -HOUR), "feed ETH/USD is of 2"),
        (lambda at: at.say("ETH/USD", 0.0), "says 0 with 8 decimals"),
        (lambda at: at.say("ETH/USD", -5.0), "says -500000000 with 8 decimals"),
        (lambda at: at.sequencer(1, HOUR), "the sequencer of Test network is down since 2"),
        (lambda at: at.sequencer(0, HOUR // 2), "the sequencer of Test network is back since 2"),
        (
            lambda at: at.chain.send(
                account("market-maker"), "PriceFeed", at.feeds["ETH/USD"], "setBounds", 1, round(at.spots["ETH"] * 1e8)
            ),
            "feed ETH/USD stands at its own bound",
        ),
    ],
    ids=["stale", "of the future", "nothing", "negative", "sequencer down", "sequencer just back", "at its bound"],
)
def test_price__that_cannot_be_believed__stops_what_needs_it_by_name(
    observed: Observed, world: World, tmp_path: Path, change: Any, reason: str
) -> None:
    change(observed)
    seen = observed.exposure()
    told = {each["id"]: each["reason"] for each in seen["unread"]}
    assert reason in told["price of ETH"]
    assert not any("ETH" in each["pool"] for each in seen["positions"])
    assert "ETH" in seen["stops"]
    if "sequencer" not in reason:
        assert any("BTC" in each["pool"] for each in seen["positions"])  # the others are valued
    stopped = observed.run("plan", "--chain", quotes(world, tmp_path))
    assert stopped.code == 1
    assert "ETH" in stopped.err


def test_stable_coin__at_88_cents__is_not_counted_as_a_dollar(observed: Observed, world: World, tmp_path: Path) -> None:
    observed.say("USDC/USD", 0.88)
    seen = observed.exposure()
    off = [each["reason"] for each in seen["unread"] if "USDC" in each["reason"]]
    assert off
    assert all("USDC: is at 0.88 USD, not 1: it is not counted as USD" in reason for reason in off)
    assert not any("USD" in each["pool"] for each in seen["positions"])
    assert_one_line_error(observed.run("plan", "--chain", quotes(world, tmp_path)), 1, "USDC: is at 0.88 USD")


@pytest.mark.parametrize(
    ("token", "price", "reason"),
    [
        ('kind = "staked", feed = "USDC/USD", rate = { contract = "FEED", function = "maxAnswer", decimals = 0 }', 1.0,
         "which is no rate"),
        ('kind = "staked", feed = "USDC/USD", rate = { contract = "FEED", function = "minAnswer", decimals = 0 }', 0.6,
         "is at 0.6 USD, not 1"),
        ('kind = "plain", feed = "USDC/USD"', 0.6, "is at 0.6 USD, not 1"),
        ('kind = "wrapped"', 0.6, "no feed of its own"),
        ('kind = "staked", rate = { contract = "FEED", function = "minAnswer", decimals = 0 }', 0.6,
         "no feed of its own"),
    ],
    ids=["a rate that is none", "staked off its peg", "plain off its peg", "without a feed", "staked without a feed"],
)  # fmt: skip
def test_dollar__of_any_kind__counts_only_while_a_feed_of_its_own_says_so(
    observed: Observed, tmp_path: Path, token: str, price: float, reason: str
) -> None:
    path = tmp_path / "network.toml"
    text = path.read_text().replace('asset = "USD", kind = "stable"', 'asset = "USD", ' + token)
    if "feed = " not in token:
        text = text.replace('symbol = "USDC"', 'symbol = "USDX"')
    path.write_text(text.replace('"FEED"', f'"{observed.feeds["USDC/USD"]}"'))
    observed.say("USDC/USD", price)
    seen = observed.exposure()
    assert any(reason in each["reason"] for each in seen["unread"]), seen["unread"]
    assert not any("USD" in each["pool"] for each in seen["positions"])
    assert seen["stops"]


def test_price__node_that_does_not_say_the_bounds__is_not_used(observed: Observed) -> None:
    aggregator = keccak(text="aggregator()")[:4].hex()

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] == "eth_call" and aggregator in str(asked["params"][0].get("data")):
            return answering.error(asked, {"code": -32000, "message": "execution timeout"})
        return False

    with lying_node(observed.chain.url, lie) as node:
        done = observed.call("exposure", "--json", "--rpc", node.url, "--owner", observed.owner)
    assert done.code == 0, done
    told = {each["id"]: each["reason"] for each in done.json()["unread"]}
    assert "does not answer" in told["price of ETH"]


def test_network__that_names_a_part_of_a_protocol__says_what_is_not_read_and_stops_a_plan(
    observed: Observed, world: World, tmp_path: Path
) -> None:
    path = tmp_path / "network.toml"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "v3_positions" not in line))
    seen = observed.exposure()
    told = {each["id"]: each["reason"] for each in seen["unread"]}
    assert told["uniswap-v3"] == "its positions are not read: the network names no v3_positions"
    assert "uniswap-v3" in seen["stops"]
    assert_one_line_error(observed.run("plan", "--chain", quotes(world, tmp_path)), 1, "v3_positions")


def test_exposure__without_volatility__says_that_and_nothing_of_ages(observed: Observed) -> None:
    text = observed.run("exposure")
    assert text.code == 0
    assert "it has earned for" not in text.out
    assert "worth nothing" not in text.out
    assert "no volatility of" in text.out


def test_rpc__empty__is_refused(observed: Observed) -> None:
    done = observed.call("exposure", "--rpc", "", "--owner", observed.owner)
    assert_one_line_error(done, 2, "--rpc is empty")


def test_network__that_nobody_knows__is_told_what_to_write(observed: Observed, tmp_path: Path) -> None:
    (tmp_path / "alvh.toml").write_text("", encoding="utf-8")
    assert_one_line_error(observed.run("exposure"), 2, "the node serves chain 777001, which is no network", "networks")


def test_observing__keys_and_passwords_of_the_url__are_shown_nowhere(observed: Observed, tmp_path: Path) -> None:
    url = observed.chain.url.replace("http://", "http://ann:pa55word@") + "/v3/KEY12345"
    for words in (("exposure",), ("exposure", "--json"), ("plan",)):
        done = observed.call(*words, "--rpc", url, "--owner", observed.owner)
        for secret in ("pa55word", "KEY12345"):
            assert secret not in done.out + done.err
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"KEY12345" not in path.read_bytes()


def posted(node: LyingNode) -> int:
    """Return how many requests a node was sent, those that came together as one."""
    return len(node.seen) + len(node.batches)


def test_exposure__of_a_network_of_many_tokens_and_feeds__asks_the_node_little(
    observed: Observed, tmp_path: Path
) -> None:
    with lying_node(observed.chain.url) as node:
        node.together = True
        few = observed.call("exposure", "--json", "--rpc", node.url, "--owner", observed.owner)
        little = posted(node)
        text = (tmp_path / "network.toml").read_text()
        more = [
            f'{{ symbol = "T{number}", address = "0x{number + 4096:040x}", decimals = 18, asset = "T{number}", '
            'kind = "plain" },'
            for number in range(30)
        ]
        feeds = [
            f'{{ pair = "T{number}/USD", address = "{observed.feeds["ETH/USD"]}", heartbeat_seconds = 3600 }},'
            for number in range(30)
        ]
        text = text.replace("tokens = [\n", "tokens = [\n" + "\n".join(more) + "\n")
        (tmp_path / "network.toml").write_text(text.replace("feeds = [\n", "feeds = [\n" + "\n".join(feeds) + "\n"))
        node.seen.clear(), node.batches.clear()
        many = observed.call("exposure", "--json", "--rpc", node.url, "--owner", observed.owner)
        assert (few.code, many.code) == (0, 0), many
        assert [each["id"] for each in many.json()["positions"]] == [each["id"] for each in few.json()["positions"]]
        assert posted(node) <= little + 12  # 528 pairs and 30 prices more, a hundred to a request


def test_owner__several_by_address_and_name__are_one_book_of_all_their_positions(
    observed: Observed, world: World, tmp_path: Path
) -> None:
    first, second = observed.exposure(), account("market-maker").address
    settings = tmp_path / "alvh.toml"
    settings.write_text(settings.read_text() + f'[book.labels]\nmaker = "{second.lower()}"\n')
    base = ("exposure", "--json", "--rpc", observed.chain.url)
    alone = observed.call(*base, "--owner", "maker").json()
    both = observed.call(*base, "--owner", "maker", "--owner", observed.owner).json()
    assert both == observed.call(*base, "--owner", observed.owner, "--owner", second, "--owner", "maker").json()
    assert math.isclose(both["value_usd"], first["value_usd"] + alone["value_usd"], rel_tol=1e-9)
    assert {each["holder"] for each in both["positions"]} == {observed.owner, second}
    assert len(both["positions"]) == len(first["positions"]) + len(alone["positions"])
    assert {each["address"]: each["label"] for each in both["owners"]} == {observed.owner: None, second: "maker"}
    text = observed.call("exposure", "--rpc", observed.chain.url, "--owner", "maker", "--owner", observed.owner).out
    assert "maker" in " ".join(text.split())
    settings.write_text(
        settings.read_text().replace("[book.labels]", f'[book]\nowner = ["maker", "{observed.owner}"]\n[book.labels]')
    )
    assert observed.call("exposure", "--json", "--rpc", observed.chain.url).json() == both
    unknown = observed.call("exposure", "--rpc", observed.chain.url, "--owner", "makers")
    assert_one_line_error(unknown, 2, "makers is not an address")
