"""Nothing is taken silently: what cannot be meant is refused in one line, and so is a folder of another node."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.local.accounts import account
from bridge.local.anvil import free_port
from bridge.local.world import World
from tests.e2e.command import Done, Run
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error

NOBODY = "0x00000000000000000000000000000000000000AA"


def broken(address: str) -> str:
    """Return an address with one letter of its checksum turned."""
    place = next(at for at, letter in enumerate(address[2:], start=2) if letter.isalpha())
    return address[:place] + address[place].swapcase() + address[place + 1 :]


def edited(folder: Path, **changes: Any) -> None:
    """Change the deployment file of a folder by hand."""
    file = folder / ".alvh" / "deployment.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    for name, change in changes.items():
        content[name] = {**content[name], **change} if isinstance(change, dict) else change
        if isinstance(content[name], dict):
            content[name] = {key: value for key, value in content[name].items() if value is not None}
    file.write_text(json.dumps(content), encoding="utf-8")


def doctored(done: Done) -> dict[str, str]:
    """Return what the doctor found wrong; it ends with 1 where that is anything."""
    faults = {finding["what"]: finding["found"] for finding in done.json() if not finding["ok"]}
    assert done.code == (1 if faults else 0)
    assert all(finding["mend"] for finding in done.json() if not finding["ok"])
    return faults


@pytest.mark.parametrize("command", [("exposure",), ("plan",), ("watch", "--once")])
def test_owner__broken_checksum_empty_or_nonsense__is_refused(place: Place, command: tuple[str, ...]) -> None:
    wrong = broken(place.world.deployment.address("lp"))
    assert_one_line_error(place.run(*command, "--owner", wrong), 2, wrong, "its checksum is wrong")
    for text in ("", "foo", "0x12"):
        assert_one_line_error(place.run(*command, "--owner", text), 2, "is not an address")


def test_owner__empty_in_the_settings__is_refused(place: Place, tmp_path: Path) -> None:
    with (tmp_path / "alvh.toml").open("a", encoding="utf-8") as file:
        file.write('[book]\nowner = ""\n')
    assert_one_line_error(place.run("exposure"), 2, "book.owner", "must be an address")


@pytest.mark.parametrize("command", ["exposure", "plan", "gov list", "oracle quote", "oracle status"])
def test_block__below_zero_or_of_the_future__is_refused(place: Place, command: str) -> None:
    assert_one_line_error(place.run(*command.split(), "--block", "-1"), 2, "--block -1", "newest")
    assert_one_line_error(place.run(*command.split(), "--block", "99999999"), 1, "99999999")


def test_names__empty__name_nothing(place: Place) -> None:
    address = account("lp").address
    for words in (("vote", "", "for"), ("queue", ""), ("show", ""), ("cancel", ""), ("execute", "")):
        done = place.run("gov", *words, role="operator")
        assert_one_line_error(done, 2, "names no proposal", "alvh gov list")
    assert_one_line_error(place.run("safe", "propose", "cancel", ""), 2, "names no proposal")
    for text in ("", "0x", "x"):
        assert_one_line_error(place.run("safe", "propose", "veto", text), 2, "is no hash of an update")
    assert_one_line_error(place.run("safe", "propose", "pause", "--safe", ""), 2, "guardian or steward")
    wrong = broken(address)
    assert_one_line_error(place.run("gov", "delegate", wrong, role="voter-1"), 2, "its checksum is wrong")
    assert_one_line_error(place.run("safe", "create", wrong, role="operator"), 2, "its checksum is wrong")
    assert_one_line_error(place.run("exposure", "--at", ""), 2, "--at goes with --book")


def test_propose__proposer_that_is_no_address__is_refused(place: Place) -> None:
    place.run("plan")
    for text in ("", "foo", broken(account("operator").address)):
        assert_one_line_error(place.run("propose", "--proposer", text), 2, "is not an address")


def test_plan__of_an_empty_book__is_not_kept_and_the_newest_stays(place: Place, tmp_path: Path) -> None:
    empty = account("outsider").address
    done = place.run("plan", "--owner", empty, "--json")
    assert (done.code, done.json()["file"]) == (0, None)
    assert f"the book of {empty} is empty" in done.err
    assert "check --owner" in done.err
    assert not (tmp_path / ".alvh" / "plans").exists()
    assert_one_line_error(place.run("propose", role="operator"), 2, "no plan was made yet")
    place.run("plan")
    newest = (tmp_path / ".alvh" / "plans" / "newest").read_bytes()
    assert "not kept" in place.run("plan", "--owner", empty).out
    assert (tmp_path / ".alvh" / "plans" / "newest").read_bytes() == newest


def test_deployment__of_another_node_chain_or_world__is_refused_and_the_doctor_says_so(
    place: Place, tmp_path: Path
) -> None:
    head, other = place.world.chain.head(), "http://127.0.0.1:1"
    own = {"rpc_url": place.world.chain.url, "seen_block": head.number, "seen_hash": head.hash}
    edited(tmp_path, **own)
    assert doctored(place.run("doctor", "--json")) == {}
    edited(tmp_path, rpc_url=place.world.chain.url.replace("127.0.0.1", "localhost") + "/")
    assert place.run("gov", "list").code == 0
    for change, said in (
        ({"rpc_url": other}, f"was written for the node at {other}"),
        ({"seen_hash": "0x" + "00" * 32}, "was written for another chain"),
        ({"seen_block": 10**7}, "was written for another chain"),
        ({"chain_id": 5}, "is for chain 5"),
    ):
        edited(tmp_path, chain_id=place.chain_id, **own)
        edited(tmp_path, **change)
        for words in (("exposure",), ("gov", "list"), ("plan",), ("oracle", "status")):
            assert_one_line_error(place.run(*words), 2, "deployment.json", said, "chain.rpc_url")
        found = doctored(place.run("doctor", "--json"))
        assert set(found) == {"deployment"}
        assert said in found["deployment"]


def test_deployment__without_parameters_or_governor__is_named(place: Place, tmp_path: Path) -> None:
    edited(tmp_path, contracts={"HedgeParameters": None})
    assert_one_line_error(place.run("gov", "list"), 2, "deployment.json", "has no address for HedgeParameters")
    assert doctored(place.run("doctor", "--json"))["contracts"] == "HedgeParameters (no address)"
    for at in (NOBODY, place.world.deployment.address("HedgeVotes"), place.world.deployment.address("HedgeParameters")):
        place.world.deployment.save(tmp_path / ".alvh" / "deployment.json")
        edited(tmp_path, contracts={"HedgeGovernor": at})
        assert_one_line_error(place.run("gov", "list"), 2, at, "is not the HedgeGovernor")
        assert_one_line_error(place.run("gov", "show", "1"), 2, at, "is not the HedgeGovernor")
        assert set(doctored(place.run("doctor", "--json"))) == {"contracts" if at == NOBODY else "code"}
    place.world.deployment.save(tmp_path / ".alvh" / "deployment.json")
    edited(tmp_path, contracts={"HedgeGovernor": None})
    assert_one_line_error(place.run("gov", "list"), 2, "has no address for HedgeGovernor")
    assert doctored(place.run("doctor", "--json"))["contracts"] == "HedgeGovernor (no address)"


@pytest.mark.parametrize("kind", ["feeds", "realized", "breakers", "price_pools", "accounts"])
def test_doctor__address_without_code__is_named(place: Place, tmp_path: Path, kind: str) -> None:
    edited(tmp_path, **{kind: {"guardian" if kind == "accounts" else "ETH": NOBODY}})
    found = doctored(place.run("doctor", "--json"))
    assert set(found) == {"contracts"}
    assert "guardian Safe" in found["contracts"] if kind == "accounts" else "ETH" in found["contracts"]


def test_deployment__address_with_a_broken_checksum__is_refused(place: Place, tmp_path: Path) -> None:
    edited(tmp_path, contracts={"HedgeGovernor": broken(place.world.deployment.address("HedgeGovernor"))})
    assert_one_line_error(place.run("gov", "list"), 2, "contracts.HedgeGovernor", "its checksum is wrong")


def test_safe_propose__later_nonce__says_that_it_was_not_rehearsed(place: Place) -> None:
    done = place.run("safe", "propose", "rollback", "--nonce", "3", "--out", "later.json")
    assert done.code == 0
    assert "not rehearsed: transactions before nonce 3 come first" in done.err
    assert_one_line_error(place.run("safe", "propose", "rollback", "--nonce", "0"), 1, "NothingToRollBack")


def test_up__on_another_port__is_written_down_and_the_folder_is_refused_on_another_node(
    run: Run, world: World, tmp_path: Path
) -> None:
    port = free_port()
    (tmp_path / "prices.csv").write_text(
        "timestamp,ETH,BTC\n1700000000,3000,90000\n1700003600,3010,90100\n", encoding="utf-8"
    )
    words = ("up", "--port", str(port), "--prices", "prices.csv", "--json")
    with (tmp_path / "up.err").open("w", encoding="utf-8") as errors:
        up = subprocess.Popen(
            [sys.executable, "-m", "bridge", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert up.stdout is not None
            text, line = "", ""
            while line != "}\n":
                line = up.stdout.readline()
                assert line, (tmp_path / "up.err").read_text(encoding="utf-8")  # it has ended
                text += line
            url = f"http://127.0.0.1:{port}"
            assert json.loads(text)["rpc_url"] == url
            settings = tmp_path / "alvh.toml"
            for node, said in ((world.chain.url, f"was written for the node at {url}"), (url, "")):
                settings.write_text(f'[chain]\nrpc_url = "{node}"\n', encoding="utf-8")
                found = doctored(run("doctor", "--json"))
                assert set(found) == ({"deployment"} if said else set())
                assert said in found.get("deployment", "")
                done = run("gov", "list")
                assert_one_line_error(done, 2, said, "chain.rpc_url") if said else None
                assert done.code == (2 if said else 0)
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(30)
    assert f'set chain.rpc_url = "{url}"' in (tmp_path / "up.err").read_text(encoding="utf-8")


def test_deployment__without_feeds_pools_or_safe_contracts__is_named(place: Place, tmp_path: Path) -> None:
    edited(tmp_path, feeds={"BTC": None})
    assert doctored(place.run("doctor", "--json")) == {"contracts": "feed BTC (no address)"}
    edited(tmp_path, price_pools={"ETH": None, "BTC": None})
    assert doctored(place.run("doctor", "--json")) == {"contracts": "price pools (none)"}
    place.world.deployment.save(tmp_path / ".alvh" / "deployment.json")
    edited(tmp_path, contracts={"SafeProxyFactory": None})
    done = place.run("safe", "create", account("lp").address, "--threshold", "1", role="operator")
    assert_one_line_error(done, 2, "has no address for SafeProxyFactory")


def test_doctor__url_of_a_hostile_file__is_none_and_not_shown(place: Place, tmp_path: Path) -> None:
    edited(tmp_path, rpc_url="http://x[/red]\x1b[2Jy")
    done = place.run("doctor")
    assert done.code == 1
    assert "malformed" in done.out
    assert not any(word in done.out for word in ("\x1b", "[/red]", "2Jy"))


def test_up__where_the_deployment_of_another_chain_lies__is_refused_and_nothing_is_written(
    world: World, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / ".alvh" / "deployment.json"
    world.deployment.model_copy(update={"chain_id": 1}).save(file)
    before = file.read_bytes()
    done = run("up", "--port", str(free_port()))
    assert_one_line_error(done, 2, "deployment.json", "is for chain 1", "set chain.deployment")
    assert (file.read_bytes(), list(file.parent.iterdir())) == (before, [file])
