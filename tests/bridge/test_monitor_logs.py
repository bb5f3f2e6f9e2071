"""The log of a running monitor: one line for one event, in JSON or for a terminal, without secrets or disguise."""

from __future__ import annotations

import io
import json
import logging
import math
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import hidden
from bridge.errors import ChainError
from bridge.hidden import keep_hidden
from bridge.monitor.logs import QUIET, configure
from tests.bridge.lying_node import lying_node

pytestmark = pytest.mark.unit
KEY = "KEY1234567abcdef"
URL = f"https://ann:p4ssw0rd!@node.example:8545/v3/{KEY}?x={KEY}"
HOSTILE = (
    "two\nlines",
    "\x1b[2J\x1b]0;gone\x07",
    "\u202egnp.exe",
    "x" * 100_000,
    "\ud800",
    "a\r\nb",
    '{"event": "forged"}',
)


def alone() -> None:
    """Take pytest's own handlers away: what they keep is sent between processes, which half of a letter cannot be."""
    root = logging.getLogger()
    root.handlers[:] = [each for each in root.handlers if type(each).__module__ != "_pytest.logging"]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Send events to a text for a test, then put logging back as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    stream = io.StringIO()
    configure(as_json=True, stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)
    for name, each in levels.items():
        logging.getLogger(name).setLevel(each)


@pytest.fixture
def no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without what other tests hid."""
    monkeypatch.setattr(hidden, "_KEPT", {})
    monkeypatch.setattr(hidden, "_PATTERNS", [])


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return the events of a log; every line is one."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return [json.loads(line, parse_constant=refuse) for line in stream.getvalue().splitlines()]


def test_event__of_a_look__has_time_level_cycle_and_block(log: io.StringIO) -> None:
    structlog.get_logger("bridge.monitor").info("looked", cycle=12, block=140, took=1.9)
    (event,) = events(log)
    told = datetime.fromisoformat(event.pop("timestamp"))
    assert told.utcoffset() is not None
    assert event == {
        "event": "looked", "level": "info", "logger": "bridge.monitor", "cycle": 12, "block": 140, "took": 1.9,
    }  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("of_ours", [True, False])
def test_event__hostile_text__is_one_line_of_seen_letters(log: io.StringIO, text: str, of_ours: bool) -> None:
    alone()
    if of_ours:
        structlog.get_logger("a").warning(text, symbol=text, many=[{text: text}])
    else:
        logging.getLogger("other").warning("said %s", text)
    assert log.getvalue().count("\n") == 1
    assert len(log.getvalue()) < 20_000
    (event,) = events(log)
    assert all(letter.isprintable() for letter in json.dumps(event, ensure_ascii=False))


@pytest.mark.parametrize("text", HOSTILE[:3] + HOSTILE[4:], ids=range(6))
def test_event__hostile_text_in_a_terminal__is_one_line_without_control_letters(text: str) -> None:
    alone()
    stream = io.StringIO()
    configure(as_json=False, stream=stream)
    try:
        structlog.get_logger("a").warning(text, symbol=text, error=ChainError(text))
        line = stream.getvalue()
    finally:
        structlog.reset_defaults()
        logging.basicConfig(force=True, level=logging.WARNING)
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()


@pytest.mark.usefixtures("no_secret")
@pytest.mark.parametrize(
    "words", [f"cannot reach {URL}", f"slack://{KEY}/{KEY}", f"'{URL}'", f"tgram://1:{KEY}/2", f"ht\u200btps://x/{KEY}"]
)
def test_event__url_with_a_key__shows_no_more_than_its_place(log: io.StringIO, words: str) -> None:
    structlog.get_logger("a").info(words, url=words, error=ValueError(words))
    logging.getLogger("other").error("failed: %s", words)
    assert KEY not in log.getvalue()
    assert "p4ssw0rd" not in log.getvalue()


@pytest.mark.parametrize("ending", [",", ":", ".", ")", "), and"])
def test_event__url_in_a_sentence__keeps_its_place_and_the_sign_behind_it(log: io.StringIO, ending: str) -> None:
    structlog.get_logger("a").info(f"(the node at http://127.0.0.1:19545{ending} is another")
    [event] = events(log)
    assert event["event"] == f"(the node at http://127.0.0.1:19545{ending} is another"


@pytest.mark.usefixtures("no_secret")
def test_event__key_that_was_used__is_hidden_without_its_url(log: io.StringIO) -> None:
    keep_hidden(URL)
    structlog.get_logger("a").info(f"no project {KEY}", body=f"p4ssw0rd! and {KEY.lower()}")
    assert KEY.lower() not in log.getvalue().lower()
    assert "p4ssw0rd" not in log.getvalue()


@pytest.mark.usefixtures("no_secret")
def test_event__error_of_a_look__names_class_words_and_places_but_no_values(log: io.StringIO) -> None:
    password = "hush-hush-1"
    try:
        raise ChainError(f"gone\nat {URL}")
    except ChainError:
        structlog.get_logger("a").exception("no look")
        logging.getLogger("other").exception("no look there")
    for event in events(log):
        assert (event["error"], event["words"]) == ("ChainError", "gone at https://node.example:8545")
        assert event["at"][-1].startswith("test_monitor_logs.py:")
        assert password not in json.dumps(event)


def test_event__number_that_json_lacks__is_null(log: io.StringIO) -> None:
    structlog.get_logger("a").info("x", drift=math.nan, left=[math.inf, 1.0])
    (event,) = events(log)
    assert (event["drift"], event["left"]) == (None, [None, 1.0])


@pytest.mark.usefixtures("no_secret")
def test_loggers_of_others__at_debug__tell_no_key(log: io.StringIO) -> None:
    with lying_node() as node:
        requests.get(f"{node.url}/hook/{KEY}", timeout=5)
    for name in QUIET:
        logging.getLogger(name).info("POST /hook/%s", KEY)
        logging.getLogger(f"{name}.part").debug("POST /hook/%s", KEY)
    structlog.get_logger("a").debug("of ours")
    assert log.getvalue() == ""


@pytest.mark.prop
@settings(max_examples=80, deadline=None)
@given(
    event=st.text(max_size=40),
    told=st.dictionaries(
        st.text(max_size=8).filter(lambda name: name not in ("event", "self")),
        st.none() | st.floats() | st.integers() | st.text() | st.binary(max_size=6) | st.lists(st.text(), max_size=2),
        max_size=4,
    ),
)
def test_configure__any_event__is_one_line_of_json(event: str, told: dict[str, Any]) -> None:
    stream = io.StringIO()
    configure(as_json=True, stream=stream)
    structlog.get_logger("a").info(event, **told)
    structlog.reset_defaults()
    logging.basicConfig(force=True, level=logging.WARNING)
    assert stream.getvalue().count("\n") == len(events(stream)) == 1


def test_configure__twice__tells_each_event_once(log: io.StringIO) -> None:
    configure(as_json=True, stream=log)
    structlog.get_logger("a").info("once")
    logging.getLogger("other").info("once")
    assert len(events(log)) == 2


def test_configure__structlog_is_missing__says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['structlog'] = None\n"
        "from bridge.errors import MissingTool; from bridge.monitor.logs import configure\n"
        "try: configure(True)\nexcept MissingTool as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'alvh[monitor]'" in done.stdout
