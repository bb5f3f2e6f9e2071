"""What is not in the book is named wherever the book is shown, and a node that fails is no property of a position."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.adapters.lens import ADDRESS, SELECTORS
from bridge.alerts.rules.book import MOST_UNREAD
from bridge.chain.codec import encode_call
from bridge.local.accounts import account, accounts
from tests.bridge.lying_node import Answering, Asked, Lie, LyingNode, lying_node
from tests.bridge.test_gifts import FOREVER, MANAGER, STRANGER, gift, own, token
from tests.e2e.command import Done
from tests.e2e.places import Place, through
from tests.e2e.test_commands import assert_one_line_error

DECIMALS, WORD_OF_STORAGE = "0x313ce567", encode_call("PoolManager", "extsload(bytes32)", bytes(32)).hex[:10]
PAIRS = "0x" + SELECTORS["sharesV2"]
V4 = "uniswap-v4:"
SIGNERS = ("set-signers", "ETH", "3", *(signer.address for signer in accounts("reporter")))


@pytest.fixture
def node(place: Place, tmp_path: Path) -> Iterator[LyingNode]:
    """Let the settings name a node that passes on what the real one says, until a test lets it lie."""
    with lying_node(place.world.chain.url) as made, through(place, tmp_path, made):
        yield made


def asks(asked: Asked, selector: str) -> bool:
    """Tell whether a request is a call of one function."""
    return asked["method"] == "eth_call" and str(asked["params"][0].get("data", "")).startswith(selector)


def on(selector: str, lie: Lie) -> Lie:
    """Lie to the calls of one function only."""
    return lambda answering, asked: asks(asked, selector) and lie(answering, asked)


def once_positions_are_read(lie: Lie) -> Lie:
    """Tell the truth until the lens was asked: prices are read before the positions, and of the same tokens."""
    asked_for = []

    def made(answering: Answering, asked: Asked) -> bool:
        asked_for.append(asked["method"] == "eth_call" and asked["params"][0].get("to") == ADDRESS)
        return any(asked_for) and lie(answering, asked)

    return made


def saying(words: str) -> Lie:
    """Answer with an error of the node's own."""
    return lambda answering, asked: answering.error(asked, {"code": -32000, "message": words})


def away(answering: Answering, _: Asked) -> bool:
    """Answer as a gateway whose node is away."""
    return answering.say(b"<html>down for repair</html>", 502)


def strict(done: Done) -> Any:
    """Return the JSON answer of a command that succeeded; Python's own NaN and infinity are none."""
    assert done.code == 0, done

    def refuse(name: str) -> None:
        raise AssertionError(name)

    return json.loads(done.out, parse_constant=refuse)


def gifts(place: Place, count: int) -> list[str]:
    """Send the LP so many positions of a token that nobody knows, and return their ids."""
    world, other = place.world, token(place.world)
    first = gift(world, other, own(world, "USD"), 10**9)
    pair = sorted((other, own(world, "USD")), key=lambda at: int(at, 16))
    manager, owner = world.deployment.address(MANAGER), world.deployment.address("lp")
    wanted = (*pair, 10_000, -200, 200, 10**3, 10**3, 0, 0, owner, FOREVER)
    call = encode_call(MANAGER, "mint", wanted).hex
    if count > 1:
        world.chain.send(account(STRANGER), MANAGER, manager, "multicall", [call] * (count - 1))
    return [f"uniswap-v3:{first + number}" for number in range(count)]


def test_looks__position_left_out__each_names_it_with_its_reason(place: Place) -> None:
    (name,) = gifts(place, 1)
    for words in (("exposure",), ("exposure", "--csv"), ("plan", "--json")):
        done = place.run(*words)
        assert done.code == 0, done
        (said,) = [line for line in done.err.splitlines() if line.startswith("not read: ")]
        assert said.startswith(f"not read: {name}: token ")
        assert "has no asset" in said
    book = strict(place.run("exposure", "--json"))
    assert [(left["id"], "has no asset" in left["reason"]) for left in book["unread"]] == [(name, True)]
    assert (book["stops"], len(book["positions"])) == ("", 8)
    assert f"{name} is not in the book: token " in place.run("watch", "--once").out
    alerts = place.run("watch", "--once", "--json").json()["alerts"]
    (text,) = [alert["text"] for alert in alerts if alert["kind"] == "exposure"]
    assert text.startswith(f"{name} is not in the book: token ")


def test_looks__more_left_out_than_anyone_reads__each_counts_the_rest(place: Place) -> None:
    names = gifts(place, MOST_UNREAD + 2)
    for words in (("exposure",), ("plan",)):
        said = [line for line in place.run(*words).err.splitlines() if line.startswith("not read: ")]
        assert (len(said), said[-1]) == (MOST_UNREAD + 1, "not read: 2 more, `alvh exposure --json` names them all")
    assert [left["id"] for left in strict(place.run("exposure", "--json"))["unread"]] == names
    alerts = [alert["text"] for alert in place.run("watch", "--once", "--json").json()["alerts"]]
    assert sum("is not in the book" in text for text in alerts) == MOST_UNREAD
    assert "2 more are not in the book: `alvh exposure --json` names them all" in alerts


def test_exposure__known_assets_left_out__says_what_would_stop_a_plan(place: Place, tmp_path: Path) -> None:
    file = tmp_path / ".alvh" / "deployment.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    del content["price_pools"]["BTC"]
    file.write_text(json.dumps(content), encoding="utf-8")
    book = strict(place.run("exposure", "--json"))
    assert "BTC has no USD price" in book["stops"]
    assert book["stops"].startswith(book["unread"][0]["id"])
    assert_one_line_error(place.run("plan"), 1, "BTC has no USD price")


@pytest.mark.parametrize("selector", [DECIMALS, WORD_OF_STORAGE, PAIRS], ids=["decimals", "old price", "pairs"])
def test_looks__node_goes_away_while_a_position_is_read__fail_and_leave_nothing_out(
    place: Place, node: LyingNode, selector: str
) -> None:
    for words in (("exposure", "--json"), ("plan",)):
        node.lie = once_positions_are_read(on(selector, away))
        done = place.run(*words)
        assert_one_line_error(done, 1, "HTTP 502")
        assert "its token" not in done.err
    node.lie = once_positions_are_read(on(selector, away))
    done = place.run("watch", "--once")
    assert (done.code, done.out.startswith("no look this time: ")) == (1, True)


def test_exposure__node_lacks_the_block_of_decimals__fails(place: Place, node: LyingNode) -> None:
    node.lie = once_positions_are_read(on(DECIMALS, saying("header not found")))
    assert_one_line_error(place.run("exposure"), 1, "does not have the block")


def test_exposure__contract_refuses_an_old_price__fails(place: Place, node: LyingNode) -> None:
    node.lie = on(WORD_OF_STORAGE, lambda answering, asked: answering.error(
        asked, {"code": 3, "message": "execution reverted", "data": "0x4e487b71" + f"{0x11:064x}"}
    ))  # fmt: skip
    assert_one_line_error(place.run("exposure"), 1, "Panic")


def test_exposure__node_keeps_no_old_states__takes_the_price_of_the_entry_from_the_pools_events(
    place: Place, node: LyingNode
) -> None:
    before = {position["id"]: position for position in strict(place.run("exposure", "--json"))["positions"]}
    node.lie = on(WORD_OF_STORAGE, saying("missing trie node abc (path )"))
    book = strict(place.run("exposure", "--json"))
    (v4,) = [position for position in book["positions"] if position["id"].startswith(V4)]
    assert v4["il_usd"] == before[v4["id"]]["il_usd"] is not None
    assert v4["held_units"] == before[v4["id"]]["held_units"]
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(place.run("exposure", "--csv").out))}
    assert float(rows[v4["id"]]["il_usd"]) == v4["il_usd"]


def test_gov__node_away_or_behind_while_a_proposal_is_read__fails_and_blames_no_proposal(
    place: Place, node: LyingNode
) -> None:
    number = str(place.sent("gov", "propose", *SIGNERS, role="operator")["proposal"])
    votes = encode_call("HedgeGovernor", "proposalVotes", 1).hex[:10]
    run = encode_call("HedgeTimelock", "executeBatch", [], [], [], bytes(32), bytes(32)).hex[:10]
    for lie, said in ((away, "HTTP 502"), (saying("header not found"), "does not have the block")):
        node.lie = on(votes, lie)
        for words in (("list", "--json"), ("show", number)):
            assert_one_line_error(place.run("gov", *words), 1, said)
    node.lie = on(run, away)
    assert_one_line_error(place.run("gov", "show", number), 1, "HTTP 502")
    node.lie = on(run, saying("execution timeout"))
    assert "cannot be told: " in place.run("gov", "show", number).out
    node.lie = on(votes, saying("execution timeout"))
    (found,) = strict(place.run("gov", "list", "--json"))
    assert (found["state"], "execution timeout" in found["trouble"]) == ("unreadable", True)
