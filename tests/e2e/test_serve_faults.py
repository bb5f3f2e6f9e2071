"""The monitor that stays, started before there is anything to look at: it says what is missing and begins by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.chain.node import Chain
from bridge.local.anvil import anvil, free_port
from bridge.local.world import World
from tests.e2e.serving import serving

pytestmark = pytest.mark.e2e


def test_serve__before_deployment_chain_and_contracts__says_each_and_begins_by_itself(
    built_world: World, tmp_path: Path
) -> None:
    port, state = free_port(), built_world.chain.request("anvil_dumpState")
    (tmp_path / "alvh.toml").write_text(f'[chain]\nrpc_url = "http://127.0.0.1:{port}"\n', encoding="utf-8")
    with serving(tmp_path, "--interval", "0.1") as monitor:

        def troubled(words: str) -> dict[str, Any]:
            return monitor.until(lambda seen: words in seen["trouble"])

        first = troubled("no deployment here")
        assert (first["cycle"], first.get("block")) == (0, None)
        built_world.deployment.save(tmp_path / ".alvh" / "deployment.json")
        troubled(f"no node answers at http://127.0.0.1:{port}")
        with anvil(port) as chain:
            empty = troubled("is not HedgeParameters")
            assert empty["cycle"] == 0
            _load(chain, state)
            seen = monitor.until(lambda seen: seen["cycle"] >= 2 and not seen["trouble"])
            assert seen["feeds"]
            assert seen["parameters"]
            assert monitor.get("/readyz") == b"ready\n"
        gone = troubled(f"127.0.0.1:{port}")
        assert gone["totals"] == seen["totals"]
        assert gone["block"] == seen["block"] or gone["cycle"] > seen["cycle"]


def _load(chain: Chain, state: str) -> None:
    """Give a bare chain all that another one has."""
    assert chain.request("anvil_loadState", state) is True
    chain.request("evm_mine")
