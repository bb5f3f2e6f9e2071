"""Every file of expected results is held by a test."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("folder", ["options", "uniswap_v3"])
def test_vectors__every_file_of_a_folder__named_by_a_test(vectors: Path, folder: str) -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    files = {path.name for path in (vectors / folder).iterdir() if path.suffix in {".csv", ".json", ".gz"}}
    assert files
    assert {name for name in files if name not in tests} == set()
