"""Where the exact vectors live, and a skip with its reason where they do not."""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of market history: ALVH_DATA, or ../shared/data beside the repository."""
    data = Path(os.environ.get("ALVH_DATA", _REPOSITORY.parent / "shared" / "data"))
    if not data.is_dir():
        pytest.skip(f"no data in {data}: set ALVH_DATA to the folder that holds it")
    return data


@pytest.fixture(scope="session")
def vectors(shared_data: Path) -> Path:
    """Return the folder of expected results inside the shared data."""
    if not (shared_data / "vectors").is_dir():
        pytest.skip(f"no vectors in {shared_data}: set ALVH_DATA to the folder that holds them")
    return shared_data / "vectors"
