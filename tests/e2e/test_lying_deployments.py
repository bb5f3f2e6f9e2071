"""Deployment, Safe, keystore and note files that lie, leak or never end, and places where something else lies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.chain.signers import PASSWORD_VARIABLE
from bridge.local.world import World
from tests.e2e.command import Run
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error

KEY = "0x" + "ab" * 32
URL = "https://user:SECRETPASS@node.example/v3/APIKEY123"


def changed(folder: Path, **parts: Any) -> None:
    """Write other content into parts of the deployment file: a dict adds to the names that are there."""
    path = folder / ".alvh" / "deployment.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for name, value in parts.items():
        content[name] = content[name] | value if isinstance(value, dict) else value
    path.write_text(json.dumps(content), encoding="utf-8")


FEEDS = ("oracle status", "oracle sign ETH --as reporter-1", "plan", "watch --once", "exposure")


@pytest.mark.parametrize("command", FEEDS)
def test_feeds__of_each_other__are_used_by_nobody(run: Run, project: World, tmp_path: Path, command: str) -> None:
    feeds = project.deployment.feeds
    changed(tmp_path, feeds={"ETH": feeds["BTC"], "BTC": feeds["ETH"]})
    done = run(*command.split())
    assert done.code == 1, done
    assert "is not its feed but that of" in " ".join((done.out + done.err).split())
    assert not (tmp_path / ".alvh" / "plans").exists()


def swapped(places: dict[str, str], one: str, other: str) -> dict[str, str]:
    """Exchange two assets: among the names, or among what they name."""
    if one in places:
        return places | {one: places[other], other: places[one]}
    return {place: {one: other, other: one}.get(asset, asset) for place, asset in places.items()}


EXCHANGED = {
    "tokens": ({"assets": ("ETH", "BTC")}, "is another asset: the token calls itself"),
    "tokens and pools": ({"assets": ("ETH", "BTC"), "price_pools": ("ETH", "BTC")}, "is another asset"),
    "dollars": ({"assets": ("USD", "ETH")}, "is another asset: the token calls itself"),
    "pools": ({"price_pools": ("ETH", "BTC")}, "price_pools."),
    "pools and measurements": ({"price_pools": ("ETH", "BTC"), "realized": ("ETH", "BTC")}, "price_pools."),
    "measurements": ({"realized": ("ETH", "BTC")}, "reads another pool than price_pools."),
}
PRICING = ("exposure", "plan", "oracle quote", "watch --once")


@pytest.mark.parametrize("what", EXCHANGED)
def test_assets__in_each_others_place__are_named_by_every_command_that_prices(
    run: Run, project: World, tmp_path: Path, what: str
) -> None:
    parts, words = EXCHANGED[what]
    content = project.deployment.model_dump()
    changed(tmp_path, **{name: swapped(content[name], *pair) for name, pair in parts.items()})
    for command in PRICING:
        done = run(*command.split())
        assert done.code == 1, (command, done)
        said = " ".join((done.out + done.err).split())
        assert words in said or "breakers." in said, (command, done)
    assert not (tmp_path / ".alvh" / "plans").exists()


def test_assets__native_coin_of_another_than_its_wrapped_token__is_named(
    run: Run, project: World, tmp_path: Path
) -> None:
    changed(tmp_path, assets={"0x" + "00" * 20: "BTC"})
    assert_one_line_error(run("exposure"), 1, "is not the asset of its wrapped token, ETH")


@pytest.mark.parametrize("kind", ["breakers", "realized"])
def test_breakers__of_each_other__are_shown_under_no_name(run: Run, project: World, tmp_path: Path, kind: str) -> None:
    changed(tmp_path, **{kind: swapped(project.deployment.model_dump()[kind], "ETH", "BTC")})
    for command in ("watch --once", "oracle status", "gov trip ETH --as operator"):
        done = run(*command.split())
        assert done.code == 1, (command, done)
        said = " ".join((done.out + done.err).split())
        assert "compares another" in said
        assert "that of " in said


def test_feeds__one_for_both__is_refused_where_it_is_signed_and_submitted(place: Place, tmp_path: Path) -> None:
    changed(tmp_path, feeds={"BTC": place.world.deployment.feeds["ETH"]})
    done = place.run("oracle", "sign", "BTC", role="reporter-1")
    assert_one_line_error(done, 1, "feeds.BTC", "is not its feed but that of ETH")


@pytest.mark.parametrize("parts", [
    {"accounts": {"operator": KEY}}, {"contracts": {"HedgeVotes": URL}}, {"feeds": {URL: KEY}},
    {"assets": {URL: "ETH"}}, {"price_pools": {"ETH": KEY}}, {"rpc_url": URL}, {"chain_id": URL}, {KEY: 1},
], ids=lambda parts: next(iter(parts))[:12])  # fmt: skip
def test_deployment__key_or_url_in_the_wrong_place__is_refused_and_not_repeated(
    run: Run, project: World, tmp_path: Path, parts: dict[str, Any]
) -> None:
    changed(tmp_path, **parts)
    for words in (("gov", "list"), ("doctor",)):
        done = run(*words)
        assert done.code != 0, done
        shown = done.out + done.err
        assert not any(secret in shown for secret in ("abab", "SECRETPASS", "APIKEY123", "user:")), shown
    assert "deployment.json" in run("gov", "list").err


@pytest.mark.parametrize(("name", "value"), [
    ("deployed_at", 10_000_000), ("start_block", 10_000_000), ("deployed_at", -1), ("deployed_at", "now"),
])  # fmt: skip
def test_deployment__begins_in_the_future_or_nowhere__hides_no_proposal(
    run: Run, project: World, tmp_path: Path, name: str, value: Any
) -> None:
    changed(tmp_path, **{name: value})
    for command in ("gov list", "watch --once", "gov roles"):
        done = run(*command.split())
        assert done.code != 0, done
        assert name in done.err + done.out
        assert "no open proposals" not in done.out
    assert name in run("doctor").out


def test_deployment__begins_after_its_contracts__is_refused(run: Run, project: World, tmp_path: Path) -> None:
    project.chain.request("anvil_mine", "0x3")  # blocks whose state the node keeps, whatever was undone before
    changed(tmp_path, deployed_at=project.chain.head().number - 1)
    assert_one_line_error(run("gov", "list"), 2, "deployed_at", "HedgeParameters was there by then")


def test_deployment__name_stands_twice__is_refused(run: Run, project: World, tmp_path: Path) -> None:
    path = tmp_path / ".alvh" / "deployment.json"
    path.write_text(path.read_text(encoding="utf-8").rstrip("}\n") + ', "feeds": {}}', encoding="utf-8")
    assert_one_line_error(run("gov", "list"), 2, "feeds stands twice in it")


@pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "folder"])
@pytest.mark.parametrize("what", ["deployment", "keystore"])
def test_file__that_never_ends__is_named_at_once(
    run: Run, project: World, tmp_path: Path, what: str, kind: str
) -> None:
    path = tmp_path / "lies.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(kind)
    words = ("gov", "list")
    if what == "deployment":
        settings = tmp_path / "alvh.toml"
        settings.write_text(settings.read_text(encoding="utf-8") + 'deployment = "lies.json"\n', encoding="utf-8")
    else:
        words = ("oracle", "sign", "ETH", "--keystore", "lies.json")  # type: ignore[assignment]
    done = run(*words, **{PASSWORD_VARIABLE: "x"})
    assert_one_line_error(done, 2, "lies.json", "cannot be read")


@pytest.mark.parametrize("asked", [
    {"kdf": "pbkdf2", "kdfparams": {"c": 2**31 - 1, "dklen": 32, "prf": "hmac-sha256", "salt": "00"}},
    {"kdf": "pbkdf2", "kdfparams": {"c": 2**70, "dklen": 32, "prf": "hmac-sha256", "salt": "00"}},
    {"kdf": "pbkdf2", "kdfparams": {"c": 1, "dklen": 2**33, "prf": "hmac-sha256", "salt": "00"}},
    {"kdf": "scrypt", "kdfparams": {"n": 2**30, "r": 8, "p": 1, "dklen": 32, "salt": "00"}},
    {"kdf": "scrypt", "kdfparams": {"n": 2, "r": 8, "p": 10**6, "dklen": 32, "salt": "00"}},
    {"kdf": "scrypt", "kdfparams": {"n": "2", "r": 8, "p": 1, "dklen": 32, "salt": "00"}},
], ids=str)  # fmt: skip
def test_keystore__asks_for_work_without_end__is_named_at_once(
    run: Run, project: World, tmp_path: Path, asked: dict[str, Any]
) -> None:
    crypto = {"cipher": "aes-128-ctr", "cipherparams": {"iv": "00" * 16}, "ciphertext": "00" * 32, "mac": "00" * 32}
    content = {"version": 3, "crypto": crypto | asked}
    (tmp_path / "key.json").write_text(json.dumps(content), encoding="utf-8")
    done = run("oracle", "sign", "ETH", "--keystore", "key.json", **{PASSWORD_VARIABLE: "x"})
    assert_one_line_error(done, 2, "key.json", "not a keystore, or the password is wrong")


@pytest.mark.parametrize("name", ["alvh.toml", ".alvh/deployment.json", ".alvh/alvh.db", "book.toml", "link.json"])
def test_safe_propose__something_else_is_there__is_not_written_over(
    run: Run, project: World, tmp_path: Path, name: str
) -> None:
    place = tmp_path / name
    if name == "link.json":
        (tmp_path / "kept.txt").write_text("kept", encoding="utf-8")
        place.symlink_to("kept.txt")
    elif not place.exists():
        place.write_text("kept", encoding="utf-8")
    before = place.read_bytes()
    done = run("safe", "propose", "pause", "--out", name)
    assert_one_line_error(done, 2, name, "is no Safe transaction: name another place")
    assert place.read_bytes() == before
    assert run("safe", "propose", "pause", "--out", "new.json").code == 0
    assert run("safe", "propose", "rollback", "--out", "new.json").code in (0, 1)  # over an older one it may


def test_safe_file__that_lies__is_refused_or_told_by_its_call(run: Run, project: World, tmp_path: Path) -> None:
    assert run("safe", "propose", "pause", "--out", "pause.json").code == 0
    content = json.loads((tmp_path / "pause.json").read_text(encoding="utf-8"))
    others = {
        "no digest": {name: each for name, each in content.items() if name != "digest"},
        "more": content | {"gas_price": 1},
    }
    for other in others.values():
        (tmp_path / "other.json").write_text(json.dumps(other), encoding="utf-8")
        for words in (("sign", "other.json", "--as", "guardian-1"), ("execute", "other.json")):
            assert_one_line_error(run("safe", *words), 2, "other.json", "not a Safe transaction")
    (tmp_path / "pause.json").write_text(json.dumps(content | {"action": "rollback"}), encoding="utf-8")
    for owner in ("guardian-1", "guardian-2"):
        assert run("safe", "sign", "pause.json", "--as", owner).code == 0
    done = run("safe", "execute", "pause.json")
    assert done.code == 0, done
    assert "HedgeParameters.pause" in done.out
    assert "rollback" not in done.out
    assert "HedgeParameters.pause" in run("safe", "execute", "pause.json", "--json").json()["does"]


@pytest.mark.parametrize(
    "url", ["http://exa mple/KEY12345", "http://exa\\u0007mple:8545/KEY12345", "http://[::1/KEY12345"]
)
def test_rpc_url__that_is_none__is_one_line_without_its_key(run: Run, project: World, tmp_path: Path, url: str) -> None:
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "{url}"\n', encoding="utf-8")
    for command in ("gov list", "exposure", "watch --once"):
        done = run(*command.split())
        assert done.code != 0
        assert "Traceback" not in done.err
        assert "KEY12345" not in done.out + done.err
    assert "KEY12345" not in run("doctor").out


@pytest.mark.parametrize("seconds", ["inf", "1e300", "nan", "100000"])
def test_watch__pause_without_end__is_refused_before_the_first_look(
    run: Run, project: World, tmp_path: Path, seconds: str
) -> None:
    done = run("watch", "--interval", seconds)
    assert done.code == 2, done
    assert "Traceback" not in done.err
    assert done.out == ""


@pytest.mark.parametrize("content", ["null", "{", "pipe", '{"format": 1}'])
def test_watch__note_of_a_proposal_is_damaged__is_an_alert_and_the_rest_is_seen(
    run: Run, project: World, tmp_path: Path, content: str
) -> None:
    place = tmp_path / ".alvh" / "proposals" / "31337" / "12.json"
    place.parent.mkdir(parents=True)
    if content == "pipe":
        os.mkfifo(place)
    else:
        place.write_text(content, encoding="utf-8")
    seen = run("watch", "--once", "--json").json()
    assert [alert["text"] for alert in seen["alerts"] if alert["kind"] == "journal"]
    assert seen["value_usd"] > 0
    assert seen["feeds"]


@pytest.mark.parametrize("command", ["backtest --list", "plan --help", "--help"])
def test_output__closed__is_one_line(command: str) -> None:
    asked = f"exec {sys.executable} -m bridge {command} >&-"
    done = subprocess.run(["/bin/sh", "-c", asked], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "error: the output cannot be written: Bad file descriptor\n")
