"""No program that we start, and no worker of ours, is given a key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.chain.signers import KEY_VARIABLE, PASSWORD_VARIABLE
from bridge.doctor import examine
from bridge.environment import for_program, for_worker
from bridge.ledger.place import URL_VARIABLE
from bridge.study.processes import in_workers
from bridge.study.progress import Silent
from bridge.study.tasks import EncodedPart, Task
from tests.bridge.study_work import variables_it_has

SECRETS = {
    KEY_VARIABLE: "0x" + "11" * 32,
    PASSWORD_VARIABLE: "correct horse",
    URL_VARIABLE: "postgresql://alvh:horse@127.0.0.1/alvh",
    "MNEMONIC": "test test test",
    "DERIBIT_CLIENT_SECRET": "battery",
    "ETH_NODE": "https://mainnet.example/v3/KEY",
}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set keys, passwords and addresses, as an operator's shell has them."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return SECRETS


def test_environments__of_programs_and_workers__hold_no_secret(secrets: dict[str, str]) -> None:
    for kept in (for_program(os.environ), for_worker(os.environ)):
        assert not secrets.keys() & kept.keys()
        assert kept["PATH"] == os.environ["PATH"]


def test_doctor__starts_anvil__without_any_key(
    secrets: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "anvil"
    program.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\necho anvil 1.0\n")
    program.chmod(0o755)
    monkeypatch.setenv("ALVH_ANVIL", str(program))
    found = next(finding for finding in examine(tmp_path / "none.toml") if finding.what == "anvil")
    seen = (tmp_path / "seen").read_text()
    assert (found.ok, found.found) == (True, "anvil 1.0")
    assert "PATH=" in seen
    assert [name for name in secrets if name in seen] == []


def test_workers__of_a_study__are_born_without_any_key(secrets: dict[str, str]) -> None:
    tasks = [Task(str(number), sorted(secrets)) for number in range(2)]
    answers = list(in_workers(tasks, variables_it_has, 2, 0, Silent()))
    assert [answer.facts for answer in answers if isinstance(answer, EncodedPart)] == ['{"seen": []}'] * 2
    assert {name: os.environ[name] for name in secrets} == secrets
