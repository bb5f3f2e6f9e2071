"""The packaged ABIs and bytecode: complete, and those of the sources."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bridge.artifacts
from bridge.artifacts import artifact, error_abi
from bridge.artifacts.export import OURS, THEIRS, artifact_texts, export_artifacts
from bridge.errors import MissingTool
from bridge.governance.calls import THEIR_MEANINGS

PACKAGE = Path(bridge.artifacts.__file__).parent
NOT_PROPOSED = {"renounceRole", "transferOwnership"}
"""Functions of OpenZeppelin that neither the DAO nor a Safe is asked for; they are shown by name alone."""


def is_of_these_sources(build: Path, root: Path) -> bool:
    """Tell whether a build folder was made from the contracts as they are.

    The compiler's output carries the hash of each source with a contract in it; one that declares only types or
    functions has none, and must be older than all of the output.
    """
    files = list(build.glob("*.json"))
    made = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    hashes = {
        contract["sourcePath"]: contract["sha1"] for contract in made if contract["sourcePath"].startswith("contracts/")
    }
    sources = {str(path.relative_to(root)): path for path in (root / "contracts").rglob("*.sol")}
    if not hashes or hashes.keys() - sources.keys():
        return False
    without = [path for name, path in sources.items() if name not in hashes]
    oldest = min(path.stat().st_mtime for path in files if path.stem in OURS)
    return all(path.stat().st_mtime < oldest for path in without) and all(
        hashlib.sha1(sources[name].read_bytes(), usedforsecurity=False).hexdigest() == sha1
        for name, sha1 in hashes.items()
    )


def compiled(root: Path, work: Path) -> Path:
    """Compile a copy of the contracts with Brownie, starting from what the project has built already."""
    brownie = Path(sys.executable).with_name("brownie")
    if not brownie.is_file():
        pytest.skip("brownie is not installed: the sources cannot be compiled")
    shutil.copytree(root / "contracts", work / "contracts")
    shutil.copy(root / "brownie-config.yaml", work)
    (work / "node_modules").symlink_to(root / "node_modules")
    environment = {**os.environ, "SOLCX_BINARY_PATH": str(root / "scripts" / "solc")}
    command = [str(brownie), "compile"]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return work / "build" / "contracts"


@pytest.fixture
def build(root: Path, tmp_path: Path) -> Path:
    """Return the compiler's output for the contracts as they are; compiles only where there is none."""
    kept = root / "build" / "contracts"
    return kept if is_of_these_sources(kept, root) else compiled(root, tmp_path)


def test_artifact_texts__of_the_present_sources__are_the_packaged_files(build: Path) -> None:
    texts = artifact_texts(build)
    assert {path.stem for path in PACKAGE.glob("*.json")} == set(texts)
    stale = [name for name, text in texts.items() if (PACKAGE / f"{name}.json").read_text(encoding="utf-8") != text]
    assert not stale, f"run `make artifacts`: {', '.join(stale)}"


@pytest.mark.unit
@pytest.mark.parametrize("name", OURS)
def test_artifact__ours__has_abi_and_bytecode(name: str) -> None:
    made = artifact(name)
    assert made.name == name
    assert made.abi
    assert made.bytecode.startswith("0x6")


@pytest.mark.unit
@pytest.mark.parametrize("name", THEIRS)
def test_artifact__of_other_people__is_an_abi_alone(name: str) -> None:
    assert artifact(name).abi
    assert artifact(name).bytecode == ""


@pytest.mark.unit
def test_artifact__unknown_name__says_to_install_again() -> None:
    with pytest.raises(MissingTool, match=r"no artifact Nonsense: .* install alvh again"):
        artifact("Nonsense")


@pytest.mark.unit
def test_error_abi__every_error_in_our_interfaces__is_there_with_its_meaning(root: Path) -> None:
    names, explained = (
        {entry["name"] for entry in error_abi()},
        {declared["name"] for declared in error_abi() if "notice" in declared},
    )
    for path in (root / "contracts" / "interfaces").glob("*.sol"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("error "):
                assert line.strip().removeprefix("error ").split("(")[0] in explained, f"{path.name}: {line}"
    assert {"GovernorNonexistentProposal", "AccessControlUnauthorizedAccount", "EnforcedPause"} <= names


@pytest.mark.unit
@pytest.mark.parametrize(
    ("contract", "function", "said"),
    [
        ("HedgeParameters", "rollback", "Put keys back to voted values, also while paused"),
        ("RegimeAutomation", "stop", "Stop until the DAO votes a table again"),
        ("VolatilityOracle", "latestRoundData", "Chainlink's read; both times are the time of observation"),
    ],
)
def test_artifact__our_own_function__says_the_first_sentence_of_its_notice(
    contract: str, function: str, said: str
) -> None:
    """Written by the contract itself, or by the interface that it implements."""
    (entry,) = (entry for entry in artifact(contract).abi if entry.get("name") == function)
    assert entry["notice"] == said


@pytest.mark.unit
def test_artifact__every_function_that_a_call_of_the_dao_or_a_safe_may_send__has_its_meaning() -> None:
    for contract in ("HedgeParameters", "RegimeAutomation", "VolatilityBreaker", "VolatilityOracle", "ProposalGuard"):
        for entry in artifact(contract).abi:
            if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure"):
                told = "notice" in entry or (contract, entry["name"]) in THEIR_MEANINGS
                assert told or entry["name"] in NOT_PROPOSED, f"{contract}.{entry['name']}"


@pytest.mark.unit
def test_export_artifacts__no_build_folder__says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MissingTool, match="run `brownie compile` first"):
        export_artifacts(tmp_path, tmp_path)
