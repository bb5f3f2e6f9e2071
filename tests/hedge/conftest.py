"""Where the exact vectors live, and a skip with its reason where they do not."""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Return the folder of expected results: ALVH_DATA/vectors, or ../shared/data/vectors beside the repository."""
    data = Path(os.environ.get("ALVH_DATA", _REPOSITORY.parent / "shared" / "data"))
    if not (data / "vectors").is_dir():
        pytest.skip(f"no vectors in {data}: set ALVH_DATA to the folder that holds them")
    return data / "vectors"
