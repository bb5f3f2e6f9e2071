"""`make networks`: whose settings it writes over, and what it says when a node has ended."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bridge.chain.node import Chain
from bridge.errors import ChainError
from bridge.local.anvil import anvil
from bridge.networks import known_networks
from scripts import three_networks
from tests.e2e.public_networks import Public, rate_code

pytestmark = pytest.mark.chain
OURS = '[book]\nowner = ["treasury"]\n[venue]\nurl = "http://127.0.0.1:1"\n[[chains]]\nrpc_url = "http://127.0.0.1:2"\n'


def test_settings__of_an_earlier_start__are_replaced_and_those_of_a_user_kept_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "own" / "alvh.toml"
    three_networks.write_settings(file, OURS)
    three_networks.write_settings(file, OURS.replace(":1", ":3").replace(":2", ":4"))
    assert [each.name for each in file.parent.iterdir()] == ["alvh.toml"]
    assert capsys.readouterr().out == ""
    for number in (1, 2):
        file.write_text(f"# mine {number}\n" + OURS)
        three_networks.write_settings(file, OURS)
        assert (file.parent / f"alvh.toml.{number}").read_text() == f"# mine {number}\n" + OURS
        assert f"alvh.toml.{number}" in capsys.readouterr().out
    assert file.read_text() == OURS


def test_stay__node_has_ended__says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(three_networks, "LOOK_SECONDS", 0.01)
    network, market = known_networks()["base"], None
    node = Chain("http://127.0.0.1:1", network.chain_id)
    public: Any = Public(network, node.url, node, market, {})  # type: ignore[arg-type]
    assert three_networks.stay([public]) == "the node of Base at http://127.0.0.1:1 has ended, so all are ended"


def test_rate_code__any_number__jumps_to_where_the_round_is() -> None:
    code = bytes.fromhex(rate_code(11 * 10**17).removeprefix("0x"))
    assert code[code.index(0x57) - 1] == 0x35
    assert code[0x35] == 0x5B


def test_stay__prices_are_due__blocks_and_answers_are_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(three_networks, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(three_networks, "PRICES_SECONDS", 0.0)
    network, heads = known_networks()["base"], list[int]()

    def said(chain: Chain, *_: object) -> None:
        heads.append(chain.head().timestamp)
        raise ChainError("enough")

    monkeypatch.setattr(three_networks, "say_prices", said)
    with anvil() as chain:
        public: Any = Public(network, chain.url, chain, None, {})  # type: ignore[arg-type]
        assert "has ended" in three_networks.stay([public])
    assert abs(heads[0] - time.time()) < 30
