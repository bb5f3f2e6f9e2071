"""The registry of things by name: what comes with us, what a plug-in adds, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.adapters.spec import ADAPTERS
from bridge.artifacts import artifact, register_artifact
from bridge.config import OptionsConfig
from bridge.errors import BadConfig, BadFile, MissingTool
from bridge.registry import Registry, load_plugins
from bridge.sources.histories.files import LAYOUTS, Layout, read_folder, register_layout
from bridge.sources.option_chains import QUOTE_SOURCES
from bridge.sources.prices import PRICE_SOURCES
from bridge.sources.signal_sources import HISTORY_SOURCES
from hedge.errors import BadInput

pytestmark = pytest.mark.unit


def test_registries__first_look__hold_what_comes_with_us() -> None:
    assert set(ADAPTERS) >= {"uniswap-v2", "uniswap-v3", "uniswap-v4"}
    assert set(QUOTE_SOURCES) >= {"file", "synthetic"}
    assert "pools" in PRICE_SOURCES
    assert "files" in HISTORY_SOURCES


def test_registry__unknown_name__lists_those_that_are_there() -> None:
    registry = Registry[int]("number")
    registry.register("two", 2)
    registry.register("three", 3)
    with pytest.raises(BadConfig, match="no number 'four': one of two, three"):
        _ = registry["four"]
    assert ("four" in registry, len(registry), list(registry)) == (False, 2, ["two", "three"])


def test_registry__name_twice__keeps_the_first_until_it_is_taken_out() -> None:
    registry = Registry[int]("number")
    registry.register("two", 2)
    with pytest.raises(BadConfig, match="the number 'two' is registered twice"):
        registry.register("two", 3)
    assert registry["two"] == 2
    registry.unregister("two")
    assert registry.register("two", 3) == registry["two"] == 3


def test_register_artifact__name_of_ours_or_twice__is_refused() -> None:
    made = register_artifact("OnlyInThisTest", [])
    assert artifact("OnlyInThisTest") is made
    for name in ("OnlyInThisTest", "HedgeParameters"):
        with pytest.raises(BadConfig, match=f"the contract '{name}' has an ABI already"):
            register_artifact(name, [])
    with pytest.raises(MissingTool, match=r"no artifact Nowhere: register it in the plug-in"):
        artifact("Nowhere")


def test_register_layout__new_table__is_read_and_a_known_one_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.sources.histories.files.LAYOUTS", dict(LAYOUTS))
    (tmp_path / "searches.csv").write_text("known_at,close\n2026-03-01T00:00Z,3.5\n", encoding="utf-8")
    with pytest.raises(BadFile, match="no history has this name"):
        read_folder(tmp_path, 2_000_000_000)
    register_layout("searches", Layout(("close",)))
    assert read_folder(tmp_path, 2_000_000_000).tables["searches"]["close"].tolist() == [3.5]
    with pytest.raises(BadConfig, match="the table 'searches' has a layout already"):
        register_layout("searches", Layout(("close",)))


def test_options__file_of_the_command_line__replaces_the_source() -> None:
    terms = OptionsConfig(source="example")
    assert terms.source_name == "example"
    assert terms.reading(None).source_name == "example"
    assert terms.reading(Path("quotes.csv")).source_name == "file"
    assert (OptionsConfig().source_name, OptionsConfig(file=Path("q.csv")).source_name) == ("synthetic", "file")


class _Mistaken:
    """An entry point whose module has a mistake."""

    name, value = "mistaken", "mistaken_module"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def load(self) -> None:
        """Fail as importing the module would."""
        raise self.error


@pytest.mark.parametrize(
    "error", [ImportError("x"), SyntaxError("x"), NameError("x"), TypeError("x"), KeyError("x"), BadInput("x", 1, "y")]
)
def test_load_plugins__module_with_a_mistake__is_one_error_that_names_it(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.registry.entry_points", lambda group: [_Mistaken(error)])
    with pytest.raises(BadConfig, match=r"the plug-in mistaken \(mistaken_module\) cannot be loaded: "):
        load_plugins.__wrapped__()
