"""The registry of things by name: what comes with us, what a plug-in adds, and what is refused."""

from __future__ import annotations

import pytest

from bridge.adapters.spec import ADAPTERS
from bridge.errors import BadConfig
from bridge.registry import Registry
from bridge.sources.option_chains import QUOTE_SOURCES
from bridge.sources.prices import PRICE_SOURCES
from bridge.sources.signal_sources import HISTORY_SOURCES

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
    with pytest.raises(BadConfig, match="two plug-ins register the number 'two': unload one"):
        registry.register("two", 3)
    assert registry["two"] == 2
    registry.unregister("two")
    assert registry.register("two", 3) == registry["two"] == 3
