"""What README says is there and true: its numbers, its commands, its targets, its links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from bridge.cli.app import app


@pytest.fixture(scope="module")
def readme() -> str:
    return (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_python_example__every_line__gives_the_number_beside_it(readme: str) -> None:
    block = readme.split("```python")[1].split("```")[0]
    names: dict[str, object] = {}
    checked = 0
    for line in block.strip().splitlines():
        code, _, said = line.partition("#")
        if said:
            found = repr(float(eval(code, names)))  # README's own example
            assert found.startswith(said.strip().removesuffix("...")), line
            checked += 1
        else:
            exec(code, names)
    assert checked == 2


def test_commands__named_in_readme__exist(readme: str) -> None:
    tree = get_command(app)
    words = {match.group(1) for match in re.finditer(r"`?alvh ([a-z]+)", readme)}
    assert {"up", "plan", "gov", "watch"} <= words
    assert words <= set(tree.commands)  # type: ignore[attr-defined]


def test_targets__named_in_readme__exist(readme: str, root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"(?:`|\$ )make ([a-z]+)", readme)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_links__of_readme__point_to_files(readme: str, root: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", readme):
        if not link.startswith("http"):
            assert (root / link).exists(), link


def test_ci__its_commands__include_the_readmes_test_command(readme: str, root: Path) -> None:
    assert "make test" in readme
    assert "make test" in (root / ".ci" / "run").read_text(encoding="utf-8")
