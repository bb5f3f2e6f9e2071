"""docs/programme.md: its examples print what they show, and its tables name the strategies and limits of the code."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from bridge.study.strategies import strategy_specs
from examples.layers_numbers import posed
from examples.refresh_pages import refreshed

pytestmark = pytest.mark.unit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "programme.md"


def test_programme_page__every_example__prints_what_it_shows() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted >= 8
    assert result.failed == 0


def test_programme_page__strategies_of_its_table__are_registered() -> None:
    table = PAGE.read_text(encoding="utf-8").split("| strategy |")[1].split("\n\n")[0]
    known = {spec.name for spec in strategy_specs()}
    for name in re.findall(r"`(\w+\*?)`", table):
        assert any(one.startswith(name.rstrip("*")) if name.endswith("*") else one == name for one in known), name


def test_programme_page__limits_of_the_programme__are_all_in_its_table() -> None:
    table = PAGE.read_text(encoding="utf-8").split("| limit |")[1].split("\n\n")[0]
    for limit in posed().problem.limits:
        assert limit.name.removesuffix(" of ETH") in table, limit.name
        assert f"`{limit.key}`" in table, limit.key


def test_refreshed__page_with_stale_output__has_the_present_one_and_its_words() -> None:
    page = "Words.\n\n    >>> 1 + 1\n    3\n    >>> print('a', '', 'b', sep='\\n')\n\nMore words.\n"
    new = page.replace("    3\n", "    2\n").replace("\n\nMore", "\n    a\n    <BLANKLINE>\n    b\n\nMore")
    assert refreshed(page) == refreshed(new) == new
