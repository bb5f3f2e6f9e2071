"""Ethereum, Base and Arbitrum on this machine, at the addresses of the network files: one settings file for all."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bridge.local.market import FOREVER, MAX_UINT128
from tests.bridge.fake_venue import RunningClock, fake_venue
from tests.bridge.shifted_node import SHIFT
from tests.e2e.command import Run
from tests.e2e.public_networks import NAMES, Public, public_network, settings_of

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("three_networks")]
MANAGER = "NonfungiblePositionManager"


@pytest.fixture(scope="module")
def networks() -> Iterator[dict[str, Public]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(public_network(name)) for name in NAMES}


@pytest.fixture
def book(networks: dict[str, Public], run: Run, tmp_path: Path) -> Iterator[Run]:
    """Give a folder whose settings name all three and a venue that quotes their market."""
    spots = {asset: networks["base"].spots[asset] for asset in ("ETH", "BTC")}
    with fake_venue(RunningClock(max(each.node.head().timestamp for each in networks.values()) + 1), spots) as venue:
        venue.settling = False
        (tmp_path / "alvh.toml").write_text(settings_of(networks.values(), venue.url), encoding="utf-8")
        yield run


def test_exposure__three_networks__is_what_their_managers_would_pay_to_the_unit(
    book: Run, networks: dict[str, Public]
) -> None:
    done = book("exposure", "--json")
    assert done.code == 0, done
    seen = done.json()
    assert [each["network"] for each in seen["chains"]] == list(NAMES)
    for name, public in networks.items():
        rows = [each for each in seen["positions"] if each["id"].startswith(f"{name}/uniswap-v3:")]
        assert len(rows) == 6
        manager = public.network.uniswap.v3_positions
        for row in rows:
            ask = (MANAGER, manager)
            paid = (row["token_id"], public.owner, MAX_UINT128, MAX_UINT128)
            at: Any = {"block": public.node.head(), "sender": public.owner}
            assert row["fees_units"] == [str(each) for each in public.node.read(*ask, "collect", paid, **at)]
            out = (row["token_id"], int(row["liquidity"]), 0, 0, FOREVER)
            assert row["amounts_units"] == [
                str(each) for each in public.node.read(*ask, "decreaseLiquidity", out, **at)
            ]
        kinds = {each["id"].split("/")[1].split(":")[0] for each in seen["positions"] if each["id"].startswith(name)}
        assert kinds == {"uniswap-v2", "uniswap-v3", "uniswap-v4"}
    blocks = {each["network"]: each["block"] for each in seen["chains"]}
    assert blocks["arbitrum"] > SHIFT > blocks["base"]
    assert [each["id"] for each in seen["unread"]] == ["volatility of BTC", "volatility of ETH"]


def test_plan__live_quotes_for_three_networks__hedges_their_sum(book: Run, tmp_path: Path) -> None:
    done = book("plan", "--live", "--json", "--orders", "orders.csv")
    assert done.code == 0, done
    plan, seen = done.json()["plan"], book("exposure", "--live", "--json").json()
    assert math.isclose(plan["exposure"]["value_usd"], seen["value_usd"], rel_tol=1e-6)
    assert {chain["provenance"] for chain in plan["inputs"]["chains"].values()} == {"live"}
    assert (tmp_path / "orders.csv").read_text().count("\n") == 1 + len(plan["trades"]) > 1
    watched = json.loads(book("watch", "--once", "--live", "--json").out)
    assert watched["drift"] == pytest.approx(0.0, abs=1e-6)
    assert [each["trouble"] for each in watched["chains"]] == [None, None, None]


def test_fetch__beside_three_networks__is_a_chain_file_that_a_plan_takes(book: Run) -> None:
    assert book("fetch", "chains", "ETH", "BTC", "--out", "quotes.parquet").code == 0
    assert book("plan", "--chain", "quotes.parquet", "--json").code == 0


def test_doctor__three_networks__finds_contracts_and_prices_of_each(book: Run) -> None:
    rows = {each["what"]: each["ok"] for each in book("doctor", "--json").json()}
    assert all(rows[f"{name}: {what}"] for name in NAMES for what in ("contracts", "price of ETH", "price of BTC"))
