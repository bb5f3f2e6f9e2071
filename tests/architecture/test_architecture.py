"""The rules of the code base that no linter knows: arrows between packages, purity, errors, names, sizes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
HEDGE_MAY_IMPORT = {"hedge", "numpy", "pandas", "scipy", "numba", "llvmlite", "pyxirr", "talib"}
IMPURE = {"os", "socket", "subprocess", "time", "random", "requests", "urllib", "http", "secrets", "threading"}
MOST_PYTHON_LINES, MOST_SOLIDITY_LINES = 400, 500

LOADED = """
import importlib, pkgutil, sys
package = importlib.import_module({package!r})
for module in pkgutil.walk_packages(package.__path__, {package!r} + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print("\\n".join(sorted({{name.split(".")[0] for name in sys.modules}})))
"""


def sources(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if ".venv" not in path.parts:  # the peers that benchmarks/ measures
                yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def loaded_by(package: str) -> set[str]:
    answer = subprocess.run(
        [sys.executable, "-c", LOADED.format(package=package)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(answer.stdout.split())


def test_import_hedge__fresh_interpreter__loads_no_chain_no_plotting_no_compiler() -> None:
    heavy = {"web3", "brownie", "matplotlib", "eth_abi", "requests", "rich", "bridge", "numba", "llvmlite", "talib"}
    assert not loaded_by("hedge") & heavy


def test_import_bridge__fresh_interpreter__loads_no_brownie() -> None:
    assert "brownie" not in loaded_by("bridge")


def test_import_command_tree__fresh_interpreter__loads_nothing_heavy() -> None:
    code = "import bridge.cli.app, sys; print(sorted(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    for heavy in ("'web3'", "'numpy'", "'pandas'", "'matplotlib'"):
        assert heavy not in answer.stdout


READS = """
import importlib, pkgutil, sys
import bridge.adapters, bridge.alerts.watch, bridge.governance.calls, bridge.governance.proposals, bridge.plans.make
from bridge.chain.blocks import BlockRef
from bridge.chain.node import Chain
from bridge.errors import NodeUnreachable
for module in pkgutil.iter_modules(bridge.adapters.__path__, "bridge.adapters."):
    importlib.import_module(module.name)
try:
    Chain("http://127.0.0.1:1", 1).read("HedgeParameters", "0x" + "11" * 20, "version", block=BlockRef(1, "", 1))
except NodeUnreachable:
    print(sorted({"aiohttp", "eth_account", "requests", "web3"} & set(sys.modules)))
"""


def test_reads__fresh_interpreter__load_no_web3_and_no_keys() -> None:
    answer = subprocess.run([sys.executable, "-c", READS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


def test_hedge__imports__are_pure() -> None:
    for path, tree in sources("hedge"):
        foreign = imported(tree) - HEDGE_MAY_IMPORT - set(sys.stdlib_module_names)
        assert not foreign, f"{path} imports {foreign}"
        assert not imported(tree) & IMPURE, f"{path} imports {imported(tree) & IMPURE}"


def test_hedge_parts__counted__are_at_most_twenty_on_ten_levels() -> None:
    graph = grimp.build_graph("hedge")
    rooms = sorted(graph.find_children("hedge"))
    below = {
        room: {
            other
            for other in rooms
            if other != room and graph.direct_import_exists(importer=room, imported=other, as_packages=True)
        }
        for room in rooms
    }
    levels: dict[str, int] = {}

    def level(room: str) -> int:
        if room not in levels:
            levels[room] = 1 + max((level(other) for other in below[room]), default=0)
        return levels[room]

    assert len(rooms) <= 20
    assert max(map(level, rooms)) <= 10


def test_import_contracts__as_they_are_written__hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_packages__every_init__says_what_lives_in_it() -> None:
    for path in [*(ROOT / "hedge").rglob("__init__.py"), *(ROOT / "bridge").rglob("__init__.py")]:
        words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert len(words.splitlines()) >= 5, f"{path}: say what lives here, in which order to read it, what it imports"


def test_brownie__imports__only_in_scripts_and_contract_tests() -> None:
    for path, tree in sources("bridge", "hedge", "tests", "benchmarks", "examples"):
        if path.parts[:2] != ("tests", "contracts"):
            assert "brownie" not in imported(tree), path


def test_except_exception__whole_tree__at_most_one_and_it_is_the_monitors() -> None:
    broad = [
        path
        for path, tree in sources("bridge", "hedge", "scripts")
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    assert broad in ([], [Path("bridge/cli/monitor.py")])


@pytest.mark.parametrize("package", ["bridge", "hedge"])
def test_errors__every_class__is_in_the_drawn_tree(package: str) -> None:
    tree = ast.parse((ROOT / package / "errors.py").read_text(encoding="utf-8"))
    drawn = set(re.findall(r"[A-Z]\w+", ast.get_docstring(tree) or ""))
    defined = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert defined <= drawn, defined - drawn


def test_tests__names__say_what_condition_and_expectation() -> None:
    for path, tree in sources("tests"):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert node.name.count("__") >= 2, f"{path}: {node.name}"


def test_test_files__names__differ_in_the_whole_suite() -> None:
    # pytest imports test files by their bare names: of two alike it takes one and refuses the other.
    names = [path.name for path, _ in sources("tests") if path.name.startswith("test_")]
    assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})


def test_sources__lengths__stay_readable() -> None:
    for path, _ in sources("bridge", "hedge", "scripts", "tests", "benchmarks"):
        assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= MOST_PYTHON_LINES, path
    for path in (ROOT / "contracts").rglob("*.sol"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_SOLIDITY_LINES, path


def test_public_functions__hedge_and_bridge__have_docstrings() -> None:
    for path, tree in sources("bridge", "hedge"):
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name}"
