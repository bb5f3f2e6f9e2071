"""The page's server: what it answers, to whom, and how it ends."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BadConfig
from bridge.monitor_settings import PageConfig
from bridge.page import server
from bridge.page.guard import allowed_hosts, is_local, page_token
from bridge.page.server import make_app, serve
from tests.page.page_server import TOKEN, Board, running
from tests.page.page_views import empty_view, full_view

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parents[2]
BEARER = {"Authorization": f"Bearer {TOKEN}"}
JSON = {"Content-Type": "application/json"}
ACT = {"key": "drift:ETH", "by": "ann"}


def ask(
    address: str, path: str, method: str = "GET", body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    sent = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
    connection.request(method, path, sent, headers or {})
    answer = connection.getresponse()
    given = answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read()
    connection.close()
    return given


def act(address: str, what: str = "acknowledge", body: Any = ACT, **headers: str) -> int:
    return ask(address, f"/api/alerts/{what}", "POST", body, JSON | headers)[0]


def stream(address: str, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    connection.request("GET", "/events", headers=headers or {})
    return connection.getresponse()


def event(answer: http.client.HTTPResponse) -> tuple[str, dict[str, Any]]:
    """Read one event; the name of a sign of life is empty."""
    lines = []
    while line := answer.readline().decode().rstrip("\n"):
        lines.append(line)
    found = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
    return found.get("event", ""), json.loads(found.get("data", "{}"))


def test_snapshot__of_a_view__is_the_view(address: str, board: Board) -> None:
    status, headers, body = ask(address, "/api/snapshot")
    assert (status, json.loads(body)) == (200, board.view)
    assert headers["cache-control"] == "no-store"


def test_snapshot__before_the_first_look__says_so() -> None:
    with running(Board(None)) as address:
        status, _, body = ask(address, "/api/snapshot")
        assert (status, json.loads(body)) == (503, {"error": "the first look is not made yet"})
        assert ask(address, "/api/snapshot?wait")[::2] == (204, b"")
        assert ask(address, "/readyz")[::2] == (503, b"no look yet\n")
        assert ask(address, "/healthz")[::2] == (200, b"ok\n")


@pytest.mark.parametrize("path", ["/", "/static/page.js", "/api/snapshot", "/metrics", "/nowhere", "/events?x"])
def test_every_answer__headers__keep_a_browser_to_our_page(address: str, path: str) -> None:
    headers = ask(address, path)[1] if "events" not in path else dict(stream(address).getheaders())
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert all(f"{name} 'none'" in policy for name in ("frame-ancestors", "base-uri", "form-action"))
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == ("no-cache" if "static" in path else "no-store")
    assert "server" not in headers


def test_stream__of_two_looks__is_the_view_then_what_changed(address: str, board: Board) -> None:
    answer = stream(address)
    name, first = event(answer)
    assert (name, first["set"]) == ("view", board.view)
    before = dict(board.view)
    del before["caught_up"]
    board.publish(before | {"cycle": 13, "totals": board.view["totals"] | {"value_usd": 5.0}})
    name, second = event(answer)
    assert name == "change"
    assert second["set"] == {"cycle": 13, "totals": board.view["totals"], "caught_up": None}
    assert abs(second["at"] - time.time()) < 5
    answer.close()


def test_stream__nothing_changes__gives_a_sign_of_life_within_six_seconds(address: str) -> None:
    answer = stream(address)
    assert event(answer)[0] == "view"
    began = time.monotonic()
    assert event(answer) == ("", {})
    assert time.monotonic() - began < 30  # 5 where the machine has nothing else to do
    answer.close()


def test_history__names_and_points__reaches_the_store_and_refuses_nonsense(address: str) -> None:
    found = json.loads(ask(address, "/api/history?names=value_usd,x&since=1796000000&points=20")[2])
    assert found.keys() == {"at", "value_usd", "x"}
    assert len(found["at"]) == 20
    for query in (
        "",
        "names=a&since=-1",
        "names=a&since=1e9",
        "names=a&points=99999",
        f"names={'a,' * 99}",
        "names=a&since=²",
    ):
        assert ask(address, f"/api/history?{query}".replace("²", "%C2%B2"))[0] == 400


def test_acknowledge__with_the_token__is_done(address: str, board: Board) -> None:
    assert act(address, **BEARER, Origin=address) == 204
    assert act(address, "silence", ACT | {"until": 1_796_100_000}, **BEARER) == 204
    assert board.acts == [("acknowledge", "drift:ETH", "ann"), ("silence", "drift:ETH", 1_796_100_000, "ann")]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (401, {}),
        (401, {"Authorization": "Bearer wrong"}),
        (401, {"Authorization": f"Basic {TOKEN}"}),
        (401, {"Cookie": f"token={TOKEN}"}),
        (403, BEARER | {"Origin": "https://evil.example"}),
        (403, BEARER | {"Origin": "null"}),
        (403, BEARER | {"Origin": "http://[::"}),
        (403, BEARER | {"Sec-Fetch-Site": "cross-site"}),
        (415, BEARER | {"Content-Type": "application/x-www-form-urlencoded"}),
        (415, BEARER | {"Content-Type": "text/plain"}),
        (400, BEARER | {"Host": "evil.example"}),
    ],
)
def test_acknowledge__without_a_right__changes_nothing(
    address: str, board: Board, status: int, headers: dict[str, str]
) -> None:
    assert act(address, **headers) == status
    assert board.acts == []


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 9000,
        b"[]",
        {"key": "drift:ETH"},
        ACT | {"by": "\u202e"},
        ACT | {"key": 3},
        ACT | {"key": "\ud800"},
        ACT | {"key": "drift:\u202eETH"},
        ACT | {"key": "k" * 5000},
    ],
)
def test_acknowledge__body_is_nonsense__is_refused(address: str, board: Board, body: Any) -> None:
    assert act(address, body=body, **BEARER) == 400
    assert board.acts == []


def test_acknowledge__long_body_or_unknown_alert__is_named(address: str) -> None:
    assert act(address, body=b'{"key": "' + b"x" * 20_000 + b'"}', **BEARER) == 413
    status, _, body = ask(address, "/api/alerts/acknowledge", "POST", ACT | {"key": "no:one"}, JSON | BEARER)
    assert (status, json.loads(body)) == (409, {"error": "no alert no:one stands"})
    assert act(address, "silence", ACT | {"until": "tomorrow"}, **BEARER) == 400


def test_wrong_tokens__many_at_once__wait_and_are_refused_while_the_right_one_passes(address: str) -> None:
    answers: list[int] = []
    guesses = [
        threading.Thread(target=lambda: answers.append(act(address, Authorization="Bearer guess"))) for _ in range(24)
    ]
    for guess in guesses:
        guess.start()
    time.sleep(0.5)
    began = time.monotonic()
    assert act(address, **BEARER) == 204
    assert time.monotonic() - began < 8  # the guesses wait for a second each
    for guess in guesses:
        guess.join(40)
    assert {*answers} == {401, 429}


def test_connection__says_nothing__is_closed(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FIRST_SECONDS", 0.2)
    with running(board) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as silent:
            assert silent.recv(1) == b""
        with socket.create_connection((host, int(port)), timeout=20) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            assert slow.recv(1) == b""
        assert ask(address, "/healthz")[0] == 200


def test_connection__half_a_request_after_an_answer__is_closed(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FIRST_SECONDS", 0.5)
    with running(board) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as kept:
            kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b"200 OK" in kept.recv(65_536)
            kept.sendall(b"GET / HTTP/1.1\r\nHost: ")
            rest = b"".join(iter(lambda: kept.recv(65_536), b""))
            assert b"HTTP/1.1" not in rest
        watching = stream(address)
        assert event(watching)[0] == "view"
        time.sleep(1.5)
        board.publish(board.view | {"cycle": 13})
        assert event(watching)[0] == "change"
        watching.close()


def test_connections__more_than_the_page_takes__are_ended_and_the_others_answered(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 3)
    with running(board) as address:
        answers = [stream(address) for _ in range(3)]
        assert [event(answer)[0] for answer in answers] == ["view"] * 3
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            ask(address, "/healthz")
        answers.pop().close()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                assert ask(address, "/healthz")[0] == 200
                break
            except (http.client.RemoteDisconnected, ConnectionError):
                time.sleep(0.1)
        else:
            raise AssertionError("no place was free again")
        for answer in answers:
            answer.close()


def test_other_hosts__names_of_a_proxy__need_the_token_for_all_data(board: Board) -> None:
    settings = PageConfig(hosts=("alvh.example",))
    with running(board, settings) as address:
        named = {"Host": "alvh.example"}
        for path in ("/api/snapshot", "/api/history?names=a", "/events", "/metrics"):
            assert ask(address, path, headers=named)[0] == 401
        assert ask(address, "/api/snapshot", headers=named | BEARER)[0] == 200
        assert event(stream(address, named | BEARER))[0] == "view"
        assert [ask(address, path, headers=named)[0] for path in ("/", "/healthz", "/readyz")] == [200, 200, 200]
        assert ask(address, "/", headers={"Host": "other.example"})[0] == 400


def test_names__of_this_machine__are_allowed_and_no_others(address: str) -> None:
    port = address.rpartition(":")[2]
    for name in ("localhost", "127.0.0.1", "[::1]", f"LOCALHOST:{port}"):
        assert ask(address, "/api/snapshot", headers={"Host": name})[0] == 200
    for name in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", ""):
        assert ask(address, "/api/snapshot", headers={"Host": name})[0] == 400
    assert allowed_hosts(PageConfig(host="::", hosts=("a.example", "*"))) == [
        "[::]", "localhost", "127.0.0.1", "[::1]", "a.example",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "local"),
    [
        (PageConfig(), True),
        (PageConfig(host="::1"), True),
        (PageConfig(host="localhost", hosts=("127.0.0.2",)), True),
        (PageConfig(host="0.0.0.0"), False),
        (PageConfig(host="::"), False),
        (PageConfig(hosts=("alvh.example",)), False),
    ],
)
def test_token__here_and_elsewhere__is_made_or_needed(settings: PageConfig, local: bool) -> None:
    assert is_local(settings) is local
    assert page_token(settings, {"ALVH_PAGE_TOKEN": TOKEN}) == TOKEN
    for bad in ("short", "x" * 31, "x" * 40 + " y", "é" * 40):
        with pytest.raises(BadConfig, match="ALVH_PAGE_TOKEN must be 32 or more") as refused:
            page_token(settings, {"ALVH_PAGE_TOKEN": bad})
        assert bad not in str(refused.value)
    if local:
        assert len(page_token(settings, {})) >= 32
        assert page_token(settings, {}) != page_token(settings, {})
    else:
        with pytest.raises(BadConfig, match="lets others see the page, so it needs a token"):
            page_token(settings, {})


def test_serve__port_in_use__names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadConfig, match=f"127.0.0.1:{port}: Address already in use; choose another page.port"):
            serve(make_app(Board(None), PageConfig(), TOKEN), "127.0.0.1", port, lambda _: None, threading.Event())


def test_serve__told_to_end_with_streams_open__ends_within_three_seconds(board: Board) -> None:
    with running(board) as address:
        answers = [stream(address) for _ in range(5)]
        assert [event(answer)[0] for answer in answers] == ["view"] * 5
        began = time.monotonic()
    assert time.monotonic() - began < 20  # 3 where the machine has nothing else to do


def test_empty_view__snapshot__has_nulls_and_no_nan() -> None:
    view = empty_view() | {"took": float("nan"), "lateness": float("inf")}
    with running(Board(view)) as address:
        body = ask(address, "/api/snapshot")[2]
        assert json.loads(body) == view | {"took": None, "lateness": None}
        assert b"NaN" not in body
        assert b"Infinity" not in body


def test_uplot__in_the_package__is_the_pinned_one_with_its_licence() -> None:
    ours, theirs = ROOT / "bridge/page/static/uplot", ROOT / "node_modules/uplot"
    for name in ("uPlot.iife.min.js", "uPlot.min.css"):
        assert (ours / name).read_bytes() == (theirs / "dist" / name).read_bytes()
    assert (ours / "LICENSE").read_bytes() == (theirs / "LICENSE").read_bytes()
    assert json.loads((theirs / "package.json").read_text())["version"] == "1.6.32"


def test_page__its_files__ask_no_other_host_and_have_no_inline_code() -> None:
    folder = ROOT / "bridge/page"
    page = (folder / "templates/page.html.jinja").read_text()
    assert "style=" not in page
    assert " on" + "click" not in page
    for path in [folder / "templates/page.html.jinja", *(folder / "static").glob("*.*")]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "//" + "cdn" not in text
        assert "http:" not in text, path
        assert "https:" not in text, path
        assert "innerHTML" not in text, path
        assert "insertAdjacentHTML" not in text, path
    assert full_view()["alerts"]
