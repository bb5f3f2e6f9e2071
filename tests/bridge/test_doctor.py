"""The doctor looks at everything, whatever is broken, and every fault comes with a cure."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_typing import HexStr

from bridge.artifacts import DEPLOYED, artifact
from bridge.deploy.code import code_difference, immutables
from bridge.deploy.seats import role
from bridge.doctor import Finding, examine
from bridge.local.accounts import account
from bridge.local.anvil import advance_time, free_port
from bridge.local.world import World
from tests.bridge.steps import act_as


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder: what this one holds is none of the tests' concern."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def settings(world: World, tmp_path: Path) -> Path:
    """Write settings and a deployment file for the world."""
    world.deployment.save(tmp_path / "deployment.json")
    path = tmp_path / "alvh.toml"
    path.write_text(
        f'[chain]\nrpc_url = "{world.chain.url}"\ndeployment = "{tmp_path}/deployment.json"\n', encoding="utf-8"
    )
    return path


def faults(findings: list[Finding]) -> dict[str, str]:
    """Return what is not in order, after checking that each fault says how to mend it."""
    assert all(finding.mend for finding in findings if not finding.ok)
    return {finding.what: finding.found for finding in findings if not finding.ok}


def test_examine__world_in_order__finds_nothing_to_mend(settings: Path) -> None:
    findings = examine(settings)
    assert faults(findings) == {}
    assert [finding.what for finding in findings] == [
        "Python",
        "extras",
        "anvil",
        "third-party contracts",
        "settings",
        "node",
        "deployment",
        "contracts",
        "code",
        "others' code",
        "roles",
        "guardian Safe",
        "steward Safe",
        "BTC feed",
        "ETH feed",
    ]


def test_examine__stale_feeds__are_faults_with_their_age(world: World, settings: Path) -> None:
    advance_time(world.chain, 6 * 3600 + 10)
    found = faults(examine(settings))
    assert set(found) == {"BTC feed", "ETH feed"}
    assert "at most 21600 s" in found["ETH feed"]


def test_examine__no_node__still_looks_at_the_rest(settings: Path, world: World) -> None:
    text = settings.read_text(encoding="utf-8").replace(world.chain.url, f"http://127.0.0.1:{free_port()}")
    settings.write_text(text, encoding="utf-8")
    findings = examine(settings)
    assert set(faults(findings)) == {"node"}
    assert "deployment" in {finding.what for finding in findings}


def test_examine__deployment_of_another_chain__names_what_is_not_there(settings: Path, world: World) -> None:
    moved = world.deployment.contracts | {"HedgeGovernor": account("outsider").address}
    world.deployment.model_copy(update={"contracts": moved}).save(settings.with_name("deployment.json"))
    assert faults(examine(settings)) == {"contracts": "HedgeGovernor"}


def test_examine__feed_that_is_no_oracle__is_a_fault_and_no_crash(settings: Path, world: World) -> None:
    feeds = world.deployment.feeds | {"ETH": world.deployment.address("HedgeVotes")}
    world.deployment.model_copy(update={"feeds": feeds}).save(settings.with_name("deployment.json"))
    found = faults(examine(settings))
    assert set(found) == {"code"}
    assert found["code"].startswith(f"VolatilityOracle ETH at {feeds['ETH']} has ")


@pytest.mark.parametrize("name", DEPLOYED)
def test_examine__one_byte_of_a_contract_is_another__is_named_and_nothing_it_answers_is_believed(
    settings: Path, world: World, name: str
) -> None:
    book = world.deployment
    places = {"VolatilityOracle": book.feeds, "RealizedVolatility": book.realized, "VolatilityBreaker": book.breakers}
    address = places[name]["ETH"] if name in places else book.address(name)
    code = bytearray(world.snapshot().code(address))
    code[4] ^= 1
    world.chain.request("anvil_setCode", address, "0x" + code.hex())
    findings = examine(settings)
    shown = f"{name} ETH" if name in places else name
    assert faults(findings) == {"code": f"{shown} at {address} differs at byte 4"}
    assert findings[-1].what == "code"


def test_examine__uniswaps_code_is_another__is_a_warning_and_no_fault(settings: Path, world: World) -> None:
    router = world.deployment.address("SwapRouter")
    world.chain.request("anvil_setCode", router, "0x6001600101")
    (found,) = [finding for finding in examine(settings) if not finding.ok]
    assert (found.what, found.needed, found.warning) == ("others' code", False, True)
    assert found.found == f"SwapRouter at {router} has 5 bytes of code, not 12,070"


def test_code_difference__immutables_are_others__is_none() -> None:
    runtime = bytes.fromhex(artifact("VolatilityBreaker").runtime[2:])
    places = immutables(runtime)
    made = bytearray(runtime)
    for at in places:
        made[at : at + 32] = bytes(range(1, 33))
    assert places
    assert code_difference(runtime, bytes(made)) == ""
    made[places[0] - 1] ^= 1
    assert code_difference(runtime, bytes(made)) == f"differs at byte {places[0] - 1:,}"
    assert code_difference(runtime, bytes(made[:-1])) == f"has {len(made) - 1:,} bytes of code, not {len(made):,}"
    assert code_difference(runtime, b"") == "has no code"


def test_examine__somebody_else_holds_a_role__is_named_with_both(settings: Path, world: World) -> None:
    outsider, timelock = account("outsider").address, world.deployment.address("HedgeTimelock")
    call = HexStr(
        world.chain.contract("HedgeTimelock", timelock).encode_abi("grantRole", args=[role("PROPOSER_ROLE"), outsider])
    )
    act_as(world, timelock, timelock, call)
    governor = world.deployment.address("HedgeGovernor")
    both = ", ".join(sorted((governor, outsider)))
    assert faults(examine(settings)) == {
        "roles": f"HedgeTimelock PROPOSER_ROLE is held by {both}, should be {governor}"
    }


def test_examine__state_folder_that_others_may_read__is_named(settings: Path, tmp_path: Path) -> None:
    (tmp_path / ".alvh").mkdir(0o755)
    (tmp_path / ".alvh").chmod(0o755)
    assert faults(examine(settings)) == {"state folder": ".alvh, mode 0755: others of this machine may look into it"}
    (tmp_path / ".alvh").chmod(0o700)
    assert faults(examine(settings)) == {}


def test_examine__state_folder_that_is_a_file__is_a_fault(settings: Path, tmp_path: Path) -> None:
    (tmp_path / ".alvh").write_text("", encoding="utf-8")
    assert faults(examine(settings))["state folder"] == ".alvh is there and is no folder"


def test_examine__bad_settings__looks_no_further_than_the_tools(tmp_path: Path) -> None:
    path = tmp_path / "alvh.toml"
    path.write_text("[chian]\n", encoding="utf-8")
    findings = examine(path)
    assert faults(findings) == {"settings": f"{path}: chian: unknown setting: correct its name, or take it out"}
    assert findings[-1].what == "settings"


def test_examine__nothing_set_up__names_node_and_deployment(tmp_path: Path) -> None:
    path = tmp_path / "alvh.toml"
    path.write_text(
        f'[chain]\nrpc_url = "http://127.0.0.1:{free_port()}"\ndeployment = "{tmp_path}/none.json"\n', encoding="utf-8"
    )
    assert set(faults(examine(path))) == {"node", "deployment"}


@pytest.mark.parametrize("program", ["absent", "broken"])
def test_examine__anvil_absent_or_broken__is_a_fault_that_only_local_chains_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    path = tmp_path / program
    if program == "broken":
        path.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("ALVH_ANVIL", str(path))
    finding = next(found for found in examine(tmp_path / "none.toml") if found.what == "anvil")
    assert (finding.ok, finding.needed) == (False, False)
    assert str(path) in finding.found
