"""A book on several networks: `[[chains]]` in alvh.toml, one of them failing, lagging or at other prices."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.local.accounts import account
from bridge.local.world import World
from bridge.plans.records import load_record
from tests.bridge.lying_node import Answering, Asked, LyingNode, lying_node
from tests.e2e.observing import Observed, network_file
from tests.e2e.test_commands import assert_one_line_error
from tests.e2e.test_made_up import quotes

pytestmark = pytest.mark.e2e
OTHER = 888_002
HOUR = 3_600


def as_other(answering: Answering, asked: Asked) -> bool:
    """Serve the same chain under another id."""
    return answering.result(asked, hex(OTHER)) if asked["method"] == "eth_chainId" else False


def dead(answering: Answering, asked: Asked) -> bool:
    return answering.say(b"busy", 500)


@pytest.fixture
def feeds(observed: Observed) -> dict[str, str]:
    """Deploy feeds of the second network's own, at the prices of the first one's."""
    maker = account("market-maker")
    made = {pair: observed.chain.deploy(maker, "PriceFeed", 8) for pair in ("ETH/USD", "BTC/USD", "USDC/USD")}
    for pair, price in (("ETH/USD", observed.spots["ETH"]), ("BTC/USD", observed.spots["BTC"]), ("USDC/USD", 1.0)):
        say(observed, made[pair], price)
    return made


def say(observed: Observed, feed: str, price: float) -> None:
    at = observed.chain.head().timestamp
    observed.chain.send(account("market-maker"), "PriceFeed", feed, "set", round(price * 1e8), at)


@pytest.fixture
def second(observed: Observed, world: World, feeds: dict[str, str]) -> Iterator[LyingNode]:
    """Name a second network, served by a node of its own, beside the first."""
    text = (
        network_file(world, OTHER, feeds, observed.uptime).replace('"testnet"', '"othernet"').replace("Test", "Other")
    )
    (observed.folder / "other.toml").write_text(text, encoding="utf-8")
    with lying_node(observed.chain.url, as_other) as node:
        settings(observed, node)
        yield node


def settings(observed: Observed, node: LyingNode, more: str = "") -> None:
    (observed.folder / "alvh.toml").write_text(
        f'[chain]\nnetworks = ["network.toml", "other.toml"]\n[book]\nowner = "{observed.owner}"\n'
        f'[[chains]]\nnetwork = "testnet"\nrpc_url = "{observed.chain.url}"\n'
        f'[[chains]]\nnetwork = "othernet"\nrpc_url = "{node.url}"\n{more}',
        encoding="utf-8",
    )


def exposure(observed: Observed, *words: str) -> Any:
    done = observed.call("exposure", "--json", *words)
    assert done.code == 0, done
    return done.json()


def test_chains__two_networks__are_one_book_with_each_chains_block_and_worth(
    observed: Observed, second: LyingNode
) -> None:
    alone, both = observed.exposure(), exposure(observed)
    assert math.isclose(both["value_usd"], 2 * alone["value_usd"], rel_tol=1e-9)
    assert math.isclose(both["assets"]["ETH"]["delta"], 2 * alone["assets"]["ETH"]["delta"], rel_tol=1e-9)
    ids = [each["id"] for each in both["positions"]]
    assert {each.partition("/")[0] for each in ids} == {"testnet", "othernet"}
    assert sorted(each.partition("/")[2] for each in ids) == sorted(2 * [each["id"] for each in alone["positions"]])
    assert [(each["network"], each["chain_id"], each["trouble"]) for each in both["chains"]] == [
        ("testnet", 777_001, None), ("othernet", OTHER, None)
    ]  # fmt: skip
    assert all(math.isclose(each["value_usd"], alone["value_usd"], rel_tol=1e-9) for each in both["chains"])
    text = observed.call("exposure").out
    assert "observed on 2 networks" in text
    assert f"Other network ({OTHER}): block" in text


def test_chains__one_is_dead__is_named_with_what_it_was_worth_and_stops_a_plan_where_it_is_needed(
    observed: Observed, second: LyingNode, world: World, tmp_path: Path
) -> None:
    whole, chain = exposure(observed), ("--chain", quotes(world, tmp_path))
    second.lie = dead
    half = exposure(observed)
    assert math.isclose(half["value_usd"], whole["value_usd"] / 2, rel_tol=1e-9)
    failed = half["chains"][1]
    assert (failed["network"], failed["last_usd"]) == ("othernet", whole["chains"][1]["value_usd"])
    assert "HTTP 500" in failed["trouble"]
    assert any(
        each["id"] == "othernet" and "nothing of this chain is in the book" in each["reason"] for each in half["unread"]
    )
    assert_one_line_error(observed.call("plan", *chain), 1, "othernet", "nothing of this chain is in the book")
    settings(observed, second, "needed = false\n")
    planned = observed.call("plan", "--json", *chain)
    assert planned.code == 0, planned
    assert "not read: othernet: nothing of this chain is in the book" in planned.err
    line = json.loads(observed.call("watch", "--once", "--json", *chain).out)
    assert [each["trouble"] is None for each in line["chains"]] == [True, False]
    assert any("othernet" in alert["text"] for alert in line["alerts"])


def test_chains__plan_of_both__hedges_the_sum(
    observed: Observed, second: LyingNode, world: World, tmp_path: Path
) -> None:
    chain = ("--chain", quotes(world, tmp_path))
    plan = observed.call("plan", "--json", *chain).json()["plan"]
    assert math.isclose(plan["exposure"]["value_usd"], exposure(observed, *chain)["value_usd"], rel_tol=1e-9)
    seen = json.loads(observed.call("watch", "--once", "--json", *chain).out)
    assert seen["drift"] == 0.0


def test_plan__chain_is_left_out__text_json_record_and_report_name_it_and_each_other_with_its_block(
    observed: Observed, second: LyingNode, world: World, tmp_path: Path
) -> None:
    chain = ("--chain", quotes(world, tmp_path))
    settings(observed, second, "needed = false\n")
    second.lie = dead
    said = ("observed on 2 networks", "Test network (777001): block ", f"Other network ({OTHER}): left out: ")
    text = observed.call("plan", "--report", "plan.html", *chain).out
    page = (observed.folder / "plan.html").read_text(encoding="utf-8")
    for words in (*said, "HTTP 500"):
        assert words in text
        assert words in page
    made = observed.call("plan", "--json", *chain).json()
    assert [words in line for words, line in zip(said, made["plan"]["observed"], strict=True)] == [True] * 3
    assert [each["trouble"] is None for each in made["plan"]["chains"]] == [True, False]
    kept = load_record(observed.folder / made["file"])
    assert (kept.plan["chains"], kept.inputs_hash) == (made["plan"]["chains"], made["inputs_hash"])
    assert "of chain 777001" not in text  # a block of one chain is not that of the book


def test_chains__prices_that_disagree__leave_out_what_needs_them_on_the_second(
    observed: Observed, second: LyingNode, feeds: dict[str, str]
) -> None:
    whole = exposure(observed)
    say(observed, feeds["BTC/USD"], observed.spots["BTC"] * 1.2)
    seen = exposure(observed)
    left = [each for each in seen["unread"] if each["id"].startswith("othernet/") and "USD of BTC" in each["reason"]]
    kept = [each for each in seen["positions"] if each["id"].startswith("othernet/")]
    assert left
    assert len(left) + len(kept) + len(seen["dust"]) >= len(whole["positions"]) // 2
    assert all(each["id"].startswith("testnet/") for each in seen["positions"] if "BTC" in each["deltas"])
    assert seen["market"]["spots"]["BTC"] == whole["market"]["spots"]["BTC"]


def test_chains__node_that_dies_while_it_is_read__is_left_out_as_a_whole(observed: Observed, second: LyingNode) -> None:
    exposure(observed)
    for after in (3, 6, 9, 14):
        left = [after]

        def dying(answering: Answering, asked: Asked, left: list[int] = left) -> bool:
            left[0] -= 1
            return dead(answering, asked) if left[0] < 0 else as_other(answering, asked)

        second.lie = dying
        seen = exposure(observed)
        names = {each["id"].partition("/")[0] for each in seen["positions"]}
        troubled = seen["chains"][1]["trouble"] is not None
        assert names == ({"testnet"} if troubled else {"testnet", "othernet"})


def test_chains__first_is_dead_and_not_needed__the_others_are_the_book(observed: Observed, second: LyingNode) -> None:
    file = observed.folder / "alvh.toml"
    rows = file.read_text().partition("[[chains]]")
    turned = rows[0] + (
        f'[[chains]]\nnetwork = "othernet"\nrpc_url = "{second.url}"\nneeded = false\n'
        f'[[chains]]\nnetwork = "testnet"\nrpc_url = "{observed.chain.url}"\n'
    )
    file.write_text(turned)
    assert [each["network"] for each in exposure(observed)["chains"]] == ["othernet", "testnet"]
    second.lie = dead
    seen = exposure(observed)
    assert [(each["network"], each["trouble"] is None) for each in seen["chains"]] == [
        ("testnet", True),
        ("othernet", False),
    ]
    assert seen["value_usd"] > 0
    file.write_text(turned.replace(observed.chain.url, "http://127.0.0.1:9"))
    assert_one_line_error(observed.call("exposure"), 1, "othernet: ")


@pytest.mark.parametrize("after", [2, 4, 8, 12, 20])
def test_chains__first_dies_while_it_is_read__the_others_are_the_book(
    observed: Observed, second: LyingNode, after: int
) -> None:
    """The order of a file says nothing of which chain may fail."""
    file = observed.folder / "alvh.toml"
    rows = file.read_text().partition("[[chains]]")
    file.write_text(
        rows[0] + f'[[chains]]\nnetwork = "othernet"\nrpc_url = "{second.url}"\n'
        f'[[chains]]\nnetwork = "testnet"\nrpc_url = "{observed.chain.url}"\n'
    )
    left = [after]

    def dying(answering: Answering, asked: Asked) -> bool:
        left[0] -= 1
        return dead(answering, asked) if left[0] < 0 else as_other(answering, asked)

    second.lie = dying
    seen = exposure(observed)
    troubled = {each["network"] for each in seen["chains"] if each["trouble"] is not None}
    names = {each["id"].partition("/")[0] for each in seen["positions"]}
    assert names == {"testnet", "othernet"} - troubled
    assert troubled == {"othernet"} or left[0] >= 0
    if troubled:
        needed = [each for each in seen["unread"] if each["id"] == "othernet"]
        assert "nothing of this chain is in the book" in needed[0]["reason"]


def test_doctor__several_networks__looks_at_each(observed: Observed, second: LyingNode) -> None:
    rows = {each["what"]: each for each in observed.call("doctor", "--json").json()}
    for name in ("testnet", "othernet"):
        assert rows[f"{name}: contracts"]["ok"]
        assert rows[f"{name}: price of ETH"]["ok"]
    second.lie = dead
    rows = {each["what"]: each for each in observed.call("doctor", "--json").json()}
    assert (rows["testnet: contracts"]["ok"], rows["othernet: node"]["ok"]) == (True, False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('network = "othernet"', 'network = "testnet"'), "testnet is named twice"),
        (('network = "othernet"', 'network = "nonet"'), "nonet is not known"),
        (("rpc_url", "rpc_uri"), "rpc_uri: unknown setting"),
        (("[chain]", '[chain]\nnetwork = "base"'), "chain.network is not read beside [[chains]]: move it into"),
        (("[chain]", '[chain]\nrpc_url = "http://127.0.0.1:9"'), "chain.rpc_url is not read beside [[chains]]"),
        (("[chain]", "[chain]\nstart_block = 3"), "chain.start_block is not read beside [[chains]]"),
        (
            ('[[chains]]\nnetwork = "othernet"\nrpc_url', '[[chains]]\nnetwork = "othernet"\n#'),
            "set ALVH_RPC_URL_OTHERNET",
        ),
    ],
)
def test_chains__settings_that_cannot_be__are_one_line(
    observed: Observed, second: LyingNode, change: tuple[str, str], words: str
) -> None:
    file = observed.folder / "alvh.toml"
    file.write_text(file.read_text().replace(*change))
    assert_one_line_error(observed.call("exposure"), 2, words)


def test_chains__block_of_one__is_refused(observed: Observed, second: LyingNode) -> None:
    assert_one_line_error(observed.call("exposure", "--block", "3"), 2, "the book is on several: leave it out")


def test_chains__url_of_the_environment__is_used_and_its_key_shown_nowhere(
    observed: Observed, second: LyingNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = observed.folder / "alvh.toml"
    file.write_text(file.read_text().replace(f'rpc_url = "{second.url}"\n', ""))
    monkeypatch.setenv("ALVH_RPC_URL_OTHERNET", second.url.replace("http://", "http://ann:pa55word@") + "/v3/KEY12345")
    done = observed.call("exposure", "--json")
    assert len(done.json()["chains"]) == 2
    second.lie = dead
    failed = observed.call("exposure", "--json")
    for secret in ("pa55word", "KEY12345"):
        assert secret not in done.out + done.err + failed.out + failed.err
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_chains__start_block_is_too_late__names_the_setting_and_the_book_has_no_block_of_it(
    observed: Observed, second: LyingNode
) -> None:
    late = f"start_block = {observed.chain.head().number}\n"
    settings(observed, second, late)
    done = observed.call("exposure")
    assert done.code == 0, done
    assert "here that is start_block of othernet in alvh.toml" in done.out
    head = next(line for line in done.out.splitlines() if "positions of" in line)
    assert " at block " not in head
