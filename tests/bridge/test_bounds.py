"""What strangers, nodes and files may be long, deep or without an end of, has a bound that is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.chain.codec import decode_call, functions
from bridge.chain.pending import MOST_AT_ONCE, clear_pending, require_clearable
from bridge.chain.rpc import as_address, as_number
from bridge.cli.plan_checks import check_own
from bridge.config import BookConfig, Config, load_config
from bridge.errors import BadConfig, BadFile, BridgeError, ChainError, FeeTooHigh, RefusedAction, UsageError
from bridge.json_files import read_json, reading
from bridge.ledger.database import open_engine
from bridge.local.accounts import account
from bridge.local.world import World
from bridge.plans.records import newest_record
from bridge.plans.stated_book import observe_stated
from tests.bridge.lying_node import Answering, Asked, lying_node, through


def word(number: int) -> bytes:
    return number.to_bytes(32)


def test_decode_call__thousand_entries_point_at_one__is_refused_and_fills_no_memory() -> None:
    """Thirty kilobytes that would become a gigabyte."""
    selector = next(each for each in functions("ProposalGuard") if each.name == "requireState").selector
    expectations = word(32) + word(300) + word(32 * 300) * 300 + word(1) + word(0) + word(128) + word(0)
    queries = word(300) + word(32 * 300) * 300 + word(10_000) + bytes(10_016)
    with pytest.raises(UsageError, match="point at each other"):
        decode_call("ProposalGuard", selector + expectations + queries)


@pytest.mark.parametrize("text", ["0x-5", "0x5_0", "0x 5", "0x0x5", "0x", "0x+1", "5"])
def test_as_number__what_python_alone_takes_for_one__is_refused(text: str) -> None:
    with pytest.raises(ChainError, match="no number"):
        as_number(text, "asking")


def test_as_address__of_another_length__is_refused() -> None:
    with pytest.raises(ChainError, match="no address"):
        as_address("0x" + "11" * 19, "asking")


def test_send__node_answers_with_anothers_hash__waits_for_its_own(world: World) -> None:
    def lie(answering: Answering, asked: Asked) -> bool:
        if asked["method"] != "eth_sendRawTransaction":
            return False
        answering.honest(asked)
        return answering.result(asked, "0x" + "11" * 32)

    with lying_node(world.chain.url, lie) as node:
        votes, holder = world.deployment.address("HedgeVotes"), account("voter-1")
        receipt = through(node, world.chain).send(holder, "HedgeVotes", votes, "delegate", holder.address)
    assert receipt["from"] == holder.address
    assert receipt["status"] == 1


def test_unstick__node_says_that_hundreds_wait__replaces_none(world: World) -> None:
    def lie(answering: Answering, asked: Asked) -> bool:
        pending = asked["method"] == "eth_getTransactionCount" and asked["params"][1] == "pending"
        return pending and answering.result(asked, hex(300 + MOST_AT_ONCE))

    before = world.chain.head()
    with lying_node(world.chain.url, lie) as node, pytest.raises(RefusedAction, match="at most 16 are replaced"):
        clear_pending(through(node, world.chain), account("voter-1"))
    assert world.chain.head() == before


@pytest.mark.parametrize("asked_fee", [0, 10**14])
def test_unstick__dry_run__is_refused_as_the_send_would_be(world: World, asked_fee: int) -> None:
    count = 2 if asked_fee else MOST_AT_ONCE + 1

    def lie(answering: Answering, asked: Asked) -> bool:
        if asked_fee and asked["method"] == "eth_maxPriorityFeePerGas":
            return answering.result(asked, hex(asked_fee))
        return False

    with lying_node(world.chain.url, lie) as node, pytest.raises(FeeTooHigh if asked_fee else RefusedAction):
        require_clearable(through(node, world.chain), account("voter-1"), count)


def test_answer__chunks_of_negative_size__end_at_the_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's reader of chunks takes `-1` for all that comes."""
    monkeypatch.setattr("bridge.chain.connection.MOST_BYTES", 1 << 20)

    def lie(answering: Answering, asked: Asked) -> bool:
        answering.send_response(200)
        answering.send_header("Transfer-Encoding", "chunked")
        answering.end_headers()
        answering.wfile.write(b"-1\r\n")
        for _ in range(64):
            answering.wfile.write(bytes(1 << 20))
        answering.close_connection = True
        return True

    with lying_node(world.chain.url, lie) as node, pytest.raises(BridgeError):
        through(node, world.chain).head()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_files__pipe_in_the_place_of_one__is_refused_and_waits_for_nobody(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(BadFile, match="not a file"):
        observe_stated(pipe, {}, BookConfig())
    with pytest.raises(BadConfig, match="not a file"):
        load_config(pipe)
    with pytest.raises(BadFile, match="not a file"), reading(pipe, absent="", otherwise="none"):
        read_json(pipe)


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "x = " + "9" * 5000, '"a\\nerror: spoof" = 1'])
def test_toml__deep_huge_or_of_two_lines__is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "alvh.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfig) as refused:
        load_config(path)
    assert str(refused.value).isprintable()
    with pytest.raises(BadFile) as refused_book:
        observe_stated(path, {}, BookConfig())
    assert str(refused_book.value).isprintable()


@pytest.mark.parametrize("text", ["../../../../etc/passwd\nevil", "\xff\xfe", "0x12", "0x" + "a" * 5000])
def test_newest_record__pointer_is_no_hash__shows_nothing_of_where_it_leads(tmp_path: Path, text: str) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "newest").write_text(text, encoding="latin-1")
    with pytest.raises(BadFile) as refused:
        newest_record(tmp_path)
    assert "passwd" not in str(refused.value)
    assert str(refused.value).isprintable()


def test_check_own__ledger_plans_deployment_histories_settings__are_written_over_by_nothing(tmp_path: Path) -> None:
    signals = tmp_path / "signals"
    settings = Config().model_copy(update={"signals": Config().signals.model_copy(update={"folder": signals})})
    for path in (".alvh/alvh.db", ".alvh/deployment.json", ".alvh/plans/newest", "alvh.toml", str(signals / "a.csv")):
        for given in ((Path(path), None), (None, Path(path))):
            with pytest.raises(UsageError, match="give it another place"):
                check_own(settings, *given, None)
    check_own(settings, tmp_path / "orders.csv", tmp_path / "plan.html", None)


@pytest.mark.parametrize("address", ["postgres//u:SECRET@x", "postgresql:/u:SECRET@h/db", "a/u:SECRET@x"])
def test_ledger__address_that_may_hold_a_login__makes_no_file_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadConfig) as refused:
        open_engine(address)
    assert "SECRET" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []
