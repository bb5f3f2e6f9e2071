"""The storage of HedgeParameters, as the compiler packs it, is what contracts/README.md says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.mutants.compiler import FULL, compiled

pytestmark = pytest.mark.unit
PATH = "contracts/HedgeParameters.sol"


def test_storage__as_the_compiler_lays_it_out__is_that_of_the_page(root: Path) -> None:
    code = {PATH: (root / PATH).read_text(encoding="utf-8")}
    layout = compiled(code, {PATH: {"HedgeParameters": ["storageLayout"]}}, FULL)
    made = layout["contracts"][PATH]["HedgeParameters"]["storageLayout"]
    found = [
        (int(entry["slot"]), entry["offset"], entry["label"], int(made["types"][entry["type"]]["numberOfBytes"]))
        for entry in made["storage"]
    ]
    page = (root / "contracts" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (\d+) \| `(\w+)` \| (\d+) \|", page, re.M)
    assert found == [(int(slot), int(offset), label, int(size)) for slot, offset, label, size in rows]
    states = next(entry for name, entry in made["types"].items() if "State)" in name and "struct" in name[:9])
    assert int(states["numberOfBytes"]) == 32
