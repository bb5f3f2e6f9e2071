"""`alvh completion`: what a shell is given, and what it is answered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.command import fresh

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion__of_each_shell__is_a_script_that_asks_alvh(shell: str, tmp_path: Path) -> None:
    done = fresh(tmp_path, ("completion", shell), {})
    assert (done.code, done.err) == (0, "")
    assert f"_ALVH_COMPLETE=complete_{shell}" in done.out


def test_completion__another_shell__is_refused_as_bad_usage(tmp_path: Path) -> None:
    done = fresh(tmp_path, ("completion", "tcsh"), {})
    assert done.code == 2
    assert "tcsh" in done.err


@pytest.mark.parametrize(("typed", "answer"), [("alvh pl", "plan"), ("alvh gov exe", "execute"), ("alvh ini", "init")])
def test_completion__in_a_real_bash__fills_in_the_command(typed: str, answer: str, tmp_path: Path) -> None:
    words = typed.split()
    script = (
        f'eval "$(alvh completion bash)"; COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}\n'
        '_alvh_completion alvh; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == [answer]
