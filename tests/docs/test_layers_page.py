"""docs/layers.md says what the code says, and its pictures are there and drawn by the script."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from examples.layers_pictures import PICTURES, draw_all

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "layers.md"


def test_page__every_example__prints_what_it_shows() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted > 15
    assert result.failed == 0


def test_page__pictures__all_shown_and_committed() -> None:
    shown = set(re.findall(r"\(img/(layers-[\w-]+)\.svg\)", PAGE.read_text(encoding="utf-8")))
    assert shown == set(PICTURES)
    assert all((ROOT / "docs" / "img" / f"{name}.svg").is_file() for name in shown)


def test_draw_all__empty_folder__every_picture_says_that_it_is_synthetic(tmp_path: Path) -> None:
    files = draw_all(tmp_path)
    assert len(files) == len(PICTURES)
    assert all("synthetic chain" in file.read_text(encoding="utf-8") for file in files)
