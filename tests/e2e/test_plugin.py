"""A plug-in from outside the package: what it adds is seen in exposure, plan, report, monitor and help."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.local.histories import write_histories
from bridge.local.world import World
from tests.e2e.command import Done, Run

PLUGIN = Path(__file__).resolve().parents[2] / "examples" / "plugin"
SETTINGS = """
[chain]
rpc_url = "{url}"

[book]
price_source = "example"

[options]
source = "example"

[signals]
source = "example"
"""


@pytest.fixture
def extended(run: Run, tmp_path: Path, world: World) -> Callable[..., Done]:
    """Return a function that runs `alvh` where the example is installed, on a chain that lists the example's pair."""
    site = tmp_path / "site"
    installed = site / "alvh_example_plugin-0.1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: alvh-example-plugin\nVersion: 0.1.0\n")
    (installed / "entry_points.txt").write_text("[alvh.plugins]\nexample = alvh_example\n")
    assert world.market.pair is not None
    contracts = {name: at for name, at in world.deployment.contracts.items() if name != "UniswapV2Factory"}
    deployment = world.deployment.model_copy(
        update={"contracts": contracts | {"ExamplePair": world.market.pair.address}}
    )
    deployment.save(tmp_path / ".alvh" / "deployment.json")
    (tmp_path / "alvh.toml").write_text(SETTINGS.format(url=world.chain.url), encoding="utf-8")
    paths = os.pathsep.join([str(site), str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])])
    return lambda *arguments: run(*arguments, PYTHONPATH=paths)


def test_plugin__an_amm__is_in_exposure_beside_ours(extended: Callable[..., Done], world: World) -> None:
    assert world.market.pair is not None
    done = extended("exposure", "--json")
    assert done.code == 0, done.err
    rows = {row["id"]: row for row in done.json()["positions"]}
    mine = rows[f"example:{world.market.pair.address}"]
    assert mine["value_usd"] == pytest.approx(150_000, rel=0.2)
    assert mine["deltas"]["ETH"] > 0
    assert [int(amount) > 0 for amount in mine["amounts_units"]] == [True, True]
    assert not any(name.startswith("uniswap-v2") for name in rows)
    assert sum(name.startswith("uniswap-v3") for name in rows) == 6
    assert done.json()["market"]["spots"]["ETH"] == round(done.json()["market"]["spots"]["ETH"])


def test_plugin__layer_signal_and_sources__are_in_plan_and_report(
    extended: Callable[..., Done], world: World, tmp_path: Path
) -> None:
    block = world.chain.head()
    histories = write_histories(tmp_path / "histories", world.path, block.timestamp, {"ETH": 0.72, "BTC": 0.55})
    done = extended("plan", "--json", "--signals", str(histories), "--report", "plan.html")
    assert done.code == 0, done.err
    plan = done.json()["plan"]
    assert [layer["name"] for layer in plan["layers"][:5]] == ["delta", "condor", "volatility", "tail", "upside"]
    assert any(layer["legs"] for layer in plan["layers"] if layer["name"] == "upside")
    assert {effect["name"] for effect in plan["effects"]} == {"delta", "condor", "volatility", "tail", "upside"}
    assert any(node["what"] == "ETH upside" for node in plan["reasons"]["from"])
    (signal,) = (signal for signal in plan["inputs"]["signals"] if signal["name"] == "daily move")
    assert signal["value"] is not None
    assert "example histories" in signal["source"]
    assert plan["inputs"]["chains"]["ETH"]["source"] == "example quotes"
    assert plan["inputs"]["market"]["spot_source"].startswith("example prices from pools")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    for words in (
        "Layer 4",
        "upside call",
        "a part of a rise that the pool gives away",
        "daily move",
        "earns at every price",
    ):
        assert words in page, words
    table = extended("plan", "--signals", str(histories))
    assert "upside" in table.out
    assert "with layers 0, 2, 3 and 4" in table.out


def test_plugin__an_alert__is_in_terminal_and_json_of_the_monitor(extended: Callable[..., Done]) -> None:
    terminal, machine = extended("watch", "--once"), extended("watch", "--once", "--json")
    assert "the book is worth less than a billion USD" in terminal.out
    (alert,) = (each for each in json.loads(machine.out)["alerts"] if each["kind"] == "example")
    assert (alert["text"], alert["rule"]) == ("the book is worth less than a billion USD", "small_book")


def test_plugin__a_governance_action__is_in_the_help_and_is_drafted(extended: Callable[..., Done]) -> None:
    assert "set-voting-delay" in extended("gov", "propose", "--help").out
    done = extended("gov", "propose", "set-voting-delay", "7200", "--as", "operator", "--json")
    assert done.code == 0, done.err
    assert any(
        "7200" in words and "Set the seconds from a proposal to its vote" in words for words in done.json()["calls"]
    )
    refused = extended("gov", "propose", "set-voting-delay", "--as", "operator")
    assert (refused.code, refused.err.strip()) == (
        2,
        "error: usage: set-voting-delay SECONDS (let votes begin later or earlier)",
    )


def test_plugin__that_cannot_be_imported__is_one_line_that_names_it(run: Run, tmp_path: Path) -> None:
    installed = tmp_path / "broken" / "broken-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[alvh.plugins]\nbroken = no_such_module\n")
    paths = os.pathsep.join([str(tmp_path / "broken"), *filter(None, [os.environ.get("PYTHONPATH")])])
    unknown = run("docto", PYTHONPATH=paths)
    assert (unknown.code, "No such command 'docto'" in unknown.err) == (2, True)
    done = run("doctor", PYTHONPATH=paths)
    assert done.code == 2
    assert done.err.startswith("error: the plug-in broken (no_such_module) cannot be loaded: No module named")
    assert len(done.err.splitlines()) == 1


def test_plugin__a_strategy__is_played_and_its_source_is_an_input(
    extended: Callable[..., Done], tmp_path: Path
) -> None:
    names = {name for name, _ in extended("backtest", "--list", "--json").json()["strategies"]}
    assert "example_puts" in names
    flags = ("--start", "2018-10-01", "--strategy", "example_puts", "--out", str(tmp_path / "out"), "--json")
    done = extended("backtest", *flags)
    assert done.code == 0, done.err
    puts = {one["strategy"]: one for one in done.json()["strategies"]}["example_puts"]
    assert puts["cost_a_week"] > 0.0
    assert {row["label"] for row in puts["attribution"]} >= {"put", "pools"}
    versions = json.loads((tmp_path / "out" / "manifest.json").read_text())["inputs"]["versions"]
    assert "plug-in example" in versions
