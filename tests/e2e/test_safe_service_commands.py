"""Owners pass a transaction on by the Safe Transaction Service: push, pending, pull; a service that lies is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_typing import HexStr

from bridge.safe.service import KEY_VARIABLE
from bridge.safe.transactions import SafeTransaction
from tests.bridge.safe_service import Service, safe_service
from tests.e2e.places import Place
from tests.e2e.test_commands import assert_one_line_error


@pytest.fixture
def service(place: Place, tmp_path: Path) -> Iterator[Service]:
    with safe_service(place.world.snapshot) as made:
        settings = tmp_path / "alvh.toml"
        text = settings.read_text(encoding="utf-8") + f'[safe]\nservice_url = "{made.url}"\n'
        settings.write_text(text, encoding="utf-8")
        yield made


def test_safe__two_owners_apart__pass_a_transaction_on_and_it_is_executed(
    place: Place, service: Service, tmp_path: Path
) -> None:
    assert place.run("safe", "propose", "pause", "--out", "first.json").code == 0
    assert_one_line_error(place.run("safe", "push", "first.json", "--send"), 2, "no owner has signed it")
    assert place.run("safe", "sign", "first.json", role="guardian-1").code == 0
    dry = place.run("safe", "push", "first.json")
    assert "would leave with the service: the transaction with the signatures of 0x" in dry.out
    assert service.rows == {}
    told = place.run("safe", "push", "first.json", "--send", "--json").json()
    assert (told["known"], told["sent"], list(service.rows)) == (False, True, [told["safe_tx_hash"]])
    (row,) = place.run("safe", "pending", "--json").json()["transactions"]
    assert (row["safe_tx_hash"], row["signed_by"], row["notes"]) == (told["safe_tx_hash"], 1, [])
    assert row["does"] == "HedgeParameters.pause(): Stop every update until the DAO ends it"
    pulled = place.run("safe", "pull", told["safe_tx_hash"], "--out", "second.json")
    assert (pulled.code, pulled.err) == (0, "")
    assert "What it changes" in pulled.out
    assert place.run("safe", "sign", "second.json", role="guardian-2").code == 0
    again = place.run("safe", "push", "second.json", "--send", "--json").json()
    assert (again["known"], len(again["signatures"])) == (True, 1)
    nothing = place.run("safe", "push", "second.json", "--send")
    assert "left with the service: nothing, the service has it all" in nothing.out
    assert place.run("safe", "pull", told["safe_tx_hash"], "--out", "first.json").code == 0
    assert len(json.loads((tmp_path / "first.json").read_text(encoding="utf-8"))["signatures"]) == 2
    place.sent("safe", "execute", "first.json", role="outsider")
    assert place.world.snapshot().read("HedgeParameters", "paused")
    assert place.run("safe", "pending", "--json").json()["transactions"] == []


def test_safe_pull__file_with_a_signature_that_the_service_has_not__keeps_it(
    place: Place, service: Service, tmp_path: Path
) -> None:
    assert place.run("safe", "propose", "pause", "--out", "pause.json").code == 0
    assert place.run("safe", "sign", "pause.json", role="guardian-1").code == 0
    digest = place.run("safe", "push", "pause.json", "--send", "--json").json()["safe_tx_hash"]
    assert place.run("safe", "sign", "pause.json", role="guardian-2").code == 0
    assert place.run("safe", "pull", digest, "--out", "pause.json").code == 0
    assert len(json.loads((tmp_path / "pause.json").read_text(encoding="utf-8"))["signatures"]) == 2


def test_safe_pending_and_pull__service_that_lies__is_named_and_hides_nothing_else(
    place: Place, service: Service, tmp_path: Path
) -> None:
    for name, nonce in (("pause", "0"), ("stop-automation", "1")):
        assert place.run("safe", "propose", name, "--nonce", nonce, "--out", f"{name}.json").code == 0
        assert place.run("safe", "sign", f"{name}.json", role="guardian-1").code == 0
        digest = place.run("safe", "push", f"{name}.json", "--send", "--json").json()["safe_tx_hash"]
        service.rows[digest]["origin"] = "\x1b[2J\u202eevil"
        if name == "pause":
            service.rows[digest]["data"] = place.world.snapshot().call("HedgeParameters", "unpause")[1]
            lied = digest
    shown = place.run("safe", "pending")
    assert shown.code == 0
    assert "NOT TO BE SIGNED" in shown.out
    assert "RegimeAutomation.stop()" in shown.out
    assert "\x1b" not in shown.out
    row, data = service.rows[lied], HexStr("0x" + "00" * 2_100_000)
    made = SafeTransaction(place.world.chain.chain_id, row["safe"], row["to"], data, 2)
    digest = "0x" + made.digest().hex()
    service.rows[digest] = row | {"data": data, "nonce": "2", "safeTxHash": digest, "confirmations": []}
    large = place.run("safe", "pending")
    assert large.code == 0
    assert "NOT TO BE SIGNED: its data is 2,100,000 bytes" in " ".join(large.out.split())
    assert "RegimeAutomation.stop()" in large.out
    del service.rows[digest]
    done = place.run("safe", "pull", lied, "--out", "lied.json")
    assert_one_line_error(done, 1, f"http://127.0.0.1:{service.server_port} is not to be believed", "the hash")
    assert not (tmp_path / "lied.json").exists()
    service.lie = lambda kind, answer: answer | {"threshold": 1} if kind == "safe" else answer
    notes = place.run("safe", "pending", "--json").json()["notes"]
    assert notes == ["the service says that the Safe's threshold is 1, the chain says 2"]


def test_safe_service__none_set_wrong_hash_or_no_key__says_what_to_do(place: Place, tmp_path: Path) -> None:
    for words in (("pending",), ("pull", "0x" + "12" * 32)):
        assert_one_line_error(place.run("safe", *words), 2, "set safe.service_url in alvh.toml")
    assert_one_line_error(place.run("safe", "pull", "0x12"), 2, "give the whole safeTxHash")
    settings = tmp_path / "alvh.toml"
    own = settings.read_text(encoding="utf-8")
    settings.write_text(own + '[safe]\nservice_url = "https://ann:secret12@safe.example"\n', encoding="utf-8")
    done = place.run("safe", "pending")
    assert_one_line_error(done, 2, "safe.service_url", KEY_VARIABLE)
    assert "secret12" not in done.err
    with safe_service(place.world.snapshot) as service:
        service.key = "KEY12345"
        settings.write_text(own + f'[safe]\nservice_url = "{service.url}"\n', encoding="utf-8")
        assert_one_line_error(place.run("safe", "pending"), 1, f"set {KEY_VARIABLE}")
        assert_one_line_error(place.call("safe", "pending", **{KEY_VARIABLE: "OTHER678"}), 1, "HTTP 401")
        done = place.call("safe", "pull", "0x" + "12" * 32, **{KEY_VARIABLE: "KEY12345"})
        assert_one_line_error(done, 1, "the service knows no transaction")
        assert "KEY12345" not in done.err + done.out
