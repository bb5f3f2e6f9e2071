"""Files for explorers: the compiler makes of each exactly the code that is deployed, its metadata included."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bridge.artifacts import DEPLOYED, artifact
from bridge.deploy.sources import COMPILER, standard_json, write_sources
from bridge.errors import MissingTool


@pytest.mark.parametrize("contract", ["ProposalGuard", "VolatilityBreaker"])
def test_standard_json__compiled__is_the_deployed_code_byte_for_byte(root: Path, contract: str) -> None:
    given = json.dumps(standard_json(contract)).encode()
    compiler = root / "scripts" / "solc" / "solc-v0.8.30"
    answer = subprocess.run(["node", compiler], input=given, capture_output=True, check=True, cwd="/", timeout=120)
    made = json.loads(answer.stdout)["contracts"][f"contracts/{contract}.sol"][contract]
    assert "0x" + made["evm"]["bytecode"]["object"] == artifact(contract).bytecode
    version = json.loads(made["metadata"])["compiler"]["version"]
    assert f"v{version}" == COMPILER


@pytest.mark.parametrize("contract", DEPLOYED)
def test_standard_json__of_every_contract__has_all_that_is_imported(contract: str) -> None:
    found = standard_json(contract)
    assert f"contracts/{contract}.sol" in found["sources"]
    assert all(each["content"] for each in found["sources"].values())
    assert not [path for path in found["sources"] if ".." in path or path.startswith("@")]


def test_sources__that_are_not_here__are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingTool, match=r"contracts/ProposalGuard\.sol is not here"):
        write_sources(["ProposalGuard"], tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()
