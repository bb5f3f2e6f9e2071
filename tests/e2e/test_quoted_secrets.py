"""A node, a contract and a Safe Transaction Service that quote the operator's keys in every text: none is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode

from bridge.chain.codec import encode_call
from bridge.safe.service import KEY_VARIABLE
from tests.bridge.lying_node import Answering, Asked, Lie, LyingNode, lying_node
from tests.bridge.safe_service import Service, safe_service
from tests.bridge.test_hidden import DISGUISES, tells
from tests.e2e.command import Done
from tests.e2e.places import Place
from tests.e2e.test_swapped import bring

KEY, PASSWORD = "SECRETkey12345xyz", "hunter2pass"
SERVICE_KEY = "svc-9f3Kq27LmZ"
SHOWN = ("plain", "reversed case", "escaped as in a URL", "base64 behind a letter", "with U+200B", "with U+001B")


def said(secret: str) -> str:
    """Return a secret in several disguises, each as a word of its own."""
    return "; ".join(DISGUISES[name](secret) for name in SHOWN)


SAID = f"{said(KEY)} for user:{PASSWORD}, {said(PASSWORD)}"
REASON = "0x08c379a0" + encode(["string"], [SAID]).hex()


def assert_untold(done: Done, *secrets: str) -> None:
    """Check that what a command printed tells none of the secrets."""
    assert done.code in (0, 1, 2), done
    assert "Traceback" not in done.err, done.err
    for line in (done.out + "\n" + done.err).splitlines():
        assert not any(tells(line, secret) for secret in secrets), line


def every(method: str, answer: Lie) -> Lie:
    """Answer every request of a method so."""
    return lambda answering, asked: asked["method"] == method and answer(answering, asked)


def refused(answering: Answering, asked: Asked) -> bool:
    return answering.error(asked, {"code": 3, "message": f"execution reverted: {SAID}"})


def reverted(answering: Answering, asked: Asked) -> bool:
    return answering.error(asked, {"code": 3, "message": "execution reverted", "data": REASON})


def played(error: bool) -> Lie:
    """Refuse every call that is played, in words or in bytes."""

    def lie(answering: Answering, asked: Asked) -> bool:
        found = json.loads(answering.honest(asked))["result"]
        for call in found[-1]["calls"]:
            call |= {"status": "0x0", "returnData": "0x" if error else REASON, "error": {"code": 3, "message": SAID}}
        return answering.result(asked, found)

    return lie


CHECK = encode_call("HedgeParameters", "check", ((), (), 0, 0, bytes(32)), 0, 0).hex[:10]


def checked(answering: Answering, asked: Asked) -> bool:
    """Answer the contract's own check of an update with the secrets as its reason."""
    if not asked["params"][0]["data"].startswith(CHECK):
        return False
    return answering.result(asked, "0x" + encode(["bytes"], [bytes.fromhex(REASON[2:])]).hex())


def some(lie: Lie) -> Lie:
    """Lie to every call to a contract but the first twenty."""
    count = [0]

    def made(answering: Answering, asked: Asked) -> bool:
        count[0] += 1
        return count[0] > 20 and lie(answering, asked)

    return made


READS = ("exposure", "oracle status", "gov list", "doctor", "watch --once", "watch --once --json")
WAYS: dict[str, tuple[Callable[[], Lie], tuple[str, ...]]] = {
    "calls are refused in words": (lambda: every("eth_call", some(refused)), READS),
    "calls are refused in bytes": (lambda: every("eth_call", some(reverted)), READS),
    "logs are refused": (lambda: every("eth_getLogs", refused), ("gov list", "watch --once --json")),
    "blocks are refused": (lambda: every("eth_getBlockByNumber", refused), ("doctor", "gov list")),
    "plays are refused in words": (lambda: every("eth_simulateV1", played(True)), ("safe propose pause",)),
    "plays are refused in bytes": (lambda: every("eth_simulateV1", played(False)), ("safe propose pause",)),
    "gas is refused": (lambda: every("eth_estimateGas", reverted), ("gov propose set-voting-period 90000 --send",)),
    "a check answers": (lambda: every("eth_call", checked), ("gov propose",)),
    "what is said of proposals": (lambda: lambda answering, asked: False, ("gov list", "gov list --json", "gov show")),
}


@pytest.fixture
def quoting(place: Place, tmp_path: Path) -> Iterator[LyingNode]:
    """Let the settings name a node behind a login and a key."""
    with lying_node(place.world.chain.url) as node:
        settings = tmp_path / "alvh.toml"
        text = settings.read_text(encoding="utf-8")
        secret = f"http://user:{PASSWORD}@{node.url.removeprefix('http://')}/v3/{KEY}"
        settings.write_text(text.replace(place.world.chain.url, secret), encoding="utf-8")
        yield node


@pytest.mark.parametrize("way", WAYS)
def test_commands__node_that_quotes_its_key_in_every_text__print_none_of_it(
    place: Place, quoting: LyingNode, way: str
) -> None:
    number = bring(place.world, f"# {SAID}\n{said(KEY)}\n{said(PASSWORD)}", "setVotingPeriod", 90_000)
    lie, commands = WAYS[way]
    for command in commands:
        quoting.lie = lie()
        words = [*command.split(), *([str(number)] if command == "gov show" else [])]
        if command == "gov propose":
            quoting.lie = lambda answering, asked: False
            assert place.run("plan").code == 0
            quoting.lie = lie()
        assert_untold(place.run(*words, role="operator"), KEY, PASSWORD)


def quoted(content: Any) -> Any:
    """Return a document with the key in place of every text and number, and beside them."""
    if isinstance(content, dict):
        return {name: quoted(each) for name, each in content.items()} | {said(SERVICE_KEY): said(SERVICE_KEY)}
    return [quoted(each) for each in content] if isinstance(content, list) else said(SERVICE_KEY)


def only(field: str) -> Callable[[Any], Any]:
    """Return a lie of one field, wherever it is."""

    def lie(content: Any) -> Any:
        if isinstance(content, dict):
            return {name: said(SERVICE_KEY) if name == field else lie(each) for name, each in content.items()}
        return [lie(each) for each in content] if isinstance(content, list) else content

    return lie


FIELDS = ("nonce", "threshold", "owners", "operation", "safe", "safeTxHash", "owner", "signatureType", "gasToken")


def test_safe__service_that_quotes_the_key_in_every_field__prints_none_of_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, SERVICE_KEY)
    with safe_service(place.world.snapshot) as service:
        settings = tmp_path / "alvh.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(f'{text}[safe]\nservice_url = "{service.url}"\n', encoding="utf-8")
        assert place.run("safe", "propose", "pause", "--out", "pause.json").code == 0
        assert place.run("safe", "sign", "pause.json", role="guardian-1").code == 0
        digest = place.run("safe", "push", "pause.json", "--send", "--json").json()["safe_tx_hash"]
        assert any(SERVICE_KEY in str(headers) for *_, headers in service.seen)
        pull = ("safe", "pull", digest, "--out", "pulled.json")
        for change in (quoted, *map(only, FIELDS)):
            service.lie = lambda kind, answer, change=change: change(answer)  # type: ignore[misc]
            for words in (("safe", "pending", "--json"), *([("safe", "pending"), pull] if change is quoted else [])):
                assert_untold(place.run(*words), SERVICE_KEY)
        service.lie = lambda kind, answer: answer
        _refusing(service)
        for words in (("safe", "pending"), pull, ("safe", "push", "pause.json", "--send")):
            assert_untold(place.run(*words), SERVICE_KEY)


def _refusing(service: Service) -> None:
    """Let the service refuse everything with the key in the body."""
    from tests.bridge.safe_service import Refused

    def found(method: str, path: str, content: Any) -> tuple[int, Any]:
        raise Refused(400, {"detail": said(SERVICE_KEY), said(SERVICE_KEY): [said(SERVICE_KEY)]})

    service.found = found  # type: ignore[method-assign]
