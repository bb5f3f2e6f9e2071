"""What strangers write reaches no reader with what could disguise it, and hides nothing of what others wrote."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_typing import HexStr
from eth_utils import keccak
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge.adapters.pool_position import Unread
from bridge.alerts.snapshots import Alert
from bridge.chain.codec import encode_call, event
from bridge.cli import book, flags, monitor
from bridge.cli.show import LEFT_TO_RIGHT, console, table
from bridge.errors import ChainError, ContractReverted, NodeUnreachable
from bridge.foreign import ForeignText, cleaned, decoded, foreign, raw_of, title_of, url_place, without_url
from bridge.governance.brought import Action, proposal_id
from bridge.governance.calls import action_words, call_words
from bridge.governance.governor import list_proposals, read_state, send_cancel, send_execute, send_queue
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.report.html import _environment
from tests.bridge.lying_node import Answering, Asked, lying_node
from tests.bridge.steps import TERMS, act_as, found, vote

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07", "[bold red]alert[/bold red]", "[/bold]", "\\", "a\\\\\\", "\u202egnp.exe", "US\u200bDC",
    "\x00", "\r\n", "\u2028fake line", "<script>alert(1)</script>", "=HYPERLINK(1)", "\ud800", "\ue000", "\U000e0041",
    ":bomb:", "\u3164", "e" + "\u0301" * 40, "\x9b31m", "{{ 7 }}", "%s", "\ufeff", "[link=http://x]y[/link]",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)), max_size=6).map("".join)


def is_seen(letter: str) -> bool:
    kind = unicodedata.category(letter)
    return kind not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and letter not in "\u3164\u2800\u115f\ufe0f"


def is_harmless(text: str, lines: bool = False) -> bool:
    return all(is_seen(letter) or (lines and letter == "\n") for letter in text)


def printed(*things: Any, **options: Any) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        for thing in things:
            thing() if callable(thing) else console().print(thing, **options)
    return out.getvalue()


@given(texts)
def test_foreign__anything__is_one_line_of_visible_letters_of_that_length(text: str) -> None:
    shown = foreign(text, 40)
    assert is_harmless(shown)
    assert len(shown) <= 40
    assert foreign(shown, 40) == shown
    assert is_harmless(foreign(text, None, lines=True), lines=True)


@given(st.binary(max_size=60))
def test_decoded__any_bytes__keeps_them(raw: bytes) -> None:
    assert raw_of(decoded(raw)) == raw
    assert isinstance(decoded(raw), ForeignText) == (b"\xef\xbf\xbd" not in raw and "\ufffd" in decoded(raw))
    assert is_harmless(foreign(raw))


@given(texts)
@settings(max_examples=60)
def test_terminal__anything__shows_no_markup_and_no_control(text: str) -> None:
    markup = foreign(text, markup=True)
    shown = printed(f"[bold]{markup}[/bold] end", soft_wrap=True)
    assert shown == f"{foreign(text)} end\n" or foreign(text).endswith("\\")
    assert shown.endswith(" end\n")
    assert is_harmless(printed(text, markup=False), lines=True)
    assert is_harmless(printed(table(text, (text,), [[text]])).replace(LEFT_TO_RIGHT, ""), lines=True)


@given(texts)
@settings(max_examples=60)
@example("\u06fa")
def test_every_view__anything__is_harmless(text: str) -> None:
    alert, unread = Alert(text, text), Unread(text, text)
    said = printed(lambda: monitor.print_alerts([alert]), lambda: book.print_unread([unread]))
    assert is_harmless(said.replace(LEFT_TO_RIGHT, ""), lines=True)  # our own mark after what runs to the left
    assert len(printed(lambda: book.print_unread([unread])).splitlines()) == 1
    document = json.loads(printed(lambda: flags.print_json({text: [text, {"a": text}], "alert": alert.text})))
    assert all(is_harmless(each, lines=True) for each in strings(document))
    rows = list(csv.reader(io.StringIO(printed(lambda: book._print_csv([{"id": text, "pool": text, "n": 1}])))))
    assert len(rows) == 2
    assert all(is_harmless(cell) and not cell.startswith(("=", "@")) for cell in rows[1])
    page = _environment().from_string("<p>{{ text }}</p>").render(text=text)
    assert is_harmless(page, lines=True)
    assert "<script" not in page
    for error in (ChainError(text), ContractReverted("Error", {"message": text}, text), NodeUnreachable(text, text)):
        assert is_harmless(str(error), lines=True)
        assert is_harmless(monitor.trouble_words(error, "http://h/KEY12345"))


def strings(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for name, each in content.items():
            yield name
            yield from strings(each)
    elif isinstance(content, list):
        for each in content:
            yield from strings(each)


@given(texts)
def test_title_of__anything__says_something(text: str) -> None:
    assert title_of(text).strip()
    assert len(title_of(text)) <= 80


def test_title_of__nothing_visible__says_so() -> None:
    assert [title_of(text) for text in ("", "\n\n# \n", "\u200b")] == ["(no description)"] * 3


def test_cleaned__types_that_are_no_text__stay() -> None:
    assert cleaned({1: (None, True, 1.5, "a\x00")}) == {1: [None, True, 1.5, "a"]}


URL = "https://ann:p4ssword@node.example:8545/v3/KEY12345?token=abcdef"


@pytest.mark.parametrize(
    "url", [URL, "http://[::1]:5/KEY12345", "ann:p4ssword@x", "http://ann:p4ss/word@x", "http://:KEY12345"]
)
def test_url_place__anything__shows_no_login_path_or_option(url: str) -> None:
    assert not any(secret in url_place(url) for secret in ("ann", "p4ss", "KEY", "abcdef"))


def test_without_url__quoted_in_parts__is_hidden() -> None:
    said = without_url(f"{URL}: no project KEY12345 for ann, token abcdef at /v3/KEY12345", URL)
    assert not any(secret in said for secret in ("p4ss", "KEY", "abcdef"))
    assert "no project" in said


# On the chain: a stranger with enough votes brings what he likes.

CREATED = "0x" + event("HedgeGovernor", "ProposalCreated").topic.hex()
BROKEN = b"# Pay the \xff\xfe team\n" + b"\x1b[2J" + "\u202e[bold]x[/bold]".encode()


def bring(world: World, description: bytes, target: str, data: bytes, value: int = 0) -> int:
    """Bring a proposal whose description is these bytes, as the operator; return its id."""
    call = encode_call("HedgeGovernor", "propose", [target], [value], [data], "?" * len(description))
    raw = call.data.replace(b"?" * len(description), description) if description else call.data
    act_as(world, account("operator").address, world.deployment.address("HedgeGovernor"), HexStr("0x" + raw.hex()))
    return list_proposals(world.snapshot())[-1].id


def cancelling(world: World, contract: str) -> tuple[str, bytes]:
    arguments = {"HedgeTimelock": (b"\x11" * 32,), "HedgeGovernor": ([], [], [], b"\x11" * 32)}[contract]
    return world.deployment.address(contract), encode_call(contract, "cancel", *arguments).data


def test_gov__description_is_no_utf8__every_view_shows_it_and_the_others(world: World, command: Any) -> None:
    timelock, governor = cancelling(world, "HedgeTimelock"), cancelling(world, "HedgeGovernor")
    numbers = [
        bring(world, BROKEN, *timelock),
        bring(world, b"", *governor),
        bring(world, b"# Fine", timelock[0], b"\xff" * 9),
    ]
    code, out = command("gov", "list")
    assert code == 0
    assert is_harmless(out, lines=True)
    assert all(words in out for words in ("Pay the \ufffd\ufffd team", "(no description)", "Fine"))
    code, out = command("gov", "list", "--json")
    assert code == 0
    assert [each["id"] for each in json.loads(out)] == [str(number) for number in numbers]
    assert json.loads(out)[0]["description_hash"] == "0x" + keccak(BROKEN).hex()
    for number in numbers:
        code, out = command("gov", "show", str(number))
        assert code == 0
        assert is_harmless(out, lines=True)
        assert command("gov", "show", str(number), "--json")[0] == 0
    code, out = command("watch", "--once", "--json")
    assert (code, "error" in json.loads(out)) == (1, False)
    assert is_harmless(command("watch", "--once")[1], lines=True)


def test_gov_show__description_with_lines_of_ours__are_quoted(world: World, command: Any) -> None:
    number = bring(world, b"# Fine\ncalls HedgeParameters.pause()", *cancelling(world, "HedgeTimelock"))
    out = command("gov", "show", str(number))[1]
    assert "| calls HedgeParameters.pause()" in out
    assert "calls HedgeTimelock.cancel(id=0x" + "11" * 32 in out


def test_gov_show__long_line_that_would_go_on_with_words_of_ours__goes_on_behind_the_bar(
    world: World, command: Any
) -> None:
    long = b"x" * 140 + b" calls HedgeParameters.pause(): nothing of this is in force " * 4
    number = bring(world, b"# Fine\n" + long, *cancelling(world, "HedgeTimelock"))
    lines = command("gov", "show", str(number))[1].splitlines()
    theirs = [line for line in lines if "HedgeParameters.pause" in line or "nothing of this" in line]
    assert theirs
    assert all(line.startswith("| ") for line in theirs)


def test_gov_show__description_of_thousands_of_lines__does_not_fill_the_terminal(world: World, command: Any) -> None:
    number = bring(world, b"a\n" * 3_000, *cancelling(world, "HedgeTimelock"))
    out = command("gov", "show", str(number))[1]
    assert "WARNING: not shown whole (" in out
    assert len(out.splitlines()) < 120


def test_call_words__cancel_of_the_timelock__is_not_the_governors(world: World) -> None:
    for contract, words in (("HedgeTimelock", "id=0x1111"), ("HedgeGovernor", "proposal ")):
        to, data = cancelling(world, contract)
        assert f"{contract}.cancel({words}" in call_words(world.snapshot(), to, HexStr("0x" + data.hex()))


def test_action_words__hostile_strings_and_coins__are_told(world: World) -> None:
    hostile = "".join(HOSTILE[:10])
    data = encode_call("HedgeGovernor", "propose", [], [], [], hostile.replace("\ud800", "")).data
    elsewhere = "0x" + "12" * 20
    governor = world.deployment.address("HedgeGovernor")
    action = Action((governor, elsewhere), (0, 5), (data, b"\xab" * 100_000), "x")
    first, second = action_words(world.snapshot(), action)
    assert is_harmless(first)
    assert second.startswith(f"5 wei with a call to {elsewhere}")
    assert "(100000 bytes with the keccak-256 0x" in second
    assert len(second) < 1_000


def test_steps__description_is_no_utf8__are_those_of_its_bytes(world: World) -> None:
    pause = world.snapshot().call("HedgeParameters", "unpause")
    number = bring(world, BROKEN, pause[0], bytes.fromhex(pause[1][2:]))
    proposal = found(world, number)
    assert proposal_id(*proposal.action.hashed()) == number
    vote(world, number)
    advance_time(world.chain, TERMS.voting_period + 1)
    send_queue(world.snapshot(), account("outsider"), found(world, number))
    assert found(world, number).state == "queued"
    advance_time(world.chain, TERMS.timelock_delay + 1)
    with pytest.raises(ContractReverted, match="was refused by the contract"):
        send_execute(world.snapshot(), account("outsider"), found(world, number))
    other = bring(world, BROKEN + b"2", pause[0], bytes.fromhex(pause[1][2:]))
    send_cancel(world.snapshot(), account("operator"), found(world, other))
    assert read_state(world.snapshot(), other) == "canceled"


def test_list_proposals__entry_that_does_not_decode__is_named_and_hides_nothing(world: World, command: Any) -> None:
    for text in (b"# One", b"# Two", b"# Three"):
        bring(world, text, *cancelling(world, "HedgeTimelock"))
    first, second, _ = list_proposals(world.snapshot())

    def lie(answering: Answering, asked: Asked) -> bool:
        """Spoil the data of the first entry, and the votes of the second proposal."""
        if asked["method"] == "eth_getLogs" and asked["params"][0]["topics"][0] == CREATED:
            found = json.loads(answering.honest(asked))["result"]
            found[0]["data"] = found[0]["data"][:200]
            return answering.result(asked, found)
        votes = encode_call("HedgeGovernor", "proposalVotes", second.id).hex
        spoilt = asked["method"] == "eth_call" and asked["params"][0]["data"] == votes
        return spoilt and answering.error(asked, {"code": 3, "message": "execution reverted: \x1b[2J"})

    with lying_node(world.chain.url, lie) as node:
        Path("alvh.toml").write_text(f'[chain]\nrpc_url = "{node.url}"\n', encoding="utf-8")
        code, out = command("gov", "list")
        assert (code, is_harmless(out, lines=True)) == (0, True)
        assert "Three" in out
        assert out.count("cannot be read") == 2
        listed = json.loads(command("gov", "list", "--json")[1])
        assert [each["state"] for each in listed] == ["unreadable", "unreadable", "pending"]
        assert listed[1]["id"] == str(second.id)
        alerts = json.loads(command("watch", "--once", "--json")[1])["alerts"]
        assert sum(alert["kind"] == "unreadable" for alert in alerts) == 2
    assert first.trouble == ""


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(description=st.binary(max_size=40))
def test_list_proposals__any_bytes__shows_all(world: World, description: bytes) -> None:
    before = world.chain.request("evm_snapshot")
    bring(world, description, *cancelling(world, "HedgeTimelock"))
    (seen,) = list_proposals(world.snapshot())
    assert (seen.trouble, raw_of(seen.action.description)) == ("", description)
    world.chain.request("evm_revert", before)


@pytest.mark.parametrize(
    "text", ["\\[2J]0;owned", "\\\\[x", "\\[red]", "[red]\\[", "a\\b", "[/]", "\\[/bold]", "\\[[a]"]
)
def test_terminal__backslash_before_a_bracket__is_shown_as_it_is(text: str) -> None:
    shown = printed(f"[bold]{foreign(text, markup=True)}[/bold] end", soft_wrap=True)
    assert shown == f"{foreign(text)} end\n"
