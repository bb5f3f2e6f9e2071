"""docs/audit.md is what its script writes, and the script reads the sources right: refusals, errors, events, bounds."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from eth_utils import function_abi_to_4byte_selector

from bridge.artifacts import artifact
from hedge.policy.parameters import KEYS
from scripts import ideas_page
from scripts.audit import functions, numbers
from scripts.audit.reach import Reach, Walker
from scripts.audit.sources import Sources
from scripts.audit_page import PAGE, blocks, rendered
from scripts.mutants.compiler import QUICK, compiled

pytestmark = pytest.mark.unit

DECLARED = {"GovernorAlreadyQueuedProposal", "GovernorInvalidVoteParams", "InvalidAccountNonce"}
"""Errors of OpenZeppelin's interfaces that the extensions we use never give."""

SAMPLE = """
// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;
interface Other { function ask() external view; }
error Stranger(address who);
error Small(uint256 value);
abstract contract Base {
    address internal owner;
    event Done(address who);
    modifier onlyOwner() virtual { _check(msg.sender); _; }
    function _check(address who) internal view virtual { if (who != owner) revert Stranger(who); }
    function work(uint256 value) public virtual { require(value > 1, Small(value)); emit Done(owner); }
    function open(uint256 value) external { work(value); }
}
contract Sample is Base {
    Other private other;
    function work(uint256 value) public override onlyOwner { super.work(value); other.ask(); }
    function named() external { address who = msg.sender; require(who == owner, "not you"); }
    function caught() external view { try other.ask() { return; } catch { revert Small(0); } }
    function free(uint256 value) external pure { if (value == 0) revert Small(value); }
    function late() external view { address who; who = msg.sender; if (who == owner) { revert Stranger(who); } }
}
"""


@cache
def ours() -> Sources:
    return Sources.load()


@cache
def sample() -> dict[str, Reach]:
    """Walk the sample, and return what each of its functions meets."""
    path = "contracts/Sample.sol"
    sources = Sources(compiled({path: SAMPLE}, {"*": {"": ["ast"]}}, QUICK))
    texts = {source["id"]: SAMPLE.encode() for source in sources.answer["sources"].values()}
    sources.__dict__["_texts"] = texts
    return {each.node["name"]: each.reach for each in functions.callables(sources, "Sample")}


def test_page__as_committed__is_what_the_script_writes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == rendered(page, blocks(ours())), "run `make audit-page`"


def test_page__tests_it_links__are_where_it_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(ideas_page.TEST_LINK.findall(page)) > 60
    assert page == ideas_page.relinked(page, ideas_page.defined_tests(ideas_page.ROOT / "tests"))


def test_page__every_attack_on_the_contracts__has_its_place() -> None:
    tests = {name for name in ideas_page.defined_tests(ideas_page.ROOT / "tests") if name.startswith("test_attack_")}
    numbers_of_all = {name[:14] for name in tests} - {"test_attack_27"}  # which is one on the bridge
    linked = {name[:14] for name, _ in ideas_page.TEST_LINK.findall(PAGE.read_text(encoding="utf-8"))}
    assert numbers_of_all <= linked


def test_page__every_known_risk__is_linked() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "](known-risks.md)" in page
    assert len(set(re.findall(r"\(known-risks\.md#([\w-]+)\)", page))) > 15


@pytest.mark.parametrize("contract", functions.CONTRACTS)
def test_functions__of_a_contract__are_those_of_its_abi(contract: str) -> None:
    found = functions.callables(ours(), contract)
    known = {each.node["functionSelector"] for each in found if "functionSelector" in each.node}
    abi = [entry for entry in artifact(contract).abi if entry["type"] == "function"]
    assert known == {function_abi_to_4byte_selector(entry).hex() for entry in abi}  # type: ignore[arg-type]
    states = {each.node["functionSelector"]: each.is_view for each in found if "functionSelector" in each.node}
    for entry in abi:
        selector = function_abi_to_4byte_selector(entry).hex()  # type: ignore[arg-type]
        assert states[selector] == (entry["stateMutability"] in ("view", "pure"))


@pytest.mark.parametrize("contract", functions.CONTRACTS)
def test_errors__of_all_functions__are_those_that_the_compiler_counts(contract: str) -> None:
    sources = ours()
    walker, met = Walker(sources, contract), Reach()
    for each in functions.callables(sources, contract):
        met.add(each.reach)
    for base in sources.line(contract):
        for part in base["nodes"]:
            if part.get("kind") == "constructor":
                met.add(walker.reach(part))
    used = {sources.nodes[number]["name"] for number in sources.contracts[contract]["usedErrors"]}
    assert set(met.errors) <= used
    assert used - set(met.errors) <= DECLARED


def test_who__function_with_a_role__is_its_holder_and_every_other_change_is_for_anyone() -> None:
    said = {
        (contract, each.node["name"]): functions.who(each.reach).split(" `")[0]
        for contract in functions.CONTRACTS
        for each in functions.callables(ours(), contract)
        if not each.is_view
    }
    assert said["HedgeParameters", "applyUpdate"] == "DAO"
    assert said["HedgeParameters", "rollback"] == "guardian"
    assert said["HedgeParameters", "applyScheduled"] == "steward"
    assert said["HedgeParameters", "applyAutomated"] == "automation"
    assert said["VolatilityOracle", "setSigners"] == "DAO, as owner"
    assert said["VolatilityBreaker", "reset"] == "DAO"
    assert said["RegimeAutomation", "stop"] == "guardian"
    assert said["HedgeTimelock", "updateDelay"] == "DAO"
    ours_for_anyone = {
        place for place, who in said.items() if who == "anyone" and place[0] not in ("HedgeVotes", "HedgeGovernor")
    }
    assert {name for _, name in ours_for_anyone} == {
        "submit", "trip", "poke", "applyRow",
        "", "onERC1155Received", "onERC1155BatchReceived", "onERC721Received",
    }  # fmt: skip


def test_walk__modifier_super_and_call_outside__are_followed() -> None:
    work = sample()["work"]
    assert list(work.guards) == ["onlyOwner"]
    assert list(work.errors) == ["Stranger", "Small"]
    assert list(work.events) == ["Done"]
    assert list(work.calls) == ["Other.ask"]


def test_walk__call_of_a_function_that_is_overridden__meets_the_override() -> None:
    assert list(sample()["open"].guards) == ["onlyOwner"]


def test_walk__sender_in_a_variable__is_a_refusal_of_senders() -> None:
    assert list(sample()["named"].guards) == ["!(who == owner)"]
    assert list(sample()["named"].errors) == ['"not you"']
    assert list(sample()["late"].guards) == ["who == owner"]


def test_walk__what_is_caught_or_depends_on_no_sender__is_no_refusal_of_senders() -> None:
    assert (list(sample()["caught"].calls), list(sample()["caught"].errors)) == ([], ["Small"])
    assert list(sample()["free"].guards) == []


def test_who__refusal_that_nobody_explained__is_named() -> None:
    with pytest.raises(LookupError, match="who == owner"):
        functions.who(sample()["late"])


def test_rendered__page_without_a_place__is_named() -> None:
    with pytest.raises(LookupError, match=r"contracts/New\.sol"):
        rendered("# A page", {"contracts/New.sol": "3 lines"})
    with pytest.raises(LookupError, match="twice"):
        rendered("<!-- twice --><!-- /twice --><!-- twice -->", {"twice": ""})


def test_terms__number_of_a_deployment_without_a_row__is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        numbers, "TERMS", {name: term for name, term in numbers.TERMS.items() if name != "steward_delay"}
    )
    with pytest.raises(LookupError, match="steward_delay"):
        numbers.terms_table(ours())


def test_keys__key_of_another_name__is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "KEYS", (replace(KEYS[0], name="other"),))
    with pytest.raises(LookupError, match="key 0"):
        numbers.keys_table(ours())


def test_keys__bounds_and_directions_in_the_sources__are_those_of_hedge() -> None:
    rows = [line.split(" | ") for line in numbers.keys_table(ours()).splitlines()[2:]]
    assert len(rows) == len(KEYS)
    for row, key in zip(rows, KEYS, strict=True):
        assert row[3] == f"{key.least} to {key.most}"
        assert row[4].replace("neither", "none") == key.derisk


def test_sources__that_do_not_compile__say_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "Broken.sol").write_text("pragma solidity 0.8.30; contract {", encoding="utf-8")
    monkeypatch.setattr("scripts.audit.sources.ROOT", tmp_path)
    with pytest.raises(ValueError, match="Broken"):
        Sources.load()
