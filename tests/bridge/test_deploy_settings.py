"""deploy.toml: what is read, what is refused by name, and that nothing in it can do more than that."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.deploy.example import EXAMPLE
from bridge.deploy.settings import TERMS, load_settings
from bridge.errors import BadFile
from bridge.genesis import GovernanceTerms
from hedge.policy.parameters import KEY_IDS, KEYS

pytestmark = pytest.mark.unit
SAFE_DAO = '[dao]\nkind = "safe"\nsafe = "0x0000000000000000000000000000000000010099"\n'
KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def refused(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "deploy.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(BadFile) as caught:
        load_settings(path)
    words = str(caught.value)
    assert "\n" not in words
    assert KEY not in words
    return words.removeprefix(f"{path}: ")


def test_example__as_written__is_read_and_is_a_first_deployment(tmp_path: Path) -> None:
    path = tmp_path / "deploy.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    found = load_settings(path)
    assert found.governance_terms() == GovernanceTerms()
    assert found.dao.kind == "new"
    for line in EXAMPLE.splitlines():  # what it states as defaults are the defaults
        name, _, value = line.removeprefix("# ").partition(" = ")
        if line.startswith("# ") and name in TERMS:
            stated = int(value.split("#")[0].replace("_", ""))
            assert stated * (10**18 if name == "proposal_threshold" else 1) == TERMS[name], line


def test_example__every_setting_behind_a_sign__is_one(tmp_path: Path) -> None:
    path = tmp_path / "deploy.toml"
    cut = EXAMPLE.index("# [dao]")
    text = EXAMPLE[:cut] + EXAMPLE[EXAMPLE.index("# Two more Safes") :]
    lines = [
        line.removeprefix("# ") if line.startswith(("# [", "# ")) and ("= " in line or line.startswith("# [")) else line
        for line in text.splitlines()
        if "0x..." not in line
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = load_settings(path)
    assert found.chain.confirmations == 2
    assert "targetCvarBps" in found.limits


def test_settings__with_a_mark_and_crlf__are_read(tmp_path: Path) -> None:
    path = tmp_path / "deploy.toml"
    path.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.replace("\n", "\r\n").encode())
    assert load_settings(path).name == "main"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "main"', 'name = "../main"', "name: small letters, digits and dashes"),
        ('name = "main"', f'name = "{"a" * 41}"', "name: small letters"),
        ("id = 1", "id = 0", "chain.id: must be above 0"),
        ("id = 1", "id = 1.0", "chain.id: must be a whole number"),
        ("id = 1", "id = true", "chain.id: must be a whole number"),
        ("id = 1", "id = 1\nsecret = 2", "chain.secret: unknown setting"),
        ("id = 1", "id = 1\nmax_fee_gwei = nan", "chain.max_fee_gwei: must be "),
        ("id = 1", "id = 1\nmax_fee_gwei = inf", "chain.max_fee_gwei: must be "),
        ("id = 1", "id = 1\nmax_fee_native = -1", "chain.max_fee_native: must be above 0"),
        ("id = 1", "id = 1\nconfirmations = 0", "chain.confirmations: must be 1 or more"),
        ('kind = "new"', 'kind = "king"', "dao.kind: must be 'new', 'governor', 'bravo' or 'safe'"),
        ('kind = "new"', 'kind = "safe"', "dao: a DAO of kind 'safe' is named by `safe` alone"),
        ('"0x0000000000000000000000000000000000010011" = 600_000\n', '"0xdead" = 1\n', "dao.holders.(no name): is no"),
        ('"0x0000000000000000000000000000000000010011" = 600_000\n', f'"{KEY}" = 1\n', "dao.holders.(no name): is no"),
        ("600_000", "0", "dao.holders.0x0000000000000000000000000000000000010011: must be above 0"),
        ("600_000", "0.5", "dao.holders.0x0000000000000000000000000000000000010011: must be a whole number"),
        ("600_000", "1_000_000_000_001", "dao.holders.0x0000000000000000000000000000000000010011: must be "),
        ("threshold = 2", "threshold = 4", "guardian: `owners` are named once each, and not fewer"),
        ("threshold = 2", "threshold = 0", "guardian.threshold: must be 1 or more"),
        ("0x0000000000000000000000000000000000010022", "0x0000000000000000000000000000000000010021", "guardian: `own"),
        ("[steward]\n", "[steward]\nowners = []\nsalt = -1\n", "steward.salt: must be "),
        ('address = "0x0000000000000000000000000000000000010031"', "", "steward: either the `address` of a Safe"),
        ("00010004", "00010003", "reporters: one is named twice"),
        ("[assets.ETH]", "[assets.eth]", "assets.eth: an asset's symbol has capital letters"),
        ("[assets.ETH]", "[assets.USD]", "assets: USD is what others are priced in"),
        ("price_pool", "# price_pool", "automation: an asset of the file with a feed and a price_pool"),
        ('automation = "ETH"', 'automation = "BTC"', "automation: an asset of the file"),
        ("[terms]", "[terms]\nvoting_dealy = 1", "terms: no voting_dealy; there are voting_delay, "),
        ("[terms]", "[terms]\nvoting_delay = -1", "terms.voting_delay: must be 0 or more"),
        ("[terms]", '[terms]\nvoting_delay = "1"', "terms.voting_delay: must be a whole number"),
        ("[values]", "[values]\ntargetCvar = 1", "values: no targetCvar; there are benchmark, "),
        ("[values]", "[values]\ntargetCvarBps = 4294967296", "values.targetCvarBps: must be "),
        ("[values]", "[limits.nothing]\nmin = 1\n[values]", "limits: no nothing; there are benchmark, "),
        ("[values]", "[limits.targetCvarBps]\nmost = 1\n[values]", "limits.targetCvarBps.most: unknown setting"),
        ("[contracts]", f'[contracts]\nHedgeVotes = "0x{"1" * 40}"', "contracts: HedgeVotes is no contract of others"),
        ("[contracts]", f'[contracts]\n"../x" = "0x{"1" * 40}"', "contracts: (no name) is no contract of others"),
        ("usd_tokens = []", 'usd_tokens = ["0x0000000000000000000000000000000000010041"]', "assets: a token is named"),
        ('"0x0000000000000000000000000000000000010001"', f'"{KEY}"', "reporters.0: is no address, or its checksum"),
        ("00010001", "0001000g", "reporters.0: is no address, or its checksum"),
    ],
)
def test_settings__that_cannot_be__are_refused_by_place_and_reason(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in EXAMPLE
    assert refused(tmp_path, EXAMPLE.replace(old, new, 1)).startswith(words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "chain: is missing: add it"),
        (b"\x00", "not TOML: "),
        (b"\xff\xfe", "not TOML: "),
        (b"a = " + b"[" * 100_000, "not TOML: it nests too deeply"),
        (b"a = 1\na = 2", "not TOML: "),
        (b"\x1b[31mred = 1", "not TOML: "),
        (b"[" + b"x" * (17 << 20), "not TOML: it is larger than 1 MiB"),
    ],
    ids=["empty", "nul", "UTF-16", "deep", "twice", "escape", "large"],
)
def test_file__that_is_no_settings__is_refused_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    assert refused(tmp_path, content).startswith(words)


def test_file__absent_a_folder_or_a_pipe__is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file: `alvh deploy init` writes an example"):
        load_settings(tmp_path / "none.toml")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(BadFile, match="not TOML"):
            load_settings(path)


@pytest.mark.prop
@settings(max_examples=60)
@given(content=st.binary(max_size=200), at=st.integers(0, len(EXAMPLE)))
def test_file__with_anything_in_it__is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, at: int
) -> None:
    path = tmp_path_factory.mktemp("any") / "deploy.toml"
    path.write_bytes(EXAMPLE[:at].encode() + content + EXAMPLE[at:].encode())
    words = ""
    try:
        load_settings(path)
    except BadFile as error:
        words = str(error)
    assert "\n" not in words


def test_values_and_limits__that_are_stated__are_first_values_and_limits(tmp_path: Path) -> None:
    path = tmp_path / "deploy.toml"
    stated = "[values]\ntargetCvarBps = 250\n[limits.targetCvarBps]\nmax = 700\n"
    path.write_text(EXAMPLE.replace("[values]\n", stated).replace("[terms]", "[terms]\nproposal_threshold = 5"))
    terms = load_settings(path).governance_terms()
    key = KEY_IDS["targetCvarBps"]
    assert terms.values[key] == 250
    assert (terms.limits[key].max, terms.limits[key].min) == (700, KEYS[key].least)
    assert terms.proposal_threshold == 5 * 10**18
    assert [each.initial for each in KEYS if each.id != key] == [*terms.values[:key], *terms.values[key + 1 :]]


def test_terms__of_the_file__are_every_number_of_the_governance() -> None:
    kinds: dict[str, Any] = {each.name: each.type for each in fields(GovernanceTerms)}
    assert {name for name, kind in kinds.items() if kind == "int"} == set(TERMS)


def test_settings__that_may_change_between_runs__are_node_fees_and_depth(tmp_path: Path) -> None:
    path = tmp_path / "deploy.toml"
    path.write_text(EXAMPLE)
    first = load_settings(path).fixed()
    path.write_text(EXAMPLE.replace("id = 1", 'id = 1\nmax_fee_gwei = 9\nconfirmations = 9\nrpc_url = "http://x"'))
    assert load_settings(path).fixed() == first
    path.write_text(EXAMPLE.replace("600_000", "600_001"))
    assert load_settings(path).fixed() != first
