"""Owners sign with another program over JSON-RPC (anvil is one), or paste what was signed elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from bridge.chain.external_signer import URL_VARIABLE
from bridge.local.accounts import account, accounts
from tests.bridge.lying_node import Answering, Asked, lying_node
from tests.e2e.places import Place, key_of
from tests.e2e.test_commands import assert_one_line_error

FIRST, SECOND = (owner.address for owner in accounts("guardian")[:2])


@pytest.fixture
def pausing(place: Place, tmp_path: Path) -> Path:
    assert place.run("safe", "propose", "pause", "--out", "pause.json").code == 0
    return tmp_path / "pause.json"


def signatures(file: Path) -> dict[str, str]:
    return json.loads(file.read_text(encoding="utf-8"))["signatures"]  # type: ignore[no-any-return]


def test_safe_sign__two_owners_by_another_program__are_counted_by_the_real_safe(place: Place, pausing: Path) -> None:
    url = place.world.chain.url
    done = place.run("safe", "sign", "pause.json", "--signer", f"rpc:{url}", "--from", FIRST)
    assert done.code == 0, done
    assert f"asking {url} for the signature of {FIRST}" in done.err
    by_variable = {URL_VARIABLE: url}
    told = place.call("safe", "sign", "pause.json", "--signer", "rpc", "--from", SECOND, "--json", **by_variable)
    assert told.json()["signed_by_owners"] == 2
    assert set(signatures(pausing)) == {FIRST, SECOND}
    place.sent("safe", "execute", "pause.json", role="outsider")
    assert place.world.snapshot().read("HedgeParameters", "paused")


def test_safe_sign__several_accounts_or_a_stranger__asks_which_and_signs_nothing(place: Place, pausing: Path) -> None:
    url, lp = place.world.chain.url, account("lp").address
    done = place.run("safe", "sign", "pause.json", "--signer", f"rpc:{url}")
    assert_one_line_error(done, 1, "3 of its accounts are owners", "--from", FIRST)
    done = place.run("safe", "sign", "pause.json", "--signer", f"rpc:{url}", "--from", lp)
    assert_one_line_error(done, 1, f"{lp} is none of its accounts, or no owner")
    assert signatures(pausing) == {}


def test_safe_sign__hands_that_are_none__say_what_to_give(place: Place, pausing: Path) -> None:
    for words, said in (
        (("--signer", "http://x"), "--signer is rpc:URL"),
        (("--signer", "rpc:"), "--signer is rpc:URL"),
        (("--signer", "rpc"), f"set {URL_VARIABLE}"),
        (("--signer", "rpc:http://127.0.0.1:1", "--signature", "0x"), "give one"),
        (("--from", FIRST), "--from names an account of --signer"),
    ):
        assert_one_line_error(place.run("safe", "sign", "pause.json", *words), 2, said)
    for bad in ("0x", "nonsense", "0x" + "00" * 65, "\x1b[2J"):
        done = place.run("safe", "sign", "pause.json", "--signature", bad, "--json")
        assert_one_line_error(done, 1, "is no signature of 65 bytes over this transaction")
    assert signatures(pausing) == {}


def test_safe_sign__program_that_lies_or_refuses__is_named_by_its_place_and_nothing_is_kept(
    place: Place, pausing: Path
) -> None:
    real = place.world.chain.request
    other = real("eth_signTypedData_v4", SECOND, place.run("safe", "typed-data", "pause.json").out)

    def run(answer: Any) -> Any:
        def lie(node: Answering, asked: Asked) -> bool:
            if asked["method"] != "eth_signTypedData_v4":
                return False
            return node.error(asked, answer) if isinstance(answer, dict) else node.result(asked, answer)

        with lying_node(place.world.chain.url, lie) as node:
            url = node.url.replace("127.0.0.1", "ann:secret12@127.0.0.1") + "/v3/KEY12345"
            done = place.run("safe", "sign", "pause.json", "--signer", f"rpc:{url}", "--from", FIRST, "--json")
            assert not {"secret12", "KEY12345", "\x1b"} & {w for w in ("secret12", "KEY12345", "\x1b") if w in done.err}
            assert f"signer at {node.url}" in done.err
            return done

    assert f"signed as {SECOND}" in run(other).err
    assert "made with eth_sign" in run("0x" + "11" * 64 + "1f").err
    for nonsense in (None, 7, [], "0x12", "0x" + "00" * 65, "yes"):
        assert "is no signature" in run(nonsense).err
    refusal = {"code": 4001, "message": "User denied\x1b[2J at /v3/KEY12345"}
    assert "it refuses eth_signTypedData_v4: User denied" in run(refusal).err
    assert signatures(pausing) == {}


def test_safe_sign__signature_made_elsewhere__is_whose_it_is_also_with_a_devices_last_byte(
    place: Place, pausing: Path
) -> None:
    content = json.loads(place.run("safe", "typed-data", "pause.json").out)
    assert content["domain"] == {
        "chainId": place.chain_id, "verifyingContract": place.world.deployment.address("guardian"),
    }  # fmt: skip
    message = encode_typed_data(full_message=content)
    made = [Account.sign_message(message, key_of(f"guardian-{n}")).signature for n in (1, 2)]
    as_a_device_does = made[0][:64] + bytes([made[0][64] - 27])
    told = place.run("safe", "sign", "pause.json", "--signature", "0x" + as_a_device_does.hex(), "--json").json()
    assert told["signatures"] == {FIRST: "0x" + made[0].hex()}
    assert place.run("safe", "sign", "pause.json", "--signature", "0x" + made[1].hex().upper()).code == 0
    place.sent("safe", "execute", "pause.json", role="outsider")
    stranger = Account.sign_message(message, key_of("lp")).signature.hex()
    assert place.run("safe", "propose", "stop-automation", "--out", "second.json").code == 0
    done = place.run("safe", "sign", "second.json", "--signature", "0x" + stranger)
    assert done.code == 1
    assert "is not an owner of the Safe, or the signature is over something else" in done.err
    assert signatures(pausing.with_name("second.json")) == {}
