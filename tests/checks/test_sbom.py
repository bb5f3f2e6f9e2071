"""docs/licences.md names every locked package that users install, as `make sbom` writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.sbom import PAGE, locked, runtime

pytestmark = pytest.mark.unit


def rows() -> dict[str, list[str]]:
    """Return the table of the page by package."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    return {cells[0]: cells[1:] for cells in ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)}


def test_licences_page__beside_the_lock__names_every_runtime_package_in_its_version() -> None:
    packages, plain = locked(), runtime(extras=False)
    wanted = {name: [packages[name][0], "yes" if name in plain else ""] for name in runtime(extras=True)}
    assert {name: [version, is_plain] for name, (version, _, is_plain) in rows().items()} == wanted
    assert all(said and said != "not stated" for _, said, _ in rows().values())


def test_runtime__plain_and_with_extras__leaves_out_what_developers_install() -> None:
    plain, whole = runtime(extras=False), runtime(extras=True)
    assert {"web3", "numpy", "typer"} <= plain < whole
    assert not {"numba", "pyarrow", "matplotlib", "arch"} & plain
    assert {"numba", "pyarrow", "matplotlib", "arch", "psycopg"} <= whole
    assert not {"eth-brownie", "pytest", "mypy", "hypothesis"} & whole


def test_locked__read_from_the_lock__has_every_entry(root: Path) -> None:
    text = (root / "requirements.lock").read_text(encoding="utf-8")
    entries = {line.split("==")[0] for line in text.splitlines() if line[:1].isalpha()}
    assert set(locked()) == entries
