"""`make wheel-test`: which interpreters it looks for, and what it takes for one."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

import pytest

from scripts import wheel_test

pytestmark = pytest.mark.unit


def test_versions__of_the_matrix__begin_with_the_one_that_must_be_there() -> None:
    assert wheel_test.versions() == ["3.11", "3.12", "3.13", "3.14"]


def test_find_python__on_path_in_pyenv_and_nowhere__starts_what_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (shim := tmp_path / "bin" / "python3.99").parent.mkdir()
    shim.write_text("#!/bin/sh\nexit 127\n")  # of pyenv, for a version that is not chosen
    shim.chmod(0o755)
    assert wheel_test.find_python("3.99") is None
    kept = tmp_path / ".pyenv" / "versions" / "3.99.1" / "bin" / "python"
    kept.parent.mkdir(parents=True)
    kept.write_text("#!/bin/sh\necho 3.99\n")
    kept.chmod(0o755)
    assert wheel_test.find_python("3.99") == kept


def test_tested_files__of_an_sdist__hold_the_tests_and_not_the_packages(tmp_path: Path) -> None:
    for name in ("bridge", "hedge", "tests"):
        (tmp_path / "alvh-1" / name).mkdir(parents=True)
    with tarfile.open(tmp_path / "alvh-1.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "alvh-1", "alvh-1")
    (tmp_path / "out").mkdir()
    place = wheel_test.tested_files(tmp_path / "alvh-1.tar.gz", tmp_path / "out")
    assert [each.name for each in place.iterdir()] == ["tests"]


def test_run__a_command_that_fails__ends_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="code 3\nsaid"):
        wheel_test.run(sys.executable, "-c", "print('said'); raise SystemExit(3)", folder=tmp_path)
