"""The loop of `alvh watch`: whatever stops one look is said in one line, and the next look comes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.cli.monitor import keep_looking, trouble_words
from bridge.errors import BadFile, ChainError, NodeUnreachable, Terminated, UntrustedNumber
from bridge.local.world import World
from hedge.errors import BadInput
from tests.bridge.lying_node import Answering, Asked, lying_node

KEY = "KEY1234567"
URL = f"http://ann:p4ssword@127.0.0.1:1/v3/{KEY}"
FAULTS = [
    ChainError("gone"), BadFile("x", "y"), UntrustedNumber("z"), BadInput("q", 1, "is wrong"), ValueError("v"),
    TypeError("t"), KeyError("k"), OSError("o"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), ZeroDivisionError(),
    RecursionError(), AssertionError("a\nb\x1b[2J"), ConnectionError(f"cannot reach {URL}"), NodeUnreachable(URL, URL),
]  # fmt: skip


class Ended(BaseException):
    """Ends a loop that nothing else does."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("where", ["look", "show"])
def test_keep_looking__one_look_fails__is_said_and_the_next_one_comes(fault: Exception, where: str) -> None:
    looks, shown, said, waits = [0], [], [], [0]

    def failing(place: str) -> None:
        if place == where and looks[0] == 2:
            raise fault

    def look() -> Any:
        looks[0] += 1
        failing("look")
        return SimpleNamespace(alerts=(), number=looks[0])

    def show(watched: Any) -> None:
        failing("show")
        shown.append(watched.number)

    def wait() -> None:
        waits[0] += 1
        if waits[0] == 4:
            raise Ended

    with pytest.raises(Ended):
        keep_looking(look, show, said.append, wait)
    assert (shown, said) == ([1, 3, 4], [fault])


@pytest.mark.parametrize(
    ("alerts", "fault", "quiet"), [((), None, True), ((1,), None, False), ((), KeyError("x"), False)]
)
def test_keep_looking__once__tells_whether_there_is_anything_to_look_at(
    alerts: Any, fault: Exception | None, quiet: bool
) -> None:
    def look() -> Any:
        if fault:
            raise fault
        return SimpleNamespace(alerts=alerts)

    assert keep_looking(look, lambda seen: not seen.alerts, lambda _: None, None) is quiet


def test_keep_looking__asked_to_end__ends() -> None:
    def look() -> Any:
        raise Terminated(143)

    with pytest.raises(Terminated):
        keep_looking(look, lambda _: None, lambda _: None, lambda: None)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_trouble_words__any_error__is_one_line_without_the_key(fault: Exception) -> None:
    words = trouble_words(fault, URL)
    assert words.isprintable()
    assert words
    assert not any(secret in words for secret in (KEY, "p4ssword"))


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Callable[[str], Path]:
    def made(url: str) -> Path:
        world.deployment.save(tmp_path / ".alvh" / "deployment.json")
        (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{url}"\n', encoding="utf-8")
        return tmp_path

    return made


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    code = "from bridge.cli import main; main()"
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", code, "watch", *words], cwd=folder, stdout=pipe, stderr=pipe, text=True
    )


def nonsense(answering: Answering, asked: Asked) -> bool:
    """Answer every call with what no contract says."""
    return asked["method"] == "eth_call" and answering.result(asked, "0xzz")


LIES: dict[str, Callable[[Answering, Asked], bool]] = {
    "nonsense": nonsense,
    "HTML": lambda answering, asked: answering.say(b"<html>\xff</html>"),
    "no UTF-8": lambda answering, asked: answering.say(b'{"jsonrpc": "2.0", "id": 1, "result": "\xff"}'),
    "error": lambda answering, asked: answering.error(asked, {"message": f"no project {KEY}\x1b[2J", "code": 1}),
    "wrong types": lambda answering, asked: answering.result(asked, [{"a": 1}]),
    "huge number": lambda answering, asked: answering.result(asked, "0x" + "f" * 5000),
}


def test_watch__node_lies_in_every_way_and_recovers__says_each_and_looks_on(
    world: World, folder: Callable[[str], Path]
) -> None:
    with lying_node(world.chain.url) as node:
        process = start(folder(f"{node.url}/v3/{KEY}"), "--json", "--interval", "0.1")
        assert process.stdout is not None
        try:
            assert "error" not in json.loads(process.stdout.readline())
            for name, lie in LIES.items():
                node.lie = lie
                lines = [json.loads(process.stdout.readline()) for _ in range(2)]
                assert lines[-1].keys() == {"error"}, name
                assert KEY not in str(lines), name
            node.lie = lambda answering, asked: False
            assert "block" in [json.loads(process.stdout.readline()) for _ in range(2)][-1]
        finally:
            process.send_signal(signal.SIGTERM)
            err = process.communicate(timeout=30)[1]
        assert (process.returncode, err) == (128 + signal.SIGTERM, "")


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_watch__once_and_the_look_fails__exits_1_with_one_line(
    world: World, folder: Callable[[str], Path], flags: tuple[str, ...]
) -> None:
    place = folder(world.chain.url)
    settings = place / "alvh.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + '[book]\nprice_source = "nowhere"\n', encoding="utf-8")
    process = start(place, "--once", *flags)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, "")
    assert len(out.splitlines()) == 1
    assert "nowhere" in (json.loads(out)["error"] if flags else out)
