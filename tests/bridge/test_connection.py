"""The line to a node: who we are, which way it goes, whom we trust, and what answers that are none become."""

from __future__ import annotations

import json
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from select import select
from socket import create_connection
from typing import Any

import pytest
from eth_typing import HexStr

from bridge.chain import connection
from bridge.chain.blocks import LOCAL_CHAIN_ID, BlockRef
from bridge.chain.node import Chain, connect
from bridge.chain.rpc import Rpc
from bridge.errors import ChainError, MissingBlock, NodeUnreachable, UnknownAddress
from bridge.local.anvil import free_port

CERTIFICATE = Path(__file__).with_name("localhost.pem")  # made for these tests, with its key: it proves nothing
SOMEWHERE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
BLOCK = BlockRef(1, "0x" + "ab" * 32, 1_767_225_600)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
Reply = Callable[["Server", dict[str, Any]], bytes]


class Server(BaseHTTPRequestHandler):
    """Answer with what `reply` says, remember requests, and hang up where `hangs_up` says so."""

    protocol_version = "HTTP/1.1"
    reply: Reply
    seen: list[tuple[str, str, dict[str, str]]]
    hangs_up = ""

    def do_POST(self) -> None:
        """Remember and answer."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((self.path, asked["method"], dict(self.headers)))
        if self.hangs_up == "before":
            self.close_connection = True
            return
        body = type(self).reply(self, asked)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.hangs_up == "after"

    def do_CONNECT(self) -> None:
        """Be a tunnel."""
        self.seen.append((self.path, "CONNECT", dict(self.headers)))
        host, port = self.path.rsplit(":", 1)
        with create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pour, args=(there.recv, self.connection.sendall), daemon=True)
            back.start()
            _pour(self.connection.recv, there.sendall)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _pour(source: Callable[[int], bytes], sink: Callable[[bytes], object]) -> None:
    try:
        while part := source(65536):
            sink(part)
    except OSError:
        return


def answered(_: Server, asked: dict[str, Any]) -> bytes:
    """Answer with the number of the local chain."""
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": hex(LOCAL_CHAIN_ID)}).encode()


@contextmanager
def serving(reply: Reply = answered, hangs_up: str = "", tls: bool = False) -> Iterator[tuple[str, type[Server]]]:
    """Run a server; give its host and port, and where it remembers."""
    kind = type("Kind", (Server,), {"reply": reply, "seen": [], "hangs_up": hangs_up})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", kind
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def basic(words: str) -> str:
    return "Basic " + b64encode(words.encode()).decode()


def test_ask__name_and_password_in_the_url__are_sent_as_a_header() -> None:
    with serving() as (place, server):
        assert connect(f"http://ann:p%40ss@{place}/key?x=1", LOCAL_CHAIN_ID).chain_id == LOCAL_CHAIN_ID
        path, _, headers = server.seen[0]
    assert (path, headers["Authorization"], headers["Host"]) == ("/key?x=1", basic("ann:p@ss"), place)


@pytest.mark.parametrize(
    "url",
    [
        "http://ann:secret@127.0.0.1:{}", "ann:secret@127.0.0.1:{}", "http://ann:sec/secret@127.0.0.1:{}",
        "http://ann:secret://x@127.0.0.1:{}", "ftp://ann:secret@127.0.0.1:{}", "http://ann:secret@[::1:{}",
        "http://ann:secret@127.0.0.1:secret{}", "",
    ],
)  # fmt: skip
def test_connect__fails__shows_no_password(url: str) -> None:
    with pytest.raises(NodeUnreachable) as caught:
        connect(url.format(free_port()), LOCAL_CHAIN_ID)
    assert "ann" not in str(caught.value)
    assert "ann" not in caught.value.url
    assert "secret@" not in str(caught.value) + str(caught.value.__cause__)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_ask__proxy_in_the_environment__is_asked_for_the_whole_url(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with serving() as (proxy, server):
        monkeypatch.setenv(name, f"http://bob:pw@{proxy}")
        assert Rpc("http://ann:p@node.example:81/key").ask("eth_chainId") == {"result": hex(LOCAL_CHAIN_ID)}
        path, _, headers = server.seen[0]
    assert (path, headers["Host"]) == ("http://node.example:81/key", "node.example:81")
    assert (headers["Authorization"], headers["Proxy-Authorization"]) == (basic("ann:p"), basic("bob:pw"))


@pytest.mark.parametrize("near", ["*", "127.0.0.1", "127.0.0.0/8", "10.0.0.0/8, 127.0.0.1"])
def test_ask__host_without_a_proxy__is_asked_itself(monkeypatch: pytest.MonkeyPatch, near: str) -> None:
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{free_port()}")
    with serving() as (place, _):
        with pytest.raises(NodeUnreachable):
            Rpc(f"http://{place}").ask("eth_chainId")
        monkeypatch.setenv("no_proxy", near)
        assert "result" in Rpc(f"http://{place}").ask("eth_chainId")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://127.0.0.1:x", "http://"])
def test_rpc__proxy_that_is_none__is_unreachable(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(NodeUnreachable, match="its proxy"):
        Rpc("http://127.0.0.1:1")


def test_ask__https__is_trusted_by_a_certificate_of_the_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tls=True) as (place, _):
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
        with pytest.raises(NodeUnreachable, match="SSLCertVerificationError"):
            Rpc(f"https://{place}").ask("eth_chainId")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
        assert "result" in Rpc(f"https://{place}").ask("eth_chainId")


def test_ask__https_through_a_proxy__is_a_tunnel_that_sees_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    with serving(tls=True) as (place, server), serving() as (proxy, between):
        monkeypatch.setenv("https_proxy", f"http://bob:pw@{proxy}")
        node = Rpc(f"https://ann:p@{place}/key")
        assert [node.ask("eth_chainId")["result"] for _ in range(2)] == [hex(LOCAL_CHAIN_ID)] * 2
        ((asked, method, headers),) = between.seen
        path, _, inner = server.seen[1]
    assert (asked, method, headers["Proxy-Authorization"]) == (place, "CONNECT", basic("bob:pw"))
    assert "Authorization" not in headers
    assert (path, inner["Authorization"]) == ("/key", basic("ann:p"))
    assert "Proxy-Authorization" not in inner


def test_ask__line_that_the_server_closed_after_its_answer__is_opened_again() -> None:
    with serving(hangs_up="after") as (place, server):
        node = Rpc(f"http://{place}")
        for _ in range(3):
            assert "result" in node.ask("evm_mine")
            assert select([node._connection._line.sock], [], [], 10)[0]
        assert [method for _, method, _ in server.seen] == ["evm_mine"] * 3


@pytest.mark.parametrize(("method", "times"), [("eth_call", 2), ("eth_sendRawTransaction", 1), ("evm_mine", 1)])
def test_ask__line_breaks_while_asked__is_asked_once_more_if_it_reads(method: str, times: int) -> None:
    with serving() as (place, server):
        node = Rpc(f"http://{place}")
        node.ask("eth_chainId")
        server.hangs_up, server.seen[:] = "before", []
        with pytest.raises(NodeUnreachable):
            node.ask(method)
        assert [asked for _, asked, _ in server.seen] == [method] * times
        server.hangs_up = ""
        assert "result" in node.ask(method)


def test_ask__answer_without_end__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST_BYTES", 1 << 20)
    with serving(lambda *_: b'"' + b"x" * (1 << 20) + b'"') as (place, _):
        node = Rpc(f"http://{place}")
        with pytest.raises(NodeUnreachable, match="an answer of more than 1 MiB"):
            node.ask("eth_chainId")


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b'{"id": 1', b"nothing"], ids=lambda body: str(body[:8])
)
def test_ask__no_json__is_unreachable(body: bytes) -> None:
    with serving(lambda *_: body) as (place, _), pytest.raises(NodeUnreachable):
        Rpc(f"http://{place}").ask("eth_chainId")


@pytest.mark.parametrize(
    "change",
    [
        {"id": 7}, {"id": None}, {"result": 1, "error": {"code": 1}}, {"error": None, "gone": "result"},
        {"gone": "result"}, {"gone": "id"}, [], None, 1, "0x1", [["id", 1], ["result", "0x1"]],
    ],
    ids=str,
)  # fmt: skip
def test_ask__json_that_is_no_answer__is_a_chain_error(change: Any) -> None:
    def reply(_: Server, asked: dict[str, Any]) -> bytes:
        if not isinstance(change, dict):
            return json.dumps(change).encode()
        answer = {"id": asked["id"], "result": "0x1"} | change
        answer.pop(answer.pop("gone", ""), None)
        return json.dumps(answer).encode()

    said = "neither a result nor an error|another request"
    with serving(reply) as (place, _), pytest.raises(ChainError, match=said):
        Rpc(f"http://{place}").ask("eth_chainId")


USES: dict[str, Callable[[Chain], object]] = {
    "head": lambda chain: chain.head(),
    "confirm": lambda chain: chain.confirm(BLOCK),
    "has_code": lambda chain: chain.has_code(SOMEWHERE, BLOCK),
    "code_hash": lambda chain: chain.code_hash(SOMEWHERE, BLOCK),
    "storage": lambda chain: chain.storage(SOMEWHERE, 0, BLOCK),
    "read": lambda chain: chain.read("HedgeGovernor", SOMEWHERE, "name", block=BLOCK),
    "logs": lambda chain: chain.logs("HedgeGovernor", SOMEWHERE, "ProposalCreated", 0, BLOCK),
    "simulate": lambda chain: chain.simulate(SOMEWHERE, SOMEWHERE, HexStr("0x"), 1, BLOCK, "trying"),
}
HASH = "0x" + "ab" * 32
NONSENSE: list[Any] = [
    None, 1, True, [], ["0x1"], [1], [{}], {}, {"number": "0x1"}, "", "nothing", "0x", "0xz", "0x1",
    {"number": 1, "hash": HASH, "timestamp": "0x1"}, {"number": "0x1", "hash": "0x12", "timestamp": "0x1"},
    {"number": "0x1", "hash": HASH, "timestamp": None}, "0x" + "ff" * 32, "0x" + "00" * 31 + "20" + "ff" * 64,
    "0x" + "00" * 31 + "20" + "00" * 31 + "02" + "fffe" + "00" * 30,
    [{"topics": [], "data": "0x"}], [{"topics": [HASH], "data": "0x"}],
]  # fmt: skip


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("result", NONSENSE, ids=lambda result: str(result)[:30])
def test_chain__answer_of_another_kind__is_ours_to_name(result: Any, use: str) -> None:
    def reply(_: Server, asked: dict[str, Any]) -> bytes:
        return json.dumps({"id": asked["id"], "result": result}).encode()

    with serving(reply) as (place, _):
        try:
            USES[use](Chain(f"http://{place}", LOCAL_CHAIN_ID))
        except (ChainError, UnknownAddress):
            return
    fitting = {
        "has_code": isinstance(result, str),
        "code_hash": isinstance(result, str),
        "storage": result in ("0x1", "0x" + "ff" * 32),
        "logs": result in (None, []),
        "simulate": True,
    }
    assert fitting.get(use), (use, result)


@pytest.mark.parametrize("error", [1, "no", [], {}, {"data": 1}, {"data": "0x1"}, {"data": "0x12345678zz"}], ids=str)
@pytest.mark.parametrize("use", USES)
def test_chain__error_of_another_kind__is_a_chain_error(error: Any, use: str) -> None:
    def reply(_: Server, asked: dict[str, Any]) -> bytes:
        return json.dumps({"id": asked["id"], "error": error}).encode()

    with serving(reply) as (place, _), pytest.raises(ChainError) as caught:
        USES[use](Chain(f"http://{place}", LOCAL_CHAIN_ID))
    assert not isinstance(caught.value, (NodeUnreachable, MissingBlock))
