"""The last gate: no plan has an unknown number where it decides."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config import SignalsConfig
from bridge.errors import UntrustedNumber
from bridge.plans.gate import MAY_BE_UNKNOWN, NEEDED, require_numbers
from bridge.plans.make import make_plan
from hedge.instruments.synthetic_chain import synthetic_chain
from tests.bridge.market_files import AT, BOOK, calm_folder, plan_on, stated

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("gate")
    content = plan_on(calm_folder(folder / "histories"), folder).plan.to_dict()
    assert content["trades"]
    return content


def numbers(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where in a plan the numbers are."""
    if isinstance(value, dict):
        return [found for name, part in value.items() for found in numbers(part, (*path, name))]
    if isinstance(value, list):
        return [found for place, part in enumerate(value) for found in numbers(part, (*path, place))]
    return [path] if isinstance(value, int | float) and not isinstance(value, bool) else []


def changed(plan: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    copied = copy.deepcopy(plan)
    place: Any = copied
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return copied


def test_require_numbers__a_sound_plan__passes(plan: dict[str, Any]) -> None:
    before = copy.deepcopy(plan)
    require_numbers(plan)
    assert plan == before


@given(data=st.data())
def test_require_numbers__any_number_that_is_none__is_named(plan: dict[str, Any], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(numbers(plan)))
    name = ".".join(map(str, path))
    for wrong in (math.nan, math.inf, -math.inf):
        with pytest.raises(UntrustedNumber, match=f"no number for {name}, so there is no plan"):
            require_numbers(changed(plan, path, wrong))
    needed = any(name == part or name.startswith(f"{part}.") for part in NEEDED)
    if needed and path[-1] not in MAY_BE_UNKNOWN:
        with pytest.raises(UntrustedNumber, match=f"no number for {name}, so there is no plan"):
            require_numbers(changed(plan, path, None))


@pytest.mark.parametrize("words", ["LEAVE: nan USD of fees", "costs NaN USD", "up to inf USD", "-inf of delta", "nan"])
def test_require_numbers__a_sentence_with_no_number__is_named(plan: dict[str, Any], words: str) -> None:
    for path in (("decision", "headline"), ("decision", "reasons", 0)):
        with pytest.raises(UntrustedNumber, match="no number for decision"):
            require_numbers(changed(plan, path, words))


def test_require_numbers__words_that_only_look_like_it__pass(plan: dict[str, Any]) -> None:
    words = "leave the pool of NANO and INFINEX: fees of stated:1"
    named = changed(plan, ("decision", "headline"), words)
    require_numbers(named)
    assert named["decision"]["headline"] == words


def test_plan__fees_that_nobody_states__are_unknown_and_still_a_plan(tmp_path: Path) -> None:

    chains = {"ETH": synthetic_chain("ETH", 2000.0, AT, 0.6)}
    seen = stated(tmp_path, chains, BOOK.replace("fee_apr = 0.4\n", ""))
    content = make_plan(seen, chains, SignalsConfig()).record.plan
    assert content["decision"]["numbers"]["fees_30d_usd"] is None
